"""Talks in turns, each a line of the input.

Run ``python examples/chat_multi_turn.py``. Ctrl-D ends it.
"""

import sys

from edgequake import EdgequakeClient, EdgeQuakeError


def main() -> None:
    # The server keeps a conversation for a user of a tenant: put yours here.
    tenant, user = "default", "00000000-0000-0000-0000-000000000001"
    conversation: str | None = None
    with EdgequakeClient(tenant_id=tenant, user_id=user) as client:
        for line in sys.stdin:
            if not (message := line.strip()):
                continue
            try:
                with client.chat.stream(
                    message, conversation_id=conversation
                ) as stream:
                    for text in stream.text_stream:
                        print(text, end="", flush=True)
                    conversation = stream.conversation_id
            except EdgeQuakeError as error:
                print(f"\n[{error}]", end="")
            print("\n")


if __name__ == "__main__":
    main()
