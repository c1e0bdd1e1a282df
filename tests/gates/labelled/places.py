"""Credentials in their places, two rounds of them written by a stranger to the rules; made at run time, as all are."""

from __future__ import annotations

import base64
import codecs
import json
import random

from tests.gates.labelled import Label, Labelled
from tests.gates.made import made

C = random.Random(51)


def m(alphabet: str, length: int) -> str:
    """Random characters of an alphabet of `made`."""
    return made(alphabet, length, C)


def pw() -> str:
    """A password that somebody chose."""
    return C.choice("bcdfgh").upper() + m("A", 6) + C.choice("!#%&*") + m("A", 5)


def b64(text: str) -> str:
    """Base64 of a text."""
    return base64.b64encode(text.encode()).decode()


BAD: list[tuple[str, str]] = [
 # generic
 (".env", f"SMTP_PASS={pw()}"), (".env.production", f"JWT_SECRET={m('A',32)}"), (".env", f"SECRET_KEY_BASE={m('H',128)}"), (".env", f"MAIL_PASSWORD=\"{pw()}\""),
 ("config/app.yaml", f"auth:\n  user: svc\n  passwd: {pw()}"), ("config/app.yaml", f"smtp:\n  secret: '{m('A',24)}'"), ("helm/values.yaml", f"postgresql:\n  auth:\n    postgresPassword: {m('A',14)}"),
 ("app.toml", f"[db]\npassword = \"{pw()}\""), ("app.toml", f"[auth]\napi-key = '{m('A',32)}'"), ("settings.json", f'{{"apiSecret": "{m("A",40)}"}}'), ("settings.json", f'{{"db": {{"user": "app", "pass": "{pw()}"}}}}'),
 ("application.properties", f"spring.datasource.password={pw()}"), ("application.properties", f"app.jwt.secret={m('A',48)}"), ("application.yml", f"spring:\n  datasource:\n    password: {pw()}"),
 ("main.tf", f'resource "aws_db_instance" "x" {{\n  master_password = "{pw()}"\n}}'), ("prod.tfvars", f'db_password = "{pw()}"'), ("terraform.tfvars", f'api_token = "{m("A",40)}"'),
 ("k8s/secret.yaml", f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  token: {m('A',30)}"), ("k8s/secret.yaml", f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  password: {b64(pw())}"),
 ("k8s/deploy.yaml", f"    env:\n    - name: REDIS_PASSWORD\n      value: \"{pw()}\""), ("docker-compose.yml", f"services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: {pw()}"), ("docker-compose.yml", f"services:\n  db:\n    environment:\n      - MYSQL_ROOT_PASSWORD={pw()}"),
 ("src/Main.java", f'private static final String DB_PASSWORD = "{pw()}";'), ("src/Main.java", f'  DriverManager.getConnection("jdbc:mysql://db:3306/app", "root", "{pw()}");'), ("src/Main.java", f'  conn.setPassword("{pw()}");'), ("main.go", f'const apiKey = "{m("A",32)}"'), ("main.go", f'\tcfg := Config{{Password: "{pw()}"}}'), ("main.go", f'\treq.SetBasicAuth("admin", "{pw()}")'),
 ("Program.cs", f'private const string ApiKey = "{m("A",32)}";'), ("Program.cs", f'var cs = "Server=tcp:x.database.windows.net;User ID=sa;Password={m("A",14)};";'), ("Program.cs", f'new NetworkCredential("admin", "{pw()}");'),
 ("config.php", f"define('DB_PASSWORD', '{pw()}');"), ("config.php", f"$password = '{pw()}';"), ("config.php", f"'password' => '{pw()}',"), ("wp-config.php", f"define( 'AUTH_KEY', '{m('A',20)}^{m('A',20)}|{m('A',20)}' );"),
 ("config.rb", f"config.secret_key_base = '{m('H',128)}'"), ("config.rb", f"PASSWORD = '{pw()}'.freeze"), ("config.rb", f"  :api_key => \"{m('A',32)}\""), ("deploy.sh", f"export DB_PASS='{pw()}'"), ("deploy.sh", f"TOKEN={m('A',40)}"), ("deploy.sh", f"readonly api_key=\"{m('A',36)}\""),
 ("Dockerfile", f"ENV DB_PASSWORD={pw()}"), ("Dockerfile", f"RUN pip install --index-url https://ci:{m('A',20)}@pypi.example.test/simple x"), ("Dockerfile", f"ARG GITHUB_TOKEN=ghp_{m('A',36)}"),
 # JWT
 ("a.js", "const t = 'eyJ" + b64('{"alg":"HS256","typ":"JWT"}').rstrip("=")[3:] + "." + b64('{"sub":"1234","exp":1999999999,"role":"admin"}').rstrip("=") + "." + m("W", 43) + "'"),
 ("kubeconfig", f"users:\n- name: admin\n  user:\n    token: {m('A',60)}"), ("kube/config", f"users:\n- name: admin\n  user:\n    client-key-data: {b64('-----BEGIN EC PRIVATE'+' KEY-----'+chr(10)+m('B',120))}"), ("kubeconfig", f"  user:\n    username: admin\n    password: {m('A',16)}"),
 (".npmrc", f"//npm.pkg.github.com/:_authToken=ghp_{m('A',36)}"), (".npmrc", f"//npm.example.test/:_password={b64(pw())}"), (".npmrc", f"//registry.example.test/:_authToken={m('H',8)}-{m('H',4)}-4{m('H',3)}-a{m('H',3)}-{m('H',12)}"),
 (".pypirc", f"[pypi]\nusername = __token__\npassword = pypi-AgEIcHlwaS5vcmc{m('W',150)}"), (".pypirc", f"[internal]\nusername = ci\npassword = {m('A',12)}"), (".netrc", f"machine api.example.test\n  login ci\n  password {m('A',16)}"), ("_netrc", f"default login anonymous password {m('A',16)}"),
 (".docker/config.json", f'{{"auths": {{"reg.example.test": {{"auth": "{b64("ci:"+pw())}"}}}}}}'), (".git-credentials", f"https://ci:{m('A',20)}@git.example.test"), (".pgpass", f"db.example.test:5432:*:app:{m('A',14)}"), (".my.cnf", f"[client]\nuser=root\npassword={m('A',12)}"), (".htpasswd", f"admin:$apr1${m('A',8)}${m('A',22)}"), (".s3cfg", f"access_key = AKIA{m('T',16)}\nsecret_key = {m('A',40)}"), (".aws/credentials", f"[default]\naws_secret_access_key = {m('B',40)}"), (".boto", f"gs_secret_access_key = {m('A',40)}"), ("settings.xml", f"<server><id>x</id><username>ci</username><password>{m('A',14)}</password></server>"), ("gradle.properties", f"signing.password={m('A',14)}"), ("nuget.config", f'<add key="ClearTextPassword" value="{pw()}" />'), ("web.config", f'<add name="x" connectionString="Data Source=db;Initial Catalog=a;User Id=sa;Password={m("A",12)}" />'), ("auth.json", f'{{"http-basic": {{"repo.example.test": {{"username": "a", "password": "{m("A",20)}"}}}}}}'), (".bundle/config", f"BUNDLE_GEMS__EXAMPLE__TEST: \"ci:{m('A',20)}\""), ("ansible/hosts.ini", f"web1 ansible_user=root ansible_ssh_pass={m('A',12)}"), ("ansible/hosts.ini", f"[all:vars]\nansible_become_password={m('A',12)}"),
 (".gitlab-ci.yml", f"variables:\n  DEPLOY_TOKEN: {m('A',26)}"), ("Jenkinsfile", f"environment {{ API_TOKEN = '{m('A',32)}' }}"), ("id_rsa", "-----BEGIN OPENSSH PRIVATE"+" KEY-----\n"+m("B",70)+"\n"+m("B",70)), ("src/keys.py", "KEY = '''-----BEGIN PRIVATE"+" KEY-----\n"+m("B",64)+"\n'''"), ("key.txt", "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 1\n"+m("B",64)), ("k.asc", "-----BEGIN PGP PRIVATE KEY"+" BLOCK-----\n\n"+m("B",64)), ("age.txt", "AGE-SECRET-"+"KEY-1"+"".join(C.choice("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L") for _ in range(58))),
 # strings
 ("a.py", f"conn = 'amqp://svc:{m('A',14)}@mq.example.test:5672/%2f'"), ("a.py", f"MONGO = 'mongodb+srv://app:{m('A',14)}@cluster0.ab1cd.mongodb.net/x'"), ("a.ts", f"const url = `mysql://root:{m('A',12)}@10.0.0.4/app`"), ("a.py", f"requests.get(u, auth=HTTPBasicAuth('svc', '{pw()}'))"), ("a.py", f"h = {{'Authorization': 'Basic {b64('svc:'+pw())}'}}"), ("a.js", f"headers: {{ 'X-Api-Key': '{m('A',32)}' }}"), ("x.sh", f"curl --user svc:{m('A',14)} https://x.example.test"), ("x.sh", f"curl -su 'svc:{pw()}' https://x.example.test"), ("x.sh", f"curl -H 'Authorization: Bearer {m('A',40)}' https://x.example.test"), ("x.sh", f"wget --http-password={m('A',14)} https://x.example.test"), ("x.sh", f"wget --user=a --password={m('A',14)} https://x.example.test"), ("x.sh", f"http -a svc:{m('A',14)} GET x.example.test"), ("x.sh", f"mysqldump -u root -p'{m('A',12)}' app"), ("x.sh", f"redis-cli -a {m('A',20)} ping"), ("x.sh", f"ldapsearch -D cn=admin -w {m('A',12)}"), ("x.sh", f"mongo -u admin -p {m('A',12)}"), ("x.sh", f"az login --service-principal -u a -p {m('A',34)}"), ("x.sh", f"helm repo add x https://h.example.test --username a --password {m('A',16)}"), ("x.sh", f"openssl enc -aes-256-cbc -k {m('A',16)} -in a"), ("x.sh", f"gpg --batch --passphrase {m('A',16)} -d a"), ("x.sh", f"smbclient //s/x -U 'user%{m('A',12)}'"), ("x.sh", f"sqlcmd -S db -U sa -P {m('A',14)}"), ("x.sh", f"echo {m('A',20)} | docker login -u ci --password-stdin reg"), ("x.sh", f"vault login hvs.{m('A',90)}"), ("x.sh", f"keytool -genkey -storepass {m('A',12)}"), ("x.sh", f"git clone https://oauth2:{m('A',20)}@git.example.test/a.git"), ("x.sh", f"git remote set-url origin https://glpat-{m('W',20)}@gitlab.example.test/a.git"), ("x.ps1", f"$p = ConvertTo-SecureString '{pw()}' -AsPlainText -Force"), ("x.ps1", f"net use \\\\s\\x /user:a {m('A',12)}"), ("x.bat", f"set DB_PASSWORD={m('A',14)}"), ("docs/x.md", f"Use `{'ghp_'+m('A',36)}` to log in."), ("README.md", f"export AWS_SECRET_ACCESS_KEY={m('B',40)}"), ("tests/fixtures/a.json", f'{{"token": "ghp_{m("A",36)}"}}'), ("package-lock.json", f'"resolved": "https://ci:{m("A",24)}@npm.example.test/a.tgz"'), ("vendor/a.js", f"const t='xoxb-{m('D',12)}-{m('D',12)}-{m('A',24)}'"), ("a.py", f"t = 'ghp_{m('A',36)}'  # gitleaks:allow"), ("a.py", f"t = 'ghp_{m('A',36)}'  # pragma: allowlist secret  # noqa"), ("Makefile", f"deploy:\n\tTOKEN={m('A',40)} ./deploy"), ("a.kt", f'val apiKey = "{m("A",32)}"'), ("a.swift", f'let clientSecret = "{m("A",40)}"'), ("a.rs", f'const API_TOKEN: &str = "{m("A",40)}";'), ("a.scala", f'val dbPassword: String = "{pw()}"'), ("a.dart", f"final String apiKey = '{m('A',32)}';"), ("a.lua", f"local password = \"{pw()}\""), ("a.pl", f"my $password = '{pw()}';"), ("a.ex", f'config :app, secret_key_base: "{m("B",64)}"'), ("a.vue", f"  data: () => ({{ accessToken: '{m('A',40)}' }})"), ("a.ipynb", f'"source": ["token = \\"{m("A",40)}\\"\\n"]'), ("strings.xml", f'<string name="google_api_key">AIza{m("W",35)}</string>'), ("google-services.json", f'"current_key": "AIza{m("W",35)}"'), ("sa.json", '{"type": "service_account", "private_key": "-----BEGIN PRIVATE' + f' KEY-----\\n{m("B", 64)}\\n"}}'), ("vault.yml", f"vault_pass: {pw()}"), ("sops.yaml", f"creds: {{user: a, password: {m('A',14)}}}"), ("a.groovy", f"credentials {{ username 'a'; password '{pw()}' }}"), ("build.gradle", f'    password = "{pw()}"'), ("a.cfg", f"[auth]\ntoken : {m('A',32)}"), ("a.conf", f"requirepass {m('A',20)}"), ("redis.conf", f"masterauth {m('A',20)}"), ("wg0.conf", f"[Interface]\nPrivateKey = {b64(m('A',32))[:43]}="), ("wpa.conf", f'psk="{pw()}"'), ("a.sql", f"CREATE USER app WITH PASSWORD '{pw()}';"), ("a.sql", f"ALTER USER root IDENTIFIED BY '{pw()}';"), ("a.sql", f"GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY '{pw()}';"), ("slack.py", f"URL = 'https://hooks.slack.com/services/T{m('U',8)}/B{m('U',8)}/{m('A',24)}'"), ("d.py", f"URL = 'https://discord.com/api/webhooks/{m('D',18)}/{m('W',68)}'"), ("t.py", f"URL = 'https://x.webhook.office.com/webhookb2/{m('H',8)}-{m('H',4)}-{m('H',4)}-{m('H',4)}-{m('H',12)}@{m('H',8)}-{m('H',4)}-{m('H',4)}-{m('H',4)}-{m('H',12)}/IncomingWebhook/{m('H',32)}/{m('H',8)}-{m('H',4)}-{m('H',4)}-{m('H',4)}-{m('H',12)}'"), ("az.py", f"S='DefaultEndpointsProtocol=https;AccountName=a;AccountKey={b64(m('A',64))};EndpointSuffix=core.windows.net'"), ("az.py", f"u='https://a.blob.core.windows.net/c?sv=2022-11-02&ss=b&srt=sco&sp=rwdl&se=2030-01-01&sig={m('A',43)}%3D'"), ("s3.py", f"u='https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA{m('T',16)}%2F20250101&X-Amz-Signature={m('H',64)}'"), ("sentry.py", f"DSN='https://{m('H',32)}:{m('H',32)}@sentry.io/12345'"), ("bus.cs", f'"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={b64(m("A",32))}"'),
]  # fmt: skip
HARD: list[tuple[str, str]] = [
 ("a.py", f"t = 'ghp_' + '{m('A',36)}'"), ("a.py", f"t = 'gh' + 'p_' + '{m('A',18)}' + '{m('A',18)}'"), ("a.py", f"t = ('ghp_{m('A',18)}'\n     '{m('A',18)}')"), ("a.py", f"t = ''.join(['ghp_', '{m('A',20)}', '{m('A',16)}'])"), ("a.js", f"const t = ['glpat', '{m('W',20)}'].join('-')"), ("a.js", f"const t = `${{'AKIA'}}{m('T',16)}`"), ("a.py", f"t = base64.b64decode('{b64('ghp_'+m('A',36))}')"), ("a.js", f"const t = atob('{b64('AKIA'+m('T',16))}')"), ("a.py", f"t = bytes.fromhex('{('glpat-'+m('W',20)).encode().hex()}')"), ("a.py", f"t = '{('ghp_'+m('A',36))[::-1]}'[::-1]"), ("x.sh", f"A=ghp_\nB={m('A',36)}\nexport T=$A$B"), ("a.py", f"t = '\\x67\\x68\\x70\\x5f{m('A',36)}'"), ("a.js", f"const t = '\\u0067hp_{m('A',36)}'"), ("a.py", f"t = '%s%s' % ('ghp_', '{m('A',36)}')"), ("a.py", f"t = f\"{{'ghp_'}}{m('A',36)}\""), ("a.py", f"t = '{{}}{{}}'.format('AKIA', '{m('T',16)}')"), ("a.py", f"t = 'ghp_{m('A',36)}'.replace('a', 'a')"), ("a.go", f't := "ghp_" +\n\t"{m("A",36)}"'), ("A.java", f'String t = new StringBuilder("ghp_").append("{m("A",36)}").toString();'), ("a.py", f"t = 'g h p _ {' '.join(m('A',36))}'.replace(' ', '')"), ("a.py", f"t = codecs.decode('{codecs.encode('ghp_'+m('A',36),'rot13')}', 'rot13')"), ("a.py", f"t = bytes({list(('ghp_'+m('A',36)).encode())}).decode()"), ("a.js", f"String.fromCharCode({','.join(str(ord(c)) for c in 'ghp_'+m('A',36))})"), ("x.sh", f"echo {b64('password='+pw())} | base64 -d"), ("a.py", f"url = 'https://x.example.test/?t=' + quote('glpat%2D{m('W',20)}')"), ("a.py", f"pw = base64.b64decode('{b64(pw())}')"), ("a.yaml", f"token: >-\n  ghp_{m('A',18)}\n  {m('A',18)}"), ("a.json", f'{{"gh": "p_", "t1": "ghp_{m("A",17)}", "t2": "{m("A",19)}"}}'), ("x.sh", f"TOKEN=gh\"\"p_{m('A',36)}"), ("x.sh", f"TOKEN='ghp_{m('A',10)}'\\\n'{m('A',26)}'"), ("a.py", f"t = base64.b64decode(base64.b64decode('{b64(b64('ghp_'+m('A',36)))}'))"),("a.c", f'char *t = "ghp_" "{m("A",36)}";'), ("a.rb", f"t = %w[ghp_ {m('A',36)}].join"), ("a.php", f"$t = 'ghp_' . '{m('A',36)}';"), ("a.py", f"p1 = 'AKIA'\np2 = '{m('T',16)}'\nkey = p1 + p2"),
]  # fmt: skip
SECOND_BAD: list[tuple[str, str]] = [
    ("src/main/resources/application-prod.yml", f"server:\n  port: 8080\nspring:\n  mail:\n    host: smtp.example.test\n    username: noreply\n    password: {pw()}\n"),
    ("deploy/terraform.tfstate", json.dumps({"resources": [{"instances": [{"attributes": {"username": "app", "password": pw()}}]}]}, indent=2)),
    ("config/database.yml", f"production:\n  adapter: postgresql\n  username: app\n  password: \"{pw()}\"\n"),
    ("config/master.key", m("H", 32)),
    ("config/credentials/production.key", m("H", 32)),
    ("charts/app/values-prod.yaml", f"image:\n  tag: 1.2.3\nimagePullSecrets:\n  dockerconfigjson: {b64(json.dumps({'auths': {'reg.example.test': {'auth': b64('ci:' + pw())}}}))}\n"),
    ("k8s/regcred.yaml", f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: regcred\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {b64(json.dumps({'auths': {'reg.example.test': {'username': 'ci', 'password': pw()}}}))}\n"),
    ("k8s/tls.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  tls.key: " + b64("-----BEGIN RSA PRIVATE" + " KEY-----\n" + m("B", 64)) + "\n"),
    ("ansible/group_vars/all.yml", f"app_name: shop\nvault_db_password: '{pw()}'\nadmin_user: root\n"),
    ("src/app/environments/environment.prod.ts", f"export const environment = {{\n  production: true,\n  firebase: {{\n    apiKey: 'AIza{m('W', 35)}',\n    authDomain: 'x.firebaseapp.com',\n  }},\n}};"),
    ("android/app/build.gradle", f"signingConfigs {{\n  release {{\n    storeFile file('release.keystore')\n    storePassword '{pw()}'\n    keyAlias 'key0'\n    keyPassword '{pw()}'\n  }}\n}}"),
    ("fastlane/Fastfile", f"lane :beta do\n  match(git_basic_authorization: '{b64('ci:' + pw())}')\nend"),
    ("ios/Config.xcconfig", f"API_SECRET = {m('A', 40)}"),
    ("scripts/backup.sh", f"#!/bin/sh\npg_dump \"postgresql://backup:{m('A', 14)}@10.1.2.3/app\" | gzip > out.gz"),
    ("scripts/restic.sh", f"export RESTIC_PASSWORD='{pw()}'\nrestic backup /data"),
    ("scripts/s.sh", f"lftp -u deploy,{pw()} sftp://x.example.test"),
    ("scripts/s.sh", f"expect -c 'send \"{pw()}\\r\"'"),
    ("scripts/s.sh", f"openssl pkcs12 -export -passout pass:{pw()} -in a"),
    ("scripts/s.sh", f"aws configure set aws_secret_access_key {m('B', 40)}"),
    ("scripts/s.sh", f"gh auth login --with-token <<< ghp_{m('A', 36)}"),
    ("scripts/s.sh", f"npm config set //registry.npmjs.org/:_authToken npm_{m('A', 36)}"),
    ("scripts/s.sh", f"curl -X POST -d 'client_id=app&client_secret={m('A', 40)}' https://x.example.test/token"),
    ("scripts/s.sh", f"curl -d '{{\"user\":\"admin\",\"password\":\"{pw()}\"}}' https://x.example.test"),
    ("scripts/s.sh", f"curl 'https://x.example.test/?api_key={m('A', 32)}'"),
    ("scripts/s.sh", f"kubectl config set-credentials admin --token={m('A', 60)}"),
    ("scripts/s.sh", f"htpasswd -bc .htpasswd admin {pw()}"),
    ("scripts/s.sh", f"rabbitmqctl add_user app {pw()}"),
    ("scripts/s.sh", f"useradd -p '$6${m('A', 8)}${m('A', 86)}' deploy"),
    ("cloud-init.yaml", f"#cloud-config\nchpasswd:\n  list: |\n    root:{pw()}\n"),
    ("cloud-init.yaml", f"users:\n  - name: ops\n    passwd: $6${m('A', 8)}${m('A', 86)}\n"),
    ("src/db.ts", f"new Pool({{ host: 'db', user: 'app', password: '{pw()}', port: 5432 }})"),
    ("src/a.py", f"engine = create_engine('postgresql+psycopg2://app:%s@db/app' % '{pw()}')"),
    ("src/a.py", f"smtp.login('noreply@example.test', '{pw()}')"),
    ("src/a.py", f"boto3.client('s3', aws_access_key_id='AKIA{m('T', 16)}', aws_secret_access_key='{m('B', 40)}')"),
    ("src/a.py", f"redis.Redis(host='c', password='{pw()}')"),
    ("src/a.py", f"jwt.encode(claims, '{m('A', 32)}', algorithm='HS256')"),
    ("src/a.js", f"jwt.sign(payload, '{m('A', 40)}')"),
    ("src/a.js", f"app.use(session({{ secret: '{m('A', 32)}' }}))"),
    ("src/a.js", f"crypto.createHmac('sha256', '{m('A', 40)}')"),
    ("src/a.js", f"axios.defaults.headers.common['Authorization'] = 'Token {m('H', 40)}'"),
    ("src/a.go", f'sql.Open("mysql", "root:{m("A", 12)}@tcp(db:3306)/app")'),
    ("src/a.go", f'jwt.Parse(t, func(*jwt.Token) (any, error) {{ return []byte("{m("A", 32)}"), nil }})'),
    ("A.java", f'cipher.init(1, new SecretKeySpec("{m("A", 16)}".getBytes(), "AES"));'),
    ("A.java", f'props.put("mail.smtp.password", "{pw()}");'),
    ("A.cs", f'services.AddDbContext(o => o.UseNpgsql("Host=db;Username=app;Password={m("A", 14)}"));'),
    ("a.rb", f"Stripe.api_key = 'sk_live_{m('A', 24)}'"),
    ("a.php", f"new PDO('mysql:host=db', 'root', '{pw()}');"),
    ("a.php", f"mysqli_connect('db', 'root', '{pw()}', 'app');"),
    ("a.rs", f'Client::new("{m("A", 8)}", SecretString::new("{m("A", 32)}".into()))'),
    ("a.kt", f'OkHttpClient().newCall(req.header("X-Auth-Token", "{m("A", 40)}"))'),
    ("a.swift", f'request.setValue("Bearer {m("A", 40)}", forHTTPHeaderField: "Authorization")'),
    ("a.tsx", f"<ApiProvider token=\"{m('A', 40)}\" />"),
    ("a.html", f"<script>window.API_TOKEN = '{m('A', 40)}'</script>"),
    ("postman.json", f'{{"key": "Authorization", "value": "Bearer {m("A", 60)}", "type": "text"}}'),
    ("insomnia.json", f'{{"name": "token", "value": "{m("A", 40)}"}}'),
    ("tests/cassettes/a.yaml", f"      Authorization:\n      - Bearer {m('A', 60)}\n"),
    ("notebook.ipynb", f'   "openai.api_key = \\"sk-proj-{m("W", 60)}\\"\\n"'),
    ("docs/setup.md", f"Login with user `admin` and password `{pw()}` on https://prod.example.test."),
    ("docs/setup.md", f"```\nDATABASE_URL=postgres://app:{m('A', 14)}@db.example.test/app\n```"),
    ("CHANGELOG.md", f"- rotated token glpat-{m('W', 20)}"),
    ("a.log", f"INFO using token ghp_{m('A', 36)}"),
    (".vscode/launch.json", f'"env": {{"API_TOKEN": "{m("A", 40)}"}}'),
    ("Pulumi.prod.yaml", f"config:\n  app:dbPassword: {pw()}\n"),
    ("serverless.yml", f"provider:\n  environment:\n    STRIPE_SECRET: {m('A', 32)}\n"),
    ("fly.toml", f"[env]\nSECRET_KEY_BASE = '{m('H', 64)}'"),
    ("wrangler.toml", f"[vars]\nAPI_TOKEN = \"{m('A', 40)}\""),
    ("app.json", f'"env": {{"JWT_SECRET": {{"value": "{m("A", 40)}"}}}}'),
    ("haproxy.cfg", f"userlist u\n  user admin insecure-password {pw()}"),
    ("nginx.conf", f"proxy_set_header Authorization \"Basic {b64('svc:' + pw())}\";"),
    ("prometheus.yml", f"basic_auth:\n  username: p\n  password: {pw()}\n"),
    ("alertmanager.yml", f"slack_api_url: https://hooks.slack.com/services/T{m('U', 8)}/B{m('U', 8)}/{m('A', 24)}"),
    ("grafana.ini", f"[security]\nadmin_password = {pw()}"),
    ("logstash.conf", f'output {{ elasticsearch {{ user => "e" password => "{pw()}" }} }}'),
    ("telegraf.conf", f'  token = "{m("W", 86)}=="'),
    ("mosquitto.conf", f"remote_password {pw()}"),
    ("openvpn/auth.txt", f"vpnuser\n{pw()}"),
    ("sip.conf", f"secret={pw()}"),
]  # fmt: skip
SECOND_HARD: list[tuple[str, str]] = [
    ("src/a.py", f"T = 'ghp_{m('A', 18)}'\nT += '{m('A', 18)}'"),
    ("src/a.js", f"const k = Buffer.from('{b64('sk_live_' + m('A', 24))}', 'base64').toString()"),
    ("src/a.go", f'k := string([]byte{{{",".join(str(ord(c)) for c in "ghp_" + m("A", 36))}}})'),
    ("a.sh", f"KEY=$(printf '%s%s' AKIA {m('T', 16)})"),
    ("a.sh", f"KEY=$(echo {m('A', 36)[::-1]}_phg | rev)"),
    ("a.py", f"k = ''.join(chr(c ^ 0) for c in {[ord(c) for c in 'glpat-' + m('W', 20)]})"),
    ("a.rb", f"k = ['{b64('ghp_' + m('A', 36))}'].pack('m').unpack1('m')"),
    ("A.java", f'String k = new String(Base64.getDecoder().decode("{b64("glpat-" + m("W", 20))}"));'),
    ("a.yaml", f"token: !!binary {b64('ghp_' + m('A', 36))}"),
    ("a.py", f"k = 'ghp_' \\\n    '{m('A', 36)}'"),
    ("a.ts", f"const a = 'xoxb-{m('D', 12)}-';\nconst b = '{m('D', 12)}-{m('A', 24)}';\nexport default a + b;"),
    ("a.php", f"$k = strrev('{('ghp_' + m('A', 36))[::-1]}');"),
    ("a.py", f"password = '{pw()[::-1]}'[::-1]"),
    ("a.json", f'{{"chunks": ["AKIA", "{m("T", 16)}"]}}'),
    ("a.c", "char k[] = {" + ",".join(f"'{c}'" for c in "ghp_" + m("A", 36)) + "};"),
    ("Dockerfile", f"RUN echo {b64('machine x login ci password ' + pw())} | base64 -d > ~/.netrc"),
    ("a.py", f"k = 'gh\\x70_' + '{m('A', 36)}'"),
    ("a.js", f"const k = 'ghp_{m('A', 20)}'.concat('{m('A', 16)}')"),
    ("a.kt", f'val k = buildString {{ append("ghp_"); append("{m("A", 36)}") }}'),
]  # fmt: skip

FINE: list[tuple[str, str]] = [
 (".env.example", "DB_PASSWORD=changeme"), (".env.example", "API_KEY=your-api-key-here"), (".env.sample", "JWT_SECRET=<generate with openssl rand>"), ("a.py", "password = os.environ['DB_PASSWORD']"), ("a.py", "token = get_token(request.headers['Authorization'])"), ("a.ts", "const password = form.get('password')?.value ?? ''"), ("a.ts", "  passwordLabel: 'Enter your password',"), ("i18n/de.json", '{"password": "Passwort vergessen?", "token": "Zugriffstoken", "secret": "Geheimnis"}'), ("i18n/fr.yml", "fr:\n  password: \"Mot de passe oublié\"\n  api_key: \"Clé d'API invalide\""), ("a.yaml", "password:\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password"), ("values.yaml", "existingSecret: my-app-postgres-credentials"), ("values.yaml", "passwordSecretName: app-db-password"), ("main.tf", 'password = var.db_password'), ("main.tf", 'password = random_password.db.result'), ("main.tf", 'secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"'), ("ci.yml", "password: ${{ secrets.DB_PASSWORD }}"), ("x.sh", "curl -u \"$USER:$PASS\" https://x.example.test"), ("x.sh", "mysql -u root -p\"$MYSQL_PASSWORD\" app"), ("a.py", f"COMMIT = '{m('H',40)}'"), ("a.py", f"SHA256 = '{m('H',64)}'"), ("a.html", f'<script src="a.js" integrity="sha384-{base64.b64encode(C.randbytes(48)).decode()}" crossorigin="anonymous"></script>'), ("go.sum", f"github.com/x/y v1.2.3 h1:{base64.b64encode(C.randbytes(32)).decode()}"), ("package-lock.json", f'"integrity": "sha512-{base64.b64encode(C.randbytes(64)).decode()}"'), ("uv.lock", f'{{ url = "https://files.pythonhosted.org/packages/{m("H",2)}/{m("H",2)}/{m("H",60)}/x-1.0.tar.gz", hash = "sha256:{m("H",64)}" }}'), ("id.pub", f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{m('B',43)} a@example.com"), ("cert.pem", f"-----BEGIN CERTIFICATE-----\n{m('B',64)}\n{m('B',64)}\n-----END CERTIFICATE-----"), ("pub.pem", f"-----BEGIN PUBLIC KEY-----\n{m('B',64)}\n-----END PUBLIC KEY-----"), ("a.py", f"TRACE = '{m('H',8)}-{m('H',4)}-4{m('H',3)}-a{m('H',3)}-{m('H',12)}'"), ("tests/t.py", "client.login(username='alice', password='password')"), ("tests/t.py", "assert mask('hunter2') == '*******'"), ("tests/t.py", "def test_token_expired(token, expired_token):\n    assert not valid(expired_token)"), ("a.py", "password_hash = hash_password(password)"), ("a.java", "private String passwordEncoderBeanName = \"bcryptPasswordEncoder\";"), ("a.java", "@Value(\"${app.password}\") private String password;"), ("a.go", 'flag.StringVar(&token, "token", "", "API token to use")'), ("a.cs", 'var key = Configuration["Auth:ApiKey"];'), ("a.php", "'password' => env('DB_PASSWORD', ''),"), ("a.rb", "password = ENV.fetch('DB_PASSWORD')"), ("docs/a.md", "Set `API_TOKEN=xxxxxxxxxxxxxxxx` in your shell."), ("docs/a.md", "postgres://user:password@localhost:5432/db"), ("docs/a.md", "curl -H 'Authorization: Bearer <token>' https://x"), ("docker-compose.yml", "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: postgres"), (".gitlab-ci.yml.md", "POSTGRES_PASSWORD: test"), ("a.css", f".x{{background:url(data:image/png;base64,iVBORw0KGgo{m('B',400)})}}"), ("a.svg", "<svg><path d=\"M0 0L10.5 22.3c3.1 4.5 6 7 8 9z\"/></svg>"), ("k8s/sealed.yaml", f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: AgB{m('B',300)}"), ("sops.yaml", f"password: ENC[AES256_GCM,data:{m('B',16)},iv:{m('B',43)}=,tag:{m('B',22)}==,type:str]"), ("Dockerfile", f"FROM python:3.12@sha256:{m('H',64)}"), (".github/x.md", f"uses: actions/checkout@{m('H',40)}"), ("requirements.txt", f"# via x\n# --hash=sha256:{m('H',64)}"), ("a.py", "TOKEN_URL = 'https://auth.example.com/oauth/token'"), ("a.py", "SECRET_NAME = 'projects/my-project/secrets/db-password/versions/latest'"), ("a.ts", "type Props = { accessToken: string; refreshToken?: string }"), ("a.ts", "export const PASSWORD_MIN_LENGTH = 12"), ("a.graphql", "input LoginInput { email: String! password: String! }"), ("a.proto", "string password = 3;"), ("openapi.yaml", "password:\n  type: string\n  format: password\n  example: s3cr3t"), ("a.sql", "ALTER TABLE users ADD COLUMN password_hash varchar(255);"), ("a.py", "raise ValueError('password must contain at least 8 characters')"), ("a.rs", 'let token = std::env::var("API_TOKEN")?;'), ("a.py", f"GA_ID = 'G-{m('U',10)}'"), ("a.env.test", "SECRET_KEY=test-secret-key-not-for-production"), ("a.py", "STRIPE_KEY = 'sk_test_xxxxxxxxxxxxxxxxxxxxxxxx'"), ("yarn.lock", f'"@babel/core@^7.0.0":\n  version "7.1.0"\n  resolved "https://registry.yarnpkg.com/@babel/core/-/core-7.1.0.tgz#{m("H",40)}"\n  integrity sha512-{base64.b64encode(C.randbytes(64)).decode()}'), ("Cargo.lock", f'checksum = "{m("H",64)}"'), ("a.test.ts", "const user = { name: 'a', password: 'password123' }"), ("a.py", "AWS_KEY = 'AKIA" "IOSFODNN7EXAMPLE'"), ("a.py", "SECRET = 'wJalrXUtnFEMI" "/K7MDENG/bPxRfiCYEXAMPLEKEY'"), ("a.md", "`ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`"), ("a.py", "api_key_header = APIKeyHeader(name='X-API-Key')"), ("csp.conf", f"add_header Content-Security-Policy \"script-src 'sha256-{base64.b64encode(C.randbytes(32)).decode()}'\";"), ("a.ts", "const tokenType = 'urn:ietf:params:oauth:token-type:access_token'"), ("a.py", "key = 'user:profile:settings:notification:preferences'"), ("a.yaml", "secretName: wildcard-example-com-tls"), ("a.py", "TOKENIZER_PATH = 'models/sentencepiece.bpe.model'"), ("a.xml", '<EditText android:hint="@string/password" android:inputType="textPassword"/>'), ("a.properties", "password.reset.subject=Reset your password"), ("a.py", "parser.add_argument('--password', default=None, help='the password')"),
]  # fmt: skip

THIRD_BAD: list[tuple[str, str]] = [
  ("a.py", f"openai.api_key = 'sk-proj-{m('W',100)}'"), ("a.js", f"new Anthropic({{ apiKey: 'sk-ant-api03-{m('W',93)}AA' }})"), ("c.yaml", f"datasources:\n  - name: x\n    secureJsonData:\n      password: {pw()}"), ("a.sh", f"export HF_TOKEN=hf_{m('A',34)}"), ("a.py", f"client = Client(account_sid='AC{m('H',32)}', auth_token='{m('H',32)}')"), ("a.rb", f"Twilio::REST::Client.new('AC{m('H',32)}', '{m('H',32)}')"), ("a.go", f'client := github.NewClient(nil).WithAuthToken("ghp_{m("A",36)}")'), ("A.java", f'@Value("${{db.password:{pw()}}}")'), ("a.cs", f'optionsBuilder.UseSqlServer("Server=.;Database=x;User=sa;Password={m("A",14)};TrustServerCertificate=true");'), ("a.php", f"return ['mail' => ['username' => 'a', 'password' => '{pw()}']];"), ("values.yaml", f"redis:\n  auth:\n    password: \"{pw()}\""), ("values.yaml", f"env:\n  - name: NEW_RELIC_LICENSE_KEY\n    value: {m('H',36)}NRAL"), ("config.json", f'{{"smtp": {{"auth": {{"user": "a", "pass": "{pw()}"}}}}}}'), ("a.tf", f'provider "datadog" {{\n  api_key = "{m("H",32)}"\n  app_key = "{m("H",40)}"\n}}'), ("a.tf", f'resource "random" "x" {{\n  value = jsonencode({{ password = "{pw()}" }})\n}}'), ("a.sh", f"ssh-keygen -t rsa -N '{pw()}' -f k"), ("a.sh", f"mc alias set s3 https://x.example.test admin {pw()}"), ("a.sh", f"docker login -u me --password={pw()}"), ("a.sh", f"glab auth login --token glpat-{m('W',20)}"), ("a.sh", f"curl -H 'X-Vault-Token: hvs.{m('A',90)}' https://x.example.test"), ("a.sh", f"PGPASSWORD={m('A',14)} psql -h db"), ("a.sh", f"MYSQL_PWD='{pw()}' mysql"), ("a.sh", f"echo '{pw()}' | passwd --stdin root"), ("a.sh", f"ansible-vault encrypt_string '{pw()}' --name x"), ("a.sh", f"snowsql -u a -p {pw()}"), ("a.sh", f"kinit a@X <<< '{pw()}'"), ("a.xml", f'<connectionString>Server=x;Uid=a;Pwd={m("A",14)};</connectionString>'), ("a.properties", f"jasypt.encryptor.password={m('A',16)}"), ("a.properties", f"aws.secretKey={m('B',40)}"), ("log4j.xml", f'<param name="password" value="{pw()}"/>'), ("tomcat-users.xml", f'<user username="admin" password="{pw()}" roles="manager-gui"/>'), ("a.plist", f"<key>API_KEY</key>\n<string>{m('A',32)}</string>"), (".circleci/config.yml", f"      environment:\n        AWS_SECRET_ACCESS_KEY: {m('B',40)}"), ("a.dart", f"const String kSecret = '{m('A',40)}';"), ("a.ex", f'config :app, App.Repo, password: "{pw()}"'), ("a.hs", f'dbPass = "{pw()}"'), ("a.clj", f'(def api-token "{m("A",40)}")'), ("a.jl", f'ENV["TOKEN"] = "{m("A",40)}"'), ("a.R", f'Sys.setenv(API_KEY = "{m("A",32)}")'), ("a.nim", f'const apiKey = "{m("A",32)}"'), ("a.proto.txt", f'auth_token: "{m("A",40)}"'), ("a.csv", f"admin,password,{pw()}\nsk_live_{m('A',24)},x"), ("a.har", f'{{"name": "Authorization", "value": "Bearer {m("A",50)}"}}'), ("seed.sql", f"INSERT INTO api_keys (name, token) VALUES ('x', '{m('A',40)}');"), ("seed.sql", f"INSERT INTO users (email, password) VALUES ('a@b.c', '{pw()}');"), ("a.py", f"USERS = {{'admin': '{pw()}'}}"), ("a.py", f"login(user='admin', pw='{pw()}')"), ("a.py", f"credentials = ('svc', '{pw()}')"), ("a.ts", f"const auth = {{ username: 'a', password: `{pw()}` }};"), ("k.yaml", f"kind: ConfigMap\ndata:\n  DB_PASSWORD: {pw()}"), ("k.yaml", f"          - --token={m('A',40)}"), ("k.yaml", f"stringData:\n  config.yaml: |\n    password: {pw()}"), ("nginx.conf", f"auth_jwt_key {m('A',40)};\nsecure_link_secret {m('A',24)};")
]  # fmt: skip


def _labelled(label: Label, rows: list[tuple[str, str]]) -> list[Labelled]:
    return [
        Labelled(
            name=f"place {number} {path}: {text[:200]}",
            label=label,
            family="secrets",
            after={path: f"{text}\n"},
            target_paths=(path,),
            class_="code",
        )
        for number, (path, text) in enumerate(rows)
    ]


PATCHES = [
    *_labelled("bad", BAD),
    *_labelled("bad", SECOND_BAD),
    *_labelled("bad", THIRD_BAD),
    *_labelled("hard", HARD),
    *_labelled("hard", SECOND_HARD),
    *_labelled("fine", FINE),
]
