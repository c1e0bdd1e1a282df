"""Where merge requests live. Reading and writing are two modules with two credentials (DESIGN sections 4 and 5)."""
