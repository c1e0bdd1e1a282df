"""Our reader beside gitlab-ci-local: the same jobs, the same expanded jobs? Differences are listed to be judged.

`npm install gitlab-ci-local@4.73.0` somewhere, then
`GITLAB_CI_LOCAL=…/node_modules/.bin/gitlab-ci-local PYTHONPATH=scripts:. .venv/bin/python -m bench.compare_readers`
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from improve_loop.edges.trees import FolderTree
from improve_loop.rules.pipeline import Job, read_pipeline
from tests.ci import corpus
from tests.ci.support import ROOT

KEYWORDS = (
    "stage",
    "image",
    "services",
    "script",
    "before_script",
    "after_script",
    "variables",
    "tags",
    "cache",
    "rules",
)
TOP = {
    "stages",
    "variables",
    "workflow",
    "include",
    "default",
    "cache",
    "image",
    "services",
    "before_script",
    "after_script",
}
COMMIT = "git -c user.name=a -c user.email=a@b commit -qm x"
PREPARE = (
    f"git init -q -b main . && git remote add origin http://127.0.0.1:9/acme/x.git && git add -A -f && {COMMIT}"
    " && git update-ref refs/remotes/origin/main HEAD"
    " && git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main"
)


TIMEOUT = 60.0  # seconds for one call


class Loader(yaml.SafeLoader):
    """Reads what gitlab-ci-local prints."""


def _reference(loader: Loader, node: yaml.SequenceNode) -> list[Any]:
    return list(loader.construct_sequence(node))


Loader.add_constructor("!reference", _reference)


def main() -> None:
    """Prints how many were compared and every difference."""
    tool = os.environ["GITLAB_CI_LOCAL"]
    counts: Counter[str] = Counter()
    for name, folder in _folders():
        preview, listed = _theirs(tool, folder)
        if preview is None:
            counts["not accepted by gitlab-ci-local"] += 1
            continue
        counts["compared"] += 1
        pipeline = read_pipeline(FolderTree(folder), ROOT)
        theirs = {str(key): value for key, value in preview.items() if key not in TOP and not str(key).startswith(".")}
        if {*theirs} != {*pipeline.jobs} or (listed and not {*listed} <= {*_unfolded(listed, pipeline.jobs)}):
            counts["job lists differ"] += 1
            print(f"{name}: jobs {sorted({*theirs} ^ {*pipeline.jobs})}")
        for job in (pipeline.jobs[key] for key in theirs if key in pipeline.jobs):
            for keyword in KEYWORDS:
                same = _plain(keyword, theirs[job.name].get(keyword)) == _ours(keyword, job)
                counts[f"{keyword} {'same' if same else 'differs'}"] += 1
                if not same:
                    print(
                        f"{name}: {job.name}: {keyword}: {theirs[job.name].get(keyword)} | {_ours(keyword, job)}"[:300]
                    )
    for name, count in sorted(counts.items()):
        print(f"{count:>6} {name}")


def _unfolded(listed: list[str], jobs: Any) -> list[str]:
    """`parallel` unfolds a job into `job 1/2` or `job: [a]`."""
    return [name for name in listed if any(name == job or name.startswith((f"{job} ", f"{job}: ")) for job in jobs)]


def _folders() -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory() as scratch:
        for name, content in corpus.single().items():
            folder = Path(scratch) / name
            folder.mkdir()
            (folder / ROOT).write_bytes(content)
            yield name, _prepared(folder)
        for source in corpus.folders():
            folder = Path(scratch) / f"folder-{source.name}"
            shutil.copytree(source, folder, dirs_exist_ok=True)
            subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
            yield source.name, _prepared(folder)


def _prepared(folder: Path) -> Path:
    subprocess.run(PREPARE, shell=True, cwd=folder, check=False, capture_output=True)
    return folder


def _call(tool: str, flag: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    command = [tool, flag]
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, b"", b"")


def _theirs(tool: str, folder: Path) -> tuple[dict[str, Any] | None, list[str]]:
    preview, listed = (_call(tool, flag, folder) for flag in ("--preview", "--list-json"))
    try:
        value = yaml.load(preview.stdout, Loader=Loader) if preview.returncode == 0 else None
        names = [str(row["name"]) for row in json.loads(listed.stdout)] if listed.returncode == 0 else []
    except (yaml.YAMLError, ValueError):
        return None, []
    return value if isinstance(value, dict) else None, names


def _ours(keyword: str, job: Job) -> Any:
    if "script" in keyword:
        return [line.scalar for line in job.lines(keyword)]
    if keyword == "variables":
        own = job.keywords.get("variables")
        return _plain(keyword, own.plain if own is not None else None)
    return _plain(keyword, job.stage if keyword == "stage" else job.plain(keyword))


def _plain(keyword: str, value: Any) -> Any:
    """Both sides in one form: an image is a mapping, a script a flat list, a variable a string."""
    if "script" in keyword:
        return list(_flat(value)) if value else []
    if keyword == "stage":
        return value or "test"
    if keyword == "image":
        return {"name": value} if isinstance(value, str) else value or None
    if keyword == "services":
        return [{"name": item} if isinstance(item, str) else item for item in value or []]
    if keyword == "variables":
        return {key: str(item).lower() if isinstance(item, bool) else str(item) for key, item in (value or {}).items()}
    if keyword == "cache":
        every = value if isinstance(value, list) else [value] if value else []
        return [sorted(map(str, one.get("paths") or [])) for one in every if isinstance(one, dict) and one.get("paths")]
    return value or None


def _flat(value: Any) -> Iterator[Any]:
    for item in value if isinstance(value, list) else [value]:
        yield from _flat(item) if isinstance(item, list) else [item]


if __name__ == "__main__":
    main()
