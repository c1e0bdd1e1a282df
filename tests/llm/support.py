"""Settings, tiers and doors for tests: the scripted server stands for local models and for Claude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from improve_loop.edges.clock import Clock
from improve_loop.edges.llm import Door
from improve_loop.model.config import Mode
from improve_loop.rules.budget import Allowance
from improve_loop.rules.model_settings import ModelSettings, model_settings
from tests.support.scripted_model import ScriptedServer

KEY = "sk-secret-key-of-the-tests"
QWEN, CLAUDE = "qwen/qwen3-coder", "claude/claude-sonnet-5-5"


def settings(server: ScriptedServer | None, mode: Mode = "local", **more: Any) -> ModelSettings:
    """Qwen and Claude, both played by the server; None: a port where nobody listens."""
    root = server.root if server else "http://127.0.0.1:9"
    models: Mapping[str, Any] = {
        "endpoints": {
            "qwen": {"url": f"{root}/v1", "paid": False, "key_variable": "QWEN_KEY", "seconds": 20},
            "claude": {"url": root, "protocol": "anthropic", "key_variable": "ANTHROPIC_API_KEY", "seconds": 20},
        },
        "local": QWEN,
        "escalation": CLAUDE,
        **more,
    }
    return model_settings(models, mode, {"QWEN_KEY": KEY, "ANTHROPIC_API_KEY": KEY})


class Ticking:
    """A clock that stands still unless somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(now=lambda: "2026-11-20T12:00:00Z", monotonic=lambda: self.seconds, wait=self.wait)


def door(server: ScriptedServer | None, *, usd: float = 5.0, mode: Mode = "local", **more: Any) -> Door:
    return Door(settings(server, mode, **more), Allowance(usd=usd), clock=Ticking().clock())
