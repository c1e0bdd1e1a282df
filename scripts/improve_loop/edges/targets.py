"""Finding the repository to improve: a path, or a URL that is cloned into the cache once and fetched after."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from improve_loop.edges.environment import Environment, variables
from improve_loop.edges.exclusive import alone
from improve_loop.edges.forge.local_read import LocalReader
from improve_loop.edges.git import GitError, Repository, commit_of, git, open_repository, text
from improve_loop.errors import TryLater, UsageError
from improve_loop.model.forge import BRANCH_PREFIX

_URL = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|[^/\s]+@[^/\s]+:)", re.IGNORECASE)
FETCH_SECONDS = 1800.0


@dataclass(frozen=True, kw_only=True)
class Located:
    """The target on this machine, and the commit and branch a run would look at."""

    repository: Repository
    name: str
    url: str  # without credentials
    branch: str  # "HEAD" when detached
    base_sha: str
    forge: Literal["local", "gitlab"] = "local"
    project_id: int | None = None
    ci_file: str | None = None  # where the forge says the pipeline is; None: it says nothing


def is_url(target: str) -> bool:
    """Whether `target` names a repository elsewhere rather than a path."""
    return _URL.match(target) is not None


def locate(target: str | None, environment: Environment) -> Located:
    """The target repository; a URL is cloned or fetched first. Raises UsageError, TryLater."""
    if target and is_url(target):
        if not _can_be_read(target):
            raise UsageError("--target: a URL that cannot be read; check its host and port")
        return _on_gitlab(target, environment) if _is_gitlab(target, environment) else _cloned(target, environment)
    path = Path(target or ".").expanduser().absolute()
    repository = open_repository(path)
    branch = _quietly(repository, "symbolic-ref", "--short", "-q", "HEAD") or "HEAD"
    base = commit_of(repository)
    if branch.startswith(BRANCH_PREFIX):
        # A human looks at one of our branches: what it is to be merged into is what is improved.
        branch = LocalReader(repository=repository).project().default_branch or branch
        base = commit_of(repository, f"refs/heads/{branch}")
    origin = _quietly(repository, "config", "--get", "remote.origin.url")
    origin = origin if _can_be_read(origin) else ""
    folder = repository.folder.parent if repository.folder.name == ".git" else repository.folder
    return Located(
        repository=repository,
        name=_name(origin) if origin else folder.name.removesuffix(".git"),
        url=without_credentials(origin) if origin else str(folder),
        branch=branch,
        base_sha=base,
    )


def _quietly(repository: Repository, *args: str) -> str:
    try:
        return text(repository.folder, *args, as_user=True)
    except GitError:
        return ""


def _can_be_read(url: str) -> bool:
    try:
        urlsplit(url).port  # noqa: B018  # raises, as the host does in urlsplit
    except ValueError:
        return "://" not in url
    return True


def without_credentials(url: str) -> str:
    """The URL without user, password and query: it is shown and stored."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    host = parts.hostname or ""
    netloc = f"{host}:{parts.port}" if parts.port else host
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))


def _name(url: str) -> str:
    """`group/project` of a hosted URL, the folder's name of a path: the same in every clone."""
    path = urlsplit(url).path if "://" in url else url.rpartition(":")[2]
    parts = [part for part in path.removesuffix("/").removesuffix(".git").split("/") if part]
    hosted = is_url(url) and not url.startswith("file:")
    return "/".join(parts if hosted else parts[-1:]) or "target"


def _is_gitlab(url: str, environment: Environment) -> bool:
    """In a GitLab job, and wherever a token for reading one is at hand, a web URL is a project of a GitLab."""
    return url.startswith(("https://", "http://")) and (environment.in_gitlab or bool(variables().get("IL_READ_TOKEN")))


def _on_gitlab(url: str, environment: Environment) -> Located:
    """The project with its default branch's commit fetched. Raises UsageError where no merge request can be opened."""
    from improve_loop.edges.forge import gitlab_read  # python-gitlab, for those who need it

    forge = gitlab_read.connect(url, variables())
    project = forge.project()
    if project.archived or not project.merge_requests_enabled:
        why = "is archived" if project.archived else "has merge requests switched off"
        raise UsageError(f"{project.path} {why}, so nothing could be proposed there; change that, or take it off")
    folder = _cache(url, environment)
    folder.parent.mkdir(parents=True, exist_ok=True)
    branch, base = forge.fetch_base(folder, project.default_branch)
    return Located(
        repository=open_repository(folder),
        name=project.path,
        url=without_credentials(url).removesuffix("/").removesuffix(".git"),
        branch=branch,
        base_sha=base,
        forge="gitlab",
        project_id=project.id,
        ci_file=project.ci_config_path,
    )


def _cache(url: str, environment: Environment) -> Path:
    if environment.cache_home is None:
        raise UsageError(
            f"{without_credentials(url)}: no HOME to keep a clone in; set XDG_CACHE_HOME, or clone it yourself"
        )
    digest = hashlib.sha256(url.encode()).hexdigest()[:8]
    return environment.cache_home / "targets" / f"{_name(url).replace('/', '-')}-{digest}.git"


def _cloned(url: str, environment: Environment) -> Located:
    folder, name = _cache(url, environment), _name(url)
    with alone(folder.with_suffix(".lock"), FETCH_SECONDS):
        if not (folder / "HEAD").is_file():
            _first_clone(url, folder)
        _fetch(url, folder)
    repository = open_repository(folder)
    branch = text(folder, "symbolic-ref", "--short", "HEAD")
    return Located(
        repository=repository,
        name=name,
        url=without_credentials(url),
        branch=branch,
        base_sha=commit_of(repository),
    )


def _first_clone(url: str, folder: Path) -> None:
    """Cloned beside and moved into place, so that a clone that was cut off is never taken for a whole one."""
    beside = folder.with_name(f".{folder.name}.cloning")
    shutil.rmtree(beside, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remote(folder.parent, url, "clone", "-q", "--bare", "--depth=1", "--single-branch", url, str(beside))
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _fetch(url: str, folder: Path) -> None:
    """Brings the default branch up to date; the loop's own branches in the clone stay."""
    head = _remote(folder, url, "ls-remote", "--symref", url, "HEAD").decode("utf-8", "replace")
    match = re.search(r"^ref: (refs/heads/\S+)\tHEAD$", head, re.MULTILINE)
    if not match:
        raise UsageError(f"{without_credentials(url)}: an empty repository has nothing to improve yet")
    _remote(folder, url, "fetch", "-q", "--depth=1", "--no-tags", "--update-head-ok", url, f"+{match[1]}:{match[1]}")
    git(folder, "symbolic-ref", "HEAD", match[1])


def _remote(folder: Path, url: str, *args: str) -> bytes:
    try:
        return git(folder, *args, as_user=True, timeout_seconds=FETCH_SECONDS)
    except GitError as error:
        said = _said(error.stderr.replace(url, without_credentials(url)))
        missing = ("not found", "does not exist", "not appear to be a git repository", "Authentication failed")
        kind = UsageError if any(word in error.stderr for word in missing) else TryLater
        raise kind(
            f"{without_credentials(url)}: cannot be fetched: {said}; check the URL, your access and the network"
        ) from None


def _said(stderr: str) -> str:
    """The lines in which git or ssh says what is wrong, without the advice that follows."""
    lines = [line.strip() for line in stderr.partition("Please make sure")[0].splitlines() if line.strip()]
    return "; ".join(lines[-3:]) or "git said nothing"
