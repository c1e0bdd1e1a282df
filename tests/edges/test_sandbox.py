"""The sandbox, with real processes: what a checked command sees, does and leaves, in each kind that works here."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from improve_loop.edges import sandbox
from improve_loop.edges.git import git
from improve_loop.edges.sandbox.output import HEAD_BYTES, TAIL_BYTES, BoundedOutput
from improve_loop.edges.sandbox.view import chain_of
from tests.support.imports import PACKAGE

Confined = Literal["bubblewrap", "namespaces"]
Kind = Literal["bubblewrap", "namespaces", "none"]
KINDS: tuple[Kind, ...] = ("bubblewrap", "namespaces", "none")
CONFINED = sandbox.KINDS
DAEMON = """
import fcntl, os, sys, time
file = open("held", "w")
fcntl.flock(file, fcntl.LOCK_EX)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(1), os.close(2)
        time.sleep(600)
    os._exit(0)
os.wait()
os.close(file.fileno())
print("daemon started", flush=True)
if sys.argv[1:] == ["stay"]:
    time.sleep(600)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


def run(kind: Kind, checkout: Path, *argv: str, timeout: float = 60) -> sandbox.Ran:
    """In exactly this kind; skipped where the machine does not allow it."""
    if kind == "none":
        return sandbox.run(argv, checkout, timeout, "none")
    works, why_not = sandbox.working_sandbox((kind,))
    if not works:
        pytest.skip(why_not)
    return sandbox.run(argv, checkout, timeout, kinds=(kind,))


def python(kind: Kind, checkout: Path, code: str, *arguments: str, timeout: float = 60) -> sandbox.Ran:
    return run(kind, checkout, sys.executable, "-c", code, *arguments, timeout=timeout)


def is_held(checkout: Path) -> bool:
    """Whether a process that the command started still holds the lock it took."""
    with (checkout / "held").open("w") as file, contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_exit_codes_say_passed_and_failed(kind: Kind, checkout: Path) -> None:
    passed, failed = run(kind, checkout, "sh", "-c", "echo hello"), run(kind, checkout, "sh", "-c", "exit 3")
    assert (passed.status, passed.exit_code, passed.output_tail, passed.sandbox) == ("passed", 0, "hello\n", kind)
    assert (failed.status, failed.exit_code, failed.reason) == ("failed", 3, "exit code 3")
    assert passed.seconds > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_that_a_signal_ends_has_failed(kind: Kind, checkout: Path) -> None:
    ended = run(kind, checkout, "sh", "-c", "kill -TERM $$")
    assert (ended.status, ended.exit_code) == ("failed", 128 + signal.SIGTERM)


@pytest.mark.parametrize("kind", KINDS)
def test_the_environment_holds_five_plain_things(kind: Kind, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "glpat-never-seen")
    lines = run(kind, checkout, "env").output_tail.splitlines()
    assert {line.partition("=")[0] for line in lines} == {"PATH", "LANG", "HOME", "TMPDIR", "PWD"}
    assert f"PWD={checkout}" in lines
    assert "LANG=C.UTF-8" in lines


@pytest.mark.parametrize("kind", CONFINED)
def test_no_process_outside_can_be_seen_nor_its_environment(
    kind: Kind, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "glpat-never-seen")
    looked = run(kind, checkout, "sh", "-c", "cat /proc/[0-9]*/environ; echo; ls -d /proc/[0-9]* | wc -l")
    assert "never-seen" not in looked.output_tail
    assert int(looked.output_tail.split()[-1]) < 10


@pytest.mark.parametrize("kind", CONFINED)
def test_the_network_is_refused_but_its_own_loopback_works(kind: Kind, checkout: Path) -> None:
    code = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as own:
    socket.create_connection(own.getsockname()).close()
    print("own loopback works")
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
    print("reached the host")
except ConnectionRefusedError:
    print("refused")
