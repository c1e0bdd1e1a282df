"""Large patches for the gate: random words in Python, and the code, settings and prose of several languages."""

from __future__ import annotations

import random
import re
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

FILES = 300
Text = Callable[[random.Random, int], bytes]

_WORDS = "def return value result item config path user request response index total error list state name check build"
# fmt: off
_LINES = {
    "go": (
        "func ({w} *{W}) {W}({w} string) error {{",
        '\tif err := {w}.{W}(ctx, "{w} {w}"); err != nil {{',
        '\t\treturn fmt.Errorf("{w}: %w", err)',
        "\t{w} := make([]{W}, 0, {n})",
        "\t// {W} {w} {w} {w} the {w} {w}.",
        "}}",
    ),
    "ts": (
        "import {{ {W}, {w} }} from './{w}/{w}'",
        "export const {w}: {W}<string> = {{ {w}: '{w}', {w}: {n} }}",
        "  const {w} = await this.{w}.{w}(`${{{w}}}/{w}/{n}`)",
        "  expect({w}.{w}({n})).toEqual('{w}')",
        "  }})",
        "",
    ),
    "java": (
        "    private final Map<String, {W}> {w} = new HashMap<>();",
        '    public {W} {w}(String {w}) {{ return this.{w}.get("{w}-" + {w}); }}',
        "    @Override",
        "     * {W} {w} {w} {w} {w} {w}, see {{@link {W}#{w}}}.",
        "    }}",
    ),
    "yaml": ("{w}:", "  - name: {w}-{w}", "    {w}: '{w}.{n}'", "    image: {w}/{w}:{n}.{n}", "  # {w} {w} {w}"),
    "json": (
        '  "{w}": {{', '    "{w}-{w}": "^{n}.{n}.{n}",', '    "{w}": [{n}, {n}, {n}],', '    "{w}": true', "  }},",
    ),
    "sh": (
        '{w}="${{1:-{w}}}"', 'if [ -n "${w}" ]; then', '  printf "%s\\n" "{w} {w}"', "fi", "{w} --{w} {w}/{w} | sort",
    ),
    "md": (
        "## {W} {w} {w}", "", "{W} {w} {w} {w} {w}, {w} {w} `{w}.{w}` {w} {w} {w} {w}.", "- [{w} {w}](docs/{w}.md#{w})",
    ),
    "xml": ('<{w} {w}="{w}">', "  <{w}>{w} {w} {n}</{w}>", '  <{w} id="{w}_{n}" {w}="@{w}/{w}" />', "</{w}>"),
}
# fmt: on


def random_words(repo: Path) -> bytes:
    """About 10 MB: half of each of 300 Python files replaced, all in the same kind of line."""
    return _patch(repo, [("py", _calls)] * FILES)


def mixed(repo: Path) -> bytes:
    """About 10 MB: the same of 150 files of Python's own library, and 150 in eight other languages."""
    library = _library()
    words = sorted({word for text in library[:60] for word in re.findall(rb"[a-z]{3,12}", text)})
    made = [(kind, _of_kind(lines, [word.decode() for word in words])) for kind, lines in _LINES.items()]
    others = [made[number % len(made)] for number in range(FILES // 2)]
    return _patch(repo, [*others, *([("py", lambda chance, lines: _excerpt(library, chance, lines))] * (FILES // 2))])


def _calls(chance: random.Random, lines: int) -> bytes:
    return _of_kind(("    {w}_{n} = {w}({n}, '{w}')",), _WORDS.split())(chance, lines)


def _library() -> list[bytes]:
    """Modules of the standard library that are long enough to be cut from."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts = (path.read_bytes() for path in sorted(folder.glob("*.py")))
    return [text for text in texts if text.count(b"\n") > 300]


def _excerpt(library: list[bytes], chance: random.Random, lines: int) -> bytes:
    found: list[bytes] = []
    while len(found) < lines:
        module = chance.choice(library).splitlines(keepends=True)
        start = chance.randrange(len(module) - 100)
        found += module[start : start + 400]
    return b"".join(found[:lines])


def _of_kind(lines: tuple[str, ...], words: list[str]) -> Text:
    def text(chance: random.Random, count: int) -> bytes:
        return "".join(_line(chance, chance.choice(lines), words) + "\n" for _ in range(count)).encode()

    return text


def _line(chance: random.Random, shape: str, words: list[str]) -> str:
    filled = re.sub(r"\{w\}", lambda _: chance.choice(words), shape)
    filled = re.sub(r"\{W\}", lambda _: chance.choice(words).title(), filled)
    return re.sub(r"\{n\}", lambda _: str(chance.randrange(999)), filled).replace("{{", "{").replace("}}", "}")


def _patch(repo: Path, kinds: list[tuple[str, Text]]) -> bytes:
    """What turns 800 lines of each file into its first 300 and 400 others."""
    chance = random.Random(1)
    git(repo, "init", "-q")
    for number, (kind, text) in enumerate(kinds):
        (repo / f"f{number}.{kind}").write_bytes(text(chance, 800))
    git(repo, "add", "-A")
    git(repo, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "base")
    for number, (kind, text) in enumerate(kinds):
        path = repo / f"f{number}.{kind}"
        kept = path.read_bytes().splitlines(keepends=True)[:300]
        path.write_bytes(b"".join(kept) + text(chance, 400))
    patch = git(repo, "diff")
    git(repo, "checkout", "-q", ".")
    return patch


def git(repo: Path, *arguments: str) -> bytes:
    """What a git command in `repo` answers."""
    return subprocess.run(("git", *arguments), cwd=repo, capture_output=True, check=True).stdout
