"""Lines that change where packages come from or what runs when they are installed; packages that scripts install."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import SCRIPTS, Kind, kind_of
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.supply.known import is_newer_toolchain, runs_less
from improve_loop.rules.gating.supply.listed import fresh_channels
from improve_loop.rules.gating.supply.manifests import Ecosystem, ecosystem_of, is_lock
from improve_loop.rules.gating.supply.places import places
from improve_loop.rules.gating.supply.versions import is_anything, is_older

_SOURCE_WORDS = (
    "pip", "index", "secure-http", "-i", "-f", "-c", "-r", "systempath", "workspaces", "overrides", "packageextensions", "patcheddependencies", "--trusted-host", "--registry", "uv_", "registry", "goproxy", "gonoproxy", "goprivate", "cargo", "bundle",
    "[tool.", "[source", "[registries", "[patch", "[replace", "npmscopes", "npm", "yarn", "gem", "source", "=>", "exclude", "<repository>",
    "<pluginrepository>", "<mirror>", "maven", "url", "jcenter()", "<add", "\"repositories\"", "\"overrides\"", "\"resolutions\"", "apt-key",
    "add-apt-repository", "/etc/apt", "deb", "dnf", "yum", "apk", "helm", "brew", "conda", "go", "add", "dependency_links",
    "uvx", "bun", "npx", "poetry", "composer", "[[",
)  # fmt: skip
_HOOK_WORDS = (
    "install", "prepare", "pack", "publish", "rustc", "entry-points", "dependencies", "post-", "pre-", "cmdclass", "build", "backend-path", "links", "dependencies", "scripts",
    "pnpmfile", "yarnpath", "unplugged", "script", "unsafe-perm", "node-options", "shell", "init-module", "globalconfig", "prefix", "git", "--no-",
    "[tool.hatch", "[tool.poetry.build", "<exec", "<usingtask", "<import", "go:generate", "extension", "exec-maven", "antrun", "\"bin\"", "gypfile", "<prebuildevent", "<postbuildevent",
)  # fmt: skip
_SOURCE = worded(
    r"(?i)\bpip3?\s+(?:install|download)\b[^\n;&|]{0,300}?\s(?:-i|-f)[\s=]?https?:|^\s*(?:--(?:extra-)?index-url|--find-links|--trusted-host)[\s=]|(?:--extra-index-url|--index-url|--find-links|--default-index|--registry)[\s=]+[\"']?(?:https?:|file:|/|\$)|\b(?:extra-)?index[-_]url\s*[=:]|\b(?:PIP_(?:EXTRA_)?INDEX_URL|UV_(?:EXTRA_|DEFAULT_)?INDEX(?:_URL)?|NPM_CONFIG_REGISTRY|YARN_REGISTRY|GOPROXY(?!\s*[:=]\s*[\"']?https://proxy\.golang\.org(?:,direct)?[\"']?\s*$)|GONOPROXY|GOPRIVATE|CARGO_REGISTRIES_\w+|BUNDLE_MIRROR\w*)\s*[=:]"
    r"|^\s*\[\[?(?:tool\.(?:poetry\.source|uv\.index|uv\.sources|pdm\.source|pixi)|source(?:\.[\w-]+)?|registries(?:\.[\w-]+)?|patch(?:\.[\w\"'.:/-]+)?|replace)\]\]?|^\s*(?:@[\w-]+:)?registry\s*[=:]|npmRegistryServer|npmScopes|\b(?:npm|yarn|pnpm)\s+config\s+set\s+(?!//)\S*registry|\bpip3?\s+config\s+set\s+\S*(?:index-url|trusted-host)|\bgem\s+sources\s+(?:-a|--add)|\bbundle\s+config\s+\S*mirror"
    r"|^\s*source\s+['\"](?:http://|https://(?!rubygems\.org))|\bdependency_links\s*=\s*\[\s*['\"]|<repository>|<pluginRepository>|<mirror>|\bmaven\s*\{\s*(?:url|setUrl)|\burl\s*=?\s*(?:uri\()?['\"]https?://(?!repo\.maven\.apache\.org|plugins\.gradle\.org|repo1\.maven|maven\.google\.com|packages\.gitlab)[^'\"]*(?:maven|repo|artifact|nexus)|mavenLocal\(\)|jcenter\(\)|<add\s+key=\"[^\"]*\"\s+value=\"https?:(?!//api\.nuget\.org/)|\"repositories\"\s*:|\"(?:overrides|resolutions)\"\s*:"
    r"|\bapt-key\s+add|\badd-apt-repository\b|/etc/apt/sources\.list|\bdeb\s+\[?[^\]]*\]?\s*https?://|\b(?:dnf|yum)\s+config-manager\s+--add-repo|/etc/yum\.repos\.d|\bapk\s+[^\n]*--repository|/etc/apk/repositories|\bhelm\s+repo\s+add|\bbrew\s+tap\b|\bconda\s+config\s+--add\s+channels(?!\s+defaults\s*(?:$|[;&\"']))|\bcargo\s+install\s+--git|\bgo\s+env\s+-w\s+GO(?:PROXY|NOSUMDB|FLAGS)|^\s*ADD\s+(?!--checksum)(?:--(?!checksum)\S+\s+)*https?://|^\s*(?:-r|--requirement|-c|--constraint)[ =]?https?:|<systemPath>|\"secure-http\"\s*:\s*false|^dependency_overrides\s*:|<Restore(?:Additional(?:Project)?)?Sources>|\"workspaces\"\s*:[^\n]*\.\./|^(?:overrides|packageExtensions|patchedDependencies)\s*:",
    *_SOURCE_WORDS,
)
_OTHER_INDEX = lazy(r"\s*url\s*=\s*[\"'](?!https://pypi\.org/simple)")
_GO_MODULE = lazy(r"^\s*(?:replace\s+)?[\w./-]+\s+(?:v[\w.-]+\s+)?=>\s+\S|^\s*exclude\s+[\w./-]+\s+v")
_ADDRESS = lazy(
    r"^\s*-[if][\s=]\s?\S|^\s*(?:-e\s+|--editable[= ]\s*)?(?:git\+\w+:|https?:|ssh:|file:|hg\+|svn\+|bzr\+)//"
)
_GIT_INSTALL = worded(
    r"(?:\b(?:pip3?|pipx|uv(?:\s+pip)?|npm|yarn|pnpm|bun|npx|uvx|poetry|gem|go|cargo|composer)\s+(?:\w+\s+)?(?:install|add|i|get|run)?\s?[^\n;&|]{0,200}?)(git\+(?:https?|ssh)://\S+|https?://\S+\.(?:tgz|tar\.gz|zip|whl)\S*|git@\S+|github:\S+|--git\s+\S+|--from-source\s+\S+)",
    *("git+", "http", "git@", "github:", "--git", "--from-source"),
    flags=re.I,
)
_HOOK = worded(
    r"(?:^|[{,])\s*\"(?:pre|post)?(?:install|prepare|pack|publish|publishOnly|prepublish|prepublishOnly|uninstall|dependencies|prepack|postpack)\"\s*:\s*\"|\"(?:post|pre)-(?:install|update|autoload-dump|package-\w+|root-package-install|create-project)-?(?:cmd)?\"\s*:|\bcmdclass\s*=|^\s*build-backend\s*=\s*[\"'](?!(?:setuptools\.build_meta|hatchling\.build|flit_core\.buildapi|poetry\.core\.masonry\.api|pdm\.backend|uv_build|maturin|scikit_build_core\.build|mesonpy)[\"'])|^\s*backend-path\s*=|^\s*build\s*=\s*\"[\w./]+\.rs\"|^\s*links\s*=\s*\""
    r"|\b(?:trustedDependencies|onlyBuiltDependencies|neverBuiltDependencies|enableScripts|allowBuilds|pnpmfile|yarnPath|packageManager|preferUnplugged)\b|^\s*ignore-scripts\s*=\s*false|^\s*(?:script-shell|unsafe-perm|node-options|shell|init-module|globalconfig|prefix|git)\s*=|--no-build-isolation|--unsafe-perm|--ignore-scripts[= ]false|--no-binary|<Exec\s|<PreBuildEvent|<PostBuildEvent|<UsingTask|<Import\s+Project=\"https?|^//go:generate|^\s*extensions?\s*=\s*\[\s*[\"']ext/|\b\w{1,20}\.extensions\s*(?:=|<<|\+=)|^\s*\[tool\.(?:hatch\.(?:build|metadata)\.(?:targets\.\w+\.)?hooks\.(?!vcs\b|version\b|fancy-pypi)|poetry\.build\b|setuptools\.cmdclass\b)|<exec(?:utable)?\s*>|exec-maven-plugin|antrun|^\s*(?:rustc|rustc-(?:workspace-)?wrapper)\s*=\s*[\[\"']|^\s*\[project\.entry-points\.[\"']?(?:pytest11|console_scripts|distutils|setuptools)|\"bin\"\s*:|\"gypfile\"\s*:",
    *_HOOK_WORDS,
)
_LOCKED = lazy(
    r"\bnpm ci\b|--frozen-lockfile|--require-hashes|--locked\b|--immutable\b|--frozen\b|bundle config[^\n]{0,40}(?:frozen|deployment)|--deployment\b"
)
_LOCKS = (
    "npm ci", "--frozen", "--require-hashes", "--locked", "--immutable", "bundle config", "--deployment"
)  # fmt: skip
_GIT_FILE = lazy(r"(?:^|/)(?:mix\.exs|pubspec(?:_overrides)?\.yaml|Podfile)$")
_BY_GIT = lazy(
    r"\{:\w{1,60},[^}\n]{0,200}\b(?:git|github):\s*[\"']|^\s+git:\s*(?:$|[\"'{]|https?:|git@)|:git\s*=>\s*['\"]"
)
_RUNS = lazy(
    r"\bos\.(?:system|popen|exec\w{1,3}|spawn\w{1,4})\(|\bsubprocess\.\w+\(|\burlopen\(|\burlretrieve\(|\brequests\.(?:get|post)\(|\bsocket\.|__import__\(|(?<![\w.])(?:exec|eval)\("
)
_GEMFILE_RUNS = lazy(
    r"^\s*(?:Kernel\.)?(?:system|exec|spawn)\b[\s(]*[\"']|\b(?:instance_)?eval\b[\s(]*ENV\b|\beval_gemfile\b[\s(]*[\"'](?:/|~|https?:)|\b(?:instance_)?eval\b[^\n]{0,80}(?:open|read|get)\(\s*(?:URI\W{1,3}\w{0,5}\(?\s*)?[\"']https?:"
)
_GRADLE = lazy(
    r"distributionUrl=https\\?://services\.gradle\.org/distributions/gradle-[\w.-]+-(?:bin|all)\.zip$|(?:distribution|wrapper)Url=https\\?://repo\.maven\.apache\.org/maven2/org/apache/maven/\S+$|wrapperVersion=[\d.]+$|distributionType=[\w-]+$|distributionSha256Sum=[0-9a-f]{64}$|networkTimeout=\d+$|validateDistributionUrl=true$|#"
)
_MANAGER = lazy(r"\"packageManager\"\s*:\s*\"(\w+)@\d+\.\d+\.\d+[^\"\s]*\"")
_HOOK_FILE = worded(
    r"(?i)(?:^|/)(?:build\.rs|binding\.gyp|extconf\.rb|sitecustomize\.py|usercustomize\.py|\.pnpmfile\.cjs|pnpmfile\.js|init\.gradle(?:\.kts)?|[\w.-]+\.pth|hatch_build\.py|\.yarn/(?:plugins|releases)/.*|_?build_backend\.py|gradle-wrapper\.(?:jar|properties)|\.mvn/.*|rust-toolchain(?:\.toml)?|Directory\.Build\.(?:props|targets))$",
    *(
        "build.rs", "binding.gyp", "extconf", "customize", "pnpmfile", "init.gradle", ".pth", "hatch_build", ".yarn", "build_backend",
        "gradle-wrapper", ".mvn", "rust-toolchain", "directory.build",
    ),
)  # fmt: skip
_NO_HOOK = lazy(r"(?:^|/)(?:src|tests?|benches|examples|fixtures)/(?:.*/)?build\.rs$")  # a module of that name
_INSTALL = lazy(
    r"\b(?P<tool>pip3?|pipx|uv\s+(?:pip|tool)|uvx|python[\d.]*\s+-m\s+pip|npm|yarn(?:\s+global)?|pnpm|bun|npx|bunx|pnpx|gem|cargo|go|composer(?:\s+global)?|poetry|conda|mamba)\s+(?P<verb>install|add|i|global\s+add|get|require|(?<=go )run|dlx|exec)?\s*(?P<rest>[^\n;&|#]{0,400})"
)
_TOOLS: dict[str, Ecosystem] = {
    "pip": "pypi", "pip3": "pypi", "pipx": "pypi", "uv": "pypi", "uvx": "pypi", "python": "pypi", "poetry": "pypi", "conda": "pypi", "mamba": "pypi", "npm": "npm", "yarn": "npm", "pnpm": "npm",
    "bun": "npm", "npx": "npm", "bunx": "npm", "pnpx": "npm", "gem": "gem", "cargo": "cargo", "go": "go", "composer": "composer",
}  # fmt: skip
_TOOL_WORDS = (
    "pip", "uv", "python", "npm", "yarn", "pnpm", "bun", "npx", "pnpx", "gem", "cargo", "go", "composer", "poetry", "conda", "mamba",
)  # fmt: skip
_INSTALLING = Keywords([_TOOL_WORDS], "added script")
_SAYING = Keywords([_SOURCE_WORDS, _HOOK_WORDS], "added script")
_NEEDS_VERB = frozenset("pip pip3 uv python npm yarn pnpm bun gem cargo go composer poetry conda mamba pipx".split(" "))
_SCRIPTS_OF = frozenset(("npm", "yarn", "pnpm", "bun", "poetry", "composer", "cargo", "uv"))
_COMMON = frozenset(
    "mkdocs mkdocs-material sphinx codespell bandit pip-audit pip-tools safety semgrep yamllint ansible-lint checkov isort pylint pyright pip setuptools wheel build twine uv poetry tox nox virtualenv pre-commit hatch pytest coverage ruff mypy black flake8 npm yarn pnpm corepack bundler typescript eslint prettier cargo-audit".split(
        " "
    )
)
_PACKAGE = lazy(r"^[\"']?((?:@[\w.-]+/)?[A-Za-z][\w./-]*?)(?:\[[^\]]*\])?([=<>~!@^]=?=?.*?)?[\"']?$")
_WITH_VALUE = frozenset(
    "-r -c -e -t -i -f -p --requirement --constraint --editable --target --index-url --extra-index-url --find-links --prefix --python --registry --cache-dir --root --group -g --version -v --source --path --features --tag --trusted-host --progress --loglevel --only --with --extra".split(
        " "
    )
)
_OF_NODE = frozenset("npm npx yarn pnpm bun bunx pnpx".split(" "))
_WITH_VALUE_OF_NODE = frozenset(
    "--registry --prefix --cache-dir --tag --loglevel -w --workspace --filter -C --cwd -c --call".split(" ")
)
_NOX = lazy(r"\bsession\.(?:conda_)?install\(([^)\n]{1,400})")
_LITERAL = lazy(r"[\"']([A-Za-z][^\"'\n]{0,100})[\"']")


_OF_MANAGERS = lazy(
    r"(?i)(?:^|/)(?:\.?npmrc|\.yarnrc(?:\.yml)?|\.?pip\.conf|pip\.ini|\.pypirc|nuget\.config|\.cargo/config(?:\.toml)?|settings\.xml|bunfig\.toml|uv\.toml|\.bundle/config|\.condarc|auth\.json|pnpm-workspace\.yaml|\.npmrc\.\w+|poetry\.toml)$"
)  # settings of package managers
_CONDA = lazy(r"(?:^|/)(?:environment|conda[\w.-]*)\.ya?ml$")
_GO_FILES = ("go.mod", "go.work")


def line_findings(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Rule, line and text of each: sources, hooks, pins given up."""
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    builds = _HOOK_FILE.search(file.path) and not _NO_HOOK.search(file.path)
    builds = builds and not _is_newer_gradle(file) and not is_newer_toolchain(file)
    if builds and file.new_mode:
        yield "hook", 1, "a file that runs or decides when packages are built or started"
    yield from (("anything", number, says) for number, says in unlocked(file))
    yield from places(file)
    if _CONDA.search(file.path):
        yield from (("source", number, channel) for number, channel in fresh_channels(file))
    yield from repinned(file)
    manifest = bool(ecosystem_of(file.path)) or bool(_OF_MANAGERS.search(file.path))
    read = manifest or _GIT_FILE.search(file.path) or kind in SCRIPTS or kind in ("toml", "ini", "env")
    if read and not is_lock(file.path):
        for line, text in _fresh_lines(file):
            yield from ((rule, line.number, text.strip()[:80]) for rule in _of_line(file, text, manifest, kind))


