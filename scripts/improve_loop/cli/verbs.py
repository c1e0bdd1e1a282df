"""The verbs of `improve-loop`, each loaded when it is used."""

from __future__ import annotations

import importlib

import click

from improve_loop import __version__

PHASE_VERBS = {
    "preflight": "Find: is it safe to run, and with what limits?",
    "discover": "Find: what could be better, in each domain?",
    "extract": "Find: what do the texts say? (skipped without a model)",
    "triage": "Find: which few are worth a human's minute?",
    "propose": "Ask: show it where people look",
    "approve": "Ask: which did a human accept?",
    "implement": "Make: the smallest right change",
    "check": "Make: do the target's own commands pass on it?",
    "gate": "Make: may these exact bytes be published?",
    "publish": "Make: open or update the merge request",
    "validate": "Tend: what do the pipelines of our merge requests say?",
    "ship": "Tend: label, comment, re-trigger, or close and say why",
    "cleanup": "Tend: report, remember, give the lock back",
}
# verb -> module and attribute: a verb's libraries are not imported for the others.
VERBS = {
    "run": "improve_loop.cli.run:run",
    "config": "improve_loop.cli.config:config",
    "state": "improve_loop.cli.state:state",
    "mr": "improve_loop.cli.mr:mr",
    "scan": "improve_loop.cli.scan:scan",
    "explain": "improve_loop.cli.scan:explain",
    "llm": "improve_loop.cli.llm:llm",
    "init": "improve_loop.cli.init:init",
    "doctor": "improve_loop.cli.doctor:doctor",
    **dict.fromkeys(PHASE_VERBS, "improve_loop.cli.phase:command"),
    "gate": "improve_loop.cli.gate:command",
}


class Verbs(click.Group):
    """The verbs, in the order of a run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs: first those for people, then the phases."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The verb's command, imported now."""
        if name not in VERBS:
            return None
        module, _, attribute = VERBS[name].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        command: click.Command = found(name, PHASE_VERBS[name]) if name in PHASE_VERBS else found
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """People's verbs and phases apart, without importing the phases for their help."""
        people = [name for name in VERBS if name not in PHASE_VERBS]
        with formatter.section("Verbs"):
            formatter.write_dl([(name, self._short(ctx, name)) for name in people])
        with formatter.section("Phases, one by one (a pipeline calls these)"):
            formatter.write_dl(list(PHASE_VERBS.items()))

    def _short(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(100) if command else ""


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 bug, 2 usage or configuration, 3 artifact, 4 refused by a rule, "
    "5 budget spent, 75 try later, 130 interrupted.",
)
@click.version_option(__version__, prog_name="improve-loop")
def improve_loop() -> None:
    """Small, reversible improvements for a git repository: found, ranked, made, gated, proposed. Never merged.

    \b
    Try it on any repository; nothing but local branches improve-loop/* is made:
        improve-loop run --target /path/to/repository --dry-run
    """
