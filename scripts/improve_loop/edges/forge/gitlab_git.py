"""Git towards GitLab: the token travels in the environment of one git process, never in a URL, file or argument."""

from __future__ import annotations

import base64
import time
from pathlib import Path

from improve_loop.edges.forge.gitlab_session import GitLabProject
from improve_loop.edges.git import GitError, git, text
from improve_loop.errors import LoopError, TryLater, UsageError

TIMEOUT_SECONDS = 600
WAITS = (0.5, 2.0)  # seconds before a reading is tried again
PATIENCE_SECONDS = 60.0  # one that took longer than this to fail is not


def remote(at: GitLabProject) -> str:
    """The URL to fetch from and push to."""
    return f"{at.server}/{at.path}.git"


def credentials(at: GitLabProject) -> dict[str, str]:
    """The environment that lets one git process in. No redirect is followed: it would take the token along."""
    basic = base64.b64encode(f"improve-loop:{at.token}".encode()).decode()
    settings = {
        f"http.{at.server}/.extraHeader": f"Authorization: Basic {basic}",
        "http.followRedirects": "false",
        "credential.helper": "",
        "core.hooksPath": "/dev/null",
        "protocol.allow": "never",
        "protocol.http.allow": "always",
        "protocol.https.allow": "always",
    }
    env = {"GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return {**env, "GIT_SSL_CAINFO": at.ca_file} if at.ca_file else env


def new_repository(git_dir: Path) -> None:
    """An empty bare repository, without templates and so without hooks."""
    git(git_dir.parent, "init", "-q", "--bare", "--template=", str(git_dir))


def fetch(at: GitLabProject, git_dir: Path, what: str, *, depth: int | None = 1) -> str:
    """Brings a branch (`refs/heads/…`) or a commit into the repository; its sha."""
    shallow = () if depth is None else (f"--depth={depth}",)
    arguments = ("fetch", "-q", "--no-tags", "--no-write-fetch-head", *shallow, remote(at), f"+{what}:refs/fetched")
    ask(at, git_dir, *arguments)
    return text(git_dir, "rev-parse", "refs/fetched")


def ask(at: GitLabProject, folder: Path, *args: str) -> bytes:
    """A git that only reads from the server, asked again while the server is away. Raises TryLater or UsageError."""
    for seconds in WAITS:
        asked = time.monotonic()
        try:
            return run(at, folder, *args)
        except TryLater:
            if time.monotonic() - asked > PATIENCE_SECONDS:
                raise  # a server that hangs would eat the whole job
            time.sleep(seconds)
    return run(at, folder, *args)


def run(at: GitLabProject, folder: Path, *args: str) -> bytes:
    """A git that talks to the server. Raises TryLater or UsageError with what the server said."""
    try:
        return git(folder, *args, extra_env=credentials(at), timeout_seconds=TIMEOUT_SECONDS)
    except GitError as error:
        raise _explained(at, error) from None


AWAY = (
    *("Could not resolve host", "Failed to connect", "Connection refused", "timed out", "Empty reply"),
    *("returned error: 5", "returned error: 429", "early EOF", "RPC failed", "hung up unexpectedly"),
)
DENIED = ("Authentication failed", "returned error: 401", "returned error: 403", "not allowed to push", "Access denied")


def _explained(at: GitLabProject, error: GitError) -> LoopError:
    if any(sign in error.stderr for sign in DENIED):
        return UsageError(
            f"git at {remote(at)}: {error.stderr}; the token in {at.token_name} needs read_repository to read, "
            "write_repository and the role Developer to push (docs/gitlab-setup.md)"
        )
    if any(sign in error.stderr for sign in AWAY):
        return TryLater(f"git at {remote(at)}: {error.stderr}; try again later")
    return error
