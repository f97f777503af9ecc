"""The words that tell what a capital letter means: titles, suffixes, cues, and words of no name."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _set("""
    dr mr mrs ms miss mx prof professor doctor sir dame lord lady captain capt colonel col
    sergeant sgt lieutenant lt admiral commander father fr sister brother rev reverend
    pastor rabbi imam president senator governor mayor minister judge chancellor king queen prince
    princess duke duchess countess uncle aunt auntie grandma grandpa coach
    detective inspector herr frau monsieur madame señor señora don doña
""")
GENDERED_TITLES = _set("mr mrs ms miss sir dame lord lady herr frau monsieur madame señor señora")
"""They tell the members of a family apart, so they never join a full name without them."""
FAMILY_TITLES = _set("""
    uncle aunt auntie grandma grandpa sister brother father fr king queen prince princess
""")
"""``Aunt Mary`` is hardly the Mary whom the text calls by that name alone."""
TITLE_WORDS = {"professor": "prof", "doctor": "dr", "capt": "captain", "reverend": "rev"}
GENERATIONS = _set("jr sr junior senior ii iii iv")
PARTICLES = _set("de da dos das di del della van von der ter la le el al bin ibn zu du")
LITTLE = _set("a an and at for in of on the to")
"""Words within names that are no names of persons."""
LEGAL = _set("""
    ltd limited inc incorporated llc llp plc gmbh ag kg sa srl spa bv nv ab as oy oyj corp
    corporation co company pty sarl lda
""")
DOTTED = _set("inc ltd co corp jr sr st llc rd ave blvd bros")
"""Abbreviations that keep their full stop."""
SHORT = _set("""
    dr mr mrs ms mx prof st capt col sgt lt gen rev fr mt ft no vs etc eg ie approx fig vol ed jan
    feb mar apr jun jul aug sep sept oct nov dec
""")
"""Abbreviations whose full stop ends no sentence."""
EXPANSIONS = {"saint": "st", "mount": "mt", "fort": "ft"}
ENDINGS = {"st": "street", "rd": "road", "ave": "avenue", "blvd": "boulevard", "sq": "square"}
"""What abbreviations stand for: `EXPANSIONS` at the beginning, `ENDINGS` at the end of a name."""

ORGANISATION_HEADS = _set("""
    university college school academy institute institution hospital clinic bank foundation trust
    association society club league committee council ministry department agency bureau office
    church cathedral mosque synagogue temple chapel museum gallery library theatre theater cinema
    orchestra choir band studio studios atelier workshop press publishers publishing news times
    group holdings partners capital ventures consulting analytics logistics shipping airlines
    airways motors energy pharma labs lab laboratories systems software technologies technology
    solutions industries services hosting media entertainment pictures records games bakery
    restaurant cafe café diner bistro brewery pub hotel hostel inn store shop market supermarket
    pharmacy insurance architects associates brothers sons daughters company corporation
    federation union party army navy guild cooperative kindergarten nursery bookshop united team
""")
PLACE_HEADS = _set("""
    street road avenue lane boulevard square plaza drive court terrace way highway alley bridge
    park garden gardens lake river creek sea ocean bay sound gulf strait canal harbour harbor port
    island islands isle isles peninsula cape coast beach mountain mountains mount mt hill hills
    valley forest woods desert canyon falls waterfall glacier volcano county city town village
    district province region state republic kingdom airport station terminal castle palace tower
    house hall building centre center stadium arena zoo farm ranch reef trail pier square heights
    springs peak ridge
""")
PLACE_FIRST = _set("lake mount mt river cape isle port fort gulf bay rio san santa costa los las")
OF_HEADS = _set("""
    university bank museum ministry institute department church school college house isle gulf bay
    city port county republic kingdom state states cape lake battle faculty academy hospital
    society order duke duchess tower bridge council board lord lady prince princess king queen
    library cathedral st saint temple gate sea strait
""")
NUMBERED_PLACES = _set("""
    room gate flat apartment suite building floor platform terminal berth pier dock hall unit
    house bay studio cabin office highway route
