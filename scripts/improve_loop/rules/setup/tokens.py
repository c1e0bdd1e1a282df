"""The loop's own two users: what their tokens may do, and whether the target knows the one that writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from improve_loop.model.setup import Check, Row, Setup
from improve_loop.rules.config import NAME
from improve_loop.rules.setup.places import DEVELOPER, REPORTER, api, unknown, url

READS = {"read_api", "read_repository"}
SOON = timedelta(days=14)


def of_writer(setup: Setup, today: str) -> Iterator[Check]:
    """Enough to open merge requests, too little to merge them."""
    writer, token = setup.writer, setup.writer_token
    if writer is None:
        yield unknown("writer", "whose IL_WRITE_TOKEN is (a hidden variable cannot be read: give it to doctor, too)")
        return
    members = f"{setup.target['web_url']}/-/project_members"
    level = int(writer.get("access_level") or 0)
    name = writer["username"]
    if level != DEVELOPER:
        call = api(setup.target, "PUT", f"/members/{writer['id']}", f"access_level={DEVELOPER}")
        detail = f"{name} has the access level {level} in the target; it needs Developer (30), no less and no more"
        yield Check(id="writer-role", status="problem", detail=detail, click=members, call=call)
    if token is not None and "api" not in token.get("scopes", ()):
        told = ", ".join(token.get("scopes", ()))
        detail = f"IL_WRITE_TOKEN has the scopes {told}; it needs api and write_repository"
        yield _anew(setup, "writer-scope", detail, "access_level=30 scopes[]=api scopes[]=write_repository")
    yield from _ends_soon(setup, "writer", "IL_WRITE_TOKEN", token, today)


def of_reader(setup: Setup, today: str) -> Iterator[Check]:
    """Enough to look, and no way to write: the jobs that hold it read what strangers wrote."""
    reader, token = setup.reader, setup.reader_token
    if reader is None:
        yield unknown("reader", "whose IL_READ_TOKEN is (a hidden variable cannot be read: give it to doctor, too)")
        return
    scopes = {*(token or {}).get("scopes", ())}
    if token is not None and scopes != READS:
        detail = f"IL_READ_TOKEN has the scopes {', '.join(sorted(scopes))}; it needs {' and '.join(sorted(READS))}"
        detail += ", and no other" if scopes > READS else ""
        fields = "access_level=20 scopes[]=read_api scopes[]=read_repository"
        yield _anew(setup, "reader-scope", detail, fields)
    if int(reader.get("access_level") or 0) < REPORTER:
        call = api(setup.target, "PUT", f"/members/{reader['id']}", f"access_level={REPORTER}")
        detail = f"{reader['username']} is less than a Reporter (20) in the target, so it does not see everything"
        click = f"{setup.target['web_url']}/-/project_members"
        yield Check(id="reader-role", status="problem", detail=detail, click=click, call=call)
    yield from _ends_soon(setup, "reader", "IL_READ_TOKEN", token, today)


def _anew(setup: Setup, id: str, detail: str, fields: str) -> Check:
    call = api(setup.target, "POST", "/access_tokens", f"name=improve-loop {fields} expires_at=…")
    return Check(id=id, status="problem", detail=detail, click=url(setup.target, "access_tokens"), call=call)


def _ends_soon(setup: Setup, whose: str, variable: str, token: Row | None, today: str) -> Iterator[Check]:
    expires = (token or {}).get("expires_at")
    if token is None or not expires or str(expires) > (date.fromisoformat(today) + SOON).isoformat():
        return
    call = api(setup.target, "POST", f"/access_tokens/{token['id']}/rotate", "expires_at=…")
    detail = f"{variable} expires on {expires}; make a new one of the same user (rotate it)"
    click = url(setup.target, "access_tokens")
    yield Check(id=f"{whose}-expires", status="warning", detail=detail, click=click, call=call)


def of_bot(setup: Setup) -> Iterator[Check]:
    """Whose merge requests and control issue count, by the target's own configuration."""
    if setup.policy is None:
        yield unknown("forge-bot", f"{NAME} of the target, which names the loop's user")
    if setup.policy is None or setup.writer is None:
        return
    named, user = setup.policy.forge.bot, setup.writer["username"]
    branch = setup.target.get("default_branch") or "main"
    click = f"{setup.target['web_url']}/-/edit/{branch}/{NAME}"
    call = api(setup.target, "PUT", f"/repository/files/{NAME}", f"branch={branch} content='… forge: {{bot: {user}}}'")
    if named is None:
        detail = (
            f"{NAME} of the target does not say forge: {{bot: {user}}}, so jobs without IL_WRITE_TOKEN take anyone's "
            "merge request for the loop's where it copies a marker"
        )
        yield Check(id="forge-bot", status="warning", detail=detail, click=click, call=call)
    elif named != user:
        detail = f"{NAME} of the target names {named} as the loop's user, IL_WRITE_TOKEN is {user}'s: nothing counts"
        yield Check(id="forge-bot", status="problem", detail=detail, click=click, call=call)
    else:
        yield Check(id="forge-bot", status="ok", detail=f"only what {user} writes counts as the loop's")
