"""The same improvement found twice: by a structured key first, by words that respect versions after.

Words alone merge "bump x to 1.2" with "bump x to 1.3"; so tokens that hold a digit must not differ.
"""

from __future__ import annotations

import re

from improve_loop.model.candidate import Candidate

_TOKEN = re.compile(r"[a-z0-9]+(?:[._/:-][a-z0-9]+)*")
_FILLER = frozenset(("a", "an", "and", "for", "from", "in", "of", "on", "the", "to", "with"))
ALIKE = 0.6  # Jaccard similarity from which two summaries say the same

Key = tuple[str, str, str]


def key(candidate: Candidate) -> Key:
    """Repository, class of change and subject: two domains that find the same thing agree on these."""
    return candidate.target_repo, candidate.class_, " ".join(candidate.subject.lower().split())


def tokens(candidate: Candidate) -> frozenset[str]:
    """The words of a candidate's summary that carry meaning."""
    return frozenset(_TOKEN.findall(candidate.summary.lower())) - _FILLER


def says_the_same(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates of one repository, over the same paths, differ in wording only."""
    if one.target_repo != other.target_repo or set(one.target_paths) != set(other.target_paths):
        return False
    if one.source == other.source:
        return False  # one source tells its own findings apart by subject
    mine, theirs = tokens(one), tokens(other)
    different = mine ^ theirs
    if any(any(letter.isdigit() for letter in token) for token in different):
        return False
    union = mine | theirs
    return bool(union) and len(mine & theirs) / len(union) >= ALIKE
