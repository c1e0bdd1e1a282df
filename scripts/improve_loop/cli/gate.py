"""`improve-loop gate`: may exactly these bytes be published? Judges a patch, a range, what is staged, or a run."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

CLASSES = ("ci", "dependency", "image", "code", "docs", "config", "task", "repair")
FORMATS = ("human", "json", "codequality", "sarif", "junit")
CONFIG_NAME = ".improve-loop.yml"
MAX_CANDIDATE_BYTES = 4 * 1024 * 1024

_PATH = click.Path(path_type=Path)


@click.group(invoke_without_command=True)
@click.option(
    "--patch", type=click.Path(path_type=Path, allow_dash=True), help="The patch to judge; - for standard input."
)
@click.option("--range", "span", help="Judge what a range of commits changes: A..B, or A...B.")
@click.option("--staged", is_flag=True, help="Judge what a commit would now contain (the pre-commit hook).")
@click.option(
    "--repo",
    type=_PATH,
    show_default="the repository around this folder, else this folder",
    help="The tree it applies to: a repository or a plain folder.",
)
@click.option("--base", default="HEAD", show_default=True, help="The commit of --repo that the patch applies to.")
@click.option(
    "--candidate", type=_PATH, help="The candidate (JSON) that the change is made for: its paths and class limit it."
)
@click.option(
    "--target-path",
    "target_paths",
    multiple=True,
    help="A path that the change may touch; without any there is no limit.",
)
@click.option("--class", "class_", type=click.Choice(CLASSES), help="The class of the candidate.")
@click.option("--safety-story", help="Why a change within the blast radius is safe.")
@click.option("--config", "config_path", type=_PATH, help=f"The policy; else {CONFIG_NAME} at the base.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="human", show_default=True, help="How to tell the findings."
)
@click.option(
    "--out", type=_PATH, help="Judge the changes of a run, from its artifacts in this folder (the pipeline's phase)."
)
@click.option("--quiet", "-q", is_flag=True, help="Only warnings, errors and the result (of the pipeline's phase).")
@click.pass_context
def gate(ctx: click.Context, /, **given: Any) -> None:
    """Hold a change against the gates; exit 0 when it passes, 4 when it is refused.

    The change is applied to its base with git and the two trees are compared; no model and no network take part.
    What cannot be parsed or applied is refused.
    """
    if ctx.invoked_subcommand is not None:
        return
    chosen = [name for name in ("patch", "span", "staged") if given[name] not in (None, False)]
    if len(chosen) > 1:
        raise click.UsageError("give one of --patch, --range and --staged")
    if not chosen:
        _phase(given["out"], given["quiet"])
        return
    ctx.exit(_judge(given))


@gate.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """What RULE refuses and why, what to do instead, and whether policy can lower it. `all` lists every rule."""
    from improve_loop.errors import UsageError
    from improve_loop.gates import rules
    from improve_loop.rules.gating.formats import explained
    from improve_loop.rules.gating.policy import NEVER_LOWERED

    known = rules()
    if rule == "all":
        for each in known.values():
            click.echo(f"{each.id:28} {each.reason}")
        return
    if rule not in known:
        near = ", ".join(name for name in known if rule.rpartition("/")[2] in name) or "see `gate explain all`"
        raise UsageError(f"{rule}: no such rule; known: {near}")
    found = known[rule]
    click.echo(explained(found, not NEVER_LOWERED.isdisjoint((found.family, found.id))), nl=False)


def _judge(given: dict[str, Any]) -> int:
    """Judge what the options name, tell it, and give the exit code."""
    from improve_loop.edges.judging import around, of_a_hook, repository_at
    from improve_loop.errors import Refused, UsageError

    folder = given["repo"] or (of_a_hook() if given["staged"] else None) or around(Path())
    with repository_at(folder) as repo:
        if repo != folder and not given["patch"]:
            raise UsageError(
                f"{folder}: no git repository; --range and --staged need one, --patch takes a plain folder"
            )
        asked = _begun(lambda: _asked(given, repo))  # git works while the rules are loaded and try their canaries
        from improve_loop.gates import judge, rules
        from improve_loop.gates.canaries import canaries_that_passed
        from improve_loop.rules.gating.formats import passes, rendered

        if passed := canaries_that_passed():
            raise Refused(f"canaries of {', '.join(passed)} were not caught; this gate judges nothing; install it anew")
        delta, policy, findings = asked()
        if delta is not None:
            findings = judge(delta, _scope(given), policy)
    click.echo(rendered(findings, given["form"], rules()), nl=False)
    return 0 if passes(findings) else 4


def _begun(work: Callable[[], Any]) -> Callable[[], Any]:
    """Begins work in a thread; what is returned waits for it, and gives its result or raises its error."""
    outcome: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((work(), None))
        except BaseException as error:  # raised again where the result is asked for
            outcome.append((None, error))

    def result() -> Any:
        thread.join()
        value, error = outcome[0]
        if error is not None:
            raise error
        return value

    sys.setswitchinterval(0.0001)  # seconds: the thread mostly waits for git, and must not wait for this one too
    thread = threading.Thread(target=run)
    thread.start()
    return result


def _asked(given: dict[str, Any], repo: Path) -> tuple[Any, Any, tuple[Any, ...]]:
    """The change and the policy that it is judged under, or the findings that say why it cannot be judged."""
    from improve_loop.edges.delta import PatchRefused

    try:
        delta = _change(given, repo)
    except PatchRefused as refused:
        return None, None, refused.findings
    if delta is None:
        return None, None, ()
    delta.base.paths()  # asked now, kept for the gates
    return delta, _policy(given["config_path"], delta.base.read), ()


def _change(given: dict[str, Any], repo: Path) -> Any:
    from improve_loop.edges.delta import delta_of
    from improve_loop.edges.judging import delta_of_range, delta_of_staged

    if given["span"] is not None:
        return delta_of_range(repo, given["span"])
    if given["staged"]:
        return delta_of_staged(repo)
    return delta_of(repo, given["base"], _bytes(given["patch"]))


def _bytes(patch: Path) -> bytes:
    from improve_loop.edges.delta import MAX_PATCH_BYTES
    from improve_loop.errors import UsageError

    if str(patch) == "-":
        return sys.stdin.buffer.read(MAX_PATCH_BYTES + 1)
    try:
        with patch.open("rb") as file:
            return file.read(MAX_PATCH_BYTES + 1)  # more is refused unread
    except OSError as error:
        raise UsageError(f"{patch}: {error.strerror}; give --patch a file, or - for standard input") from None


def _scope(given: dict[str, Any]) -> Any:
    """The scope that the options state; None where they state none."""
    from improve_loop.rules.gating.policy import Scope

    if given["candidate"] is not None:
        return _scope_of(given["candidate"])
    if not given["target_paths"] and given["class_"] is None:
        return None
    paths = given["target_paths"] or ("**",)
    return Scope(target_paths=paths, class_=given["class_"], safety_story=given["safety_story"])


def _scope_of(path: Path) -> Any:
    import json

    from improve_loop.errors import ArtifactError
    from improve_loop.rules.gating.policy import Scope

    try:
        with path.open("rb") as file:
            plain = json.loads(file.read(MAX_CANDIDATE_BYTES + 1).decode("utf-8"))
        paths = plain.get("target_paths") if isinstance(plain, dict) else None
        if not isinstance(paths, list) or not all(isinstance(item, str) for item in paths):
            raise TypeError("target_paths is no list of paths")
        class_, story = plain.get("class"), plain.get("safety_story")
        if class_ not in (None, *CLASSES):
            raise ValueError(f"class is none of {', '.join(CLASSES)}")
        if not isinstance(story, str | None):
            raise TypeError("safety_story is no text")
        return Scope(target_paths=tuple(paths), class_=class_, safety_story=story)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        says = getattr(error, "strerror", None) or error
        raise ArtifactError(
            f"{path}: not a candidate ({says}); give the JSON of one candidate with target_paths"
        ) from None


def _policy(config_path: Path | None, read: Callable[[str], bytes | None]) -> Any:
    """The policy of --config, else of the configuration at the base; a job knows where its project's pipeline is."""
    from improve_loop.edges.environment import variables
    from improve_loop.rules.gating.ci.elsewhere import pipeline_files
    from improve_loop.rules.gating.policy import Policy, policy_of

    ci_file = variables().get("CI_CONFIG_PATH")
    if config_path is None and (content := read(CONFIG_NAME)) is None:
        return Policy(pipeline_files=pipeline_files([ci_file]))
    from improve_loop.edges.configuration import from_bytes, from_file

    return policy_of(from_file(config_path) if config_path else from_bytes(content, CONFIG_NAME), ci_file)


def _phase(out: Path | None, quiet: bool) -> None:
    """The pipeline's phase, on the artifacts of a run."""
    from improve_loop.cli.phase import command as phase

    arguments = [*(["--out", str(out)] if out else []), *(["--quiet"] if quiet else [])]
    phase("gate", "Make: may these exact bytes be published?").main(arguments, standalone_mode=False)


def command(name: str, title: str) -> click.Command:
    """The verb, as `improve_loop.cli` asks for it."""
    gate.short_help = title
    return gate
