"""The rules of the family `supply`, with their examples."""

from __future__ import annotations

from improve_loop.rules.gating.rule import Edit, Rule

_REQ = "requirements.txt"


def _edit(before: str, after: str, path: str = _REQ) -> Edit:
    return Edit(before={path: before}, after={path: after}, target_paths=(path,), class_="dependency")


def _lock(version: str) -> str:
    root, package = '{"dependencies": {"left": "V"}}', '{"version": "V"}'
    return f'{{"packages": {{"": {root}, "node_modules/left": {package}}}}}\n'.replace("V", version)


ADDED = Rule(
    id="supply/dependency-added",
    reason="a dependency is added that the project did not have",
    advice="a person decides on new dependencies; make it a candidate that says so",
    refuses=(
        _edit("flask==3.0\n", "flask==3.0\nleftlib==1.0\n"),
        _edit('{"dependencies": {}}\n', '{"dependencies": {"leftlib": "^1"}}\n', "package.json"),
    ),
    allows=(_edit("flask==3.0\n", "flask==3.1\n"),),
)
SOURCE = Rule(
    id="supply/source",
    reason="packages come from another place than before",
    advice="take packages from the index that the project uses",
    refuses=(
        _edit("flask==3.0\n", "--extra-index-url https://x.test/simple\nflask==3.0\n"),
        _edit("flask==3.0\n", "flask @ git+https://x.test/flask\n"),
        Edit(after={".npmrc": "registry=https://x.test/\n"}),
        Edit(before={"go.mod": "module a\n"}, after={"go.mod": "module a\nreplace a.b/c => d.e/f v1.0.0\n"}),
    ),
    allows=(
        _edit("--index-url https://a.test/simple\nflask==3.0\n", "--index-url https://a.test/simple\nflask==3.1\n"),
    ),
)
HOOK = Rule(
    id="supply/hook",
    reason="something runs when packages are installed, built or started",
    advice="leave install hooks and build backends to people",
    refuses=(
        _edit(
            '{"scripts": {\n"test": "jest"\n}}\n',
            '{"scripts": {\n"test": "jest",\n"postinstall": "node x.js"\n}}\n',
            "package.json",
        ),
        Edit(after={"build.rs": "fn main() {}\n"}),
        Edit(after={"sitecustomize.py": "x = 1\n"}),
    ),
    allows=(_edit('{"scripts": {\n"test": "jest"\n}}\n', '{"scripts": {\n"test": "jest -i"\n}}\n', "package.json"),),
)
TYPO = Rule(
    id="supply/name",
    reason="the name of a package is a typing error away from a popular one",
    advice="check the name",
    refuses=(
        _edit("flask==3.0\n", "flask==3.0\nreqeusts==2.0\n"),
        Edit(after={"setup.sh": "pip install python3-dateutil2 colourama\n"}),
    ),
    allows=(_edit("flask==3.0\n", "flask==3.0\nrequests==2.32\n"),),
)
DOWNGRADE = Rule(
    id="supply/downgrade",
    reason="a dependency becomes older",
    advice="go forward, or let a person go back",
    refuses=(_edit("flask==3.1\n", "flask==3.0\n"),),
    allows=(_edit("flask==3.0\n", "flask==3.0.1\n"),),
)
UNPINNED = Rule(
    id="supply/unpinned",
    reason="a pin or checksum is given up, so whatever is newest gets in",
    advice="keep the pin",
    refuses=(
        _edit("flask==3.1\n", "flask>=3.1\n"),
        _edit('{"dependencies": {"a": "1.2.3"}}\n', '{"dependencies": {"a": ">=1.2.3"}}\n', "package.json"),
    ),
    allows=(_edit("flask\n", "flask==3.1\n"),),
)
ANYTHING = Rule(
    id="supply/anything",
    reason="a dependency that named a version now takes whatever is newest",
    advice="keep a version",
    refuses=(
        _edit("flask==3.1\n", "flask\n"),
        _edit('{"dependencies": {"a": "1.2.3"}}\n', '{"dependencies": {"a": "*"}}\n', "package.json"),
        _edit('{"require": {"a/b": "^3.5"}}\n', '{"require": {"a/b": "dev-master"}}\n', "composer.json"),
    ),
    allows=(_edit("flask\n", "flask==3.1\n"),),
)
MISMATCH = Rule(
    id="supply/lock-mismatch",
    reason="lock file and manifest disagree, or a checksum changes by itself",
    advice="write both with the package manager in one go",
    refuses=(
        Edit(
            before={"package.json": '{"dependencies": {"left": "1.0.0"}}\n', "package-lock.json": _lock("1.0.0")},
            after={"package.json": '{"dependencies": {"left": "1.1.0"}}\n', "package-lock.json": _lock("1.0.0")},
        ),
        Edit(before={"go.sum": "a.b/c v1.0.0 h1:x=\n"}, after={"go.sum": "a.b/c v1.0.0 h1:y=\n"}),
    ),
    allows=(
        Edit(
            before={"package.json": '{"dependencies": {"left": "1.0.0"}}\n', "package-lock.json": _lock("1.0.0")},
            after={"package.json": '{"dependencies": {"left": "1.1.0"}}\n', "package-lock.json": _lock("1.1.0")},
        ),
    ),
)
GUARD = Rule(
    id="supply/guard",
    reason="a package manager checks less of what it installs",
    advice="leave its checks on",
    refuses=(
        Edit(before={".yarnrc.yml": "checksumBehavior: throw\n"}, after={".yarnrc.yml": "checksumBehavior: ignore\n"}),
        Edit(before={"deny.toml": 'unknown-git = "deny"\n'}, after={"deny.toml": 'unknown-git = "allow"\n'}),
        Edit(before={"bunfig.toml": "frozenLockfile = true\n"}, after={"bunfig.toml": "[install]\n"}),
    ),
    allows=(
        Edit(
            before={"pnpm-workspace.yaml": "minimumReleaseAge: 60\n"},
            after={"pnpm-workspace.yaml": "minimumReleaseAge: 600\n"},
        ),
    ),
)
UNREADABLE = Rule(
    id="supply/unreadable",
    reason="the manifest cannot be read, so what it installs is not known",
    advice="write it as its format wants it",
    refuses=(_edit("{}\n", "{\n", "package.json"),),
)
RULES = (ADDED, SOURCE, HOOK, TYPO, DOWNGRADE, UNPINNED, ANYTHING, MISMATCH, GUARD, UNREADABLE)
