"""Tells a chat (Slack, Mattermost, Google Chat and others that take `{"text": …}`). It can never fail a run."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping

URL = "IL_NOTIFY_URL"  # an incoming webhook; whoever has the URL may write there, so it is never shown
SECONDS = 10.0


def tell(text: str | None, environ: Mapping[str, str]) -> str | None:
    """Posts the text where `IL_NOTIFY_URL` says; what went wrong, or None."""
    url = environ.get(URL)
    if not url or text is None:
        return None
    if not url.startswith(("https://", "http://")):
        return f"{URL}: is not a web URL; nobody was told"
    body = json.dumps({"text": text}).encode()
    try:
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS):
            return None
    except urllib.error.HTTPError as error:
        return f"{URL}: the chat answered {error.code}; nobody was told"
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        return f"{URL}: the chat cannot be reached ({reason}); nobody was told"


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the text elsewhere."""

    def redirect_request(self, *args: object) -> None:
        return None
