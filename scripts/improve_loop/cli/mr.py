"""`improve-loop mr`: the local forge's merge requests, and a human's yes and no to them."""

from __future__ import annotations

from pathlib import Path

import click

from improve_loop.edges.forge.local import HUMAN, LocalForge
from improve_loop.edges.git import open_repository
from improve_loop.edges.lock import user_name
from improve_loop.model.forge import MergeRequest

TARGET = click.option(
    "--target",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="this folder",
    help="The repository whose merge requests these are.",
)
ID = click.argument("id")


@click.group()
def mr() -> None:
    """Merge requests of the local forge: what the loop proposed in a repository of this machine.

    Each is a branch improve-loop/ID. To accept one, merge its branch; the loop sees that. To say no, close it or
    delete its branch; the loop remembers and does not ask again.
    """


@mr.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed and merged ones too.")
@TARGET
def list_(everything: bool, target: Path) -> None:
    """The open merge requests, oldest first."""
    forge = _forge(target)
    shown = forge.merge_requests() if everything else forge.open_merge_requests()
    for each in shown:
        click.echo(f"{each.id}  {_standing(forge, each)}  {each.title}")
    if not shown:
        click.echo("No merge request here." if everything else "No open merge request here; --all shows the others.")


@mr.command()
@ID
@TARGET
def show(id: str, target: Path) -> None:
    """One merge request: what it says, what its checks say, and how to look at it, accept it or decline it."""
    forge = _forge(target)
    one = forge.merge_request(id)
    click.echo(f"{one.title}\n\n{one.branch} → {one.target_branch}  {_standing(forge, one)}  {' '.join(one.labels)}\n")
    click.echo(f"{one.description.rstrip()}\n")
    for pipeline in forge.pipelines_of(one):
        for job in pipeline.jobs:
            click.echo(f"check {job.name}: {job.status}")
    for comment in forge.record(id).comments:
        click.echo(f"{comment.at} {comment.key}: {comment.text}")
    if one.state == "opened":
        click.echo(_next_steps(one))


@mr.command()
@ID
@click.option("--reason", required=True, help="Why not; the loop remembers it.")
@TARGET
def close(id: str, reason: str, target: Path) -> None:
    """Say no to a merge request. Its branch stays until you delete it; the loop does not touch it again."""
    forge = _forge(target)
    closed = forge.human_closes(id, reason, user_name())
    click.echo(f"{id}: closed. Its branch stays; `git branch -D {closed.branch}` removes it.")


@mr.command()
@ID
@TARGET
def reopen(id: str, target: Path) -> None:
    """Take a no back."""
    opened = _forge(target).human_reopens(id)
    if opened.state == "opened":
        click.echo(f"{id}: open again, at {(opened.head_sha or '')[:12]}.")
    else:
        click.echo(f"{id}: git no longer has its commit; the loop may propose it anew.")


def _forge(target: Path) -> LocalForge:
    return LocalForge(repository=open_repository(target))


def _standing(forge: LocalForge, one: MergeRequest) -> str:
    """One word on where it stands, and for an open one what its checks say."""
    if one.state != "opened":
        return f"{one.state} by {HUMAN}" if one.closed_by_human else one.state
    if one.human_commits is not False:
        return "yours"
    pipelines = forge.pipelines_of(one)
    return f"open, checks: {pipelines[0].status}" if pipelines else "open, no checks"


def _next_steps(one: MergeRequest) -> str:
    return (
        f"\nlook:    git diff {one.target_branch}...{one.branch}"
        f"\naccept:  git merge {one.branch}"
        f"\ndecline: improve-loop mr close {one.id} --reason TEXT"
    )