""")
NUMBERED_PARTS = _set("""
    chapter section figure table listing step appendix version page part example exercise
    paragraph clause article item line note question answer option phase rule case level stage
    week day month year hour volume edition episode season quarter grade class type step task
    issue error code equation lesson session unit module
""")
"""A number after these names no thing of its own."""

KIN = _set("""
    brother sister mother father mom mum dad son daughter cousin uncle aunt niece nephew wife
    husband partner fiancé fiancée fiance boyfriend girlfriend friend friends colleague neighbour
    neighbor boss manager colleague roommate flatmate grandfather grandmother grandson
    granddaughter twin buddy mate teacher doctor dentist lawyer therapist coach mentor landlord
    tenant guest secretary author writer engineer director editor nurse instructor baby kid kids
    stepfather stepmother classmate teammate coworker assistant birthday wedding
""")
GREETINGS = _set("""
    hey hi hello thanks dear congrats congratulations bye goodbye cheers welcome sorry thank
    morning wow
""")
PERSON_OBJECT = _set("""
    ask asked asks tell told tells thank thanked thanks meet met meets phone phoned
    invite invited remind reminded reminds married marry help helped helps email emailed text
    texted hug hugged kiss kissed miss missed introduce introduced warn warned paged page
    contact contacted visit-with hire hired interview interviewed trust said says replied
    according
""")
"""Verbs before a person's name."""
PERSON_VERBS = _set("""
    said says say told tells asked asks lives lived works worked thinks thought wants wanted likes
    liked loves loved hates hated wrote writes married knows knew feels felt speaks spoke talked
    talks bought buys sold sells teaches taught studies studied cooked cooks baked bakes sings sang
    smiled laughs laughed cried argued argues explained explains replied answered agreed suggested
    decided decides owns joined thinks believes hopes hoped prefers promised promises remembers
    remembered forgot invited brought wondered insisted mentioned retired retires travelled
    traveled enjoys enjoyed wishes thanked who whose admitted earned adopted cheered paged phoned
    emailed paints painted reads cooks drove walks walked swims swam
""")
WEAK_PERSON_VERBS = _set("""
    goes went comes came leaves left calls called moves moved plays played runs ran drives helped
    helps brings gave gives took takes wrote restarted checks looked arrived arrives grew visits
    visited started sent sends found needs needed got gets made makes showed shows deserves paid
    pays wore wears sat sits stood stands heard saw sees listened meets met asked has had did
""")
"""Machines and boats do these too."""
MOTION = _set("""
    go goes going gone went move moves moved moving travel travels travelled traveled travelling
    traveling trip trips fly flies flew flying flight drive drove driving drives return returned
    returns returning came come comes coming back sail sailed sailing train bus walk walked hike
    hiked arrived arrive road tour journey visit visited visiting relocate relocated live lives
    lived living born based stay stayed staying grew commute commuted left leave leaving
""")
WORK = _set("""
    work works worked working job intern interned internship studied studies study studying
    graduated taught teaches reports reported plays played employed volunteer volunteers
    volunteered engineer manager consultant position degree
""")
EMPLOY = _set("joined join joins founded founds co-founded acquired acquires owns")
SPEECH = _set("""
    talk talked talking talks speak spoke speaking said wrote write gave give given listen listened
    married heard hear letter next sold close attention hi hello according thanks sit sat
""")
THING_NOUNS = _set("""
    project app application language compiler library framework book boat software tool toolkit
    package crate version program programs code game movie film song album novel ship car editor
    browser database engine platform plugin server cluster device phone console series show podcast
    team-chat board runtime ecosystem
""")
USE = _set("""
    use uses used using install installed installing upgrade upgraded run runs running via
    restarted deploy deployed sail sailed
""")
PLACE_BEFORE = _set("in near outside around across throughout towards toward via through over past")
NOT_PLACE_BEFORE = _set("""
    interested believe believes believed written code coded implemented trust programming program
    programs experience confidence features feature proficient
""")