"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert python("none", checkout, code, str(server.getsockname()[1])).output_tail.endswith("reached the host\n")
        tried = python(kind, checkout, code, str(server.getsockname()[1]))
    assert tried.output_tail == "own loopback works\nrefused\n"


@pytest.mark.parametrize("kind", KINDS)
def test_the_home_is_empty_and_can_be_written(kind: Kind, checkout: Path) -> None:
    looked = run(kind, checkout, "sh", "-c", 'ls -A "$HOME" && touch "$HOME/x" "$TMPDIR/y" && echo done')
    assert looked.output_tail == "done\n"


@pytest.mark.parametrize("kind", CONFINED)
def test_nothing_outside_the_checkout_can_be_written_and_files_beside_it_cannot_be_seen(
    kind: Kind, checkout: Path
) -> None:
    (checkout.parent / "secret").write_text("never seen")
    script = (
        "touch inside; for at in / /usr /etc /opt /home/.. /proc/sys/kernel; do touch $at/il-probe && echo $at; done"
    )
    wrote = run(kind, checkout, "sh", "-c", f"{script} 2>/dev/null; cat ../secret; ls -A ..; ls /run")
    assert (checkout / "inside").exists()
    assert "never seen" not in wrote.output_tail
    assert wrote.output_tail.splitlines()[0].startswith("cat:")
    assert f"\n{checkout.name}\n" in wrote.output_tail
    assert not Path("/usr/il-probe").exists()


@pytest.mark.parametrize("kind", CONFINED)
def test_what_only_the_user_may_read_in_etc_is_hidden(kind: Kind, checkout: Path) -> None:
    looked = run(kind, checkout, "sh", "-c", "cat /etc/shadow; cat /etc/passwd")
    assert "root:x:" in looked.output_tail
    assert "root:*" not in looked.output_tail
    assert "root:!" not in looked.output_tail


@pytest.mark.parametrize("kind", CONFINED)
def test_git_configuration_in_the_checkout_cannot_be_changed(kind: Kind, checkout: Path) -> None:
    (checkout / ".git").mkdir()
    (checkout / ".git" / "config").write_text("[core]\n")
    run(kind, checkout, "sh", "-c", "echo '[alias]' >> .git/config; mv .git away; rm -rf .git; ls -A")
    assert (checkout / ".git" / "config").read_text() == "[core]\n"


@pytest.mark.parametrize("kind", CONFINED)
def test_rights_are_given_up_for_good(kind: Kind, checkout: Path) -> None:
    looked = run(kind, checkout, "grep", "-E", "^(CapPrm|CapEff|CapBnd|NoNewPrivs)", "/proc/self/status")
    assert [line.split()[1] for line in looked.output_tail.splitlines()] == ["0" * 16] * 3 + ["1"]
    first = run(kind, checkout, "grep", "-E", "^(CapPrm|CapEff)", "/proc/1/status")  # it could be taken over by ptrace
    assert [line.split()[1] for line in first.output_tail.splitlines()] == ["0" * 16] * 2
    assert run(kind, checkout, "umount", "/home").status == "failed"


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_standard_descriptors_are_open_and_input_is_empty(kind: Kind, checkout: Path) -> None:
    with (checkout.parent / "open").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        looked = python(kind, checkout, "import os, sys; print(os.listdir('/proc/self/fd'), repr(sys.stdin.read()))")
    assert looked.output_tail == "['0', '1', '2', '3'] ''\n"  # 3 is the listing itself


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_no_terminal(kind: Kind, checkout: Path) -> None:
    assert run(kind, checkout, "sh", "-c", "true < /dev/tty").status == "failed"


@pytest.mark.parametrize("kind", KINDS)
def test_a_timeout_kills_a_grandchild_that_left_the_session(kind: Kind, checkout: Path) -> None:
    ran = python(kind, checkout, DAEMON, "stay", timeout=2)
    assert ran.output_tail == "daemon started\n"
    assert (ran.status, ran.exit_code) == ("timed_out", None)
    assert not is_held(checkout)


