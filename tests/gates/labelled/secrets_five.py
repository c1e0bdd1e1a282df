"""Round five: credentials of many providers in their places, disguised ones, and what only looks like one."""

from __future__ import annotations

import base64
import json
import random
import string
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.gates.labelled import Label, Labelled
from tests.gates.labelled.edited import filled
from tests.gates.made import made

KINDS = Path(__file__).with_name("kinds_five.txt").read_text().splitlines()  # kind, shape, name of a variable
EACH = 2  # places of each kind
ALIKE = 5  # of each look-alike
# fmt: off
PLACES = {
 "env":(".env","PORT=8080\n","{N}={V}"),"env_quoted":("config/prod.env","",'export {N}="{V}"'),
 "yaml":("config/app.yaml","server:\n  port: 80\n",'  {n}: {V}'),"yaml_quoted":("config/app.yml","",'{n}: "{V}"'),
 "python":("src/settings.py","import os\n",'{N} = "{V}"'),"python_default":("src/settings.py","import os\n",'{N} = os.environ.get("{N}", "{V}")'),
 "js":("src/config.js","",'const {c} = "{V}";'),"ts_obj":("src/config.ts","export default {\n","  {c}: '{V}',"),
 "go":("cfg/cfg.go","package cfg\n",'const {c} = "{V}"'),"java":("src/main/java/C.java","class C {\n",'    private static final String {N} = "{V}";'),
 "ruby":("config/initializers/x.rb","",'ENV["{N}"] ||= "{V}"'),"rust":("src/cfg.rs","",'pub const {N}: &str = "{V}";'),"csharp":("Cfg.cs","",'public const string {C} = "{V}";'),"php":("config.php","<?php\n","define('{N}', '{V}');"),"kotlin":("C.kt","",'val {c} = "{V}"'),
 "docker_env":("Dockerfile","FROM alpine:3.20\n","ENV {N}={V}"),"docker_arg":("Dockerfile","FROM alpine:3.20\n",'ARG {N}="{V}"'),
 "tf":("secrets.tf","",'variable "{n}" {{\n  default = "{V}"\n}}'),"tfvars":("prod.auto.tfvars","",'{n} = "{V}"'),"ci":(".gitlab-ci.yml","variables:\n",'  {N}: "{V}"'),"gha":(".github/workflows/x.yml","env:\n","  {N}: {V}"),
 "compose":("docker-compose.yml","services:\n  a:\n    environment:\n","      - {N}={V}"),"k8s":("k8s/d.yaml","env:\n",'  - name: {N}\n    value: "{V}"'),"k8s_secret":("k8s/s.yaml","apiVersion: v1\nkind: Secret\nstringData:\n",'  {n}: {V}'),
 "json":("config.json","{\n",'  "{c}": "{V}",'),"ini":("app.ini","[auth]\n","{n} = {V}"),"properties":("app.properties","","{d}={V}"),"toml":("config.toml","[auth]\n",'{n} = "{V}"'),"xml":("settings.xml","<settings>\n","  <{c}>{V}</{c}>"),
 "make":("Makefile","","export {N} := {V}"),"shell_arg":("run.sh","#!/bin/sh\n",'./deploy --{k}="{V}"'),"curl_header":("run.sh","#!/bin/sh\n",'curl -H "X-Api-Key: {V}" https://api.example.com/v1'),"comment":("src/a.py","","# {N}={V}"),"markdown":("docs/setup.md","# Setup\n","Set `{N}` to `{V}`."),"log":("debug.log","","2026-01-02 10:00:00 DEBUG using {N}={V}"),"dict":("src/a.py","CONF = {\n",'    "{n}": "{V}",'),"ps1":("run.ps1","",'$env:{N} = "{V}"'),"bat":("run.bat","","set {N}={V}"),"ansible":("group_vars/all.yml","",'{n}: "{V}"'),"helm":("values-prod.yaml","auth:\n","  {c}: {V}"),"jenkins":("Jenkinsfile","environment {\n","  {N} = '{V}'"),"gradle":("gradle.properties","","{c}={V}"),"http":("req.http","GET https://api.example.com\n","Authorization: Bearer {V}"),"test":("tests/test_a.py","",'    client = Client(token="{V}")'),"ipynb":("n.ipynb",'{"cells": [{"source": [\n','  "{N} = \\"{V}\\"\\n",'),
}

