"""What an instruction to a judge looks like when it stands in a paper: patterns by name.

They are matched against text as `triage.core.unmasking` reads it: case folded, without accents, white space single.
Abstracts hardly ever address anyone, so the patterns may be wide; `benchmarks/injection_flags.py` measures both sides.
"""

import re
from collections.abc import Mapping
from typing import Final

ORDER: Final = "asks to ignore instructions"
ADDRESS: Final = "speaks to a language model or reviewer"
ROLE: Final = "plays a role in a conversation"
GRADE: Final = "states a grade or verdict"
IMITATION: Final = "imitates our delimiters or JSON answer"
PRESSURE: Final = "claims authority or threatens"
HIDDEN: Final = "hidden by LaTeX, HTML or Markdown"
FOREIGN: Final = "text in another language"
COMMAND: Final = "gives a command"

# Where a clause begins, and where an imperative can stand.
_OPENING = r"(?:^|[.!?:;\"'(\[{}<>*#]\s*)"
_URGE = r"\b(?:please|now|then|must|should|shall|kindly|you|just|simply|instead|only)\s"
_OPENED = rf"(?:{_OPENING}|{_URGE})"
_URGED = rf"(?:^|[^\w\s]\s*|{_URGE})"

_MACHINE = (
    r"(?:ais?|llms?|(?:language )?models?|reviewers?|judges?|graders?|assistants?|chatgpt|gpt\S*|claude|gemini"
    r"|evaluators?|raters?|screeners?|chatbots?)"
)
_MACHINE_ROLE = r"(?:ai|llm|(?:large )?language model|reviewer|judge|grader|helpful|assistant)"
_RULES = (
    r"(?:instructions?|prompts?|rules?|guidelines?|rubrics?|criteri(?:a|on)|directions|directives?|orders?|told"
    r"|above|previous(?:ly)?|prior|earlier|tasks?|policy|policies|message)"
)
_ANSWER = r"(?:answer|response|output|verdict|summary|takeaway|grades?|system prompt|prompt|rubric|shortlist)"
_THIS_PAPER = r"this (?:paper|work|article|submission|manuscript|abstract|study|document|record|one)"
_CRITERION = r"(?:relevance|centrality|evidence|novelty|usefulness)"
_GRADED = (
    rf"(?:{_THIS_PAPER}|(?:all|every|each|any) (?:criteri\w+|grades?)|{_CRITERION} (?:to|=|as|at)\b"
    r"|(?:top|highest|maximum|best) (?:grade|mark|value)s?)"
)
_JUDGED = (
    r"(?:relevant|relevance|graded?|ranked|rate|rated|boost|shortlist(?:ed)?|select|selected|accept(?:ed)?|reject\w*"
    r"|choose|deserves?|belongs|on[ -]topic|in scope|approved?|priority|favou?r|looking for|low grades?|as including)"
)
# "This paper ranks", "this study we select": what honest abstracts say of themselves.
_TELLS = r"(?:we\b|(?!(?:is|was|has|deserves|belongs|matches)\b)\w+s\b)"
_BEST = r"(?:4|four|5/5|10/10|the maximum|maximum|maximal|max|highest|yes)"
_GRADING = (
    r"(?:give|assign|award|set|rate|grade|score|mark|rank|treat|classify|label|judge|accept|recommend|approve|consider"
    r"|include|place|put|make|add)"
)
_ASKED_FOR = rf"(?:{_GRADING}|answer|respond|reply|output|return|write|report|be|ignore)"
_OWNER = r"(?:arxiv|admin\w*|operators?|developers?|owners?|moderators?)"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


