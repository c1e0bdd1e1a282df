"""Secrets: this gate beside gitleaks, detect-secrets and secretlint (where installed) on one labelled set in one run."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from improve_loop.gates.secrets import findings
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta
from improve_loop.rules.gating.secrets.tokens import TOKENS
from tests.gates.labelled import (
    Labelled,
    added,
    credentials,
    kept,
    places,
    providers,
    secrets_five,
    secrets_seven,
    secrets_six,
)
from tests.gates.made import made_token

PART = 200  # folders that secretlint is given at once
Scanner = Callable[[Path], set[int]]


def labelled() -> list[Labelled]:
    """The credentials and look-alikes of the labelled set, three of each provider, an example of every format of ours."""
    chance = random.Random(7)
    lines = ("x = '{}'", "TOKEN={}", '"key": "{}",', "curl -H 'X: {}' https://x.test")
    made = [
        patch
        for token in TOKENS
        for patch in added("secrets", "bad", "a.txt", [chance.choice(lines).format(made_token(token.shape, chance))])
    ]
    ours = [*credentials.PATCHES, *places.PATCHES, *kept("lookalikes.jsonl"), *made]
    rounds = [*secrets_five.PATCHES, *secrets_six.PATCHES, *secrets_seven.PATCHES]
    return [*ours, *providers.provided(seed=11, of_each=3), *rounds]


def main() -> None:
    """Recall on plain and hard ones, false alarms, precision and MB/s of each scanner."""
    patches = labelled()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        size = sum(_write(root / str(number), patch) for number, patch in enumerate(patches))
        for name, scanner in _scanners().items():
            started = time.perf_counter()
            found = scanner(root) if name != "this gate" else _ours(patches)
            _tell(name, patches, found, size / 1e6 / (time.perf_counter() - started))


def _write(folder: Path, patch: Labelled) -> int:
    size = 0
    for path, text in patch.after.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        size += file.write_bytes(text.encode())
    return size


def _ours(patches: list[Labelled]) -> set[int]:
    found = set()
    for number, patch in enumerate(patches):
        delta = scratch_delta({}, {path: text.encode() for path, text in patch.after.items()})
        if next(iter(findings(delta, None, Policy())), None) is not None:
            found.add(number)
    return found


def _scanners() -> dict[str, Scanner]:
    known: dict[str, Scanner] = {"gitleaks": _gitleaks, "detect-secrets": _detect_secrets, "secretlint": _secretlint}
    missing = [name for name in known if shutil.which(name) is None]
    if missing:
        print(f"  not on PATH: {', '.join(missing)}")
    return {"this gate": lambda _: set(), **{name: scan for name, scan in known.items() if name not in missing}}


def _number(path: str, root: Path) -> int:
    return int(Path(path).resolve().relative_to(root.resolve()).parts[0])


def _run(root: Path, *argv: str) -> str:
    return subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False).stdout


def _gitleaks(root: Path) -> set[int]:
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        _run(
            root, "gitleaks", "detect", "--no-git", "-s", str(root), "-f", "json", "-r", report.name, "--exit-code", "0"
        )
        return {_number(item["File"], root) for item in json.loads(Path(report.name).read_text() or "[]") or []}


def _detect_secrets(root: Path) -> set[int]:
    answer = json.loads(_run(root, "detect-secrets", "scan", "--all-files", "--no-verify", "."))
    return {_number(str(root / name), root) for name in answer["results"]}


def _secretlint(root: Path) -> set[int]:
    """In parts: over all files at once its time grows with the square of their number."""
    rules, report = root.parent / "secretlintrc.json", root.parent / "secretlint.json"
    rules.write_text(json.dumps({"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}))
    patterns = [f"{folder.name}/**/*" for folder in sorted(root.iterdir()) if folder.is_dir()]
    found: set[int] = set()
    for first in range(0, len(patterns), PART):
        report.unlink(missing_ok=True)
        part = patterns[first : first + PART]
        _run(root, "secretlint", "--secretlintrc", str(rules), "--format", "json", "--output", str(report), *part)
        answer = json.loads(report.read_text() if report.exists() else "[]")
        found |= {_number(item["filePath"], root) for item in answer if item["messages"]}
    return found


def _tell(name: str, patches: list[Labelled], found: set[int], speed: float) -> None:
    def share(label: str) -> float:
        wanted = [number for number, patch in enumerate(patches) if patch.label == label]
        return sum(number in found for number in wanted) / len(wanted)

    right = sum(patches[number].label != "fine" for number in found)
    precision = right / len(found) if found else 1.0
    print(
        f"  {name:15} plain {share('bad'):.3f}  hard {share('hard'):.3f}  false alarms {share('fine'):.3f}  precision {precision:.3f}  {speed:.2f} MB/s"
    )


if __name__ == "__main__":
    main()
