"""Words for people: times, money, counts, and text from outside made visible, whatever it holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

# What a reader would not see, or what would show the text in another order than it is in: C0 and C1 controls but
# tab and newline, soft hyphen, marks and overrides of direction, zero-width characters but the joiners that emoji
# and several scripts need, separators, byte order mark, tags, and halves of surrogate pairs.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with every hidden or order-changing character named instead, as ⟨U+202E⟩."""
    return HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; a cut says how much is missing."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def one_line(text: str, limit: int = 300) -> str:
    """The text on one line, visible, at most about `limit` characters."""
    cut = text.strip()[: limit * 4]  # a text of megabytes is not walked whole
    joined = " ".join(visible(" ".join(cut.split())).split())
    return joined if len(joined) <= limit else f"{joined[: limit - 1].rstrip()}…"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """`1 merge request`, `1,200 merge requests`, `no merge requests`."""
    noun = singular if count == 1 else plural or f"{singular}s"
    return f"{count:,} {noun}" if count else f"no {noun}"


def joined(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def duration(seconds: float) -> str:
    """`0.4 s`, `42 s`, `4 min 12 s`, `5 h 21 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def money(usd: float) -> str:
    """`$0.00` only for nothing at all."""
    return "under $0.01" if 0 < usd < 0.005 else f"${usd:,.2f}"


def parsed(moment: str) -> datetime | None:
    """The time that an RFC 3339 string says, in UTC; None where it is none."""
    try:
        return datetime.fromisoformat(moment).astimezone(UTC)
    except ValueError:
        return None


def when(moment: str | None) -> str:
    """`20 November 2026, 03:00 UTC`; the text itself where it is no time."""
    time = parsed(moment or "")
    return f"{time.day} {time:%B %Y, %H:%M} UTC" if time else one_line(moment or "", 40)


def day(moment: str | None) -> str:
    """`20 November 2026`."""
    time = parsed(moment or "")
    return f"{time.day} {time:%B %Y}" if time else one_line(moment or "", 40)


def web_address(url: str | None) -> str | None:
    """The URL, encoded so that it stays inside an attribute or a Markdown link; None unless http(s) without login."""
    if not url or HIDDEN.search(url) or len(url) > 2000:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return quote(url, safe=":/?#@!$&*+,;=%-._~")


def host_of(url: str) -> str:
    """The host of a web address, to be read beside a link."""
    return one_line(urlsplit(url).hostname or url, 80)
