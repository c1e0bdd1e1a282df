"""Which files decide what pipelines, hooks and agents do."""

from __future__ import annotations

import re
from typing import Literal

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy, worded

Power = Literal["pipeline", "hook", "tool", "agent", "memory", ""]

_HOOK = worded(
    r"(?:^|/)\.?(?:husky|githooks|git-hooks|hooks)/(?:_/)?(?:pre|post|commit|prepare|update|push|applypatch|fsmonitor|sendemail|reference|proc|p4)[\w.-]*$|(?:^|/)\.husky/|(?:^|/)\.?lefthook(?:-local)?\.(?:ya?ml|toml|json)$"
    r"|(?:^|/)\.?(?:simple-git-hooks|lintstagedrc|overcommit)[\w.]*$|(?:^|/)\.envrc$|(?:^|/)\.(?:gitlab|github)/(?:security-policies|rulesets?)/|(?:^|/)\.gitlab/policy|(?:^|/)\.gitlab/agents/|(?:^|/)\.gitpod\.ya?ml$|(?:^|/)\.devcontainer(?:/|\.json$)|(?:^|/)\.vscode/(?:settings|tasks|launch|extensions|mcp)\.json$|\.code-workspace$|(?:^|/)\.idea/(?:runConfigurations/|workspace\.xml|externalDependencies)|(?:^|/)\.vs/|(?:^|/)\.gitconfig$|(?:^|/)\.(?:exrc|nvimrc|nvim\.lua|lvimrc|dir-locals(?:-2)?\.el)$",
    *(
        "husky", "hooks", "lefthook", "lintstaged", "overcommit", "envrc", ".gitlab", ".github", "gitpod", "devcontainer", ".vscode",
        "code-workspace", ".idea", ".vs/", "gitconfig", ".exrc", ".nvim", ".lvimrc", ".dir-locals",
    ),
    flags=re.I,
)  # fmt: skip
_TOOL = worded(
    r"(?:^|/)\.pre-commit-(?:config|hooks)\.ya?ml$|(?:^|/)CODEOWNERS$|(?:^|/)\.github/(?:dependabot|settings|renovate|mergify|labeler|auto_?assign)[\w.]*$|(?:^|/)\.mergify\.yml$|(?:^|/)\.?renovate(?:rc)?(?:\.json5?)?$|(?:^|/)\.(?:gitlab|github)/issue_triage/|(?:^|/)\.gitlab/(?:merge_request|issue)_templates/",
    *("pre-commit", "codeowners", ".github", "mergify", "renovate", ".gitlab"),
    flags=re.I,
)
_AGENT = worded(
    r"(?:^|/)\.(?:claude|cursor|codex|gemini|continue|roo|kiro|amazonq|windsurf|cline|aider[\w.]*|copilot|junie|augment|opencode|goose|qodo|trae|zed|crush|factory|openhands)(?:/|$)|(?:^|/)\.?mcp(?:[_-]?(?:servers|config))?\.json$|(?:^|/)\.(?:cursor|windsurf|cline|roo|goose|kilocode)rules(?:[/-]|$)|(?:^|/)\.?(?:coderabbit|sweep|codeium|pr_agent|greptile|ellipsis|sourcery|bito)\.(?:ya?ml|toml)$|(?:^|/)\.gitlab/duo/|(?:^|/)\.github/(?:copilot-instructions\.md|instructions/|prompts/|chatmodes/|agents/)|(?:^|/)\.aider|(?:^|/)opencode\.jsonc?$|(?:^|/)codex\.md$|(?:^|/)\.ai/|(?:^|/)\.rules$|(?:^|/)\.cursorignore$",
    *(
        "claude", "cursor", "codex", "gemini", "continue", "roo", "kiro", "amazonq", "windsurf", "cline", "aider", "copilot", "junie",
        "augment", "opencode", "goose", "qodo", "trae", "zed", "crush", "factory", "openhands", "mcp", "kilocode", "coderabbit", "sweep",
        "codeium", "pr_agent", "greptile", "ellipsis", "sourcery", "bito", ".gitlab", ".github", ".ai/", ".rules",
    ),
    flags=re.I,
)  # fmt: skip
_MEMORY = worded(
    r"(?:^|/)(?:CLAUDE|CLAUDE\.local|AGENTS?|GEMINI|COPILOT|CONVENTIONS|WARP|QWEN|CRUSH|JULES|[Cc]laude|Agents)\.(?:md|txt|mdc)$|^(?i:claude|agents?|gemini|llms)\.(?:md|txt|mdc)$|(?:^|/)skills/[\w.-]+/SKILL\.md$",
    *(".md", ".txt", ".mdc"),
)

_SYSTEMS = lazy(
    r"\.gitlab|\.github|\.circleci|azure-pipelines|\.travis|appveyor|bitbucket-pipelines|\.buildkite|\.drone|\.woodpecker|\.cirrus"
    r"|cloudbuild|buildspec|jenkinsfile|\.forgejo|\.gitea|wercker|codefresh|semaphore|\.teamcity|(?:^|/)action\.ya?ml|(?:^|/)ci(?:-templates)?/"
)


def power_of(path: str) -> Power:
    """What a file of this name can steer: a pipeline, a hook, a tool, an agent's settings or its memory."""
    if kind_of(path) == "ci":
        return "pipeline"
    if _HOOK.search(path):
        return "hook"
    if _TOOL.search(path):
        return "tool"
    if _AGENT.search(path):
        return "agent"
    return "memory" if _MEMORY.search(path) else ""


def system_of(path: str) -> str:
    """What reads a file: the first word of the system's own folder or file name."""
    if power_of(path) == "memory":
        return path.rpartition("/")[2].partition(".")[0].lower()
    found = _SYSTEMS.search(path.lower())
    return found[0] if found else path


def is_left(old_path: str, path: str) -> bool:
    """Whether a file that a system of pipelines looks for has got a name that none looks for."""
    return power_of(old_path) == "pipeline" and bool(_SYSTEMS.search(old_path.lower())) and power_of(path) != "pipeline"


def is_run(file: FileDelta) -> bool:
    """Whether what stood in a pipeline's folder could run: without the word `jobs` no workflow of GitHub does."""
    in_workflows = (file.old_path or file.path).lower().startswith(".github/workflows/")
    return not in_workflows or "jobs" in file.old_text or "\\" in file.old_text
