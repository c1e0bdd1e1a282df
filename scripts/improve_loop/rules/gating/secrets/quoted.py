"""What a finding quotes of a change, its path too: never with a credential in it."""

from __future__ import annotations

from improve_loop.rules.gating.secrets.scan import masked, scan_line


def quotable(text: str) -> str:
    """The text with each credential in it masked."""
    for found in scan_line(text, "", "other"):
        text = text.replace(found.secret, masked(found.secret))
    return text
