"""`improve-loop llm check` and `improve-loop llm call`: the models by themselves, under the same budget as a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improve_loop.edges import configuration
from improve_loop.edges.environment import variables
from improve_loop.errors import ConfigError, TryLater, UsageError
from improve_loop.model.codec import to_plain
from improve_loop.model.config import Config, Mode
from improve_loop.rules.budget import Allowance
from improve_loop.rules.config import NAME
from improve_loop.rules.model_settings import ROLES, ModelChoice, ModelSettings, model_settings

if TYPE_CHECKING:
    from improve_loop.edges.llm import Door, Probed

MODES: tuple[Mode, ...] = ("local", "full", "cron")
config_option = click.option(
    "--config", "path", type=click.Path(path_type=Path), help=f"The configuration.  [default: {NAME} here]"
)
mode_option = click.option("--mode", type=click.Choice(MODES), help="Which models may answer, as in a run.")
usd_option = click.option("--usd", default=0.10, show_default=True, help="What this may cost at most, dollars.")


@click.group()
def llm() -> None:
    """The models by themselves: are they there, and what do they say?"""


@llm.command()
@config_option
@mode_option
@usd_option
def check(path: Path | None, mode: Mode | None, usd: float) -> None:
    """Says which roles can be answered by which model, with what context, and whether a server cuts long prompts.

    Every model is asked one short question; a free one also gets a prompt longer than its context. Exit 0: all
    answer and none cuts · 2 nothing is configured, or a server cuts silently · 75 a model does not answer.
    """
    settings = _settings(path, mode)
    _say_missing(settings)
    door = _door(settings, usd)
    from improve_loop.edges.llm import probed

    choices = {choice.name: choice for role in ROLES for choice in settings.ladder(role)}
    seen = {name: probed(door, choice) for name, choice in choices.items()}
    for role in ROLES:
        click.echo(f"{role:<10} {' → '.join(choice.name for choice in settings.ladder(role)) or 'no model'}")
    for found in seen.values():
        _tell(found)
    _judge(list(seen.values()))


@llm.command()
@click.argument("prompt")
@config_option
@mode_option
@usd_option
@click.option("--role", type=click.Choice(ROLES), default="implement", show_default=True, help="Whose model is asked.")
@click.option("--escalated", is_flag=True, help="Ask the second tier.")
@click.option("--system", default="", help="A system prompt.")
@click.option("--schema", type=click.Path(exists=True, path_type=Path), help="JSON schema that the answer must follow.")
@click.option("--max-tokens", default=2_000, show_default=True, help="Longest answer.")
@click.option("--ledger", type=click.Path(path_type=Path), help="Append what it cost to this file, a JSON line a call.")
def call(prompt: str, path: Path | None, mode: Mode | None, usd: float, ledger: Path | None, **asked: Any) -> None:
    """Sends one prompt and prints the answer. PROMPT is a text, @file, or - for standard input.

    \b
    Examples:
        improve-loop llm call "Say hello."
        improve-loop llm call @question.md --role review --escalated --usd 0.05
    """
    settings = _settings(path, mode)
    ladder = settings.ladder(asked["role"])[1 if asked["escalated"] else 0 :]
    if not ladder:
        _say_missing(settings)
        raise UsageError(f"no model answers {asked['role']} in mode {settings.mode}; see docs/models.md")
    door = _door(settings, usd)
    try:
        _ask(door, ladder[0], _text(prompt), asked)
    finally:
        _book(door, ledger)


def _ask(door: Door, choice: ModelChoice, prompt: str, asked: Mapping[str, Any]) -> None:
    system = [{"role": "system", "content": asked["system"]}] if asked["system"] else []
    schema = json.loads(asked["schema"].read_text()) if asked["schema"] else None
    answer = door.ask(
        asked["role"],
        [*system, {"role": "user", "content": prompt}],
        choice=choice,
        max_tokens=asked["max_tokens"],
        schema=schema,
    )
    click.echo(answer.text)
    used = f"{answer.usage.input_tokens} + {answer.usage.output_tokens} tokens" if answer.usage else "unknown usage"
    click.echo(f"{answer.choice.name}: {used}, ${answer.cost:.5f}, {answer.seconds:.1f} s", err=True)


def _book(door: Door, ledger: Path | None) -> None:
    if ledger and door.entries:
        with ledger.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(to_plain(entry), sort_keys=True) + "\n" for entry in door.entries)


def _settings(path: Path | None, mode: Mode | None) -> ModelSettings:
    here = Path(NAME)
    config = configuration.from_file(path or here) if path or here.exists() else Config()
    return model_settings(config.models, mode or config.mode, variables())


def _door(settings: ModelSettings, usd: float) -> Door:
    from improve_loop.edges.llm import Door

    return Door(settings, Allowance(usd=usd), say=lambda line: click.echo(line, err=True))


def _say_missing(settings: ModelSettings) -> None:
    for missing in settings.missing:
        click.echo(f"warning: {missing}", err=True)


def _text(prompt: str) -> str:
    if prompt == "-":
        return sys.stdin.read()
    if not prompt.startswith("@"):
        return prompt
    try:
        return Path(prompt[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{prompt}: cannot be read as text: {error}") from None


def _tell(found: Probed) -> None:
    context = f"{found.context} tokens of context" if found.context else "says nothing of its context"
    click.echo(f"\n{found.choice.name} at {found.choice.endpoint.url}")
    click.echo(f"  {found.answers}: {found.detail}")
    if found.answers == "ok":
        click.echo(f"  {context}; long prompts {found.long_prompts}: {found.long_detail}")


def _judge(seen: list[Probed]) -> None:
    """Raises the error that the exit code stands for."""
    if not seen:
        raise ConfigError("no model is configured; set IL_MODEL_URL and IL_MODEL, or see docs/models.md")
    wrong = [found.choice.name for found in seen if found.long_prompts == "wrong"]
    if wrong:
        raise ConfigError(f"{', '.join(wrong)}: cuts long prompts silently; start the server with a larger context")
    down = [found.choice.name for found in seen if found.answers != "ok"]
    if down:
        raise TryLater(f"{', '.join(down)} did not answer; see above")
