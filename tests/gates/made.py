"""Credential-shaped text, made when a test runs, so that none stands in the repository."""

from __future__ import annotations

import random
import re
import string

LETTERS = {
    "H": "0123456789abcdef",
    "X": "0123456789abcdefABCDEF",
    "L": string.digits + string.ascii_lowercase,
    "U": string.digits + string.ascii_uppercase,
    "A": string.digits + string.ascii_letters,
    "W": string.digits + string.ascii_letters + "_-",
    "B": string.digits + string.ascii_letters + "+/",
    "C": string.ascii_lowercase,
    "D": string.digits,
    "P": string.digits + string.ascii_letters + "!#%^*-_",
    "V": string.digits + string.ascii_letters + "_-.",
    "T": "234567" + string.ascii_uppercase,
}


def made_token(shape: str, chance: random.Random) -> str:
    """An example of a token shape (`rules.gating.secrets.tokens`)."""

    def piece(match: re.Match[str]) -> str:
        least = int(match[2])
        most = int(match[4]) if match[4] else least + 8 if match[3] else least
        return made(match[1], chance.randint(least, most), chance)

    return re.sub(r"\{([A-Z])(\d+)(-(\d*))?\}", piece, shape)


def made(alphabet: str, length: int, chance: random.Random) -> str:
    """Random characters of an alphabet, the first and last a letter or digit."""
    marks = [chance.choice(LETTERS[alphabet]) for _ in range(length)]
    plain = [mark for mark in LETTERS[alphabet] if mark.isalnum()]
    for at in {0, length - 1}:
        marks[at] = chance.choice(plain)
    return "".join(marks)
