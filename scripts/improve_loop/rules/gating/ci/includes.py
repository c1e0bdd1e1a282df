"""The includes of a pipeline before and after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from improve_loop.rules.gating.ci.weakness import Weakness, flat

_PINNED = re.compile(r"/(?:[0-9a-f]{40}|v?\d+(?:\.\d+){1,3})/")  # a commit or version within an address
_OWN_COMPONENT = re.compile(
    r"(?:\$(?:CI_SERVER_(?:FQDN|HOST)|\{CI_SERVER_(?:FQDN|HOST)\})|gitlab\.com/(?:components|gitlab-org))/"
)


def includes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Weakness]:
    """What the new pipeline includes that the old did not, and what it no longer does."""
    before = flat(old.get("include"))
    known = frozenset(_address(item) for item in before)
    after = flat(new.get("include"))
    kept = {_key_of(item) for item in after}
    for item in before if len(after) < len(before) else ():
        if _key_of(item) not in kept:
            yield Weakness("job-removed", "include", f"include of {_key_of(item)} is gone"[:80])
    for item in after:
        if item in before:
            continue
        each = {"remote": item} if isinstance(item, str) and re.match(r"https?://", item) else item
        if isinstance(each, dict):
            yield from _include(each, known)


def _key_of(item: object) -> str:
    """What an include names, without its version."""
    if not isinstance(item, dict):
        return str(item)
    named = next(
        (str(item[key]) for key in ("project", "component", "remote", "template", "local", "artifact") if key in item),
        "",
    )
    return f"{named.rpartition('@')[0] or named}{item.get('file', '')}"


def _address(item: object) -> str:
    """Where an include comes from, without its version; a project stands for all its files."""
    named = item if isinstance(item, dict) else {"remote": item}
    if "project" in named:
        return str(named["project"])
    if "component" in named:
        return str(named["component"]).rpartition("@")[0]
    return _PINNED.sub("/@/", str(named.get("remote", "")))


def _include(item: Mapping[str, Any], known: Set[str]) -> Iterator[Weakness]:
    if "remote" in item:
        if not (_PINNED.search(str(item["remote"])) and _address(item) in known):
            yield Weakness("include", str(item["remote"]), "a file from elsewhere")
    elif re.search(r"\$\{?CI_(?:COMMIT|MERGE_REQUEST)_", str(item.get("local", ""))):
        yield Weakness("include", str(item["local"]), "a file that the name of a branch chooses")
    elif "project" in item:
        ref = str(item.get("ref", ""))
        if _address(item) not in known:
            yield Weakness("include", str(item["project"]), f"another project: {item['project']}")
        elif not re.fullmatch(r"[0-9a-f]{40}|v?\d+(?:\.\d+){1,3}[\w.+-]*", ref):
            yield Weakness("include", str(item["project"]), f"not pinned: ref {ref or 'missing'}")
    elif "component" in item:
        address, _, version = str(item["component"]).rpartition("@")
        if not re.fullmatch(r"[0-9a-f]{40}|v?\d+\.\d+(?:\.\d+)?[\w.+-]*", version):
            yield Weakness("include", str(item["component"]), f"component not pinned: {version or 'no version'}")
        elif address not in known and not _OWN_COMPONENT.match(address):
            yield Weakness("include", str(item["component"]), f"component from elsewhere: {address}")
