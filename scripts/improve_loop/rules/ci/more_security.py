"""Reported about packages and secrets: PKG01, PKG02, PKG04, SEC01, SEC02, SEC03, SEC05, SEC06."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.rules.ci.reported import Reported, see, see_lines
from improve_loop.rules.ci.rule import Card, Settings, Sighting, Tier
from improve_loop.rules.pipeline import Pipeline

APT = re.compile(r"\s*(?:sudo )?(?:\w+=\S+ )*apt(?:-get)? (?:.* )?install(?: |$)")
TOOL_INSTALL = re.compile(r"\b(?:apt-get|apt|apk|yum|dnf|pip3?|gem|npm) (?:[^\n;&|]*)(?:install|add)\b([^\n;&|]*)")
PIP_NAME = re.compile(
    r"\bpip3? install ((?:(?:-U|--upgrade|-q|--quiet|--user|--no-cache-dir) )*)([a-zA-Z][\w-]*)(?=\s|$)(?!\s*[=<>~!])"
)
PIPED = re.compile(r"\b(?:curl|wget)\b[^\n;&]*\|\s*(?:sudo\s+)?(?:env\s+\S+\s+)?(?:ba|z|da)?sh\b")
PINNED_RAW = re.compile(r"/[0-9a-f]{40}/")
CREDENTIAL = re.compile(
    r"glpat-[\w-]{20}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
    r"|gh[pousr]_[A-Za-z0-9]{36}|xox[abpr]-[\w-]{10,}|sk_live_[A-Za-z0-9]{20,}|AIza[\w-]{35}|npm_[A-Za-z0-9]{36}"
)
ECHO = re.compile(
    r"\becho\s+[\"']?\$\{?\w*(?:PASSWORD|PASSWD|TOKEN|SECRET|API_KEY|PRIVATE_KEY)\w*\}?[\"']?\s*$", re.MULTILINE
)
LOGIN = re.compile(r"\bdocker login\b[^\n]*(?:\s-p[ =]?|--password[ =])(?!-stdin)\S*\$")
MOVING_REF = re.compile(r"@(?:~latest|main|master|develop|HEAD)$")
SHA_OR_VERSION = re.compile(r"[0-9a-f]{40}|v?\d+(?:\.\d+)*(?:[-.+][\w.-]+)?|.*\$.*")


def _recommends(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    def judge(line: str) -> str:
        parts = re.split(r"&&|[;|\n]", line) if "apt" in line else ()
        wide = any(APT.match(part) and "no-install-recommends" not in part for part in parts)
        return "installs recommended packages too" if wide else ""

    yield from see_lines(pipeline, "install", judge)


def _tools(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        script = job.script("before_script", "script")
        if "install" not in script and " add " not in script:
            continue
        names = [
            word
            for line in job.lines("before_script", "script")
            for found in TOOL_INSTALL.finditer(line.scalar)
            for word in found[1].split()
            if re.fullmatch(r"[a-z][\w.+-]+", word)
        ]
        if len(names) >= 6:
            yield see(job.own, f"`{job.name}` installs {len(names)} packages in every run", job.name)


def _unpinned(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    def judge(line: str) -> str:
        found = PIP_NAME.search(line)
        named = found[2] if found and found[2] not in ("pip", "setuptools") else ""
        return f"`pip install {named}` takes whatever is newest" if named else ""

    yield from see_lines(pipeline, "pip", judge)


def _loose_includes(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for include in pipeline.elsewhere:
        ref = include.value.entries.get("ref")
        if include.kind == "project" and (ref is None or not SHA_OR_VERSION.fullmatch(ref.scalar)):
            yield see(include.value, f"`{include.name}` is included from {'a branch' if ref else 'its default branch'}")
        pinned = "integrity" in include.value.entries or PINNED_RAW.search(include.name)
        if include.kind == "remote" and not pinned:
            yield see(include.value, f"the include of `{include.name}` has no `integrity`")


def _loose_components(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for include in pipeline.elsewhere:
        if include.kind == "component" and MOVING_REF.search(include.name):
            yield see(include.value, f"the component `{include.name}` moves")


def _piped(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    def judge(line: str) -> str:
        found = PIPED.search(line) if "sh" in line else None
        return "runs a script straight from the network" if found and not PINNED_RAW.search(found[0]) else ""

    yield from see_lines(pipeline, "|", judge)


def _credentials(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    """The message names the kind and the place, never the value."""
    for file in {file.path: file for file in pipeline.files}.values():
        for found in CREDENTIAL.finditer(file.text.content):
            message = "what looks like a credential is written here in plain text"
            yield Sighting(path=file.path, offset=found.start(), message=message)


def _echoed(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    def judge(line: str) -> str:
        if "docker login" in line and LOGIN.search(line):
            return "gives the password to `docker login` on the command line"
        return "prints a secret into the log" if "echo" in line and ECHO.search(line) else ""

    yield from see_lines(pipeline, "$", judge)


def _card(id_: str, title: str, tier: Tier, why: str, docs: str, fix: str) -> Card:
    return Card(
        id=id_,
        title=title,
        tier=tier,
        why=why,
        docs=docs,
        fix=fix,
        risk="medium",
        risk_text="Only reported: the right change depends on what the team wants.",
        value="high" if id_.startswith("SEC") else "low",
        hours=0.5,
    )


PIPELINES = "https://docs.gitlab.com/ci/pipelines/pipeline_efficiency/"
SECURITY = "https://docs.gitlab.com/ci/pipeline_security/"
RULES = (
    Reported(
        _card(
            "PKG01",
            "apt installs what is only recommended",
            "B",
            "Recommended packages are often most of the download and are not needed in a pipeline.",
            PIPELINES,
            "Add `--no-install-recommends`; a package that is needed after all must then be named.",
        ),
        _recommends,
    ),
    Reported(
        _card(
            "PKG02",
            "Tools are installed in every run",
            "C",
            "The same packages are fetched and unpacked at the start of every job.",
            PIPELINES,
            "Build an image that has them.",
        ),
        _tools,
    ),
    Reported(
        _card(
            "PKG04",
            "A tool without a version",
            "B",
            "The next release of the tool can turn the pipeline red without a commit here.",
            "https://pip.pypa.io/en/stable/topics/repeatable-installs/",
            "Pin the version that the last green pipeline used.",
        ),
        _unpinned,
    ),
    Reported(
        _card(
            "SEC01",
            "An include that somebody else can change",
            "B",
            "What a moving reference brings tomorrow runs with this project's secrets.",
            "https://docs.gitlab.com/ci/yaml/#includeproject",
            "Pin `ref` to a tag or a commit; give `include:remote` an `integrity`.",
        ),
        _loose_includes,
    ),
    Reported(
        _card(
            "SEC02",
            "A component that moves",
            "B",
            "What a moving reference brings tomorrow runs with this project's secrets.",
            "https://docs.gitlab.com/ci/components/#component-versions",
            "Use a released version or a commit.",
        ),
        _loose_components,
    ),
    Reported(
        _card(
            "SEC03",
            "A script from the network runs unseen",
            "C",
            "Whoever controls that address runs commands with this job's secrets.",
            SECURITY,
            "Download a pinned version, check its checksum, then run it.",
        ),
        _piped,
    ),
    Reported(
        _card(
            "SEC05",
            "A credential in the CI file",
            "C",
            "Everybody who can read the repository, and its history, has it.",
            SECURITY,
            "Revoke it now, then put its successor into a masked variable. A merge request would only spread it.",
        ),
        _credentials,
    ),
    Reported(
        _card(
            "SEC06",
            "A secret on a command line or in the log",
            "B",
            "Masking does not catch every form, and other processes see command lines.",
            "https://docs.docker.com/reference/cli/docker/login/#password-stdin",
            "Use `--password-stdin`; do not print secrets.",
        ),
        _echoed,
    ),
)
