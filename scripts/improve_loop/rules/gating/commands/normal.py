"""A command line made plain: continuations joined, quotes, escapes, known variables and simple encodings resolved."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error, unhexlify
from collections.abc import Mapping, Sequence

from improve_loop.model.lines import holds_one, lowered
from improve_loop.rules.gating.lazy import lazy, worded

MAX_COMMAND = 8_000  # characters of one logical line
MAX_JOINED = 60  # physical lines of one logical line

_ASSIGNED = lazy(
    r"^\s*(?:-\s+)?(?:export\s+|readonly\s+|local\s+|declare\s+(?:-\w+\s+)?|ENV\s+|ARG\s+|set\s+|const\s+|let\s+|var\s+)?([A-Za-z_]\w*)\s?(?::|\?|:)?=\s?(?:\"([^\"$`]{0,300})\"|'([^']{0,300})'|\"?(\$\{?HOME\}?(?:/[\w.*/-]{0,100})?)\"?|([^\s\"'$`;&|()#]{0,300}))\s*(?:;|$|&&|#)"
)
_YAML_VARIABLE = lazy(
    r"^\s+([A-Z_][A-Z0-9_]*)\s?:\s(?:\"([^\"$`]{0,300})\"|'([^']{0,300})'|([^\s\"'$`;&|()#]{0,300}))\s*$"
)
_YAML_COMMAND = lazy(r"^\s+([A-Z_][A-Z0-9_]*)\s?:\s([\w./-]+(?:\s[^\"'$`;&|()#\n]{1,300}?)?)\s*$")
_INLINE_ASSIGNED = lazy(
    r"(?:^\s*[@-]*|[;&|]\s*)([A-Za-z_]\w*)=(?:\"([^\"$`]{0,200})\"|'([^']{0,200})'|([^\s\"'$`;&|()]{0,200}))\s*(?=;|&&|$)"
)
_VARIABLE = lazy(r"\$\{([A-Za-z_]\w*)\}|\$\(([A-Za-z_]\w*)\)|\$([A-Za-z_]\w*)")
_IFS = lazy(r"\$\{?IFS(?:%\?\?|[^}\s]{0,8}\})?\}?|\$'\\[tx]?(?:20|09)?'")
_ANSI = lazy(r"\$'((?:[^'\\]|\\.){0,400})'")
_ESCAPE = lazy(r"\\x([0-9a-fA-F]{2})|\\([0-7]{3})|\\u00([0-9a-fA-F]{2})")
_BACKSLASHED = lazy(r"\\([A-Za-z-])")
_DRIVE = lazy(r"(?:^|[\s\"'=])[A-Za-z]:\\")
_EMPTY_QUOTES = lazy(r"(?<=[\w/-])(?:''|\"\")(?=[\w/-])")
_INNER_QUOTES = lazy(r"([\"'])([\w./*~+-]{1,60})\1")
_BRACES = lazy(r"(?<![\w$}])\{([\w./*~-]+(?:,[\w./*~$-]+){1,10})\}")
_DEFAULTED = lazy(r"\$\{([A-Za-z_]\w*):?[-=]([^${}]{0,200})\}")
_ARRAY = lazy(
    r"^\s*(?:-\s+)?(?:local\s+|declare\s+-\w+\s+|readonly\s+)?([A-Za-z_]\w*)(\+?)=\(([^()$`]{1,300})\)\s*(?:;|$|#)"
)
_ELEMENTS = lazy(r"\$\{([A-Za-z_]\w*)\[[@*]\]\}")
_INDIRECT = lazy(r"\$\{!([A-Za-z_]\w*)\}")
_CHANGED = lazy(r"\$\{([A-Za-z_]\w*)(,,?|\^\^?|%%?|##?)([\w./-]{0,60})\}")
_TEMPLATED = lazy(r"\{\{-?\s?\.?([A-Za-z_]\w*)\s?-?\}\}")  # of a Taskfile or a Justfile
_FLOW = lazy(r"[{,]\s?([A-Z_][A-Z0-9_]*)\s?:\s?[\"']?([/~][\w./*~-]{0,100})[\"']?(?=\s?[,}])")
_ENV = lazy(r"\$ENV\{(\w{1,60})\}")  # of CMake
_ECHOED = lazy(r"\$\(\s*(?:echo|printf)\s+(?:-n\s+)?[\"']?([\w./-]{1,40})[\"']?\s*\)")
_OF_FISH = lazy(r"^\s*set\s+(?:-[gxlU]{1,3}\s+)?([a-z_]\w*)\s+([/~][\w./~ *-]{0,200}?)\s*$")
_LOCATED = lazy(r"(?:\$\(|`)\s*(?:which|command\s+-v|type\s+-[pP])\s+([\w./-]{1,40})\s*[)`]")
_ASSIGNED_DEFAULT = lazy(
    r"^\s*(?:export\s+|local\s+)?([A-Za-z_]\w*)=[\"']?\$\{\w+:?[-=]([^${}\"'\s]{1,200})\}[\"']?\s*$"
)
_PLACE = lazy(
    r"^\s*(?:export\s+|local\s+|readonly\s+)?([A-Za-z_]\w*)=([\"']?(?:-\w+\s)?(?:\$\{?\w+\}?|\$\(pwd\)|\$\(git rev-parse [\w -]+\)|`pwd`|~)[/.*]{0,4}[\"']?)\s*(?:;|$|&&|#)"
)
_PLACES = ("HOME", "PWD", "OLDPWD", "CI_PROJECT_DIR", "GITHUB_WORKSPACE", "WORKSPACE", "pwd")
_LOOPED = lazy(r"^\s*for\s+([A-Za-z_]\w*)\s+in\s+([^;\n]{1,300}?)\s*(?:;|$)")
_PARAMETER = lazy(r"(?<=\w)(?:\$@|\$\{@\}|\$\*|`\s*`|\$\(\s*\)|\$[1-9](?=[a-z]))(?=\w)")
_SUBSTRING = lazy(r"\$\{([A-Za-z_]\w*):(\d{1,3})(?::(\d{1,3}))?\}")
_HERE = lazy(r"\$\((?:pwd|git rev-parse --show-toplevel)\)|`(?:pwd|git rev-parse --show-toplevel)`")
_DOUBLED = lazy(r"\$\$(?=[A-Za-z_{(])")  # what make and compose take for the shell's own `$`
_PRINTF = lazy(r"\$\(\s*printf\s+(?:-- )?[\"']?((?:\\x[0-9a-fA-F]{2}|\\[0-7]{3}|[\w/ .-]){1,200})[\"']?\s*\)")
_SEPARATOR = lazy(r"(?:^|[\s;&])IFS=[\"']?([,:;|/_.+-])")
_MAKE_VARIABLE = lazy(r"^([A-Za-z_]\w*)\s*[:?+]{0,2}=\s+([^\"'$`#\n]{1,300}?)\s*$")
_BASE64 = lazy(r"[A-Za-z0-9+/]{8,4000}={0,2}")
_DECODES = worded(
    r"base64\s+(?:-d|-D|--decode|-di)|b64decode|base64_decode|atob\(|FromBase64String|from\([^)]{0,80}base64|Base64\.decode|-enc(?:odedcommand)?\b|decode64|DecodeString",
    *("base64", "b64", "atob(", "-enc", "decode64", "decodestring"),
    flags=re.I,
)
_HEXED = worded(r"xxd\s+-r|unhexlify|fromhex|hex2bin|'hex'|\"hex\"", "xxd", "hex")
_HEX = lazy(r"(?:[0-9a-fA-F]{2}\s?){6,800}")
_PRINTED = lazy(r"\\x[0-9a-fA-F]{2}|\\[0-7]{3}")
_REVERSED = worded(r"\|\s*rev\b|\[::-1\]|\.reverse\(", "rev", "[::-1]")
_ENCODED = tuple({*_DECODES.words, *_HEXED.words, *_REVERSED.words})
_COMMENT = lazy(r"(?:^|\s)#(?![!{]).*$")


def variables_of(lines: Sequence[str]) -> dict[str, str]:
    """Variables that the file gives one literal value; those given several are left out."""
    known: dict[str, str] = {}
    unclear: set[str] = set()
    for line in lines:
        if len(line) > 2_000:
            continue
        if "for " in line and (looped := _LOOPED.match(line)):
            name, items = looped[1], looped[2].split()
            value = next((item for item in items if item.strip("\"'")[:1] in "/~"), items[0])
            if known.get(name, value) != value:
                unclear.add(name)
            known[name] = value.strip("\"'")
        if "set " in line and (of_fish := _OF_FISH.match(line)):
            known[of_fish[1]] = of_fish[2]
        if "=" not in line and ":" not in line:
            continue
        if "$(echo" in line or "$(printf" in line:
            line = _ECHOED.sub(r"\1", line)
        if "=(" in line and (array := _ARRAY.match(line)):
            words = " ".join(word.strip("\"'") for word in array[3].split())
            known[array[1]] = f"{known.get(array[1], '')} {words}".strip() if array[2] else words
            continue
        if "{" in line and ":" in line and holds_one(line, "/~"):
            known.update((name, value) for name, value in _FLOW.findall(line) if name not in known)
        if "${" in line and (defaulted := _ASSIGNED_DEFAULT.match(line)) and defaulted[2][:1] in "/~":
            known.setdefault(defaulted[1], defaulted[2])
        if holds_one(line, "$`~") and (place := _PLACE.match(line)) and (value := _place(place[2], known)):
            if known.get(place[1], value) != value:
                unclear.add(place[1])
            known[place[1]] = value
            continue
        several = _MAKE_VARIABLE.match(line) or _YAML_COMMAND.match(line)
        for match in filter(
            None, (several or _ASSIGNED.match(line) or _YAML_VARIABLE.match(line), *_INLINE_ASSIGNED.finditer(line))
        ):
            name, value = match[1], next((part for part in match.groups()[1:] if part), "")
            if known.get(name, value) != value:
                unclear.add(name)
            known[name] = value
    return {name: value for name, value in known.items() if name not in unclear}


def _place(value: str, known: Mapping[str, str]) -> str:
    """Where a value with one reference leads: a home, the work tree, or what the file said before; else nothing."""
    value = value.strip("\"'")
    match = _VARIABLE.search(value)
    name = (match[1] or match[2] or match[3]) if match else None
    if match is None or name is None or name in _PLACES:
        return value
    return value.replace(match[0], known[name]) if name in known else ""


def plain(command: str, variables: Mapping[str, str]) -> str:
    """One logical line as the shell would see it, as far as a text tells; decoded payloads follow behind a `;`."""
    text = without_comment(command)[:MAX_COMMAND]
    if "{{" in text and variables:
        text = _TEMPLATED.sub(lambda match: variables.get(match[1], match[0]), text)
    if "$" in text or "`" in text:
        text = _expanded(text, variables)
    if "'" in text or '"' in text:
        text = _INNER_QUOTES.sub(lambda match: match[2], _EMPTY_QUOTES.sub("", text))
    if "\\" in text and not _PRINTED.search(text) and not _DRIVE.search(text):
        text = _BACKSLASHED.sub(r"\1", text)
    if "{" in text:
        text = _BRACES.sub(lambda match: match[1].replace(",", " "), text)
    return text + "".join(f" ; {hidden}" for hidden in _payloads(text))


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """Text with what `$` and back-ticks stand for, where that is known."""
    text = _DOUBLED.sub("$", text) if "$$" in text else text
    text = _ENV.sub(r"${\1}", text) if "$ENV" in text else text
    text = _IFS.sub(" ", text) if "IFS" in text or "$'" in text else text
    text = _ANSI.sub(lambda match: _ESCAPE.sub(_char, match[1]), text) if "$'" in text else text
    if "IFS=" in text and (divided := _SEPARATOR.search(text)):
        variables = {name: value.replace(divided[1], " ") for name, value in variables.items()}
    if "${" in text:
        text = _SUBSTRING.sub(lambda match: _part_of(match, variables), text)
        text = _ELEMENTS.sub(lambda match: variables.get(match[1], match[0]), text)
        text = _INDIRECT.sub(lambda match: variables.get(variables.get(match[1], ""), match[0]), text)
        text = _CHANGED.sub(lambda match: _changed(match, variables), text)
    if "$(" in text or "`" in text:
        text = _PRINTF.sub(lambda match: _ESCAPE.sub(_char, match[1]), text)
    if "${" in text:
        text = _DEFAULTED.sub(lambda match: variables.get(match[1]) or match[2] or match[0], text)
    if "$(" in text or "`" in text:
        text = _ECHOED.sub(r"\1", _LOCATED.sub(r"\1", text))
    for _ in range(2 if variables else 0):
        text = _VARIABLE.sub(lambda match: _value(match, variables), text)[:MAX_COMMAND]
    if "$(" in text or "`" in text:
        text = _HERE.sub("$PWD", text)
    return _PARAMETER.sub("", text[:MAX_COMMAND])


def without_comment(command: str) -> str:
    """The command without a trailing `#` comment; a `#` inside quotes stays."""
    match = _COMMENT.search(command) if "#" in command else None
    while match:
        before = command[: match.start()]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return before
        match = _COMMENT.search(command, match.start() + 1)
    return command


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name = match[1] or match[2] or match[3]
    value = variables.get(name)
    return match[0] if value is None else value


def _changed(match: re.Match[str], variables: Mapping[str, str]) -> str:
    """A value in small or capital letters, or without what it begins or ends with."""
    value, how, what = variables.get(match[1]), match[2], match[3]
    if value is None:
        return match[0]
    if how[0] in ",^":
        return value.lower() if how[0] == "," else value.upper()
    return value.removesuffix(what) if how[0] == "%" else value.removeprefix(what)


def _part_of(match: re.Match[str], variables: Mapping[str, str]) -> str:
    value = variables.get(match[1])
    if value is None:
        return match[0]
    start = int(match[2])
    return value[start : start + int(match[3]) if match[3] else None]


def _char(match: re.Match[str]) -> str:
    return chr(int(match[2], 8) if match[2] else int(match[1] or match[3], 16))


def _payloads(text: str) -> list[str]:
    if "\\" not in text and not holds_one(lowered(text), _ENCODED):
        return []
    found = []
    if _DECODES.search(text):
        found += [decoded for match in _BASE64.finditer(text) if (decoded := _decoded(match[0]))]
    if _HEXED.search(text):
        found += [decoded for match in _HEX.finditer(text) if (decoded := _unhexed(match[0]))]
    if "\\" in text and _PRINTED.search(text):
        found.append(_ESCAPE.sub(_char, text))
    if _REVERSED.search(text):
        found += [match[::-1] for match in re.findall(r"[\"']([^\"']{4,300})[\"']", text)]
    return found[:20]


def _decoded(text: str) -> str:
    try:
        content = b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError):
        return ""
    for encoding in ("utf-8", "utf-16-le"):
        try:
            decoded = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if decoded.isascii() and decoded.replace("\n", "").replace("\t", "").isprintable():
            return decoded.replace("\n", " ; ")
    return ""


def _unhexed(text: str) -> str:
    try:
        decoded = unhexlify(re.sub(r"\s", "", text)).decode("ascii")
    except (Error, ValueError):
        return ""
    return decoded if decoded.isprintable() else ""
