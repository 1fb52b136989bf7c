"""Asks a question in the Streamlit app of the recipe, and prints what it shows."""

import sys
from importlib import import_module

testing = import_module("streamlit.testing.v1")  # in the recipe's own environment alone
app = testing.AppTest.from_file(sys.argv[1], default_timeout=60).run()
app.chat_input[0].set_value("What are knowledge graphs?").run()
if app.exception:
    sys.exit(str(app.exception))
answer = app.chat_message[1]
print(answer.markdown[0].value)
if "[1] knowledge-graphs.md" not in [caption.value for caption in answer.caption]:
    sys.exit("the sources are not shown")
