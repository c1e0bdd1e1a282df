"""What a change does to dependencies: which, from where, how pinned, and what runs when they are installed."""
