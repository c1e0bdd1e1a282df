"""Options that verbs share, and what they and the environment come to."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from improve_loop.edges.console import Log, PlainLog
from improve_loop.edges.environment import Environment
from improve_loop.errors import ConfigError
from improve_loop.model.config import Intensity, Mode
from improve_loop.model.options import Options
from improve_loop.model.state import RunKind

F = TypeVar("F", bound=Callable[..., Any])
INTENSITIES: tuple[Intensity, ...] = ("light", "medium", "heavy")
MODES: tuple[Mode, ...] = ("local", "full", "cron", "none")
RUN_KINDS: tuple[RunKind, ...] = ("sweep", "tend")

target = click.option(
    "--target", metavar="PATH|URL", help="The git repository to improve.  [default: the one you are in]"
)
domain = click.option("--domain", "domains", multiple=True, metavar="D", help="Look only here; may be given again.")
intensity = click.option("--intensity", type=click.Choice(INTENSITIES), help="How much one run takes on.")
light = click.option("--light", is_flag=True, help="Only the domains ci, releases and cves.")
mode = click.option("--mode", type=click.Choice(MODES), help="Which models may work; none: recipes only.")
local = click.option("--local", is_flag=True, help="Short for --mode local.")
auto = click.option("--auto", is_flag=True, help="Accept the whole shortlist; checks and gates still hold.")
task = click.option(
    "--task", metavar="TEXT|@FILE", help="Do this, and look for nothing else; needs a model and --target-path."
)
target_path = click.option(
    "--target-path", "target_paths", multiple=True, metavar="P", help="What the task may change; may be given again."
)
dry_run = click.option("--dry-run", is_flag=True, help="Do everything but publish and remember.")
out = click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the artifacts.")
keep = click.option("--keep-worktrees", is_flag=True, help="Leave the worktrees for inspection.")
quiet = click.option("--quiet", "-q", is_flag=True, help="Only warnings, errors and the result.")


def options(environment: Environment, given: dict[str, Any], *, whole_run: bool) -> Options:
    """Command line over environment. Raises ConfigError for a variable with an impossible value."""
    names = environment.text("IL_DOMAINS")
    if given.get("target") == "":
        raise click.UsageError("--target is empty; name a repository, or leave it out for the one you are in")
    return Options(
        target=given.get("target") or environment.text("IL_TARGET"),
        run_kind=_one_of("IL_RUN_KIND", environment.text("IL_RUN_KIND"), RUN_KINDS) or "sweep",
        domains=tuple(dict.fromkeys(given.get("domains") or _listed(names or ""))),
        intensity=given.get("intensity") or _one_of("IL_INTENSITY", environment.text("IL_INTENSITY"), INTENSITIES),
        mode=_mode(environment, given),
        light=bool(given.get("light")) or bool(environment.flag("IL_LIGHT")),
        auto=True if given.get("auto") else environment.flag("IL_AUTO"),
        dry_run=bool(given.get("dry_run")) or bool(environment.flag("IL_DRY_RUN")),
        keep_worktrees=bool(given.get("keep_worktrees")),
        run_id=_run_id(environment.text("IL_RUN_ID")),
        slot=given.get("slot") or environment.number("IL_SLOT"),
        slots=environment.number("IL_SLOTS"),
        task=_task(given),
        target_paths=tuple(given.get("target_paths") or ()),
        whole_run=whole_run,
    )


def _task(given: dict[str, Any]) -> str | None:
    """The request itself, or the content of the file that is named."""
    asked: str | None = given.get("task")
    if asked is None and given.get("target_paths"):
        raise click.UsageError("--target-path says what a --task may change; give the task too")
    if asked is None or not asked.startswith("@"):
        return asked
    try:
        return Path(asked[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--task {asked}: cannot be read as text: {error}") from None


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _run_id(given: str | None) -> str | None:
    if given is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", given):
        raise ConfigError(f"IL_RUN_ID={given!r}: expected at most 80 letters, digits, dots, dashes and underscores")
    return given


def _mode(environment: Environment, given: dict[str, Any]) -> Mode | None:
    chosen = given.get("mode")
    if given.get("local"):
        if chosen not in (None, "local"):
            raise click.UsageError(f"--local is short for --mode local, and --mode {chosen} says otherwise; give one")
        return "local"
    return chosen or _one_of("IL_MODE", environment.text("IL_MODE"), MODES)


T = TypeVar("T", bound=str)


def _one_of(name: str, value: str | None, known: tuple[T, ...]) -> T | None:
    if value is None:
        return None
    found = next((each for each in known if each == value), None)
    if found is None:
        raise ConfigError(f"{name}={value!r}: expected one of {', '.join(known)}")
    return found


def log(environment: Environment, *, quiet: bool) -> Log:
    """A moving display for a person who watches; plain lines elsewhere, with log sections in GitLab."""
    silent = quiet or bool(environment.flag("IL_QUIET"))
    if sys.stdout.isatty() and not environment.in_ci:
        from improve_loop.edges.terminal import TerminalLog

        return TerminalLog(quiet=silent)
    return PlainLog(sections=environment.in_gitlab, quiet=silent)
