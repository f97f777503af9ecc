"""What states something to keep, and what does not: greetings, questions, filler, pointers."""

from __future__ import annotations

import re

from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import (
    EMPTY_FIRST_PERSON,
    EMPTY_OPENINGS,
    EMPTY_POINTING,
    INTERJECTIONS,
    META,
    word_set,
)
from retain.providers.local import manual
from retain.providers.local.words import WORD, content_words, has_verb, words

_INTERJECTION = "|".join(sorted(INTERJECTIONS.split(), key=len, reverse=True))
_LEAD = re.compile(
    rf"(?:{_INTERJECTION})(?: (?:{_INTERJECTION}))?\b(?:(?-i: [A-Z][a-z]+[,!])|,| -|\.\.\.|…"
    r"|(?=\s+(?:i|we|my|our|it)\b))\s*|(?:and"
    r"|but|also|plus|or) (?=\w)"
    r"|by the way,? |btw,? |fyi[:,]? |good news[,:!] |done, |(?:quick |status )?update: "
    r"|(?:one more|first|second|another|last) thing,? "
    r"|before (?:we|i) (?:start|begin|go)[^,.]{0,20}, "
    r"|so (?=(?:the|a|an|there|first|one|another)\b)"
    r"|on another note,? |in the meantime(?: though)?,? "
    r"|i (?:just |also )?(?:wanted|want|have|had) to (?:let you know|tell you|tell ya|say|share)"
    r"(?: that)? (?=i\b|i'|we\b|my\b)|guess what[,!:-]+ ?",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:,? (?:by the way|btw|tbh|imo|imho|lol|haha|lmao|ftr|fyi|though|remember|you know)"
    r"|\s?[\u2600-\u27bf\U0001f300-\U0001faff\ufe0f]|\s:[a-z_+-]{2,30}:)[.!]{0,3}$",
    re.IGNORECASE,
)
_NAME_COMMA = re.compile(r"[A-Z][a-z]+[,!] ")
_EMPTY = AnyCase(EMPTY_OPENINGS)
_EMPTY_FIRST = re.compile(EMPTY_FIRST_PERSON, re.IGNORECASE)
_POINTING = re.compile(EMPTY_POINTING, re.IGNORECASE)
_META = re.compile(META, re.IGNORECASE)
_SIGN_OFF = re.compile(
    r"(?:(?:kind|best|warm) regards|regards|best|cheers|sincerely|yours \w+"
    r"|many thanks|thanks|thank you"
    r"|dear|hi|hello|hope you|i hope|please (?:find|let|do not hesitate"
    r"|don't hesitate|feel)|let me know"
    r"|looking forward|see you|good (?:morning|luck|afternoon)|have a )\b",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:notes?|remarks?|comments?|misc|warning|caution|important|tip|hint|danger|nb|attention"
    r"|n\.b\.)(?:[:,]| that)\s+",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?\uff1f\u061f]['\"”')]*$")
