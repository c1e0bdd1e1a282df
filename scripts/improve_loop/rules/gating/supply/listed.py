"""Dependencies of manifests that are YAML or a program of their own: conda, Dart, Elixir and Helm."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy

_ELIXIR = lazy(r"\{\s*:(\w+)\s*,\s*(?:\"([^\"\n]{0,100})\"|(?:git|github|path):\s*\"([^\"\n]{0,200})\")")
_CONDA = lazy(r"([A-Za-z][\w.-]*)\s*(.*)$")


def hex_packages(text: str) -> dict[str, str]:
    """What `mix.exs` depends on."""
    return {name: version or f"git={place}" for name, version, place in _ELIXIR.findall(text)}


def pub_packages(text: str) -> dict[str, str]:
    """What `pubspec.yaml` depends on. Raises ValueError for what is no YAML mapping."""
    tables = (_tree(text).get(f"{kind}dependencies") for kind in ("", "dev_"))
    return {
        str(name): _pin(spec)
        for table in tables
        if isinstance(table, dict)
        for name, spec in table.items()
        if not (isinstance(spec, dict) and "sdk" in spec)
    }


def charts(text: str) -> dict[str, str]:
    """What a Helm chart depends on, with versions. Raises ValueError."""
    listed = [chart for chart in _tree(text).get("dependencies") or [] if isinstance(chart, dict)]
    if not all("name" in chart for chart in listed):
        raise ValueError("a dependency without a name")
    return {str(chart["name"]): str(chart.get("version", "")) for chart in listed}


def conda_packages(text: str) -> dict[str, str]:
    """What a conda environment holds, pip's part too. Raises ValueError."""
    found: dict[str, str] = {}
    for item in _tree(text).get("dependencies") or []:
        for each in (line for part in item.values() for line in part or ()) if isinstance(item, dict) else (item,):
            if match := _CONDA.match(str(each).rpartition("::")[2]):
                version = re.sub(r"^=(?!=)", "==", match[2].strip())
                found[match[1].lower()] = version.split("=py")[0]
    return {name: version for name, version in found.items() if name not in ("python", "pip")}


def fresh_channels(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Channels of a conda environment that it did not name before."""
    try:
        before, after = (_listed(_tree(text).get("channels")) for text in (file.old_text, file.new_text))
    except ValueError:
        return  # the manifest is told as unreadable
    for channel in after if file.old is not None else ():
        if channel not in before and channel not in ("defaults", "conda-forge", "nodefaults"):
            yield next((line.number for line in file.added if str(channel) in line.text), 1), str(channel)[:80]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _tree(text: str) -> Mapping[str, Any]:
    """A YAML mapping; empty for nothing. Raises ValueError for anything else."""
    from improve_loop.rules.nodes.plain import documents  # few changes touch such a manifest

    found = documents(text, own_first=True)
    tree = found[0] if found else {}
    if len(found) > 1:
        raise ValueError("more than one document")
    if not isinstance(tree, dict):
        raise ValueError("no mapping")
    return tree


def _pin(spec: object) -> str:
    if isinstance(spec, dict):
        place = next((f"{key}={spec[key]}" for key in ("git", "path", "hosted") if key in spec), "")
        return place or str(spec.get("version", ""))
    return "any" if spec is None else str(spec)
