"""Programs fetched in one command and run, or put among the system's programs, in another; unchecked in between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy

MAX_APART = 40  # lines between fetching and running
_FETCHED = lazy(r"\b(?P<tool>curl|wget)\s(?P<rest>[^\n|]{1,600})")
_TO = lazy(r"(?:\s-\w*[oO](?:\s+|=)?|\s--output(?:-document)?[= ]|\s>\s*)[\"']?(?P<file>[\w./$\{\}~-]{2,150})[\"']?")
_INTO = lazy(r"(?:\s-P\s*|\s--directory-prefix[= ]|\s--output-dir[= ])[\"']?(?P<folder>[\w./$\{\}~-]{1,100})")
_URL = lazy(r"https?://[^\s\"']{1,300}/([\w.-]{2,80})(?=[\s\"'?]|$)")
_CHECKED = lazy(
    r"sha\d+sum|shasum|\bgpgv?\s|cosign|minisign|b3sum|openssl\s+dgst|slsa-verifier|Get-FileHash|--checksum="
)
_PROGRAMS = lazy(r"[\"']?(?:/usr(?:/local)?/s?bin|/s?bin|/opt/bin|~/\.local/bin|\$\{?HOME\}?/(?:\.local/)?bin)/")
_ARCHIVE = lazy(r"\.(?:tar|tgz|gz|xz|zip|bz2|deb|rpm|apk|json|txt|pem|crt|asc|sig|gpg|list|repo|ya?ml)\b")


def fetched_then_run(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and name of each; only lines that the change adds, or that an added line runs."""
    added = {line.number for line in file.added if "curl" in line.text or "wget" in line.text}
    if not added:
        return
    texts = file.new_text.split("\n")
    for number in sorted(added):
        text = texts[number - 1][:2_000] if number <= len(texts) else ""
        following = texts[number : number + MAX_APART]
        name = _name(text)
        if not name or text.lstrip().startswith("#") or _CHECKED.search(text):
            continue
        if _PROGRAMS.match(name) and not _ARCHIVE.search(name):
            if not _CHECKED.search("\n".join(following)):
                yield number, f"{name} is fetched, unchecked, to where programs are"
        elif says := _run(name, text, following):
            yield number, says


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
    last = re.escape(name.rpartition("/")[2])
    path = rf"[\"']?(?:\./|[\w./$\{{\}}~-]*/)?{last}[\"']?(?=[\s;&|)]|$)"
    runs = re.compile(
        rf"(?:^|[;&|]\s*|^\s*(?:-\s+)?)(?:RUN\s+)?(?:sudo\s+)?(?:(?:ba|z|da|k)?sh|python[\d.]*|perl|ruby|node|source|\.)\s+(?:-\S+\s+){{0,4}}{path}"
        rf"|(?:^|[;&|]\s*)\s*(?:-\s+)?(?:sudo\s+)?(?:\./|/[\w./-]*/){last}(?=[\s;&|]|$)"
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
