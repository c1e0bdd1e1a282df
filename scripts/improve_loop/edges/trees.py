"""The target's files, read-only: of a commit in a repository, or of a plain folder (`model.plugs.Tree`)."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from improve_loop.edges.environment import git_environment
from improve_loop.edges.git import SAFE, failure, git

REGULAR = ("100644", "100755")


class CommitTree:
    """The files of one commit. Blobs are read one by one from a single `git cat-file --batch`; close it when done."""

    def __init__(self, git_dir: Path, commit: str) -> None:
        self.git_dir = git_dir
        self.commit = commit
        self._reader: subprocess.Popen[bytes] | None = None

    @cached_property
    def entries(self) -> dict[str, tuple[str, str]]:
        """path -> (mode, object id), of everything in the tree, symlinks and submodules too."""
        listing = git(self.git_dir, "ls-tree", "-r", "-z", "--full-tree", self.commit, extra_env=self._named())
        found = {}
        for row in listing.split(b"\0")[:-1]:
            head, _, path = row.partition(b"\t")
            mode, _, object_id = head.decode().split(" ")
            found[path.decode("utf-8", "surrogateescape")] = (mode, object_id)
        return found

    def paths(self) -> Sequence[str]:
        """Every regular file, sorted."""
        return sorted(path for path, (mode, _) in self.entries.items() if mode in REGULAR)

    def read(self, path: str) -> bytes | None:
        """The bytes of a regular file; None for anything else."""
        mode, object_id = self.entries.get(path, ("", ""))
        return self._blob(object_id) if mode in REGULAR else None

    def _blob(self, object_id: str) -> bytes:
        reader = self._reader or self._start()
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(f"{object_id}\n".encode())
        reader.stdin.flush()
        header = reader.stdout.readline().split()
        if len(header) != 3:
            raise failure(self.git_dir, ["cat-file"], 1, f"{object_id} is missing from the repository")
        content = reader.stdout.read(int(header[2]))
        reader.stdout.read(1)
        return content

    def _start(self) -> subprocess.Popen[bytes]:
        self._reader = subprocess.Popen(
            ["git", *SAFE, "-C", str(self.git_dir), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**git_environment(as_user=False), **self._named()},
        )
        return self._reader

    def _named(self) -> dict[str, str]:
        """Named, not looked for: git asks no leave (`safe.directory`) for what its user has opened already."""
        return {"GIT_DIR": str(self.git_dir)}

    def close(self) -> None:
        """Ends the reader."""
        if self._reader is not None:
            self._reader.communicate()
            self._reader = None

    def __enter__(self) -> CommitTree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FolderTree:
    """The files of a folder as they are now; `.git` and symlinks are left out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self) -> Sequence[str]:
        """Every regular file, sorted."""
        found: list[Path] = []
        for folder, names, files in os.walk(self.folder):
            names[:] = sorted(name for name in names if name != ".git")
            found.extend(Path(folder, name) for name in files)
        return sorted(str(path.relative_to(self.folder)) for path in found if _is_regular(path))

    def read(self, path: str) -> bytes | None:
        """The bytes of a regular file inside the folder; None for anything else."""
        whole = self.folder / path
        inside = not any(part == ".." for part in Path(path).parts)
        steps = [self.folder.joinpath(*Path(path).parts[:depth]) for depth in range(1, len(Path(path).parts) + 1)]
        if not inside or any(step.is_symlink() for step in steps) or not _is_regular(whole):
            return None
        return whole.read_bytes()


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
