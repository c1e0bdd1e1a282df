"""Jobs of a GitLab pipeline that went and came back for a newer version: `test-3.9` as `test-3.13`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Job = Mapping[str, Any]

_NUMBER = re.compile(r"\d+(?:[._-]\d+)*")


def renewed(name: str, job: Job, fresh: Mapping[str, Job]) -> bool:
    """Whether a job that is gone has a successor: another number in its name, the same number all over it, no other change."""
    return any(_follows(name, job, other, successor) for other, successor in fresh.items())


def _follows(name: str, job: Job, other: str, successor: Job) -> bool:
    if _NUMBER.sub("0", name) != _NUMBER.sub("0", other):
        return False
    newer = [(was, now) for was, now in zip(_NUMBER.findall(name), _NUMBER.findall(other), strict=True) if was != now]
    if len(newer) != 1 or _parts(newer[0][1]) < _parts(newer[0][0]):
        return False
    text = _text(job)
    for was, now in (newer[0], tuple("".join(map(str, _parts(number))) for number in newer[0])):  # 3.9, and py39
        text = re.sub(rf"(?<!\d){re.escape(was)}(?!\d)", now, text)
    return text == _text(successor)


def _parts(number: str) -> list[int]:
    return [int(part) for part in re.split(r"[._-]", number)]


def _text(job: Job) -> str:
    return json.dumps(job, sort_keys=True, default=str)
