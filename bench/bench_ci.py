"""The domain `ci` on the shared corpus: what is read, what is edited and how safely, and how long that takes."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable

import yaml

from improve_loop.edges.trees import FolderTree
from improve_loop.model.plugs import Edited, Tree
from improve_loop.recipes import RECIPES
from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.settings import wanted
from improve_loop.rules.nodes.compose import LOADER
from improve_loop.rules.pipeline import read_pipeline
from improve_loop.sources import ci
from tests.ci import corpus
from tests.ci.support import ROOT, Files, a_run, found

EVERYTHING = {"rules_on": ["ART01", "RET01", "IMG04"], "runner_map": {"test*": "fast"}}
LOCKS = {
    "package-lock.json": b'{"lockfileVersion": 2, "packages": {"": {}}}',
    "package.json": b"{}",
    "requirements.txt": b"",
    "composer.lock": b"{}",
    "Gemfile.lock": b"",
}


def main() -> None:
    """Prints the figures; without the corpus only how the cost grows."""
    _growth()
    if not corpus.exists():
        print("the shared corpus is not beside this checkout: nothing else to measure")
        return
    bulk = [content for _, content in corpus.bulk()]
    _speed(bulk)
    _safety("217 chosen files", [Files({ROOT: content}) for content in corpus.single().values()])
    _safety("pipelines of several files", [FolderTree(folder) for folder in corpus.folders()])
    _safety("4,377 bulk files, as if lock files were there", [Files({**LOCKS, ROOT: content}) for content in bulk])
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _growth() -> None:
    found(_jobs(10))
    for count in (10, 100, 1_000, 10_000):
        seconds = _seconds(lambda count=count: found(_jobs(count)))  # type: ignore[misc]
        print(f"{count:>6} jobs, every rule, edits checked: {seconds:.3f} s, {seconds / count * 1000:.3f} ms each")


def _jobs(count: int) -> Files:
    return Files({ROOT: ("image: a:1\n" + "".join(f"job {n}:\n  script: [a]\n" for n in range(count))).encode()})


def _speed(contents: Iterable[bytes]) -> None:
    texts = [content.decode("utf-8", "replace") for content in contents]
    wants = wanted(a_run().config)

    def compose() -> None:
        for text in texts:
            list(yaml.compose_all(text, Loader=LOADER))

    def read() -> None:
        for text in texts:
            _ = [job.effective() for job in read_pipeline(Files({ROOT: text.encode()}), ROOT).all_jobs.values()]

    def scan() -> None:
        for text in texts:
            pipeline = read_pipeline(Files({ROOT: text.encode()}), ROOT)
            for rule in RULES.values():
                rule.find(pipeline, wants.settings)

    def discover() -> None:
        for text in texts:
            found(Files({ROOT: text.encode()}))

    base = _seconds(compose)
    print(f"yaml.compose, C loader, {len(texts)} files: {base:.2f} s")
    for name, work in (
        ("read, every job expanded", read),
        ("scan, every rule", scan),
        ("discover, edits checked", discover),
    ):
        seconds = _seconds(work)
        print(f"{name}: {seconds:.2f} s, {seconds / base:.1f} times yaml.compose")


def _safety(name: str, trees: Iterable[Tree]) -> None:
    """Every candidate is applied (its own checks run inside), and must be gone afterwards."""
    statuses: Counter[str] = Counter()
    made: Counter[str] = Counter()
    wrong: list[str] = []
    for tree in trees:
        answer = ci.discover(tree, a_run(**EVERYTHING))
        statuses[answer.status] += 1
        for candidate in answer.candidates:
            made[candidate.subject] += 1
            recipe = candidate.recipe
            result = RECIPES[recipe.name].apply(tree, candidate) if recipe is not None else None
            if not isinstance(result, Edited):
                wrong.append(f"{candidate.subject}: {result}")
                continue
            after = _After(tree, {path: new for path, new in result.files.items() if new is not None})
            again = ci.discover(after, a_run(**EVERYTHING))
            if candidate.subject in {one.subject for one in again.candidates}:
                wrong.append(f"{candidate.subject} twice: {answer.reason}")
    print(f"{name}: {dict(statuses)}; edits {dict(made.most_common())}; wrong: {wrong or 'none'}")


class _After:
    """A tree after a recipe."""

    def __init__(self, below: Tree, files: dict[str, bytes]) -> None:
        self.below, self.files = below, files

    def paths(self) -> list[str]:
        return list(self.below.paths())

    def read(self, path: str) -> bytes | None:
        return self.files.get(path) or self.below.read(path)
