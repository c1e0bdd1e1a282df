"""Runs as a script of its own, between the loop and a checked command: limits, namespaces, and the end of all it began.

One argument, a JSON object: `argv`, `status` (a file descriptor that is told `started`, or why nothing started),
`mode` and, for namespaces, `steps` and `folder`. It imports nothing of the package and runs with a clean environment.
Linux calls that Python 3.11 does not know go through ctypes; their numbers are the same on every architecture.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import stat
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACES = 0x10000000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000  # user, process, network, IPC, host name
MOUNT_NAMESPACE = 0x00020000
BIND, RECURSIVE, PRIVATE, NOSUID, NODEV = 0x1000, 0x4000, 1 << 18, 2, 4
RDONLY_ATTRIBUTE, NOSUID_ATTRIBUTE = 1, 2
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
GIB = 1 << 30
SHELL_STATUS = 3


def main() -> NoReturn:
    spec = json.loads(sys.argv[1])
    try:
        _prctl(1, signal.SIGTERM)  # die with the loop, and take everything along
        _prctl(36, 1)  # orphans below come to this process
        _limit()
        if spec["mode"] == "namespaces":
            _enter_namespaces()
    except OSError as error:
        _stop(spec["status"], error)
    begin = _as_first_process if spec["mode"] == "namespaces" else _as_command
    os._exit(_supervise(lambda: begin(spec)))


def _supervise(begin: Callable[[], NoReturn]) -> int:
    """The exit code of the child; whatever it leaves behind is dead when this returns."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _wait_for(_fork(begin))
    except SystemExit:
        return 143
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while _kill_children():
            pass


