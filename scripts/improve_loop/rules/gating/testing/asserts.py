"""What one line of a test asserts and how strictly; what makes a test not run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from improve_loop.rules.gating.kinds import Kind
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.both import compares_itself


class Assertion(NamedTuple):
    """One line that asserts: squeezed text, and 0 (always true), 1 (weak), 2 (compares) or 4 (an error and its text)."""

    text: str
    strength: int
    said: str = ""  # the line itself


_ASSERTS = lazy(
    r"\b(?:assert|should|fail)\w*<|\b(?:[aA]ssert\w*!?|expect\w*|should\w*|refute\w*|must_\w+|wont_\w+|fail|XCTAssert\w*|REQUIRE\w*|CHECK\w*|EXPECT_\w+|ASSERT_\w+|BOOST_\w+|is_deeply|cmp_ok)\s*[!(. ]|\b(?:verify\w*|require|check|ensure|ok)\s*[!(.]|[\w)\]]\s+should(?:Be|Not|Throw|Contain|Have|Equal)\w*\b"
    r"|\bassert\b|\.(?:should|to|toBe|toEqual|toHave|toThrow|toMatch|toContain|expect)\b|\bt\.(?:Error|Fatal|Fail|Log)\w*|pytest\.(?:raises|warns)|(?<!template)\.(?:Should|Must|Expect)\(|\.Should(?:Be|Not|Equal|Contain|Throw|StartWith|EndWith|Match|Satisfy|Have|All|Allow|Complete)\w*[(<]|\braise\s+AssertionError"
    r"|^\s*\[\[?\s.*\]\]?\s*$|^\s*(?:run|test)\s+!?\s*\S+|\bassert_(?:success|failure|output|line|equal)\b|^\s*(?:Then|And|But)\s"
)
_CALLED = lazy(
    r"\b(?:Expect|Eventually|Consistently|Ω)\(|\bassert\w*<|\bshould\w*<|\bt\.(?:is|not|deepEqual|notDeepEqual|like|truthy|falsy|true|false|throws\w*|notThrows\w*|regex|snapshot|assert|equal|equals|strictSame|same|match|has|ok|notOk|rejects|strictEqual|notEqual|pass)\(|(?<!if )(?<!if !)(?<!= )(?<!return )\bs(?:uite)?\.(?:(?:No)?Error\w*|(?:Not)?(?:Equal|Empty|Nil|Contains)\w*|True|False|Len|ElementsMatch|JSONEq|Panics)\(|\b(?:expect\w*|should\w*|refute\w*|fail|verify\w*|require|check|ensure|ok(?!\(\)))\s*[!(.]|\b(?:[aA]ssert\w*!?|XCTAssert\w*|REQUIRE\w*|CHECK\w*|EXPECT_\w+|ASSERT_\w+)\s*[!(. ]"
    r"|\bassert\b|\.(?:should|to|toBe|toEqual|toHave|toThrow|toMatch|toContain|expect)\b|\bt\.(?:Error|Fatal|Fail|Log)\w*|pytest\.(?:raises|warns)|(?<!template)\.(?:Should|Must|Expect)\(|\braise\s+AssertionError"
)
_BY_CALL: frozenset[Kind] = frozenset({"python", "js", "go", "rust"})  # where a word alone asserts nothing
_STRONG = lazy(
    r"\bthrowsA\(|\bt\.throws\w*\(|(?:should|and)\(\s*['\"](?:have|contain|equal|eq|include|match|deep)|_THROW\(|_THROWS_AS\(|\bbe_within\(|\b(?:must|wont)_(?:equal|be_\w+|match|include|raise|output)\b|^\s*run\s+(?:-\d+|!)\s|\bassert_(?:success|failure)\b|\b(?:EXPECT|ASSERT)_THAT\(|\.(?:To|Should|ToNot|NotTo|ShouldNot)\(\w+\(|\bt\.(?:is|like|true|false|regex|snapshot|has)\(|==|!=|\bis\b|===|Equal\w*|\beq(?:ual)?s?\b|toBe\(|toEqual|toStrictEqual|toMatch|toContain|toHave|toThrow|[Rr]aises|\bwarns\(|Throws?|\.throws?\b|\.rejects\(|\braise_error\b|\bshould(?:Be|Equal|Contain|Throw|Have|Start|End|Match)\w*\b|\.Should\(\)\.\w+\(|\.with\(|assert_eq|assert_ne|_eq!|\bs(?:uite)?\.(?:Empty|Len|ErrorIs|ElementsMatch|JSONEq)\(|_EQ\b|_STREQ|DeepEqual|[Ss]ame|[Mm]atch(?:es)?|[Cc]ontains?|\bin\b|[Ii]ncludes?"
    r"|\bt\.(?:Error|Fatal|Fail)|\b(?:assert|require)\.(?:Empty|Len|ErrorIs|ErrorAs|ErrorContains|EqualError|Zero|In(?:Delta|Epsilon)\w*|JSONEq|YAMLEq|Panics\w*|ElementsMatch|Subset|Exactly|Regexp|Greater\w*|Less\w*|WithinDuration)\b|[<>]=?|almost|approx|close|calledWith|called_(?:once_)?with|CalledWith|assert_line|assert_output|\s-(?:eq|ne|lt|gt|le|ge)\s|\s=\s|is_deeply|\bTimes\b|\bAssert\.(?:Single|Empty|Collection|All|Null|StartsWith|EndsWith|InRange|Raises|Distinct)\w*[(<]|\.Should(?:Be\(|NotBe\(|Equal|Contain|Throw|StartWith|EndWith|Match|BeEquivalent|BeOf)|\.is(?:Equal|Same|True|False|Null|Empty|Zero|Greater|Less|Between|Positive|Negative|In|Close|One|Not|After|Before)\w*\(|\.has\w+\("
)
_WEAKER = lazy(
    r"\bexpectThat\([^\n]{1,300},\s*(?:anything|isNotNull|isNotEmpty|isA<Object>\(\))\s*\)\s*;|BeNumerically\(\s*\">=?\"\s*,\s*(?:0|-\d)|\.(?:NotTo|ToNot|ShouldNot)\(BeNil\(|should\(\s*['\"](?:exist|be\.visible|not\.be\.empty)['\"]\s*\)\s*;?\s*$|\(\s*/\.[*+]/\w*\s*\)|_(?:ANY|NO)_THROW\(|\b(?:REQUIRE|CHECK)_THROWS\(|expected\s*=\s*(?:Throwable|Exception|RuntimeException)\b|assertThrows<(?:Throwable|Exception)>|\bis_expected\.to\s+be_(?:truthy|present)|satisfies\(\s*\(?\w*\)?\s*->\s*\{\s*\}|^\s*assert\s[^\"'#]{1,200}\sor\s|\bassertTrue\([^\"'#]{1,200}\sor\s|>=?\s*0\s*\)+\s*;?\s*$|[gG]reaterThan(?:OrEqual)?\(\s*0\s*,|XCTAssertGreaterThan(?:OrEqual)?\([^,\n]{1,200},\s*0\s*\)|isGreaterThan(?:OrEqualTo)?\(\s*0\s*\)|isNotNegative\(|^[^\"'`]{0,200}\|\||toBeTruthy|toBeDefined|toBeFalsy|not\.toBeNull|not\.toBeUndefined|toBeInstanceOf|is\s+not\s+None|assertIsNotNone|assertNotNull|NotNil|isinstance|\btype\(\w+\)\s+(?:is|==)\s+type\(|assertIsInstance|\bANY\b|not_to\s+be_nil|be_truthy|assert_not_nil|refute_nil|expect\.any(?:thing)?\(|match\s*=\s*r?[\"']\.\*[\"']|[rR]aises\(\s*\([^)]*\b(?:Base)?Exception\b|toBeGreaterThan(?:OrEqual)?\(0\)|assertGreater(?:Equal)?\([^\n]{1,200},\s*0\)|>=?\s*0\s*$|is_some\(\)|is_ok\(\)|\bin\s*[(\[{\"']|raises\((?:Base)?Exception\b|assertRaises\((?:Base)?Exception\b|toThrow\(\s*\)|not\.toThrow|toHaveBeenCalled\(\s*\)|\.toBeCalled\(\s*\)|\braise_error\s*(?:$|\(\s*\)|[}])|to\s+have_received\(\s*:\w+\s*\)\s*$|\bassert_called\(\s*\)|\s-ge\s+0\b|assertEquals\([^,\n]{1,200},[^,\n]{1,200},\s*\d{2,}|doesNotThrow|assertDoesNotThrow|\.Should\(\)\.Not(?:Be)?(?:Null|Empty|Throw)\w*\(|shouldNotBe\s+null|isNotNull\(|isNotEmpty\(|isInstanceOf|(?:assert_?[Tt]hrows|ThrowsAny|Throws)\w*[(<]\s*(?:Throwable|Exception|RuntimeException|Error|System\.Exception)\b"
    r"|!=(?!=)(?!.*==)|\.not\.to(?:Be|Equal)\(|assertNot(?:Equal|Same)s?\b|assert_ne\b|\bNotEqual\b|NotSame\b|assert_not_equal|refute_equal|Assert\.NotNull|XCTAssertNotNil|(?:abs|rel|delta|atol|rtol|tol|places)\s*=\s*(?:\d{2,}|[1-9]\d*(?:\.\d+)?|0\.[5-9]\d*)\b"
)
_TRIVIAL = lazy(
    r"^\s*run\s+(?!-\d|!)[\w\"$./]|toMatchInlineSnapshot\(\s*\)|(?:emptyList\(\)|(?:List|Set|Stream)\.(?:<[^>\n]{0,60}>)?(?:of|empty)\(\))[\s)]*\.all(?:Satisfy|Match)\(|^\s*allow\(|\bt\.(?:pass\(|(?:ok|true|truthy|assert)\(\s*true\b)|\bCHECK_NOFAIL\(|^\s*expect\([^\n]{1,300}\)\.(?:not\.)?to\.(?:throw|equal|eql|include|contain|match|above|below|instanceof|property|be\.a|have\.length)\s*;?\s*$|\.satisfies\(\s*\(?\w+\)?\s*->\s*\{\s*\}|\bassert\s+_\s*=|\bExpect\(true\)|cmp\.Comparer\([^\n]{0,120}return true|^\s*\w{1,3}\.Logf?\(|^\s*assert\s+_\w*\s*=(?!=)|(?:->|::)assert(?:Same|Equals)\(\s*(?P<php>\$[\w>-]{1,60})\s*,\s*(?P=php)\s*[,)]|\bAssert\.(?:Equal|Same|AreEqual|AreSame|Equivalent)\(\s*(?P<cs>[\w.]{1,60})\s*,\s*(?P=cs)\s*[,)]|XCTAssertEqual\(\s*(?P<swift>[\w.]{1,60})\s*,\s*(?P=swift)\s*[,)]|expect\(\s*(?P<rspec>[\w.@]{1,60})\s*\)\.to\s+(?:eq|eql|be)[\s(]\s*(?P=rspec)\s*\)?\s*$|^\s*(?P<kotest>[\w.]{1,60})\s+shouldBe\s+(?P=kotest)\s*$|assertThat\(\s*(?P<assertj>[\w.]{1,60})\s*\)\.is(?:EqualTo|SameAs)\(\s*(?P=assertj)\s*\)|expect\(\s*\[(?:[^\]\n]{0,80}[\s,])?(?P<among>[a-z]\w*)(?:,[^\]\n]{0,80})?\]\s*\)\.to(?:Contain|Include)\w*\(\s*(?P=among)\s*\)"
    r"|^\s*let\s+_\w*\s*=|\brescue\s+(?:nil|true|false)\s*$|^\s*expect\s*\{[^{}]{0,400}\}\s*$"
    r"|\bassert\s+(?:True|1|not\s+False|\"[^\"]*\"|'[^']*'|\d+)\s*(?:,|#|$)|\bassert\s*\(\s*(?:True|1|true)\s*\)|\bassert\s+(?P<plain>\w.{0,80}?)\s*==\s*(?P=plain)\s*(?:,|#|$)|\bassert\s+.{0,200}\bor\s+(?:True|1)\b"
    r"|\bassert\s*\(.{1,200},\s*[\"'].*[\"']\s*\)\s*$|assert(?:True|That)?\s*\(\s*(?:true|True|1)\s*[,)]|assertFalse\s*\(\s*(?:false|False)\s*[,)]|assert(?:_?[Ee]quals?|Is|Same|_eq!?|AreEqual)?\s*\(\s*(?P<both>[\w.\"']{1,60})\s*,\s*(?P=both)\s*[,)]"
    r"|expect\(\s*(?:true|1)\s*\)\.(?:to(?:Be|Equal|StrictEqual)\(\s*(?:true|1)\s*\)|toBeTruthy|to\.(?:be\.true|equal\((?:true|1)\)))|expect\(\s*(?P<js>[\w.\"'\[\]]{1,60}(?:\([^()]{0,60}\))?)\s*\)\.to(?:Be|Equal|StrictEqual)\(\s*(?P=js)\s*\)"
    r"|assert!\s*\(\s*true\b|assert_(?:eq|equal)!?[\s(]\s*(?P<rust>[\w.\"']{1,60})\s*,\s*(?P=rust)\s*(?:[,)]|$)|expect\((?:true|1)\)\.to\s+(?:be|eq|be_truthy|be\(true\))|assert\.(?:ok|equal|True|Equal|isTrue|strictEqual)\(\s*(?:t,\s*)?(?:true|1|(?P<node>[\w.\"']{1,60})\s*,\s*(?P=node))\s*[,)]"
    r"|^\s*(?:await\s+)?expect\((?!.*[)}]\s*\.).*\);?\s*$|^\s*(?:setTimeout|setImmediate|queueMicrotask|process\.nextTick)\(|\[\[?\s+(?P<shell>\"?\$\{?\w+\}?\"?)\s+==?\s+(?P=shell)\s+\]|\bmatches!\([^\n]{1,200},\s*_\s*\)|\batLeast\(0\)|&testing\.T\{\}|new\(testing\.T\)|\brunCatching\s*\{|\bassert\s+true\b|assert\.(?:ok|isTrue)\(true|^\s*(?:\[\[?\s+)?(?:true|:|\[\s+1\s+-?=q?\s*1\s+\]|1\s+(?:-eq|==?)\s+1\s*\]?\]?)\s*$|EXPECT_TRUE\(true\)|ASSERT_TRUE\(true\)|XCTAssert(?:True)?\(true\)|\|\|\s*true\s*\)|\bor\s+True\s*\)|\|\|\s*(?:true|:)\s*$|^\s*expect\(.*\)\.(?:resolves|rejects)\.|Assert\.(?:True|IsTrue|That)\(\s*true\b|assertTrue\(true\)|\bassertThat\([^()]{0,80}(?:\([^()]{0,80}\)[^()]{0,40}){0,3}\)\s*;\s*$"
)
MAX_BROKEN = 40  # lines that one assertion may be broken over
_ALWAYS = lazy(r"\s*if\s*\(?\s*(?:True|true|1|not\s+False|!false)\s*\)?\s*[:{]\s*$")
_CHAINS: frozenset[Kind] = frozenset({"java", "php", "js", "ruby"})
_INDENTED: frozenset[Kind] = frozenset(
    {"python", "js", "java", "ruby", "php", "rust", "c"}
)  # where conditions are no assertions
GUARDED = "→if"  # what the text of an assertion below a condition ends with
_GUARD = lazy(r"\s*(?:\}\s*)?(?:if|elif|elsif|unless|else)\b")
_ASKED = lazy(r"\s*if\s*\([^\n]{1,200}\)\s*(?=(?:expect|assert\w*|EXPECT_\w+|ASSERT_\w+|REQUIRE\w*|CHECK\w*)\W)")
_POSTFIX = lazy(r"[^\s({,]\s+(?:if|unless)\s+[\w@!(]")
_LINK = lazy(
    r"\)\s*\.\s*(?=(?:(?:is|has|contains|does|satisfies|matches|starts|ends|Be|Have|Contain|Throw|NotBe|With)(?:[A-Z]\w*)?|(?:all|any|none)Match)\s*\()"
)
_BEGINS = lazy(
    r"\s*(?:await\s+)?(?:assert|expect|self\.assert|t\.|require\.|it\(|test\(|def\s|with\s|for\s|if\s|return\b)"
)
_WITH_TEXT = lazy(r"\b(?:[rR]aises|warns)\([^\n]{1,200}\bmatch\s*=|\b(?:assertRaises|assert_raises)_?[rR]egexp?\b")
_CONDITION = lazy(r"\s*(?:\}\s*else\s+)?if\s+(?:(?P<set>[^;{]{1,200});\s*)?(?P<what>[^{;]{1,300}?)\s*\{\s*$")
_REPORTS = lazy(r"\s*\w{1,3}\.(?:Error|Fatal)f?\(|\s*\w{1,3}\.Fail(?:Now)?\(")
_RAISES = lazy(r"\s*raise\s+AssertionError\b")
_FALSE = lazy(r"^\s*false\b|&&\s*false\b")
_OF_DART = lazy(r"\bexpect(?:Later)?\((?=[^\n]{1,300},)")  # what is expected stands within
_STATIC = lazy(r"\b(?:self|static)::(?=assert|expect)")  # of PHPUnit, the same as `$this->`
_HASHED = lazy(r"(?<=[\"'])\s*=>|(?<=:)\w{1,60}[?!]?\s*=>")  # of Ruby's hashes, no arrow of a function
_ONLY_NIL = lazy(r"\w+\s*[!=]=\s*nil$|[\w.()]{1,80}\s*<\s*0$")  # of what is reported, the least
_SET = lazy(r"\s*(?:const\s+|let\s+|var\s+|final\s+)?([A-Za-z_][\w.]*)\s*:?=\s*([^=\s][^\n]{0,200}?)\s*;?\s*$")
_EXPECTED = lazy(r"\s*(?:[\w<>\[\],.]{1,60}\s+){0,3}expect(?:ed)?\w*\s*:?=(?!=)(?![^\n]*\b(?:assert|expect)\w*\()")
_EQUALS = lazy(
    r"\bassert\s+(.{1,200}?)\s*==\s*(.{1,200}?)\s*$|assert_?[eE]quals?\(\s*(.{1,200}?)\s*,\s*(.{1,200}?)\s*\)|expect\((.{1,200}?)\)\.(?:to(?:Be|Equal|StrictEqual)\(|to\s+eq\()(.{1,200}?)\)|assert_eq!\(\s*(.{1,200}?)\s*,\s*(.{1,200}?)\s*\)"
)
_ARROW = lazy(r"\s+(?:const|let|var)\s+(\w+)\s*=\s*(?:async\s*)?\([^()]*\)\s*=>")
_LAMBDA = lazy(
    r"\s+(?:Runnable|Executable|ThrowingRunnable|var|Supplier<[^>]*>|Callable<[^>]*>)\s+(\w+)\s*=\s*\(\)\s*->"
)
_INNER = lazy(r"\s+(?:async\s+)?def\s+(\w+)\s*\(")
_BOOLEAN = lazy(r"(?:==|\bis|Equals?\(.*,|toBe\(|toEqual\()\s*(?:True|true|False|false|None|null|nil)\b")
_RETURNS = lazy(
    r"^\s*(?:if\s*\(?\s*(?:True|true|1|!false|not\s+False)\s*\)?\s*:?\s*\{?\s*)?(?:return\b(?!\s*(?:\(|function\b|async\b|expect|await|new|cy\.|request|supertest|render|promise|Promise|[\w.]+\()).{0,20}|next|exit 0|raise\s+(?:unittest\.)?SkipTest.*|throw new .*)\s*;?\s*\}?\s*$"
)
_NEVER = lazy(
    r"^\s*(?:\[\]|%[wi]\[\]|\{\}|\(\)|List\.of\(\)|emptyList\(\))\s*\.(?:forEach|each\w*|map|every)\b|^\s*for\b[^\n]{1,200}\bin\s+(?:zip|enumerate)\(\s*(?:\[\]|\(\))|^\s*for\s*\([^\n]{1,120}\bof\s+\[\]|^\s*for\s*\([^;\n]{0,80};\s*\w+\s*<\s*0\s*;|^\s*_\s*=\s*func\(|^\s*for\s[^\n]{1,200}(?:\[:0\]|\.slice\(0,\s*0\)|\bin\s+\[\])|^\s*(?:el)?if\s*\(?\s*(?:False\s+and\b|false\s*&&)|^\s*(?:el)?if\s*\(?\s*(?:False|false|0|None|not\s+True|!true)\s*\)?\s*[:{]|^\s*while\s*\(?\s*(?:False|false|0)\s*\)?\s*[:{]|^\s*for\s+\w+\s+in\s+(?:\[\]|\(\)|range\(0\))\s*:|^\s*if\s+TYPE_CHECKING\s*:"
)

_SKIPS: dict[Kind, re.Pattern[str]] = {
    "python": lazy(r"\bassume\(\s*False\s*\)|@(?:pytest\.)?(?:mark\.)?(?:skip|skipif|xfail)\b|\bmark\.(?:skip|skipif|xfail)\b|pytest\.(?:skip|xfail|importorskip|exit)\(|unittest\.(?:skip|expectedFailure)|@(?:skip|skipIf|skipUnless|expectedFailure)\b|\.skipTest\(|\bSkipTest\b|__test__\s*=\s*False|@pytest\.mark\.(?:disabled|quarantine|broken|wip)|@unittest\.case\.skip|parametrize\(.{1,80},\s*(?:\[\s*\]|\(\s*\))\s*[,)]"),
    "js": lazy(r"\b(?:it|test|describe|context|suite|specify)\.(?:\w+\.)*(?:skip|only|todo|fixme|failing|fails|skipIf|runIf|fail(?=\())\b|\b(?:xit|xtest|xdescribe|xcontext|xspecify|fit|fdescribe|ftest)\s*[(.`]|\bthis\.skip\(|\b(?:t|ctx|context|task)\.skip\(|\bpending\(\)|\btest\.(?:fixme|slow)\(|\{\s*(?:skip|only|todo|ignore)\s*:\s*(?:true|['\"])|\b(?:it|test|describe)\[['\"](?:skip|only|todo)['\"]\]|\.each\(\s*\[\s*\]\s*\)"),
    "go": lazy(r"^\s*(?:var\s+_\s*=\s*)?[PXF](?:It|Specify|Describe\w*|Context|When|Entry)\(|^\s*Skip\(|\bPending\b|(?:\b\w+|\))\.(?:Skip|SkipNow|Skipf)\(|^//\s*\+build\s+ignore|^//go:build\s+(?:ignore|never|disabled|skip)|testing\.Short\(\)"),
    "rust": lazy(r"#\[ignore\b|\bprop_assume!\(|#\[cfg\((?:any\(\)|(?:never|false|FALSE|disabled|none|skip)\)|not\(test\)|feature\s*=\s*\"(?:disabled|skip|never))|#\[should_panic\b|#\[cfg_attr\(.{0,80}\bignore|#\[cfg\(all\(test\s*,|#\[cfg\(all\([^)]*\),\s*test"),
    "java": lazy(r"\bskip:\s*['\"]|^\s*(?:pending|cancel)\b\s*(?:\(|$)|^\s*ignore\s+should\b|<<\s*\[\s*\]\s*$|@(?:\w+\.)*(?:PendingFeature\w*|IgnoreRest|IgnoreIf|Disabled\w*|Ignore|Enabled(?:If|On|For)\w*|Pending|Ignored)\b|\bassum(?:e|ing)(?:True|False|That)?\(|(?<![.\w-])enabled\s*=\s*false|\[(?:\w+\.)?Ignore\b|\bSkip\s*=|\bExplicit\s*=\s*true|\bSkip\.(?:If|Unless|When)\w*\(|\bAssert\.Skip\w*\(|XCTSkip|XCTExpectFailure|^\s*#if\s+(?:false|NEVER|0|DISABLED|SKIP)|[\[,]\s*Explicit\b|^\s*#if\s+(?!!?NET|DEBUG|WINDOWS)!?[A-Z]|\bIgnore\(|Assert\.(?:Ignore|Inconclusive|Pass)\(|^\s*(?:x(?:test|it|describe|should|scenario|given|context)|ignore)\s*[(\s][\"'(]|^\s*ignore\s+should\b|\bskip\s*[:=]\s*true|(?<![.\w-])enabled\s*=\s*false"),
    "ruby": lazy(r"^\s*(?:RSpec\.)?(?:xit|xdescribe|xcontext|xspecify|xscenario|fit|fdescribe|fcontext|pending|skip)\b|,\s*:(?:skip|pending|focus)\b|\bfocus:\s*true|^\s*(?:RSpec\.)?[fx]?(?:it|describe|context|specify|example|scenario|feature|shared_examples\w*)\b[^\n]*\b(?:skip|pending):\s|\b(?:skip|pending):\s[^\n]*\bdo\s*(?:\|[^|]*\|)?\s*$|(?:^|\{)\s*skip(?:\s|\(|$)"),
    "shell": lazy(r"(?:^|&&|\|\||;|\bthen)\s*skip\b(?!\s*\(\))|\bstartSkipping\b|test_expect_failure|\bSkip if\b|^\s*bats_skip|exit 77"),
    "php": lazy(r"markTestSkipped|markTestIncomplete|->skip\(|->todo\(|->only\(|@group\s+(?:disabled|skip|broken)|@requires\b|#\[(?:Skip|Ignore)|expectNotToPerformAssertions|@doesNotPerformAssertions"),
    "c": lazy(r"GTEST_SKIP|\bDISABLED_\w+|\[\.\w*\]|\[!mayfail\]|\[!shouldfail\]|boost::unit_test::disabled|^\s*#if\s+0\b"),
}  # fmt: skip
_SKIPS_ANY = lazy(
    r"@(?:module|describe)?tag\s+:?skip|@(?:skip|ignore|wip|pending|disabled)\b|\bskip:\s*true|\bpending\b|\.skip\b"
)
FOCUSES = (
    "only",
    "bats:focus",
    "fit",
    "fdescribe",
    "ftest",
    "fcontext",
    "focus",
)  # one stands in every line with focus
_FOCUS = lazy(
    r"\b(?:it|test|describe|context|suite|specify)\.(?:\w+\.)*only\b|\b(?:fit|fdescribe|ftest|fcontext)\s*[(`'\" ]|\bfocus:\s*true|,\s*:focus\b|->only\(|\{\s*only\s*:\s*true|bats:focus"
)


def is_skip(line: str, kind: Kind) -> bool:
    """Whether a line keeps a test from running, or from failing."""
    text = line[:2_000]
    if re.match(r"\s*(?:#(?!\[|if)|//(?!go:build|\s*\+build)|\*(?!\s*@))", text):
        return False
    return bool((_SKIPS.get(kind) or _SKIPS_ANY).search(text))


def never_runs(line: str) -> bool:
    """Whether a line opens a block that is never entered."""
    return bool(_NEVER.match(line))


def is_focus(line: str) -> bool:
    """Whether a line makes the runner leave out all other tests."""
    return bool(_FOCUS.search(line[:2_000])) and not re.match(r"\s*(?://|#(?!\s*bats)|\*)", line)


def assertions_of(lines: Sequence[str], kind: Kind, indent: int) -> tuple[Assertion, ...]:
    """The assertions that run: none below a `return` or inside `if False:`."""
    found: list[Assertion] = []
    known: dict[str, str] = {}  # what names were set to
    before = ""
    depth, dead = None, None  # indentation of the body, of a block that never runs
    guards: list[int] = []  # indentation of the conditions around a line
    for number, line in enumerate(_joined(lines, kind)):
        at = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if number and line.strip():
            depth = at if depth is None and line.strip() != "{" else depth
            dead = None if dead is not None and at <= dead else dead
            guards = [guard for guard in guards if guard < at]
            if at == depth and (_RETURNS.match(line) or (_ALWAYS.match(line) and _leads_out(lines, line))):
                break
        if dead is None and (_NEVER.match(line) or (number and _is_uncalled(line, lines, kind))):
            dead = at
        elif (
            dead is None
            and len(line) <= 2_000
            and _asserts(line, kind)
            and not (number == 0 and kind in ("python", "go", "rust", "java"))
            and not _EXPECTED.match(line)
        ):
            asked = _ASKED.match(line) if kind in _INDENTED else None
            made = _assertion(line[asked.end() :] if asked else line, before, known, kind)
            found.append(_guarded(made) if guards or asked or (kind == "ruby" and _POSTFIX.search(line)) else made)
        if number and kind in _INDENTED and _GUARD.match(line):
            guards.append(at)
        if match := _SET.match(line) if dead is None else None:
            known[match[1]] = re.sub(r"\s+", "", match[2])
        before = line
    return tuple(found)


def _guarded(item: Assertion) -> Assertion:
    """The same below a condition: where that does not hold, nothing is asserted."""
    return item._replace(text=item.text + GUARDED, said=f"{item.said} if")


def _assertion(line: str, before: str, known: dict[str, str], kind: Kind) -> Assertion:
    """One assertion; in Go the condition above a report is what is asserted, its words are not."""
    line = _uncommented(line, kind)
    if kind == "php":
        line = _STATIC.sub("$this->", line)
    if kind == "java":
        line = _OF_DART.sub("expectThat(", line)
    condition = _CONDITION.match(before) if kind == "go" and _REPORTS.match(line) else None
    said = f"{condition['what']} → report" if condition else line
    text = re.sub(r"\s+", "", said).replace("'", '"').rstrip(",;")
    if condition:
        return _reported(condition, text, known, f"{condition['what']} {line.strip()}")
    own = _is_its_own(line, known, before) or compares_itself(line)
    return Assertion(text, 0 if own else strength(line), " ".join(line.split()))


def _uncommented(line: str, kind: Kind) -> str:
    """A line without the remark behind it; one within quotes stays."""
    mark = " # " if kind in ("python", "ruby", "shell") else " // "
    at = line.find(mark)
    whole = at < 0 or any(line.count(quote, 0, at) % 2 for quote in "\"'`")
    return line if whole else line[:at]


def _reported(condition: re.Match[str], text: str, known: dict[str, str], said: str) -> Assertion:
    """What Go asserts by reporting under a condition; nothing where that never holds."""
    set_here = _SET.match(condition["set"]) if condition["set"] else None
    here = {set_here[1]: re.sub(r"\s+", "", set_here[2])} if set_here else {}
    sides = re.split("[!=]=", re.sub(r"\s+", "", condition["what"]), maxsplit=1)
    own = len(sides) == 2 and sides[0] in (known.get(sides[1]), here.get(sides[1]))
    own = (
        own
        or compares_itself(condition["set"] or "")
        or (len(sides) == 2 and sides[1] in (here.get(sides[0]), sides[0]))
        or bool(_FALSE.search(condition["what"]))
    )
    return Assertion(text + "own" * own, 0 if own else 1 if _ONLY_NIL.match(condition["what"]) else 2, said)


def _is_its_own(line: str, known: dict[str, str], before: str) -> bool:
    """Whether what is expected was just computed by the very expression that is tested."""
    match = _EQUALS.search(line) if known else None
    sides = [re.sub(r"\s+", "", side) for side in match.groups() if side] if match else []
    return (
        len(sides) == 2
        and ("(" in "".join(sides) + known.get(sides[0], "") + known.get(sides[1], "") or bool(_SET.match(before)))
        and (known.get(sides[1]) == sides[0] or known.get(sides[0]) == sides[1])
    )


def _asserts(line: str, kind: Kind) -> bool:
    return bool((_CALLED if kind in _BY_CALL else _ASSERTS).search(line))


def _joined(lines: Sequence[str], kind: Kind) -> list[str]:
    """The lines, with an assertion that a formatter broke over several put together; the others stay."""
    out: list[str] = []
    at = 0
    while at < len(lines):
        text, taken = lines[at], 1
        asserts = at > 0 and _asserts(lines[at], kind)
        while (
            asserts and taken < MAX_BROKEN and at + taken < len(lines) and _is_unfinished(text, lines[at + taken], kind)
        ):
            following = lines[at + taken]
            if _BEGINS.match(following):
                text, taken = lines[at], 1
                break
            text, taken = f"{text} {following.strip()}", taken + 1
        out.append(lines[at] if _opens(text) else text)
        at += 1 if _opens(text) else taken
    return out


def _is_unfinished(text: str, following: str, kind: Kind) -> bool:
    """Whether an assertion goes on in the next line: within brackets, or as the next link of a chain."""
    return _opens(text) or (kind in _CHAINS and following.lstrip().startswith("."))


def _leads_out(lines: Sequence[str], line: str) -> bool:
    """Whether what follows an `if True:` leaves the test."""
    at = next((at for at, other in enumerate(lines) if other == line), len(lines))
    return at + 1 < len(lines) and bool(_RETURNS.match(lines[at + 1]))


def _opens(text: str) -> bool:
    """Whether more brackets open than close."""
    return len(text) <= 2_000 and sum(map(text.count, "([{")) > sum(map(text.count, ")]}"))


def _is_uncalled(line: str, lines: Sequence[str], kind: Kind) -> bool:
    """Whether a line begins a function inside a Python test that the test never mentions again."""
    pattern = {"python": _INNER, "js": _ARROW, "java": _LAMBDA}.get(kind)
    match = pattern.match(line) if pattern else None
    return match is not None and sum(match[1] in other for other in lines) == 1


@lru_cache(maxsize=4096)
def strength(line: str) -> int:
    """0 where a line asserts nothing that could fail, 1 where little, 2 where it compares, 4 an error with its text."""
    if _TRIVIAL.search(line):
        return 0
    if _RAISES.match(line):
        return 2  # whatever it says
    links = _LINK.split(line)
    if len(links) > 2:
        return sum(strength(f"assert.{link})") for link in links[1:]) + 2 * ("Throw" in links[0])
    if _WITH_TEXT.search(line) and not _WEAKER.search(line):
        return 4
    if _WEAKER.search(line) or not _STRONG.search(_HASHED.sub(": ", line)):
        return 1
    return 2


def is_boolean(text: str) -> bool:
    """Whether a squeezed assertion only compares with true, false or nothing."""
    return bool(_BOOLEAN.search(text))
