"""What the command line and the environment come to."""

from __future__ import annotations

import click
import pytest

from improve_loop.cli import options as shared
from improve_loop.edges.environment import read
from improve_loop.errors import ConfigError


def test_a_domain_given_twice_is_looked_at_once() -> None:
    given = {"domains": ("ci", "releases", "ci")}
    assert shared.options(read({}), given, whole_run=True).domains == ("ci", "releases")
    assert shared.options(read({"IL_DOMAINS": "ci, ci"}), {}, whole_run=True).domains == ("ci",)


def test_an_empty_target_is_not_the_current_folder() -> None:
    with pytest.raises(click.UsageError, match="--target is empty"):
        shared.options(read({}), {"target": ""}, whole_run=True)


def test_a_run_is_named_by_a_name() -> None:
    with pytest.raises(ConfigError, match="IL_RUN_ID"):
        shared.options(read({"IL_RUN_ID": "../../x"}), {}, whole_run=True)