CONNECTIONS = {"pg url":("src/db.py",'DSN = "postgresql://app:{p}@db.internal:5432/shop"'),"mysql url":(".env","DATABASE_URL=mysql://root:{p}@10.0.0.5/shop"),"mongo srv":("config.yaml","uri: mongodb+srv://app:{p}@cluster0.ab1cd.mongodb.net/x"),"redis":("a.ts",'const r = new Redis("redis://:{p}@cache.internal:6379/0");'),"amqp":("a.toml",'url = "amqps://svc:{p}@mq.internal/vh"'),"jdbc param":("app.properties","url=jdbc:mysql://db/shop?user=app&password={p}"),"mssql":("appsettings.json",'  "Default": "Server=db;Database=x;User Id=sa;Password={p};Encrypt=true"'),"odbc":("a.py",'c = "DRIVER={{ODBC}};SERVER=db;UID=app;PWD={p}"'),"libpq":("run.sh",'psql "host=db user=app password={p} dbname=x"'),"git url":(".gitmodules","\turl = https://bot:{p}@git.example.com/a/b.git"),"pip index":("pip.conf","extra-index-url = https://ci:{p}@pypi.example.com/simple"),"http basic":("a.go",'req, _ := http.NewRequest("GET", "https://admin:{p}@host.example.com/x", nil)'),"curl -u":("run.sh","curl -u admin:{p} https://host.example.com/x"),"curl --user":("run.sh",'curl --user "admin:{p}" https://host.example.com/x'),"wget":("run.sh","wget --http-user=a --http-password={p} https://host.example.com/x"),"mysql -p":("run.sh","mysql -uroot -p{p} shop < a.sql"),"PGPASSWORD":("run.sh","PGPASSWORD={p} psql -h db -U app"),"sshpass":("run.sh","sshpass -p '{p}' ssh deploy@web1"),"docker login":("run.sh","docker login -u ci -p {p} registry.example.com"),"helm login":("run.sh","helm registry login registry.example.com --username ci --password {p}"),"redis-cli":("run.sh","redis-cli -h cache -a {p} ping"),"mongosh":("run.sh","mongosh --host db -u app -p {p}"),"ldapsearch":("run.sh","ldapsearch -D cn=a -w {p} -b dc=x"),"openssl pass":("run.sh","openssl enc -aes-256-cbc -pass pass:{p} -in a"),"gpg":("run.sh","gpg --batch --passphrase {p} -d a.gpg"),"ansible-vault":("run.sh","ansible-playbook a.yml -e ansible_password={p}"),"zip -P":("run.sh","zip -P {p} a.zip a"),"7z":("run.sh","7z x -p{p} a.7z"),"keytool":("run.sh","keytool -list -keystore a.jks -storepass {p}"),"net use":("run.bat","net use Z: \\\\host\\x /user:a {p}"),"netrc":(".netrc","machine api.example.com login bot password {p}"),"netrc lines":("_netrc","machine api.example.com\n  login bot\n  password {p}"),"pypirc":(".pypirc","[pypi]\nusername = a\npassword = {p}"),"npmrc auth":(".npmrc","//npm.example.com/:_authToken={p}"),"npmrc password":(".npmrc","//npm.example.com/:_password={p}"),"docker config":(".docker/config.json",'{{"auths": {{"registry.example.com": {{"auth": "{b}"}}}}}}'),"dockercfg pw":("k8s/x.json",'{{"auths": {{"r.example.com": {{"username": "ci", "password": "{p}"}}}}}}'),"git-credentials":(".git-credentials","https://bot:{p}@git.example.com"),"htpasswd":(".htpasswd","admin:$apr1$«A8»$«A22»"),"pgpass":(".pgpass","db:5432:shop:app:{p}"),"my.cnf":(".my.cnf","[client]\nuser=root\npassword={p}"),"kubeconfig":("kubeconfig","users:\n- name: a\n  user:\n    token: {p}{p}"),"kubeconfig pw":("kube/config","users:\n- name: a\n  user:\n    username: admin\n    password: {p}"),"maven settings":("settings.xml","<server><id>x</id><username>ci</username><password>{p}</password></server>"),"gradle":("build.gradle",'    credentials {{ username "ci"; password "{p}" }}'),"sbt":("build.sbt",'credentials += Credentials("R", "r.example.com", "ci", "{p}")'),"bundle":(".bundle/config",'BUNDLE_GEMS__EXAMPLE__COM: "ci:{p}"'),"composer":("auth.json",'{{"http-basic": {{"repo.example.com": {{"username": "a", "password": "{p}"}}}}}}'),"tf provider":("main.tf",'provider "postgresql" {{\n  username = "a"\n  password = "{p}"\n}}'),"tf db":("main.tf",'  master_password = "{p}"'),"ansible":("host.yml","ansible_become_pass: {p}"),"hosts ini":("hosts.ini","web1 ansible_user=a ansible_ssh_pass={p}"),"spring":("application.yml","spring:\n  datasource:\n    password: {p}"),"rails db":("config/database.yml","production:\n  password: {p}"),"django":("settings.py",'DATABASES = {{"default": {{"USER": "a", "PASSWORD": "{p}"}}}}'),"py kwargs":("a.py",'conn = psycopg2.connect(host="db", user="a", password="{p}")'),"py login":("a.py",'smtp.login("bot@example.com", "{p}")'),"py auth tuple":("a.py",'requests.get(url, auth=("bot", "{p}"))'),"js basic":("a.js",'const auth = "Basic " + btoa("bot:{p}");'),"axios auth":("a.js",'axios.get(u, {{ auth: {{ username: "a", password: "{p}" }} }});'),"go basic":("a.go",'	req.SetBasicAuth("bot", "{p}")'),"java dm":("A.java",'DriverManager.getConnection("jdbc:x", "app", "{p}");'),"url % format":("a.py",'url = "postgres://%s:%s@db/x" % ("app", "{p}")'),"url f":("a.py",'url = "amqp://{{}}:{{}}@mq".format("svc", "{p}")'),"cron":("crontab","0 3 * * * MYSQL_PWD={p} mysqldump shop"),"systemd":("x.service","Environment=DB_PASS={p}"),"nginx":("n.conf",'proxy_set_header Authorization "Basic {b}";'),"wpa":("wpa.conf",'  psk="{p}"'),"snmp":("snmpd.conf","rocommunity {p}"),"vpn":("auth.txt","vpnuser\n{p}"),"sql user":("a.sql","CREATE USER app WITH PASSWORD '{p}';"),"sql identified":("a.sql","CREATE USER 'a'@'%' IDENTIFIED BY '{p}';"),"grafana ini":("grafana.ini","admin_password = {p}"),"prometheus":("p.yml","basic_auth:\n  username: a\n  password: {p}"),"alertmanager":("am.yml","smtp_auth_password: '{p}'"),"traefik":("t.yml",'users: ["admin:$2y$05$«A53»"]'),"cookie":("a.http","Cookie: session={p}{p}{p}"),"basic header":("a.http","Authorization: Basic {b}"),"cloud-init":("user-data","chpasswd:\n  list: |\n    root:{p}"),"csv":("users.csv","user,password\nbot,{p}"),"dict of users":("a.py",'USERS = {{"alice": "{p}"}}'),"const pass":("a.c",'#define WIFI_PASSWORD "{p}"'),"swift":("A.swift",'let apiSecret = "{p}"'),"question":("notes.md","The staging login is admin / {p}."),"lua":("a.lua",'local password = "{p}"'),"perl":("a.pl","my $passwd = '{p}';"),"elixir":("config.exs",'config :app, Repo, password: "{p}"'),"scala":("A.scala",'val dbPassword = "{p}"'),"r":("a.R",'Sys.setenv(API_TOKEN = "{p}")'),"clojure":("c.edn",'{{:db-password "{p}"}}'),"nix":("x.nix",'  services.x.passwordFile = builtins.toFile "p" "{p}";'),"vagrant":("Vagrantfile",'  config.ssh.password = "{p}"'),"packer":("p.pkr.hcl",'  ssh_password = "{p}"'),"postman":("c.postman_collection.json",'{{"key": "password", "value": "{p}", "type": "string"}}'),"github url":("README.md","git clone https://x-access-token:{p}@github.com/a/b")}
# fmt: on
KEYS = (
    "RSA PRIVATE KEY",
    "PRIVATE KEY",
    "EC PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "DSA PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
)


