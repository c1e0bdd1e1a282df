"""What workflows of GitHub hand on: the job's token to a step, steps to another workflow, text to what no shell reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.rules.gating.lazy import lazy

_SECRET = lazy(r"\bsecrets\.(\w+)")
_GROUP = lazy(r"\s*(?:group|concurrency)\s*:\s*[\"']?([^\"'\n]{1,400}?)[\"']?\s*$")
_HANDED = lazy(r"\s*[\w-]+:\s*[\"']?\$\{\{\s*(?:secrets\.GITHUB_TOKEN|github\.token)\s*\}\}[\"']?\s*(?:#.*)?$")


def is_handed(file: FileDelta, number: int | None) -> bool:
    """Whether a line hands GitHub's own token of the job, which every action can have anyway, to a step by name."""
    line = next((line.text for line in file.added if line.number == number), "")
    return bool(_HANDED.match(line))


def other_workflows(file: FileDelta, delta: TreeDelta) -> list[Mapping[str, Any]]:
    """The other workflows that the change writes."""
    from improve_loop.rules.gating.ci.gitlab import pipeline  # here: most changes touch no workflow

    texts = [other.new_text for other in delta.files if other is not file and "github/workflows" in other.path]
    return [tree for text in texts[:20] if (tree := pipeline(text)) is not None]


def is_group(file: FileDelta, text: str) -> bool:
    """Whether every line like this one only names the group of a workflow or a job, which no shell reads."""
    match = _GROUP.match(text)
    if match is None or "github/workflows" not in file.path:
        return False
    from improve_loop.rules.gating.ci.gitlab import pipeline

    tree = pipeline(file.new_text) or {}
    jobs = tree.get("jobs")
    each = [tree, *(jobs.values() if isinstance(jobs, dict) else ())]
    limits = [part.get("concurrency") for part in each if isinstance(part, dict)]
    groups = [limit.get("group") if isinstance(limit, dict) else limit for limit in limits]
    same = [line for line in file.new_lines.texts if line.strip() == text.strip()]
    return 0 < len(same) <= sum(str(group) == match[1] for group in groups)


def fresh_secrets(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and name of each secret of the forge that no line of the file used before."""
    known = set(_SECRET.findall(file.old_text))
    for line in file.added if file.old is not None else ():
        for name in _SECRET.findall(line.text[:2_000]):
            if name not in known:
                yield line.number, f"secret {name}"
