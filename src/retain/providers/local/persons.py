"""The first person, and the second in a talk of two, resolved to names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retain.providers.local import verbforms
from retain.providers.local.wordlists import ASSISTANTS, STOP_WORDS, USERS, word_set
from retain.providers.local.words import is_adverb, straight

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|\s+|.", re.DOTALL)
_SHORT = {"m": "is", "ve": "has", "ll": "will", "d": "would", "re": "is"}
_PLURAL_SHORT = {"re": "are", "ve": "have", "ll": "will", "d": "would"}
_FEELINGS = word_set(
    "excited inspired surrounded interested blessed determined amazed tired bored honored thrilled"
    " worried pleased impressed stoked scared agreed based compared"
)
# "help you reach": the verb after these and their object stays as it is.
_BARE_AFTER = word_set(
    "help helps helped let lets make makes made see saw watch hear heard have has"
)
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
        label: As the source names him.
        name: As sentences name him.
        other: The one he speaks to, where there are two.
        assistant: Whether he is a machine or speaks for a service.
    """

    label: str
    name: str
    other: str | None = None
    assistant: bool = False


def speaker(label: str, everybody: frozenset[str]) -> Speaker:
    """The speaker of that label, among everybody who speaks in the source."""
    others = sorted(everybody - {label})
    assistant = is_assistant(label)
    other = named(others[0]) if len(others) == 1 and not assistant else None
    return Speaker(label, named(label), other, assistant)


def is_assistant(label: str) -> bool:
    """Whether the label is the role of an assistant, a bot or a service desk."""
    return bool(ASSISTANTS & set(re.findall(r"\w+", label.casefold())))


def named(label: str) -> str:
    """The label as a sentence says it: ``the user`` for a role, a name as it is."""
    if label.casefold() in USERS or label.casefold() in ASSISTANTS:
        return "the user" if label.casefold() in USERS else f"the {label.casefold()}"
    return label


def leaves_out_subject(text: str) -> bool:
    """Whether the clause of a turn begins with what its speaker did: ``Got a tattoo``."""
    first = [straight(word) for word in text.split(" ", 2)[:2]]
    if len(first) < 2 or first[1] in ("by", "with", "from", "on"):
        return first[:1] in (["went"], ["met"], ["talked"])
    if first[0] in _FEELINGS:
        return False
    return verbforms.is_past(first[0]) and first[0] not in verbforms.BASES


def resolve(text: str, by: Speaker) -> str:
    """The clause with names in place of I, my, we, our and, said to one person, you."""
    tokens: list[str] = _TOKEN.findall(text)
    out: list[str] = []
    quoted = False
    for number, word in enumerate(tokens):
        if word in '“”"':
            quoted = word == "“" or (word == '"' and not quoted)
        out.append(word if quoted else _token(tokens, number, by))
    return _first_upper("".join(out))


def _token(tokens: list[str], number: int, by: Speaker) -> str:
    word = straight(tokens[number])
    bare, _, short = word.partition("'")
    whose = by.name + "'s"
    match bare:
        case "i" if tokens[number] != "i" or len(tokens) > number + 1:
            if short:
                return f"{by.name} {_SHORT.get(short, short)}"
            _agree(tokens, number + 1)
            return by.name
        case "my" | "mine" | "our" | "ours" if not short:
            return whose
        case "me":
            return by.name
        case "myself":
            return "themself"
        case "ourselves":
            return "themselves"
        case "we":
            return f"{by.name} and others {_PLURAL_SHORT.get(short, '')}".rstrip()
        case "us" if tokens[number] != "US":
            return f"{by.name} and others"
        case "you" | "your" | "yours" if by.other is not None:
            return _second(tokens, number, bare, short, by.other)
        case _:
            return tokens[number]


def _second(tokens: list[str], number: int, bare: str, short: str, other: str) -> str:
    if bare != "you":
        return other + "'s"
    if short:
        return f"{other} {_SHORT.get(short, short)}"
    if number < 2 or straight(tokens[number - 2]) not in _BARE_AFTER:
        _agree(tokens, number + 1)
    return other


def _agree(tokens: list[str], begin: int) -> None:
    """Put the verb that follows a subject into the third person, in place."""
    for number in range(begin, min(begin + 8, len(tokens))):
        word = straight(tokens[number])
        if word.isspace():
            continue
        if word in _AGREE:
            tokens[number] = _AGREE[word]
        elif word in verbforms.BASES and not _stays(word):
            tokens[number] = verbforms.third_person(word)
        elif is_adverb(word):
            continue
        elif _seems_present(word):
            tokens[number] = verbforms.third_person(word)
        return


def _seems_present(word: str) -> bool:
    """Whether a word that no list holds is a present tense, since it follows "I"."""
    known = word in STOP_WORDS or verbforms.is_finite(word)
    return len(word) > 3 and word.isalpha() and not known and not word.endswith(("ing", "s"))


def _stays(word: str) -> bool:
    return word in verbforms.PAST or word in verbforms.MODALS


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
