"""Answers by the hash of their question, for `extract` and `triage`. Off unless `models.cache_days` is set."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path


class Cache:
    """A folder of `<sha256>.json`. What cannot be read is not there; what cannot be written is not kept."""

    def __init__(self, folder: Path, days: int, *, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.days = days
        self.clock = clock

    def get(self, digest: str) -> Mapping[str, str] | None:
        """`text` and `served_model`, or None where there is no answer young enough."""
        try:
            kept = json.loads((self.folder / f"{digest}.json").read_text(encoding="utf-8"))
            young = self.clock() - kept["at"] < self.days * 86_400
            return {"text": str(kept["text"]), "served_model": str(kept["served_model"])} if young else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, digest: str, text: str, served_model: str) -> None:
        """Keeps an answer, whole or not at all."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"at": self.clock(), "text": text, "served_model": served_model}, file)
            os.replace(draft, self.folder / f"{digest}.json")
        except OSError:
            return
