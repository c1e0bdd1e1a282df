"""Commands that a change would run: found in scripts, jobs, images and calls, made plain, compared with a table."""
