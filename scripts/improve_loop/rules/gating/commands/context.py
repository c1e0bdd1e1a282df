"""What the lines around a call or setting say: the way back of a migration, a task that makes something absent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import holds_one
from improve_loop.rules.gating.commands.spelled import literals
from improve_loop.rules.gating.commands.targets import is_dangerous
from improve_loop.rules.gating.keywords import Spelled
from improve_loop.rules.gating.lazy import lazy

_FUNCTION = lazy(
    r"\s*(?:async\s+)?(?:public\s+)?(?:def|function|fn|func)\s+(?:self\.)?(\w+)|\s*(?:exports\.)?(up|down)\s*[=(:]"
)
_KEPT = lazy(
    r"\s*(?:-\s+)?(?:[\w]+\.){0,2}((?:postgresql|mysql|mongodb|mssql|influxdb)_(?:db|schema|table|tablespace|database)|rds_instance|rds_cluster|ec2_instance|s3_bucket|lvol|filesystem|docker_volume|dynamodb_table|gcp_\w+_(?:database|instance|bucket)|azure_rm_\w+(?:database|server|storageaccount|resourcegroup))\s*:"
)


_ALL = lazy(r"\s*-\s+[\"']?(?:\*|(?:CAP_)?ALL)[\"']?\s*$")
_LISTED = lazy(r"\s*(?:-\s+)?[\"']?(?:(?P<rights>verbs|resources)|(?P<added>add|cap_add))[\"']?\s*:\s*$")


def goes_back(file: FileDelta, number: int) -> bool:
    """Whether a line stands in the way back of a migration: `downgrade`, `down`."""
    for text in reversed(file.new_lines.texts[max(0, number - 60) : number]):
        if match := _FUNCTION.match(text):
            return "down" in (match[1] or match[2]).lower()
    return False


def everything_listed(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """An added item of a list that means everything: all verbs or resources, every capability added."""
    lines = file.new_text.split("\n") if any(_ALL.match(line.text) for line in file.added) else []
    for line in file.added if lines else ():
        if not (item := _ALL.match(line.text)):
            continue
        above = (text for text in reversed(lines[max(0, line.number - 30) : line.number - 1]) if ":" in text)
        key = next((_LISTED.match(text) for text in above), None)
        if key and ((key["rights"] and "*" in line.text) or (key["added"] and "*" not in line.text)):
            yield "kubernetes" if key["rights"] else "container", line.number, f"{key[0].strip()} {item[0].strip()}"


def whole_host(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A volume of a pod, or a mount of Compose, that is the whole disk of its host."""
    lines = file.new_text.split("\n") if holds_one(file.new_text, ("hostPath", "bind")) else []
    for line in file.added if lines else ():
        if match := re.match(r"\s*(?:-\s+)?[\"']?(path|source)[\"']?\s*:\s*[\"']?/[\"']?\s*$", line.text):
            near = "\n".join(lines[max(0, line.number - 4) : line.number + 2])
            if "hostPath" in near if match[1] == "path" else re.search(r"type[\"']?\s*:\s*[\"']?bind", near):
                yield "container", line.number, "hostPath: /" if match[1] == "path" else "source: /"


