"""Whether a usage figure can be true. One that cannot is unknown, and the reservation stays."""

from __future__ import annotations

from improve_loop.rules.prices import Usage

BYTES_PER_TOKEN_AT_MOST = 24
"""Far above any measured text (code 4, prose 3.4, blanks about 16 bytes a token)."""

TRUNCATED_BELOW = 0.5
"""Of bytes / 4: a server that counts fewer prompt tokens than this did not read all of the prompt."""


def believable(input_tokens: object, output_tokens: object, *, prompt_bytes: int, text_bytes: int) -> bool:
    """Whole, not negative, and not far too few for what was sent and received."""
    return _count(input_tokens, prompt_bytes) and _count(output_tokens, text_bytes)


def usage_of(
    input_tokens: object, output_tokens: object, read: object, written: object, *, prompt_bytes: int, text_bytes: int
) -> Usage | None:
    """The usage as told, or None where it is missing or cannot be true."""
    if not believable(input_tokens, output_tokens, prompt_bytes=prompt_bytes, text_bytes=text_bytes):
        return None
    assert isinstance(input_tokens, int)
    assert isinstance(output_tokens, int)
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=_part(read, input_tokens),
        cache_write_tokens=_part(written, input_tokens),
    )


def cut_short(input_tokens: object, prompt_bytes: int) -> bool:
    """The server dropped part of the prompt without a word, as one with a small context does.

    Asked of what it says, believable or not: the more it cuts, the less its count can be one of the whole prompt.
    None or 0 says nothing.
    """
    told = input_tokens if isinstance(input_tokens, int) else 0
    return prompt_bytes > 2_000 and 0 < told < TRUNCATED_BELOW * prompt_bytes / 4


def _count(tokens: object, size: int) -> bool:
    whole = isinstance(tokens, int) and not isinstance(tokens, bool)
    return whole and tokens >= size // BYTES_PER_TOKEN_AT_MOST and tokens >= 0  # type: ignore[operator]


def _part(tokens: object, whole: int) -> int:
    """Cached tokens are part of the input; anything else is not believed, and the dearer input price counts."""
    return tokens if isinstance(tokens, int) and not isinstance(tokens, bool) and 0 <= tokens <= whole else 0
