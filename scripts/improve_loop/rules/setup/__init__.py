"""Is the loop set up safely on a GitLab? From settings as the API gives them to what to change, by click and by call.

What could not be looked at is said to be unknown; it never counts as right.
"""

from __future__ import annotations

from improve_loop.model.setup import Check, Setup
from improve_loop.rules.setup.projects import of_branches, of_job_token, of_pipelines, of_target
from improve_loop.rules.setup.secrets import SCOPES, of_variables
from improve_loop.rules.setup.tokens import of_bot, of_reader, of_writer

__all__ = ["SCOPES", "checks"]


def checks(setup: Setup, *, today: str) -> tuple[Check, ...]:
    """Every check. `today` is a date, as 2026-11-20."""
    return (
        *of_target(setup),
        *of_variables(setup),
        *of_reader(setup, today),
        *of_writer(setup, today),
        *of_bot(setup),
        *of_branches(setup),
        *of_job_token(setup),
        *of_pipelines(setup),
    )
