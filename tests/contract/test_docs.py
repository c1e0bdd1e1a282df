"""What README and docs say is so: commands and options exist, examples are accepted, tables name what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from improve_loop import errors
from improve_loop.cli.verbs import PHASE_VERBS, VERBS, improve_loop
from improve_loop.edges.configuration import from_bytes
from improve_loop.sources import SOURCES
from tests.support.imports import ROOT

README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}


def code(text: str) -> list[str]:
    """Lines of fenced code and pieces of inline code, each on one line."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    inline = [" ".join(piece.split()) for piece in re.findall(r"`([^`]+)`", rest)]
    return [line.strip() for block in fenced for line in block.replace("\\\n", " ").splitlines()] + inline


COMMANDS = sorted(
    {
        (page, piece)
        for page, text in TEXTS.items()
        for piece in code(text)
        if re.match(r"(\$ )?(git diff \| )?improve-loop( |$)", piece)
    }
)


def words(piece: str) -> list[str]:
    """The arguments of a command in a text: without its comment, its pipe, and brackets around what is optional."""
    plain = re.sub(r"^\$ |^git diff \| |\s\s+#.*$|[|>].*$", "", piece).replace("[", " ").replace("]", " ")
    return shlex.split(plain.replace("…", ""))[1:]


@pytest.mark.parametrize(("page", "piece"), COMMANDS)
def test_a_command_in_the_docs_exists_with_these_options(page: Path, piece: str) -> None:
    command: click.Command = improve_loop
    context = click.Context(improve_loop)
    for word in words(piece):
        if word.startswith("-"):
            known = {option for each in command.get_params(context) for option in (*each.opts, *each.secondary_opts)}
            assert word.partition("=")[0] in {*known, "-h", "--help"}, f"{page.name}: {piece}"
        elif isinstance(command, click.Group) and not word.startswith("<"):
            found = command.get_command(context, word)
            assert found is not None, f"{page.name}: {piece}: no verb {word}"
            command = found


def test_the_docs_hold_commands_to_test() -> None:
    assert len(COMMANDS) > 5


def blocks() -> list[tuple[Path, str]]:
    """Every YAML block that is a configuration: a whole one, or the policy of the gates."""
    found = [
        (page, block) for page, text in TEXTS.items() for block in re.findall(r"^```yaml\n(.*?)^```", text, re.S | re.M)
    ]
    return [(page, block) for page, block in found if "config.schema.json" in block or block.startswith("gates:")]


@pytest.mark.parametrize(("page", "block"), blocks())
def test_a_configuration_in_the_docs_is_accepted(page: Path, block: str) -> None:
    from_bytes(block.encode(), page.name)


def test_the_readme_shows_a_configuration() -> None:
    assert README in dict(blocks())
    assert yaml.safe_load(dict(blocks())[README])


def test_the_readme_lists_every_exit_code_and_no_other() -> None:
    section = TEXTS[README].partition("## Exit codes")[2].partition("\n## ")[0]
    told = {int(code) for code in re.findall(r"(?:^|· |\n)(\d+) ", section)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LoopError)]
    assert told == {0, *(kind.exit_code for kind in kinds)}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_named_in_the_docs(verb: str) -> None:
    named = any(f"improve-loop {verb}" in text or f"`{verb}`" in text for text in TEXTS.values())
    assert named, f"no page says what `improve-loop {verb}` is for"


@pytest.mark.parametrize("phase", PHASE_VERBS)
def test_every_phase_has_its_row(phase: str) -> None:
    assert f"| `{phase}` |" in TEXTS[ROOT / "docs/architecture.md"]


@pytest.mark.parametrize("domain", SOURCES)
def test_every_domain_has_its_row_in_the_readme(domain: str) -> None:
    assert f"| `{domain}` |" in TEXTS[README]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", TEXTS[page])
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_make_targets_of_the_docs_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {match for text in TEXTS.values() for piece in code(text) for match in re.findall(r"^make ([a-z]+)", piece)}
    assert named
    assert named <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
