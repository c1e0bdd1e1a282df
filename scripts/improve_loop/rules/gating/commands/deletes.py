"""Recursive deletes on a plain command line: `rm`, `find`, `xargs`, `rsync`, PowerShell and `del`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from improve_loop.rules.gating.commands.targets import is_dangerous
from improve_loop.rules.gating.lazy import lazy

_SIMPLE = lazy(r"&&|\|\||[;\n&]|(?<![>|])\|(?!\|)|\$\((?![A-Za-z_]\w*\)|git rev-parse)")
_RM = lazy(
    r"(?:^|[\s(\[`{\"'!@/\\=-])(?<!git )(?<!npm )(?<!yarn )(?<!pnpm )(?<!docker )(?<!podman )(?<!volume )(?<!image )(?<!container )(?<!network )(?<!s3 )(?<!storage )(?<!hg )(?<!svn )(?<!dvc )(?<!remote )(?<!state )(?<!mc )(?<!fs )(?<!bq )(?<!gsutil )(?<!--)(?<!\w-)(?<!release )rm\s+(?P<rest>.*)$",
    re.S,
)
_FIND = lazy(r"(?:^|[\s(`\"'@-]|/bin/)find\s+(?P<rest>.*)$", re.S)
_FILTERED = lazy(r"\s-(?:i?name|i?path|i?regex|wholename|mtime|mmin|atime|ctime|newer\w*|size|empty|user|perm)\b")
_NAMED = lazy(r"\s-(?:i?name|i?path|i?regex|wholename|empty|user|newer\w*)\b")
_ROOT = lazy(r"[\"']?(?:/\*?$|~|\$\{?HOME)")
_SYSTEM = lazy(r"[\"']?/(?:etc|usr|var|home|root|opt|srv|mnt|lib|bin|boot)/?[\"']?$")
_ACCOUNTS = lazy(r"/etc/(?:passwd|g?shadow|group|sudoers|fstab|crypttab)$|/boot/\S")
_FD = lazy(
    r"(?:^|[\s(`\"'])fd(?:find)?\s(?P<rest>[^\n]{0,300}?)\s(?:-[xX]|--exec(?:-batch)?)\s+(?:sudo\s+)?(?:\S*/)?(?:rm|shred|unlink)\b"
)
_KEPT = lazy(r"[\"']?/(?:etc|boot|home|root|bin|sbin)/?[\"']?(?=\s|$)")  # where names are nobody's droppings
_BY_NAME = lazy(r"-i?name\s+[\"']?([^\s\"']+)")
_DROPPINGS = lazy(
    r"(?i)\*?(?:~|#\*?|.*(?:pyc|pyo|__pycache__|log|tmp|temp|bak|backup|swp|cache|orig|old|pid|lock|rpmnew|rpmsave|dpkg\S*|ds_store|core|gz|\d)\*?)$"
)
_UNLINK = lazy(r"(?:^|[\s;&|(])(?:unlink|shred)\s+(?:-\S+\s+)*(?P<target>[^\s;&|]+)")
_DELETES = lazy(
    r"\s-delete\b|-exec(?:dir)?\s+(?:\S*/)?(?:rm|shred|unlink|sh\s+-c\s+\S*rm|bash\s+-c\s+\S*rm)\b|-ok\s+rm\b"
)
_XARGS_RM = lazy(
    r"\bxargs\s+(?:-\S+\s+(?:\{\}\s+|\d+\s+)?)*(?:sudo\s+)?(?:\S*/)?(?:rm|shred|unlink)\b|\bparallel\s+(?:-\S+\s+){0,8}rm\b|\bwhile\s+(?:IFS=\s*)?read\b.*\b(?:rm|unlink|shred)\s"
)
_XARGS_LISTED = lazy(
    r"\bxargs\s+(?:-\S+\s+(?:\{\}\s+|\d+\s+)?){0,6}(?:sudo\s+)?(?:\S*/)?rm\s+-\w*[rR]\w*\s[^|;&<\n]{0,80}<\s*([^\s;&|<(][^\s;&|]*)|\bxargs\s+(?:-0\s+)?(?:-a\s?|--arg-file[= ])([^\s;&|<(]+)\s+(?:-\S+\s+){0,4}(?:sudo\s+)?(?:\S*/)?rm\s+-\w*[rR]"
)
_MANIFEST = lazy(r"(?i)manifest|installed|RECORD")  # what an installation wrote down of itself
_BROAD_SOURCE = lazy(
    r"\bgit\s+ls-files\b(?![^|]*(?:--others|-o\b|--deleted|-d\b|--ignored))|\bls\s+(?:-\S+\s+){0,8}(?:/|~|\$HOME|\.\s*\||\*|\||$)|\bfind\s+(?P<base>\S+)(?P<filters>[^|]*)|\b(?:cat|echo|printf)\s+[^|]*(?:/\*?|~|\$HOME|\*)\s*\||\blocate\b|\btree\s+-fi"
)
_RSYNC = lazy(r"\brsync\b[^;&|]*--delete[\w-]*[^;&|]*\s(?P<target>[^\s)}\"'`]+)[\s)}\"'`]*$")
_POWERSHELL = lazy(r"(?i)\b(?:remove-item|rd|rmdir|del|erase|ri)\b(?P<rest>[^;&|]{0,300})")
_RECURSES = lazy(r"(?i)-r(?:ecurse)?\b|/s\b")
_HANDED_ON = lazy(
    r"\|\s*(?:sudo\s+)?(?:at|batch|crontab|sh|bash|zsh|dash|ssh|su)\b|>\s*\S+\.(?:sh|bash|zsh|bat|cmd|ps1)\b|>\s*\S*(?:/cron|crontab|\.bashrc|\.profile|/rc\.local|/hooks/)"
)
_ENTERS = lazy(r"\s*cd\s+(?:--\s+)?[\"']?(?P<folder>(?!\.\.|/|~|-)[\w.${][\w./${}-]*)[\"']?\s*$")
_ENTERS_SYSTEM = lazy(
    r"\s*(?:-\s+)?(?:cd|pushd)\s+(?:--\s+)?[\"']?(?P<folder>/[\w./-]*|~[\w./-]*|\$\{?HOME\}?[\w./-]*)[\"']?\s*(?:>.*)?$"
)
_RELATIVE = lazy(r"[\"']?(?:\./)?([\w.*?\[][^\s;&|<>]*)$")
_RIMRAF = lazy(
    r"(?:^|[\s\"'`:/])(?:rimraf|del-cli|rm-cli|shx\s+rm|cmake\s+-E\s+(?:rm|remove_directory)|\$\{CMAKE_COMMAND\}\s+-E\s+(?:rm|remove_directory))\s+(?P<rest>[^\n]*)$"
)
_EDITS = lazy(
    r"^\s*(?:-\s+)?(?:find\s[^\n]{0,200}\s)?sed\s+(?:-\S+\s+){0,4}[\"']?s([/|,#@])[^\n]*\1[gIi0-9p]*[\"'\s]"
)  # not `e`, which runs
_OWN = lazy(r"(?<=\s)(?:\./)?(?:\*|\.)(?=\s|$)")
_SAID = lazy(r"\b(?:echo|printf)\s+((?:[^|\n;&])+)\|")
_SAYS = lazy(
    r"^\s*(?:[-@+]\s*)*(?:sudo\s+)?(?:echo|printf|log\w*|info|warn\w*|die|error|fail|note|print|help|usage|read|grep|man|which|type|complete|compgen|test|\[|msg|console\.\w+|puts|say|:)\b"
)


_DRIVE = lazy(r"[A-Za-z]:(?:[\\/]|$)")


def deletes(text: str) -> Iterator[str]:
    """What each dangerous delete of a plain command line hits."""
    handed_on = bool(_HANDED_ON.search(text))
    inside = False  # of a folder that the line itself entered
    there = ""  # a folder of the system that it entered
    for simple in _SIMPLE.split(text):
        if _SAYS.match(simple):
            if not handed_on:
                continue
            simple = re.sub("[\"']", " ", simple)
        if "&&" in text and (enters := _ENTERS.match(simple)):
            inside = inside or not is_dangerous(enters["folder"])
        if enters := _ENTERS_SYSTEM.match(simple):
            there = enters["folder"]
        if _EDITS.match(simple):
            continue
        if match := _RM.search(simple):
            surely = bool(there) and "&&" in text  # that the folder was entered
            yield from () if surely else _rm(match["rest"] if not inside else _OWN.sub(" ", match["rest"]))
            yield from _rm(_from(there, match["rest"])) if there else ()
        if match := _FIND.search(simple):
            yield from _find(match["rest"])
            yield from _find(_from(there, match["rest"], only_first=True)) if there else ()
        yield from _by_other_tools(simple)
    yield from _by_xargs(text)


def _by_other_tools(simple: str) -> Iterator[str]:
    if match := _RIMRAF.search(simple):
        yield from _rm(f"-r {match['rest']}")
    if match := _FD.search(simple):
        yield from (f"fd {word} … rm" for word in match["rest"].split() if is_dangerous(word) and word != ".")
    if (match := _UNLINK.search(simple)) and (is_dangerous(match["target"]) or _ACCOUNTS.match(match["target"])):
        yield f"unlink {match['target']}"
    if (match := _RSYNC.search(simple)) and is_dangerous(match["target"]):
        yield f"rsync --delete {match['target']}"
    if (match := _POWERSHELL.search(simple)) and _RECURSES.search(match["rest"]):
        yield from (word for word in match["rest"].split() if is_dangerous(word) or _DRIVE.match(word))


def _by_xargs(text: str) -> Iterator[str]:
    """What is handed to an `rm`: words that are said, what a file lists, what is found."""
    handed = _XARGS_RM.search(text)
    if handed and (said := _SAID.search(text)):
        yield from (f"{word} … rm" for word in said[1].split() if is_dangerous(word))
    elif (listed := _XARGS_LISTED.search(text)) and not _MANIFEST.search(listed[1] or listed[2]):
        yield f"xargs rm -r of what {listed[1] or listed[2]} lists"[:80]
    elif handed and (source := _BROAD_SOURCE.search(text)):
        base = source["base"]
        by_name = base is not None and _takes_what_is_kept(base, source["filters"])
        wide = base is not None and (_ROOT.match(base) or not _FILTERED.search(source["filters"]))
        if base is None or by_name or (wide and is_dangerous(base)):
            yield f"{source[0].strip()[:60]} … rm"


def _from(folder: str, rest: str, *, only_first: bool = False) -> str:
    """Words with the folder before those that are names in it."""
    words = rest.split()
    for at, word in enumerate(words[:1] if only_first else words):
        if match := _RELATIVE.match(word):
            words[at] = posixpath.join(folder, match[1]).removesuffix("/.")
    return " ".join(words)


def _rm(rest: str) -> Iterator[str]:
    words = rest.split()
    flags = [word for word in words if word.startswith("-")]
    if "--no-preserve-root" in flags:
        yield "--no-preserve-root"
    recursive = any(
        word == "--recursive" or re.match(r"-[a-zA-Z]*[rR]", word)
        for word in flags
        if not word.startswith("--") or word == "--recursive"
    )
    for word in words:
        plain = word.strip("\"'")
        wide = plain in ("/*", "~/*", "*", "$HOME/*") or bool(_ACCOUNTS.match(plain))
        if (recursive or wide) and not word.startswith("-") and (is_dangerous(word) or _ACCOUNTS.match(plain)):
            yield f"rm {plain}"


def _find(rest: str) -> Iterator[str]:
    if not _DELETES.search(rest):
        return
    bases = []
    for word in rest.split():
        if word.startswith(("-", "(", "!", "\\(")):
            break
        bases.append(word)
    for base in bases or ["."]:
        wide = _ROOT.match(base) or (_SYSTEM.match(base) and not _NAMED.search(rest))
        wide = wide or _takes_what_is_kept(base, rest)
        if is_dangerous(base) and (wide or not _FILTERED.search(rest)):
            yield f"find {base} … delete"


def _takes_what_is_kept(base: str, filters: str) -> bool:
    """Whether files of the system's settings, or of homes, are deleted by a name that is not one of droppings."""
    names = _BY_NAME.findall(filters)
    return bool(_KEPT.match(base)) and bool(names) and not any(_DROPPINGS.match(name) for name in names)
