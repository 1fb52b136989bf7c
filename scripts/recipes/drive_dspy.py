"""Runs the DSPy program of the recipe with a language model that repeats the passage it was given."""

import os
import re
import runpy
import sys

from edgequake.testing import ScriptServer

os.environ["DSPY_CACHEDIR"] = os.getcwd()  # else the answer of an earlier run is taken
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it waits for the network
with ScriptServer() as model:
    os.environ |= {"OPENAI_API_BASE": f"{model.url}/v1", "OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "none"}
    fields = {"reasoning": "The passages say so.", "response": "They hold facts.", "completed": ""}
    text = "\n\n".join(f"[[ ## {name} ## ]]\n{value}" for name, value in fields.items())
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    model.on("POST", "/v1/chat/completions").always().reply(json=answer)
    runpy.run_path(sys.argv[1], run_name="__main__")
    prompt = model.requests[0].json["messages"][-1]["content"]
    print(re.sub(r"\s+", " ", prompt))  # what the model was given
