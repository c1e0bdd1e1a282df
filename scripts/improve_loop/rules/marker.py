"""The hidden marker in what the loop writes on a forge, and the trailers of its commits.

An HTML comment at the end of a description: `<!-- improve-loop:v1 candidate=… run=… … -->`. Values are checked on the
way in and out, so a marker is neither broken out of nor made up of free text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from improve_loop.model.forge import Marker

NAME = "improve-loop:v1"
_COMMENT = re.compile(rf"<!-- {NAME} ([^<>]*?) -->")
_VALUE = re.compile(r"[A-Za-z0-9._:/-]{1,200}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_NOTE = re.compile(r"<!-- improve-loop:note ([a-z0-9-]{1,60}) -->")
_KEY = re.compile(r"[a-z0-9-]{1,60}")
_CONTROL = "<!-- improve-loop:control -->"


def write(marker: Marker) -> str:
    """The comment for this marker. Raises ValueError for a value that would not be read back."""
    fields = {
        "run": marker.run_id,
        "candidate": marker.candidate,
        "fingerprint": marker.fingerprint,
        "patch": marker.patch_sha256,
        "head": marker.head_sha or "-",
        "repairs": str(marker.repairs),
        "retriggers": str(marker.retriggers),
    }
    wrong = [f"{key}={value!r}" for key, value in fields.items() if not _VALUE.fullmatch(value)]
    if wrong:
        raise ValueError(f"not a value for a marker: {', '.join(wrong)}")
    return f"<!-- {NAME} {' '.join(f'{key}={value}' for key, value in fields.items())} -->"


def read(text: str) -> Marker | None:
    """The last marker of a description; None where there is none or it is damaged."""
    comments = _COMMENT.findall(text)
    if not comments:
        return None
    fields = dict(pair.split("=", 1) for pair in comments[-1].split(" ") if "=" in pair)
    return _marker(fields)


def _marker(fields: Mapping[str, str]) -> Marker | None:
    head = fields.get("head", "-")
    counts = [fields.get(name, "0") for name in ("repairs", "retriggers")]
    good = (
        all(_VALUE.fullmatch(fields.get(name, "")) for name in ("run", "candidate", "fingerprint"))
        and _SHA256.fullmatch(fields.get("patch", ""))
        and (head == "-" or _COMMIT.fullmatch(head))
        and all(count.isascii() and count.isdigit() and len(count) < 5 for count in counts)
    )
    if not good:
        return None
    return Marker(
        run_id=fields["run"],
        candidate=fields["candidate"],
        fingerprint=fields["fingerprint"],
        patch_sha256=fields["patch"],
        head_sha=None if head == "-" else head,
        repairs=int(counts[0]),
        retriggers=int(counts[1]),
    )


def strip(text: str) -> str:
    """The text without any marker, as a human wrote or reads it."""
    return _COMMENT.sub("", text).rstrip()


def with_marker(description: str, marker: Marker) -> str:
    """The description with exactly this one marker, at its end."""
    return f"{strip(description)}\n\n{write(marker)}\n"


def note(key: str, text: str) -> str:
    """A comment's text that can be found again by its key. Raises ValueError for a key that is none."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r}: the key of a comment is lower-case letters, digits and hyphens")
    return f"{_NOTE.sub('', text).rstrip()}\n\n<!-- improve-loop:note {key} -->"


def note_key(body: str) -> str | None:
    """The key of a comment of the loop; None for any other comment."""
    found = _NOTE.findall(body)
    return found[-1] if found else None


def control(text: str) -> str:
    """The control issue's text with what tells it from other issues."""
    return f"{text.replace(_CONTROL, '').rstrip()}\n\n{_CONTROL}\n"


def is_control(text: str) -> bool:
    """Whether this is the text of the control issue."""
    return _CONTROL in text


TRAILER = "Improve-Loop-Candidate"


def with_trailers(message: str, candidate: str) -> str:
    """A commit message that says whose commit it is."""
    return f"{message.rstrip()}\n\n{TRAILER}: {candidate}\n"


def candidate_of(message: str) -> str | None:
    """The candidate that a commit of the loop was made for; None for any other commit."""
    found: list[str] = re.findall(rf"^{TRAILER}: ([A-Za-z0-9._:/-]{{1,200}})$", message, re.MULTILINE)
    return found[-1] if found else None
