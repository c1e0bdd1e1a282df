"""Places where credentials stand: URLs, headers, flags, dotfiles, connection strings, key blocks.

Each pattern names what it found `secret`; `judge` says how strict the look at it is. Every repeat is bounded or
followed by what it cannot match, so no pattern backtracks far (`tests/gates/test_linear.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# named: by what `user` speaks of; mixed: random, and no hexadecimal digest; parameter: random, and a name of a credential
Judge = Literal["password", "random", "certain", "basic", "userinfo", "named", "mixed", "parameter"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a credential stands and how its value is judged."""

    name: str
    keywords: tuple[str, ...]
    pattern: str
    judge: Judge = "password"
    files: str = ""  # only in paths that this expression finds; empty: anywhere


_Q = r"[\"'`]?"
_V = r"(?P<secret>[^\s\"'`,;|&<>()]{4,200})"
_QV = r"(?:\"(?P<secret>[^\"\n]{4,200})\"|'(?P<secret2>[^'\n]{4,200})'|(?P<secret3>[^\s\"'`;|&<>]{4,200}))"

# fmt: off
PLACES = (
    Place(name="url-credentials", keywords=("://",), pattern=r"(?i)\b(?P<scheme>[a-z][a-z0-9+.-]{1,20})://(?P<user>[^\s/:@\"'<>`|]{0,80}):(?P<secret>[^\s/\"'<>`]{3,200})@(?=[\w\[{$<%])", judge="userinfo"),
    Place(name="url-credentials", keywords=("://",), pattern=r"(?i)\bhttps?://(?P<secret>[^\s/:@\"'<>`|?#]{16,200})(?::x-oauth-basic)?@[\w]", judge="random"),
    Place(name="authorization-header", keywords=("bearer", "token", "apikey", "api-key", "ssws"), pattern=r"(?i)\b(?<!csrf[_-])(?<!xsrf[_-])(?:bearer|token|apikey|api-key|key|sso-key|genie-?key|splunk|ssws|pve[a-z]*token)[\s=:]\s{0,3}['\"]?(?P<secret>[A-Za-z0-9_.~+/=:-]{16,400})", judge="random"),
    Place(name="basic-authorization", keywords=("basic ", "basic%20"), pattern=r"(?i)\bbasic(?:\s{1,3}|%20)(?P<secret>[A-Za-z0-9+/_-]{8,300}={0,2})", judge="basic"),
    Place(name="docker-config", keywords=('auth"', "auth'", "_auth", "auths", "auth:"), pattern=r"(?i)(?<![A-Za-z])_?auth[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<secret>[A-Za-z0-9+/]{8,400}={0,2})", judge="basic"),
    Place(name="header", keywords=("x-", "private-token", "job-token", "deploy-token", "api-key", "apikey", "auth-token", "access-token", "cookie"), pattern=r"(?i)\b(?:x-[a-z-]{0,40}(?:key|token|secret|auth|password|signature)[a-z-]{0,20}|private-token|job-token|deploy-token|api-?key|auth-token|access-token" r"|dd-(?:api|application)-key|ocp-apim-subscription-key|circle-token|set-cookie|cookie)[\"']?\s{0,3}[:=,]\s{0,3}[\"']?(?P<secret>[A-Za-z0-9_.~+/=:%-]{12,400})", judge="random"),
    Place(name="command-flag", keywords=("--", "-password", "-pass ", "-token", "-secret", "-apikey", "-pwd ", "token ", "-passwd"), pattern=r"(?i)(?<![\w-])--?[a-z0-9_.-]{0,40}?(?:password|passwd|pass|passphrase|pwd|secret|credential|token|api-?key|access-?key|secret-?key|auth-?key|private-?key|client-?secret|storepass|keypass|storage-?key|account-?key|license-?key)" r"(?:[-_]?(?:key|value|literal))?[\"',\s=:]{1,5}" + _QV),
    Place(name="option-default", keywords=("default",), pattern=r"(?i)[\"'](?:--?)?(?P<user>[a-z][\w.-]{2,60})[\"'][^\n]{0,120}?\bdefault(?:_value|Value)?\s?[=:(]{1,2}\s?" + _QV, judge="named"),
    Place(name="environment-entry", keywords=("pass", "secret", "token", "key", "pwd", "credential", "auth"), pattern=r"[\"'](?:-[DeE]\s?)?(?P<user>[A-Za-z_][\w.-]{2,60})=(?P<secret>[^\"'\s]{4,300})[\"']", judge="named"),
    Place(name="table-cell", keywords=("|",), pattern=r"\|\s{0,20}[*`]{0,3}(?P<user>[A-Za-z][\w. -]{2,40}?)[*`]{0,3}\s{0,20}\|\s{0,20}[*`]{0,3}(?P<secret>[^\s`|]{6,300})[*`]{0,3}\s{0,20}(?:\||$)", judge="named", files=r"\.(?:mdx?|markdown|rst|txt|adoc|org|html?|wiki)$|(?:^|/)[A-Z]+$"),
    Place(name="definition", keywords=("define",), pattern=r"^\s*#\s*define\s+(?P<user>\w{3,60})\s+[(]?\s?" + _QV, judge="named"),
    Place(name="raw-authorization", keywords=("authorization",), pattern=r"(?i)\b(?:proxy-)?authorization[\"']?\s{0,3}[:=,]\s{0,3}[\"']?(?P<secret>[A-Za-z0-9_.~+/=-]{16,400})(?![\w ])", judge="random"),
    Place(name="named-entry", keywords=("value=",), pattern=r"(?i)<\w{1,20}\s[^<>]{0,80}?\b(?:key|name|id)=[\"'](?P<user>[\w.:-]{3,60})[\"']\s{1,3}value=[\"'](?P<secret>[^\"'<>\n]{4,400})[\"']", judge="named"),
    Place(name="url-parameter", keywords=("key=", "token=", "secret=", "password=", "passwd=", "signature=", "appid=", "auth=", "sig="), pattern=r"(?i)[?&](?P<user>(?:[\w.-]{0,30}(?:key|token|secret|passw(?:or)?d|signature))|appid|auth|hapikey|sig)=(?P<secret>[A-Za-z0-9_.~%+-]{16,400})", judge="parameter"),
    Place(name="user-is-token", keywords=("-u", "--user"), pattern=r"(?<![\w-])(?:-u|--user)[\s=]{0,2}[\"']?(?P<secret>[A-Za-z0-9_.~+/=-]{16,200}):(?:x|X|api_token|x-oauth-basic)?[\"']?(?=\s|$)", judge="random"),
    Place(name="client-call", keywords=("client(", "api(", "sdk(", ")(\"", ")('"), pattern=r"(?:\b[A-Z]\w{1,40}(?:Client|Api|API|Sdk|SDK)|\brequire\([\"'][\w@/.-]{1,60}[\"']\))\(\s?[\"'](?P<secret>[A-Za-z0-9_+/=.-]{20,200})[\"']\s?[,)]", judge="mixed"),
    Place(name="namesake-call", keywords=("(\"", "('"), pattern=r"\b(?P<user>[a-zA-Z_]\w{2,30})\s?=\s?(?:new\s|await\s)?(?:\w{1,30}\.)?(?i:(?P=user))\w{0,12}\(\s?[\"'](?P<secret>[A-Za-z0-9_+/=.-]{20,200})[\"']\s?[,)]", judge="mixed"),
    Place(name="webhook-url", keywords=("hook",), pattern=r"(?i)https?://[^\s\"'<>/]{3,100}/(?:[\w.~-]{1,40}/){0,4}(?:incoming-?)?(?:web)?hooks?/(?:[\w.~-]{1,40}/){0,3}(?P<secret>[A-Za-z0-9_-]{20,200})", judge="random"),
    Place(name="command-flag", keywords=("storepass", "keypass", "passin", "passout", "-srcstorepass", "-deststorepass"), pattern=r"(?i)-(?:src|dest)?(?:storepass|keypass)\s{1,3}" + _Q + _V),
    Place(name="command-flag", keywords=("pass:",), pattern=r"(?i)\bpass:(?P<secret>[^\s\"'`]{4,200})"),
    Place(name="command-user", keywords=("curl", "wget", "http ", "https ", "httpie", "--user", "-u ", "--proxy-user"), pattern=r"(?<![\w-])(?:-[a-zA-Z]{0,4}u|--user|--proxy-user|-U|--auth|-a)[\s=\"',]{1,4}(?P<user>[^\s:\"'/]{1,80}):[\"']?(?P<secret>[^\s\"'`]{3,200})"),
    Place(name="command-user", keywords=("smbclient", "rpcclient", "mount.cifs", "lftp", "ncftp", "user%", "-u "), pattern=r"(?:smbclient|rpcclient|net|lftp|winexe|smbmap|wmic)\b[^\n|;]{0,80}?\s-[uU]\s?[\"']?[^\s%,\"']{1,60}[%,](?P<secret>[^\s\"'`]{4,100})"),
    Place(name="database-client", keywords=("mysql", "mariadb", "mysqldump", "mysqladmin"), pattern=r"\b(?:mysql|mariadb)[a-z]{0,10}\b[^\n|;]{0,120}?\s-p[\"']?(?P<secret>[^\s\"'`$-][^\s\"'`]{3,100})"),
    Place(name="client-password", keywords=("sshpass", "redis-cli", "docker login", "podman login", "mongo", "ldapsearch", "ldapmodify", "ldapadd", "az login", "helm registry", "skopeo", "plink", "pscp", "zip ", "7z ", "rar ", "sqlcmd", "bcp ", "expect", "ipmitool", "xfreerdp", "rdesktop", "oras login", "cf login", "buildah login", "crane auth", "argocd login", "oc login", "snmp", "htpasswd", "openssl", "mosquitto", "svn ", "psexec", "vncpasswd", "influx", "cqlsh", "clickhouse", "rclone"), pattern=r"\b(?:sshpass|redis-cli|vncpasswd|(?:docker|podman|az|helm registry|skopeo|oras|cf|buildah|crane auth|argocd|oc)\s+login|mongo(?:sh|dump|restore|export|import)?|ldap[a-z]{3,8}|plink|pscp|zip|unzip|7z|rar|sqlcmd|bcp|ipmitool|xfreerdp|rdesktop|snmp[a-z]{2,6}|openssl|mosquitto_[ps]ub|svn|psexec|influx|cqlsh|clickhouse-client)\b[^\n|;]{0,120}?" r"\s(?:-p|-a|-w|-P|-pw|-k|-A|-X|/p:)[\s:]?[\"']?(?P<secret>[^\s\"'`$/.-][^\s\"'`]{4,100})"),
    Place(name="htpasswd", keywords=("htpasswd",), pattern=r"\bhtpasswd\s+-[A-Za-z]{0,4}b[A-Za-z]{0,4}\s+(?:-[A-Za-z]+\s+)?\S{1,100}\s+\S{1,60}\s+[\"']?(?P<secret>[^\s\"'`]{4,100})|\bhtpasswd\s+-nb[A-Za-z]{0,3}\s+\S{1,60}\s+[\"']?(?P<secret2>[^\s\"'`]{4,100})"),
    Place(name="piped-password", keywords=("--stdin", "-stdin", "chpasswd", "passwd"), pattern=r"\b(?:echo|printf)\s+(?:-[ne]+\s+)?(?:[\"']?%s(?:\\n)?[\"']?\s+)?[\"']?(?:[\w.-]{1,40}:)?(?P<secret>[^\s\"'`:|]{5,200})[\"']?\s*\|\s*(?:sudo\s+)?[^\n|]{0,80}?(?:--?(?:password-)?stdin|chpasswd|passwd\b)"),
    Place(name="piped-password", keywords=("chpasswd",), pattern=r"\bchpasswd\b[^\n]{0,20}<<<\s*[\"']?[\w.-]{1,40}:(?P<secret>[^\s\"'`]{4,100})"),
    Place(name="sudo-password", keywords=("sudo -s", "sudo --stdin"), pattern=r"\b(?:echo|printf)\s+(?:-[ne]+\s+)?[\"']?(?P<secret>[^\s\"'`|]{4,100})[\"']?\s*\|\s*sudo\s+(?:-S|--stdin)"),
    Place(name="netrc", keywords=("machine ", "login ", "password "), pattern=r"(?:\b(?:login|account|user)\s+\S{1,100}\s+|^\s*)password\s+" + _V),
    Place(name="bundle-credentials", keywords=("bundle_",), pattern=r"\bBUNDLE_\w{3,80}\b[\"']?\s?[:=]\s?[\"']?[^\s:\"'/]{1,60}:(?P<secret>[^\s\"'@/]{6,200})"),
    Place(name="pgpass", keywords=(":",), pattern=r"^[^\s:#]{1,100}:(?:\d{2,5}|\*):[^\s:]{1,60}:[^\s:]{1,60}:(?P<secret>[^\s:]{4,100})$", files=r"pgpass|passwords?(?:\.|$)|conf|\.txt$|dotfiles|home/"),
    Place(name="password-hash", keywords=("$apr1$", "$2y$", "$2b$", "$2a$", "$6$", "$5$", "$1$", "$y$", "{sha}", "{ssha}", "$argon2", "$7$"), pattern=r"(?:^|[\s\[,\"'])[\"']?[\w.@-]{1,60}:(?P<secret>(?:\$(?:apr1|2[aby]|[1567y]|argon2i?d?)\$[^\s:]{10,200}|\{S?SHA\}[A-Za-z0-9+/=]{20,100}))", judge="certain"),
    Place(name="connection-string", keywords=("password=", "pwd=", "accountkey=", "sharedaccesskey=", "sharedaccesssignature=", "accesskey=", "password =", "pwd ="), pattern=r"(?i)[;\"'?&\s](?:password|pwd|accountkey|sharedaccesskey|sharedsecret|accesskey|account_?key)\s?=\s?(?P<secret>[^\s;\"'&<>`]{4,300})"),
    Place(name="signed-url", keywords=("sig=", "signature=", "x-amz-signature", "x-goog-signature"), pattern=r"(?i)[?&;]\s?(?:sig|signature|x-amz-signature|x-goog-signature)=(?P<secret>[A-Za-z0-9%+/=_-]{30,400})", judge="random"),
    Place(name="sql-password", keywords=("identified", "password", "encrypted"), pattern=r"(?i)\b(?:identified\s{1,3}(?:with\s{1,3}\S{1,40}\s{1,3})?(?:by|as)(?:\s{1,3}password)?|password(?:\s{1,3}for\s{1,3}\S{1,60})?)\s{0,3}=?\s{0,3}(?:password\s{0,3}\(\s{0,3})?[N]?['\"](?P<secret>[^'\"\n]{4,100})['\"]"),
    Place(name="server-password", keywords=("requirepass", "masterauth", "bindpw", "rootpw", "auth-pass", "smtp_sasl", "authpass", "community", "psk", "wpa_passphrase", "auth-user-pass", "default_pass", "adminpassword"), pattern=r"(?i)\b(?:requirepass|r[ow]community6?|masterauth|bindpw|rootpw|auth-pass|authpass|default_pass|psk|wpa_passphrase|sa_password)[\s=:\"',]{1,4}" + _V),
    Place(name="xml-value", keywords=("pass", "secret", "token", "key", "pwd", "credential"), pattern=r"(?i)<(?P<user>[\w:.-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|apikey|api-key|api_key|accesskey|storagekey|accountkey|privatekey|private_key|pwd|_pass|credential)[\w:.-]{0,20})(?:\s[^<>]{0,100})?>\s*(?:<!\[CDATA\[)?(?P<secret>[^<>\s\]]{4,300})(?:\]\]>)?\s{0,5}</", judge="named"),
    Place(name="name-and-value", keywords=("pass", "secret", "token", "key", "pwd", "credential"), pattern=r"(?i)\b(?:key|name|id|property|field|variable_?name)[\"']?\s{0,2}[:=]\s{0,2}[\"']?(?P<user>[\w.:-]{0,60}(?:passw(?:or)?d|passphrase|_pass|signing[_-]?key|secret|token|api[_.-]?key|access[_-]?key|private[_-]?key|pwd|credential|encryption[_-]?key)(?:s|[_-]?key)?)[\"']?[\s,;]{1,4}" r"(?:[\"']?\w{1,20}[\"']?\s{0,2}[:=]\s{0,2}[\"']?\w{1,20}[\"']?[\s,;]{1,4}){0,2}[\"']?(?:value|default|content|data|connectionstring)[\"']?\s{0,2}[:=]\s{0,2}" + _QV, judge="named"),
    Place(name="call-argument", keywords=("pass", "secret", "token", "key", "auth", "credential", "login", "pwd"), pattern=r"(?i)\b(?:set|with|add|put|get|define|use|new)?_?(?P<user>\w{0,30}(?:passw(?:or)?d|passphrase|secret|apikey|api_key|authtoken|accesstoken|bearertoken|bearerauth|token|privatekey|secretkey)|basicauth|basic_auth|httpbasicauth|login|authenticate|credentials?|usernamepassword\w{0,20})\s?\(\s?" r"(?:[\w.]{1,40}\s?,\s?|[\"'][^\"'\n]{0,80}[\"']\s?,\s?){0,3}[rbuf]?[\"'](?P<secret>[^\"'\n]{5,300})[\"']\s?\)"),
    Place(name="auth-pair", keywords=("auth", "login", "credentials"), pattern=r"(?i)\b(?:auth|login|credentials?)[\"']?\s?[=:]\s?[(\[{]\s?[\"'](?P<user>[^\"'\n]{1,80})[\"']\s?,\s?[\"'](?P<secret>[^\"'\n]{4,200})[\"']"),
    Place(name="config-command", keywords=("configure set", "config set", "config:set", "git config", "npm config", "vault login", "gh auth", "secret set", "setx ", "keychain", "poetry config", "composer config", "gem signin", "snyk auth", "login --token", "ngrok authtoken", "authtoken", "doppler", "kubectl config", "set-credentials", "pulumi config", "heroku config", "ghcr"), pattern=r"(?i)\b(?:configure\s+set|config\s+set|config:set|config\s+--global|config|login|auth|authtoken|add-authtoken|secret\s+set|setx|add-generic-password|signin)\s+(?:--?\w[\w-]*\s+){0,3}(?:\S{0,60}(?:key|token|secret|password|auth|pass)\S{0,20}[\s=]{1,3})?(?:<<<\s?)?[\"']?(?P<secret>[A-Za-z0-9_.~+/=-]{16,300})", judge="random"),
    Place(name="named-argument", keywords=("key ", "token ", "password ", "secret "), pattern=r"(?i)(?<![\w-])\w{0,30}(?:secret_?access_?key|access_?key|api_?key|auth_?token|_token|password|_secret)\s{1,3}[\"']?(?P<secret>[A-Za-z0-9_.~+/=-]{16,300})", judge="random"),
    Place(name="said-credential", keywords=("secret ", "token ", "key "), pattern=r"(?i)(?:secret|token|\bkey)\s{1,3}(?:is\s{1,3}|was\s{1,3})?[\"'`]?(?P<secret>[A-Za-z0-9_+=.-]{20,200})(?![\w/(])", judge="mixed"),
    Place(name="unseal-key", keywords=("unseal",), pattern=r"(?i)\bunseal(?:\s+key\s*\d{0,2}\s?:?)?\s+[\"']?(?P<secret>[A-Za-z0-9+/]{40,64}={0,2})", judge="random"),
    Place(name="secure-string", keywords=("convertto-securestring",), pattern=r"(?i)convertto-securestring\s{1,3}(?:-string\s{1,3})?[\"'](?P<secret>[^\"'\n]{4,200})[\"']"),
    Place(name="private-key", keywords=("private key", "putty-user-key-file", "openvpn static key"), pattern=r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\r|\\n|\s|[\"',+\\]){0,12}(?P<secret>[A-Za-z0-9+/=:,\\ -]{20,})|(?P<secret2>PuTTY-User-Key-File-\d: \S+)", judge="certain"),
    Place(name="private-key", keywords=("miieo", "miieow", "miiep", "miiev", "miijk", "miijq", "miijw", "miijr", "miice", "miicx", "miicd", "miibv", "mhccaqee", "mighagea", "mc4caqaw", "b3blbnnzac1rzxktdje", "migkageb", "mhqcaqee", "mfecaqew", "mihcageb", "mihuageb"), pattern=r"(?<![A-Za-z0-9+/])(?P<secret>(?:MII(?:E(?:o|p|v)[A-Za-z0-9]{2}BAA|J[A-Za-z0-9]{3}IBAA|C[A-Za-z0-9]{3}IBAA|[A-Z][A-Za-z0-9]{3}IBADANBgkqhkiG9w0|BVgIBADANBgkqhkiG9w0)|MHcCAQEEI|MHQCAQEEI|MIGHAgEAMBMGByqGSM49|MIGkAgEB|MIHcAgEB|MIHuAgEA|MC4CAQAwBQYDK2Vw|MFECAQEw|b3BlbnNzaC1rZXktdjEA)[A-Za-z0-9+/=\\]{20,})", judge="certain"),
    Place(name="wireguard-key", keywords=("privatekey", "presharedkey", "private_key", "private-key", "wg set"), pattern=r"(?i)\b(?:private|preshared)[_-]?key[\"']?\s?[=:]\s?[\"']?(?P<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)", judge="certain"),
    Place(name="jwk-private", keywords=('"kty"', '"d"', "'kty'"), pattern=r"[\"']d[\"']\s?:\s?[\"'](?P<secret>[A-Za-z0-9_-]{32,700})[\"']", judge="random"),
    Place(name="jwt", keywords=("eyj",), pattern=r"(?<![A-Za-z0-9])(?P<secret>eyJ(?:[A-Za-z0-9_-]{10,1000}\.eyJ|(?:hbGciOi|0eXAiOi|raWQiOi|jdHkiOi)[A-Za-z0-9_-]{4,1000}\.)[A-Za-z0-9_-]{10,3000}\.[A-Za-z0-9_-]{16,800})", judge="certain"),
    Place(name="jwe", keywords=("eyj",), pattern=r"(?<![A-Za-z0-9])(?P<secret>eyJ[A-Za-z0-9_-]{20,1000}\.[A-Za-z0-9_-]{0,800}\.[A-Za-z0-9_-]{10,100}\.[A-Za-z0-9_-]{20,3000}\.[A-Za-z0-9_-]{16,60})(?![A-Za-z0-9_.-])", judge="certain"),
    Place(name="azure-client-secret", keywords=("q~",), pattern=r"(?<![A-Za-z0-9_~.-])(?P<secret>[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34})(?![A-Za-z0-9_~.-])", judge="random"),
    Place(name="azure-logic-app", keywords=("logic.azure.com", "azurewebsites.net", "powerplatform.com"), pattern=r"(?:logic\.azure\.com|azurewebsites\.net|powerplatform\.com)[^\s\"']{0,200}[?&](?:sig|code)=(?P<secret>[A-Za-z0-9_%=-]{30,100})", judge="random"),
    Place(name="discord-bot", keywords=("discord", "token", "bot", "client.run", "login", "secret"), pattern=r"(?<![A-Za-z0-9_-])(?P<secret>[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})(?![A-Za-z0-9_.-])", judge="random"),
    Place(name="onepassword-secret-key", keywords=("a3-",), pattern=r"\b(?P<secret>A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){2,4})\b", judge="certain"),
    Place(name="kubernetes-bootstrap", keywords=("--token", "token:", "kubeadm"), pattern=r"(?:--token[\s=]|token:\s?|kubeadm\b[^\n]{0,60}\s)[\"']?(?P<secret>[a-z0-9]{6}\.[a-z0-9]{16})(?![a-z0-9.])", judge="random"),
    Place(name="laravel-key", keywords=("base64:",), pattern=r"\bbase64:(?P<secret>[A-Za-z0-9+/]{40,90}={0,2})", judge="random"),
    Place(name="machine-key", keywords=("validationkey", "decryptionkey"), pattern=r"(?i)\b(?:validation|decryption)key\s?=\s?[\"'](?P<secret>[0-9A-F]{32,})", judge="random"),
    Place(name="environment-line", keywords=("env ", "environment ", "set ", "setenv ", "arg "), pattern=r"(?i)^\s*(?:ENV|ARG|setenv|set\s+-gx|set\s+-x|set)\s+(?P<user>\w{0,60}(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|_PASS|_PWD|_KEY)\w{0,10})\s+" + _QV),
    Place(name="environment-line", keywords=("env ", "arg ", "set ", "setx "), pattern=r"(?i)^\s*(?:@?set|ENV|ARG|setenv|setx|set\s+-gx|set\s+-x)\s+(?:/[pa]\s+)?[\"']?(?P<user>\w{3,60})(?:\s{1,3}|=)" + _QV, judge="named"),
    Place(name="variable-default", keywords=("${",), pattern=r"\$\{(?P<user>[A-Za-z_][\w.-]{2,80})(?::-?|:=|-)(?P<secret>[^${}\s\"']{5,200})\}", judge="named"),
    Place(name="inserted-row", keywords=("insert into",), pattern=r"(?i)\binsert\s+into\s[^\n(]{1,80}\([^)\n]{0,300}(?:passw|token|secret|api_?key)[^)\n]{0,300}\)\s*values\s*\((?:[^()\n]{0,300},)?\s*'(?P<secret>[^'\n]{8,200})'\s*\)"),
    Place(name="account-and-token", keywords=("ac",), pattern=r"\bAC[0-9a-f]{32}[\"']\s?,\s?[\"'](?P<secret>[0-9a-f]{32})[\"']", judge="random", files=r"\.(?:py|js|ts|rb|php|java|go|cs|kt)$"),
    Place(name="client-password", keywords=("ssh-keygen", "ansible-vault", "kinit", "mc alias", "mc config", "snowsql", "bcp ", "isql"), pattern=r"\bssh-keygen\b[^\n|;]{0,120}?\s-[NP]\s?[\"'](?P<secret>[^\"'\n]{5,100})[\"']|\b(?:ansible-vault\s+encrypt_string|kinit\s+\S{1,80}\s*<<<)\s*[\"'](?P<secret2>[^\"'\n]{5,100})[\"']|\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S{1,60}\s+\S{1,100}\s+\S{1,60}\s+(?P<secret3>[^\s\"'`$]{5,100})|\bsnowsql\b[^\n|;]{0,120}?\s-p\s?(?P<secret4>[^\s\"'`$-][^\s\"'`]{4,100})"),
    Place(name="signing-call", keywords=("hmac", "jwt.", "secretkeyspec", "fernet", "aes.new", "secretstring", "secretbox", "symmetricsecuritykey", "cipher", "signwith"), pattern=r"(?:[cC]reateHmac|createCipheriv|createDecipheriv|jwt\.(?:sign|encode|verify|decode|Parse\w*)|hmac\.new|Hmac\w*|SecretKeySpec|Fernet|AES\.new|SecretString::(?:new|from)|SecretBox::new|hmacShaKeyFor|SymmetricSecurityKey|signWith)\s?\([^\"'\n]{0,80}(?:[\"'][\w-]{2,12}[\"']\s?,\s?)?[rb]?[\"'](?P<secret>[^\"'\n]{12,200})[\"']", judge="random"),
    Place(name="documented-value", keywords=("` to `", "` is `", "` as `", "` = `"), pattern=r"`(?P<user>[A-Za-z_][\w.-]{2,60})`\s(?:to|is|as|=)\s`(?P<secret>[^`\s]{6,300})`", judge="named"),
    Place(name="query-credential", keywords=("_token=", "token=", "api_key=", "apikey=", "access_key=", "_secret=", "auth="), pattern=r"(?i)[?&;](?:private_token|access_token|auth_token|job_token|token|api_?key|access_key|client_secret|auth)=(?P<secret>[A-Za-z0-9_-]{16,200})(?![A-Za-z0-9_%{$-])", judge="random"),
    Place(name="encoded-pair", keywords=("btoa(", "b64encode(", "base64_encode(", "encodetostring(", "strict_encode64("), pattern=r"(?i)\b(?:btoa|b64encode|base64_encode|EncodeToString|strict_encode64)\(\s?(?:\[\]byte\(\s?)?[rbuf]?[\"'`](?P<user>[\w.@-]{1,60}):(?P<secret>[^\"'`\n]{4,200})[\"'`]", judge="userinfo"),
    Place(name="url-filled-in", keywords=(":%s@", "}@"), pattern=r"://(?:%s|\{\w{0,30}\}|[\w.-]{1,40}):(?:%s|\{\w{0,30}\})@[^\"'`\n]{0,200}[\"'`]\s?\)?\s?(?:%\s?\(?|\.format\(|,)\s?(?:[\"'][^\"'\n]{1,60}[\"']\s?,\s?|\w{1,30}\s?=\s?[\"'][^\"'\n]{1,60}[\"']\s?,\s?){0,2}(?:\w{1,30}\s?=\s?)?[\"'](?P<secret>[^\"'\n]{4,200})[\"']"),
    Place(name="users-and-passwords", keywords=("users", "accounts", "logins", "admins"), pattern=r"(?i)\b(?:users|accounts|logins|admins)\b[\"']?\s?[:=]\s?\{\s?[\"'][^\"'\n]{1,60}[\"']\s?(?::|=>)\s?[\"'](?P<secret>[^\"'\s]{8,200})[\"']"),
    Place(name="password-file", keywords=("builtins.tofile",), pattern=r"builtins\.toFile\s+\"[^\"\n]{1,60}\"\s+\"(?P<secret>[^\"\n$]{6,200})\""),
    Place(name="dsn-credentials", keywords=("@tcp(", "@unix("), pattern=r"[\"'`](?P<user>[\w.-]{1,40}):(?P<secret>[^\s:@\"'`]{4,100})@(?:tcp|unix)\("),
    Place(name="setting-word", keywords=("password", "secret", "token", "passwd", "apikey"), pattern=r"^\s*(?P<user>\w{0,40}(?:[pP]assword|[pP]asswd|[sS]ecret|[tT]oken|[aA]piKey))\s+[\"'](?P<secret>[^\"'\n]{5,200})[\"']\s*$", judge="named"),
    Place(name="nested-value", keywords=("value", "default"), pattern=r"[\"'](?P<user>[A-Za-z_][\w.-]{2,60})[\"']\s?:\s?\{\s?[\"'](?:value|default|defaultValue|content)[\"']\s?:\s?[\"'](?P<secret>[^\"'\n]{5,300})[\"']", judge="named"),
    Place(name="user-and-password", keywords=("root:", "add_user", "change_password", "insecure-password", "_password "), pattern=r"^\s*(?:-\s+)?root:(?P<secret>[^\s:]{6,100})\s*$|\b(?:add_user|change_password)\s+[\w.-]{1,60}\s+[\"']?(?P<secret2>[^\s\"']{5,100})|^\s*(?:user\s+\S{1,60}\s+)?(?:insecure-|\w{1,30}_)password\s+[\"']?(?P<secret3>[^\s\"';]{5,100})[\"']?;?\s*$"),
    Place(name="password-hash", keywords=("useradd", "usermod", "chpasswd", "rootpw", "passwd:"), pattern=r"\b(?:useradd|usermod|chpasswd|rootpw|passwd:)[^\n]{0,80}?[\s'\":](?P<secret>\$(?:2[aby]|[1567y]|argon2i?d?)\$[^\s:\"']{20,200})", judge="certain"),
    Place(name="sent-password", keywords=("send ", "password", "passphrase"), pattern=r"\bsend\s+(?:--\s+)?\\?[\"'](?P<secret>[^\s\"'\\]{6,60})\\[rn]|(?i:\b(?:password|passphrase)\s+(?:is\s+|of\s+)?[`\"'](?P<secret2>[^`\"'\s]{8,100})[`\"'])"),
    Place(name="basic-authorization", keywords=("authorization",), pattern=r"(?i)authorization[\"']?\s?[:=]\s?[\"'](?P<secret>[A-Za-z0-9+/]{8,300}={0,2})[\"']", judge="basic"),
    Place(name="network-credential", keywords=("new pdo", "mysqli", "mysql_connect", "pg_connect", "networkcredential", "getconnection", "net use", "usernamepassword", "passwordauthentication", "psexec", "createuser"), pattern=r"(?i)\b(?:NetworkCredential|getConnection|new\s+PDO|mysqli?(?:_p?connect)?|UsernamePassword\w{0,20}|PasswordAuthentication)\s?\(\s?(?:[\w.]{1,40}|[\"'][^\"'\n]{0,200}[\"'])\s?,\s?(?:(?:[\w.]{1,40}|[\"'][^\"'\n]{0,80}[\"'])\s?,\s?)?[\"'](?P<secret>[^\"'\n]{4,200})[\"']\s?(?:\.toCharArray\(\)\s?)?[,)]|\bnet\s+use\b[^\n]{0,80}?/user:\S{1,60}\s+(?P<secret2>[^\s/\"']{4,100})"),
    Place(name="ethereum-key", keywords=("0x",), pattern=r"(?i)(?:priv|secret|wallet|deployer|signer|mnemonic|account)[\w.\[\]\"' -]{0,40}[=:(,]{1,2}\s?[\[{(]?\s?[\"'`]?(?P<secret>0x[0-9a-f]{64})(?![0-9a-f])", judge="random"),
    Place(name="mnemonic", keywords=("mnemonic", "seed phrase", "seed_phrase", "seedphrase", "recovery phrase", "recovery_phrase"), pattern=r"(?i)(?:mnemonic|(?:seed|recovery)[ _-]?phrase)[\w\"'\]]{0,20}\s?[:=(]\s?[\"'`]?(?P<secret>(?:[a-z]{3,8} ){11,23}[a-z]{3,8})(?![a-z ])", judge="certain"),
    Place(name="bitcoin-key", keywords=("wif", "private", "bitcoin", "btc", "wallet"), pattern=r"(?<![A-Za-z0-9])(?P<secret>(?:5[HJK][1-9A-HJ-NP-Za-km-z]{49}|[KL][1-9A-HJ-NP-Za-km-z]{51}))(?![A-Za-z0-9])", judge="random"),
    Place(name="generic-token", keywords=("_live_", "-live-", "_prod_", "-prod-", "_test_", "_secret_", "-secret-", "_sk_", "_pat_", "-pat-", "_token_", "_key_", "_api_", "-api-", "sk_", "sk-", "pat_", "pat-", "api_", "key_", "key-", "tok_", "token_", "secret_", "_at_", "oauth_", "live_", "rk_", "ak_", "ak-", "as-"), pattern=r"(?<![A-Za-z0-9_/.-])(?P<user>(?:[a-z][a-z0-9]{0,14}[_-]){1,4})(?P<secret>[A-Za-z0-9]{24,200}(?:[_-][A-Za-z0-9]{4,80})?)(?![A-Za-z0-9_-])", judge="random"),
)
# fmt: on
NEEDS = {
    "url-parameter": "?&",
    "url-credentials": "@",
    "xml-value": "<",
    "call-argument": "(",
    "auth-pair": "([{",
}  # marks of which one stands in every line where the place of this name holds a credential
