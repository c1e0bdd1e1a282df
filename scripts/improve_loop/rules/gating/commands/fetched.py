"""Programs fetched in one command and run, or put among the system's programs, in another; unchecked in between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import holds_one
from improve_loop.rules.gating.lazy import lazy

MAX_APART = 40  # lines between fetching and running
_FETCHED = lazy(
    r"\b(?P<tool>curl(?:\.exe)?|wget|(?i:iwr|irm|invoke-webrequest|invoke-restmethod|start-bitstransfer))\s(?P<rest>[^\n|]{1,600})"
)
_TO = lazy(
    r"(?:\s-(?i:outfile|destination)\s+|\s-\w*[oO](?:\s+|=)?|\s--output(?:-document)?[= ]|\s>\s*)[\"']?(?P<file>[\w./$\{\}~:\\-]{1,150})[\"']?"
)
_INTO_VARIABLE = lazy(
    r"\s*\$(\w{1,40})\s*=[^\n]{0,60}(?i:\biwr\b|\birm\b|invoke-webrequest|invoke-restmethod|downloadstring)"
)
_SAVED = lazy(r"(?i)\.DownloadFile\([^,\n]{1,300},\s?[\"']?([^\"'\n)]{1,200})")
_OF_POWERSHELL = ("iwr", "irm", "invoke-webrequest", "invoke-restmethod", "downloadstring", "downloadfile")
_FETCHING = ("curl", "wget", "iwr", "irm", "invoke-webrequest", "invoke-restmethod", "start-bitstransfer")
_FETCHERS = lazy(r"(?i)curl|wget|\biwr\b|\birm\b|invoke-webrequest|invoke-restmethod|start-bitstransfer")
_AS_LIST = lazy(r"\s*(?:RUN|CMD|ENTRYPOINT)\s*\[([^\]\n]{1,400})\]\s*$")
_INTO = lazy(r"(?:\s-P\s*|\s--directory-prefix[= ]|\s--output-dir[= ])[\"']?(?P<folder>[\w./$\{\}~-]{1,100})")
_URL = lazy(r"https?://[^\s\"']{1,300}/([\w.-]{2,80})(?=[\s\"'?]|$)")
_CHECKED = lazy(
    r"sha\d+sum|shasum|\bgpgv?\s|cosign|minisign|b3sum|openssl\s+dgst|slsa-verifier|Get-FileHash|--checksum="
)
_PROGRAMS = lazy(r"[\"']?(?:/usr(?:/local)?/s?bin|/s?bin|/opt/bin|~/\.local/bin|\$\{?HOME\}?/(?:\.local/)?bin)/")
_ARCHIVE = lazy(r"\.(?:tar|tgz|gz|xz|zip|bz2|deb|rpm|apk|json|txt|pem|crt|asc|sig|gpg|list|repo|ya?ml)\b")


def fetched_then_run(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and name of each; only lines that the change adds, or that an added line runs."""
    yield from _held(file)
    whole = file.added_lines
    if not holds_one(whole.lowered, _FETCHING):
        return
    added = {file.added[at].number for at in whole.indexes(hit.start() for hit in _FETCHERS.finditer(whole.whole))}
    if not added:
        return
    texts = file.new_text.split("\n")
    for number in sorted(added):
        text = texts[number - 1][:2_000] if number <= len(texts) else ""
        following = [_said(line) for line in texts[number : number + MAX_APART]]
        name = _name(text)
        if not name or text.lstrip().startswith("#") or _CHECKED.search(text):
            continue
        if _PROGRAMS.match(name) and not _ARCHIVE.search(name):
            if not _CHECKED.search("\n".join(following)):
                yield number, f"{name} is fetched, unchecked, to where programs are"
        elif says := _run(name, text, following):
            yield number, says


