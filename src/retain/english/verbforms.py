"""English verbs and their forms, as far as the rules need them."""

from __future__ import annotations

from retain.english.wordlists import word_set

# Base form, past tense, participle where it differs.
_IRREGULAR = """
arise arose arisen|awake awoke awoken|bear bore borne|beat beat beaten|become became become
begin began begun|bend bent|bet bet|bind bound|bite bit bitten|bleed bled|blow blew blown
break broke broken|breed bred|bring brought|build built|burn burnt|buy bought|cast cast
catch caught|choose chose chosen|cling clung|come came come|cost cost|creep crept|cut cut
deal dealt|dig dug|do did done|draw drew drawn|dream dreamt|drink drank drunk|drive drove driven
eat ate eaten|fall fell fallen|feed fed|feel felt|fight fought|find found|fit fit|flee fled
fling flung|fly flew flown|forbid forbade forbidden|forget forgot forgotten
forgive forgave forgiven|freeze froze frozen|get got gotten|give gave given|go went gone
grind ground|grow grew grown|hang hung|have had|hear heard|hide hid hidden|hit hit|hold held
hurt hurt|keep kept|kneel knelt|knit knit|know knew known|lay laid|lead led|lean leant
leap leapt|learn learnt|leave left|lend lent|let let|lie lay lain|light lit|lose lost|make made
mean meant|meet met|mistake mistook mistaken|overcome overcame overcome|pay paid|put put|quit quit
read read|ride rode ridden|ring rang rung|rise rose risen|run ran run|say said|see saw seen
seek sought|sell sold|send sent|set set|sew sewed sewn|shake shook shaken|shine shone|shoot shot
show showed shown|shrink shrank shrunk|shut shut|sing sang sung|sink sank sunk|sit sat|sleep slept
slide slid|smell smelt|speak spoke spoken|speed sped|spell spelt|spend spent|spill spilt|spin spun
split split|spread spread|spring sprang sprung|stand stood|steal stole stolen|stick stuck
sting stung|strike struck|strive strove striven|swear swore sworn|sweep swept|swell swelled swollen
swim swam swum|swing swung|take took taken|teach taught|tear tore torn|tell told|think thought
throw threw thrown|understand understood|undertake undertook undertaken|upset upset|wake woke woken
wear wore worn|weave wove woven|weep wept|win won|wind wound|withdraw withdrew withdrawn
write wrote written|rebuild rebuilt|override overrode overridden|overwrite overwrote overwritten
"""
_REGULAR = """
accept access achieve act adapt add admire admit adopt adore advise affect afford agree aim allow
amount analyse analyze announce annoy answer appear apply appreciate approach approve argue arrange
arrive ask assign assist assume attach attempt attend attract avoid award bake balance ban base
behave believe belong blame blink blog boil book borrow bother breathe brew browse brush calculate
call calm camp cancel care carry cause celebrate change charge chase chat cheat check cheer claim
clean clear click climb close coach code collect combine commute compare compete compile complain
complete compose concern conclude confirm connect consider consist contact contain continue
contribute control convert convince cook copy correct cough count cover crash crave create cross cry
cycle damage dance debut decide declare decline decorate dedicate default define delay delete
deliver demand depend describe deserve design destroy detect determine develop die differ direct
disable disagree disappear discover discuss dislike display divide divorce donate doubt download
drop dry earn edit elect embrace emigrate employ enable encourage end enforce enjoy enrol enroll
ensure enter establish evaluate examine exceed exchange excite execute exercise exist expand expect
experience expire explain explore export express extend face fail fear feature fetch fill film
finalize finish fish fix flip float flow focus follow force forward found frustrate fund gain garden
gather generate guarantee guess guide handle happen hate heat help hesitate hike hire hope host
hunt hurry identify ignore imagine implement imply import improve include increase indicate inform
inherit inspire install intend interact interest interview introduce invent invest invite involve
iron issue jog join joke juggle jump kick kill kiss knock label land last laugh launch leak
lift like limit link list listen live load locate lock log look love lower maintain manage
map mark marry match matter measure mention merge migrate miss mix modify monitor motivate move name
need neglect note notice number nurse observe obtain occur offer open operate order organise
organize own pack paint panic park participate pass pause perform permit phone pick place plan plant
play please plug point polish post pour practice practise praise pray prefer prepare present
preserve press prevent print proceed process produce program promise promote protect prove provide
publish pull punish purchase push qualify raise reach react realise realize receive recharge
recognise recognize recommend record recover reduce refer refill refuse regret relate relax release
relocate rely remain remember remind remove renew renovate rent repair repeat replace reply report
represent request require rescue research reserve reset resign resolve respond rest restart restore
result resume retain retire return reuse reveal review rinse rock roll rotate row rush sail satisfy
save scan schedule score scream search select separate serve settle share shift ship shop sign
signal ski skip smile smoke snow solve sort sound specialise specialize specify sponsor staff stare
start state stay stop store stream stress stretch struggle study submit succeed suffer suggest
supply support suppose surf surprise survive suspect suspend switch talk target taste tend test
thank tie touch tour track trade train transfer transform translate travel treat trigger trust try
turn type uninstall unlock unplug update upgrade upload use vary verify view visit volunteer vote
wait walk want warn wash waste watch water weigh welcome wish wonder work worry wrap yield zip
"""
MODALS = word_set("will would can could may might must shall should cannot")
BE = word_set("am is are was were")
_AUX_BASES = {"do": ("does", "did"), "have": ("has", "had")}
NOT_PAST = word_set(
    "need red bed hundred speed seed feed indeed kindred sacred naked wicked biped shed sled "
    "bred breed greed creed weed deed exceed proceed succeed embed wed"
)
# Words that are as often nouns, so that they do not show a clause on their own.
_ALSO_NOUNS = word_set(
    "left ground found wound saw spring lead fish book water garden nurse number point place "
    "state result access experience interest iron rock row present train like park post rest "
    "staff stream target tie type land map label list coach code fund film host issue last"
)


