"""A model server on 127.0.0.1 that answers from a script, in the OpenAI and in the Anthropic protocol.

`with serving([Reply(text="hello")]) as server:` gives a server whose `requests` are what it was asked.
As a command, `python -m tests.support.scripted_model --help`.
"""

from tests.support.scripted_model.replies import Reply
from tests.support.scripted_model.server import Received, Script, ScriptedServer, serving

__all__ = ["Received", "Reply", "Script", "ScriptedServer", "serving"]
