"""`improve-loop init`: the first files, in this folder or as a merge request."""

from __future__ import annotations

import re
from pathlib import Path

import click

from improve_loop.edges.environment import variables
from improve_loop.errors import UsageError
from improve_loop.rules.onboarding import files, with_include

BRANCH = "improve-loop-setup"
TITLE = "Set up improve-loop"
DESCRIPTION = "Written by `improve-loop init`. What to set up besides: docs/gitlab-setup.md of improve-loop.\n"


@click.command(short_help="Write the include and a first configuration")
@click.option("--target", default="$CI_PROJECT_URL", show_default=True, help="URL of the project to improve.")
@click.option("--project", default="improve-loop/improve-loop", show_default=True, help="Where the templates live.")
@click.option("--ref", default="main", show_default=True, help="Tag or commit sha of the templates; pin it.")
@click.option("--embedded", is_flag=True, help="For the target's own pipeline: one launcher job, no hub.")
@click.option("--merge-request", "url", metavar="URL", help="Open it as a merge request there, with IL_WRITE_TOKEN.")
def init(target: str, project: str, ref: str, embedded: bool, url: str | None) -> None:
    """Writes the .gitlab-ci.yml of a hub, or with --embedded that and the .improve-loop.yml of the target.

    What is there already is never overwritten. A hub's target may have an .improve-loop.yml of its own; it need not.
    """
    for name, value in (("--project", project), ("--ref", ref)):
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", value):
            raise UsageError(f"{name} {value!r}: expected a path or a ref; letters, digits, and . _ / -")
    wanted = files(embedded=embedded, project=project, ref=ref, target=target)
    if url:
        from improve_loop.edges.forge.gitlab_onboarding import propose

        click.echo(propose(url, variables(), wanted, branch=BRANCH, title=TITLE, description=DESCRIPTION))
        return
    for name, content in wanted.items():
        click.echo(f"{name}: {_written(Path(name), content)}")


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
        return f"is there already and was left as it is; this is what belongs into it:\n\n{content}"
    path.write_text(added, encoding="utf-8")
    return "the include was added at its end"
