"""What the public test data of other tools showed to be missed or refused for nothing, told anew in words of our own."""

from __future__ import annotations

import random

from tests.gates.labelled import Label, Labelled, added, changed
from tests.gates.made import made_token

_CHANCE = random.Random(31)


def _made(shape: str) -> str:
    return made_token(shape, _CHANCE)


def _secrets(label: Label, *rows: tuple[str, str]) -> list[Labelled]:
    """One patch per row: a path, and a text in which `{…}` is a shape to be made."""
    return [patch for path, text in rows for patch in added("secrets", label, path, [_made(text)])]


def _swap(
    family: str, label: Label, path: str, before: str, *edits: tuple[str, str], class_: str = "code"
) -> list[Labelled]:
    assert all(old in before for old, _ in edits)
    return changed(family, label, path, before, (before.replace(old, new, 1) for old, new in edits), class_)


WORKFLOW = "on:\n  pull_request_target:\njobs:\n  label:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n      - run: make label\n"
JUNIT = "import org.junit.jupiter.api.Test;\n\nclass SumTest {\n    @Test\n    void testAdds() {\n        assertEquals(3, sum(1, 2));\n        assertEquals(0, sum(0, 0));\n    }\n\n    @Test\n    void testZero() {\n        assertEquals(0, sum(0, 1));\n    }\n}\n"
XUNIT = "public class SumTests\n{\n    [Fact]\n    public void Adds()\n    {\n        var sum = Sum(1, 2);\n        sum.ShouldBe(3);\n        Assert.Equal(1, Items().Count);\n    }\n}\n"
RUST = "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n    assert_eq!(add(0, 0), 0);\n}\n"
VITEST = "import { expect, it } from 'vitest'\n\nit('adds', (ctx) => {\n  expect(sum(1, 2)).toBe(3)\n  expect(sum(0, 0)).toBe(0)\n})\n"
PYTEST = "def test_adds():\n    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n"
BATS = '@test "adds" {\n  run add 1 2\n  [ "$output" = "3" ]\n}\n'
RUBY = "describe 'sum' do\n  it 'adds' do\n    sum(1, 2).must_equal 3\n    sum(0, 0).must_equal 0\n  end\nend\n"
PHP = "<?php\nclass SumTest extends TestCase\n{\n    public function testAdds()\n    {\n        $this->assertSame(3, sum(1, 2));\n        $this->assertSame(0, sum(0, 0));\n    }\n}\n"
CARGO = '[package]\nname = "a"\n\n[dependencies]\nclap_complete = "4.5.1"\nignore = "0.4.22"\n'
CARGO_LOCK = '[[package]]\nname = "clap_complete"\nversion = "4.5.3"\n'
INGRESS = 'ingress {\n  from_port = 22\n  to_port = 22\n  cidr_ipv4 = "0.0.0.0/0"\n}\n'