_ASKING = re.compile(
    r"(?:are|is|was|were|has|can) (?!i\b)|(?:(?:do|does|did|are|is|was|were|have|has"
    r"|can|could|would|will|should|may) (?:you|we|i|they|it|he|she)\b"
    r"|(?:what|who|whom|whose|where|why|how)(?:'s)? (?:is|are|was|were|do|does|did"
    r"|can|about|have|has|will|would|should)\b)",
    re.IGNORECASE,
)
_DOC_NOISE = re.compile(
    r"you'll (?:see|learn|find|notice)|[Ss]ee (?:Chapters?|the|also)|[Cc]onsult the"
    r"|(?:do|does|did|fix|handle|doing|achieve) (?:this|that|so)\b|\b(?:Listing"
    r"|Figure|Chapter|Appendix|Exercise) [\dA-Z]|https?://|\b(?:(?:the|code|example"
    r"|shown|listed|described|mentioned|see) (?:above|below)|following (?:code"
    r"|example|command|output|listing|section)"
    r"|this (?:chapter|section|example|code|listing|book|appendix|line|function"
    r"|error|output|case|message)|the (?:next|previous) (?:chapter|section)"
    r"|earlier in|later in|so far|shown (?:here|in))\b"
)
# What stands before the sentence says what is meant, and nothing here does.
_POINTS_BACK = re.compile(
    r"(?:^(?:nobody|no one|everybody|everyone|somebody|someone|nothing)\b.*)"
    r"\b(?:of|about|with|for|to|from|in|on) (?:it|them|this|that|these|those)[.!]?$"
    r"|\b(?:during|at|by|after|before|until|since) that(?: time| point| moment| day)?[.!]?$"
    r"|^(?:this|these|those|such) (?!year|month|week|morning|evening|afternoon|summer|winter|spring"
    r"|autumn|fall\b)[a-z]|^there(?:'s| is| are) (?:another|others?|more|also|several|some)\b"
    r"|\bcheck (?:it|them|this) out\b|\b(?:given|described|defined|listed|shown|used) here\b"
    r"|\b(?:will|would|can|should|may) then\b|^in the (?:rest|remainder) of\b"
    r"|\basked (?:why|how|when|who)[.!]?$|\bthat (?:day|week|month|year|night|evening)[.!]?$"
    r"|\b(?:it|them|him|there|this|that)[.!]?$|^your\b"
    r"|^[\w. ]{2,40} (?:asked|told|answered|called) (?:him|her|them)\b(?! (?:that|to)\b)"
    r"|^(?:never|always|do not|don't)? ?(?:put|use|add|keep|run|call|set|leave|do|make) (?:it|them"
    r"|this|that|these|those)\b|^you(?: are|'re) (?:an? |the )",
    re.IGNORECASE,
)
_CONNECTIVES = re.compile(
    r"(?:actually|luckily|fortunately|unfortunately|sadly"
    r"|finally|lastly|of course|first|second"
    r"|third"
    r"|importantly|ultimately|essentially|basically|notably|that said|on the other hand|by contrast"
    r"|in contrast|for example|for instance|at their core|at its core|under the hood|in short"
    r"|in practice|however|therefore|thus|in addition|additionally|moreover|furthermore"
    r"|similarly|likewise|instead|but|and|so|also"
    r"|in fact|for this reason|as a result|in this case|in that case|because of this"
    r"|in general|again|still|otherwise|or|yet|good news|bad news), |(?:but|and|so|or) (?=\w)"
    r"|#[a-z][\w/-]{0,40}\s+(?=\S)"
    r"|to be clear[:,] |keep in mind that "
    r"|(?-i:(?:[A-Z]{3,20}[ ]){1,5}[A-Z]{8,20}[ ](?=(?:You|The|This|If|In|We|An?)[ ]))"
    r"|(?-i:[A-Z]{8,20}[ ](?=(?:You|The|This|If|In|We|An?)[ ]))",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r",? (?:in |of |for )?(?:which|who|whose|where|that)\b[^,]*,?")
_FIRST_NOUNS = word_set(
    "last work water music dance art train hike garden books plants cooks dreams friends nurse"
)
# A link or a name: "GitHub tagged issues", "RFC (stalled) styleguide".
_PARTICIPLE = re.compile(r"^[^.!?,]{0,40}\(\w+ed\)|^[A-Z]\w+ \w+ed [a-z]+s$")
_NAMED_AND_EXPLAINED = re.compile(r"[^,]{2,40}, an? [\w -]+ (?:you|that|which|for|to)\b")
_IT = re.compile(r"it\b", re.IGNORECASE)
_SERVICE = re.compile(
    r"(?:i'm (?:sorry|glad|happy|here)|i (?:can|could|would|will) |i'll |you're"
    r"|that(?:'s)? |happy |feel free|is there|it(?:'s| is) )",
    re.IGNORECASE,
)
_CHEER = AnyCase(
    r"\b(?:let (?:me|us) know|congrats|congratulations|good luck|thank you"
    r"|thanks for|sorry to hear|there for you"
    r"|rooting for|got your back|got this|(?:make|making) (?:it|this) (?:work"
    r"|happen)|(?:make|making) you proud"
    r"|keep (?:on )?(?:pushing|going)|never (?:quit|give up)|worth it|will make it"
    r"|do my best|hard work|see you)\b"
)
_BARE_REASON = re.compile(
    r"(?:because|cause|'cause|since|so|although|though)\b[^,]*$|(?:maybe|perhaps|especially)\b",
    re.IGNORECASE,
)
_PLURAL_NOUNS = word_set(
    "tests images stations releases docs plans rooms visits sales prices rents returns logs backups"
    " builds calls changes claims costs deals drinks drives fees holds jobs links loans meetings"
    " names notes orders parts places points posts questions rates records reports requests rules"
    " runs sections services shares shows sources stands states steps stops stores studies systems"
    " talks tasks taxes times trades trains trips types uses values views walks wants waters works"
    " copies dogs cats hands heads faces eyes flowers hosts houses boats books cards clouds dates"
    " fires games guards guides marks models needs packages pages papers people phones pilots"
    " schools sets signs skins stages stars supplies teams tours tracks watches"
)
_MAX_SYMBOLS = 0.35


