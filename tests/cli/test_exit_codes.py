"""The exit codes of the installed command: a verb that decides one is heard by the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repositories import improve_loop_afresh
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
