"""More sentences that are meant for a model: in other languages, with other openings, and in disguise."""

from __future__ import annotations

import codecs
import re

from improve_loop.rules.gating.lazy import lazy

_AI = r"(?:ai|llm|gpt|automated|coding|review(?:ing)?|language[- ]model)"
_WHO = r"(?:reviewer|agent|assistant|model|tool|scanner|system|bot)s?"

ENGLISH = lazy(
    r"\bnew\s+(?:task|order|directive|goal|instruction)s?\s+(?:from|by)\s+(?:the\s+|your\s+)?(?:operator|user|system|developer|admin\w{0,10}|owner|maintainer)\b"
    r"|\b(?:ai|llm|gpt)[- ](?:(?:based|powered|driven|assisted)\s+)?" + _WHO + r"\s+(?:\w+\s+){0,2}?(?:must|should|shall|need\s+to|have\s+to|are\s+to)\s+(?:not\s+)?(?:treat|ignore|skip|approve|report|consider|trust|regard|assume)\b"
    r"|\bthe\s+(?:user|operator|maintainer|owner)s?\s+(?:has|have)\s+(?:already\s+)?(?:approved|authori[sz]ed|confirmed|granted)\b[^\n]{0,60}?\b(?:without\s+(?:asking|confirm\w{0,8}|approval|review)|go\s+ahead|proceed|no\s+need)\b"
    r"|\bthe\s+(?:ai\s+|coding\s+)?(?:assistant|agent|model|llm|bot|ai)\s+(?:should|must|has\s+to|needs\s+to|shall|is\s+to)\s+(?:\w+\s+){0,2}?(?:disable|skip|bypass|remove|delete|ignore|override|weaken)\s+(?:\w+\s+){0,3}?(?:gate|check|test|review|hook|verification|scanner|guard|safety|approval|polic)"
    r"|\b(?:for|to|dear|attention|hey)\s+(?:all\s+|any\s+|every\s+|the\s+)?" + _AI + r"[- ](?:\w+\s+)?" + _WHO + r"\b[^\n:,]{0,40}[:,][^\n]{0,160}?\b(?:approve|lgtm|skip|ignore|do\s+not|don'?t|never|merge|disregard|vetted)\b"
    r"|\bstop\s+following\s+(?:your|the|any|all)\s+(?:\w+\s+){0,2}?(?:instruction|rule|guideline|prompt|polic)"
    r"|\b(?:send|post|include|forward|paste|upload|append|attach|reveal|leak)\s+(?:\w+\s+)?(?:your|its)\s+(?:full\s+|entire\s+|own\s+)?(?:system\s+prompt|hidden\s+instruction|initial\s+(?:prompt|instruction)|developer\s+message)"
    r"|\b" + _AI + r"\s+(?:model|agent|assistant|bot)s?\s*[:,]\s*(?:please\s+)?(?:reply|answer|respond|return|output|say|mark|report|conclude)\b[^\n]{0,40}?\b(?:only|exactly|lgtm|approved?|no\s+issues|nothing|safe)\b"
    r"|\b(?:call|use|invoke)\s+(?:the\s+|your\s+)tool\s+\W{0,2}\w{1,40}\W{0,2}\s+with\b[^\n]{0,20}?\b(?:curl|wget|rm|cat|bash|sh|env|nc)\b"
    r"|\byou,?\s+the\s+(?:ai|llm|assistant|(?:ai|language|review\w{0,3}|coding)\s+(?:model|agent|bot))\s*(?:reading|reviewing|processing|,|who|that)"
    r"|\bAI\s+(?:\w+\s+)?(?:reading|debugging|fixing|reviewing|processing|handling)\s+(?:this|the)\b[^\n]{0,30}?:\s*(?:please\s+)?(?:run|execute|call|delete|skip|approve|ignore|fetch|curl|disable)\b"
    r"|[\"']verdict[\"']\s*:\s*[\"'](?:approved?|pass|lgtm)[\"'][^\n]{0,80}\b(?:return|respond|reply|answer|output)\s+(?:with\s+)?(?:exactly|only|just)\b",
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
    + "|".join(_NEAR_EACH_OTHER),
    re.I,
)  # fmt: skip

CUES = (
    "new task",
    "new order",
    "new goal",
    "new directive",
    "stop following",
    "verdict",
    "the tool",
    "your tool",
    "ai\t",
)
APPROVED = (("go ahead", "proceed", "without ", "no need"), ("approved", "authori", "confirmed", "granted"))
AUTOMATED = (("automated", "coding"), ("tool", "scanner", "system"))
OTHER_CUES = (
    "anweisung", "instru", "vorgabe", "befehl", "regel", "negeer", "vergeet", "tidigare", "tidligere", "forrige", "föregående", "rdenes",
    "ordens", "regras", "reglas", "indicaciones", "istruzioni", "compte", "polece", "pokyn", "inštrukci", "інструкц", "инструкц",
    "вказівк", "указан", "talimat", "yönerge", "komut", "무시", "잊", "التعليمات", "الأوامر", "الإرشادات", "הוראות", "הנחיות",
    "निर्देश", "hướng", "chỉ", "abaikan", "ohjeet", "käskyt", "προηγούμεν", "utasítás", "دستور", "忘记", "忘掉", "理会", "请忽视", "忘れ",
    "従わない", "無視",
)  # fmt: skip
DISGUISED_CUES = (
    "vtaber", "qvfertneq", "cerivbhf", "vafgehpgvba", "i g n o r e", "p r e v i o u s", "i n s t r u c t", "d i s r e g a r d",
    "i-g-n-o-r-e", "i.g.n.o.r.e", "i_g_n_o_r_e", "previous_instructions", "previousinstructions", "previous-instructions", "prior_instructions",
)  # fmt: skip
_APART = lazy(r"(?:(?<=^)|(?<=[\s\W]))(?:[A-Za-z][ ._-]{1,3}){4,200}[A-Za-z](?![A-Za-z])")
_RUN_TOGETHER = lazy(
    r"(?i)(?:ignore|disregard|forget)(?:all|any|the|your)*(?:previous|prior|above|earlier)(?:instruction|prompt|rule)"
)
_HUMPS = lazy(r"(?<=[a-z])(?=[A-Z])")
_AND = lazy(r"(?i)approve|merge|lgtm|reveal|exfiltrate|leak|system.?prompt|print.?env|secret|token|run|delete")


def undisguised(text: str) -> list[str]:
    """What a line may mean: its letters turned back by 13, put together, or its name taken apart into words."""
    found = [codecs.decode(text[:2_000], "rot13")] if "vtab" in text.lower() or "cerivbhf" in text.lower() else []
    for apart in _APART.findall(text[:2_000]):
        whole = re.sub(r"[ ._-]", "", re.sub(r" {2,}", "\0", apart))
        found.append(
            "ignore all " + "previous instructions" if _RUN_TOGETHER.search(whole) else whole.replace("\0", " ")
        )
    name = _HUMPS.sub(" ", text[:2_000]).replace("_", " ").replace("-", " ")
    return [*found, name] if _AND.search(name) and name != text else found
