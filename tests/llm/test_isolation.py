"""What a run without a model never loads, and what a child process never inherits. Each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from improve_loop.edges.environment import git_environment
from tests.support.imports import MODULES, ROOT
from tests.support.scripted_model import Reply, serving

KEY = "sk-secret-key-of-the-tests"
HEAVY = ("litellm", "openai", "httpx", "anthropic", "tokenizers")
SAYS = f"print(sorted(name for name in {HEAVY!r} if name in sys.modules))"


def said(code: str, folder: Path, **variables: str) -> str:
    """Standard output of a Python that knows only our package and these variables."""
    env = {"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin", **variables}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_module_of_the_package_loads_the_sdk_by_being_imported(tmp_path: Path) -> None:
    names = [
        name for name in MODULES if not name.endswith(("__main__", "llm_wire", "llm_sdk"))
    ]  # loaded by the first call
    loads = f"import importlib, sys\nfor name in {names!r}:\n    importlib.import_module(name)\n{SAYS}"
    assert said(loads, tmp_path) == "[]"


def test_mode_none_makes_nothing_and_loads_nothing(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom improve_loop.making.maker import make\nfrom improve_loop.rules.budget import Allowance\n"
        "from improve_loop.rules.model_settings import model_settings\n"
        "from improve_loop.rules.task import task_candidate\n"
        "class T:\n    def paths(self): return ['a.py']\n    def read(self, path): return b'x'\n"
        "made = make(T(), task_candidate('x', ['a.py'], 's', ['a.py']), Allowance(usd=9.0),"
        " model_settings({}, 'none', {}), run_id='r')\n"
        f"print(made.reason)\n{SAYS}"
    )
    assert said(code, tmp_path, ANTHROPIC_API_KEY=KEY) == "no_model\n[]"


@pytest.mark.parametrize("name", ["IL_MODEL_KEY", "ANTHROPIC_API_KEY", "QWEN_KEY", "IL_READ_TOKEN", "DB_PASSWORD"])
def test_git_that_acts_for_nobody_inherits_no_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("LANGUAGE", "en")
    inherited = git_environment(as_user=False)
    assert KEY not in inherited.values()
    assert inherited["LANGUAGE"] == "en"


@pytest.mark.parametrize("name", ["IL_MODEL_KEY", "ANTHROPIC_API_KEY", "QWEN_KEY", "IL_WRITE_TOKEN"])
def test_git_that_acts_for_the_user_inherits_their_token_and_no_key_of_ours(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("GH_TOKEN", "of-the-user")
    inherited = git_environment(as_user=True)
    assert KEY not in inherited.values()
    assert inherited["GH_TOKEN"] == "of-the-user"


def test_two_calls_reach_no_other_host_and_read_no_env_file_of_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ANTHROPIC_API_BASE=http://evil.example\nFROM_DOTENV=yes\n")
    code = (
        "import os, socket\n"
        "known = socket.getaddrinfo\n"
        "def guarded(host, *rest, **more):\n"
        "    if host != '127.0.0.1': raise SystemExit(f'asked for {host}')\n"
        "    return known(host, *rest, **more)\n"
        "socket.getaddrinfo = guarded\n"
        "from improve_loop.edges.llm import Door\n"
        "from improve_loop.rules.budget import Allowance\n"
        "from improve_loop.rules.model_settings import model_settings\n"
        "root = os.environ['ROOT_URL']\n"
        "claude = {'url': root, 'protocol': 'anthropic', 'key_variable': 'A_KEY'}\n"
        "models = {'endpoints': {'q': {'url': root + '/v1', 'paid': False}, 'claude': claude},"
        " 'local': 'q/m', 'escalation': 'claude/claude-sonnet-5-5'}\n"
        "door = Door(model_settings(models, 'local', {'A_KEY': 'k'}), Allowance(usd=1.0))\n"
        "for choice in door.settings.ladder('plan'):\n"
        "    asked = [{'role': 'user', 'content': 'hello'}]\n"
        "    print(door.ask('plan', asked, choice=choice, max_tokens=50).text)\n"
        "from litellm.anthropic_beta_headers_manager import reload_beta_headers_config as reload\n"
        "reload()\n"
        "print(os.environ.get('FROM_DOTENV'), os.environ.get('ANTHROPIC_API_BASE'))"
    )
    with serving([Reply(text="one"), Reply(text="two")]) as server:
        assert said(code, tmp_path, HOME=str(tmp_path), ROOT_URL=server.root) == "one\ntwo\nNone None"
