"""More sentences that are meant for a model: in other languages, with other openings, and in disguise."""

from __future__ import annotations

import re

from improve_loop.rules.gating.lazy import lazy

_AI = r"(?:ai|llm|gpt|automated|coding|review(?:ing)?|language[- ]model)"
_WHO = r"(?:reviewer|agent|assistant|model|tool|scanner|system|bot)s?"

ENGLISH = lazy(
    r"(?:\b(?=\w)|(?=[<#!\"']))(?:"
    r"\bnew\s+(?:task|order|directive|goal|instruction)s?\s+(?:from|by)\s+(?:the\s+|your\s+)?(?:operator|user|system|developer|admin\w{0,10}|owner|maintainer)\b"
    r"|\b(?:ai|llm|gpt)[- ](?:(?:based|powered|driven|assisted)\s+)?" + _WHO + r"\s+(?:\w+\s+){0,2}?(?:must|should|shall|need\s+to|have\s+to|are\s+to)\s+(?:not\s+)?(?:treat|ignore|skip|approve|report|consider|trust|regard|assume)\b"
    r"|\bthe\s+(?:user|operator|maintainer|owner)s?\s+(?:has|have)\s+(?:already\s+)?(?:approved|authori[sz]ed|confirmed|granted)\b[^\n]{0,60}?\b(?:without\s+(?:asking|confirm\w{0,8}|approval|review)|go\s+ahead|proceed|no\s+need)\b"
    r"|\b(?:the|every|any|each|all)\s+(?:ai\s+|coding\s+)?(?:assistant|agent|model|llm|bot|ai)s?\s+(?:should|must|has\s+to|needs\s+to|shall|is\s+to)\s+(?:\w+\s+){0,2}?(?:disable|skip|bypass|remove|delete|ignore|override|weaken)\s+(?:\w+\s+){0,3}?(?:gate|check|test|review|hook|verification|scanner|guard|safety|approval|polic)"
    r"|\b(?:for|to|dear|attention|hey)\s+(?:all\s+|any\s+|every\s+|the\s+)?" + _AI + r"[- ](?:\w+\s+)?" + _WHO + r"\b[^\n:,]{0,40}[:,][^\n]{0,160}?\b(?:approve|lgtm|skip|ignore|do\s+not|don'?t|never|merge|disregard|vetted)\b"
    r"|\bstop\s+following\s+(?:your|the|any|all)\s+(?:\w+\s+){0,2}?(?:instruction|rule|guideline|prompt|polic)"
    r"|\b(?:send|post|include|forward|paste|upload|append|attach|reveal|leak)\s+(?:\w+\s+)?(?:your|its)\s+(?:full\s+|entire\s+|own\s+)?(?:system\s+prompt|hidden\s+instruction|initial\s+(?:prompt|instruction)|developer\s+message)"
    r"|\b" + _AI + r"\s+(?:model|agent|assistant|bot)s?\s*[:,]\s*(?:please\s+)?(?:reply|answer|respond|return|output|say|mark|report|conclude)\b[^\n]{0,40}?\b(?:only|exactly|lgtm|approved?|no\s+issues|nothing|safe)\b"
    r"|\b(?:call|use|invoke)\s+(?:the\s+|your\s+)tool\s+\W{0,2}\w{1,40}\W{0,2}\s+with\b[^\n]{0,20}?\b(?:curl|wget|rm|cat|bash|sh|env|nc)\b"
    r"|\byou,?\s+the\s+(?:ai|llm|assistant|(?:ai|language|review\w{0,3}|coding)\s+(?:model|agent|bot))\s*(?:reading|reviewing|processing|,|who|that)"
    r"|\bAI\s+(?:\w+\s+)?(?:reading|debugging|fixing|reviewing|processing|handling)\s+(?:this|the)\b[^\n]{0,30}?:\s*(?:please\s+)?(?:run|execute|call|delete|skip|approve|ignore|fetch|curl|disable)\b"
    # words that end what the model was told, or begin a turn of its own
    r"|<(?:start_of_turn|end_of_turn|function_calls|tool_use)>|<invoke\s+name=|<(?:tool_result|function_results?|tool_output)>\s*\w|###\s*instruction\s*:[^\n]{0,200}###\s*response\b"
    r"|\brole[\"']?\s*:\s*[\"']?system\b[^\n]{0,60}\b(?:approve|ignore|skip|merge|lgtm)\b"
    r"|\b(?:set|put)\s+aside\s+(?:whatever|what|everything|anything)\s+you\s+(?:were|have\s+been)\s+told\b|\byour\s+(?:earlier|previous|prior|original|initial)\s+(?:guidance|instructions?|rules|orders|configuration|directions)\s+(?:no\s+longer|do(?:es)?\s+not)\s+appl"
    r"|\bsupersedes?\s+(?:all\s+|any\s+)?(?:your|previous|prior)\s+(?:\w+\s+)?(?:configuration|instruction|rule|prompt|guidance)|\byou\s+are\s+not\s+bound\s+by\b|\bI\s+(?:hereby\s+)?authori[sz]e\s+you\b|\byou\s+ha(?:d|ve)\s+no\s+(?:rules|restrictions|guidelines|filters)\b"
    # what is to be said of the change, or kept for later
    r"|\bsummari[sz]\w{1,4}\b[^\n]{0,60}\b(?:must|should)\s+(?:include|say|state|omit|leave\s+out)\b|\bsummary\s+of\s+this\s+(?:diff|change|patch|merge\s+request|mr|pr|pull\s+request|commit)\b[^\n]{0,60}\b(?:leave\s+out|omit|state|say|mention)\b"
    r"|\b(?:automated|ai|llm|review(?:ing)?)\s+(?:reviewer|model|agent|tool)s?\b[^\n:.]{0,60}[:,]\s*(?:please\s+)?skip\b|\b(?:ai|llm|model|automated)\s+review\s+(?:is\s+)?(?:not\s+required|not\s+needed|unnecessary|disabled|waived)\b"
    r"|\b(?:machine|automated|ai|llm)\s+reviewers?\s+(?:must\s+|should\s+|shall\s+)?(?:accept|approve|pass|skip|ignore)\b|\b(?:expected|correct|desired)\s+(?:reviewer|model|assistant)\s+(?:answer|output|response|verdict)\s*:"
    r"|\bsecurity\s+(?:review|check|scan\w{0,4})s?\s+(?:is\s+|are\s+)?(?:disabled|waived|off)\s+for\s+this\b|\breviewers?\b[^\n]{0,30}\bmust\s+not\s+(?:comment|report|flag|block|mention)\b|\b(?:answers?|repl(?:y|ies)|says?|outputs?)\s+(?:only|just)\s+[\"']?(?:LGTM|approved)\b"
    r"|\b(?:remember|save|store|add)\b[^\n]{0,40}\b(?:for\s+all\s+future\s+(?:reviews|sessions|tasks|conversations)|(?:to|in)\s+your\s+(?:long-?term\s+)?memory)\b"
    # tools, and ways out
    r"|\bagents?\s+working\s+(?:on|in|with)\s+this\s+(?:repo\w{0,6}|project|code\w{0,4})\s+(?:\w+\s+)?(?:should|must|need)\b|\bbefore\s+using\s+any\s+other\s+tool\b|\bthis\s+tool\s+must\s+be\s+called\s+first\b|\bcall\s+\w{1,40}\s+and\s+pass\s+the\s+result\b"
    r"|!\[[^\]\n]{0,80}\]\(https?://[^)\s]{0,200}\{(?:system_prompt|conversation|chat_history|history|secrets?|env)\}|\bappend\b[^\n]{0,20}\bto\s+(?:your|each|every)\s+(?:answer|reply|response)\b"
    r"|[\"']verdict[\"']\s*:\s*[\"'](?:approved?|pass|lgtm)[\"'][^\n]{0,80}\b(?:return|respond|reply|answer|output)\s+(?:with\s+)?(?:exactly|only|just)\b)",
    re.I,
)  # fmt: skip

