"""Credentials, made at run time, and look-alikes of credentials."""

from __future__ import annotations

import base64
import random

from improve_loop.rules.gating.secrets.tokens import TOKENS
from tests.gates.labelled import Labelled, added
from tests.gates.made import made, made_token

_C = random.Random(20261120)
_D = random.Random(4)  # of its own, so that what the other makes stays the same
_AWS, _GL, _GH = made_token("AKIA{T16}", _C), made_token("glpat-{A20}", _C), made_token("ghp_{A36}", _C)
_PW, _RANDOM, _HEX = "x9!Tq" + made("A", 9, _C), made("A", 40, _C), made("H", 40, _C)
_B64 = base64.b64encode(f"api_key={_GH}".encode()).decode()

PLACES = {
    "src/a.py": (f"password = '{_PW}'", f"API_KEY = '{_RANDOM}'", f"client_secret=\"{_RANDOM}\"", f"headers = {{'Authorization': 'Bearer {_RANDOM}'}}", f"auth=('admin', '{_PW}')", f"connect(host, password='{_PW}')", f"SECRET_KEY = 'django-insecure-{made('A', 40, _C)}'", f"db = 'postgresql://app:{_PW.replace('!', 'q')}@db.prod.internal:5432/app'", f"TOKEN = \"{made('H', 32, _C)}\""),
    ".env": (f"DB_PASSWORD={_PW}", f"AWS_SECRET_ACCESS_KEY={_RANDOM}", f"REDIS_URL=redis://:{made('A', 16, _C)}@cache:6379/0", f"STRIPE_KEY={made_token('sk_live_{A24}', _C)}", f"APP_KEY=base64:{base64.b64encode(_C.randbytes(32)).decode()}"),
    "config.yaml": (f"password: {_PW}", f"api_token: \"{_RANDOM}\"", f"database:\n  password: '{_PW}'", f"apiVersion: v1\nkind: Secret\ndata:\n  value: {base64.b64encode(_PW.encode()).decode()}", f"env:\n  - name: DB_PASSWORD\n    value: {_PW}", f"client-key-data: {base64.b64encode(('-----BEGIN RSA ' + 'PRIVATE KEY-----' + chr(10) + _RANDOM * 2).encode()).decode()}"),
    "run.sh": (f"curl -u admin:{_PW} https://x.example.test", f"mysql -uroot -p{made('A', 12, _C)} app", f"export GITHUB_TOKEN={_GH}", f"docker login -u ci -p {_PW} reg.example.test", f"sshpass -p '{_PW}' ssh host", f"tool --password {_PW}", f"curl -H 'PRIVATE-TOKEN: {_RANDOM}' https://x.example.test", f"PGPASSWORD={_PW} psql", f"echo '{_PW}' | sudo -S id"),
    "main.tf": (f'password = "{_PW}"', f'variable "db_password" {{\n  default = "{_PW}"\n}}', f'access_key = "{_AWS}"'),
    ".netrc": (f"machine x.example.test login ci password {_PW}",),
    ".npmrc": (f"//registry.npmjs.org/:_authToken={made_token('npm_{A36}', _C)}", f"_auth={base64.b64encode(f'ci:{_PW}'.encode()).decode()}"),
    "docker/config.json": (f'{{"auths": {{"x": {{"auth": "{base64.b64encode(f"ci:{_PW}".encode()).decode()}"}}}}}}',),
    "pom.xml": (f"<password>{_PW}</password>",),
    "key.pem": ("-----BEGIN RSA " + "PRIVATE KEY-----\n" + _RANDOM + _RANDOM[::-1],),
    "appsettings.json": (f'"ConnectionStrings": "Server=x;Database=y;User Id=z;Password={_PW};"',),
    "Dockerfile": (f"ENV API_TOKEN {_RANDOM}", f"ARG NPM_TOKEN={made_token('npm_{A36}', _C)}"),
    "app.js": (f"const apiKey = '{_RANDOM}'", f"jwt.sign(data, '{_PW}{_RANDOM}'); const secret = '{_RANDOM}'", f"firebase.init({{ apiKey: '{made_token('AIza{W35}', _C)}' }})"),
    "a.rb": (f"config.secret_key_base = '{made('H', 128, _C)}'", f":password => '{_PW}'"),
    "wp-config.php": (f"define('DB_PASSWORD', '{_PW}');",),
    "a.go": (f'const token = "{_GL}"', f'password := "{_PW}"'),
    ".htpasswd": ("admin:$apr1$" + made("A", 8, _C) + "$" + made("A", 22, _C),),
}  # fmt: skip
HARD = {
    "src/a.py": (f"key = '{_AWS[:4]}' + '{_AWS[4:]}'", f"key = ('{_GH[:10]}'\n       '{_GH[10:]}')", f"token = base64.b64decode('{_B64}')", f"t = '{_GL[::-1]}'[::-1]", f"t = ''.join(['{_GH[:12]}', '{_GH[12:]}'])", "t = '" + "".join(f"\\x{ord(c):02x}" for c in _GL) + "'", f"t = bytes.fromhex('{_GH.encode().hex()}')", "t = ''.join(map(chr, [" + ", ".join(str(ord(c)) for c in _GH) + "]))", f"password = '{_PW}'  # gitleaks:" + "allow", f"x = '{base64.b64encode(base64.b64encode(_GH.encode())).decode()}'", f"token = '{_GH[:8]}' f'{_GH[8:]}'"),
    "run.sh": (f"TOKEN={_GH[:10]}\\\n{_GH[10:]}", f"curl 'https://x.example.test/?access_token={_RANDOM}'", f"echo {base64.b64encode(_GH.encode()).decode()} | base64 -d", f"T={_GH[:8]}''{_GH[8:]}"),
    "vendor/lib/x.js": (f"var k='{_GH}'",),
    "poetry.lock": (f"# {_GL}",),
    "tests/fixtures/a.json": (f'{{"token": "{_GH}"}}',),
    "docs/a.md": (f"Use `{_GL}` as the token.", f"password: `{_PW}{_RANDOM}`"),
    "a.html": ("<!-- " + "".join(f"&#{ord(c)};" for c in _GL) + " -->",),
    "u.txt": ("".join(f"%{ord(c):02x}" for c in _GH),),
}  # fmt: skip
_SIGNED = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"
SIGNED = ["".join(_D.choice(_SIGNED) for _ in range(50)) for _ in range(30)]  # as Django makes its keys
FINE = {
    "src/a.py": ("password = os.environ['DB_PASSWORD']", "password = getpass.getpass()", "token = request.headers['X-Token']", "api_key = settings.API_KEY", "password_field = 'user_password'", "PASSWORD_HASHER = 'django.contrib.auth.hashers.PBKDF2PasswordHasher'", "token_url = 'https://login.example.test/oauth/token'", "secret_name = 'projects/1/secrets/db-password'", "password = '********'", "api_key = 'your-api-key-here'", "token = '<token>'", "sha = '" + made("H", 40, _C) + "'", "digest = 'sha256:" + made("H", 64, _C) + "'", "trace_id = '" + made("H", 32, _C) + "'", "cache_key = 'user:profile:v2'", "url = f'postgres://{user}:{password}@{host}/db'", "public_key = 'ssh-ed25519 " + made("B", 60, _C) + "'", "id = '3f2b8c1e-9d4a-4e7b-8a6c-1f0e2d3c4b5a'", "max_tokens = 4096", "key = 'primary'", "assert password == 'password'", "secret = 'secret'", "class TokenError(Exception): pass", "if token is None: raise ValueError('token required')", "keyword = 'authentication'", "SECRET = os.getenv('SECRET', 'changeme')", "AWS_KEY = 'AKIA" + "IOSFODNN7EXAMPLE'", "password: str = field(default='')", "def login(username: str, password: str) -> Token:", "csrf_token = generate_csrf_token()", "checksum = '" + made("H", 32, _C) + "'"),
    "package-lock.json": ('"integrity": "sha512-' + base64.b64encode(_C.randbytes(64)).decode() + '"',),
    "go.sum": ("github.com/a/b v1.0.0 h1:" + base64.b64encode(_C.randbytes(32)).decode(),),
    ".env.example": ("DB_PASSWORD=", "API_KEY=your_api_key", "SECRET_KEY=changeme", "TOKEN=${TOKEN}", "DB_PASSWORD=<password>"),
    "config.yaml": ("password: ${DB_PASSWORD}", "secretKeyRef:\n  name: db-credentials\n  key: password", "password: '{{ vault_db_password }}'", "tokenSecretName: my-app-token-secret", "password: !vault |", "secretName: tls-wildcard-example-com-2024", "image: app@sha256:" + made("H", 64, _C), "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: AgB" + made("B", 200, _C)),
    ".gitlab-ci.yml": ("a:\n  variables:\n    TOKEN: $DEPLOY_TOKEN",),
    "run.sh": ('curl -u "$USER:$PASS" https://x.example.test', 'mysql -u root -p"$MYSQL_PASSWORD"', "export TOKEN=$(cat token)", "docker login -u ci --password-stdin", "tool --password-file /run/secrets/pw", "read -s password", "git commit -m 'fix password reset token handling'", "sha256sum -c <<< '" + made("H", 64, _C) + "  a.tgz'"),
    "a.ts": ("const password = form.get('password')", "passwordLabel: 'Enter your password',", "type Token = string", "const token = await getToken(user)", "<input type=\"password\" name=\"password\" placeholder=\"Password\" />", "export const AUTH_TOKEN_KEY = 'auth_token'", "'login.password.required': 'Password is required',", "const passwordPattern = /^(?=.*[A-Z])(?=.*\\d).{8,}$/"),
    "main.tf": ('password = var.db_password', 'secret_arn = aws_secretsmanager_secret.db.arn', "password = random_password.db.result"),
    "docs/a.md": ("Set `API_KEY` to your key.", "The password must have 8 characters.", "`Authorization: Bearer <token>`", "export TOKEN=xxxxxxxxxxxxxxxxxxxx"),
    "index.html": ('<script integrity="sha384-' + base64.b64encode(_C.randbytes(48)).decode() + '"></script>',),
    "style.css": ("background: url(data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n" + _C.randbytes(90)).decode() + ")",),
}  # fmt: skip
PATCHES: list[Labelled] = [
    *(
        patch
        for path, texts in PLACES.items()
        for patch in added("secrets", "bad", path, texts, "ci" if "gitlab" in path else "code")
    ),
    *added("secrets", "bad", "site/settings.py", [f"SECRET_KEY = '{key}'" for key in SIGNED]),
    *added("secrets", "bad", "a.go", ["k := []byte{" + ", ".join(f"0x{ord(c):02x}" for c in _GH) + "}"]),
    *(patch for path, texts in HARD.items() for patch in added("secrets", "hard", path, texts)),
    *(
        patch
        for path, texts in FINE.items()
        for patch in added("secrets", "fine", path, texts, "ci" if "gitlab" in path else "code")
    ),
    *(
        patch
        for token in TOKENS[::6]
        for patch in added("secrets", "bad", "src/t.py", [f"value = f('{made_token(token.shape, _C)}')"])
    ),
]
