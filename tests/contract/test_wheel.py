"""The command alone: a wheel in an empty environment, used outside the checkout, finds all that it carries."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from improve_loop.cli.verbs import VERBS
from tests.support.repositories import ROOT, branches, clean, repository


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`improve-loop` of a wheel that was built here, in an environment that borrows this one's libraries; offline."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv/bin/python"
    own = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, check=True
    )
    site = Path(own.stdout.decode().strip())
    # The borrowed libraries come after the installed wheel; the checkout is on no path.
    (site / "libraries.pth").write_text(f"{next(path for path in sys.path if path.endswith('site-packages'))}\n")
    _installed(wheel, site, python)
    return folder / "venv/bin/improve-loop"


def _installed(wheel: Path, site: Path, python: Path) -> None:
    """What `pip install --no-deps --no-index` does with a pure wheel; pip itself is not in every environment."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        (entry,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "improve-loop = improve_loop.cli:main" in archive.read(entry).decode()
    script = python.parent / "improve-loop"
    script.write_text(f"#!{python}\nfrom improve_loop.cli import main\nmain()\n")
    script.chmod(0o755)


def run(command: Path, *args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in clean(HOME=str(cwd)).items() if key != "PYTHONPATH"}
    return subprocess.run([command, *args], cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_an_installed_copy_plays_a_whole_run_from_any_folder(installed: Path, tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    done = run(installed, "run", "--target", app, "--auto", "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "published 2, green 2" in done.stdout
    assert len(branches(app)) == 2
    page = (tmp_path / "out/cleanup/report.html").read_text(encoding="utf-8")
    assert "ci-pip04" in page
    assert str(ROOT) not in done.stdout + done.stderr


def test_an_installed_copy_carries_schemas_prompts_and_prices(installed: Path, tmp_path: Path) -> None:
    code = (
        "import improve_loop, pathlib\n"
        "from improve_loop.edges import schemas\n"
        "home = pathlib.Path(improve_loop.__file__).parent\n"
        "print(schemas.folder().parent == home, *sorted(path.name for path in home.rglob('*') if path.is_file()))\n"
    )
    done = run(installed.parent / "python", "-c", code, cwd=tmp_path)
    inside, *names = done.stdout.split()
    assert inside == "True", done.stderr
    package = ROOT / "scripts/improve_loop"
    carried = [path.name for path in package.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".py")]
    wanted = {*carried, *(path.name for path in (ROOT / "schemas").rglob("*.json"))}
    assert "prices.toml" in wanted
    assert not wanted - set(names)


def test_every_verb_helps_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = (
        "from click.testing import CliRunner\n"
        "from improve_loop.cli.verbs import VERBS, improve_loop\n"
        "for verb in VERBS:\n"
        "    done = CliRunner().invoke(improve_loop, [verb, '--help'])\n"
        "    assert done.exit_code == 0 and 'Usage: ' in done.output, (verb, done.output)\n"
        "    print(verb)\n"
    )
    done = run(installed.parent / "python", "-c", code, cwd=tmp_path)
    assert done.stdout.split() == list(VERBS), done.stderr


@pytest.mark.parametrize("args", [("config", "check"), ("scan", "."), ("explain", "PIP04"), ("gate", "--staged")])
def test_the_verbs_for_people_work_in_the_repository_of_the_moment(
    installed: Path, tmp_path: Path, args: tuple[str, ...]
) -> None:
    app = repository(tmp_path / "app")
    done = run(installed, *args, cwd=app)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
