"""What gitlab-ci-local says of a pipeline, asked once: a line of JSON each, so a run that stops goes on later."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from tests.ci import corpus
from tests.ci.support import ROOT

TIMEOUT = 30.0  # seconds for one call
TOGETHER = 2
COMMIT = "git -c user.name=a -c user.email=a@b commit -qm x"
PREPARE = (
    f"git init -q -b main . && git remote add origin http://127.0.0.1:9/acme/x.git && git add -A -f && {COMMIT}"
    " && git update-ref refs/remotes/origin/main HEAD"
    " && git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main"
)
NOWHERE = "http://127.0.0.1:9"  # includes from elsewhere fail at once in place of waiting for a network
AWAY = {"http_proxy": NOWHERE, "https_proxy": NOWHERE, "GIT_TERMINAL_PROMPT": "0", "NO_COLOR": "1"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One pipeline: a file of its own, or a folder."""

    name: str
    source: Path | bytes

    @property
    def key(self) -> str:
        """The name and what the content is, so that an answer of other bytes is not taken for this one."""
        every = [self.source] if isinstance(self.source, bytes) else [p.read_bytes() for p in _files(self.source)]
        return f"{self.name} {hashlib.sha256(b''.join(every)).hexdigest()[:12]}"


@dataclass(frozen=True, kw_only=True)
class Said:
    """Its two answers as they were printed; `failed` is the reason where it refused, `timeout` among them."""

    key: str
    preview: str
    listed: str
    failed: str


def cases() -> list[Case]:
    """Every file and every folder of the corpus."""
    single = [Case(name=name, source=content) for name, content in corpus.single().items()]
    root = corpus.CORPUS
    return [*single, *(Case(name=str(path.relative_to(root)), source=path) for path in corpus.folders())]


def answers(tool: str, kept: Path) -> dict[str, Said]:
    """The answers for every case, by its name; those in `kept` are not asked again."""
    known = {said.key: said for said in _known(kept)}
    every = cases()
    missing = [case for case in every if case.key not in known]
    print(f"{len(every)} pipelines, {len(missing)} still to ask", flush=True)
    with kept.open("a", encoding="utf-8") as out, ThreadPoolExecutor(TOGETHER) as pool:
        for said in pool.map(lambda case: _ask(tool, case), missing):
            known[said.key] = said
            out.write(json.dumps(asdict(said)) + "\n")
            out.flush()
    return {case.name: known[case.key] for case in every}


def _known(kept: Path) -> Iterator[Said]:
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.exists() else ():
        try:
            yield Said(**json.loads(line))
        except (ValueError, TypeError):
            continue  # the last line of a run that was killed


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _ask(tool: str, case: Case) -> Said:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "x"
        if isinstance(case.source, bytes):
            folder.mkdir()
            (folder / ROOT).write_bytes(case.source)
        else:
            shutil.copytree(case.source, folder, symlinks=True, copy_function=shutil.copyfile)
        subprocess.run(PREPARE, shell=True, cwd=folder, check=False, capture_output=True)
        preview, failed = _call([tool, "--preview"], folder)
        listed, refused = ("", "") if failed else _call([tool, "--list-json"], folder)
        return Said(key=case.key, preview=preview, listed=listed, failed=failed or refused)


def _call(command: list[str], folder: Path) -> tuple[str, str]:
    """What it printed, and why it failed (empty when it did not). Its children end with it.

    Into files: Node.js ends without waiting for a pipe to take more than 64 kB.
    """
    environment: dict[str, Any] = {**os.environ, **AWAY}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=error,
            start_new_session=True,
        )
        try:
            failed = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "", "timeout"
        if failed:
            return "", (_text(error).strip().splitlines() or ["no message"])[-1][:200]
        return _text(out), ""


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")