_SOON = r"[^\n]{0,24}"
_NEAR_EACH_OTHER = (
    r"(?:이전|앞선|위의|기존)[^\n]{0,12}"
    r"(?:지시|명령|지침|규칙)[^\n]{0,8}"
    r"(?:무시|잊)",
    r"(?:تجاهل|انس)" + _SOON +
    r"(?:التعليمات|الأوامر|الإرشادات)",
    r"(?:התעלם|שכח)" + _SOON +
    r"(?:הוראות|הנחיות)",
    r"(?:ละเว้น|เพิกเฉย|ลืม)" + _SOON +
    r"คำสั่ง",
    r"निर्देश" + _SOON +
    r"(?:अनदेखा|नज़रअंदाज़|भूल)",
    r"(?:نادیده|فراموش)" + _SOON +
    r"دستور",
    r"دستور" + _SOON +
    r"(?:نادیده|فراموش)",
    r"(?:忘记|忘掉|不要理会|不用理会|请忽视).{0,12}"
    r"(?:指令|指示|说明|提示|要求)",
    r"(?:前|上記|先).{0,6}"
    r"(?:指示|命令|指令).{0,6}"
    r"(?:忘れ|従わない|無視)",
)  # fmt: skip
_MORE = r"\s+(?:\w+\s+){0,3}?"
OTHER_LANGUAGES = lazy(
    # German, Dutch, Scandinavian
    r"(?:vorherig|bisherig|obig|früher|vorangegangen)\w{0,3}" + _MORE + r"(?:anweisung|instruktion|vorgabe|regel|befehl)\w{0,3}" + _MORE + r"(?:ignorier|vergess|missacht|übergeh|verwerf)"
    r"|(?:ignorier|vergiss|missacht|übergeh|verwirf)\w{0,3}" + _MORE + r"(?:vorherig|bisherig|obig|früher)\w{0,3}\s+(?:anweisung|instruktion|vorgabe|regel|befehl)"
    r"|(?:negeer|vergeet)" + _MORE + r"(?:eerdere|vorige|voorgaande|bovenstaande)\s+(?:instructies|opdrachten|aanwijzingen|regels)"
    r"|(?:ignorera?|glem|gl[öø]m)" + _MORE + r"(?:tidigare|tidligere|forrige|föregående)\s+(?:instru|anvis)"
    # Romance languages
    r"|(?:desconsider|desprez|descart|olvid|esque[çc]|ignor|omit)\w{0,4}" + _MORE + r"(?:instru[çc][õo]es|instrucciones|[óo]rdenes|ordens|regras|reglas|indicaciones)\s+(?:anterior|pr[ée]vi|acima|de\s+arriba)"
    r"|(?:dimentica|trascura|ignora)\w{0,2}" + _MORE + r"istruzioni\s+(?:precedenti|sopra)"
    r"|(?:tien[sz]|tenez)\s+(?:pas\s+|aucun\s+)?compte\s+(?:\w+\s+){0,3}?(?:instructions|consignes)\s+pr[ée]c[ée]dentes|(?:ignor[ăa]|uit[ăa])" + _MORE + r"instruc[țt]iunile"
    # Slavic languages
    r"|(?:zignoruj|ignoruj|pomiń|zapomnij|zapomeň)\w{0,3}" + _MORE + r"(?:poprzedni|wcześniejsz|předchoz|predch[áa]dz)\w{0,5}\s+(?:instrukcj|polece|pokyn|inštrukci)"
    r"|(?:ігнору|игнорир|забудь|відкинь|игнорирай)\w{0,5}" + _MORE + r"(?:попередн|предыдущ|предишн)\w{0,4}\s+(?:інструкц|инструкц|вказівк|указан)"
    # others
    r"|(?:önceki|yukar\u0131daki)\s+(?:\w+\s+){0,2}?(?:talimat|komut|yönerge)\w{0,6}\s+(?:\w+\s+)?(?:yok\s+say|görmezden\s+gel|unut)"
    r"|bỏ\s+qua" + _MORE + r"(?:hướng\s+dẫn|chỉ\s+dẫn|chỉ\s+thị)|abaikan\s+(?:\w+\s+){0,2}?(?:instruksi|perintah|petunjuk)\s+(?:sebelumnya|di\s+atas)"
    r"|(?:ohita|unohda)\s+(?:\w+\s+){0,2}?(?:aiemmat|edelliset)\s+(?:ohjeet|käskyt)|(?:αγνόησε|αγνοήστε|ξέχασε)" + _MORE + r"προηγούμεν|hagyd\s+figyelmen[^\n]{0,40}utasítás|"
    r"\b(?:an|hinweis\s+(?:an|für)|nota\s+para|note\s+pour|à\s+l'attention)\b[^\n:]{0,40}(?:sprachmodell|ki-\w{3,12}|modèles?\s+de\s+langage|\bmodelo|\bmodello)[^\n:]{0,20}\s?:|"
    + "|".join(_NEAR_EACH_OTHER),
    re.I,
)  # fmt: skip

