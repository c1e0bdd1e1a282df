"""`improve-loop scan`: what the CI rules see in a folder or file. `improve-loop explain`: what one rule is about."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click

from improve_loop import __version__
from improve_loop.edges import configuration
from improve_loop.edges.console import harmless
from improve_loop.edges.trees import FolderTree
from improve_loop.errors import UsageError
from improve_loop.model.config import Config
from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.page import page
from improve_loop.rules.ci.scan import Hit, as_codequality, as_json, as_sarif, as_table, look
from improve_loop.rules.ci.settings import Wanted, wanted
from improve_loop.rules.config import NAME
from improve_loop.rules.pipeline import Pipeline, read_pipeline

REFUSED = 4
MAX_NAMED = 5
LOOKS_LIKE_CI = re.compile(r"(?:^|/)[^/]*\.gitlab-ci[^/]*\.ya?ml$|^\.gitlab/ci/.+\.ya?ml$")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["table", "json", "codequality", "sarif"]), default="table")
@click.option(
    "--fail-on",
    multiple=True,
    metavar="RULE|TIER",
    help="Exit 4 on a finding of this rule or tier, or `any`, and where a pipeline cannot be read.",
)
@click.pass_context
def scan(context: click.Context, paths: tuple[Path, ...], form: str, fail_on: tuple[str, ...]) -> None:
    """What the CI rules see in each PATH: a repository's folder, or a CI file."""
    wrong = [name for name in fail_on if name not in RULES and name not in ("A", "B", "C", "any")]
    if wrong:
        raise UsageError(f"--fail-on {wrong[0]}: no such rule or tier; give a rule (PIP04), a tier (A, B, C) or any")
    hits: list[Hit] = []
    problems: list[str] = []
    unread = False
    for path in paths:
        found, broken, was_read = _look(path, str(path).rstrip("/") if len(paths) > 1 else "")
        hits += found
        problems += broken
        unread |= not was_read
    for problem in problems:
        click.echo(harmless(problem), err=True)
    text = {
        "table": lambda: harmless(as_table(hits)),
        "json": lambda: as_json(hits, problems),
        "codequality": lambda: as_codequality(hits),
        "sarif": lambda: as_sarif(hits, __version__),
    }[form]()
    if text:
        click.echo(text)
    if form == "table":
        mended = sum(hit.fixable for hit in hits)
        click.echo(f"{len(hits)} findings, {mended} of them (+) can be mended by a recipe", err=True)
    # A pipeline that nobody could read has not passed.
    if any({"any", hit.card.id, hit.card.tier} & {*fail_on} for hit in hits) or (fail_on and unread):
        context.exit(REFUSED)


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """What RULE is about: why, what its fix changes, the risk, how to switch it off."""
    found = RULES.get(rule.upper())
    if found is None:
        raise UsageError(f"{rule}: no such rule; there are {', '.join(sorted(RULES))}")
    click.echo(page(found), nl=False)


def _look(path: Path, repository: str) -> tuple[list[Hit], list[str], bool]:
    """The hits of one path, what is wrong with it, and whether it was read; `repository` is its name beside others."""
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; give a repository's folder or a CI file")
    root = path if path.is_dir() else _repository(path)
    wants = _wanted(root)
    ci_file = wants.ci_file if path.is_dir() else str(path.resolve().relative_to(root.resolve()))
    tree = FolderTree(root)
    if tree.read(ci_file) is None and os.path.lexists(root / ci_file):
        return (
            [],
            [f"{root / ci_file}: a link or no plain file, which is not read; put the pipeline itself there"],
            False,
        )
    if tree.read(ci_file) is None:
        return [], [f"{path}: no {ci_file} here, so there is nothing to look at"], True
    pipeline = read_pipeline(tree, ci_file)
    repository = repository if path.is_dir() else repository and str(root)
    before = f"{repository}/" if repository else ""
    notes = [
        *wants.unknown(RULES),
        *pipeline.troubles,
        *(_not_included(tree, pipeline) if path.is_dir() and pipeline.files else ()),
    ]
    return look(pipeline, wants, repository), [f"{before}{note}" for note in notes], bool(pipeline.files)


def _not_included(tree: FolderTree, pipeline: Pipeline) -> Iterator[str]:
    """Templates for other projects, mostly: nobody here says how they are joined, so each can only be read alone."""
    others = [name for name in tree.paths() if LOOKS_LIKE_CI.search(name) and name not in pipeline.texts]
    for name in others[:MAX_NAMED]:
        yield f"{name}: looks like CI configuration, and no pipeline here includes it; scan it by its own path"
    if others[MAX_NAMED:]:
        yield f"{len(others) - MAX_NAMED} more files like it"


def _repository(path: Path) -> Path:
    """The repository that a file belongs to, since its includes start there; else the file's folder."""
    folders = path.resolve().parents
    return next((folder for folder in folders if (folder / ".git").exists()), folders[0])


def _wanted(root: Path) -> Wanted:
    """The repository's own configuration, where it has one."""
    return wanted(configuration.from_file(root) if (root / NAME).is_file() else Config())
