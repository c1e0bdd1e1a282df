"""Credentials of many providers in many places, made in bulk from the shapes of `secrets.tokens`, independently of its rows."""

from __future__ import annotations

import random
from pathlib import Path

from tests.gates.labelled import Labelled
from tests.gates.made import made_token

MARKED, NAMELESS = Path(__file__).with_name("providers.txt").read_text().split("\n\n")
NEUTRAL = ["x = '{v}'", "const a = \"{v}\";", "value: {v}", "- {v}", "run --id {v}", "{v}", "# {v}", "f(\"{v}\")", "<td>{v}</td>", "see `{v}`", "echo {v}", "a,b,{v},c", "{{\"id\": \"{v}\"}}", "url?x={v}&y=1", "\"{v}\"  # gitleaks:allow"]  # fmt: skip
NAMES = ["api_key", "API_KEY", "apiKey", "token", "TOKEN", "access_token", "accessToken", "secret", "client_secret", "clientSecret", "auth_token", "AUTH_TOKEN", "{p}_api_key", "{P}_API_KEY", "{p}ApiKey", "{P}_TOKEN", "{p}_token", "{P}_SECRET", "{P}_SECRET_KEY", "{p}.api.key", "{p}-api-key", "{p}-token", "password", "{P}_PASSWORD", "private_key", "X-Api-Key", "{P}_AUTH_TOKEN", "{p}SecretKey", "credentials", "{P}_ACCESS_KEY", "encryption_key", "signing_key", "webhook_secret", "{P}_KEY"]  # fmt: skip
FORMS = [("a.py", "{n} = '{v}'"), ("a.py", "    {n}=\"{v}\","), ("a.py", "d['{n}'] = '{v}'"), ("a.py", "os.environ['{n}'] = '{v}'"), ("a.py", "'{n}': '{v}',"), ("a.py", "{n}: str = \"{v}\""), ("a.js", "const {n} = '{v}';"), ("a.ts", "  {n}: \"{v}\","), ("a.ts", "process.env.{n} = '{v}'"), ("a.ts", "export const {n}: string = '{v}'"), (".env", "{n}={v}"), (".env", "{n}=\"{v}\""), (".env", "export {n}={v}"), ("a.yaml", "{n}: {v}"), ("a.yaml", "  {n}: \"{v}\""), ("a.yaml", "- name: {n}\n  value: {v}"), ("a.yaml", "- name: {n}\n  value: \"{v}\""), ("a.toml", "{n} = \"{v}\""), ("a.json", "  \"{n}\": \"{v}\","), ("a.properties", "{n}={v}"), ("a.properties", "{n}: {v}"), ("a.ini", "{n} = {v}"), ("a.tf", "  {n} = \"{v}\""), ("a.tf", "variable \"{n}\" {{\n  default = \"{v}\"\n}}"), ("a.tfvars", "{n} = \"{v}\""), ("A.java", "String {n} = \"{v}\";"), ("A.java", "props.setProperty(\"{n}\", \"{v}\");"), ("A.java", ".put(\"{n}\", \"{v}\")"), ("a.go", "\t{n} := \"{v}\""), ("a.go", "\tos.Setenv(\"{n}\", \"{v}\")"), ("a.go", "\t\t{n}: \"{v}\","), ("A.cs", "string {n} = \"{v}\";"), ("A.cs", "[\"{n}\"] = \"{v}\""), ("a.php", "$this->{n} = '{v}';"), ("a.php", "define('{n}', '{v}');"), ("a.php", "'{n}' => '{v}',"), ("a.php", "putenv('{n}={v}');"), ("a.rb", "  {n}: '{v}',"), ("a.rb", "ENV['{n}'] = '{v}'"), ("a.rb", "config.{n} = \"{v}\""), ("a.sh", "{n}={v}"), ("a.sh", "export {n}='{v}'"), ("a.sh", "{n}=\"{v}\" ./run"), ("a.sh", "run --{n} {v}"), ("a.sh", "run --{n}={v}"), ("a.sh", "curl -H \"{n}: {v}\" https://x.example.test"), ("a.sh", "kubectl create secret generic x --from-literal={n}={v}"), ("a.sh", "docker run -e {n}={v} x"), ("a.sh", "heroku config:set {n}={v}"), ("Dockerfile", "ENV {n}={v}"), ("Dockerfile", "ENV {n} {v}"), ("Dockerfile", "ARG {n}={v}"), ("a.xml", "<{n}>{v}</{n}>"), ("a.xml", "<add key=\"{n}\" value=\"{v}\"/>"), ("a.xml", "<property name=\"{n}\" value=\"{v}\"/>"), ("a.gradle", "def {n} = '{v}'"), ("a.kt", "val {n} = \"{v}\""), ("a.rs", "let {n} = \"{v}\";"), ("a.rs", "const {n}: &str = \"{v}\";"), ("a.swift", "let {n} = \"{v}\""), ("a.sql", "SET @{n} = '{v}';"), ("a.ps1", "$env:{n} = \"{v}\""), ("a.ps1", "${n} = '{v}'"), ("a.bat", "set {n}={v}"), (".gitlab-ci.yml", "variables:\n  {n}: {v}"), (".github/workflows/a.yml", "        env:\n          {n}: {v}"), ("docker-compose.yml", "    environment:\n      - {n}={v}"), ("docker-compose.yml", "    environment:\n      {n}: \"{v}\""), ("README.md", "export {n}={v}"), ("a.md", "| {n} | `{v}` |"), ("a.txt", "{n}: {v}"), ("Makefile", "{n} := {v}"), ("Makefile", "export {n} = {v}"), ("a.lua", "local {n} = \"{v}\""), ("a.dart", "const {n} = '{v}';"), ("a.scala", "val {n}: String = \"{v}\""), ("a.ex", "  {n}: \"{v}\""), ("a.r", "{n} <- \"{v}\""), ("a.http", "{n}: {v}"), ("a.html", "<input name=\"{n}\" value=\"{v}\">"), ("a.plist", "<key>{n}</key>\n<string>{v}</string>"), ("a.ipynb", "    \"{n} = \\\"{v}\\\"\\n\","), ("a.c", "#define {n} \"{v}\""), ("a.cpp", "std::string {n} = \"{v}\";"), ("a.py", "# {n} = {v}"), ("a.js", "localStorage.setItem('{n}', '{v}')"), ("a.py", "Client({n}='{v}')"), ("a.py", "os.getenv('{n}', '{v}')"), ("a.js", "process.env.{n} || '{v}'"), ("a.py", "parser.add_argument('--{n}', default='{v}')"), ("a.sh", "${{{n}:-{v}}}"), ("a.yaml", "  {n}: ${{X:-{v}}}")]  # fmt: skip
_WITHOUT_DASHES = (".py", ".js", ".ts", ".java", ".go", ".cs", ".rs", ".kt", ".swift", ".scala", ".dart", ".lua", ".c", ".cpp", ".rb", ".php", ".sh", ".env", ".bat", ".ps1", ".gradle", ".r", ".ex", ".sql", ".xml", ".tf", "file")  # fmt: skip