CUES = (
    "new task", "new order", "new goal", "new directive", "stop following", "verdict", "the tool", "your tool", "ai\t", "_of_turn>",
    "<function_calls", "<tool_use", "<invoke", "<tool_", "you were told", "you have been told", "no longer appl", "not appl", "supersede",
    "not bound", "authorise you", "authorize you", "you had no", "you have no", "automated review", "security review", "security check",
    "security scan", "all future", "your memory", "your long", "any other tool", "called first", "pass the result", "_prompt}", "{conversation",
    "history}", "{secret", "{env}", "your answer", "your reply", "your response", "each answer", "every answer", "each reply", "every reply", "each response", "every response",
)  # fmt: skip
SUMMARY = (("summari", "summary"), ("must", "should", "of this"))
APPROVED = (("go ahead", "proceed", "without ", "no need"), ("approved", "authori", "confirmed", "granted"))
AUTOMATED = (("automated", "coding"), ("tool", "scanner", "system"))
OTHER_CUES = (
    "anweisung", "instru", "vorgabe", "befehl", "regel", "negeer", "vergeet", "tidigare", "tidligere", "forrige", "föregående", "rdenes",
    "ordens", "regras", "reglas", "indicaciones", "istruzioni", "compte", "polece", "pokyn", "inštrukci", "інструкц", "инструкц",
    "вказівк", "указан", "talimat", "yönerge", "komut", "무시", "잊", "التعليمات", "الأوامر", "الإرشادات", "הוראות", "הנחיות",
    "निर्देश", "hướng", "chỉ", "abaikan", "ohjeet", "käskyt", "προηγούμεν", "utasítás", "دستور", "忘记", "忘掉", "理会", "请忽视", "忘れ",
    "従わない", "無視", "คำสั่ง", "sprachmodell", "langage", "ki-", "modelo", "modello",
)  # fmt: skip
DISGUISED_CUES = (
    "erongi", "snoitcurtsni", "vtaber", "qvfertneq", "cerivbhf", "vafgehpgvba", "i g n o r e", "p r e v i o u s", "i n s t r u c t", "d i s r e g a r d",
    "i-g-n-o-r-e", "i.g.n.o.r.e", "i_g_n_o_r_e", "previous_instructions", "previousinstructions", "previous-instructions", "prior_instructions",
)  # fmt: skip
_APART = lazy(r"(?:(?<=^)|(?<=[\s\W]))(?:[A-Za-z][ ._-]{1,3}){4,200}[A-Za-z](?![A-Za-z])")
_RUN_TOGETHER = lazy(
    r"(?i)(?:ignore|disregard|forget)(?:all|any|the|your)*(?:previous|prior|above|earlier)(?:instruction|prompt|rule)"
)
_SPELLED = lazy(r"\\u00([2-7][0-9a-fA-F])|\\x([2-7][0-9a-fA-F])")
_HUMPS = lazy(r"(?<=[a-z])(?=[A-Z])")
_AND = lazy(r"(?i)approve|merge|lgtm|reveal|exfiltrate|leak|system.?prompt|print.?env|secret|token|run|delete")


