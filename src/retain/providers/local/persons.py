"""The first person, and the second in a talk of two, resolved to names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import ASSISTANTS, KIN, STOP_WORDS, USERS, word_set
from retain.providers.local.words import is_adverb, straight

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|\s+|.", re.DOTALL)
_SHORT = {"m": "is", "ve": "has", "ll": "will", "d": "would", "re": "is"}
_SPOKEN = {"wanna": "wants to", "gotta": "has to", "gonna": "is going to", "hafta": "has to"}
_NO_VERB = word_set(
    "first last next once sooner together both all each one soon later here there too either "
    "though back home more less again alone"
)
_PLURAL_SHORT = {"re": "are", "ve": "have", "ll": "will", "d": "would"}
_FEELINGS = word_set(
    "excited inspired surrounded interested blessed determined amazed tired bored honored thrilled"
    " worried pleased impressed stoked scared agreed based compared"
)
_GROUPS = [
    "kids",
    "children",
    "family",
    "friends",
    "siblings",
    "cousins",
    "team",
    "class",
    "fam",
    "buddies",
    "coworkers",
]
# "help you reach": the verb after these and their object stays as it is.
_BARE_AFTER = word_set(
    "help helps helped let lets make makes made see saw watch hear heard have has"
)
# Between these words of a turn and its "we" nobody else is spoken of.
_COMPANY = re.compile(
    r"\b(?:I|[Ww]e)\b[^.!?]{0,60}? with (?P<with>my (?:[a-z]+ ){0,2}?(?:"
    + "|".join(sorted([*KIN.split(), *_GROUPS], key=len, reverse=True))
    + r")(?:s\b|\b)(?: [A-Z]\w+)?)|\b(?P<and>[Mm]y (?:[a-z]+ ){0,2}?[a-z]+(?: [A-Z]\w+)?"
    r"|you) and I\b"
)
_WENT = word_set("went met talked walked ran spoke worked played travelled traveled swam cycled")
_PROMPTS = frozenset({"system", "developer", "tool", "function"})
_MY = re.compile(r"\bmy\b", re.IGNORECASE)
_SEVERAL = AnyCase(
    r"\b(?:each other|one another|both of us|all of us|(?:we|us) (?:both|all)|we(?:'re| are) both"
    r"|we've both|us together|separately|got married|getting married|split up|broke up)\b"
)
_PREPOSITIONS = word_set("to for with of from about at by on in like around beside behind")
_AGREE = {
    "am": "is",
    "have": "has",
    "do": "does",
    "don't": "doesn't",
    "haven't": "hasn't",
    "are": "is",
    "were": "was",
    "aren't": "isn't",
    "ain't": "isn't",
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, and to whom.

    Args:
        label: As facts name him whose subject he is: ``The user`` for a role.
        name: As sentences name him.
        other: The one he speaks to, where there are two.
        assistant: Whether he is a machine or speaks for a service.
        alone: Whether his "we" is left as it is: that of a note takes in others.
    """

    label: str
    name: str
    other: str | None = None
    assistant: bool = False
    alone: bool = False

    @property
    def possessive(self) -> str:
        """What a sentence about something of his begins with: ``Ana's``, ``The user's``."""
        return f"{self.name[:1].upper()}{self.name[1:]}'s "

    @property
    def names(self) -> frozenset[str]:
        """What the speakers are called, in lower case, word by word."""
        called = f"{self.name} {self.other or ''}".lower()
        return frozenset(called.split())


def speaker(label: str, everybody: frozenset[str]) -> Speaker:
    """The speaker of that label, among everybody who speaks in the source."""
    others = everybody - {label} if len(everybody) <= 2 else frozenset[str]()
    assistant = is_assistant(label)
    other = named(next(iter(others))) if len(others) == 1 and not assistant else None
    return Speaker(_subject(label), named(label), other, assistant)


def writer(label: str) -> Speaker:
    """Who wrote a note; what he says of "we" is left as it is."""
    return Speaker(_subject(label), named(label), alone=True)


def is_assistant(label: str) -> bool:
    """Whether the label is the role of an assistant, a bot or a service desk."""
    return bool(ASSISTANTS & set(re.findall(r"\w+", label.casefold())))


def is_instruction(label: str) -> bool:
    """Whether the label is the role of a prompt or a tool, which tell nothing of anybody."""
    return label.casefold() in _PROMPTS


def named(label: str) -> str:
    """The label as a sentence says it: ``the user`` for a role, a name as it is."""
    if label.casefold() in USERS or label.casefold() in ASSISTANTS:
        return "the user" if label.casefold() in USERS else f"the {label.casefold()}"
    return label


def _subject(label: str) -> str:
    name = named(label)
    return name if name == label else name[:1].upper() + name[1:]


