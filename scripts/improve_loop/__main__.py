"""`python -m improve_loop`."""

from improve_loop.cli import main

main()
