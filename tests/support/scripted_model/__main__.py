"""The scripted model server as a command, to drive the loop by hand or from another program.

    python -m tests.support.scripted_model --text "NOCHANGE: nothing to do"
    python -m tests.support.scripted_model --replies replies.json
    python -m tests.support.scripted_model --folder talk/

With `--folder` each request appears as `request-N.json`, and the server waits for `reply-N.txt` (the answer's text)
or `reply-N.json` (the fields of `Reply`, faults and all). It prints its base URL and stays until interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import click

from tests.support.scripted_model.replies import Reply, failing, reply_of
from tests.support.scripted_model.server import Received, Script, in_order, serving


def from_folder(folder: Path, *, poll_seconds: float = 0.1, wait_seconds: float = 3600.0) -> Script:
    """Each request is written to the folder, and answered when someone writes the reply beside it."""

    def script(received: Received) -> Reply:
        _write(folder / f"request-{received.number}.json", {"path": received.path, "body": received.body})
        text, fields = folder / f"reply-{received.number}.txt", folder / f"reply-{received.number}.json"
        end = time.monotonic() + wait_seconds
        before = ("", "")
        while time.monotonic() < end:
            now = (_read(text), _read(fields))
            if any(now) and now == before:  # whoever writes it has ended
                return Reply(text=now[0]) if now[0] else reply_of(json.loads(now[1]))
            before = now
            time.sleep(poll_seconds)
        return failing(500, f"nobody wrote {text.name} within {wait_seconds:.0f} s")

    return script


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _write(path: Path, plain: object) -> None:
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n")
    os.replace(draft, path)


@click.command(help=__doc__)
@click.option("--port", default=0, show_default=True, help="0: any free port.")
@click.option("--text", help="Answer every request with this text.")
@click.option("--replies", type=click.Path(exists=True, path_type=Path), help="A JSON list of replies, in order.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Answer from this folder.")
@click.option("--context-tokens", type=int, help="Refuse, or with --truncates cut, a longer prompt.")
@click.option("--truncates", is_flag=True, help="Cut a long prompt silently, as some servers do.")
def main(
    port: int, text: str | None, replies: Path | None, folder: Path | None, context_tokens: int | None, truncates: bool
) -> None:
    script = _script(text, replies, folder)
    with serving(script, port=port, context_tokens=context_tokens, truncates=truncates) as server:
        click.echo(f"OpenAI protocol: {server.root}/v1\nAnthropic protocol: {server.root}")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo(f"{len(server.requests)} requests answered")


def _script(text: str | None, replies: Path | None, folder: Path | None) -> Script:
    chosen: Sequence[object] = [option for option in (text, replies, folder) if option is not None]
    if len(chosen) != 1:
        raise click.UsageError("give one of --text, --replies and --folder")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        return from_folder(folder)
    if replies is not None:
        return in_order([reply_of(plain) for plain in json.loads(replies.read_text())])
    return lambda received: Reply(text=text or "")


if __name__ == "__main__":
    main()