def leaves_out_subject(text: str) -> bool:
    """Whether the clause of a turn begins with what its speaker did: ``Got a tattoo``."""
    first = [straight(word) for word in text.split(" ", 2)[:2]]
    if len(first) < 2 or first[1] in ("by", "with", "from", "on"):
        return bool(first) and first[0] in _WENT
    if first[0] in _FEELINGS:
        return False
    return verbforms.is_past(first[0]) and first[0] not in verbforms.BASES


def company_of(text: str, by: Speaker) -> str | None:
    """Whom "we" takes in after these words of the speaker's: ``with my kids``."""
    found = list(_COMPANY.finditer(text))
    if not found:
        return None
    with_whom = found[-1]["with"] or found[-1]["and"]
    if with_whom.lower() == "you":
        return f"{by.name} and {by.other}" if by.other else None
    whose = f"{by.name}'s"
    return f"{by.name} and {_MY.sub(whose, with_whom)}"


def resolve(text: str, by: Speaker, company: str | None = None) -> str:
    """The clause with names in place of I, my, we, our and, said to one person, you.

    Args:
        text: The clause.
        by: Who speaks.
        company: Whom "we" means; else it means the speaker, and others where it must be several.
    """
    if company is None and not by.alone and _SEVERAL.search(text):
        company = f"{by.name} and others"
    tokens: list[str] = _TOKEN.findall(text)
    out: list[str] = []
    quoted = False
    for number, word in enumerate(tokens):
        if word in '“”"':
            quoted = word == "“" or (word == '"' and not quoted)
        out.append(word if quoted else _token(tokens, number, by, company))
    return _first_upper("".join(out))


def _token(tokens: list[str], number: int, by: Speaker, company: str | None) -> str:
    word = straight(tokens[number])
    bare, _, short = word.partition("'")
    whose = by.name + "'s"
    match bare:
        case "i" if tokens[number] != "i" or len(tokens) > number + 1:
            if short:
                return f"{by.name} {_SHORT.get(short, short)}"
            if not _is_joined(tokens, number):
                _agree(tokens, number + 1)
            return by.name
        case "our" | "ours" | "ourselves" | "we" | "us" if by.alone and company is None:
            return tokens[number]
        case "our" | "ours" if company and company.endswith("others"):
            return f"{company}'"
        case "my" | "mine" | "our" | "ours" if not short:
            return whose
        case "me":
            return by.name
        case "myself":
            return "themself"
        case "ourselves":
            return "themselves"
        case "we" if company:
            return f"{company} {_PLURAL_SHORT.get(short, '')}".rstrip()
        case "we" if short:
            return f"{by.name} {_SHORT.get(short, short)}"
        case "we":
            _agree(tokens, number + 1)
            return by.name
        case "us" if tokens[number] != "US":
            return company if company and company.endswith("others") else by.name
        case "you" | "your" | "yours" if by.other is not None:
            return _second(tokens, number, bare, short, by.other)
        case _:
            return tokens[number]


def _is_joined(tokens: list[str], number: int) -> bool:
    """Whether the word is the last of several subjects: ``my sister and I``."""
    return number > 1 and straight(tokens[number - 2]) == "and"


def _second(tokens: list[str], number: int, bare: str, short: str, other: str) -> str:
    if bare != "you":
        return other + "'s"
    if short:
        return f"{other} {_SHORT.get(short, short)}"
    before = straight(tokens[number - 2]) if number > 1 else ""
    if before not in _BARE_AFTER and before not in _PREPOSITIONS:
        _agree(tokens, number + 1)
    return other


def _agree(tokens: list[str], begin: int) -> None:
    """Put the verb that follows a subject into the third person, in place."""
    for number in range(begin, min(begin + 8, len(tokens))):
        word = straight(tokens[number])
        if word.isspace():
            continue
        if word in _AGREE or word in _SPOKEN:
            tokens[number] = _AGREE.get(word) or _SPOKEN[word]
        elif word in _NO_VERB:
            continue
        elif word in verbforms.BASES and not _stays(word):
            tokens[number] = verbforms.third_person(word)
        elif is_adverb(word):
            continue
        elif _seems_present(word):
            tokens[number] = verbforms.third_person(word)
        return


def _seems_present(word: str) -> bool:
    """Whether a word that no list holds is a present tense, since it follows "I"."""
    known = word in STOP_WORDS or verbforms.is_finite(word) or word[2:] in verbforms.PAST
    ending = ("ing", "s", "ley", "er")
    return len(word) > 3 and word.isalpha() and not known and not word.endswith(ending)


def _stays(word: str) -> bool:
    return word in verbforms.PAST or word in verbforms.MODALS


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
