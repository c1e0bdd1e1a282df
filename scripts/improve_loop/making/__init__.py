"""Making a change with models: plan, edit, repair, escalate once, review; or stop, with a reason.

Files in, files out: no git, no shell, no code of the target. `maker.make` is all that a phase calls; nothing is
imported here, so that naming what making brings (`made.Made`) does not load what makes it.
"""
