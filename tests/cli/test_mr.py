"""`improve-loop mr`, as a human types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from improve_loop.cli.mr import mr
from improve_loop.errors import UsageError
from improve_loop.model.make import CheckedCommand
from tests.forge.local_repository import BRANCH, CHANGE, ID, Target, draft, made


@pytest.fixture
def target(tmp_path: Path) -> Target:
    made_here = made(tmp_path)
    forge = made_here.forge()
    head = forge.publish_branch(BRANCH, made_here.base, made_here.patch(CHANGE), "Change", None)
    forge.open_merge_request(draft(made_here))
    forge.record_checks(ID, head, (CheckedCommand(name="unit tests", status="passed"),))
    return made_here


def typed(target: Target, *words: str) -> str:
    result: Result = CliRunner().invoke(mr, [*words, "--target", str(target.folder)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_shows_what_is_open_and_what_its_checks_say(target: Target) -> None:
    assert typed(target, "list") == f"{ID}  open, checks: success  Use default\n"


def test_show_tells_how_to_look_accept_and_decline(target: Target) -> None:
    shown = typed(target, "show", ID)
    assert shown.startswith(
        f"Use default\n\n{BRANCH} → main  open, checks: success  improve-loop\n\nWhy: less to read.\n"
    )
    assert "check unit tests: success" in shown
    assert f"accept:  git merge {BRANCH}" in shown
    assert f"decline: improve-loop mr close {ID} --reason TEXT" in shown


def test_a_no_and_a_yes_again(target: Target) -> None:
    assert "closed. Its branch stays" in typed(target, "close", ID, "--reason", "not now")
    assert typed(target, "list") == "No open merge request here; --all shows the others.\n"
    assert typed(target, "list", "--all") == f"{ID}  closed by human  Use default\n"
    assert "not now" in typed(target, "show", ID)
    assert "open again" in typed(target, "reopen", ID)
    assert "open, checks: success" in typed(target, "list")


def test_a_no_needs_a_reason(target: Target) -> None:
    refused = CliRunner().invoke(mr, ["close", ID, "--target", str(target.folder)])
    assert refused.exit_code == 2
    assert "--reason" in refused.output


def test_an_unknown_merge_request_or_no_repository_is_named(target: Target, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no-such: no such merge request"):
        typed(target, "show", "no-such")
    with pytest.raises(UsageError, match="no such folder"):
        CliRunner().invoke(mr, ["list", "--target", str(tmp_path / "nowhere")], catch_exceptions=False)
