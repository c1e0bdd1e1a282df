"""Every way a model call can fail, which of them another model may mend, and which were never billed."""

from __future__ import annotations

from typing import Literal

from improve_loop.errors import TryLater

Code = Literal[
    "truncated",
    "overflow",
    "cut_short",
    "incomplete",
    "empty",
    "declined",
    "runaway",
    "deadline",
    "unreachable",
    "unauthorized",
    "bad_request",
    "not_a_model",
    "rate_limited",
    "server_error",
    "wrong_model",
    "not_installed",
]

ESCALATES: frozenset[Code] = frozenset({"truncated", "overflow", "empty", "declined", "runaway"})
"""Hard signs that this model cannot do it. Wrong keys, bad requests and a server that is away are not among them."""

AGAIN: frozenset[Code] = frozenset({"rate_limited", "server_error", "incomplete"})
NEVER_BILLED: frozenset[Code] = frozenset(
    {"unauthorized", "bad_request", "rate_limited", "overflow", "unreachable", "not_installed"}
)
DOWN: frozenset[Code] = frozenset(
    {
        "unreachable",
        "unauthorized",
        "not_a_model",
        "wrong_model",
        "server_error",
        "rate_limited",
        "incomplete",
        "cut_short",
        "not_installed",
    }
)
"""The endpoint cannot be used as it is: the model part of the run ends as degraded."""


ABOUT_SCHEMA = (
    "response_format",
    "json_schema",
    "json schema",
    "structured output",
    "guided",
    "grammar",
    "output_format",
)


class ModelFailed(TryLater):
    """A model call that brought no answer. `code` says how, `retry_after` when the server said when (seconds)."""

    def __init__(
        self, code: Code, message: str, *, retry_after: float | None = None, billed: bool | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after
        self.billed = code not in NEVER_BILLED if billed is None else billed

    @property
    def about_schema(self) -> bool:
        """Whether the server refused the request for its JSON schema."""
        return self.code == "bad_request" and any(sign in str(self).lower() for sign in ABOUT_SCHEMA)

    @property
    def escalates(self) -> bool:
        """Whether the next tier may be asked."""
        return self.code in ESCALATES