SIGNS: Final[Mapping[str, re.Pattern[str]]] = {
    ORDER: _any(
        rf"{_OPENED}(?:ignore|disregard|forget|discard|override|bypass|skip|cancel|erase|neglect|pay no attention to)"
        rf"\s(?:[\w'-]+\s){{0,5}}?{_RULES}\b",
        rf"{_OPENED}(?:do not|don't|stop|never) (?:follow|obey|apply)(?:ing)?\s(?:[\w'-]+\s){{0,5}}?{_RULES}\b",
        r"\b(?:earlier|previous|prior|above) (?:rules|instructions|prompts?|guidelines) (?:is|are|were) "
        r"(?:void|cancel|obsolete|invalid|revoked|no longer)",
        r"(?:^|[^\w\s]\s*)(?:new|updated|revised|real|actual) (?:instructions?|task|rule|policy)(?: follows?)?\s*[:.]",
        r"\b(?:correction|update|change) (?:to|of) (?:the|your) (?:rubric|instructions|prompt)",
        r"\bsystem prompt update|\bthe new (?:rule|instruction|prompt)\s*:|\bfrom now on\b",
    ),
    ADDRESS: _any(
        rf"{_OPENING}(?:dear|hey|hello|attention|note|notice|message|memo|hint|reminder|instructions?|request"
        r"|(?:for|to) (?:any|all|every|llm|ai|automated))\b,?(?:\s(?:to|for))?(?:\s(?:the|any|all|every))?"
        rf"(?:\s\w+){{0,2}}?\s{_MACHINE}(?:\s(?:reading|evaluating|processing|reviewing|grading|judging)\b|\s?[:,!])",
        rf"{_OPENING}{_MACHINE}, (?:use|give|rate|set|grade|answer|write|mark|put)\b",
        rf"\bif you(?:'re| are) an?\b|\bas an? {_MACHINE_ROLE}\b[\w ]{{0,20}}, (?:you|please)\b|\byou, the assistant\b",
        rf"\byou (?:are now|must|should|shall|are required|are instructed|are being|have to|are dan)\b"
        rf"|\byou are an? {_MACHINE_ROLE}\b",
        rf"\byour (?:\w+ )?(?:task|job|instructions?|guidelines|developers?|operators?|{_ANSWER}) "
        r"(?:is|must|should|shall|will|for|and|follows?|has)\b",
        rf"\b(?:in|begin|start|end|reveal|print|repeat|translate|change) your (?:\w+ )?{_ANSWER}\b",
        r"\bbefore you (?:answer|grade|judge)|\bthe text above word for word",
        rf"{_URGED}(?:pretend|imagine) (?:that )?you\b|{_URGED}act as (?:an?|the|my|if)\b|\blet(?:'s| us) play a\b",
        rf"{_URGED}simulate an? (?:judge|reviewer|grader)",
        r"\b(?:i|we)(?: would| do)?(?: kindly| hereby)? (?:ask|instruct|command|order|request|beg|urge|advise) "
        rf"(?:you|the {_MACHINE})\b|\bauthors ask you\b|\b(?:grateful|appreciated?|thankful) if you\b",
        rf"\b(?:please|kindly),?\s(?:[\w,]+\s){{0,4}}?{_ASKED_FOR}\b",
        r"\b(?:recommend accept\w+|(?:positive|favorable) review only|only (?:positive|favorable) reviews?)\b",
        r"\b(?:do not|don't|never) (?:mention|highlight|list|raise) any (?:negatives?|weakness\w*|limitations?|flaws?)",
    ),
    ROLE: _any(
        r"(?:^|[.!?>\]*#\"'`%]\s*)(?:system|assistant|human|user|developer|admin|operator|grader|judge|reviewer|input"
        r"|instruction|important instruction|q)(?: (?:prompt|message|note|update))?\s?:(?!:)",
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|(?:start|end)_header_id)\|>",
        r"\[/?(?:inst|system)\]|<</?sys>>|</?s>|#{2,}\s?(?:instruction|system|response|human|assistant)\b",
        r"\bfunction_call\b|-{2,} ?new (?:conversation|session)|\bthe assistant (?:responded|answered|said)\b",
        r"</?(?:system|assistant|user|human|instructions?|start_of_turn|end_of_turn|prompt|message)>",
    ),
    GRADE: _any(
        rf"{_URGED}{_GRADING}\b[^.!?]{{0,40}}?\b{_GRADED}",
        rf"(?<!\bin ){_THIS_PAPER} (?!{_TELLS})[^.!?]{{0,60}}\b{_JUDGED}\b",
        rf"\b{_JUDGED}\b[^.!?]{{0,40}}\b(?:{_THIS_PAPER}|(?:for|in|to) the present (?:paper|article|work))\b",
        r"\b(?:grades?|scores?|relevance|rating|points)(?:\W{1,4}| is | of | to )"
        r"(?:4\b(?![.,]?\d|[-%x)])|four\b(?! \w))",
        r"\b(?:grades? of 0\b|an? four(?= ?[.!;]|$)|an? 4(?= ?[.!;]\s|$)|four points\b|maximum points|rank 1\b)|★{3}",
        rf"\b{_THIS_PAPER} ?[=:] ?4|\b(?:now|scale|range) [^.!?]{{0,30}}\b4 (?:to 4|is the)\b|\bexcellent fit\b",
        r"\bshortlist this\b|\b(?:100%|fully|completely|clearly) on[ -]topic\b|\bboost the score\b|\btopic_match\b",
        r"\byes\b(?! ?(?:/|-|,? ?(?:or|and|no)\b))",
        rf"{_URGED}(?:summari[sz]e {_THIS_PAPER}|answer with the maximum)|\btakeaway (?:must|should)|\bas takeaway\b",
        rf"\b{_THIS_PAPER} (?:is|must|should|shall|has|gets?|receives?|deserves?|was|counts?|matches)\b"
        r"(?: be| been| already| also| fully| highly| clearly| directly| to)* "
        r"(?:(?:relevant|central)\b(?! to)|on[ -]topic|graded|ranked|rated|scored|approved|included|shortlisted|placed"
        r"|marked|checked|grade\b|relevance\b|full marks|the (?:top|highest|maximum)|as (?:agent|generative))",
        rf"\b{_CRITERION}(?: (?:level|score|grade))?\s?(?:=|:|is|to|of|must be|should be)?\s?[\"']?"
        rf"{_BEST}\b(?![.%]?\d)",
        r"\b(?:grades?|verdicts?)\s?(?:=|:|is|are|of|below|for this abstract:)?(?: all)?\s?[\"']?"
        r"(?:4|four|the maximum|relevant)\b(?![.%]?\d| student| math| level| reading)",
        r"\b(?:4/4|4 out of 4|only fours|full marks|the top grade|maximum grade)\b|\b(?:4, ){3}|\bonly the digit\b",
        r"\b(?:rate|grade|score|mark|rank)(?:s|d)? "
        r"(?:it|them|this|everything|every paper|as|the (?:next )?paper|paper)\b"
        r"[^.!?]{0,30}\b(?:4|5|5/5|relevant|central|highest|first)\b",
        r"\bq: .{1,80}\ba: yes\b|\bassistant: yes\b|\boutput: 4\b|\bfinal verdict\s?[:=]|\bprevious grader",
        r"\b(?:right|correct|only passing|expected) (?:grade|relevance|verdict)\b",
        r"\b(?:right|passing|expected) (?:answer|output) is\b",
    ),
    IMITATION: _any(
        r"</?(?:paper|abstract|document|data|title|input|context|criteria|verdict)\b[^<>]{0,20}>|```",
        r"[=#*-]{2,}\s?(?:end|begin|start)(?:ning)? of (?:the )?(?:paper|abstract|document|data|prompt|text|input)",
        r"\bend of data\.|\b(?:text of the )?paper (?:stops|ended|ends) (?:here|above)",
        rf"[\"'](?:{_CRITERION}|grades?|takeaway|criteria|reference|flags|sentence|verdict)[\"']\s?:",
        rf"{{\s?[\"']?(?:{_CRITERION}|grades?|verdict)[\"']?\s?:",
    ),
    PRESSURE: _any(
        r"\b(?:by order of|on behalf of|(?:message|instruction) (?:from|comes from)|comes from) (?:the |your )?"
        rf"(?:\w+ )?{_OWNER}\b",
        r"\badmin override|\boverride code",
        r"\b(?:maintenance|developer|debug|god|root) mode\b.{0,20}\b(?:active|every|on)\b",
        r"\bfailure to comply\b|\byou will be\b|\bheld responsible\b|\bif you (?:do not|don't|fail)\b|\bunless you\b",
        r"\b(?:developers|owners?|operators|administrators|authors) of this "
        r"(?:screening|grading|ranking|shortlist|system)",
        r"\bowner of this\b|\bwrote the rubric\b|\bofficial test of\b|\bpolicy requires that\b|\bviolates your\b",
        r"\bi will (?:tip|pay|reward) you\b",
    ),
    HIDDEN: _any(
        r"\\(?:text)?color\s?(?:\[\w+\])?\s?\{\s?(?:white|1(?:\.0*)?(?:,\s?1(?:\.0*)?){0,2}|#?f{3,6})\s?\}",
        r"\\(?:tiny|[hv]?phantom|iffalse|fontsize|transparent|pdfliteral|[lr]lap|scalebox\{0)\b|\\begin\{comment\}",
        r"<!--|\[(?://|comment)\]:\s?[#<]|<(?:span|div|p|font|small)\b[^>]{0,80}(?:hidden|display|color|size|opacity)",
    ),
    FOREIGN: _any(
        r"忽略|忽視|无视|無視|满分|滿分|最高分|打\s?\d\s?分|[请請].{0,12}[评評给給]|语言模型.{0,8}[必應应請请]",
        r"してください|点を付け|무시하|지시를|점수를|주세요|تجاهل|التعليمات|अनदेखा|निर्देश|कृपया",
        r"[\u0400-\u04ff\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
        r"[\s\u0400-\u04ff\u0600-\u06ff\u0900-\u097f\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7af]{7}",
        r"[\u1ea0-\u1ef9]",
        r"игнориру|инструкци|поставь|пожалуйста.{0,20}оцени",
        r"\b(?:ignoriere?n?|missachten?|vergiss|bewerten?|bitte)\b.{0,60}"
        r"\b(?:anweisung|arbeit|artikel|note|punkt|kriteri|regel)",
        r"\b(?:ignore[zr]?|oublie[zr]?|veuillez|donne[zr]|attribue[zr]?)\b.{0,60}"
        r"\b(?:precedentes?|cet article|consignes|ce travail|critere|maximale)",
        r"\b(?:ignor[ae]|olvid[ae]|por favor|calific\w+|otorg\w+|asign\w+)\b.{0,60}"
        r"\b(?:instrucciones|articulo|trabajo|puntuacion|criterios|reglas)\b",
        r"\b(?:ignor[ae]|esqueca|por favor|avalie|atribua)\b.{0,60}\b(?:instrucoes|artigo|criterios|pontuacao)\b",
        r"\b(?:ignora\w*|dimentica|assegna\w*|valuta\w*|per favore)\b.{0,60}\b(?:istruzioni|articolo|voto|punteggio)\b",
        r"\b(?:negeer|vergeet|geef|beoordeel)\b.{0,60}\b(?:instructies|artikel|cijfer|regels|punten)\b",
    ),
}

