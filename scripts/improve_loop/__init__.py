"""improve-loop: small, right, explained improvements for the repositories you have no time for."""

__version__ = "0.1.0"
