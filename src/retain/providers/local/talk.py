"""What of a talk is told to last: what somebody did, is, has, plans; no praise, no reactions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import KIN, word_set
from retain.providers.local import worth
from retain.providers.local.vague import judges, told_by
from retain.providers.local.words import WORD, acting_name, is_adverb, words

_FRONTED = re.compile(
    r"(?:(?:last|next|this|in|on|at|since|after|before|during|over|for|a few|a couple|two|three|as"
    r"|when|while|once|if|back|even)\b[^,]{1,60}, "
    r"|(?:now|then|also|plus|yesterday|today|tomorrow|recently|lately|currently|sometimes|usually"
    r"|personally|first|still|just|actually|honestly|basically|maybe|perhaps|last \w+|next \w+"
    r"|a few \w+ ago),? (?=\w)"
    r"|[a-z' ]{3,40}, (?=(?:i|we|my)\b))+",
    re.IGNORECASE,
)
_OWN = re.compile(r"(?:i|we|my|our)\b", re.IGNORECASE)
_POINTING = re.compile(
    r"(?:it|this|that|these|those|they|he|she|his|her|their|its|there|here|some|any|someone"
    r"|something|everything|nothing|everyone|everybody|nobody|one|both|all|most|many|each|what|who"
    r"|when|if|such|must've|been|lemme|speaking|seeing|knowing)\b",
    re.IGNORECASE,
)
_THINKS = re.compile(
    r"(?:i (?:really |still |also )?(?:think|believe|feel that|guess|suppose|doubt|am convinced"
    r"|am certain|find|reckon|would say)\b|in my (?:opinion|view)|personally)",
    re.IGNORECASE,
)
_ABOUT_ME = AnyCase(r"\b(?:i|me|my|we|us|our)\b")
_POINTER = AnyCase(
    r"\b(?P<pronoun>it|this|that|these|those|them|there|here)\b"
    r"(?! (?:morning|afternoon|evening|week|weekend"
    r"|month|year|summer|winter|spring|fall|autumn)|'s\b)"
    r"|\b(?:a few more|another|a couple more|some more|a new one|the same|similar|physical copy)"
    r"(?=[.,!]| (?:and|at|of|for|last|this)\b|$)"
)
_CAPITAL = re.compile(r" [A-Z]")
_ENDS_POINTING = AnyCase(
    r"\b(?:about|doing|with|for|to|of|in|on|from|like|through) (?:it|them|this|that|these|those)"
    r"(?=[.,!]|$| (?:now|too|yet|again|lately|recently|mural|one)\b)"
)
# "This cute pup" is one that is told of for the first time.
_SOME = re.compile(
    r"(?:this|these) (?:(?:super|really|so|very) )?(?:cute|cool|amazing|awesome|great|nice"
    r"|delicious"
    r"|beautiful|lovely|little|big|old|new|wonderful|incredible|funny|interesting)\b",
    re.IGNORECASE,
)
_THAT_CLAUSE = AnyCase(r"\bthat (?:i|we|my|he|she|they|the|a|an|is|are|was|has|have)\b")
_BE = re.compile(
    r"\b(?:is|are|was|were|'s|'re|will be|would be|can be|could be|must be|has been|have been"
    r"|feels?"
    r"|felt|seems?|looks?|sounds?|means?|meant|makes?|made|brings?|brought|gives?|gave|helps?"
    r"|helped|keeps?|kept|reminds?|reminded|shows?|showed|rocks?|can|could|inspires?)\b"
)
_BARE_ADJECTIVE = re.compile(
    r"(?:super|so|too|very|really|pretty|quite|totally|absolutely|feeling|being|excited|proud|happy"
    r"|glad|thrilled|pumped|stoked|grateful|thankful|thinking)\b",
    re.IGNORECASE,
)
_REACTION = AnyCase(
    r"(?:i|we)(?:'m| am|'re| are|'ve been| was| were| feel| felt) (?:\w+ly |so |very |super |just "
    r"|also |always |still |all )*(?:glad|happy|proud|sorry|thankful|grateful|honored|touched"
    r"|impressed|amazed|blown away|lucky|blessed|thrilled|pumped|here for|rooting|cheering|stoked"
    r"|inspired|sure|excited|curious|jealous|with you|ready for whatever)\b"
    r"|(?:i|we) (?:\w+ly |do |always |also |just |can |could |can't )*(?:appreciate|admire|applaud"
    r"|love (?:your|how|that|seeing you|hearing)|wish|hope|bet|agree|relate|get what|hear you"
    r"|see (?:why|what|how|that)|understand|know|mean|promise|can't wait|could use|remember when"
    r"|imagine|swear|gotta|guess|look forward)\b"
    r"|(?:i|we)'ll (?:\w+ly |always |never )*(?:be (?:there|here|sure)|keep|let|make sure|check|try"
    r"|support|remember|never forget|do|definitely|think|take|see|get)\b"
    r"|(?:i|we)(?:'m| am|'re| are|'ll| will)? (?:\w+ly |just |always )*(?:(?:going to|gonna|gotta"
    r"|have to|trying to|hoping to) )?(?:(?:keep|keeps) (?:on|up|in|at|it|this|that|them|me|us|you"
    r"|your|my|our|\w+ing)|stay|continue|make sure|make my|be sure)\b"
    r"|(?:i|we) (?:\w+ )?(?:100%|totally|completely) |i (?:did|do|didn't|don't)[.!]"
    r"|i(?:'d| would) (?:\w+ly )*(?:love|like|be|appreciate|recommend|say|suggest)\b"
)
_KIN = word_set(KIN) | word_set("kids children family friends parents team boss husband wife pup")
_ACTIVITY = re.compile(r"(?:i|we) (?:just |also |recently )*went (?!be|th)\w+ing\b", re.IGNORECASE)
_HABIT = re.compile(
    r"(?:i|we) (?:\w+ly |also |still |both )?(?:keep|grow|make|build) (?:an? |some |two |three "
    r"|my own |our own )?(?P<what>[a-z-]{3,})(?=[.!,]|$| (?:in|at|on|and|with|for)\b)",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"(?:i|we)(?:'ll| will)\b|(?:i|we) (?:have |'ve got |got )?no doubt\b|(?:i"
    r"|we) (?:\w+ )?love the way\b",
    re.IGNORECASE,
)
_COULD = re.compile(
    r"(?:i|we)(?: \w+ly| just| always| also| still)? (?:can|could|should|must|gotta|have to|might"
    r"|may"
    r"|need to|try to)\b",
    re.IGNORECASE,
)
_MAX_SUBJECT = 7
_OTHERS_NEED, _OWN_NEED, _POINTING_NEED = 3, 2, 5


def lasts(clause: str, *, names: frozenset[str]) -> bool:
    """Whether a clause of a person's turn tells something that lasts beyond the talk.

    Args:
        clause: As it was said.
        names: The names of who speaks, in lower case.
    """
    if _THINKS.match(clause):
        return told_by(clause, names) >= _OWN_NEED + any(_pointers(clause))
    fronted = _FRONTED.match(clause)
    head = clause[fronted.end() :] if fronted else clause
    if _BARE_ADJECTIVE.match(head) or not head or (_is_order(head) and not fronted):
        return False
    told = told_by(clause, names)
    if _points_out(clause, names):
        return told >= _POINTING_NEED
    if _OWN.match(head):
        return _of_himself(head, told)
    if _POINTING.match(head) or not worth.is_predicated(head):
        return False
    if (name := acting_name(head)) and _is_name(name):
        return told_by(head[len(name) :], names) >= _OWN_NEED
    return _of_a_thing(head, told)


def _is_name(name: str) -> bool:
    """Whether what begins the clause with a capital is no form or adjective of every day."""
    first = words(name)[0]
    return not first.endswith("ing") and not judges(first)


def _pointers(text: str) -> Iterator[re.Match[str]]:
    """Where the text points to what was said; ``that Monday`` says itself what is meant."""
    for pointer in _POINTER.finditer(text):
        if not (pointer["pronoun"] and _CAPITAL.match(text, pointer.end())):
            yield pointer


def _points_out(clause: str, names: frozenset[str]) -> bool:
    """Whether a pronoun points to something that was named before the clause."""
    said = _THAT_CLAUSE.without(clause)
    if _ENDS_POINTING.search(said):
        return True
    for pointer in _pointers(said):
        if _SOME.match(said, pointer.start()):
            continue
        return told_by(said[: pointer.start()], names) < _OWN_NEED
    return False


def _is_order(head: str) -> bool:
    """Whether it tells the other what to do: ``Just remember to breathe``."""
    first = [word for word in words(head[:60]) if not is_adverb(word)][:1]
    return bool(first) and first[0] in verbforms.BASES and not worth.may_be_noun(first[0])


def _of_himself(head: str, told: int) -> bool:
    habit = _HABIT.match(head)
    if _ACTIVITY.match(head) or (habit and not judges(habit["what"]) and told):
        return True
    if _REACTION.match(head) or _PROMISE.match(head):
        return told > _OTHERS_NEED
    return told >= (_OTHERS_NEED if _judged(head) or _COULD.match(head) else _OWN_NEED)


def _of_a_thing(head: str, told: int) -> bool:
    """Of things: what happened to them, or what they are to the speaker; no judgement on them."""
    gerund = words(head[:30])[0].endswith("ing")
    if gerund or _judged(head):
        return gerund and told >= _OWN_NEED and _helps_me(head)
    if set(words(head[:40])[:3]) & _KIN:
        return told >= _OWN_NEED
    definite = head[:4].lower() == "the " or head[:2].lower() == "a "
    if not definite and not _ABOUT_ME.search(head):
        return False
    return told >= (_OWN_NEED if _ABOUT_ME.search(head) else _OTHERS_NEED)


def _helps_me(head: str) -> bool:
    return re.search(r"\b(?:helps?|helped|lets?|makes?|keeps?) (?:me|us) \w+", head) is not None


def _judged(head: str) -> bool:
    """Whether the verb of the clause only leads to a judgement or a feeling."""
    verb = _BE.search(head)
    if verb is None:
        return False
    before = WORD.findall(head[: verb.start()])
    return len(before) < _MAX_SUBJECT and judges(head[verb.end() :])
