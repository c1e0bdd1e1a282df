"""The state as text: YAML that a person can read in the repository."""

from __future__ import annotations

from typing import Any

import yaml

from improve_loop.edges import schemas
from improve_loop.errors import ArtifactError
from improve_loop.model.codec import from_plain, to_plain
from improve_loop.model.state import State

HEAD = "# Written by improve-loop; edit it only to forget something. What is here: schemas/state.schema.json\n"
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def load(text: str | None, origin: str) -> State:
    """The state in a text; None is a state that remembers nothing. Raises ArtifactError."""
    if text is None:
        return State()
    try:
        plain = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ArtifactError(f"{origin}:{line}: not valid YAML; restore it from its branch's history") from None
    wrong = schemas.problem("state", plain, len(text))
    if wrong:
        raise ArtifactError(f"{origin}: {wrong}; mend it, or restore it from its branch's history")
    return from_plain(State, plain)


def dump(state: State) -> str:
    """The state's text, the same for the same state."""
    body: str = yaml.dump(to_plain(state), Dumper=Dumper, sort_keys=True, allow_unicode=True, width=120)
    return HEAD + body
