"""What a checked command may see: the system's programs and libraries, its checkout, and nothing of anybody's.

An allow-list: a new root with the folders of `SYSTEM` and, from elsewhere (a home, `/data/tools`), only the program and
library folders of what is on PATH. Everything else, homes, `/run` with its sockets, `/var`, other checkouts, is absent.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store", "/gnu/store")
HOME = "/home/check"
INSTALLED = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "pyvenv.cfg")
HOPS = 20  # symlinks and interpreters that one program may lead through

Kind = Literal["ro", "rw", "empty", "folder", "link", "mask", "dev", "proc"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step in building the view, in order; `path` is the same inside and outside."""

    kind: Kind
    path: str
    target: str = ""  # of a link


@dataclass(frozen=True, kw_only=True)
class View:
    """The steps, and the PATH that is right inside. `missing` says why the program cannot start there."""

    steps: tuple[Step, ...]
    path: str
    missing: str | None


def view_of(argv: Sequence[str], folder: Path, path: Sequence[str], readable: Sequence[Path] = ()) -> View:
    """What `argv` needs to run in `folder` (absolute, no symlinks), with the entries of PATH outside."""
    entries = _entries(path, folder)
    inside = os.pathsep.join(map(str, entries))
    chain, missing = chain_of(argv[0], folder, inside)
    programs = [*chain, *(hop for entry in entries for hop in _led_to(entry))]
    places = {*readable, *(place for entry in entries for place in _installation(entry))}
    places.update(place for program in programs for place in _around(program))
    extra = sorted(place for place in places if not _visible(place, folder))
    steps = (*_system(), *_empty(), *(Step(kind="ro", path=str(place)) for place in extra), *_checkout(folder))
    return View(steps=steps, path=inside, missing=missing)


def chain_of(program: str, folder: Path, path: str) -> tuple[tuple[Path, ...], str | None]:
    """The files that starting `program` leads through (symlinks, interpreters), and what is wrong with it."""
    found = _find(program, folder, path)
    chain: list[Path] = []
    while found is not None and len(chain) < HOPS:
        chain.append(found)
        if found.parent.name == "shims" or found.name in ("rustup", "mise", "asdf"):
            return tuple(chain), (
                f"{program}: {found} only looks up the real program in your home, which is hidden from a check; "
                "give the real program's path"
            )
        if os.path.islink(found):
            found = Path(os.path.normpath(found.parent / found.readlink()))
            continue
        interpreter = _interpreter(found, folder, path)
        if interpreter is None:
            return tuple(chain), None if os.access(found, os.X_OK) else f"{program}: {found} is not a program"
        program, found = interpreter, _find(interpreter, folder, path)
    where = folder if "/" in program else path
    return tuple(chain), f"{program}: no such program in {where}"


def _find(program: str, folder: Path, path: str) -> Path | None:
    if "/" in program:
        at = folder / program
        return at if os.path.lexists(at) else None
    found = shutil.which(program, path=path)
    return None if found is None else Path(found)


def _interpreter(script: Path, folder: Path, path: str) -> str | None:
    """The program that a script's first line names, looking through `env`; None when it is no script."""
    try:
        with script.open("rb") as file:
            first = file.readline(512)
    except OSError:
        return None
    words = os.fsdecode(first[2:]).split() if first.startswith(b"#!") else []
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return words[0] if words else None


def _entries(path: Sequence[str], folder: Path) -> list[Path]:
    """Absolute folders that exist, once each; shims replaced by what they stand for."""
    folders = [place for entry in path if os.path.isabs(entry) for place in _without_shims(Path(entry), folder)]
    return [entry for entry in dict.fromkeys(folders) if os.path.isdir(entry)]


def _without_shims(entry: Path, folder: Path) -> list[Path]:
    """For `<root>/shims` of pyenv and its kin, the programs of the versions chosen: a shim cannot choose in here."""
    if os.path.lexists(entry / "rustup"):
        return [*_toolchains(entry), entry]
    root = entry.parent
    if entry.name != "shims" or not os.path.isdir(root / "versions"):
        return [entry]
    chosen = next(
        (name for name in map(_words, (folder / f".{_language(root)}-version", root / "version")) if name), []
    )
    versions = [root / "versions" / name for name in chosen if "/" not in name and name not in (".", "..")]
    return [version / "bin" for version in versions]