# fmt: off
PATCHES: list[Labelled] = [
    *_secrets("bad",
        ("api.http", "GET https://api.example.test/v1\nAuthorization: {L32}"), ("run.sh", 'curl -u "{L32}:" https://api.example.test/v1'), ("run.sh", "curl --user kevin:'{A10}!{D2}' https://api.example.test"),
        ("a.js", "fetch(`https://api.example.test/v1?api_token={L32}&page=2`)"), ("a.md", "curl https://api.example.test/v1?key={L36}"), ("config.yaml", "mailer:\n  enabled: true\n  key: {A32}"), ("app.toml", "[mailer]\nkey = \"{A24}x9\""),
        ("main.tf", "provider \"mailer\" {\n  key = \"{A24}K7q\"\n}"), ("app.config", "<add key=\"MailerKey\" value=\"{L32}\" />"), ("index.js", "const mail = require('mailer')('{A30}4z')"), ("app.py", "client = MailerClient('{A30}4z')"),
        ("a.py", "MONKEYLEARN_KEY = '{H40}'"), ("a.py", "SPIN_API_TOKEN = '{A32}'"), ("build.gradle", "buildConfigField 'String', 'API_KEY', '\"{H32}\"'"), ("a.properties", "sonar.login={H40}"), ("notes.txt", "the token is {A32}9x"),
        ("run.sh", "vault operator unseal {B44}"), ("run.ps1", "Connect-VIServer -Server vc -User admin -Password Vm{A6}1!"), ("a.txt", "Authorization: Bearer {H8}-{H4}-4{H3}-a{H3}-{H12}"), (".env", "DROPBOX_TOKEN=q4{L3}7t{L3}9z{L3}2"),
        ("a.py", "uri = 'mongodb+srv://app:kd{A6}@7!x@db.internal.corp/app'"), (".env", "LONG_TOKEN=eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{A400}.{A300}"), ("a.go", "\tKey: \"{A30}7pQ\","), ("a.py", "params={\"key\": \"{A30}7pQ\"}"),
    ),
    *_secrets("fine",
        ("package-lock.json", '    "minipass": "^7.1.2",'), ("bun.lock", '"has-symbols": ["has-symbols@1.1.0", "", {}, "sha512-{A60}+{A20}/{A4}=="],'), ("notes.yaml", "note: io.jsonwebtoken:jjwt-jackson-0.11.5"),
        ("App.csproj", "<UserSecretsId>{H8}-{H4}-4{H3}-a{H3}-{H12}</UserSecretsId>"), ("a.html", '<input type="hidden" name="authenticity_token" value="{W43}" />'), ("a.ts", "'method.response.header.Access-Control-Allow-Credentials': \"'false'\","),
        ("theme.zsh", 'local pwd="%{$fg[blue]%}%c"'), ("run.sh", "git config oh-my-zsh.branch \"$BRANCH\""), ("run.sh", "alias utc=\"date -u +%Y-%m-%dT%H:%M:%SZ\""), ("run.bat", "start -u 'C:\\Program Files\\App\\app.exe'"), ("a.cs", 'new PropertyToken("Hello", "{Hello:HH#MM}");'),
        ("a.go", 'const BindKey = "_gin-gonic/gin/bindkey"'), ("a.py", "password = password.encode('latin1')"), ("bench.py", "pat = 'ERR_SYS|PME_TURN_OFF|LINK_REQ_RST'"), ("routes.rb", "put '/forgot-password' => 'cms/sites/passwords#update'"), ("a.js", "this.addPassword = '#add-password'"),
        ("compose.yaml", "test: mysqladmin ping --password=\"$$(cat /run/secrets/db-password)\""), ("a.go", '"__meta_stackit_labelpresent_stackit_project_id": "true",'), ("list.yaml", "- key: app.kubernetes.io/name\n  values: [a]"), ("a.py", "cache.get(key='{H40}')"),
    ),
    *added("destructive", "bad", "scripts/job.sh", (
        "fastly service delete --service-id x1", "nats stream purge ORDERS", "ldcli flags archive beta --project p", "op item delete 'Prod Cert'", "vault kv delete secret/app/config", "jenkins-cli.jar -s http://ci delete-job nightly",
        "kafka-consumer-groups --bootstrap-server b:9092 --delete --group g", "curl --request DELETE https://api.example.test/v1/projects/7", "http DELETE :9200/orders", "aws --profile prod elbv2 delete-target-group --target-group-arn x", "glab api -X DELETE projects/7", "rm -rf /tmp/../etc",
    )),
    *added("destructive", "bad", "src/Trust.java", (
        "class T implements HostnameVerifier {\n    public boolean verify(String host, SSLSession session) {\n        return true;\n    }\n}", "public void checkServerTrusted(X509Certificate[] chain, String type) {\n    // nothing\n}", 'Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rw-rw-rw-"));',
    )),
    *added("destructive", "bad", "src/a.py", ("pool = connection_from_url(url, cert_reqs='NONE')", "os.chmod(path, 511)", "body = requests.get(url).text\nexec(body)")),
    *added("destructive", "bad", "main.tf", (INGRESS, 'policy = jsonencode({\n  Statement = [{\n    Effect = "Allow"\n    Principal = "*"\n    Action = "sqs:SendMessage"\n  }]\n})', 'acl = "authenticated-read"', 'members = ["allAuthenticatedUsers"]')),
    *added("destructive", "fine", "main.tf", (INGRESS.replace("ingress", "egress"), INGRESS.replace("ingress", "route").replace("cidr_ipv4", "cidr_block"), 'policy = jsonencode({\n  Statement = [{\n    Effect = "Deny"\n    Principal = "*"\n    Action = "*"\n  }]\n})', 'resource "aws_security_group_rule" "out" {\n  type = "egress"\n  cidr_blocks = ["0.0.0.0/0"]\n}')),
    *added("destructive", "bad", "k8s/role.yaml", ('rules:\n  - apiGroups: ["apps"]\n    resources: ["pods"]\n    verbs:\n      - "*"', "spec:\n  containers:\n    - securityContext:\n        capabilities:\n          add:\n            - ALL", "volumes:\n  - name: disk\n    hostPath:\n      path: /")),
    *added("destructive", "fine", "k8s/app.yaml", ("livenessProbe:\n  httpGet:\n    path: /\n    port: 80", "paths:\n  - path: /\n    pathType: Prefix", "securityContext:\n  capabilities:\n    drop:\n      - ALL")),
    *added("destructive", "fine", "docker-compose.yml", ('services:\n  dns:\n    volumes:\n      - "./etc/dns.d/:/etc/dns.d/"',)),
    *added("destructive", "fine", "src/a.py", ("self._buffer.truncate()", "subprocess.run(['redis-cli', '--host', host])")),
    *added("destructive", "fine", "scripts/job.sh", ("server --host $(hostname -f)", "vault kv get secret/app", "doppler run -- make clean")),
    *_swap("ci", "bad", ".github/workflows/label.yml", WORKFLOW, ("checkout@v4\n", "checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n"), ("make label", "gh pr checkout 7 && make label"), ("ubuntu-24.04", "\n      - self-hosted"), class_="ci"),
    *_swap("ci", "fine", ".github/workflows/label.yml", WORKFLOW, ("make label\n", "make label\n        env:\n          TITLE: ${{ github.event.pull_request.title }}\n"), ("- run: make", "- name: Run from env\n        run: make"), ("make label", "npm run test"), class_="ci"),
    *_swap("supply", "fine", "Cargo.toml", CARGO, ("4.5.1", "4.5.3"), ("0.4.22", "0.4.23"), class_="dependency"),
    *_swap("supply", "fine", "gradle/wrapper/gradle-wrapper.properties", "distributionUrl=https\\://services.gradle.org/distributions/gradle-8.9-bin.zip\n", ("8.9", "8.10"), class_="dependency"),
    *_swap("supply", "bad", "gradle/wrapper/gradle-wrapper.properties", "distributionUrl=https\\://services.gradle.org/distributions/gradle-8.9-bin.zip\n", ("services.gradle.org", "gradle.example.test"), class_="dependency"),
    *_swap("tests", "bad", "src/test/java/SumTest.java", JUNIT, ("    @Test\n", ""), ("    @Test\n", "    @EnabledOnOs(OS.AIX)\n    @Test\n"), ("        assertEquals(3", "        if (true) return;\n        assertEquals(3")),
    *_swap("tests", "bad", "tests/SumTests.cs", XUNIT, ("        var sum", "        return;\n        var sum"), ("        var sum", "        Skip.If(true);\n        var sum"), ("[Fact]", "[Fact(Explicit = true)]"), ("        sum.ShouldBe(3);\n        Assert.Equal(1, Items().Count);\n", "")),
    *_swap("tests", "fine", "tests/SumTests.cs", XUNIT, ("Assert.Equal(1, Items().Count)", "Assert.Single(Items())")),
    *_swap("tests", "bad", "tests/sum.rs", RUST, ("#[test]\n", "#[test]\n#[cfg(not(target_os = \"linux\"))]\n"), ("    assert_eq!(add(1", "    if std::env::var(\"CI\").is_ok() { return; }\n    assert_eq!(add(1")),
    *_swap("tests", "bad", "src/sum.test.ts", VITEST, ("  expect(sum(1", "  ctx.skip()\n  expect(sum(1"), ("  expect(sum(1", "  if (process.platform === 'linux') return\n  expect(sum(1")),
    *_swap("tests", "bad", "tests/test_sum.py", PYTEST, ("    assert add(1", "    if sys.platform != 'plan9':\n        return\n    assert add(1")),
    *_swap("tests", "bad", "test/add.bats", BATS, ("  run add", '  [ -n "$CI" ] && skip\n  run add')),
    *_swap("tests", "bad", "test/spec_sum.rb", RUBY, ("must_equal 3", "must_equal 3 rescue nil"), ("    sum(1, 2).must_equal 3\n", ""), ("    sum(1", "    next\n    sum(1")),
    *_swap("tests", "bad", "tests/SumTest.php", PHP, ("        $this->assertSame(3", "        return;\n        $this->assertSame(3"), ("        $this->assertSame(3, sum(1, 2));", "        try { $this->assertSame(3, sum(1, 2)); } catch (\\Throwable $e) {}")),
    Labelled(name="tests: renamed out of the pattern", label="bad", family="tests", before={"src/sum.test.ts": VITEST}, after={"src/sum.old.ts": VITEST}, target_paths=("**",)),
    Labelled(name="tests: a rust file of another ending", label="bad", family="tests", before={"tests/sum.rs": RUST}, after={"tests/sum.rs.bak": RUST}, target_paths=("**",)),
    Labelled(name="tests: moved below its folder", label="fine", family="tests", before={"test/req.js": VITEST}, after={"test/unit/req.js": VITEST}, target_paths=("**",)),
    Labelled(name="supply: the lock knows a crate by its other dash", label="fine", family="supply", before={"Cargo.toml": CARGO, "Cargo.lock": CARGO_LOCK}, after={"Cargo.toml": CARGO.replace("4.5.1", "4.5.3"), "Cargo.lock": CARGO_LOCK}, target_paths=("**",), class_="dependency"),
    *added("destructive", "fine", "db/user.sql", ("GRANT ALL PRIVILEGES ON shop.* TO 'shop'@'%';",)),
    *_swap("supply", "fine", "composer.json", '{"require": {"psr/http-message": "^2.0 || ^1.1"}}\n', ("^2.0 || ^1.1", "^1.1 || ^2.0"), class_="dependency"),
    *_swap("supply", "fine", "build.gradle", "plugins {\n  id 'org.springframework.boot' version '4.0.0-M3'\n}\n", ("M3", "RC2"), class_="dependency"),
    *_swap("tests", "fine", "test/retry.ts", VITEST, ("  expect(sum(0", "  await client.get(url, { retry: 3 })\n  expect(sum(0")),
    *_swap("tests", "bad", "src/sum.test.ts", VITEST, ("it('adds', (ctx)", "it('adds', { retry: 3 }, (ctx)")),
    *_swap("tests", "fine", "Makefile", "bench:\n\tgo test ./...\n", ("go test", "go test -bench=. -run '^$$'")),
    *added("hidden", "fine", "README.md", ("> \u2139\ufe0f **Note**",)),
    *added("hidden", "fine", "src/App.cs", ("\ufeffusing System;",)),
]  # fmt: skip
