"""The first files of a project that takes the loop up: what `init` writes."""

from __future__ import annotations

from collections.abc import Sequence

HUB = """# The hub of improve-loop: schedules and Run pipeline start it, its credentials live here.
# What to set up besides: docs/gitlab-setup.md of improve-loop.
stages: [find, ask, make, tend]
{choice}
workflow:
  name: "improve-loop run {named}" # by which runs for other targets know that they need not wait
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

# Of several targets: a pipeline improves one. The form offers them, a schedule names another than the first.
CHOICE = """
variables:
  IL_TARGET:
    value: {target}
    options:
{options}
    description: "The project to improve; give each but the first a schedule with this variable"
"""

TARGETS = """# The hub of improve-loop: which projects it improves. `improve-loop run` plays one run for each of them;
# in CI, .gitlab-ci.yml says for which one a pipeline is. What may be done in a target, and who is asked, is said by
# the .improve-loop.yml on its own default branch, so that whoever merges there decides.
targets:
{targets}
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
# forge: {bot: project_7_bot_1a2b} # the user of IL_WRITE_TOKEN: nobody else's merge requests count as the loop's
# approvers: [your-user-name] # who may press approve; without it, whoever may merge to the default branch
# checks: # commands of yours that a change must pass
#   - name: tests
#     run: [make, test]
# exclude:
#   - path: vendor/**
#     reason: copied from elsewhere
"""


INTO_THE_TARGET = f"""What may be done in a target, and who is asked, is for the target itself to say: in
.improve-loop.yml on its default branch, which its maintainers write. It is optional; a first one:

{CONFIGURATION}"""


def embedded_files(project: str, ref: str) -> dict[str, str]:
    """Path -> content, for the target's own repository."""
    return {".gitlab-ci.yml": LAUNCHER.format(project=project, ref=ref), ".improve-loop.yml": CONFIGURATION}


def hub_files(project: str, ref: str, targets: Sequence[str]) -> dict[str, str]:
    """Path -> content, for a hub that improves these targets, one or more."""
    first = targets[0]
    options = "\n".join(f"      - {url}" for url in targets)
    choice = CHOICE.format(target=first, options=options) if len(targets) > 1 else ""
    named = "$IL_TARGET" if choice else first
    pipeline = HUB.format(project=project, ref=ref, target=first, named=named, choice=choice)
    return {
        ".gitlab-ci.yml": pipeline,
        ".improve-loop.yml": TARGETS.format(targets="\n".join(f"  - url: {url}" for url in targets)),
    }


def with_include(existing: str, addition: str) -> str | None:
    """An existing CI file with the launcher's include added; None where it has an include of its own to be merged."""
    if any(line.startswith("include:") for line in existing.splitlines()):
        return None
    return f"{existing.rstrip()}\n\n{addition}"
