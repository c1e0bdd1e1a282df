"""What the lines around a call or setting say: the way back of a migration, a task that makes something absent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.commands.targets import is_dangerous
from improve_loop.rules.gating.lazy import lazy

_FUNCTION = lazy(
    r"\s*(?:async\s+)?(?:public\s+)?(?:def|function|fn|func)\s+(?:self\.)?(\w+)|\s*(?:exports\.)?(up|down)\s*[=(:]"
)
_KEPT = lazy(
    r"\s*(?:-\s+)?(?:[\w]+\.){0,2}((?:postgresql|mysql|mongodb|mssql|influxdb)_(?:db|schema|table|tablespace|database)|rds_instance|rds_cluster|ec2_instance|s3_bucket|lvol|filesystem|docker_volume|dynamodb_table|gcp_\w+_(?:database|instance|bucket)|azure_rm_\w+(?:database|server|storageaccount|resourcegroup))\s*:"
)


_ALL = lazy(r"\s*-\s+[\"']?(?:\*|(?:CAP_)?ALL)[\"']?\s*$")
_LISTS = lazy(r"\s*(?:-\s+)?[\"']?(?:(?P<rights>verbs|resources)|(?P<added>add|cap_add))[\"']?\s*:\s*$")


def goes_back(file: FileDelta, number: int) -> bool:
    """Whether a line stands in the way back of a migration: `downgrade`, `down`."""
    for text in reversed(file.new_text.split("\n")[max(0, number - 60) : number]):
        if match := _FUNCTION.match(text):
            return "down" in match[1].lower()
    return False


def everything_listed(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """An added item of a list that means everything: all verbs or resources, every capability added."""
    lines = file.new_text.split("\n") if any(_ALL.match(line.text) for line in file.added) else []
    for line in file.added if lines else ():
        if not (item := _ALL.match(line.text)):
            continue
        above = (text for text in reversed(lines[max(0, line.number - 30) : line.number - 1]) if ":" in text)
        key = next((_LISTS.match(text) for text in above), None)
        if key and ((key["rights"] and "*" in line.text) or (key["added"] and "*" not in line.text)):
            yield "kubernetes" if key["rights"] else "container", line.number, f"{key[0].strip()} {item[0].strip()}"


def whole_host(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A volume of a pod that is the whole disk of its node."""
    lines = file.new_text.split("\n") if "hostPath" in file.new_text else []
    for line in file.added if lines else ():
        if re.match(r"\s*[\"']?path[\"']?\s*:\s*[\"']?/[\"']?\s*$", line.text):
            near = "\n".join(lines[max(0, line.number - 4) : line.number + 2])
            if "hostPath" in near:
                yield "container", line.number, "hostPath: /"


def made_absent(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A task of Ansible that removes a path that is not its own."""
    lines = file.new_text.split("\n") if any("absent" in line.text for line in file.added) else []
    for line in file.added if lines else ():
        if not re.match(r"\s*state\s*[:=]\s*[\"']?absent", line.text):
            continue
        for near in lines[max(0, line.number - 5) : line.number + 4]:
            if module := _KEPT.match(near):
                yield "database", line.number, f"{module[1]} is made absent"
            path = re.match(r"\s*(?:-\s+)?(?:path|dest|name)\s*[:=]\s*([^\s#]{1,200})", near)
            if path and path[1].strip("\"'")[:1] in "/~" and is_dangerous(path[1]):
                yield "delete-tree", line.number, f"{path[1]} is made absent"
