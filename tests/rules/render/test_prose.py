"""What passes from an explanation into a page or a merge request, and what stays characters."""

from __future__ import annotations

from improve_loop.rules.render.prose import spans


def test_a_link_to_the_documentation_is_a_link_and_any_other_is_text() -> None:
    good = spans("see [needs](https://docs.gitlab.com/ci/yaml/#needs).")
    assert [(span.text, span.style, span.url) for span in good] == [
        ("see ", "text", ""),
        ("needs", "link", "https://docs.gitlab.com/ci/yaml/#needs"),
        (".", "text", ""),
    ]
    for url in ("https://docs.gitlab.com.evil.example/", "http://docs.gitlab.com/x", "javascript:alert(1)"):
        assert {span.style for span in spans(f"see [needs]({url})")} == {"text"}
