"""Names that stay: the id of a candidate and the fingerprint of what it would change (DESIGN section 3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

SLUG_LENGTH = 40
HASH_LENGTH = 6


def candidate_id(domain: str, subject: str) -> str:
    """`<domain>-<slug of the subject>-<six hex digits>`: the same for the same domain and subject, for ever.

    The hash keeps two subjects apart whose slugs are equal; the slug is what a person reads in a branch name.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:SLUG_LENGTH].strip("-")
    digest = hashlib.sha256(f"{domain}\0{subject}".encode("utf-8", "surrogatepass")).hexdigest()[:HASH_LENGTH]
    return "-".join(part for part in (domain, slug, digest) if part)


def fingerprint(parts: Iterable[str]) -> str:
    """The sha256, in hex, of what would be changed: paths and the old and new text at the edited places.

    Each part is hashed with its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()