def unescaped(text: str) -> str:
    """A line with the letters that a URL, HTML or a literal spells out."""
    if "%2" not in text and "&#" not in text and "\\" not in text:
        return text
    from html import unescape  # here: few lines ask
    from urllib.parse import unquote

    plain = unquote(text) if "%2" in text else text
    plain = unescape(plain) if "&#" in plain or "&nbsp" in plain else plain
    return _SPELLED.sub(lambda match: chr(int(match[1] or match[2], 16)), plain) if "\\" in plain else plain


def undisguised(text: str) -> list[str]:
    """What a line may mean: its letters turned back by 13, put together, or its name taken apart into words."""
    import codecs

    found = [text[:2_000][::-1]]
    found += [codecs.decode(text[:2_000], "rot13")] if "vtab" in text.lower() or "cerivbhf" in text.lower() else []
    for apart in _APART.findall(text[:2_000]):
        whole = re.sub(r"[ ._-]", "", re.sub(r" {2,}", "\0", apart))
        found.append(
            "ignore all " + "previous instructions" if _RUN_TOGETHER.search(whole) else whole.replace("\0", " ")
        )
    name = _HUMPS.sub(" ", text[:2_000]).replace("_", " ").replace("-", " ")
    return [*found, name] if _AND.search(name) and name != text else found
