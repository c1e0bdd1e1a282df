"""What a recursive delete would hit."""

from __future__ import annotations

import posixpath
import re

from improve_loop.rules.gating.lazy import lazy

_SYSTEM = r"(?:etc|usr|var|home|root|boot|lib|lib64|opt|bin|sbin|srv|mnt|media|dev|sys|proc|data|Users|Library|System|Applications|run|Windows|Program Files|ProgramData|Volumes|private|nix|snap)"
_HARMLESS = lazy(
    r"/var/(?:lib/apt/lists|cache|tmp|log|lib/dpkg|lib/cache|lib/yum|lib/dnf|lib/rpm)(?:/|$)|/tmp/.|/dev/shm/.|/root/\.\w|/usr/share/(?:doc|man|info|locale|icons|zoneinfo)(?:/|$)|/usr/(?:local/)?src/.|/usr/(?:local/)?lib/(?:node_modules|python[\d.]*)/.|/etc/apt/sources\.list\.d/.|/etc/nginx/.+\..|/home/\w+/\.\w|/usr/lib/[\w-]+/[\w-]+|/etc/[\w.-]+/.+|/opt/[\w.-]+/.+|/usr/local/[\w.-]+/.+|/run/.+"
)
_WHOLE = lazy(
    rf"(?:/+\.?\*?|/\.\*|/{_SYSTEM}/?\*?|/(?:home|Users|mnt|media|srv|data|opt)/[\w.${{}}*-]+/?\*?|/usr/(?:bin|lib|lib64|sbin|local|share|include)/?\*?|/var/(?:lib|www|backups?|spool|db|mail)(?:/[\w.-]*)?/?\*?|/builds(?:/[^\s/]*)?/?\*?|/etc/(?:nginx|apache2|ssl|ssh|pki|systemd|kubernetes|docker|letsencrypt|security|sudoers\.d|pam\.d|postgresql|mysql)/?\*?|~[\w]*/?\*?|\.{{1,2}}/?|\.{{1,2}}/\*|\*|\.\*|\./?\.\*|(?:\.\./)+(?:\.\.|\*)?/?|(?:\./)?\.git/?|[A-Za-z]:[\\/]*\*?)$"
)
_PRECIOUS = lazy(
    r"(?:\./)?(?:tests?|specs?|__tests__|\.git(?:hub|lab)?|src|migrations|backups?|\.ssh|\.aws|\.kube)/?\*?$|~/\.(?:ssh|aws|kube|gnupg|config|bashrc|profile)\S*|.*/var/lib/(?:mysql|postgresql|docker|etcd|kubelet|mongo\w*|redis|rabbitmq|elasticsearch|prometheus|jenkins\w*|gitlab|containerd)\S*|.*/\.git/?$|/(?:opt|srv|mnt|media|home/[\w.-]+|var/(?:lib|www|opt))/.*/?(?:data|backups?|uploads?|storage|databases?)/?\*?$"
)
_WORKSPACE = lazy(
    r"\$(?:env:)?\{?(?:HOME|PWD|OLDPWD|CI_PROJECT_DIR|GITHUB_WORKSPACE|WORKSPACE|CI_BUILDS_DIR|BUILD_SOURCESDIRECTORY|CIRCLE_WORKING_DIRECTORY|USERPROFILE|SystemRoot|SystemDrive)\}?(?:[\\/]?\*?|/\.\*|/\.{1,2}(?:/\S*)?|/\.(?:ssh|aws|kube|gnupg|docker|config|gitconfig|git|bashrc|profile)(?:/\S*)?|/(?:Documents|Desktop|Downloads|Pictures|Music|Videos|Library|Projects|projects|repos|data|backups?)/?\*?)$|~/(?:Documents|Desktop|Downloads|Pictures|Music|Videos|Library|Projects|projects|repos)/?\*?$|\$\((?:pwd|git rev-parse[^)]*)\)(?:/?\*?|/\.\.\S*)$|`(?:pwd|git rev-parse[^`]*)`(?:/?\*?|/\.\.\S*)$|%(?:USERPROFILE|SystemDrive|SystemRoot|windir)%\S*$|\$\(HOME\)/?\*?$|\.(?:\*|\?\?\*|\[!\.\]\*)$|\{(?:homedir|toxinidir|tox_root|envhome)\}[\\/]?\*?$|os\.path\.expanduser|Path\.home\(\)|os\.environ\[.?HOME"
)
_SET = lazy(r":\?[^}]*")  # stops the script where the variable is empty: a home never is
_UNDER_ROOT = lazy(r"/+\$\{?\w+\}?/?\*?$")  # each folder of the system in turn
_UNKNOWN = lazy(r"(?:\$\{?[A-Za-z_]\w*\}?|\$\([A-Za-z_]\w*\)|\$[1-9@*])(?:/+\*?|/\.\*|/\.\.\S*)?$")
_UNKNOWN_BARE = lazy(r"\$\{?([A-Za-z_]\w*)\}?$|\$\(([A-Za-z_]\w*)\)$|(\$[1-9@*])$")
_SCRATCH = lazy(
    r"(?i)te?mp|build|cache|dist|out|work|target|scratch|stag|artifact|log|gen|obj|venv|bundle|coverage|node_modules|sandbox|pkg|release|install|download|mount|bin|deps|html|pid|sock|lock|test|trash|old|clean|junk|backup_?old|chroot|rootfs|archive|extract|unpack|files?$|dirs?$|^d$|^f$|^t$"
)


def is_dangerous(target: str) -> bool:
    """Whether deleting this and all below hits a system, a home, the workspace, or what an empty variable makes of it."""
    clean = re.sub(r"\\(?=[\"'`])|[\"'`]", "", target).strip(",;").removeprefix("(")
    for _ in range(3):
        clean = clean.rstrip(")") if clean.count(")") > clean.count("(") else clean
        clean = clean if "{" in clean else clean.rstrip("}];")
    if not clean or clean.startswith("-"):
        return False
    if ":?" in clean:
        return bool(_WORKSPACE.match(_SET.sub("", clean)))
    if "/../" in clean and clean.startswith("/"):
        clean = posixpath.normpath(clean)
    if _WORKSPACE.match(clean) or _UNDER_ROOT.match(clean):
        return True
    if _UNKNOWN.match(clean):
        bare = _UNKNOWN_BARE.match(clean)
        name = next(filter(None, bare.groups()), "") if bare else ""
        return not bare or not (_SCRATCH.search(name) or name in ("$@", "$1", "$*"))
    if _HARMLESS.match(clean) and not _PRECIOUS.match(clean):
        return False
    return bool(_WHOLE.match(clean) or _PRECIOUS.match(clean))
