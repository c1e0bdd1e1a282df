"""The first files of a project that takes the loop up: what `init` writes."""

from __future__ import annotations

HUB = """# The hub of improve-loop: schedules and Run pipeline start it, its credentials live here.
# What to set up besides: docs/gitlab-setup.md of improve-loop.
stages: [find, ask, make, tend]

workflow:
  name: "improve-loop run {target}" # by which runs for other targets know that they need not wait
  auto_cancel:
    on_new_commit: none

include:
  - project: {project}
    ref: {ref}
    file: /ci-templates/improve-loop.yml
    inputs:
      hub: true
      target: {target}
      stage_find: find
      stage_ask: ask
      stage_make: make
      stage_tend: tend
"""

LAUNCHER = """include:
  - project: {project}
    ref: {ref}
    file: /ci-templates/launcher.yml
    inputs:
      project: {project}
      ref: {ref}
"""

CONFIGURATION = """# What improve-loop may do here. Every key is optional; `improve-loop config` shows them all.
intensity: light # at first it only asks; medium makes what you accept
# approvers: [your-user-name] # who may press approve; without it, whoever may merge to the default branch
# checks: # commands of yours that a change must pass
#   - name: tests
#     run: [make, test]
# exclude:
#   - path: vendor/**
#     reason: copied from elsewhere
"""


def files(*, embedded: bool, project: str, ref: str, target: str) -> dict[str, str]:
    """Path -> content: the CI file, and where the target's own files are written its first configuration."""
    pipeline = (LAUNCHER if embedded else HUB).format(project=project, ref=ref, target=target)
    return {".gitlab-ci.yml": pipeline, **({".improve-loop.yml": CONFIGURATION} if embedded else {})}


def with_include(existing: str, addition: str) -> str | None:
    """An existing CI file with the launcher's include added; None where it has an include of its own to be merged."""
    if any(line.startswith("include:") for line in existing.splitlines()):
        return None
    return f"{existing.rstrip()}\n\n{addition}"