def trimmed(text: str, *, talk: bool) -> int:
    """How many characters of the sentence come before what it states: ``Yes, `` or ``Note: ``."""
    at = 0
    while at < len(text):
        match = (
            _LEAD.match(text, at) or _NAME_COMMA.match(text, at)
            if talk
            else _NOTE.match(text, at) or _CONNECTIVES.match(text, at)
        )
        if match is None or match.end() >= len(text):
            return at
        at = match.end()
    return at


def without_tail(text: str) -> str:
    """The clause of a turn without what trails behind it: ``, by the way``, `` lol``, emoji."""
    while (tail := _TAIL.search(text)) is not None:
        text = text[: tail.start()]
    return text


def asks(text: str) -> bool:
    """Whether the sentence asks, leads up to what follows, or is hardly made of letters."""
    if _QUESTION.search(text) or _ASKING.match(text) or text.endswith((":", "\uff1a")):
        return True
    letters = sum(map(str.isalpha, text))
    blanks = text.count(" ")
    return letters < 6 or letters + blanks < (1 - _MAX_SYMBOLS) * len(text)


def states(text: str, *, item: bool) -> bool:
    """Whether the words make a statement or an instruction.

    Args:
        text: The sentence.
        item: Whether it stands in a list, where headings and fragments are common.
    """
    if _imperative(text):
        return True
    if not item:
        return has_verb(text)
    main = _RELATIVE.sub(" ", text)
    if text.endswith((".", "!")):
        return has_verb(main)
    tokens: list[str] = WORD.findall(main)
    if _NAMED_AND_EXPLAINED.match(text):
        return False
    if _PARTICIPLE.search(text):
        return False
    long = [token for token in tokens if len(token) > 2]
    if 2 * sum(token[0].isupper() for token in long) > len(long) > 2:
        return False
    return is_predicated(main)


def is_predicated(text: str) -> bool:
    """Whether a verb in a form that only a predicate has stands outside of relative clauses."""
    return any(
        verbforms.is_auxiliary(word)
        or word in verbforms.THIRD
        or (verbforms.is_past(word) and not verbforms.ambiguous_past(word))
        for word in words(_RELATIVE.sub(" ", text))[1:]
    )


def in_talk(text: str, *, opens: bool) -> bool:
    """Whether a clause of a person's turn tells something that lasts beyond it.

    Args:
        text: The clause.
        opens: Whether its sentence begins with it.
    """
    first = words(text[:40])[:1]
    if (opens and _IT.match(text)) or _CHEER.search(text) or _BARE_REASON.match(text):
        return False
    if not first or verbforms.is_auxiliary(first[0]):
        return False
    if first[0].endswith("ing") and not is_predicated(text):
        return False
    if verbforms.is_present(first[0]) and first[0] not in _FIRST_NOUNS:
        return False
    return not (_EMPTY.match(text) or _EMPTY_FIRST.match(text) or _POINTING.match(text))


def may_be_noun(word: str) -> bool:
    """Whether a clause that begins with this form of a verb may have it as its subject."""
    return word in _FIRST_NOUNS


def lacks_subject(text: str) -> bool:
    """Whether a clause says what something does that only stands before it: ``Prints the tree``."""
    first = text.split(" ", 1)[0]
    known = first.lower()
    return first.istitle() and known in verbforms.THIRD and known not in _PLURAL_NOUNS


def of_assistant(text: str) -> bool:
    """Whether a clause of an assistant's turn tells something."""
    return not (_EMPTY.match(text) or _SERVICE.match(text))


def in_document(text: str, *, tutorial: bool) -> bool:
    """Whether a clause of a document says something that is clear without what stands around it."""
    if (
        manual.addresses_reader(text)
        or _SIGN_OFF.match(text)
        or _META.match(text)
        or _DOC_NOISE.search(text)
        or _POINTS_BACK.search(text)
    ):
        return False
    return not tutorial or manual.lasts(text)


def is_rich(text: str, speaker: str = "") -> bool:
    """Whether enough words carry meaning, apart from the speaker's name."""
    name = {form for word in words(speaker) for form in (word, word + "'s")}
    carrying = set(content_words(text)) - name
    return len(words(text)) >= 3 and len(carrying) >= 2


def _imperative(text: str) -> bool:
    """An instruction, or a note without its subject: a verb begins it, and it ends as one."""
    first = words(text[:60])[:2]
    if not first or not text.endswith((".", "!")):
        return False
    if first[0] in verbforms.BASES or first[0] in ("never", "always", "don't", "do", "please"):
        return True
    return first[0] in verbforms.PAST and first[0] not in verbforms.BASES