@pytest.mark.parametrize("kind", KINDS)
def test_a_daemon_that_outlives_its_command_is_killed(kind: Kind, checkout: Path) -> None:
    ran = python(kind, checkout, DAEMON)
    assert (ran.status, ran.output_tail) == ("passed", "daemon started\n")
    assert not is_held(checkout)


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_that_closed_its_output_is_waited_for_and_killed_in_time(kind: Kind, checkout: Path) -> None:
    assert run(kind, checkout, "sh", "-c", "exec >&- 2>&-; exit 4").exit_code == 4
    assert run(kind, checkout, "sh", "-c", "exec >&- 2>&-; sleep 600", timeout=0.5).status == "timed_out"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_with_the_loop_everything_it_began_ends(kind: Kind, checkout: Path, how: signal.Signals) -> None:
    code = f"""
from pathlib import Path
from improve_loop.edges import sandbox
argv = ({sys.executable!r}, "-c", {DAEMON!r}, "stay")
kinds = sandbox.KINDS if {kind!r} == "none" else ({kind!r},)
sandbox.run(argv, Path({str(checkout)!r}), 60, "none" if {kind!r} == "none" else "auto", kinds=kinds)
"""
    run(kind, checkout, "true")
    loop = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)})
    wait_until(lambda: (checkout / "held").exists() and is_held(checkout))
    loop.send_signal(how)
    loop.wait()
    wait_until(lambda: not is_held(checkout))