def third_person(base: str) -> str:
    """What he, she or it does: ``go`` -> ``goes``."""
    if base in _AUX_BASES:
        return _AUX_BASES[base][0]
    if base.endswith(("s", "sh", "ch", "x", "z", "o")):
        return base + "es"
    if base.endswith("y") and base[-2:-1] not in "aeiou":
        return base[:-1] + "ies"
    return base + "s"


def _past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2:-1] not in "aeiou":
        return base[:-1] + "ied"
    return base + "ed"


def _irregular() -> list[list[str]]:
    return [
        list[str](row.split()) for line in _IRREGULAR.split("\n") for row in line.split("|") if row
    ]


_FORMS = _irregular()
BASES = frozenset([row[0] for row in _FORMS] + _REGULAR.split())
THIRD = frozenset(third_person(base) for base in BASES)
PAST = frozenset([row[1] for row in _FORMS] + [_past(base) for base in _REGULAR.split()])
PARTICIPLES = frozenset([row[-1] for row in _FORMS] + [_past(base) for base in _REGULAR.split()])
_PAST_OF = {row[0]: tuple(row[1:]) for row in _FORMS}
SIMPLE_PAST = frozenset(row[1] for row in _FORMS if row[0] != row[1] and row[1] != row[-1])
_SAME_IN_PAST = frozenset(row[0] for row in _FORMS if row[0] == row[1])
_NEGATED = word_set(
    "don't doesn't didn't haven't hasn't hadn't isn't aren't wasn't weren't won't wouldn't can't "
    "couldn't shouldn't mustn't mightn't needn't ain't"
)
_AUXILIARIES = MODALS | BE | _NEGATED | {"has", "does", "did", "had"}
_ANY_PAST = PAST | PARTICIPLES | {"was", "were"}
_FINITE = _AUXILIARIES | _ANY_PAST | BASES | THIRD | {"have"}


def past_forms(base: str) -> tuple[str, ...]:
    """The past tense and the participle of a base form."""
    return _PAST_OF.get(base) or (_past(base),)


def is_past(word: str) -> bool:
    """Whether the word, in lower case, may be a past tense or a participle."""
    return word in _ANY_PAST or (len(word) > 4 and word.endswith("ed") and word not in NOT_PAST)


def is_present(word: str) -> bool:
    """Whether the word, in lower case, may be a present tense of a full verb."""
    return word in BASES or word in THIRD


def is_auxiliary(word: str) -> bool:
    """Whether the word, in lower case, makes a clause wherever it stands."""
    return word in _AUXILIARIES


def is_finite(word: str) -> bool:
    """Whether the word, in lower case, may be the verb of a clause."""
    return word in _FINITE or is_past(word)


def shows_clause(word: str) -> bool:
    """Whether the word is a verb and hardly ever a noun."""
    return is_finite(word) and word not in _ALSO_NOUNS


def ambiguous_past(word: str) -> bool:
    """Whether present and past look alike: ``put``."""
    return word in _SAME_IN_PAST