def made_absent(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A task of Ansible that removes a path that is not its own."""
    lines = file.new_text.split("\n") if any("absent" in line.text for line in file.added) else []
    for line in file.added if lines else ():
        if not re.match(r"\s*state\s*[:=]\s*[\"']?absent", line.text):
            continue
        for near in lines[max(0, line.number - 5) : line.number + 4]:
            if module := _KEPT.match(near):
                yield "database", line.number, f"{module[1]} is made absent"
            path = re.match(r"\s*(?:-\s+)?(?:path|dest|name)\s*[:=]\s*([^\s#]{1,200})", near)
            if path and path[1].strip("\"'")[:1] in "/~" and is_dangerous(path[1]):
                yield "delete-tree", line.number, f"{path[1]} is made absent"


_HOME = lazy(
    r"\s*(?:const\s+|let\s+|var\s+)?(\w+)(?:\s*,\s*\w+)?\s*:?=\s*(?:os\.UserHomeDir\(|Path\.home\(|os\.homedir\(|homedir\(|os\.path\.expanduser\(|Dir\.home\b|dirs::home_dir\()"
)
_DELETES_ALL = lazy(
    r"(?:RemoveAll|rmtree|rmSync|rm_rf?|remove_dir_all|rimraf(?:\.sync)?|removeSync|emptyDirSync)\(\s*(\w+)\s*[,)]"
)
_LISTS = lazy(
    r"(?:\bPath\(|os\.walk\(|os\.listdir\(|os\.scandir\(|\bglob(?:\.i?glob)?\(|readdir(?:Sync)?\(|Dir\.(?:glob|each_child|children)\(|Dir\[|filepath\.Walk(?:Dir)?\(|os\.ReadDir\(|read_dir\()\s*[rf]?[\"'`]([^\"'`\n]{1,200})[\"'`]"
)
_UNLINKS = lazy(r"\.unlink\(|\bos\.(?:remove|unlink|Remove)\(|\bunlink(?:Sync)?\(|\bFile\.delete\b|remove_file\(")
_FETCHES = lazy(
    r"\b(?:urlretrieve|urlopen|requests\.get|httpx\.(?:get|stream)|http\.Get|https?\.get|axios\.get|fetch|URI\.open|open-uri|reqwest::)\b\s?[(:]"
)
_MAKES_RUNNABLE = lazy(r"\bchmod\w*\s?\([^\n]{0,120}(?:0o?[157]?[1357][0-7]{2}\b|S_I[RWX]*X|S_IEXEC|0111|\+x)")
_CHECKED = lazy(r"(?i)sha(?:256|512)|hexdigest|verify_signature|checksum")
_USER = lazy(r"(?im)^\s*USER\s+(\S+)")
_LISTINGS = ("os.walk", "readdir", "listdir", "scandir", "glob", "Path(", "ReadDir", "read_dir", "Walk", "Dir[", "Dir.")
_STEPS = ("unlink", "remove", "Remove", "rmtree", "rmSync", "rm_r", "rimraf", "emptyDirSync", "File.delete", *_LISTINGS)
_STEPPING = Spelled(_STEPS)
REACH = 14  # lines between what belongs together


def deleted_in_steps(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Trees deleted in more than one line: a home kept in a name, a listing whose files are unlinked one by one."""
    near = (file.added[index] for index in _STEPPING.lines(file.added_lines))
    added = {line.number: line.text[:1_000] for line in near}
    if not added:
        return
    texts = file.new_lines.texts
    deletes = [(number, match[1]) for number, text in added.items() if (match := _DELETES_ALL.search(text))]
    homes = {match[1] for text in texts if (match := _HOME.match(text[:300]))} if deletes else set()
    told = literals(texts) if deletes else {}
    yield from (
        ("delete-tree", number, f"{name} is {told[name]}")
        for number, name in deletes
        if name in told and is_dangerous(told[name])
    )
    yield from (("delete-tree", number, f"{name} is the home") for number, name in deletes if name in homes)
    for at in sorted({number - 1 - above for number in added for above in range(min(6, number))}):
        listing = at < len(texts) and holds_one(texts[at], _LISTINGS)
        match = _LISTS.search(texts[at][:1_000]) if listing else None
        if match is None or not is_dangerous(re.sub(r"(?:/\*{1,2})+$", "", match[1]) or "/"):
            continue
        for below in range(at, min(len(texts), at + 6)):
            if _UNLINKS.search(texts[below][:500]) and (at + 1 in added or below + 1 in added):
                yield "delete-tree", next(n for n in (at + 1, below + 1) if n in added), f"all files of {match[1]}"
                break


_FETCHING = Spelled((
    "urlopen", "urlretrieve", "requests.get", "httpx", "http.Get", "http.get", "https.get", "axios", "URI.open", "open-uri", "reqwest",
    "fetch(",
))  # fmt: skip
_CHMOD = Spelled(("chmod",))
_RUNS_FILE = lazy(
    r"\b(?:system|run|call|check_call|check_output|Popen|popen|exec\w{0,12}|spawn\w{0,4})\s?\([^\n]{0,60}?[\"'\s](?P<file>[\w./~-]{2,80}\.(?:sh|py|pl|rb|js|exe|bin|ps1|bat)|/tmp/[\w.-]{1,80})(?=[\"'\s,\])])"
)


def fetched_and_run(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A program that fetches a file and runs it a few lines on."""
    fetched = _FETCHING.lines(file.added_lines)
    below = sorted({index for at in fetched for index in range(at, min(len(file.added), at + REACH))})
    runs = [file.added[index] for index in below]
    found = [(line, match["file"]) for line in runs if (match := _RUNS_FILE.search(line.text[:500]))]
    texts = file.new_text.split("\n") if found else []
    for line, name in found:
        above = "\n".join(texts[max(0, line.number - REACH) : line.number - 1])
        if name in above and _FETCHES.search(above) and not _CHECKED.search(above):
            yield "fetch-and-run", line.number, f"runs {name}, just fetched"


def fetched_and_made_runnable(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A program that fetches a file and makes it runnable a few lines on."""
    near = [file.added[index] for index in _CHMOD.lines(file.added_lines)]
    runnable = [line for line in near if _MAKES_RUNNABLE.search(line.text[:500])]
    texts = file.new_text.split("\n") if runnable else []
    for line in runnable:
        above = "\n".join(texts[max(0, line.number - REACH) : line.number])
        if _FETCHES.search(above) and not _CHECKED.search(above):
            yield "fetch-and-run", line.number, "makes runnable what it fetched"


def root_again(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """An image whose last user was not root, and now is."""
    before, after = (_USER.findall(text)[-1:] for text in (file.old_text, file.new_text))
    was_other = bool(before) and before[0].partition(":")[0] not in ("root", "0")
    if was_other and (not after or after[0].partition(":")[0] in ("root", "0")):
        line = next((line.number for line in file.added if _USER.match(line.text)), 1)
        yield "container", line, f"runs as root, no longer as {before[0]}"


_GUARDS = lazy(
    r"(?i)^\s*(?:-\s+)?[\"']?(runAsNonRoot[\"']?\s*:\s*[\"']?true|allowPrivilegeEscalation[\"']?\s*:\s*[\"']?false|readOnlyRootFilesystem[\"']?\s*:\s*[\"']?true|no-new-privileges(?::true)?)\b"
)
_OPEN_TO_ALL = lazy(r"\s*(?:-\s+)?(?:ipBlock:\s*\{\s*)?cidr:\s*[\"']?(?:0\.0\.0\.0|::)/0\b")
_WAY = lazy(r"\s*+(?:-\s*+)?(ingress|egress)\s*:")


def guards_lost(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Settings of a container that kept it from root and from gaining rights, and that stand in fewer places now."""
    for line in file.removed if file.status == "modified" else ():
        match = _GUARDS.match(line.text[:300])
        name = match[1].partition(":")[0].strip("\"' ") if match else ""
        if name and file.new_text.count(name) < file.old_text.count(name) and _runs_as_much(file):
            yield "container", max(1, min(line.number, file.new_text.count("\n"))), f"{name} is taken out"
            return


def _runs_as_much(file: FileDelta) -> bool:
    """Whether no container went with the setting."""
    return file.new_text.count("image:") >= file.old_text.count("image:")


def opened_to_all(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A network policy that lets everybody in."""
    lines = file.new_text.split("\n") if "NetworkPolicy" in file.new_text else []
    added, way = {line.number for line in file.added}, ""
    for number, text in enumerate(lines, start=1):
        if match := _WAY.match(text[:100]):
            way = match[1]
        if number in added and way == "ingress" and _OPEN_TO_ALL.match(text[:300]):
            yield "guard", number, "lets every address in"


_RESOURCE = lazy(r"^\s*resource\s+\"(\w+)\"\s+\"([\w-]+)\"")
_KEEPS_DATA = lazy(
    r"_(?:db_instance|db_cluster|rds_cluster|s3_bucket|dynamodb_table|sql_database\w*|storage_bucket|storage_account|kms_key|efs_file_system|ebs_volume|elasticache\w*|redshift\w*|docdb\w*|persistent_disk|compute_disk|cosmosdb\w*|key_vault|postgresql\w*|mysql\w*|bigquery_(?:dataset|table)|eks_cluster|container_cluster|kubernetes_cluster|route53_zone|dns_managed_zone|secretsmanager_secret|opensearch_domain|elasticsearch_domain|managed_disk|database_instance|spanner\w*|volume)$"
)


def resources_lost(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Resources of Terraform that keep data, and that their file no longer has: applying it deletes them."""
    for line in file.removed:
        match = _RESOURCE.match(line.text[:300])
        if not match or not _KEEPS_DATA.search(match[1]):
            continue
        again = re.search(
            rf"resource\s+\"{re.escape(match[1])}\"|from\s*=\s*{match[1]}\.{re.escape(match[2])}\b", file.new_text
        )
        if not again:
            yield (
                "infrastructure",
                min(line.number, max(1, file.new_text.count("\n"))),
                f"{match[1]} {match[2]} is gone",
            )


_WHOLE_ENVIRONMENT = lazy(
    r"\s*(?:const\s+|let\s+|var\s+)?(\w+)\s*:?=\s*[^\n]{0,80}(?:\bos\.environ\b(?!\s?(?:\[|\.get))|\bprocess\.env\b(?!\s?[.\[?])|ENV\.to_h\b|os\.Environ\(\)|System\.getenv\(\))"
)
_READS_ENVIRONMENT = Spelled(("os.environ", "process.env", "ENV.to_h", "os.Environ", "System.getenv"))
_SENDS = lazy(
    r"\b(?:urlopen|requests\.\w+|httpx\.\w+|session\.(?:post|put)|fetch|axios(?:\.\w+)?|http\.(?:Post|request)|Net::HTTP\.\w+|sendall|sendBeacon|got|superagent\.\w+)\s?\(?"
)


def environment_sent(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """All variables put into a name, and that name sent elsewhere a few lines on."""
    texts = None
    for index in _READS_ENVIRONMENT.lines(file.added_lines):
        match = _WHOLE_ENVIRONMENT.match(file.added[index].text[:500])
        if match is None:
            continue
        texts = texts or file.new_text.split("\n")
        number = file.added[index].number
        for text in texts[number : number + REACH]:
            if _SENDS.search(text[:500]) and re.search(rf"\b{match[1]}\b", text[:500]):
                yield "exfiltrate", number, f"{match[1]} holds all variables and is sent"
                break