def _rows(text: str) -> list[tuple[str, str]]:
    return [
        (name, shape) for name, shape in (line.split(None, 1) for line in text.strip().splitlines() if line[0] != "#")
    ]


def _patch(name: str, path: str, text: str) -> Labelled:
    return Labelled(
        name=f"provider {name} {path}: {text[:80]}",
        label="bad",
        family="secrets",
        after={path: f"{text}\n"},
        target_paths=(path,),
        class_="code",
    )


def provided(seed: int, of_each: int = 1) -> list[Labelled]:
    """So many patches for each provider: under a name that fits and, where the format says enough, under none."""
    chance = random.Random(seed)
    found: list[Labelled] = []
    for name, shape in (_rows(MARKED) + _rows(NAMELESS)) * of_each:
        value = made_token(shape, chance)
        path, form = chance.choice(FORMS)
        called = chance.choice(NAMES).format(p=name.split("-")[0], P=name.split("-")[0].upper())
        if path.endswith(_WITHOUT_DASHES):
            called = called.replace("-", "_").replace(".", "_")
        found.append(_patch(f"{name} {len(found)}", path, form.format(n=called, v=value)))
        if f"{name} {shape}" in MARKED:
            path = chance.choice(("a.py", "a.js", "docs/a.md", "a.yaml", "a.txt", "a.html", "a.sh"))
            found.append(_patch(f"{name} {len(found)}", path, chance.choice(NEUTRAL).format(v=value)))
    return found


PATCHES = provided(seed=7)
