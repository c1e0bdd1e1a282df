"""A patch is judged by the tree that git makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve_loop.edges.delta import PatchRefused, delta_between, delta_of
from improve_loop.errors import UsageError
from improve_loop.gates import judge
from improve_loop.model.delta import Line, TreeDelta
from improve_loop.rules.gating.patch import header_findings
from improve_loop.rules.gating.policy import Policy
from tests.gates.repository import git, patch_of, repository

FILES = {
    "app.py": b"one\ntwo\nthree\n",
    "no_newline.txt": b"last",
    "crlf.txt": b"a\r\nb\r\n",
    "dir/deep.txt": b"x\n" * 30,
}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("repo"), FILES)


def added(path: str, text: str = "x\n", mode: str = "100644") -> bytes:
    body = "".join(f"+{line}\n" for line in text.splitlines())
    return (
        f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
        f"@@ -0,0 +1,{len(text.splitlines())} @@\n{body}"
    ).encode()


def refused(repo: Path, patch: bytes) -> set[str]:
    """The rules that refuse a patch, whether git or a gate says so."""
    try:
        delta = delta_of(repo, "HEAD", patch)
    except PatchRefused as error:
        return {finding.rule for finding in error.findings}
    return {finding.rule for finding in judge(delta, None, Policy()) if finding.severity == "refuse"}


def pair(line: Line) -> tuple[int, str]:
    return line.number, line.text


def only_file(delta: TreeDelta) -> tuple[str, str, list[tuple[int, str]], list[tuple[int, str]]]:
    (file,) = delta.files
    return file.path, file.status, [*map(pair, file.added)], [*map(pair, file.removed)]


def test_lines_carry_their_numbers(repo: Path) -> None:
    patch = patch_of(repo, {"app.py": b"one\n2\nthree\nfour\n"})
    delta = delta_of(repo, "HEAD", patch)
    assert only_file(delta) == ("app.py", "modified", [(2, "2"), (4, "four")], [(2, "two")])


def test_the_result_is_the_tree_that_a_commit_would_have(repo: Path) -> None:
    patch = patch_of(repo, {"app.py": b"changed\n", "new.txt": b"x"})
    git(repo, "apply", "--index", stdin=patch)
    tree = git(repo, "write-tree").decode().strip()
    git(repo, "reset", "-q", "--hard", "HEAD")
    assert delta_of(repo, "HEAD", patch).result_tree == tree


def test_missing_final_newlines_are_followed(repo: Path) -> None:
    delta = delta_of(repo, "HEAD", patch_of(repo, {"no_newline.txt": b"last\nmore"}))
    assert only_file(delta)[2:] == ([(1, "last"), (2, "more")], [(1, "last")])


def test_carriage_returns_stay(repo: Path) -> None:
    delta = delta_of(repo, "HEAD", patch_of(repo, {"crlf.txt": b"a\r\nc\r\n"}))
    assert only_file(delta)[2:] == ([(2, "c\r")], [(2, "b\r")])


def test_a_rename_keeps_its_old_name(repo: Path) -> None:
    delta = delta_of(repo, "HEAD", patch_of(repo, {"dir/deep.txt": None, "other/deep.txt": b"x\n" * 30}))
    assert [(file.path, file.old_path, file.status) for file in delta.files] == [
        ("other/deep.txt", "dir/deep.txt", "renamed")
    ]


def test_a_type_change_is_a_type_change(repo: Path) -> None:
    patch = (
        b"diff --git a/app.py b/app.py\ndeleted file mode 100644\n--- a/app.py\n+++ /dev/null\n"
        b"@@ -1,3 +0,0 @@\n-one\n-two\n-three\n"
        b"diff --git a/app.py b/app.py\nnew file mode 120000\n--- /dev/null\n+++ b/app.py\n"
        b"@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n"
    )
    delta = delta_of(repo, "HEAD", patch)
    assert [(file.status, file.new_mode, file.new) for file in delta.files] == [
        ("type_changed", "120000", b"/etc/passwd")
    ]
    assert "kinds/symlink" in refused(repo, patch)


def test_attributes_of_the_tree_hide_nothing(tmp_path: Path) -> None:
    repo = repository(tmp_path, {".gitattributes": b"* -diff binary\n", "a.py": b"one\n"})
    delta = delta_of(repo, "HEAD", patch_of(repo, {"a.py": b"two\n"}))
    assert only_file(delta)[2] == [(1, "two")]


def test_two_patches_to_one_file_are_judged_together(repo: Path) -> None:
    first = b"--- a/app.py\n+++ b/app.py\n@@ -1,3 +1,3 @@\n-one\n+1\n two\n three\n"
    second = b"--- a/app.py\n+++ b/app.py\n@@ -1,3 +1,3 @@\n 1\n two\n-three\n+3\n"
    assert only_file(delta_of(repo, "HEAD", first + second))[2] == [(1, "1"), (3, "3")]


def test_nothing_is_left_behind(repo: Path) -> None:
    patch = patch_of(repo, {"app.py": b"unseen content\n"})
    before = sorted(path for path in (repo / ".git").rglob("*"))
    delta_of(repo, "HEAD", patch)
    assert sorted(path for path in (repo / ".git").rglob("*")) == before


def test_a_bare_repository_will_do(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    patch = patch_of(repo, {"app.py": b"changed\n"})
    assert delta_of(tmp_path / "bare.git", "main", patch).files[0].path == "app.py"


def test_a_partial_clone_lacks_only_what_the_patch_leaves_alone(repo: Path, tmp_path: Path) -> None:
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo}", "part")
    git(tmp_path / "part", "remote", "set-url", "origin", "file:///nowhere")
    assert [file.path for file in delta_of(tmp_path / "part", "main", added("b.py")).files] == ["b.py"]
    assert refused(tmp_path / "part", patch_of(repo, {"app.py": b"1\n"})) == {"kinds/unappliable"}


def test_two_trees_are_compared(repo: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "r", FILES)
    (other / "app.py").write_bytes(b"one\n")
    git(other, "commit", "-qam", "next")
    assert only_file(delta_between(other, "HEAD~1", "HEAD"))[3] == [(2, "two"), (3, "three")]


def test_base_files_are_read_when_asked_for(repo: Path) -> None:
    delta = delta_of(repo, "HEAD", added("b.py"))
    assert delta.read_result("app.py") == FILES["app.py"]
    assert delta.read_result("b.py") == b"x\n"
    assert delta.read_result("absent") is None
    assert delta.result_paths == {*FILES, "b.py"}


@pytest.mark.parametrize("patch", [b"", b"words\n", b"diff --git a/x b/x\n", b"\0\0", added("x")[:-2], added("app.py")])
def test_what_git_cannot_apply_is_refused(repo: Path, patch: bytes) -> None:
    assert refused(repo, patch) == {"kinds/unappliable"}


def test_a_patch_that_changes_nothing_is_refused(repo: Path) -> None:
    patch = b"diff --git a/app.py b/app.py\nold mode 100644\nnew mode 100644\n"
    assert refused(repo, patch)


@pytest.mark.parametrize("base", ["nowhere", "--all", "HEAD\n", "", "^HEAD", "HEAD..HEAD"])
def test_a_base_that_is_not_there_is_a_usage_error(repo: Path, base: str) -> None:
    with pytest.raises(UsageError):
        delta_of(repo, base, added("x"))


def test_a_folder_that_is_no_repository_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        delta_of(tmp_path, "HEAD", added("x"))


HOSTILE = {
    "parent": added("../x"),
    "inner parent": added("a/../../x"),
    "dot git": added(".git/hooks/pre-commit"),
    "DOT GIT": added(".GIT/config"),
    "short name of .git": added("GIT~1/config"),
    "git in depth": added("sub/.git/config"),
    "trailing dot": added(".git./config"),
    "stream": added(".git::$INDEX_ALLOCATION/x"),
    "ignorable character": added(".g\u200cit/config"),
    "backslash": added("a\\\\b"),
    "symlink": added("link", "/etc/passwd", "120000"),
    "submodule": added("sub", "Subproject commit " + "a" * 40, "160000"),
    "executable": added("run.sh", "#!/bin/sh\n", "100755"),
    "modules": added(".gitmodules", '[submodule "x"]\n'),
    "attributes": added(".gitattributes", "* -diff\n"),
    "bidi name": added('"x\\342\\200\\256cod.exe"').replace(b'a/"', b'"a/').replace(b'b/"', b'"b/'),
    "newline in name": added('"x\\ny"').replace(b'a/"', b'"a/').replace(b'b/"', b'"b/'),
    "absolute": b"--- /dev/null\n+++ /etc/passwd\n@@ -0,0 +1 @@\n+x\n",
    "names disagree": b"diff --git a/app.py b/app.py\n--- a/crlf.txt\n+++ b/crlf.txt\n@@ -1,2 +1,2 @@\n-a\r\n+z\r\n b\r\n",
    "halves disagree": b"--- a/app.py\n+++ b/crlf.txt\n@@ -1,3 +1,3 @@\n-one\n+1\n two\n three\n",
    "a rename to another name": b"diff --git a/app.py b/b.py\nsimilarity index 100%\nrename from app.py\nrename to c.py\n",
    "a rename of another file": b"diff --git a/app.py b/b.py\nsimilarity index 100%\nrename from dir/deep.txt\nrename to b.py\n",
    "a copy to another name": b"diff --git a/app.py b/b.py\nsimilarity index 100%\ncopy from app.py\ncopy to c.py\n",
    "case twin": added("App.py"),
    "folder twin": added("DIR/other.txt"),
    "copy with the bit": b"diff --git a/app.py b/b.py\nold mode 100644\nnew mode 100755\nsimilarity index 100%\ncopy from app.py\ncopy to b.py\n",
    "chmod": b"diff --git a/app.py b/app.py\nold mode 100644\nnew mode 100755\n",
    "file under a new link": added("l", "dir", "120000") + added("l/x"),
    "fewer lines than said": added("x").replace(b"+1,1", b"+1,2"),
    "through a file": added("app.py/x"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_patches_are_refused(repo: Path, name: str) -> None:
    assert refused(repo, HOSTILE[name])


@pytest.mark.parametrize("name", ["b c.py", "dir/häufig.txt", 'q"x', "tab\tx"])
@pytest.mark.parametrize("prefix", [(), ("--no-prefix",), ("--src-prefix=old/", "--dst-prefix=new/")])
def test_headers_of_git_itself_agree(tmp_path: Path, name: str, prefix: tuple[str, ...]) -> None:
    repo = repository(tmp_path, FILES)
    git(repo, "mv", "app.py", name)
    patch = git(repo, "diff", "--cached", "-M", "-C", *prefix)
    assert b"rename to" in patch
    assert header_findings(patch) == ()


def test_plain_patches_pass(repo: Path) -> None:
    for patch in (
        patch_of(repo, {"app.py": b"one\ntwo\n3\n"}),
        patch_of(repo, {"dir/deep.txt": None, "dir/deeper.txt": b"x\n" * 30}),
        b"From 1234\nSubject: [PATCH] x\n\n---\n app.py | 2 +-\n\n" + patch_of(repo, {"app.py": b"1\ntwo\nthree\n"}),
    ):
        assert refused(repo, patch) == set()


def test_the_order_of_hunk_lines_cannot_hide_a_file(repo: Path) -> None:
    patch = added("a.txt", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
    delta = delta_of(repo, "HEAD", patch)
    assert [file.path for file in delta.files] == ["a.txt"]
    assert len(delta.files[0].added) == 6


def test_two_files_that_change_places_are_read_as_they_are_then(repo: Path) -> None:
    patch = b"".join(
        f"diff --git a/{old} b/{new}\nsimilarity index 100%\nrename from {old}\nrename to {new}\n".encode()
        for old, new in (("app.py", "dir/deep.txt"), ("dir/deep.txt", "app.py"))
    )
    delta = delta_of(repo, "HEAD", patch)
    assert delta.read_result("app.py") == FILES["dir/deep.txt"]
    assert delta.read_result("dir/deep.txt") == FILES["app.py"]
    moved = delta_of(repo, "HEAD", patch.partition(b"diff --git a/dir")[0].replace(b"dir/deep.txt", b"new.py"))
    assert (moved.read_result("app.py"), moved.read_result("new.py")) == (None, FILES["app.py"])
    assert moved.read_result("crlf.txt") == FILES["crlf.txt"]