def _names(name: str) -> dict[str, str]:
    words = name.lower().split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    pascal = "".join(word.title() for word in words)
    return {"N": name, "n": "_".join(words), "c": camel, "C": pascal, "d": ".".join(words), "k": "-".join(words)}


def _patch(label: Label, name: str, path: str, before: str, after: str) -> Labelled:
    base = {"README.md": "# x\n", **({path: before} if before else {})}
    class_ = "ci" if ".gitlab-ci" in path or "workflows" in path else "code"
    return Labelled(
        name=f"r5 secrets {name}",
        label=label,
        family="secrets",
        before=base,
        after={**base, path: after},
        target_paths=(path,),
        class_=class_,
    )


def _providers() -> Iterator[Labelled]:
    chance = random.Random("places")
    for line in KINDS:
        kind, rest = line.split(" ", 1)
        shape, name = rest.rsplit(" ", 1)
        for place in chance.sample(list(PLACES), EACH):
            path, before, form = PLACES[place]
            value = filled(shape, f"{kind} {place}")
            value = value.replace('"', "") if place in ("json", "ipynb") else value
            yield _patch(
                "bad", f"{kind} in {place}", path, before, before + form.format(V=value, **_names(name)) + "\n"
            )


def _connections() -> Iterator[Labelled]:
    for name, (path, form) in CONNECTIONS.items():
        for shape in ("«A20»", "Tr0ub4dor-«A8»"):
            password = filled(shape, f"{name} {shape}")
            pair = base64.b64encode(f"ci:{password}".encode()).decode()
            text = filled(form, name).format(p=password, b=pair)
            yield _patch("bad", f"{name} {shape}", path, "", f"{text}\n")