# For running text alone: titles often speak to the reader ("Look before you leap") or command ("Rank, don't generate").
PROSE_SIGNS: Final[Mapping[str, re.Pattern[str]]] = {
    ADDRESS: _any(
        r"(?<!all )(?<!what )\b(?:you|yours?)\b",
        r"\b(?:thanks?|please|kindly|hello|greetings)\b"
        r"(?! (?:to|see|visit|find|refer|note|check|contact|cite|consult)\b)",
        rf"\b{_MACHINE} (?:are|is) (?:requested|asked|required|advised) to\b|\bto the machine reading\b",
        r"\b(?:ai|llm) readers?\b|\bautomated system reads\b",
        rf"{_OPENING}(?:grader|judge|reviewer|assistant)(?:'s note|, )",
    ),
    COMMAND: _any(
        r"(?:^|[.!?][\"')]?\s)(?:give|select|choose|boost|increase|raise|accept|approve|include|shortlist|say|respond|reply"
        r"|return|treat|evaluate|ignore|forget|stop|do not|do what|never|repeat|write|put|assign|award|remember|be|make"
        r"|begin|pick|recommend|follow|obey|disregard|skip|favou?r|reject|read|promote|prefer)\s",
        r"(?:^|[.!?][\"')]?\s)(?:mark|rate|grade|score|rank|output|answer|print|judge|use|place|set|report|help|consider)\s"
        r"(?:an?|the|this|that|all|every|each|it|yes|true|only|us|as|for|\W?\d)\b",
    ),
}
_SMALL_WORDS: Final = (
    "bitte als diese dieser dieses diesen und der das dem mit fur ist cet cette ces le les des du est pour avec merci "
    "en este esta como por favor para el los las una uma com questo questa il con gli dit deze het een van prosze te "
    "tej bu ve lutfen icin cho nay ini untuk tolong yang dengan och det som till"
)
FOREIGN_WORDS: Final = frozenset(_SMALL_WORDS.split())
"""Small words of other languages in Latin letters, without accents."""
