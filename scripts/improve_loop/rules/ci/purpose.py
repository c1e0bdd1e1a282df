"""What a job is for, judged by name, stage and commands: only looking (test, lint, build), or changing the world."""

from __future__ import annotations

import re
from typing import Any, Literal

from improve_loop.rules.ci.shell import LONGEST
from improve_loop.rules.pipeline import Job

Purpose = Literal["looks", "acts", "unclear"]

ACTING_NAME = re.compile(
    r"deploy|publish|releas|push|upload|prod|staging|pages|packag|docker|image|registry|promot|rollback|clean|notif"
    r"|trigger|migrat|backup|sync|mirror|deliver|dist|review|stop|destroy|provision|apply|terraform|sign|tag|bump"
    r"|version|renovate|schedule|nightly|install|setup|prepare|report|merge|update|upgrade|bundle|container|submit",
    re.IGNORECASE,
)
FAR_NAME = re.compile(
    r"e2e|integration|acceptance|system|cluster|smoke|perf|load|bench|hardware|device|vm", re.IGNORECASE
)
LOOKING_NAME = re.compile(
    r"test|lint|check|build|compil|unit|coverage|format|style|static|analy|quality|audit|scan|sast|verif|valid|typing"
    r"|spec|eslint|flake8|pylint|mypy|rubocop|tox|black|clippy|fmt|phpcs|phpstan|pytest|jest|stylelint|shellcheck|doc",
    re.IGNORECASE,
)
CHECKING_NAME = re.compile(r"test|lint|check|unit|verif|valid|analy|audit|spec|coverage|tox", re.IGNORECASE)
ACTING_WORDS = (
    *(
        "deploy",
        "publish",
        "upload",
        "rollback",
        "migrat",
        "terraform",
        "kubectl",
        "ansible",
        "rsync",
        "sftp",
        "gcloud",
    ),
    *("gsutil", "s3cmd", "heroku", "netlify", "surge", "firebase", "twine", "docker", "podman", "buildah", "kaniko"),
    *("skopeo", "cosign", "fastlane", "semantic-release", "goreleaser", "sentry-cli", "trigger", "webhook", "slack"),
    *("vagrant", "packer", "virsh", "qemu", "snapcraft", "composer update", "git tag", "git commit", "osc "),
)
ACTING_COMMAND = re.compile(
    r"push(?!d)|(?<![-=] )(?<![-=/\w])release|\b(?:helm|aws|az|crane|ftp|scp|gh|glab|zypper)\b|\bssh|s3\b"
)
"""Searched in lower case."""
ACTING_IMAGE = re.compile(r"\bdocker\b|dind|deploy|kaniko|buildah|helm|terraform|kubectl|ansible|packer|aws|gcloud")
SENDING = re.compile(r"curl[^\n]* (?:-X|--request|-d|--data|-F|--form|-T|--upload-file)|wget[^\n]*--post")
ACTING_KEYWORDS = ("environment", "resource_group", "trigger", "release", "id_tokens", "secrets", "pages", "publish")


def purpose(job: Job) -> Purpose:
    """Narrow on purpose: `looks` only where name or stage says so and no command could change anything outside."""
    if ("purpose",) not in job.known:
        job.known["purpose",] = _purpose(job)
    found: Purpose = job.known["purpose",]
    return found


def looks(job: Job) -> bool:
    """Whether the purpose is `looks`; the cheap half of the question first."""
    return LOOKING_NAME.search(_names(job)) is not None and purpose(job) == "looks"


def is_called_a_check(job: Job) -> bool:
    """Whether its name says that it checks something, whatever its commands do."""
    return CHECKING_NAME.search(job.name) is not None and not ACTING_NAME.search(job.name)


def _names(job: Job) -> str:
    return f"{job.name} {job.stage if job.get('stage') is not None else ''}"  # a default stage says nothing


def _purpose(job: Job) -> Purpose:
    names = _names(job)
    if any(keyword in job.keywords for keyword in ACTING_KEYWORDS) or ACTING_NAME.search(names):
        return "acts"
    script = job.script()
    lower = script.lower()
    if len(script) > LONGEST:
        return "unclear"
    if ACTING_IMAGE.search(f"{job.plain('image')} {job.plain('services')}".lower()):
        return "acts"
    if any(word in lower for word in ACTING_WORDS) or ACTING_COMMAND.search(lower) or SENDING.search(script):
        return "acts"
    if not job.is_known or FAR_NAME.search(names) or not job.script("script").strip() or not LOOKING_NAME.search(names):
        return "unclear"
    return "looks"


def starts_by_itself(job: Job) -> bool:
    """Whether the job can run without anybody pressing it."""
    return job.plain("when") not in ("manual", "delayed")


def is_for_tags_or_schedules(job: Job) -> bool:
    """Whether the job runs in no branch or merge request pipeline, as far as `only` says."""
    only = job.plain("only")
    refs: Any = only.get("refs") if isinstance(only, dict) else only
    return (
        isinstance(refs, list) and bool(refs) and all(ref in ("tags", "schedules", "web", "triggers") for ref in refs)
    )
