"""A person's own request: one candidate, inside the paths that were named."""

from __future__ import annotations

import pytest

from improve_loop.edges import schemas
from improve_loop.errors import UsageError
from improve_loop.model.codec import to_plain
from improve_loop.rules.identity import candidate_id
from improve_loop.rules.task import task_candidate, task_discovery

PRESENT = ("README.md", "src/a.py", "src/b.py")


def test_a_task_is_a_candidate_that_its_schema_accepts() -> None:
    candidate = task_candidate("Quote $1 in run.\nIt fails on blanks.", ["src/a.py"], "sample", PRESENT)
    assert (candidate.class_, candidate.target_paths) == ("task", ("src/a.py",))
    assert candidate.brief == "Quote $1 in run.\nIt fails on blanks."
    assert candidate.id == candidate_id(candidate.domain, candidate.subject)
    discovery = task_discovery("r1", candidate, PRESENT)
    assert not schemas.problem("discovery", to_plain(discovery) | {"kind": "discovery"})


def test_other_paths_are_another_task_and_other_words_another_fingerprint() -> None:
    first, second = (task_candidate("Do it", [path], "s", PRESENT) for path in ("src/a.py", "src/b.py"))
    assert first.id != second.id
    assert first.fingerprint != task_candidate("Do it\nwell", ["src/a.py"], "s", PRESENT).fingerprint


def test_a_folder_stands_for_its_files() -> None:
    assert task_candidate("x", ["src/"], "s", PRESENT).target_paths == ("src/a.py", "src/b.py")


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../x", "src/../../x", ".git/config", "x/.git/config", ".", "a\\b", "README.md/x", "link"),
        *("link/new.py", "nowhere/"),
    ],
)
def test_a_path_outside_the_target_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="--target-path"):
        task_candidate("x", [path], "s", PRESENT, ["link"])


def test_a_file_that_is_not_there_yet_may_be_created() -> None:
    asked = task_candidate("Write it", ["docs/new.md", "src/new.py"], "s", PRESENT)
    assert asked.target_paths == ("docs/new.md", "src/new.py")
    assert task_discovery("r", asked, PRESENT).reason.endswith("to be created: docs/new.md, src/new.py")


@pytest.mark.parametrize(("text", "paths"), [("  ", ["README.md"]), ("x" * 5000, ["README.md"]), ("x", [])])
def test_what_is_missing_is_said(text: str, paths: list[str]) -> None:
    with pytest.raises(UsageError):
        task_candidate(text, paths, "s", PRESENT)


def test_hidden_characters_are_gone() -> None:
    assert task_candidate("Do\u202e it\U000e0041", ["README.md"], "s", PRESENT).brief == "Do it"
