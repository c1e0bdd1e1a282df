"""What a terminal shows. Imports rich, so it is imported only where a person is watching.

Text from outside is never markup: it goes through `rules.render.text`, which names control characters.
"""

from improve_loop.edges.terminal.diff import show_diff
from improve_loop.edges.terminal.log import TerminalLog, open_console
from improve_loop.edges.terminal.shortlist import show_candidate, show_shortlist
from improve_loop.edges.terminal.summary import show_summary

__all__ = ["TerminalLog", "open_console", "show_candidate", "show_diff", "show_shortlist", "show_summary"]
