"""Lists by pages, with GitLab's headers: empty strings at the ends, Link with defaults, sometimes no totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.support.fake_gitlab.routing import Call, Reply

T = TypeVar("T")


def paged(
    call: Call,
    rows: Iterable[T],
    render: Callable[[T], Any],
    *,
    totals: bool = True,
    declared: Mapping[str, Any] | None = None,
) -> Reply:
    """One page of the rows. Only the page is rendered."""
    everything = list(rows)
    if call.params.get("pagination") == "keyset":
        return _keyset(call, everything, render)
    page = max(1, int(call.params.get("page", 1)))
    size = min(100, max(1, int(call.params.get("per_page", 20))))
    if call.world.faults.shift_pages and page > 1 and everything:
        everything = [everything[0], *everything]  # a row came in at the top since page 1 was read
    shown = everything[(page - 1) * size : page * size]
    last = max(1, -(-len(everything) // size))
    headers = {
        "X-Next-Page": str(page + 1) if page < last else "",
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Prev-Page": str(page - 1) if page > 1 else "",
    }
    if totals:
        headers |= {"X-Total": str(len(everything)), "X-Total-Pages": str(last)}
    headers["Link"] = _links(call, page, size, last, totals, declared or {})
    return Reply(body=[render(row) for row in shown], headers=headers)


def _links(call: Call, page: int, size: int, last: int, totals: bool, declared: Mapping[str, Any]) -> str:
    targets = [("prev", page - 1)] if page > 1 else []
    targets += [("next", page + 1)] if page < last else []
    targets += [("first", 1)]
    targets += [("last", last)] if totals else []
    return ", ".join(f'<{_url(call, number, size, declared)}>; rel="{rel}"' for rel, number in targets)


def _url(call: Call, page: int, size: int, declared: Mapping[str, Any]) -> str:
    given = {**declared, **{key: value for key, value in call.params.items() if "token" not in key}}
    given |= {**call.values, "page": page, "per_page": size}
    pairs = sorted((key, value) for key, value in flat(given))
    return f"{call.world.base_url}/api/v4{call.path}?{urlencode(pairs)}"


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Rails' way to write arrays and hashes in a query."""
    for key, value in values.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, Mapping):
            yield from flat(value, name)
        elif isinstance(value, list):
            yield from ((f"{name}[]", str(item)) for item in value)
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _keyset(call: Call, rows: list[T], render: Callable[[T], Any]) -> Reply:
    size = min(100, max(1, int(call.params.get("per_page", 20))))
    start = int(call.params.get("cursor", 0))
    headers = {}
    if start + size < len(rows):
        given = {**call.params, "cursor": start + size}
        headers["Link"] = f'<{call.world.base_url}/api/v4{call.path}?{urlencode(list(flat(given)))}>; rel="next"'
    return Reply(body=[render(row) for row in rows[start : start + size]], headers=headers)