def _toolchains(entry: Path) -> list[Path]:
    """The programs of rustup's default toolchain, beside `.cargo` or `cargo`; its stand-ins in `bin` need a home."""
    root = entry.parents[1] / ("." * entry.parent.name.startswith(".") + "rustup")
    try:
        settings = tomllib.loads((root / "settings.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [root / "toolchains" / str(settings.get("default_toolchain")) / "bin"]


def _language(root: Path) -> str:
    return {"pyenv": "python", "rbenv": "ruby", "nodenv": "node", "goenv": "go"}.get(root.name.lstrip("."), "none")


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return []


@cache
def _led_to(entry: Path) -> tuple[Path, ...]:
    """Where the symlinks among the programs of a folder lead outside the system, hop by hop."""
    try:
        with os.scandir(entry) as programs:
            links = [Path(program.path) for program in programs if program.is_symlink()]
    except OSError:
        return ()
    return tuple(hop for link in links for hop in _hops(link) if not _visible(hop))


def _hops(link: Path) -> Iterator[Path]:
    for _ in range(HOPS):
        if not os.path.islink(link):
            return
        link = Path(os.path.normpath(link.parent / link.readlink()))
        yield link


def _around(program: Path) -> list[Path]:
    """What a program needs beside itself: the rest of its installation, or only its own file."""
    if program.parent.name in ("bin", "sbin"):
        return _installation(program.parent)
    return [program] if os.path.isfile(program) else []


def _installation(programs: Path) -> list[Path]:
    """The folders of an installation, given where its programs are. Never a whole home: it holds more than programs."""
    prefix = programs.parent
    names = INSTALLED if prefix.name == ".local" else (*INSTALLED, "share")
    whole = programs.name in ("bin", "sbin") and not _is_home(prefix)
    return [programs, *(prefix / name for name in names if whole and os.path.exists(prefix / name))]


def _is_home(place: Path) -> bool:
    return place in (Path("/"), Path("/root"), Path.home()) or place.parent in (Path("/home"), Path("/Users"))


def _visible(place: Path, *also: Path) -> bool:
    return any(f"{place}/".startswith(f"{shown}/") for shown in (*SYSTEM, *also, "/dev", "/proc"))


def _system() -> Iterator[Step]:
    for place in map(Path, SYSTEM):
        if place.is_symlink():
            yield Step(kind="link", path=str(place), target=str(place.readlink()))
        elif place.is_dir():
            yield Step(kind="ro", path=str(place))
    yield from _private(Path("/etc"))


@cache
def _private(folder: Path) -> tuple[Step, ...]:
    """Files that only some users may read (and this one may): a check sees them empty."""
    steps: list[Step] = []
    for at, folders, files in os.walk(folder):
        closed = [name for name in folders if not _public(Path(at, name), 0o005)]
        folders[:] = [name for name in folders if name not in closed]
        steps.extend(Step(kind="empty", path=f"{at}/{name}") for name in closed)
        steps.extend(Step(kind="mask", path=f"{at}/{name}") for name in files if not _public(Path(at, name), 0o004))
    return tuple(steps)


def _public(place: Path, others: int) -> bool:
    """Open to others, or closed to this user anyway."""
    try:
        return place.lstat().st_mode & others == others or not os.access(place, os.R_OK)
    except OSError:
        return True


def _empty() -> tuple[Step, ...]:
    fresh = [Step(kind="empty", path=path) for path in ("/tmp", "/var/tmp", "/home")]
    return (Step(kind="proc", path="/proc"), Step(kind="dev", path="/dev"), *fresh, Step(kind="folder", path=HOME))


def _checkout(folder: Path) -> Iterator[Step]:
    """The checkout can be written; its `.git` cannot, for git would run later what is configured there."""
    yield Step(kind="rw", path=str(folder))
    if os.path.lexists(folder / ".git"):
        yield Step(kind="ro", path=str(folder / ".git"))
