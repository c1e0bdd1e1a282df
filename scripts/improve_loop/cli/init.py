"""`improve-loop init`: the first files, in this folder or as a merge request."""

from __future__ import annotations

import re
from pathlib import Path

import click

from improve_loop.edges.environment import variables
from improve_loop.errors import UsageError
from improve_loop.rules.onboarding import INTO_THE_TARGET, embedded_files, hub_files, with_include

BRANCH = "improve-loop-setup"
TITLE = "Set up improve-loop"
DESCRIPTION = "Written by `improve-loop init`. What to set up besides: docs/gitlab-setup.md of improve-loop.\n"
LEFT = "is there already and was left as it is; this is what belongs into it"
PLACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
URL = re.compile(r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9_./-]+")  # as the input `target` of the template


@click.command(short_help="Write the include and a first configuration")
@click.option("--target", "targets", multiple=True, metavar="URL", help="A project that the hub improves; repeatable.")
@click.option("--project", default="improve-loop/improve-loop", show_default=True, help="Where the templates live.")
@click.option("--ref", default="main", show_default=True, help="Tag or commit sha of the templates; pin it.")
@click.option("--embedded", is_flag=True, help="For the target's own pipeline: one launcher job, no hub.")
@click.option("--merge-request", "url", metavar="URL", help="Open it as a merge request there, with IL_WRITE_TOKEN.")
def init(targets: tuple[str, ...], project: str, ref: str, embedded: bool, url: str | None) -> None:
    """Writes the .gitlab-ci.yml and the .improve-loop.yml of a hub, or with --embedded those of the target itself.

    What is there already is never overwritten.
    """
    wanted = _wanted(targets, project, ref, embedded=embedded)
    if url:
        from improve_loop.edges.forge.gitlab_onboarding import propose

        text = DESCRIPTION if embedded else f"{DESCRIPTION}\n{_quoted(INTO_THE_TARGET)}"
        opened = propose(url, variables(), wanted, branch=BRANCH, title=TITLE, description=text)
        click.echo(opened.url)
        for name in opened.left:
            click.echo(f"{name}: {LEFT}:\n\n{wanted[name]}")
    else:
        for name, content in wanted.items():
            click.echo(f"{name}: {_written(Path(name), content)}")
    if not embedded:
        click.echo(f"\n{INTO_THE_TARGET}", nl=False)


def _wanted(targets: tuple[str, ...], project: str, ref: str, *, embedded: bool) -> dict[str, str]:
    """The files. Raises UsageError for what would not be one of them."""
    for name, value in (("--project", project), ("--ref", ref)):
        if not PLACE.fullmatch(value):
            raise UsageError(f"{name} {value!r}: expected a path or a ref; letters, digits, and . _ / -")
    if embedded:
        return embedded_files(project, ref)
    if not targets:
        raise UsageError("--target URL is missing: which project shall the hub improve? (--embedded: this one itself)")
    for target in targets:
        if not URL.fullmatch(target):
            raise UsageError(f"--target {target!r}: expected the project's URL, as https://gitlab.example.com/acme/app")
    return hub_files(project, ref, [*dict.fromkeys(each.removesuffix("/").removesuffix(".git") for each in targets)])


def _quoted(text: str) -> str:
    """The same for a description: what is a file is shown as one."""
    words, _, content = text.partition("\n\n")
    return f"{words}\n\n```yaml\n{content}```\n"


def _written(path: Path, content: str) -> str:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return "not a regular file; left as it is"
    if not path.exists():
        path.write_text(content, encoding="utf-8")
        return "written"
    existing = path.read_text(encoding="utf-8")
    if content in existing:
        return "is as it should be"
    added = with_include(existing, content) if path.name == ".gitlab-ci.yml" and "launcher.yml" in content else None
    if added is None:
        return f"{LEFT}:\n\n{content}"
    path.write_text(added, encoding="utf-8")
    return "the include was added at its end"