def _keys() -> Iterator[Labelled]:
    for kind in KEYS:
        chance = random.Random(kind)
        body = "\n".join(made("B", 64, chance) for _ in range(12))
        key = f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n"
        yield _patch("bad", f"{kind} in a file", "certs/key.pem", "", key)
        yield _patch(
            "bad",
            f"{kind} in YAML",
            "a.yaml",
            "",
            "tls:\n  key: |\n" + "".join(f"    {line}\n" for line in key.splitlines()),
        )
        yield _patch("bad", f"{kind} on one line", "a.json", "", json.dumps({"private_key": key}) + "\n")


# fmt: off
EVASIONS: dict[str, Callable[[str], tuple[str, str]]] = {
 "base64":lambda v:("a.py",f'TOKEN = b64decode("{base64.b64encode(v.encode()).decode()}")'),
 "base64 twice":lambda v:("a.py",f'TOKEN = d(d("{base64.b64encode(base64.b64encode(v.encode())).decode()}"))'),
 "base64 no padding":lambda v:("a.js",f'const t = atob("{base64.b64encode(v.encode()).decode().rstrip("=")}");'),
 "base64url":lambda v:("a.py",f'T = urlsafe_b64decode("{base64.urlsafe_b64encode(v.encode()).decode()}")'),
 "base32":lambda v:("a.py",f'T = b32decode("{base64.b32encode(v.encode()).decode()}")'),
 "hex":lambda v:("a.py",f'T = bytes.fromhex("{v.encode().hex()}")'),
 "hex spaced":lambda v:("a.py",f'T = bytes.fromhex("{" ".join(f"{ord(x):02x}" for x in v)}")'),
 "hex escapes":lambda v:("a.c",'const char *t = "'+"".join(f"\\x{ord(x):02x}" for x in v)+'";'),
 "octal escapes":lambda v:("a.c",'const char *t = "'+"".join(f"\\{ord(x):03o}" for x in v)+'";'),
 "unicode escapes":lambda v:("a.js",'const t = "'+"".join(f"\\u{ord(x):04x}" for x in v)+'";'),
 "unicode braces":lambda v:("a.ts",'const t = "'+"".join(f"\\u{{{ord(x):x}}}" for x in v)+'";'),
 "reversed":lambda v:("a.py",f'T = "{v[::-1]}"[::-1]'),
 "reversed js":lambda v:("a.js",f'const t = "{v[::-1]}".split("").reverse().join("");'),
 "concat plus":lambda v:("a.js",f'const t = "{v[:3]}" + "{v[3:15]}" + "{v[15:]}";'),
 "concat implicit":lambda v:("a.py",f'T = (\n    "{v[:9]}"\n    "{v[9:]}"\n)'),
 "join list":lambda v:("a.py",'T = "".join(['+", ".join(f'"{v[i:i+5]}"' for i in range(0,len(v),5))+"])"),
 "variables":lambda v:("a.py",f'A = "{v[:10]}"\nB = "{v[10:]}"\nTOKEN = A + B'),
 "fstring":lambda v:("a.py",f'P = "{v[:6]}"\nTOKEN = f"{{P}}{v[6:]}"'),
 "template literal":lambda v:("a.ts",f'const p = "{v[:6]}";\nconst token = `${{p}}{v[6:]}`;'),
 "shell concat":lambda v:("a.sh",f'P="{v[:8]}"\nTOKEN="${{P}}{v[8:]}"'),
 "shell quotes":lambda v:("a.sh",f"TOKEN={v[:7]}''{v[7:20]}\"\"{v[20:]}"),
 "backslash newline":lambda v:("a.sh",f"TOKEN={v[:11]}\\\n{v[11:]}"),
 "url encoded":lambda v:("a.py",'T = unquote("'+"".join(f"%{ord(x):02X}" for x in v)+'")'),
 "html entities":lambda v:("a.html",'<meta name="t" content="'+"".join(f"&#{ord(x)};" for x in v)+'">'),
 "char codes py":lambda v:("a.py",'T = "".join(map(chr, '+str([ord(x) for x in v])+"))"),
 "char codes js":lambda v:("a.js",'const t = String.fromCharCode('+", ".join(str(ord(x)) for x in v)+");"),
 "go bytes":lambda v:("a.go",'var t = string([]byte{'+", ".join(f"0x{ord(x):02x}" for x in v)+"})"),
 "java chars":lambda v:("A.java","char[] t = {"+", ".join(f"'{x}'" for x in v)+"};"),
 "yaml folded":lambda v:("a.yaml",f'token: "{v[:12]}\\\n  {v[12:]}"'),
 "rot13":lambda v:("a.py",f'T = codecs.decode("{v.translate(str.maketrans(string.ascii_letters,string.ascii_lowercase[13:]+string.ascii_lowercase[:13]+string.ascii_uppercase[13:]+string.ascii_uppercase[:13]))}", "rot13")'),
 "gzip base64":lambda v:("a.py",f'T = zlib.decompress(b64decode("{base64.b64encode(zlib.compress(v.encode())).decode()}"))'),
 "comment block":lambda v:("a.c",f"/*\n * old: {v}\n */"),
 "zero width":lambda v:("a.py",f'T = "{v[:9]}\u200b{v[9:]}".replace("\\u200b", "")'),
 "replace filler":lambda v:("a.py",f'T = "{v[:9]}#{v[9:]}".replace("#", "")'),
 "spaces removed":lambda v:("a.py",f'T = "{" ".join(v)}".replace(" ", "")'),
 "k8s data":lambda v:("k8s/secret.yaml",f"apiVersion: v1\nkind: Secret\ndata:\n  token: {base64.b64encode(v.encode()).decode()}"),
 "printf octal":lambda v:("a.sh","TOKEN=$(printf '"+"".join(f"\\{ord(x):o}" for x in v)+"')"),
 "printf hex":lambda v:("a.sh","TOKEN=$(printf '"+"".join(f"\\x{ord(x):02x}" for x in v)+"')"),
 "echo base64 -d":lambda v:("a.sh",f"TOKEN=$(echo {base64.b64encode(v.encode()).decode()} | base64 -d)"),
 "tuple of halves":lambda v:("a.py",f'LEFT, RIGHT = "{v[:13]}", "{v[13:]}"\nTOKEN = LEFT + RIGHT'),
 "dict halves":lambda v:("a.py",f'C = {{"a": "{v[:13]}", "b": "{v[13:]}"}}'),
 "data uri":lambda v:("a.md",f"![x](data:text/plain;base64,{base64.b64encode(v.encode()).decode()})"),
 "svg comment":lambda v:("a.svg",f"<svg><!-- {v} --></svg>"),
 "tf join":lambda v:("a.tf",f'token = join("", ["{v[:10]}", "{v[10:]}"])'),
 "make concat":lambda v:("Makefile",f"A := {v[:10]}\nTOKEN := $(A){v[10:]}"),
 "binary like":lambda v:("a.dat","x\x01\x02"+v+"\x03\x04y"),
    }
