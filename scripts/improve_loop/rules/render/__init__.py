"""Every text that people read, as pure functions: a value in, Markdown or HTML out.

`text` and `words` say things one way everywhere; `markdown` and `prose` make text from outside harmless.
"""

from improve_loop.rules.render.comment import ship_comment
from improve_loop.rules.render.merge_request import commit_message, merge_request_description, merge_request_title
from improve_loop.rules.render.page import report_html
from improve_loop.rules.render.report_md import report_markdown
from improve_loop.rules.render.review import Remark, remarks, review_summary
from improve_loop.rules.render.shortlist import shortlist_markdown

__all__ = [
    "Remark",
    "commit_message",
    "merge_request_description",
    "merge_request_title",
    "remarks",
    "report_html",
    "report_markdown",
    "review_summary",
    "ship_comment",
    "shortlist_markdown",
]
