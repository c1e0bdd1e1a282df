"""Artifacts: written once, whole or not at all; what is missing, foreign, edited or a symlink is refused."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from improve_loop.edges import artifacts, schemas
from improve_loop.errors import ArtifactError
from improve_loop.model.find import Discovery
from tests.support.builders import candidate
from tests.support.repositories import clean

FOUND = Discovery(run_id="local-1", domain="ci", status="ok", reason="", candidates=(candidate(),))
PATH = "discover/ci.json"


def said(out: Path, run_id: str = "local-1", path: str = PATH) -> str:
    with pytest.raises(ArtifactError) as caught:
        artifacts.read(out, Discovery, path, run_id)
    return str(caught.value)


def edit(out: Path, **changes: object) -> None:
    plain = json.loads((out / PATH).read_text())
    (out / PATH).write_text(json.dumps({**plain, **changes}))


def test_what_was_written_is_read_back_the_same_and_written_once(tmp_path: Path) -> None:
    artifacts.write(tmp_path, PATH, FOUND)
    assert artifacts.read(tmp_path, Discovery, PATH, "local-1") == FOUND
    with pytest.raises(ArtifactError, match="already written by this run"):
        artifacts.write(tmp_path, PATH, FOUND)
    assert [path.name for path in (tmp_path / "discover").iterdir()] == ["ci.json"]


def test_a_missing_artifact_names_the_phase_to_run(tmp_path: Path) -> None:
    assert said(tmp_path).endswith("discover/ci.json: missing; run `improve-loop discover` first")


def test_another_runs_artifact_is_refused(tmp_path: Path) -> None:
    artifacts.write(tmp_path, PATH, FOUND)
    assert "$.run_id: it belongs to run local-1, this is run local-2" in said(tmp_path, "local-2")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"status": "fine"}, "$.status: 'fine' is not one of"),
        ({"surprise": 1}, "surprise"),
        ({"kind": "run"}, "$.kind"),
        ({"version": 2}, "$.version"),
        ({"candidates": [{"id": "x"}]}, "$.candidates[0]"),
        ({"domain": "../x"}, "$.domain"),
    ],
)
def test_an_edited_artifact_is_refused_with_the_json_path(
    tmp_path: Path, changes: dict[str, object], where: str
) -> None:
    artifacts.write(tmp_path, PATH, FOUND)
    edit(tmp_path, **changes)
    assert where in said(tmp_path)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../b", "a\nb", "a\n", "a\\b", ".", "./a"])
def test_a_target_path_never_leads_out_of_the_repository(tmp_path: Path, path: str) -> None:
    artifacts.write(tmp_path, PATH, FOUND)
    plain = json.loads((tmp_path / PATH).read_text())
    plain["candidates"][0]["target_paths"] = [path]
    edit(tmp_path, candidates=plain["candidates"])
    assert "$.candidates[0].target_paths" in said(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "discover").mkdir()
    (tmp_path / PATH).write_bytes(content)
    assert str(tmp_path / PATH) in said(tmp_path)


def test_symlinks_are_refused_for_the_file_and_for_its_folder(tmp_path: Path) -> None:
    artifacts.write(tmp_path / "real", PATH, FOUND)
    (tmp_path / "out/discover").mkdir(parents=True)
    (tmp_path / "out" / PATH).symlink_to(tmp_path / "real" / PATH)
    assert "is a symlink" in said(tmp_path / "out")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/discover").symlink_to(tmp_path / "real/discover")
    assert "is a symlink" in said(tmp_path / "other")
    with pytest.raises(ArtifactError, match="is a symlink"):
        artifacts.write(tmp_path / "other", "discover/new.json", FOUND)


def test_an_invalid_artifact_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"\$\.domain"):
        artifacts.write(tmp_path, PATH, Discovery(run_id="local-1", domain="No Good", status="ok", reason=""))
    assert not (tmp_path / "discover").exists()


FULL = """
import resource, sys
from pathlib import Path
from improve_loop.edges import artifacts, schemas
from improve_loop.errors import TryLater
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    artifacts.write_bytes(Path(sys.argv[1]), "triage/a.patch", b"x" * 1000)
except TryLater as error:
    sys.exit(f"75 {error}")
"""


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], env=clean(), capture_output=True, text=True)
    assert done.stderr.startswith("75 "), done.stderr
    assert "free the disk, then run again" in done.stderr
    assert list((tmp_path / "triage").iterdir()) == []


def test_a_named_pipe_is_refused_and_nobody_waits_for_its_writer(tmp_path: Path) -> None:
    (tmp_path / "discover").mkdir()
    os.mkfifo(tmp_path / PATH)
    assert "not a regular file" in said(tmp_path)


def test_a_path_that_is_not_utf_8_comes_back_as_it_was(tmp_path: Path) -> None:
    found = dataclasses.replace(FOUND, reason="read caf\udce9.yml")
    artifacts.write(tmp_path, PATH, found)
    assert artifacts.read(tmp_path, Discovery, PATH, "local-1") == found
    assert b"\\udce9" in (tmp_path / PATH).read_bytes()


@pytest.mark.parametrize("size", [0, schemas.COMPILED_FROM_BYTES])
@pytest.mark.parametrize("id", ["x\n", "-x", "X", "x" * 101, ""])
def test_both_judges_refuse_the_same(id: str, size: int) -> None:
    plain = json.loads(artifacts.dumps(FOUND))
    plain["candidates"][0]["id"] = id
    assert "$.candidates[0].id" in (schemas.problem("discovery", plain, size) or "")
    plain["candidates"][0]["id"] = "x"
    assert schemas.problem("discovery", plain, size) is None
