"""File kinds, modes and names that no small, reviewable change needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from improve_loop.model.delta import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, FileDelta, TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.globs import in_target
from improve_loop.rules.gating.ignored import ignored
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.names import name_problem
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.rule import Edit, Rule
from improve_loop.rules.gating.windows import is_generated_again

FAMILY = "kinds"
MAX_LINE = 10_000  # characters of one added line; a longer one is neither reviewed nor scanned
MAX_NAMES_OF_A_COLLISION = 20

SYMLINKED = Rule(
    id="kinds/symlink",
    reason="a symbolic link can point anywhere, also outside the repository",
    advice="commit the file itself",
    refuses=(Edit(after={"a": "/etc/passwd"}, modes={"a": SYMLINK}), Edit(after={"a": "b"}, modes={"a": SYMLINK})),
    allows=(Edit(before={"a": "x\n"}, after={"a": "y\n"}),),
)
SUBMODULED = Rule(
    id="kinds/submodule",
    reason="a submodule brings code that this change does not show",
    advice="a person changes submodules",
    refuses=(Edit(after={"vendor/x": ""}, modes={"vendor/x": SUBMODULE}), Edit(after={".gitmodules": "[submodule]\n"})),
)
MADE_EXECUTABLE = Rule(
    id="kinds/executable",
    reason="the change makes a file executable",
    advice="leave modes as they are; a person makes files executable",
    refuses=(Edit(after={"run.sh": "#!/bin/sh\n"}, modes={"run.sh": EXECUTABLE}),),
    allows=(Edit(after={"run.sh": "#!/bin/sh\n"}),),
)
MODE = Rule(
    id="kinds/mode",
    reason="the entry is no regular file, or becomes another type",
    advice="change the content of regular files only",
    refuses=(Edit(after={"a": "x"}, modes={"a": "100666"}),),
)
ATTRIBUTES = Rule(
    id="kinds/attributes",
    reason="attributes decide what git shows, filters and merges",
    advice="a person changes .gitattributes and .lfsconfig",
    refuses=(Edit(after={".gitattributes": "*.py -diff\n"}), Edit(after={"docs/.GITATTRIBUTES": "* binary\n"})),
)
BINARY = Rule(
    id="kinds/binary",
    reason="nobody can review a binary change",
    advice="leave binary files as they are; generate them in a job instead",
    refuses=(Edit(after={"tool": "\x7fELF\0\0"}), Edit(after={"logo.png": "PK\0\0"})),
)
PROGRAM = Rule(
    id="kinds/artifact",
    reason="an archive, program or compiled file does not belong in a small change",
    advice="leave it out; build it in a job",
    refuses=(Edit(after={"lib/x.jar": "x"}), Edit(after={"a.exe": "MZ"}), Edit(after={"pkg/wheel.whl": "PK"})),
    allows=(Edit(before={"old.zip": "PK"}),),
)
POINTER = Rule(
    id="kinds/lfs-pointer",
    reason="a pointer file hides what it points to",
    advice="a person changes what Git LFS stores",
    refuses=(Edit(after={"m.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"}),),
)
NAME = Rule(
    id="kinds/name",
    reason="the name of the file is not what it looks like, or not the same on every system",
    advice="use a plain name: letters, digits, dot, dash, underscore",
    refuses=(
        Edit(after={"a\u202egnp.py": "x\n"}),
        Edit(after={"a\nb.py": "x\n"}),
        Edit(after={".GIT/config": "x\n"}),
        Edit(after={"git~1/hooks": "x\n"}),
        Edit(after={"src/\u0430pp.py": "x\n"}),
        Edit(after={"con.txt": "x\n"}),
        Edit(after={"-rf": "x\n"}),
        Edit(after={"a\\b.py": "x\n"}),
        Edit(after={"src/-Host.kt": "x\n"}),
        Edit(before={"src/-Host.kt": "x\n"}, after={"src/-Host.kt": "x\n", "src/-rf.kt": "x\n"}),
        Edit(before={"src/-Host.kt": "x\n"}, after={"src/-Host.kt": "x\n", "src/-Port.sh": "x\n"}),
    ),
    allows=(
        Edit(before={"src/-Host.kt": "x\n"}, after={"src/-Host.kt": "x\n", "src/dns/-Name.kt": "x\n"}),
        Edit(after={"docs/h\u00e4ufige-fragen.md": "x\n"}),
        Edit(after={"src/_app-2.test.tsx": "x\n"}),
    ),
)
COLLISION = Rule(
    id="kinds/name-collision",
    reason="another file has the same name where case or accents do not count",
    advice="choose a name that no file of the tree has in another spelling",
    refuses=(Edit(before={"src/App.py": "x\n"}, after={"src/App.py": "x\n", "src/app.py": "y\n"}),),
)
LONG_LINE = Rule(
    id="kinds/long-line",
    reason=f"an added line is longer than {MAX_LINE} characters: nobody reviews it",
    advice="leave generated files out, or break the line",
    refuses=(Edit(after={"a.js": "x" * (MAX_LINE + 1)}),),
    allows=(Edit(after={"a.js": "x" * MAX_LINE}),),
)
IGNORED = Rule(
    id="kinds/ignored",
    reason="git is told to ignore files that the project keeps, so that later changes of them are not seen",
    advice="ignore only what is generated",
    refuses=(
        Edit(before={"tests/test_a.py": "x\n"}, after={"tests/test_a.py": "x\n", ".gitignore": "tests/\n"}),
        Edit(before={"src/a.py": "x\n"}, after={"src/a.py": "x\n", ".gitignore": "*.py\n"}),
        Edit(before={"src/b/a.py": "x\n"}, after={"src/b/a.py": "x\n", "src/.gitignore": "b\n"}),
    ),
    allows=(
        Edit(before={"src/a.py": "x\n"}, after={"src/a.py": "x\n", ".gitignore": "build/\n*.pyc\n"}),
        Edit(before={"src/a.py": "x\n"}, after={"src/a.py": "x\n", "out/.gitignore": "*\n!.gitignore\n"}),
    ),
)
ACTIVE = Rule(
    id="kinds/active-image",
    reason="an image holds a program that a browser runs",
    advice="leave scripts out of images",
    refuses=(Edit(after={"a.svg": "<svg><script>send()</script></svg>\n"}),),
    allows=(Edit(after={"a.svg": "<svg><circle r='3'/></svg>\n"}),),
)
CODING = Rule(
    id="kinds/coding",
    reason="the file says that it is written in an encoding in which its text is not what it looks like",
    advice="write it in UTF-8",
    refuses=(Edit(after={"a.py": "# -*- coding: utf-7 -*-\n"}),),
    allows=(Edit(after={"a.py": "# -*- coding: utf-8 -*-\n"}),),
)
RULES = (
    IGNORED, ACTIVE, CODING,
    SYMLINKED, SUBMODULED, MADE_EXECUTABLE, MODE, ATTRIBUTES, BINARY, PROGRAM, POINTER, NAME, COLLISION, LONG_LINE,
)  # fmt: skip

_ACTIVE = lazy(r"(?i)<script\b|\son\w{3,20}\s*=\s*[\"']|javascript:|<foreignObject\b[^>]*>\s*<(?:iframe|body|object)")
_HIDDEN_FROM_JAVA = lazy(r"-[A-Z][A-Za-z0-9]{2,80}\.kt$")
_CODING = lazy(
    r"^[ \t\f]*#.*?coding[:=][ \t]*(?:utf[-_]?7|utf[-_]?16|utf[-_]?32|rot[-_]?13|(?:raw_)?unicode[-_]escape|punycode|idna|cp037|hex|base64)",
    re.I,
)
_PROGRAMS = lazy(
    r"\.(?:exe|dll|so(?:\.\d+)*|dylib|o|a|lib|obj|class|jar|war|ear|pyc|pyo|pyd|wasm|whl|egg|gem|nupkg|deb|rpm|apk|msi"
    r"|dmg|pkg|zip|tar|t?gz|bz2|xz|zst|7z|rar|iso|img|bin|node|pth|p12|pfx|jks|keystore|kdbx|scr|lnk|vsix|crx)$"
)
_RUNS_IN_IMAGES = (b"<?php", b"<script", b"#!/bin/", b"#!/usr/bin/")
_IMAGES = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "gif": b"GIF8",
    "webp": b"RIFF",
    "ico": b"\0\0\1\0",
    "woff": b"wOFF",
    "woff2": b"wOF2",
}


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """What each file is after the change, by mode, content and name."""
    for file in delta.files:
        name = file.path.rpartition("/")[2].lower()
        yield from _mode(file)
        if name in (".gitattributes", ".lfsconfig"):
            yield ATTRIBUTES.at(file.path)
        if name == "head" and file.status != "deleted" and file.new_text.startswith("ref: refs/"):
            yield SUBMODULED.at(file.path, detail="a repository within the repository")
        if name == ".gitmodules":
            yield SUBMODULED.at(file.path)
        if name == ".gitignore" and (
            kept := ignored(file.added, file.path[: -len(name)], delta.result_paths - {file.path})
        ):
            yield IGNORED.at(file.path, kept[0], detail=kept[1])
        if file.new_mode in (REGULAR, EXECUTABLE):
            yield from _content(file, name, scope)
        if (
            file.status in ("added", "renamed")
            and (problem := name_problem(file.path))
            and not _is_of_the_style(file.path, delta)
        ):
            yield NAME.at(file.path, detail=problem)
    yield from _collisions(delta)


def _is_of_the_style(path: str, delta: TreeDelta) -> bool:
    """Whether files of Kotlin had names like `-Name.kt` before: so a project hides them from callers in Java."""
    folder, _, name = path.rpartition("/")
    if not _HIDDEN_FROM_JAVA.match(name) or name_problem(f"{folder}/{name[1:]}"):
        return False
    fresh = {file.path for file in delta.files if file.status in ("added", "renamed")}
    return any(_HIDDEN_FROM_JAVA.match(other.rpartition("/")[2]) for other in delta.result_paths - fresh)


def _mode(file: FileDelta) -> Iterator[GateFinding]:
    if SYMLINK in (file.new_mode, file.old_mode):
        yield SYMLINKED.at(file.path)
    elif SUBMODULE in (file.new_mode, file.old_mode):
        yield SUBMODULED.at(file.path)
    elif file.new_mode == EXECUTABLE and file.old_mode != EXECUTABLE:
        yield MADE_EXECUTABLE.at(file.path)
    elif file.new_mode not in (None, REGULAR, EXECUTABLE) or file.status == "type_changed":
        yield MODE.at(file.path, detail=str(file.new_mode))


def _content(file: FileDelta, name: str, scope: Scope | None) -> Iterator[GateFinding]:
    if file.old == file.new:
        return
    if _PROGRAMS.search(name):
        yield PROGRAM.at(file.path)
    if file.is_binary and not _expected_image(file, name, scope):
        yield BINARY.at(file.path)
    if name.endswith(".svg") and any(_ACTIVE.search(line.text[:MAX_LINE]) for line in file.added):
        yield ACTIVE.at(file.path)
    if any(_CODING.search(line.text[:200]) for line in file.added[:2] if line.number <= 2):
        yield CODING.at(file.path, 1)
    if (file.new or b"").startswith(b"version https://git-lfs"):
        yield POINTER.at(file.path)
    if not file.is_binary and file.added_lines.longest > MAX_LINE:
        for number, text in file.added:
            if len(text) > MAX_LINE:
                found = LONG_LINE.at(file.path, number)
                yield replace(found, severity="warn") if scope is None and is_generated_again(file) else found


def _expected_image(file: FileDelta, name: str, scope: Scope | None) -> bool:
    """An image or font that is what its name says, where nobody limits the scope or the scope names it."""
    magic = _IMAGES.get(name.rpartition(".")[2])
    content = file.new or b""
    real = magic is not None and content.startswith(magic) and (magic != b"RIFF" or content[8:12] == b"WEBP")
    real = real and not any(mark in content for mark in _RUNS_IN_IMAGES)
    return real and (scope is None or in_target(file.path, scope.target_paths))


def _collisions(delta: TreeDelta) -> Iterator[GateFinding]:
    """Names of the result that are the same once case and composition are folded, one of them new."""
    fresh = {file.path for file in delta.files if file.status in ("added", "renamed")}
    if not fresh:
        return
    heads = {_folded(head): head for path in fresh for head in _heads(path)}
    seen = {head for path in delta.result_paths for head in _heads(path) if _folded(head) in heads}
    spelled: dict[str, set[str]] = {}
    for head in seen:
        spelled.setdefault(_folded(head), set()).add(head)
    for spellings in list(spelled.values())[:MAX_NAMES_OF_A_COLLISION]:
        if len(spellings) > 1:
            yield COLLISION.at(sorted(spellings)[-1], detail=" and ".join(sorted(spellings)[:3]))


def _heads(path: str) -> list[str]:
    """The path and every folder above it."""
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else unicodedata.normalize("NFKC", path).casefold()
