"""More of what single lines of a pipeline do: secrets of a vault printed, the forge told to let go, hosts and proxies changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.rules.gating.lazy import lazy

_PROXY = lazy(r"^\s*(?:-\s+)?(?:export\s+|set\s+)?[\"']?(?i:HTTPS?|ALL|FTP)_(?i:PROXY)[\"']?\s*[:=]\s*[\"']?[^\s\"'$#]")
_HOSTS = lazy(
    r"\b(?!127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.)\d{1,3}(?:\.\d{1,3}){3}\b[^\n]{0,120}(?:>>?|\btee\s+(?:-a\s+)?)\s*/etc/(?:hosts|resolv\.conf)"
)
_TRUSTED = lazy(
    r"\b(?:curl|wget)\s[^\n]{0,120}http://[^\n]{0,200}(?:/etc/ssl/certs|/usr/local/share/ca-certificates|/etc/pki)\b"
)
_LOADS = lazy(
    r"\b(?:LD_PRELOAD|BASH_ENV|PYTHONSTARTUP|PERL5OPT|RUBYOPT|GIT_SSH_COMMAND|GIT_EXTERNAL_DIFF|NODE_OPTIONS=\S{0,40}--(?:require|import|loader)|JAVA_TOOL_OPTIONS=\S{0,40}-javaagent)[^\n]{0,200}>>\s*[\"']?\$\{?GITHUB_ENV"
)
_PRINTED = lazy(
    r"^\s*(?:-\s+)?[\"']?(?:vault\s+(?:kv\s+get|read)|aws\s+secretsmanager\s+get-secret-value|aws\s+ssm\s+get-parameters?(?=[^\n]{0,200}--with-decryption)|gcloud\s+secrets\s+versions\s+access|az\s+keyvault\s+secret\s+show|op\s+(?:read|item\s+get)|doppler\s+secrets|sops\s+(?:-d|decrypt)|kubectl\s+(?:-\S+\s+\S+\s+)?get\s+secrets?\b(?=[^\n]{0,120}\s-o)|glab\s+variable\s+(?:list|get|export))\b(?![^\n]{0,400}[|>])"
)
_ALL_OF_THEM = lazy(
    r"\bps\s+(?:-?[a-z]{0,4}e[a-z]{0,3}ww?|auxe\w*|e|eww)\s*(?:$|[\"'|>])|\bphp\s[^\n]{0,40}(?:getenv\(\s?\)|\$_ENV\b|\$_SERVER\b|phpinfo\()|\b(?:curl|wget|glab\s+api|gh\s+api)\b[^\n]{0,300}/(?:projects|groups)/[^\n\s]{1,100}/variables\b"
)
_LETS_GO = lazy(
    r"\b(?:curl|wget|glab\s+api|gh\s+api)\b[^\n]{0,400}(?:/merge_requests/[^\s\"']{1,80}/(?:approve|merge)\b|/pulls/[^\s\"']{1,60}/(?:merge|reviews)\b|/protected_(?:branches|environments|tags)\b|/approval_rules?\b|/deploy_(?:keys|tokens)\b|/members\b|/access_tokens\b|/branches/[^\s\"']{1,80}/protection\b)|\bglab\s+mr\s+(?:approve|merge)\b|\bgh\s+pr\s+(?:merge\b|review\b[^\n]{0,80}--approve)"
)
_RUNNER = lazy(
    r"\bKUBERNETES_(?:SERVICE_ACCOUNT|NAMESPACE|BEARER_TOKEN|CPU_LIMIT|MEMORY_LIMIT)_OVERWRITE\b[\"']?\s*:|\bKUBERNETES_BEARER_TOKEN[\"']?\s*:"
)
_BUILT_IN = lazy(
    r"--build-arg[= ][\"']?\w*(?:TOKEN|SECRET|PASSWORD|_KEY|CREDENTIAL)\w*(?:=[\"']?\$|[\"']?(?:\s|$))", re.I
)  # stays in the history of the image
_STEP = lazy(r"^\s*(?:-\s+)?step\s*:\s*[\"']?(?!\.{0,2}/)([\w.-]+\.[a-z]{2,}/[^\s\"'#]+)")

FURTHER = (
    ("git-config", _PROXY),
    ("git-config", _HOSTS),
    ("git-config", _TRUSTED),
    ("injection", _LOADS),
    ("token-shown", _PRINTED),
    ("token-shown", _ALL_OF_THEM),
    ("token-shown", _BUILT_IN),
    ("reach", _LETS_GO),
    ("rights", _RUNNER),
    ("include", _STEP),
)


def further(text: str) -> Iterator[tuple[str, str]]:
    """Rule and words of each."""
    for rule, pattern in FURTHER:
        if match := pattern.search(text):
            yield rule, match[0].strip()[:80]