def _held(file: FileDelta) -> Iterator[tuple[int, str]]:
    """What PowerShell fetches into a variable, or by a client's method into a file, and then runs."""
    texts = file.new_text.split("\n") if holds_one(file.added_lines.lowered, _OF_POWERSHELL) else []
    for line in file.added if texts else ():
        into = _INTO_VARIABLE.match(line.text[:1_000])
        saved = _SAVED.search(line.text[:1_000]) if into is None else None
        if not (into or saved):
            continue
        runs = rf"(?i)\b(?:iex|invoke-expression)\s+[\"'(]?\${re.escape(into[1])}\b" if into else ""
        if saved:
            last = re.escape(re.split(r"[/\\]", saved[1])[-1])
            runs = rf"(?i)(?:\bstart-process\s|^\s*&\s|\bpowershell\b|\bcmd\b|\biex\b|^\s*\.\s)[^\n]{{0,100}}{last}"
        for text in texts[line.number : line.number + MAX_APART]:
            if _CHECKED.search(text):
                break
            if re.search(runs, text[:1_000]):
                yield line.number, "what is fetched here runs below"
                break


def _said(text: str) -> str:
    """A line of an image as a shell would have it: `RUN ["sh", "x"]` is `RUN sh x`."""
    match = _AS_LIST.match(text[:500]) if "[" in text else None
    return "RUN " + " ".join(re.findall(r"[\"']([^\"']*)[\"']", match[1])) if match else text


def _name(text: str) -> str:
    """The file that a line fetches to."""
    match = _FETCHED.search(text)
    if match is None:
        return ""
    rest = f" {match['rest']}"
    into, url = _INTO.search(rest), _URL.search(rest)
    if into and url:
        return f"{into['folder'].rstrip('/')}/{url[1]}"
    to = _TO.search(rest)
    if to and not to["file"].startswith(("http", "/dev/null", "-")):
        return to["file"]
    remote = match["tool"] == "wget" or re.search(r"\s(?:-\w*O\w*|--remote-name)(?=\s)", rest)
    return url[1] if url and remote else ""


def _run(name: str, text: str, following: Sequence[str]) -> str:
    """How a later command runs the file, unchecked until then, or puts it among programs."""
    last = re.escape(re.split(r"[/\\]", name)[-1])
    path = rf"[\"']?(?:\./|[\w./$\{{\}}~:\\-]*[/\\])?{last}[\"']?(?=[\s;&|)]|$)"
    runs = re.compile(
        rf"(?:^|[;&|]\s*|^\s*(?:-\s+)?)(?:RUN\s+)?(?:sudo\s+)?(?:/(?:usr/)?bin/)?(?:(?:ba|z|da|k)?sh|python[\d.]*|perl|ruby|node|source|\.)\s+(?:-\S+\s+){{0,4}}{path}"
        rf"|(?:^|[;&|]\s*)\s*(?:-\s+)?(?:sudo\s+)?(?:\./|/[\w./-]*/){last}(?=[\s;&|]|$)"
        rf"|(?:^|[;&|]\s*)\s*&\s*{path}|(?i:\bstart-process|\bpowershell\b[^|;\n]{{0,80}}-file|\bpwsh\b[^|;\n]{{0,80}}-file)\s+(?i:-filepath\s+)?{path}"
        rf"|\b(?:install|mv|cp)\s[^;&|\n]{{0,120}}{path}[^;&|\n]{{0,40}}\s(?:/usr(?:/local)?/s?bin|/s?bin)\b"
    )
    unpacks = re.compile(
        rf"\b(?:tar|unzip)\s[^;&|\n]{{0,120}}{path}[^\n]{{0,200}}?(?:&&|;)\s*(?:sudo\s+)?(?:(?:ba)?sh\s+)?(?:\.|/[\w.-]+|[\w.-]+)/(?:[\w.-]+/){{0,6}}(?:install|setup|bootstrap|run)[\w-]*(?:\.sh)?(?=[\s;&|]|$)"
    )
    rest = text[text.find(name) + len(name) :]
    for line in (rest, *following):
        if _CHECKED.search(line):
            return ""
        if runs.search(line[:1_000]) or unpacks.search(line[:1_000]):
            return f"runs {name[:60]}, just fetched"
    return ""
