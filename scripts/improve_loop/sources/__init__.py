"""Where improvements are looked for: a module each, in a typed dict. A new one is a file, a line here, and a test."""

from improve_loop.model.plugs import Source
from improve_loop.sources import ci, internal_issues

SOURCES: dict[str, Source] = {ci.DOMAIN: ci, internal_issues.DOMAIN: internal_issues}
