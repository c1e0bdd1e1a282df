"""What kind of file a path is: a document that mentions a command is not a script that runs it."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from improve_loop.rules.gating.lazy import lazy

Kind = Literal[
    "shell", "make", "docker", "ci", "python", "js", "go", "rust", "java", "ruby", "php", "c", "elixir", "sql", "terraform",
    "yaml", "json", "toml", "ini", "env", "powershell", "batch", "doc", "lock", "other",
]  # fmt: skip

SCRIPTS: frozenset[Kind] = frozenset({"shell", "make", "docker", "ci", "powershell", "batch"})
CODE: frozenset[Kind] = frozenset({"python", "js", "go", "rust", "java", "ruby", "php", "c", "elixir"})

_EXTENSION: dict[str, Kind] = {
    **dict.fromkeys(("sh", "bash", "zsh", "ksh", "fish", "bats", "command", "dash", "ash", "csh", "envrc"), "shell"),
    **dict.fromkeys(("mk", "mak", "make", "just"), "make"),
    **dict.fromkeys(("dockerfile", "containerfile"), "docker"),
    **dict.fromkeys(("py", "pyi", "pyw", "pyx", "ipynb", "bzl", "star"), "python"),
    **dict.fromkeys(("js", "mjs", "cjs", "jsx", "ts", "tsx", "mts", "cts", "vue", "svelte"), "js"),
    "go": "go",
    "rs": "rust",
    **dict.fromkeys(("java", "kt", "kts", "scala", "sbt", "groovy", "gradle", "cs", "swift", "dart"), "java"),
    **dict.fromkeys(("rb", "rake", "gemspec", "ru", "podspec", "pl", "pm"), "ruby"),
    **dict.fromkeys(("php", "phtml"), "php"),
    **dict.fromkeys(("ex", "exs"), "elixir"),
    **dict.fromkeys(("c", "h", "cc", "cpp", "hpp", "cxx", "m", "mm"), "c"),
    **dict.fromkeys(("sql", "psql", "ddl", "hql", "cql"), "sql"),
    **dict.fromkeys(("tf", "tfvars", "hcl", "nomad", "bicep"), "terraform"),
    **dict.fromkeys(("yml", "yaml"), "yaml"),
    **dict.fromkeys(("json", "jsonc", "json5", "jsonl", "ndjson"), "json"),
    "toml": "toml",
    **dict.fromkeys(
        (
            "ini",
            "cfg",
            "conf",
            "cnf",
            "config",
            "credentials",
            "properties",
            "service",
            "timer",
            "netrc",
            "npmrc",
            "s3cfg",
            "curlrc",
            "cmake",
        ),
        "ini",
    ),
    "env": "env",
    **dict.fromkeys(("ps1", "psm1", "psd1"), "powershell"),
    **dict.fromkeys(("bat", "cmd"), "batch"),
    **dict.fromkeys(
        (
            "md",
            "markdown",
            "rst",
            "txt",
            "adoc",
            "asciidoc",
            "org",
            "html",
            "htm",
            "tex",
            "mdx",
            "csv",
            "tsv",
            "log",
            "po",
            "pot",
        ),
        "doc",
    ),
    **dict.fromkeys(("lock", "sum"), "lock"),
}
_NAME: dict[str, Kind] = {
    **dict.fromkeys(("makefile", "gnumakefile", "justfile", "bsdmakefile", "taskfile"), "make"),
    **dict.fromkeys(("dockerfile", "containerfile"), "docker"),
    **dict.fromkeys(("gemfile", "rakefile", "vagrantfile", "fastfile", "podfile", "brewfile", "guardfile"), "ruby"),
    **dict.fromkeys(("jenkinsfile",), "ci"),
    **dict.fromkeys(
        ("procfile", "entrypoint", "configure", "gradlew", "mvnw", "crontab", "pkgbuild", "bashrc"), "shell"
    ),
    **dict.fromkeys((".bashrc", ".profile", ".zshrc", ".bash_profile", ".zprofile", ".bash_aliases"), "shell"),
    **dict.fromkeys(("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum"), "lock"),
    **dict.fromkeys(("license", "readme", "changelog", "authors", "notice", "copying", "contributing"), "doc"),
    **dict.fromkeys(("gitconfig", "ssh_config", "sshd_config"), "ini"),
    "meson.build": "python",
    **dict.fromkeys((".npmrc", ".yarnrc", "pip.conf", ".pypirc", ".netrc", ".gitconfig", ".coveragerc"), "ini"),
    **dict.fromkeys(("wscript", "sconstruct", "sconscript", "build", "workspace", "tiltfile"), "python"),
}
_CI = lazy(
    r"(?:^|/)\.gitlab-ci[^/]*\.ya?ml$|\.gitlab-ci\.ya?ml$|^\.gitlab/.*\.ya?ml$|^\.github/(?:workflows|actions)/.*\.ya?ml$"
    r"|^\.tekton/.*\.ya?ml$|(?:^|/)action\.ya?ml$|^\.circleci/|(?:^|/)\.?azure-pipelines[^/]*\.ya?ml$|(?:^|/)\.travis\.yml$|(?:^|/)\.?appveyor\.ya?ml$"
    r"|(?:^|/)bitbucket-pipelines\.ya?ml$|^\.buildkite/|(?:^|/)\.drone\.ya?ml$|(?:^|/)\.woodpecker(?:/|\.ya?ml$)"
    r"|(?:^|/)\.cirrus\.ya?ml$|(?:^|/)cloudbuild\.ya?ml$|(?:^|/)buildspec[^/]*\.ya?ml$|^\.?ci/.*\.ya?ml$|^ci-templates/"
    r"|^\.(?:forgejo|gitea)/workflows/|(?:^|/)(?:wercker|codefresh|semaphore)\.ya?ml$|^\.semaphore/|(?:^|/)\.teamcity/"
)
# Each alternative ends in .yml or .yaml, or names one of `_CI_FOLDERS`.
_SHEBANG = lazy(
    r"#!\s*\S*?(?:/env\s+(?:-\S+\s+)*)?\b(bash|sh|zsh|ksh|dash|ash|fish|python|node|deno|ruby|perl|make|pwsh|php)"
)
_BY_SHEBANG: dict[str, Kind] = {
    "python": "python", "node": "js", "deno": "js", "ruby": "ruby", "make": "make", "pwsh": "powershell",
    "php": "php", "perl": "ruby",
}  # fmt: skip


_CI_FOLDERS = (
    ".circleci/", ".buildkite/", ".woodpecker", "ci-templates/", ".semaphore/", ".teamcity/", ".forgejo/", ".gitea/",
)  # fmt: skip


def kind_of(path: str, first_line: str = "") -> Kind:
    """The kind of a path; a `#!` first line decides where the name does not (or says `doc` or `other`)."""
    named = _of_path(path)
    if named in ("other", "doc") and first_line.startswith("#!"):
        shebang = _SHEBANG.match(first_line[:200])
        return _BY_SHEBANG.get(shebang[1], "shell") if shebang else "shell"
    return named


@lru_cache(maxsize=8192)
def _of_path(path: str) -> Kind:
    name = path.lower()
    if (name.endswith((".yml", ".yaml")) or any(part in name for part in _CI_FOLDERS)) and _CI.search(name):
        return "ci"
    return _named(name.rpartition("/")[2])


def _named(name: str) -> Kind:
    stem, dot, extension = name.rpartition(".")
    if name in _NAME:
        return _NAME[name]
    if name == ".env" or name.startswith((".env.", "env.")):
        return "env"
    if name.startswith(("dockerfile", "containerfile")):
        return "docker"
    if name.startswith("jenkinsfile") and _EXTENSION.get(extension) != "doc":
        return "ci"
    if extension in ("example", "sample", "template", "tmpl", "tpl", "j2", "dist", "in", "erb", "bak", "orig") and stem:
        return _named(stem)
    if not dot:
        return "other"
    if extension == "txt" and stem.startswith(("requirements", "constraints", "cmakelists")):
        return "ini"
    return _EXTENSION.get(extension, "other")
