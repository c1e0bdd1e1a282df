"""The exit codes of the installed command: a verb that decides one is heard by the shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repositories import clean, improve_loop_afresh
from tests.support.repositories import repository as new_repository

PIPELINE = "image: node\n\njob:\n  script:\n    - npm test\n"
UNSAFE = """\
diff --git a/deploy.sh b/deploy.sh
new file mode 100755
--- /dev/null
+++ b/deploy.sh
@@ -0,0 +1,2 @@
+#!/bin/sh
+rm -rf /
"""


def code_of(folder: Path, *arguments: str) -> int:
    """What a shell sees."""
    return improve_loop_afresh(*arguments, cwd=folder).returncode


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", {".gitlab-ci.yml": PIPELINE})


@pytest.mark.parametrize(("fail_on", "code"), [("PIP04", 4), ("A", 4), ("any", 4), ("SEC04", 0), ("PIP99", 2)])
def test_scan_with_fail_on_fails_the_shell(repository: Path, fail_on: str, code: int) -> None:
    assert code_of(repository, "scan", ".", "--fail-on", fail_on) == code


def test_a_refused_patch_fails_the_shell(repository: Path, tmp_path: Path) -> None:
    patch = tmp_path / "unsafe.diff"
    patch.write_text(UNSAFE)
    assert code_of(repository, "gate", "--patch", str(patch)) == 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_an_answer_that_cannot_be_written_is_no_bug(repository: Path) -> None:
    argv = (sys.executable, "-m", "improve_loop", "gate", "explain", "all")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            argv, cwd=repository, stdout=full, stderr=subprocess.PIPE, text=True, env=clean(), check=False
        )
    assert done.returncode == 75
    assert done.stderr == "error: standard output: No space left on device; free some space, then run again\n"
