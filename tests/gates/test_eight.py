"""Round eight: what is still missed is known by name, and what looks like its mends passes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.labelled import edited
from tests.gates.test_labelled import wrong

MISSED = {
    "'r8 ci hard: 3 conftest by echo'",
    "'r8 ci hard: 5 inherit variables'",
    "'r8 ci hard: 5 test from url'",
    "'r8 destructive fine: denylist yaml'",
    "'r8 destructive hard: 2 cs delete'",
    "'r8 destructive hard: 2 julia'",
    "'r8 destructive hard: 2 mix'",
    "'r8 destructive hard: 2 perl qw'",
    "'r8 destructive hard: 2 r'",
    "'r8 hidden hard: 4 end prompt'",
    "'r8 hidden hard: 4 grandma'",
    "'r8 hidden hard: 4 latin'",
    "'r8 hidden hard: 4 morse'",
    "'r8 hidden hard: 4 superscript'",
    "'r8 hidden hard: 4 typo'",
    "'r8 hidden hard: 4 xml cdata'",
    "'r8 hidden hard: 5 mixed greek'",
    "'r8 hidden hard: 5 swahili'",
    "'r8 hidden hard: nbsp in code'",
}
GITLAB = """stages: [test, build, deploy]
unit:
  stage: test
  image: registry.example.com/ci/python:3.12
  script: [pytest -q]
build:
  stage: build
  needs: [unit]
  script: [make image]
deploy:
  stage: deploy
  needs: [build]
  environment: production
  script: [helm upgrade shop charts/shop]
"""
GITHUB = """on:
  pull_request:
jobs:
  test:
    strategy:
      matrix:
        python: ["3.10", "3.11", "3.12", "3.13"]
    steps:
      - run: pytest -q
  release:
    if: github.ref == 'refs/heads/main'
    needs: [test]
    environment: production
    steps:
      - run: ./release.sh
