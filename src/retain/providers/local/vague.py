"""How much a clause of a talk tells: the words in it that are neither praise nor filler."""

from __future__ import annotations

import re

from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import STOP_WORDS, word_set
from retain.providers.local.words import WORD, is_adverb, straight

# Judgements, feelings, and nouns that name nothing until something else is said of them.
_VAGUE = word_set("""
    amazing awesome great good nice cool beautiful beauty lovely wonderful fantastic incredible
    inspiring inspired inspiration special important hard tough easy fun funny interesting exciting
    excited excitement happy glad proud thankful grateful gratitude blessed blessing lucky sorry sad
    amazed impressed impressive stoked pumped thrilled motivated motivation motivating rewarding
    fulfilling meaningful powerful precious priceless perfect perfectly best better worst worse
    crazy wild scary nervous nerve-wracking worried stressed tired calm calming peaceful peace
    relaxing refreshing satisfying challenging valuable memorable unforgettable heartwarming
    touching encouraging helpful useful essential crucial vital key necessary worth worthwhile
    awesome super tasty yummy delicious cute adorable gorgeous stunning pretty fine real true big
    huge small little new old different same whole full ready able bad long late early free sure
    high low deep strong close far right wrong clear simple possible busy unique positive negative
    intense overwhelming emotional captivating epic insane sweet warm welcoming supportive kind
    thing things stuff way ways time times moment moments life lives world people person folks
    someone somebody everybody everyone anybody anyone others other another lot lots bit part parts
    feeling feelings difference impact journey journeys dream dreams goal goals passion passions joy
    happiness love support encouragement help strength positivity vibe vibes energy memory memories
    experience experiences opportunity opportunities chance chances step steps progress success hope
    courage confidence growth reminder effort efforts work idea ideas advice place places spot
    connection connections bond bonds change changes challenge challenges obstacle obstacles future
    past determination dedication resilience kindness happen sense reason reasons today day days
    week weeks year years while ago lately recently together first last next once forward
    accomplishment achievement achievements point matter matters meaning mind heart soul tool tools
    luck trust focus break guts blast pleasure honor break smile smiles fam guy guys everything
    level side end start beginning mix mess deal sight view kinds types type assistance
    resources resource lasting perspective perspectives agree note plan plans craziness
    craze rough ups downs hopeful optimistic liberated empowered confident
    relieved determined attitude upset frustrated frustrating accepted resilient
    """)
_LIGHT = word_set("""
    be have do get go make take keep give know think feel see look seem sound mean want need try let
    help love like enjoy appreciate hope wish believe guess matter bring come find show remind
    inspire motivate encourage support learn grow happen work start continue push cherish embrace
    share stay remember treat figure wait talk chat say tell hear put use become begin spread stick
    follow focus care lead create build deal face overcome achieve succeed reach agree understand
    realize realise express connect change improve reflect calm energize rely trust add
    miss expect imagine handle manage cheer
    """)
_FORMS = frozenset(
    form
    for base in _LIGHT
    for form in (base, verbforms.third_person(base), base + "ing", base.removesuffix("e") + "ing")
) | frozenset(form for base in _LIGHT for form in verbforms.past_forms(base))
_DATE_OR_NUMBER = AnyCase(
    r"\d|\b(?:yesterday|tomorrow|tonight|last (?:night|week|weekend|month|year|summer|winter|spring"
    r"|fall|autumn|\w+day)|next (?:week|weekend|month|year|summer|winter|spring|fall|autumn|\w+day)"
    r"|this (?:week|weekend|month|summer|winter|spring|fall|autumn)|(?:mon|tues|wednes|thurs|fri"
    r"|satur|sun)day|(?:weeks?|months?|years?|days?) ago|two|three|four|five|six|seven|eight|nine"
    r"|ten|twice)\b"
)
_INNER_NAME = re.compile(r"(?<=[\w,] )(?!I\b)[A-Z][\w'-]+")


def told_by(clause: str, names: frozenset[str]) -> int:
    """How many different words of the clause tell something; a name or a date tells for two.

    Args:
        clause: As it stands in the turn, or with its first person resolved.
        names: The speakers' names, in lower case: they tell nothing.
    """
    carrying: set[str] = set()
    for match in WORD.finditer(clause):
        word = straight(match[0]).removesuffix("'s")
        if (
            len(word) < 3
            or word in STOP_WORDS
            or word in _VAGUE
            or word in _FORMS
            or word in names
            or is_adverb(word)
            or "'" in word
        ):
            continue
        carrying.add(word)
    called = {name for name in _INNER_NAME.findall(clause) if straight(name) not in names}
    dated = 1 if _DATE_OR_NUMBER.search(clause) else 0
    return len(carrying) + len(called) + dated


def judges(predicate: str) -> bool:
    """Whether what is said of something is a judgement or a feeling: ``was so much fun``."""
    for match in WORD.finditer(predicate):
        word = straight(match[0])
        if word in _VAGUE:
            return True
        if word not in STOP_WORDS and not is_adverb(word):
            return False
    return True
