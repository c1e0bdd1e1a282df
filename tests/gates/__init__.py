"""The gates on real git and on labelled patches."""