# fmt: on


def _disguised() -> Iterator[Labelled]:
    shapes = ("ghp_«A36»", "AKIA«T16»", "sk_live_«A24»")
    for number, (name, disguise) in enumerate(EVASIONS.items()):
        path, text = disguise(filled(shapes[number % 3], name))
        yield _patch("hard", f"disguised by {name}", path, "", f"{text}\n")


def _alike() -> Iterator[Labelled]:
    ch = random.Random("alike")

    def h(count: int) -> str:
        return made("H", count, ch)

    def a(count: int) -> str:
        return filled(f"«A{count}»", str(ch.random()))

    def b(count: int) -> str:
        return filled(f"«B{count}»", str(ch.random()))

    def rnd(alphabet: str, count: int, _: random.Random) -> str:
        return made(alphabet, count, ch)

    def uuid() -> str:
        return f"{h(8)}-{h(4)}-4{h(3)}-a{h(3)}-{h(12)}"

    # fmt: off
    kinds: list[Callable[[], tuple[str, str]]] = [
 lambda:("go.sum",f"github.com/a/b v1.{ch.randint(0,30)}.0 h1:{b(43)}="),lambda:("package-lock.json",f'      "integrity": "sha512-{b(86)}=="'),lambda:("yarn.lock",f'  resolved "https://registry.yarnpkg.com/x/-/x-1.0.0.tgz#{h(40)}"\n  integrity sha512-{b(86)}=='),lambda:("Cargo.lock",f'checksum = "{h(64)}"'),lambda:("poetry.lock",f'    {{file = "x-1.0-py3-none-any.whl", hash = "sha256:{h(64)}"}},'),lambda:("Gemfile.lock",f"  rails (7.1.3) sha256={h(64)}"),lambda:("flake.lock",f'        "narHash": "sha256-{b(43)}=",\n        "rev": "{h(40)}",'),lambda:(".terraform.lock.hcl",f'    "h1:{b(43)}=",\n    "zh:{h(64)}",'),lambda:("Dockerfile",f"FROM python:3.12@sha256:{h(64)}"),lambda:(".github/workflows/a.yml",f"      - uses: actions/checkout@{h(40)} # v4"),lambda:("composer.lock",f'        "reference": "{h(40)}",\n    "content-hash": "{h(32)}",'),lambda:("pnpm-lock.yaml",f"    resolution: {{integrity: sha512-{b(86)}==}}"),lambda:("uv.lock",f'sdist = {{ url = "https://files.pythonhosted.org/packages/{h(2)}/{h(2)}/{h(60)}/x-1.tar.gz", hash = "sha256:{h(64)}" }}'),lambda:("Podfile.lock",f"  Alamofire: {h(40)}"),lambda:("mix.lock",f'  "jason": {{:hex, :jason, "1.4.1", "{h(64)}", [:mix], [], "hexpm", "{h(64)}"}},'),
 lambda:("index.html",f'<script src="x.js" integrity="sha384-{b(64)}" crossorigin="anonymous"></script>'),lambda:("n.conf",f"add_header Content-Security-Policy \"script-src 'sha256-{b(43)}='\";"),lambda:("a.py",f'TRACE_ID = "{h(32)}"'),lambda:("a.json",f'  "id": "{uuid()}",'),lambda:("a.sql",f"INSERT INTO orders (id) VALUES ('{uuid()}');"),lambda:("tests/test_a.py",f'    assert digest("x") == "{h(64)}"'),lambda:("tests/a_test.go",f'	want := "{h(40)}"'),lambda:("a.md",f"Fixed in {h(40)}."),lambda:("CHANGELOG.md",f"* bump x ([{h(7)}](https://github.com/a/b/commit/{h(40)}))"),lambda:(".git-blame-ignore-revs",h(40)),
 lambda:(".env.example","API_KEY=your-api-key-here\nDB_PASSWORD=changeme"),lambda:(".env.example",f"{ch.choice(['STRIPE','SENDGRID','GITHUB','OPENAI'])}_API_KEY=<{ch.choice(['your key','token','insert here'])}>"),lambda:("a.py",f'{ch.choice(["API_KEY","TOKEN","PASSWORD","SECRET"])} = os.environ["{ch.choice(["API_KEY","X_TOKEN","DB_PASSWORD"])}"]'),lambda:("a.ts",f'const {ch.choice(["apiKey","token","secret"])} = process.env.{ch.choice(["API_KEY","TOKEN"])} ?? "";'),lambda:("a.yaml","password: ${DB_PASSWORD}"),lambda:("a.yaml",'  password: "{{ vault_db_password }}"'),lambda:("a.tf",f'password = {ch.choice(["var.db_password","random_password.db.result","data.aws_secretsmanager_secret_version.db.secret_string","local.secrets.db"])}'),lambda:("a.yml",f"          TOKEN: ${{{{ secrets.{ch.choice(['NPM_TOKEN','GITHUB_TOKEN','X'])} }}}}"),lambda:("k.yaml",f"secretKeyRef:\n  name: {ch.choice(['shop-db','app-secret-v2','payments-api-key'])}\n  key: {ch.choice(['password','api-key','token'])}"),lambda:("k.yaml",f"secretName: {ch.choice(['wildcard-tls-2026','shop-db-credentials','registry-pull-secret'])}"),
 lambda:("sealed.yaml",f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: AgB{b(300)}=="),lambda:("secrets.enc.yaml",f"password: ENC[AES256_GCM,data:{b(24)},iv:{b(43)}=,tag:{b(22)}==,type:str]\nsops:\n    kms: []\n    lastmodified: '2026-01-01T00:00:00Z'"),lambda:("vault.yml","$ANSIBLE_VAULT;1.1;AES256\n"+"\n".join(h(80) for _ in range(4))),lambda:("a.gpg.asc","-----BEGIN PGP MESSAGE-----\n\n"+"\n".join(b(64) for _ in range(4))+"\n-----END PGP MESSAGE-----"),lambda:("id.pub",f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b(43)} me@host"),lambda:("authorized_keys",f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{b(340)} me@host"),lambda:("ca.crt","-----BEGIN CERTIFICATE-----\n"+"\n".join(b(64) for _ in range(8))+"\n-----END CERTIFICATE-----"),lambda:("pub.pem","-----BEGIN PUBLIC KEY-----\n"+"\n".join(b(64) for _ in range(4))+"\n-----END PUBLIC KEY-----"),lambda:("known_hosts",f"gitlab.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b(43)}"),lambda:("crd.yaml",f"  caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t{b(200)}"),
 lambda:("a.md","Use the example key `AKIA" "IOSFODNN7EXAMPLE` and `wJalrXUtnFEMI/K7M" "DENG/bPxRfiCYEXAMPLEKEY`."),lambda:("a.md","curl -u sk_test_" "4eC39HqLyj" "WDarjtT1zdp7dc: https://api.stripe.com/v1/charges"),lambda:("a.py",'JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.' 'eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.' 'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"'),lambda:("a.md","export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),lambda:("a.md","Set `GITLAB_TOKEN=glpat-XXXXXXXXXXXXXXXXXXXX`."),lambda:("README.md","DATABASE_URL=postgres://user:password@localhost:5432/app"),lambda:("docker-compose.yml",'      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}'),lambda:("a.md","Authorization: Bearer <token>"),lambda:("a.ts","headers: { Authorization: `Bearer ${token}` }"),lambda:("a.go",'req.Header.Set("Authorization", "Bearer "+token)'),
 lambda:("i18n/de.json",'  "password": "Passwort",\n  "forgotPassword": "Passwort vergessen?",\n  "token.expired": "Das Token ist abgelaufen"'),lambda:("a.py",f'PASSWORD_RESET_TIMEOUT = {ch.randint(60,9999)}'),lambda:("a.ts",'const PASSWORD_FIELD = "current-password";'),lambda:("a.py",'SECRET_NAME = "projects/shop/secrets/payment-token/versions/latest"'),lambda:("a.java",'private static final String TOKEN_HEADER = "X-Auth-Token";'),lambda:("a.rb",'validates :password, length: { minimum: 12 }'),lambda:("a.html",'<input type="password" name="password" autocomplete="new-password">'),lambda:("a.css",f".a {{ background: url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{b(120)}) }}"),lambda:("a.svg",f'<path d="M{ch.randint(0,99)}.{ch.randint(10,99)} {ch.randint(0,99)}c{",".join(str(ch.random())[:7] for _ in range(30))}z"/>'),lambda:("a.js.map",f'{{"version":3,"mappings":"{a(300)}"}}'),
 lambda:("a.py",f'URL = "https://cdn.example.com/assets/app.{h(20)}.js"'),lambda:("a.md",f"https://docs.google.com/document/d/{rnd('W',44,ch)}/edit"),lambda:("a.md",f"https://www.youtube.com/watch?v={rnd('W',11,ch)}"),lambda:("a.yml",f"arn: arn:aws:kms:eu-west-1:{rnd('D',12,ch)}:key/{uuid()}"),lambda:("a.tf",f'ami = "ami-0{h(16)}"\nsubnet_id = "subnet-0{h(16)}"'),lambda:("a.tf",f'zone_id = "Z{rnd("U",20,ch)}"'),lambda:("a.yml",f"tenant_id: {uuid()}\nclient_id: {uuid()}"),lambda:("a.ts",f'clientId: "{rnd("D",12,ch)}-{rnd("L",32,ch)}.apps.googleusercontent.com"'),lambda:("a.ts",f'const KEY = "pk_live_{a(24)}"; // publishable'),lambda:("a.ts",f'Sentry.init({{ dsn: "https://{h(32)}@o{rnd("D",6,ch)}.ingest.sentry.io/{rnd("D",7,ch)}" }});'),
 lambda:("a.proto",f"// fingerprint {h(64)}"),lambda:("a.py",f'ETAG = \'"{h(32)}"\''),lambda:("a.yaml",f"checksum/config: {h(64)}"),lambda:("a.json",f'"sha": "{h(40)}", "node_id": "MDQ6VXNlcjE={ch.randint(0,9)}"'),lambda:("test.yaml",f"request_id: {a(22)}"),lambda:("a.py",f'CACHE_KEY = "orders:v{ch.randint(1,9)}:by-customer"'),lambda:("a.py",f'token = tokens[{ch.randint(0,9)}]\npassword = getpass.getpass()\nsecret = secrets.token_hex(32)'),lambda:("a.go",'var errBadToken = errors.New("bad token: signature does not match")'),lambda:("a.md",f"SHA256 ({ch.choice(['a','b'])}.tar.gz) = {h(64)}"),lambda:("SHA256SUMS",f"{h(64)}  tool_1.2.{ch.randint(0,99)}_linux_amd64.tar.gz"),
 lambda:("a.rb",f'  sha256 "{h(64)}"'),lambda:("PKGBUILD",f"sha256sums=('{h(64)}')"),lambda:("x.nix",f'  hash = "sha256-{b(43)}=";'),lambda:("WORKSPACE",f'    sha256 = "{h(64)}",'),lambda:("a.snap",f'"commit": "{h(40)}"'),lambda:("a.bicep",f"resourceId('x', '{uuid()}')"),lambda:("a.yml",f"image: registry.example.com/a@sha256:{h(64)}"),lambda:("a.xml",f'<verification-metadata><sha256 value="{h(64)}"/></verification-metadata>'),lambda:("a.py",f'NAMESPACE = uuid.UUID("{uuid()}")'),lambda:("a.md",f"`{a(8)}-{a(6)}` is the run id"),
 lambda:("tests/conftest.py",'    return Client(token="test-token", password="test")'),lambda:("tests/a.py",'login(username="alice", password="wrong-password")'),lambda:("a.yml","password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  "+h(80)),lambda:("a.env.tpl",'DB_PASSWORD="op://prod/db/password"'),lambda:("a.yml","DB_PASSWORD: vault:secret/data/db#password"),lambda:("a.py",'password = config.get("database", "password")'),lambda:("a.sh",'export TOKEN="$(cat /run/secrets/token)"'),lambda:("a.sh",'curl -H "PRIVATE-TOKEN: $GITLAB_TOKEN" "$CI_API_V4_URL/projects"'),lambda:("a.sh",'docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY" <<< "$CI_REGISTRY_PASSWORD"'),lambda:("a.sh",'psql "postgres://app:${DB_PASSWORD}@db/shop"'),
    ]
    # fmt: on
    for number, kind in enumerate(kinds):
        for again in range(ALIKE):
            path, text = kind()
            yield _patch("fine", f"look-alike {number} {again}", path, "", f"{text}\n")


PATCHES = [*_providers(), *_connections(), *_keys(), *_disguised(), *_alike()]
