"""`improve-loop config check`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from improve_loop.edges.configuration import from_file
from improve_loop.edges.environment import OVERRIDABLE, read
from improve_loop.errors import ConfigError
from improve_loop.gates import rules as gate_rules
from improve_loop.model.config import Config
from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.settings import wanted
from improve_loop.rules.config import NAME, nearest


@click.group(short_help="Look at the configuration")
def config() -> None:
    """Look at `.improve-loop.yml`; every key is optional, the schema is schemas/config.schema.json."""


def _of_overrides(found: Config) -> Iterator[str]:
    """Overrides of rules that there are not, and those that ended."""
    known = gate_rules()
    for family, said in found.gates.items():
        for override in said.overrides:
            if override.rule not in known:
                names = [name for name in known if name.startswith(f"{family}/")]
                yield f"gates.{family}.overrides: {override.rule}: {nearest(override.rule, names)}"
            elif override.expires < date.today().isoformat():
                yield f"gates.{family}.overrides: {override.rule}: ended on {override.expires}; remove or renew it"


@config.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path(NAME))
def check(path: Path) -> None:
    """Say everything that is wrong with a configuration, or that it is fine."""
    found = from_file(path)
    if unknown := wanted(found).unknown(RULES):
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in unknown))
    if problems := list(_of_overrides(found)):
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in problems))
    environment = read()
    click.echo(f"{path}: fine")
    click.echo(f"  intensity {found.intensity}, {len(found.checks)} checks, {len(found.exclude)} excluded zones")
    if not found.checks:
        click.echo("  no checks: merge requests on the local forge can never count as green; add `checks:`")
    for name in sorted(environment.overrides):
        click.echo(f"  {name} is set: {OVERRIDABLE[name]}")
    for note in environment.unknown:
        click.echo(f"  {note}")
