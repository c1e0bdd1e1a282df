"""The ledger of a job as it goes: what is cut off, edited or led elsewhere."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from improve_loop.edges import ledger
from improve_loop.edges.ledger import LedgerFile
from improve_loop.errors import ArtifactError
from improve_loop.model.find import LedgerEntry

OPEN = LedgerEntry(
    at="2026-11-20T12:00:00Z",
    role="implement",
    model="claude/claude-sonnet-5-5",
    candidate="task-1",
    reserved_usd=0.25,
    spent_usd=None,
    input_tokens=None,
    output_tokens=None,
    seconds=0.0,
    finish="open",
)
DONE = dataclasses.replace(OPEN, spent_usd=0.01, input_tokens=10, output_tokens=5, seconds=1.5, finish="stop")
PATH = "implement/ledger/implement-1.jsonl"


def test_a_call_stands_as_it_last_stood_and_one_that_never_ended_in_full(tmp_path: Path) -> None:
    book = LedgerFile(tmp_path, PATH, "r1")
    first, second = book.journal(), book.journal()  # two doors count from 1 each
    first(1, OPEN)
    second(1, OPEN)
    first(1, DONE)
    assert ledger.entries(tmp_path, "r1") == (DONE, OPEN)
    assert ledger.spent(tmp_path, "r1", PATH) == 0.26
    assert ledger.spent(tmp_path, "r1", "extract/ledger/extract.jsonl") == 0.0


def test_a_line_that_was_cut_off_is_none_and_its_call_counts_as_open(tmp_path: Path) -> None:
    tell = LedgerFile(tmp_path, PATH, "r1").journal()
    tell(1, OPEN)
    tell(1, DONE)
    whole = (tmp_path / PATH).read_bytes()
    for end in range(whole.index(b"\n") + 1, len(whole) - 1):
        (tmp_path / PATH).write_bytes(whole[:end])
        assert ledger.entries(tmp_path, "r1") == (OPEN,)


@pytest.mark.parametrize("text", ["nonsense\n", "{}\n", "[]\n", '{"kind": "ledger"}\n', "[" * 100_000 + "\n"])
def test_a_line_that_was_edited_is_refused(tmp_path: Path, text: str) -> None:
    LedgerFile(tmp_path, PATH, "r1").journal()(1, OPEN)
    with (tmp_path / PATH).open("a") as file:
        file.write(text)
    with pytest.raises(ArtifactError, match=r"implement-1\.jsonl:2"):
        ledger.entries(tmp_path, "r1")


def test_the_ledger_of_another_run_is_refused(tmp_path: Path) -> None:
    LedgerFile(tmp_path, PATH, "r1").journal()(1, OPEN)
    with pytest.raises(ArtifactError, match="belongs to run r1"):
        ledger.entries(tmp_path, "r2")


def test_no_symlink_leads_the_ledger_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/implement").mkdir(parents=True)
    (tmp_path / "out/implement/ledger").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match="symlink"):
        LedgerFile(tmp_path / "out", PATH, "r1").journal()(1, OPEN)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    tell = LedgerFile(tmp_path, PATH, "r1").journal()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: tell(number, DONE), range(1, 201)))
    assert len(ledger.entries(tmp_path, "r1")) == 200