def _fork(begin: Callable[[], NoReturn]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        begin()
    finally:
        os._exit(126)


def _wait_for(child: int) -> int:
    """Collects every process that ends, until the child does."""
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _kill_children() -> bool:
    """Kills and collects the direct children; theirs become ours. False once there is none left."""
    for child in _children():
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    try:
        os.wait()
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    own, found = str(os.getpid()), list[int]()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            if file.read().rpartition(b")")[2].split()[1] == own.encode():
                found.append(int(name))
    return found


def _limit() -> None:
    """Bounds what one command can take; memory has none (runtimes reserve far more than they use), so it dies first."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 4 * GIB,
        resource.RLIMIT_NOFILE: 16_384,
        resource.RLIMIT_NPROC: 4_096,
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _as_command(spec: dict[str, object]) -> NoReturn:
    """Becomes the command; says so first, in a descriptor that closes by itself when that works."""
    argv, status = spec["argv"], spec["status"]
    assert isinstance(argv, list)
    assert isinstance(status, int)
    os.set_inheritable(status, False)
    try:
        if spec["mode"] == "bubblewrap":  # there a shell says it, once all is set up; it knows one-digit numbers only
            os.dup2(status, SHELL_STATUS)
            os.set_inheritable(SHELL_STATUS, True)
        else:
            os.write(status, b"started\n")
        os.execvpe(argv[0], argv, os.environ)
    except OSError as error:
        _stop(status, OSError(error.errno, f"{argv[0]}: {error.strerror}"))
    except ValueError as error:
        _stop(status, error)


def _stop(status: object, error: Exception) -> NoReturn:
    assert isinstance(status, int)
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    os.write(status, f"cannot: {why}\n".encode())
    os._exit(126)


def _enter_namespaces() -> None:
    """A user namespace with this user alone, and below it the others; mounts follow, in the first process only."""
    user, group = os.getuid(), os.getgid()
    _call("unshare", NAMESPACES)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _as_first_process(spec: dict[str, object]) -> NoReturn:
    """Process 1 of the namespace: builds the view, gives up its rights, collects orphans; with it, all end."""
    try:
        _prctl(1, signal.SIGKILL)
        _network_to_itself()
        steps = spec["steps"]
        assert isinstance(steps, list)
        _build(steps)
        os.chdir(str(spec["folder"]))
        _give_up_rights()
    except OSError as error:
        _stop(spec["status"], error)
    os._exit(_wait_for(_fork(lambda: _as_command(spec))))


def _build(steps: list[list[str]]) -> None:
    """A new root from the steps (`view.Step`), each source opened before anything is covered."""
    _call("unshare", MOUNT_NAMESPACE)  # here, so that the supervisor keeps the old root and its /proc
    _mount("none", "/", None, PRIVATE | RECURSIVE)
    sources = [os.open(path, os.O_PATH) if kind in ("ro", "rw") else -1 for kind, path, _ in steps]
    null, devices = os.open("/dev/null", os.O_PATH), [os.open(f"/dev/{name}", os.O_PATH) for name in DEVICES]
    root = "/tmp"
    _mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "mode=755")
    for (kind, path, target), source in zip(steps, sources, strict=True):
        inside = root + path
        if kind in ("ro", "rw"):
            _bind(source, inside, read_only=kind == "ro")
        elif kind == "empty":
            os.makedirs(inside, exist_ok=True)
            _mount("tmpfs", inside, "tmpfs", NOSUID | NODEV, "mode=755")
        elif kind == "folder":
            os.makedirs(inside, exist_ok=True)
        elif kind == "link":
            os.symlink(target, inside)
        elif kind == "mask":
            _bind(null, inside, read_only=False)
        elif kind == "dev":
            _devices(inside, devices)
        elif kind == "proc":
            _proc(inside)
    _set_read_only(root, recursive=False)
    for source in (*sources, null, *devices):
        if source >= 0:
            os.close(source)
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", 2)  # detach the old root, which the new one covers


def _bind(source: int, inside: str, *, read_only: bool) -> None:
    if stat.S_ISDIR(os.fstat(source).st_mode):
        os.makedirs(inside, exist_ok=True)
    elif not os.path.lexists(inside):
        os.makedirs(os.path.dirname(inside), exist_ok=True)
        with open(inside, "x"):
            pass
    _mount(f"/proc/self/fd/{source}", inside, None, BIND | RECURSIVE)
    if read_only:
        _set_read_only(inside, recursive=True)


def _devices(inside: str, sources: list[int]) -> None:
    os.makedirs(inside, exist_ok=True)
    _mount("tmpfs", inside, "tmpfs", NOSUID, "mode=755")
    for name, source in zip(DEVICES, sources, strict=True):
        _bind(source, f"{inside}/{name}", read_only=False)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{inside}/{name}")
    os.mkdir(f"{inside}/shm")
    os.mkdir(f"{inside}/pts")
    _mount("devpts", f"{inside}/pts", "devpts", NOSUID, "newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", f"{inside}/ptmx")


def _proc(inside: str) -> None:
    os.makedirs(inside, exist_ok=True)
    _mount("proc", inside, "proc", NOSUID | NODEV)
    for name in ("sys", "sysrq-trigger", "irq", "bus"):  # root may write there even without rights
        if os.path.exists(f"{inside}/{name}"):
            _mount(f"{inside}/{name}", f"{inside}/{name}", None, BIND | RECURSIVE)
            _set_read_only(f"{inside}/{name}", recursive=True)


def _network_to_itself() -> None:
    """Brings up the new namespace's own loopback, the only interface it has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


def _give_up_rights() -> None:
    """No rights now, and none by any program started from here on."""
    _prctl(38, 1)  # no new privileges
    for capability in range(64):
        if LIBC.prctl(24, capability, 0, 0, 0):  # leaves the bounding set; refused above the last one known
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    encoded = None if kind is None else kind.encode()
    arguments = (os.fsencode(source), os.fsencode(target), encoded, ctypes.c_ulong(flags), options.encode())
    _call("mount", *arguments, what=f"mount {kind or source} on {target}")


def _set_read_only(path: str, *, recursive: bool) -> None:
    attributes = struct.pack("QQQQ", RDONLY_ATTRIBUTE | NOSUID_ATTRIBUTE, 0, 0, 0)
    deep = AT_RECURSIVE if recursive else 0
    _call("syscall", ctypes.c_long(MOUNT_SETATTR), AT_FDCWD, os.fsencode(path), deep, attributes, ctypes.c_size_t(32))


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        _call("prctl", option, ctypes.c_ulong(value), 0, 0, 0)


def _call(name: str, *arguments: object, what: str = "") -> None:
    if getattr(LIBC, name)(*arguments) < 0:
        number = ctypes.get_errno()
        older = " (a kernel older than 5.12)" if number == errno.ENOSYS else ""
        raise OSError(number, f"{what or name}: {os.strerror(number)}{older}")


if __name__ == "__main__":
    main()