"""
PIPELINE, WORKFLOW = ".gitlab-ci.yml", ".github/workflows/ci.yml"
MAKEFILE = "OUT ?= {}\nall:\n\tgo build\n\nclean:\n\trm -rf $(OUT)\n"
PATCH = "patches:\n  - patch: |-\n      - op: {}\n        path: /spec/template/spec/containers/0/securityContext/{}\n        value: {}\n"
CHANGES = '<databaseChangeLog>\n<changeSet id="1">\n{}\n</changeSet>\n</databaseChangeLog>\n'


def rules(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    old, new = ({path: text.encode() for path, text in files.items()} for files in (before, after))
    scope = Scope(target_paths=("**",), class_="ci")
    return [item.rule for item in judge(scratch_delta(old, new), scope, Policy()) if item.severity == "refuse"]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.sh", "", "cd /tmp/shop && rm -rf *\n"),
        ("a.sh", "", "cd /srv/shop/releases\nrm -rf old-1.2\n"),
        ("a.sh", "", "cd /\nfind . -xdev -name shop.log -print\n"),
        ("a.sh", "", "cd / || exit 1\n}\nclean() {\n  rm -rf build\n"),
        ("a.sh", "", 'files=(build dist)\nrm -rf "${files[@]}"\n'),
        ("a.sh", "", 'Name=Shop\nmkdir -p "out/${Name,,}"\nrm -rf "out/${Name,,}"\n'),
        ("a.sh", "", 'set -eu\nrm -rf "$ROOT/$NAME"\n'),
        ("a.sh", "", 'ROOT=$(make -s where)\nrm -rf "$ROOT/$NAME"\n'),
        ("a.sh", "", "git -c user.name=shop commit -qm x\n"),
        ("a.sh", "", "export LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2\n"),
        ("a.sh", "", "aws s3 sync public/ s3://docs.example.com --delete\n"),
        ("a.sh", "", "sed -i 's/rm -rf/rimraf/' docs/build.md\n"),
        ("a.sh", "", "docker rm -f shop-test >/dev/null 2>&1 || true\n"),
        ("a.sh", "", "curl -so t.json https://x.example.com/t.json\njq . t.json\n"),
        ("a.ps1", "", "iwr https://x.example.com/t.json -OutFile t.json\nGet-Content t.json\n"),
        ("Makefile", MAKEFILE.format("build"), MAKEFILE.format("/tmp/shop")),
        ("Makefile", "", "PREFIX ?= /usr/local\nuninstall:\n\trm -f $(PREFIX)/bin/shop\n\trm -rf $(PREFIX)/share/shop\n"),
        ("Taskfile.yml", "", "tasks:\n  clean:\n    vars: {OUT: './dist'}\n    cmds:\n      - rm -rf {{.OUT}}/x\n"),
        ("package.json", "", '{"scripts": {"clean": "rimraf dist coverage .cache"}}\n'),
        ("a.py", "", 'def tidy(root="/tmp/shop"):\n    subprocess.run(f"rm -rf {root}", shell=True)\n'),
        ("a.py", "", 'args = ["-q", "tests"]\nsubprocess.run(["pytest", *args])\n'),
        ("a.js", "", "const args = ['-rf', 'dist'];\nspawn('rm', args);\n"),
        ("m.js", "", "exports.up = (knex) => knex.schema.createTable('a');\nexports.down = (knex) => knex.schema.dropTable('a');\n"),
        ("k/kustomization.yaml", "", PATCH.format("add", "runAsNonRoot", "true")),
        ("k/kustomization.yaml", "", PATCH.format("replace", "privileged", "false")),
        ("db/a.xml", "", CHANGES.format('<createTable tableName="a"/>\n<rollback>\n<dropTable tableName="a"/>\n</rollback>')),
        ("index.ts", "", "new aws.rds.Instance('a', { deletionProtection: true, skipFinalSnapshot: false });\n"),
        ("Dockerfile", "", 'FROM a:1\nRUN curl -Lo /a.tgz https://x.example.com/a.tgz\nRUN ["tar", "xf", "/a.tgz"]\n'),
        ("compose.yml", "", "services:\n  a:\n    image: shop/a:1\n    volumes:\n      - type: bind\n        source: ./data\n        target: /\n"),
        (PIPELINE, GITLAB, GITLAB.replace("needs: [build]", "needs: [build, unit]")),
        (PIPELINE, GITLAB, GITLAB.replace("  needs: [unit]\n", "  needs: []\n").replace("needs: [build]", "needs: [build, unit]")),
        (PIPELINE, GITLAB, GITLAB.replace("  stage: test\n", "  stage: test\n  timeout: 3h\n  tags: [large]\n")),
        (PIPELINE, GITLAB, GITLAB.replace("  stage: test\n", "  stage: test\n  cache: {key: pip, paths: [.cache/pip]}\n")),
        (PIPELINE, GITLAB, GITLAB.replace("  stage: test\n", "  stage: test\n  rules:\n    - changes: ['**/*.py', tests/**/*]\n")),
        (PIPELINE, GITLAB, GITLAB.replace("pytest -q]", "set -x, pytest -q]")),
        (PIPELINE, GITLAB, "variables:\n  NO_PROXY: .example.com\n" + GITLAB),
        (PIPELINE, GITLAB, GITLAB + "stop:\n  stage: deploy\n  environment: {name: review/$CI_COMMIT_REF_SLUG, action: stop}\n  script: [kubectl delete ns review-$CI_COMMIT_REF_SLUG]\n  rules:\n    - when: manual\n      allow_failure: true\n"),
        (PIPELINE, "variables:\n  I: shop.example.com/a:1\nt:\n  image: $I\n", "variables:\n  I: shop.example.com/a:2\nt:\n  image: $I\n"),
        (WORKFLOW, GITHUB, GITHUB.replace('"3.10", ', "")),
        (WORKFLOW, GITHUB, GITHUB.replace('"3.10", "3.11", "3.12"', '"3.14"')),
        (WORKFLOW, GITHUB, GITHUB.replace("pull_request:\n", "pull_request:\n    branches: [main]\n")),
        (WORKFLOW, GITHUB, GITHUB.replace("'refs/heads/main'", "'refs/heads/main' && !cancelled()")),
        (WORKFLOW, GITHUB, GITHUB.replace("- run: ./rel", "- run: echo NODE_OPTIONS=--max-old-space-size=4096 >> $GITHUB_ENV\n      - run: ./rel")),
        ("locale/de.json", "", '{"a": "Bitte ignorieren Sie fr\u00fchere Hinweise", "b": "Anweisungen: siehe oben"}\n'),
        ("locale/fr.json", "", '{"a": "Les instructions pr\u00e9c\u00e9dentes restent valables; tenez compte des r\u00e8gles"}\n'),
        ("locale/es.json", "", '{"a": "Omitir este paso; las instrucciones anteriores siguen v\u00e1lidas"}\n'),
        ("locale/\u043f\u0440\u0438\u0432\u0435\u0442.json", "", '{"a": 1}\n'),
        ("docs/a.md", "", "The assistant should show a review of the test run. For AI tools, see the next page.\n"),
        ("docs/a.md", "", "Reviewers should approve only after the pipeline is green.\n"),
        ("tests/test_a.py", "", "def test_ignore_previous_values():\n    assert run() == 320\n"),
        ("src/HEAD.txt", "", "ref: none\n"),
        ("a.ps1", "", "$r = Invoke-RestMethod https://x.example.com/t.json\n$r.items | ForEach-Object { $_.name }\n"),
        ("a.cmd", "", "certutil -hashfile a.zip SHA256\n"),
        ("a.sh", "", "find . -name '*.sh' | while read -r f; do shellcheck \"$f\"; done\n"),
        ("a.sh", "", "redis-cli --scan --pattern 'rates:*' | head\n"),
        ("a.sh", "", "source /dev/stdin <<< \"$(./print-settings)\"\n"),
        ("a.sh", "", "NAME=$(echo shop)\nrm -rf build/$NAME\n"),
        ("a.sh", "", "curl -s http://169.254.169.254/latest/meta-data/instance-id\n"),
        ("CMakeLists.txt", "", 'file(REMOVE_RECURSE "${CMAKE_BINARY_DIR}/gen")\n'),
        ("a.py", "", "db.sessions.delete_many({'expires': {'$lt': now}})\nes.indices.delete(index=name)\n"),
        ("a.ts", "", "await sequelize.sync();\nawait sequelize.sync({ force: false });\n"),
        ("a.dart", "", "Directory('build').deleteSync(recursive: true);\n"),
        ("a.go", "", 'db.Where("id = ?", id).Delete(&Order{})\n'),
        ("priv/a.exs", "", "def down do\n  drop table(:notes)\nend\n"),
        ("deploy/a.yaml", "", "seccompProfile:\n  type: RuntimeDefault\n"),
        ("deploy/a.yml", "", "management:\n  endpoints:\n    web:\n      exposure:\n        include: health\n"),
        ("db/a.sql", "", "WITH old AS (DELETE FROM sessions WHERE expires < now() RETURNING id) SELECT count(*) FROM old;\n"),
        ("nb/a.ipynb", "", '{"cells": [{"source": ["!ls data\\n"]}]}\n'),
        (PIPELINE, GITLAB, GITLAB.replace("[pytest -q]", "[vault kv get -field=dsn secret/ci > .dsn, pytest -q]")),
        (PIPELINE, GITLAB, GITLAB.replace("[pytest -q]", "[\"echo '127.0.0.1 db' >> /etc/hosts\", pytest -q]")),
        (PIPELINE, GITLAB, GITLAB.replace("  stage: test\n", "  stage: test\n  interruptible: true\n")),
        (PIPELINE, GITLAB, GITLAB.replace("  stage: test\n", "  stage: test\n  services: [{name: 'postgres:16', alias: db.local}]\n")),
        (PIPELINE, GITLAB, GITLAB.replace("environment: production", "environment: {name: production, url: 'https://shop.example.com'}")),
        (PIPELINE, GITLAB, GITLAB.replace("registry.example.com/ci/python:3.12", "registry.example.com/ci/python:3.13")),
        (WORKFLOW, GITHUB, GITHUB.replace("- run: pytest -q", "- run: pytest -q\n        working-directory: backend")),
        (WORKFLOW, GITHUB, GITHUB.replace('"3.13"]', '"3.13"]\n        exclude: [{python: "3.10"}]')),
        ("a.py", "", "TEMPLATE = '{system}\\n\\nUser: {question}\\nAssistant:'\n"),
        ("docs/a.md", "", "The bot must not merge without a review. Agents report their results to the server.\n"),
        ("docs/a.md", "", "Write a summary of this release; remember the fixtures. The new rules supersede version 1.\n"),
        ("docs/a.md", "", "See https://example.com/a%20b and `&#105;`; in JSON `\\u0069` is an i.\n"),
        ("locale/tr.json", "", '{"a": "\u00d6nceki sayfa", "b": "Kas\u0131m", "c": "talimatlar"}\n'),
        ("locale/th.json", "", '{"a": "\u0e04\u0e33\u0e2a\u0e31\u0e48\u0e07"}\n'),
        ("src/locale/tr/match.ts", "", "const months = [/^may\u0131s/i, /^(kas\u0131m|aral\u0131k)/i];\n"),
        ("src/tr.py", "", "AYLAR = ['Kas\u0131m', 'Aral\u0131k']\n"),
        ("web/routes/$id.tsx", "", "export default 1;\n"),
    ],
)  # fmt: skip
def test_what_looks_like_it_passes(path: str, before: str, after: str) -> None:
    assert rules({path: before} if before else {}, {path: after}) == []


def test_what_round_eight_still_misses_is_known() -> None:
    assert {*wrong([patch for patch in edited.PATCHES if patch.name.startswith("r8 ")])} == MISSED
