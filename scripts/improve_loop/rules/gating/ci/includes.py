"""The includes of a pipeline before and after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from improve_loop.rules.gating.ci.weakness import Weakness, flat


def includes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Weakness]:
    """What the new pipeline includes that the old did not, and what it no longer does."""
    before = flat(old.get("include"))
    projects = {str(item.get("project")) for item in before if isinstance(item, dict)}
    after = flat(new.get("include"))
    kept = {_key_of(item) for item in after}
    for item in before if len(after) < len(before) else ():
        if _key_of(item) not in kept:
            yield Weakness("job-removed", "include", f"include of {_key_of(item)} is gone"[:80])
    for item in after:
        if item in before:
            continue
        if isinstance(item, str):
            if re.match(r"https?://", item):
                yield Weakness("include", item, "a file from elsewhere")
        elif isinstance(item, dict):
            yield from _include(item, projects)


def _key_of(item: object) -> str:
    """What an include names, without its version."""
    if not isinstance(item, dict):
        return str(item)
    named = next(
        (str(item[key]) for key in ("project", "component", "remote", "template", "local", "artifact") if key in item),
        "",
    )
    return f"{named.rpartition('@')[0] or named}{item.get('file', '')}"


def _include(item: Mapping[str, Any], projects: set[str]) -> Iterator[Weakness]:
    if "remote" in item:
        yield Weakness("include", str(item["remote"]), "a file from elsewhere")
    elif re.search(r"\$\{?CI_(?:COMMIT|MERGE_REQUEST)_", str(item.get("local", ""))):
        yield Weakness("include", str(item["local"]), "a file that the name of a branch chooses")
    elif "project" in item:
        ref = str(item.get("ref", ""))
        if str(item["project"]) not in projects:
            yield Weakness("include", str(item["project"]), f"another project: {item['project']}")
        elif not re.fullmatch(r"[0-9a-f]{40}|v?\d+(?:\.\d+){1,3}[\w.+-]*", ref):
            yield Weakness("include", str(item["project"]), f"not pinned: ref {ref or 'missing'}")
    elif "component" in item:
        address, _, version = str(item["component"]).rpartition("@")
        if not re.fullmatch(r"[0-9a-f]{40}|v?\d+\.\d+(?:\.\d+)?[\w.+-]*", version):
            yield Weakness("include", str(item["component"]), f"component not pinned: {version or 'no version'}")
        elif not re.match(r"(?:\$CI_SERVER_(?:FQDN|HOST)|gitlab\.com/(?:components|gitlab-org))/", address):
            yield Weakness("include", str(item["component"]), f"component from elsewhere: {address}")
