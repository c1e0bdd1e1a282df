"""A picture may be added, and is one; what it holds in clear is read."""

from __future__ import annotations

import random

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.made import made_token

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(1).randbytes(5000)
WEBP = b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0"
TOKEN = made_token("glpat-{A20}", random.Random(1)).encode()


def refused(path: str, content: bytes, old: bytes | None = None, scope: Scope | None = None) -> list[str]:
    delta = scratch_delta({} if old is None else {path: old}, {path: content})
    return [found.rule for found in judge(delta, scope, Policy()) if found.severity == "refuse"]


@pytest.mark.parametrize("content", [PNG + TOKEN, PNG + b"\0tEXtComment\0" + TOKEN + b"\0IEND", TOKEN.join((PNG, PNG))])
def test_a_token_within_a_picture_is_refused(content: bytes) -> None:
    assert refused("logo.png", content) == ["secrets/format"]
    assert refused("logo.png", content, old=PNG) == ["secrets/format"]
    assert refused("logo.png", content, scope=Scope(target_paths=("logo.png",), class_="docs")) == ["secrets/format"]


def test_pictures_pass() -> None:
    assert refused("logo.png", PNG) == []
    assert refused("logo.webp", WEBP) == []
    assert refused("logo.png", PNG + TOKEN, old=PNG[:100] + TOKEN) == []  # it was there


def test_what_only_begins_like_a_picture_is_none() -> None:
    assert refused("logo.webp", b"RIFF\0\0\n#!/bin/sh\n") == ["kinds/binary"]
