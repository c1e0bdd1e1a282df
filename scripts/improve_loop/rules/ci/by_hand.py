"""Why a tier B rule has no recipe: the check that it needs cannot be made from the files alone."""

WHY: dict[str, str] = {
    "ART02": "Which of the untracked files a later job opens is not in the configuration.",
    "ART03": "A script may open a downloaded file by a name that it makes up.",
    "CAC03": "Which variable moves a cache depends on the tool and its version; today's job works without a cache.",
    "CAC04": "Which job has the fullest installation is not in the configuration; the others would stop saving theirs.",
    "DOC01": "A layer cache needs the right to push to a registry, and room in it; the files do not say whether there "
    "is either.",
    "DUP01": "Whether copies were meant to drift apart is not in the configuration, and a template needs a name.",
    "DUP02": "The jobs without the lines may need to stay without them, and jobs of other projects that include the "
    "file would get them.",
    "GIT01": "Tools read the history without being told to on their command line.",
    "GIT02": "A command may open a file of the repository by a name that it makes up.",
    "IMG06": "The next release behaves differently; only a green pipeline on it shows that it will do.",
    "PIP02": "The rules decide which pipelines exist at all; GitLab's own check (`ci/lint` as a dry run on a branch "
    "and on a merge request) is needed to see that none is lost.",
    "PIP03": "The two forms differ for tags named like a branch, merge request pipelines and manual jobs; only "
    "GitLab's own check on each kind of pipeline shows that the same jobs run.",
    "PIP05": "Whether a check shall wait so that a broken build costs less is a wish, and what is gained is known from "
    "the durations of past pipelines only.",
    "PKG01": "A package that was only recommended may be needed after all; only a run shows it.",
    "PKG04": "Which version the last green pipeline used is in its log, not in the files.",
    "SEC01": "The commit or the checksum to pin is in another repository.",
    "SEC02": "The newest release is in another repository.",
    "SEC06": "What shall be printed instead, or how the registry takes its password, depends on the tool.",
}
"""By the rule's id."""
