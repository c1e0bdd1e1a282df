"""Which files make up a pipeline: the root file and what it includes from its own repository, nested and globbed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from improve_loop.model.plugs import Tree
from improve_loop.rules.nodes.compose import compose
from improve_loop.rules.nodes.text import Text, Unreadable, decode
from improve_loop.rules.pipeline.conditions import glob, included
from improve_loop.rules.pipeline.value import File, Value

ELSEWHERE = ("template", "project", "remote", "component", "artifact")
MAX_FILES = 150  # GitLab's own limit, nested includes counted


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What could not be read, where."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """An include whose content is not in this tree: a template, another project, a component, a URL."""

    kind: str  # one of ELSEWHERE, "local" (with a variable in its path), "missing"
    name: str
    value: Value  # where it is written


@dataclass
class Files:
    """The files of one pipeline in the order in which they are merged: a later one overrides an earlier one."""

    tree: Tree
    guess: bool = True  # whether an include is taken whose rules only a run can answer
    parsed: dict[str, tuple[Text, list[Any]]] = field(default_factory=dict)
    loaded: list[File] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def load(self, path: str, inputs: Mapping[str, Any], above: Sequence[str], conditional: bool = False) -> None:
        """Add a file and, before it, all that it includes."""
        if path in above:
            return self._problem(path, 1, f"includes itself by way of {' -> '.join([*above, path])}")
        if len(self.loaded) + len(above) >= MAX_FILES:
            return self._problem(path, 1, f"more than {MAX_FILES} included files; this one and later ones are left out")
        file = self._open(path, inputs, conditional)
        if file is None:
            return None
        if file.document is None or not Value(file, file.document).is_map:
            return self._problem(path, 1, "is empty" if file.document is None else "is not a mapping of jobs")
        self.include(Value(file, file.document).entries.get("include"), path, (*above, path), conditional)
        self.loaded.append(file)
        return None

    def include(self, value: Value | None, path: str, above: Sequence[str] = (), conditional: bool = False) -> None:
        """Add what an `include` of the file `path` names, in its order."""
        for item in _items(value):
            self._include(item, path, above, conditional)

    def _open(self, path: str, inputs: Mapping[str, Any], conditional: bool) -> File | None:
        try:
            text, documents = self._parse(path)
        except Unreadable as error:
            self._problem(path, error.line, error.message)
            return None
        header = documents[0] if len(documents) > 1 and _is_header(File(text, documents[0])) else None
        document = documents[1] if header is not None else documents[0] if documents else None
        given = {**_defaults(File(text, header)), **inputs} if header is not None else {}
        return File(text, document, header, given, conditional)

    def _parse(self, path: str) -> tuple[Text, list[Any]]:
        if path not in self.parsed:
            data = self.tree.read(path)
            if data is None:
                raise Unreadable("does not exist in the repository (or is a symlink, which is not followed)")
            text = decode(path, data)
            self.parsed[path] = (text, compose(text))
        return self.parsed[path]

    def _include(self, item: Value, path: str, above: Sequence[str], conditional: bool) -> None:
        """One entry of `include`, of any kind."""
        kind = next((kind for kind in ELSEWHERE if kind in item.entries), "local")
        target = item.entries.get(kind) if item.is_map else item
        name = target.scalar if target is not None else ""
        answer = included(item.entries["rules"], self.tree.paths()) if "rules" in item.entries else True
        if answer is False or (answer is None and not self.guess):
            return
        if item.is_scalar and re.match(r"https?://", name):
            kind = "remote"
        if kind != "local" or "$" in name:
            self.elsewhere.append(Elsewhere(kind=kind, name=name, value=item))
        elif name:
            self._local(name, item, path, above, conditional or answer is None)

    def _local(self, name: str, item: Value, path: str, above: Sequence[str], conditional: bool) -> None:
        inputs = item.entries["inputs"].plain if "inputs" in item.entries else {}
        matches = list(self._matches(name))
        if not matches and "*" not in name:
            self._problem(path, item.line, f"includes {name}, which does not exist in the repository")
            self.elsewhere.append(Elsewhere(kind="missing", name=name, value=item))
        for match in matches:
            self.load(match, inputs if isinstance(inputs, dict) else {}, above, conditional)

    def _matches(self, name: str) -> Iterator[str]:
        wanted = name.lstrip("/")
        if "*" not in wanted:
            if self.tree.read(wanted) is not None:
                yield wanted
            return
        pattern = re.compile(glob(wanted))
        yield from (path for path in self.tree.paths() if pattern.fullmatch(path))

    def _problem(self, path: str, line: int, message: str) -> None:
        problem = Problem(path=path, line=line, message=message)
        if problem not in self.problems:
            self.problems.append(problem)


def _items(include: Value | None) -> tuple[Value, ...]:
    if include is None or include.is_null:
        return ()
    return include.items if include.is_list else (include,)


def _is_header(file: File) -> bool:
    return file.document is not None and "spec" in Value(file, file.document).entries


def _defaults(file: File) -> dict[str, Any]:
    """The default values of `spec:inputs`; a mandatory input has none, and its text stays as it is written."""
    if file.document is None:
        return {}
    spec = Value(file, file.document).entries.get("spec")
    declared = spec.entries.get("inputs") if spec else None
    known = declared.entries if declared else {}
    return {name: value.entries["default"].plain for name, value in known.items() if "default" in value.entries}
