"""Reading `.improve-loop.yml`: at a commit for a run, from a file for `config check`."""

from __future__ import annotations

from pathlib import Path

from improve_loop.edges import schemas
from improve_loop.errors import ConfigError
from improve_loop.model.config import Config
from improve_loop.rules.config import MAX_CHARS, NAME, parse

MAX_BYTES = 4 * MAX_CHARS  # of which `parse` says that it is too large


def from_bytes(content: bytes | None, origin: str) -> Config:
    """The configuration in a file's bytes; None (no file) is all defaults. Raises ConfigError."""
    if content is None:
        return Config()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{origin}:{line}: not UTF-8; save the file as UTF-8") from None
    return parse(text, origin, schemas.schema("config"))


def from_file(path: Path) -> Config:
    """The configuration in a file. Raises ConfigError when there is none or it cannot be used."""
    where = path / NAME if path.is_dir() else path
    try:
        with where.open("rb") as file:
            return from_bytes(file.read(MAX_BYTES + 1), str(where))
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}; name the file, or write one: every key is optional") from None