def _fresh_lines(file: FileDelta) -> Iterator[tuple[Line, str]]:
    """Added lines that say something new and are no comment; of most files only those that hold a word of `_SAYING`."""
    every = file.path.endswith((*_GO_FILES, "setup.py", ".txt", ".in", "Gemfile")) or ".cargo/" in file.path
    every = every or bool(_GIT_FILE.search(file.path))
    held = () if every else _SAYING.lines(file.added_lines)
    removed = {_plain(line.text) for line in file.removed} if every or held else set()
    for line in file.added if every else (file.added[index] for index in held):
        text = line.text[:4_000]
        if _plain(text) not in removed and not (re.match(r"\s*(?:#|//)", text) and not text.startswith("//go:")):
            yield line, text


def _of_line(file: FileDelta, text: str, manifest: bool, kind: Kind) -> Iterator[str]:
    """The rules that a line breaks."""
    name = file.path.rpartition("/")[2]
    if (
        _SOURCE.search(text)
        or (file.path.endswith((".txt", ".in")) and _ADDRESS.match(text))
        or _GIT_INSTALL.search(text)
        or (_GIT_FILE.search(file.path) and _BY_GIT.search(text))
        or (name in _GO_FILES and _GO_MODULE.search(text))
        or (name.endswith("Pipfile") and _OTHER_INDEX.match(text))
    ):
        yield "source"
    if manifest and re.match(r"\s*--pre\b", text):
        yield "unpinned"
    hooks = (manifest or kind == "go") and _HOOK.search(text) and not _is_bump(file, text) and not runs_less(file, text)
    runs = {"setup.py": _RUNS, "Gemfile": _GEMFILE_RUNS}.get(name)
    linker = ".cargo/" in file.path and re.match(r"\s*(?:runner|linker)\s*=", text)
    if hooks or linker or (runs is not None and runs.search(text)):
        yield "hook"


