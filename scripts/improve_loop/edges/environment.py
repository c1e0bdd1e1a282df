"""The one module that reads the environment: settings that variables may override, and what child processes get."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from improve_loop.errors import ConfigError

# What a variable may say. Everything else in the configuration is policy and comes from the base commit alone.
OVERRIDABLE = {
    "IL_TARGET": "path or URL of the repository to improve",
    "IL_DOMAINS": "domains to look at, separated by commas",
    "IL_INTENSITY": "light, medium or heavy",
    "IL_MODE": "local, full, cron or none",
    "IL_LIGHT": "true: only the domains ci, releases and cves",
    "IL_AUTO": "true: accept the shortlist without asking; checks and gates still hold",
    "IL_DRY_RUN": "true: publish nothing and remember nothing",
    "IL_OUT": "folder for the artifacts",
    "IL_RUN_ID": "name of this run; default: from its inputs",
    "IL_RUN_KIND": "sweep or tend",
    "IL_SLOT": "which slot of the accepted candidates this job takes, from 1",
    "IL_SLOTS": "how many slots there are",
    "IL_JOB_ATTEMPTS": "how often GitLab may start a job with a model by itself: 1 and its `retry`",
    "IL_QUIET": "true: only warnings and errors",
}
# Security-relevant: a pipeline variable is set by whoever may start a pipeline, policy by whoever may merge.
POLICY = {
    "IL_APPROVERS": "approvers",
    "IL_USD": "limits.usd",
    "IL_LIMITS": "limits",
    "IL_PROTECTED_PATHS": "protected_paths",
    "IL_DO_NOT_TOUCH": "do_not_touch",
    "IL_BLAST_RADIUS": "blast_radius",
    "IL_GATES": "gates",
    "IL_CHECKS": "checks",
    "IL_SANDBOX": "sandbox",
    "IL_FORGE": "forge",
    "IL_REQUIRED_JOBS": "required_jobs",
    "IL_EXCLUDE": "exclude",
}


class Environment(NamedTuple):
    """What the environment says, read once at the start."""

    overrides: Mapping[str, str] = {}
    in_ci: bool = False
    in_gitlab: bool = False
    pipeline_id: str | None = None
    pipeline_url: str | None = None
    job_name: str | None = None
    no_color: bool = False
    home: Path | None = None
    state_home: Path | None = None
    cache_home: Path | None = None
    unknown: tuple[str, ...] = ()  # IL_ variables that nobody reads, with the nearest known name

    def text(self, name: str) -> str | None:
        """The override `name`, or None where it is not set or empty."""
        return self.overrides.get(name) or None

    def flag(self, name: str) -> bool | None:
        """The override `name` as yes or no. Raises ConfigError for anything else."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() in ("true", "1", "yes"):
            return True
        if value.lower() in ("false", "0", "no"):
            return False
        raise ConfigError(f"{name}={value!r}: expected true or false")

    @property
    def attempts(self) -> int:
        """How often this job may be started by itself. GitLab starts one three times at most: unknown is the most."""
        return self.number("IL_JOB_ATTEMPTS") or (3 if self.in_gitlab else 1)

    def number(self, name: str) -> int | None:
        """The override `name` as a whole number from 1. Raises ConfigError for anything else."""
        value = self.text(name)
        if value is not None and not (value.isascii() and value.isdigit() and int(value) > 0):
            raise ConfigError(f"{name}={value!r}: expected a whole number from 1")
        return None if value is None else int(value)


def read(variables: Mapping[str, str] | None = None) -> Environment:
    """The environment of this process. Raises ConfigError where a variable tries to override policy."""
    env = os.environ if variables is None else variables
    forbidden = [f"{name}: {key} is policy" for name, key in POLICY.items() if env.get(name)]
    if forbidden:
        raise ConfigError(
            "\n".join(forbidden) + "\nPolicy comes from .improve-loop.yml at the base commit; unset these variables"
        )
    home = Path(env["HOME"]) if env.get("HOME") else None
    return Environment(
        overrides={name: env[name] for name in OVERRIDABLE if name in env},
        in_ci=env.get("CI", "").lower() in ("true", "1"),
        in_gitlab=env.get("GITLAB_CI", "").lower() == "true",
        pipeline_id=env.get("CI_PIPELINE_ID") or None,
        pipeline_url=env.get("CI_PIPELINE_URL") or None,
        job_name=env.get("CI_JOB_NAME") or None,
        no_color=bool(env.get("NO_COLOR")) or env.get("TERM") == "dumb",
        home=home,
        state_home=_folder(env, "XDG_STATE_HOME", home, ".local/state"),
        cache_home=_folder(env, "XDG_CACHE_HOME", home, ".cache"),
        unknown=tuple(_unknown(name) for name in sorted(env) if name.startswith("IL_") and name not in _READ),
    )


# Read elsewhere by name: credentials, and settings of the CI template itself.
_READ = {*OVERRIDABLE, *POLICY, "IL_READ_TOKEN", "IL_WRITE_TOKEN", "IL_IMAGE", "IL_DOMAIN", "IL_DISABLED", "IL_START"}
_READ |= {"IL_NOTIFY_URL", "IL_MODEL_URL", "IL_MODEL", "IL_MODEL_KEY"}


def _folder(env: Mapping[str, str], name: str, home: Path | None, default: str) -> Path | None:
    if env.get(name):
        return Path(env[name]) / "improve-loop"
    return home / default / "improve-loop" if home else None


def _unknown(name: str) -> str:
    import difflib  # only to word this message

    near = difflib.get_close_matches(name, OVERRIDABLE, n=1)
    return f"{name} is not read by anything" + (f"; did you mean {near[0]}?" if near else "")


def variables() -> Mapping[str, str]:
    """All of them, for an edge that is told by name which credential it may read."""
    return os.environ


def git_environment(*, as_user: bool) -> dict[str, str]:
    """What git gets: nothing of the caller's repository; the user's own configuration only where it acts for them.

    A model key goes to no child at all. Where git acts for the user, a credential helper may need their token.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept.update(LC_ALL="C", GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", GIT_NO_LAZY_FETCH="0")
    if as_user:
        kept = {name: value for name, value in kept.items() if not _MODEL_KEY.search(name)}
        kept.update({name: os.environ[name] for name in _USERS_GIT if name in os.environ})
    else:
        kept = {name: value for name, value in kept.items() if not _SECRET.search(name)}
        kept.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", GIT_ATTR_NOSYSTEM="1")
    return kept


_USERS_GIT = (
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "GIT_ASKPASS",
    "GIT_CONFIG_COUNT",
    *(f"GIT_CONFIG_{part}_{index}" for part in ("KEY", "VALUE") for index in range(10)),
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
)


# A child that acts for nobody inherits no credential: model keys and tokens of this job stay in this process.
_MODEL_KEY = re.compile(r"(?<!SSH_)(?<!GPG_)KEY$|^IL_\w*TOKEN$|^OTEL_\w*HEADERS$", re.IGNORECASE)
_SECRET = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|HEADERS)(?:_|$)", re.IGNORECASE)


def stdin_is_terminal() -> bool:
    """Whether a human can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