def wait_until(seen: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < until


@pytest.mark.parametrize("kind", KINDS)
def test_output_without_end_is_bounded_and_keeps_both_ends(kind: Kind, checkout: Path) -> None:
    script = "echo begin; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end"
    ran = run(kind, checkout, "sh", "-c", script)
    assert ran.status == "passed"
    assert ran.output_tail.startswith("begin\nxxx")
    assert ran.output_tail.endswith("xxx\nend\n")
    assert f"[{100_000_011 - HEAD_BYTES - TAIL_BYTES} bytes left out]" in ran.output_tail
    assert len(ran.output_tail) < HEAD_BYTES + TAIL_BYTES + 100


def test_output_takes_no_more_memory_the_longer_it_is() -> None:
    output, chunk = BoundedOutput(), b"x" * (1 << 16)
    tracemalloc.start()
    for _ in range(1000):
        output.add(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_output_that_is_not_text_is_kept_as_far_as_it_is(checkout: Path) -> None:
    assert run("none", checkout, "printf", r"a\377b").output_tail == "a�b"


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_that_is_not_there_is_not_run_rather_than_failed(kind: Kind, checkout: Path) -> None:
    ran = run(kind, checkout, "no-such-program-anywhere")
    assert (ran.status, ran.exit_code) == ("not_run", None)
    assert "no-such-program-anywhere" in ran.reason
    (checkout / "script").write_text("#!/nowhere/python\n")
    (checkout / "script").chmod(0o755)
    assert run(kind, checkout, "./script").status == "not_run"
    assert run(kind, checkout, "./not-there").status == "not_run"


@pytest.mark.parametrize("kind", CONFINED)
def test_programs_installed_under_a_home_work_and_the_rest_of_it_stays_hidden(
    kind: Kind, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = checkout.parent / "home"
    tool = home / ".tools" / "venv" / "bin" / "tool"
    for folder in (tool.parent, home / ".local" / "bin", home / ".local" / "share", tool.parents[1] / "lib"):
        folder.mkdir(parents=True)
    tool.write_text(f"#!/bin/sh\ncat {tool.parents[1]}/lib/part; cat {home}/.local/share/secret {home}/secret\n")
    tool.chmod(0o755)
    (tool.parents[1] / "lib" / "part").write_text("its library\n")
    for secret in (home / "secret", home / ".local" / "share" / "secret"):
        secret.write_text("never seen\n")
    (home / ".local" / "bin" / "tool").symlink_to(tool)
    monkeypatch.setenv("PATH", f"{home}/.local/bin:{os.environ['PATH']}")
    ran = run(kind, checkout, "sh", "-c", "tool")
    assert ran.output_tail.startswith("its library\n")
    assert "never seen" not in ran.output_tail


@pytest.mark.parametrize("kind", CONFINED)
def test_shims_of_a_version_manager_become_what_they_stand_for(
    kind: Kind, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = checkout.parent / "home" / ".pyenv"
    for version in ("3.1", "3.2"):
        (root / "versions" / version / "bin").mkdir(parents=True)
        program = root / "versions" / version / "bin" / "tool"
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    (root / "shims").mkdir()
    (root / "shims" / "tool").write_text("#!/bin/sh\necho needs its home\n")
    (root / "shims" / "tool").chmod(0o755)
    (root / "version").write_text("3.1\n")
    monkeypatch.setenv("PATH", f"{root}/shims:{os.environ['PATH']}")
    assert run(kind, checkout, "tool").output_tail == "3.1\n"
    (checkout / ".python-version").write_text("3.2\n")
    assert run(kind, checkout, "tool").output_tail == "3.2\n"
    (checkout / ".python-version").write_text("../../../..\n")
    assert run(kind, checkout, "tool").status == "not_run"


def test_rusts_stand_ins_give_way_to_the_default_toolchain(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = checkout.parent / "home"
    for folder, says in ((home / ".cargo" / "bin", "needs its home"), (home / ".rustup/toolchains/stable/bin", "real")):
        folder.mkdir(parents=True)
        (folder / "cargo").write_text(f"#!/bin/sh\necho {says}\n")
        (folder / "cargo").chmod(0o755)
    (home / ".cargo" / "bin" / "rustup").touch()
    (home / ".rustup" / "settings.toml").write_text('default_toolchain = "stable"\n')
    monkeypatch.setenv("PATH", f"{home}/.cargo/bin:{os.environ['PATH']}")
    assert run("namespaces", checkout, "cargo").output_tail == "real\n"


@pytest.mark.parametrize("kind", CONFINED)
def test_git_works_in_a_linked_worktree_whose_repository_may_be_read(kind: Confined, checkout: Path) -> None:
    main = checkout.parent / "main"
    git(checkout.parent, "init", "-q", str(main))
    (main / "file").write_text("x\n")
    git(main, "add", ".")
    git(main, "-c", "user.name=Jo", "-c", "user.email=jo@example.com", "commit", "-qm", "first")
    git(main, "worktree", "add", "-q", "--detach", str(checkout))
    log = ("sh", "-c", "git log --format=%s && git status --short; touch $(git rev-parse --git-common-dir)/x; true")
    assert "not a git repository" in run(kind, checkout, *log).output_tail
    seen = sandbox.run(log, checkout, 60, readable=[main / ".git"], kinds=(kind,)).output_tail.splitlines()
    assert seen[0] == "first"
    assert "Read-only file system" in seen[-1]


def test_a_shim_that_needs_the_hidden_home_is_named(checkout: Path) -> None:
    shims = checkout.parent / ".asdf" / "shims"
    shims.mkdir(parents=True)
    shutil.copy("/bin/sh", shims / "node")
    missing = chain_of("node", checkout, str(shims))[1]
    assert missing is not None
    assert f"{shims}/node only looks up the real program in your home, which is hidden" in missing


def test_a_script_leads_through_env_to_its_interpreter(checkout: Path) -> None:
    (checkout / "check").write_text("#!/usr/bin/env -S sh -e\n")
    (checkout / "check").chmod(0o755)
    chain, missing = chain_of("./check", checkout, "/usr/bin:/bin")
    assert missing is None
    assert [place.name for place in chain][:2] == ["check", "sh"]


def test_without_a_working_sandbox_nothing_runs_and_the_reason_says_what_to_do(checkout: Path) -> None:
    ran = sandbox.run(("touch", "ran"), checkout, 10, kinds=())
    assert ran.status == "not_run"
    assert "Install bubblewrap" in ran.reason
    assert "sandbox: none" in ran.reason
    assert not (checkout / "ran").exists()