def _is_newer_gradle(file: FileDelta) -> bool:
    """Whether the wrapper of Gradle is to load another version of it from where it comes from, and no more."""
    lines = [line.text.strip() for line in (*file.added, *file.removed) if line.text.strip()]
    return file.old is not None and bool(lines) and all(map(_GRADLE.match, lines))


def unlocked(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Installs of a script that kept to the lock file or its checksums, and no longer do."""
    if kind_of(file.path, file.new_text.partition("\n")[0]) not in SCRIPTS or file.status == "deleted":
        return
    for line in (file.removed[index] for index in file.removed_lines.holding(_LOCKS)):
        for flag in _LOCKED.findall(line.text[:2_000]):
            if flag not in file.new_text and not _LOCKED.search("\n".join(line.text for line in file.added)):
                installs_again = next((each for each in file.added if _INSTALL.search(each.text[:2_000])), None)
                if installs_again:
                    yield installs_again.number, f"no longer {flag}"


def _plain(text: str) -> str:
    """A line without white space, quotes all alike."""
    return "".join(text.split()).rstrip(",").replace("'", '"')


def _is_bump(file: FileDelta, text: str) -> bool:
    """Whether a line names another version of the package manager that was named before."""
    now = _MANAGER.search(text)
    was = next(filter(None, (_MANAGER.search(line.text[:500]) for line in file.removed)), None) if now else None
    return bool(now and was and now[1] == was[1])


def installs(file: FileDelta) -> Iterator[tuple[Ecosystem, str, int]]:
    """Packages that an added line of a script installs and no line of the old file did."""
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    if file.path.rpartition("/")[2] == "noxfile.py":
        before = set(_of_nox(file.old_text))
        named = [(name, line.number) for line in file.added for name in _of_nox(line.text[:1_000])]
        yield from (("pypi", name, number) for name, number in named if name not in before and name not in _COMMON)
    if kind not in SCRIPTS:
        return
    lines = (file.added[index] for index in _INSTALLING.lines(file.added_lines))
    fresh = [(ecosystem, name, line.number) for line in lines for ecosystem, name, _ in _installed(line.text[:4_000])]
    known = {package for text in file.old_text.split("\n") for _, package, _ in _installed(text)} if fresh else set()
    yield from (found for found in fresh if found[1] not in known and found[1] not in _COMMON)


def repinned(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Packages that a script installs in an older version than before, or now in any."""
    if kind_of(file.path, file.new_text.partition("\n")[0]) not in SCRIPTS or not file.removed:
        return
    lines = [file.added[index] for index in _INSTALLING.lines(file.added_lines)]
    before = (
        {name: pin for line in file.removed for _, name, pin in _installed(line.text[:4_000]) if pin} if lines else {}
    )
    for line in lines if before else ():
        for _, name, pin in _installed(line.text[:4_000]):
            was = before.get(name, pin)
            rule = "anything" if is_anything(was, pin) else "downgrade" if is_older(was, pin) else ""
            yield from [(rule, line.number, f"{name} {was} → {pin or 'anything'}")] if rule else ()


def _installed(text: str) -> Iterator[tuple[Ecosystem, str, str]]:
    if re.match(r"\s*#", text):
        return
    for match in _INSTALL.finditer(text):
        tool = match["tool"].split()[0].rstrip("0123456789.")
        if tool in _NEEDS_VERB and not match["verb"]:
            continue
        if match["verb"] == "run" and tool in _SCRIPTS_OF:
            continue  # a script of the project
        skip = False
        for word in match["rest"].split():
            if skip or word.startswith("-"):
                skip = word in (_WITH_VALUE if tool not in _OF_NODE else _WITH_VALUE_OF_NODE)
                continue
            package = _PACKAGE.match(word)
            if (
                package is None
                or word.startswith((".", "/", "$", '"$', "git+", "http"))
                or ("/" in word and tool not in ("npm", "npx", "go", "composer", "yarn", "pnpm", "bun"))
            ):
                continue
            yield _TOOLS.get(tool, ""), package[1].lower(), (package[2] or "").lstrip("@")
            if tool in ("npx", "uvx", "bunx", "pnpx"):
                break


def _of_nox(text: str) -> Iterator[str]:
    """Packages that sessions of nox install."""
    for match in _NOX.finditer(text):
        named = (_PACKAGE.match(word) for word in _LITERAL.findall(match[1]))
        yield from (package[1].lower() for package in named if package and "/" not in package[1])
