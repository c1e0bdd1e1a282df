"""Sentences that are meant for a model or a reviewing agent, not for people."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence, Set

from improve_loop.model.lines import Lines, holds_one, lowered
from improve_loop.rules.gating import orders
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.runs import runs, table

_AGENT = (
    r"(?:ai|a\.i\.|llm|gpt|chatgpt|claude|copilot|gemini|codex|assistant|language model|model|agent|bot|duo)"
    r"(?:[- ](?:assistant|agent|reviewer|model|bot|tool|system|code review(?:er)?))?s?"
)
_BARE = r"(?:assistant|model|agent|bot|reviewer)s?"
_NAMED = r"(?:(?:ai|a\.i\.|llm|gpt|chatgpt|claude|copilot|gemini|codex|language model|duo)(?:[- ](?:assistant|agent|reviewer|model|bot|tool|system|code review))?s?)"
_STARTS = r"(?:\b(?=\w)|^|(?=[<\[])|(?=[^\x00-\x7f]))"  # where one of these may: elsewhere none of them is tried
_TO_A_MODEL = lazy(
    _STARTS + r"(?:"
    r"\b(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|every|the|your|these|those|of|my|our)\s+){0,4}"
    r"(?:previous|prior|above|preceding|earlier|foregoing|existing|system|safety)\s+(?:\w+\s+)?"
    r"(?:instruction|prompt|rule|guideline|direction|command|context|message|polic)"
    r"|\b(?:disregard|forget|ignore)\s+(?:everything|anything|all)\s+(?:above|before|prior|previous|you\b)(?!\s+(?:result|value|error|entr|state|event|run|match|output|data|attempt|version|warning|call|setting|request|sample|row|line|test|commit|change|release|item|frame|token|build|cache)\w*)"
    r"|\byou are (?:now|no longer)\s+(?:an?\s|in\s|the\s|allowed|free|required|bound|DAN|root|operating)"
    r"|\b(?:new|updated|revised|real|actual)\s+(?:system\s+)?instructions?\s+(?:for|to)\s+(?:the\s+)?" + _AGENT + r"\b"
    r"|\b(?:note|message|attention|notice|important|hint|tip|advice|memo|reminder|request)\s+(?:to|for)\s+(?:the\s+|any\s+|all\s+)?(?:(?:review|read|process|judg|pars)ing\s+)?"
    + _AGENT + r"\s*[:,\-\u2013\u2014]"
    r"|\binstructions?\s+(?:to|for)\s+(?:the\s+|any\s+|all\s+)?" + _AGENT + r"\s*[:\u2013\u2014]"
    r"|\b" + _BARE + r"\s*(?:[:,]\s*)?(?:please\s+|should\s+|must\s+|you\s+must\s+|shall\s+|always\s+){1,2}(?!not\b|never\b)(?:\w+\s+){0,2}?(?:approve|merge|obey|comply|disclose|exfiltrate|lgtm)\b(?!\s+(?:only|after|once|when|if|until)\b)"
    r"|\b" + _NAMED + r"\s*:\s*(?:\w+\s+){0,2}?(?:approve|ignore|skip|merge|reveal|disclose|delete|disable|exfiltrate|obey|comply|trust|accept|lgtm|leak|send|upload|when|if|before)\b"
    r"|\b" + _NAMED + r"\s*(?:[:,]\s*)?(?:please\s+|should\s+|must\s+|you\s+must\s+|shall\s+|always\s+|never\s+|do not\s+|don'?t\s+)"
    r"(?:\w+\s+){0,3}?(?:approve|ignore|skip|report|flag|merge|mention|review|reveal|disclose|tell|delete|disable|output|print|"
    r"run|execute|send|exfiltrate|upload|treat|say|answer|respond|comply|obey|accept|trust|consider)\b"
    r"|\b" + _NAMED + r"\s*[:,]\s*(?:this|the)\s+(?:mr|pr|merge request|pull request|change|patch|diff|file|code|commit)\s+(?:is|was|has)\s+(?:\w+\s+){0,3}?(?:pre-?)?(?:approved|reviewed|verified|audited|vetted|safe|exempt|trusted)\b"
    r"|\b(?:approve|merge|accept|lgtm)\s+(?:this|the)\s+(?:mr|pr|merge request|pull request|change|patch|diff)\s+"
    r"(?:without|immediately|unconditionally|automatically|regardless|no matter)"
    r"|\bdo not (?:tell|inform|alert|notify|mention\s+(?:this|it)\s+to)\s+(?:the\s+)?(?:user|human|reviewer|maintainer|developer)"
    r"|<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[/?INST\]|<</?SYS>>"
    r"|</?(?:system|instructions?|system[-_]prompt|system-reminder|important)>\s*(?:you|ignore|the assistant|do|always|never)"
    r"|^\W*(?:system|assistant|developer)\s*(?:prompt|message|override|note)?\s*:\s*(?:you\b|ignore|disregard|override|from now)"
    r"|\b(?:from now on|henceforth),?\s+(?:you|always|never)\s+(?:will|must|should|are|approve|ignore|act|respond|answer)"
    r"|\b(?:enter|enable|activate)\s+(?:developer|god|dan|jailbreak|unrestricted)\s+mode\b"
    r"|\bpretend\s+(?:that\s+)?(?:you|to be)\s+(?:are|an?|have)\b"
    r"|\b(?:ignore|disregard|forget|override|bypass)\s+(?:all\s+|any\s+|of\s+|the\s+){0,3}(?:your|its)\s+(?:\w+\s+){0,2}(?:instruction|prompt|rule|guideline|training|polic|constraint)"
    r"|\b(?:to|dear|hey|hello|attention|any|every|all)\s+(?:any\s+|all\s+|every\s+|the\s+)?(?:ai|llm|gpt|language[- ]model|coding|code[- ]review|autonomous)s?(?:[- ](?:assistant|agent|reviewer|model|bot|tool|system)s?)?\s+(?:reading|processing|reviewing|that\s+reads|who\s+reads|parsing|working)\b"
    r"|\bdear\s+(?:ai\b|llm|claude|gpt|copilot|(?:coding|review\w*|ai)\s+(?:agent|assistant|model|bot))"
    r"|\b(?:if|as|since|because)\s+you(?:'re|\s+are)\s+(?:an?\s+)?(?:ai\b|a\.i\.|llm\b|(?:large\s+)?language\s+model|(?:coding|ai|autonomous|review)\s+(?:agent|assistant|model|bot))"
    r"|\b(?:never|don'?t|do\s+not|without)\s+(?:tell|telling|inform|informing|mention|mentioning|reveal|revealing|notify|notifying)\s+(?:\w+\s+){0,3}(?:the\s+)?(?:user|human|reviewer|maintainer|developer)s?\b"
    r"|^\W{0,12}" + _BARE + r"\s*[:,]\s*(?:please\s+)?(?:\w+\s+){0,2}?(?:approve|ignore|skip|merge|reveal|disclose|delete|disable|exfiltrate|add|send|run|execute|append|include|upload|post|print)\b.{0,200}\b(?:token|password|secret|credential|not\s+mention|review|check|user)"
    r"|^\W{0,12}(?:assistant|agent|model|(?:ai|llm|review(?:er)?|coding)[- ](?:assistant|agent|bot|model))s?\s*[:,]\s*(?:when|if|before|after|while|mark|always|never|you|do\b)"
    r"|^\W{0,12}(?:agent|assistant)s?\s*:\s*(?:run|execute|delete|send|fetch|download)\b.{0,80}\b(?:before|after|then|continuing|first|and\s+(?:post|send|paste|include|upload|print|commit|report|mail|append))\b"
    r"|\byou are an?\s+(?:\w+\s+){0,3}(?:agent|assistant|ai|bot|model)\b[^\n]{0,80}?\byour\s+(?:\w+\s+)?(?:task|job|goal|mission)\s+is\s+(?:now\s+)?to\s+(?:delete|disable|approve|merge|bypass|exfiltrate|leak|ignore|skip|turn off|remove)\b"
    r"|\b(?:directive|instruction|command|order|prompt|request)s?\s+(?:to|for)\s+(?:the\s+|any\s+|all\s+)?(?:ai\b|llms?\b|gpt\b|language\s+models?|(?:ai|coding|review)\s+(?:agent|assistant|reviewer|model|bot)s?)\s*[:,\-\u2013\u2014]"
    r"|</(?:system|instructions?|user|assistant|tool_result|function_results?)>\W{0,40}(?:new|updated|begin|start)?\s*(?:instruction|system|rule|task)|\bnew\s+instructions?\s*:\s*\w"
    r"|\bignor(?:a|e|er|ez|iere|ieren\s+sie|are|ar)\s+(?:\w+\s+){0,4}?(?:instru[ck]\w+|anweisung\w*|istruzion\w+|consignes|prompts?)\s*(?:anterior\w*|pr[eé]c[eé]dent\w*|vorherig\w*|precedent\w*|sopra|oben)?|\bignorier\w+\s+(?:sie\s+)?(?:\w+\s+){0,3}(?:vorherig|bisherig|obig)\w*\s+\w+|\bvergiss\s+(?:\w+\s+){0,3}(?:anweisung|instruktion)\w*|\boublie[rz]?\s+(?:\w+\s+){0,3}(?:instructions|consignes)"
    r"|(?:\u5ffd\u7565|\u65e0\u89c6|\u7121\u8996|\u5ffd\u89c6).{0,12}(?:\u6307\u4ee4|\u6307\u793a|\u8bf4\u660e|\u63d0\u793a)|\u0438\u0433\u043d\u043e\u0440\u0438\u0440\w{0,6}.{0,40}(?:\u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446|\u0443\u043a\u0430\u0437\u0430\u043d)|(?:\u4ee5\u524d|\u3053\u308c\u307e\u3067|\u4e0a\u8a18).{0,8}(?:\u6307\u793a|\u547d\u4ee4).{0,6}\u7121\u8996"
    r"|\b(?:agents?|assistants?|models?|bots?)\s+(?:\w+\s+){0,3}?(?:must|should|shall|may|can|will)\s+(?:\w+\s+){0,3}?(?:push|merge|commit|deploy)\s+(?:\w+\s+){0,2}?(?:directly|straight|to\s+(?:main|master|production))\b"
    r"|^\W{0,12}" + _NAMED + r"\s*[:,]\s*(?:please\s+)?(?:run|execute|call|open|fetch|download|visit|curl|install|add|write|print|post|send|copy)\b"
    r"|\b(?:if|since|because|when)\s+you(?:'re|\s+are)\s+(?:an?\s+|the\s+)?(?:automated|automatic|autonomous|ai|virtual|robot\w*|machine)\s+(?:code\s+)?(?:reviewer|review|assistant|agent|model|bot|system|tool)s?\b"
    r"|\bas\s+an?\s+(?:automated|ai|llm|autonomous|virtual)\s+(?:reviewer|assistant|agent|model|bot)s?,?\s+(?:you|your)\b"
    r"|^\W{0,12}(?:human|user)\s*:\s[^\n]{1,200}\n{1,3}\W{0,12}assistant\s*:|^\W{0,6}assistant\s*:\s*(?:approved|lgtm|done|yes|sure|ok)\b"
    r"|\b(?:summari[sz]e|review|read|process|pars)\w{0,4}\s+(?:\w+\s+){0,4}?(?:with|using|by|via)\s+(?:an?\s+|the\s+)?(?:large\s+)?(?:ai|llm|language\s+model|gpt|claude|copilot)\b[^\n]{0,40}?[:,]\s*(?:please\s+|kindly\s+)?(?:leave|skip|omit|ignore|do\s+not|don'?t|approve|say)\b"
    r"|\bpretend\s+(?:that\s+)?the\s+(?:reviewer|user|maintainer|owner|human|developer)s?\s+(?:has|have|already|said|approved)\b"
    r"|\b(?:assistant|copilot|claude|gpt|llm|ai)\s*,\s*(?:please\s+)?(?:say|report|answer|reply|state|tell|conclude|write)\s+(?:that|only)\b"
    r"|\b(?:reveal|print|output|repeat|leak)\s+(?:me\s+)?(?:your|the)\s+(?:system prompt|hidden instructions|initial instructions)"
    r")",
    re.I | re.M,
)  # fmt: skip
_SPOKEN_OF = lazy(
    r"prompt.?injection|jailbreak|attack|malicious|adversar|such as|for example|e\.g\.|phrases? like|detect|sanitis|sanitiz|classic|steer|trick|untrusted|red.?team",
    re.I,
)
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"
_CUES = (
    "you are", "instruction", "approve", "lgtm", 
    "<|", "[inst", "[/inst", "sys>>", "<system", "</system", "</user", "</tool_result", "</function_result", "<important", "system:", "from now",
    "henceforth", "pretend", "assistant", "agent", "bot", "model", "reviewer", "claude", "gpt", "copilot", "gemini",
    "codex", "vergiss", "oubli", "\u5ffd\u7565", "\u5ffd\u89c6", "\u65e0\u89c6", "\u7121\u8996", "\u0438\u0433\u043d\u043e\u0440", "never tell", "don't tell", "don't mention", "llm", "duo", "ai ", "ai:", "ai-", "ai,", "a.i.", "developer", *orders.CUES,
)  # fmt: skip


_PAIRS = (
    (
        ("ignor", "disregard", "forget", "override", "bypass"),
        (
            "instru", "prompt", "rule", "guideline", "direction", "command", "context", "message", "polic", "above", "before", "prior", "previous",
            "you", "training", "constraint", "anweisung", "istruzion", "consignes", "vorherig", "bisherig", "obig", "ai", "system",
        ),
    ),
    (("mode",), ("enter", "enable", "activate", "developer")),
    (("accept", "merge"), ("without", "immediately", "unconditionally", "automatically", "regardless", "no matter", "ai")),
    (("prompt",), ("system", "assistant", "developer", "ai", "reveal", "print", "output", "repeat", "leak")),
    orders.APPROVED,
    orders.SUMMARY,
    orders.AUTOMATED,
    (("without ", "do not"), ("user", "human", "reviewer", "maintainer", "developer", "ai")),
)  # words that mean little without one of others  # fmt: skip
SPREAD = 3  # lines that one sentence may be spread over
_MARGIN = lazy(r"^\s*(?:#+|//+|/\*+|\*+|--|>+|<!--|;+)?\s*")
_BASE64 = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_LEET = (
    "1gn0r", "1gnor", "ign0r", "d1sreg", "disr3g", "f0rget", "f0rg3t", "instruct1", "1nstruct", "instruct10", "pr3v", "prev1", "prev10",
    "appr0v", "4pprov", "pr0mpt",
)  # fmt: skip
_SPREAD_CUES = (
    "ignore", "disregard", "forget all", "forget every", "override", "bypass", "approve this", "system:", "human:",
)  # fmt: skip
_CUE, _DRESSED, _SPREADS, _OTHER, _DISGUISED = 0, 1, 2, 3, 4
_PAIRED = 5  # the first of `_PAIRS`
_LETTERS = str.maketrans("013457", "oieast")
_CUED = Keywords(
    [_CUES, _LEET, _SPREAD_CUES, orders.OTHER_CUES, orders.DISGUISED_CUES, *(words for words, _ in _PAIRS)], "added"
)


def spoken_lines(lines: Lines) -> Iterator[tuple[int, str]]:
    """Index of each line that addresses a model, and the words that do."""
    told = -SPREAD
    for index, cues in _CUED.lines(lines).items():
        if not _may_speak(lines.texts[index : index + SPREAD], cues):
            continue
        words = speaks_to_a_model(lines.texts[index])
        if not words and _OTHER in cues and (found := orders.OTHER_LANGUAGES.search(lines.texts[index])):
            words = " ".join(found[0].split())[:60]
        if not words and (spelled := orders.unescaped(lines.texts[index])) != lines.texts[index]:
            words = speaks_to_a_model(spelled)
        if not words and _DISGUISED in cues:
            words = next(filter(None, map(speaks_to_a_model, orders.undisguised(lines.texts[index]))), "")
        if not words and _DRESSED in cues:
            words = speaks_to_a_model(lines.texts[index].translate(_LETTERS))
        if not words and _SPREADS in cues and index - told >= SPREAD:
            words = speaks_to_a_model(_as_one(lines.texts[index : index + SPREAD]))
        if words:
            told = index
            yield index, words
    for start, end in runs(lines.ascii, _BASE64, 32):
        said = _decoded(lines.whole[start:end])
        if said.count(" ") >= 3 and (words := speaks_to_a_model(said)):
            yield lines.index(start), words


def _as_one(texts: Sequence[str]) -> str:
    """Lines that follow one another as one sentence; the marks of comments and quotes taken off."""
    return " ".join(_MARGIN.sub("", text[:500]) for text in texts)


def _decoded(text: str) -> str:
    try:
        if not text.strip("0123456789abcdefABCDEF") and len(text) % 2 == 0:
            return bytes.fromhex(text).decode("ascii")
        return b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        return ""


def _may_speak(texts: Sequence[str], cues: Set[int]) -> bool:
    """Whether a cue speaks for itself, or a second word stands with it."""
    paired = [cue for cue in cues if cue >= _PAIRED]
    if not paired or not cues.isdisjoint((_CUE, _DRESSED, _OTHER, _DISGUISED)):
        return True
    low = lowered(" ".join(texts))
    return any(holds_one(low, _PAIRS[cue - _PAIRED][1]) for cue in paired)


def speaks_to_a_model(text: str) -> str:
    """The words that address a model or reviewing agent; empty where none, or where they are quoted as an example."""
    for found in (*_TO_A_MODEL.finditer(text), *orders.ENGLISH.finditer(text)):
        line_start = text.rfind("\n", 0, found.start()) + 1
        line = text[line_start : text.find("\n", found.end()) if "\n" in text[found.end() :] else len(text)]
        if not _quoted(text, found.start(), found.end(), line):
            return " ".join(found[0].split())[:60]
    return ""


def _quoted(text: str, start: int, end: int, line: str) -> bool:
    before, after = text[max(0, start - 2) : start].strip(), text[end : end + 40].partition("\n")[0]
    in_quotes = before[-1:] in _QUOTES and before != "" and any(mark in after for mark in _QUOTES)
    return in_quotes and bool(_SPOKEN_OF.search(line))
