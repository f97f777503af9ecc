"""Short forms of first names, written for this module; far from complete."""

from __future__ import annotations

from collections import defaultdict

_FORMS = """
    abigail abby gail
    albert al bert bertie
    alexander alex alec sandy xander sasha
    alexandra alex sandra sasha alexa lexi
    alfred al alf alfie fred
    amanda mandy
    andrew andy drew
    angela angie
    anthony antony tony
    antonia toni
    antonio toni toño
    arthur art artie
    barbara barb babs
    benedict ben
    benjamin ben benny benji
    bernard bernie
    beatrice bea trixie
    caroline carrie caro
    katherine catherine kathryn katharine kate kathy cathy katie kat kitty
    charles charlie chuck chaz
    charlotte charlie lottie
    christina christine chris chrissie tina
    christopher chris kit topher
    cynthia cindy
    daniel dan danny
    daniela dani
    david dave davy
    deborah debra deb debbie
    dmitri dimitri dima mitya
    donald don donny
    dorothy dot dottie dolly
    douglas doug
    edmund ed eddie ned ted
    edward ed eddie ned ted teddy
    eduardo edu lalo
    eleanor elena ellie nell nora
    elizabeth elisabeth liz lizzie beth betty eliza libby lisa bess
    emily em emmy
    eugene gene
    evgenia zhenya
    evgeny zhenya
    ferdinand ferdi
    frances fran frankie
    francis frank
    francisco paco pancho
    franklin frank
    frederick fred freddie
    gabriel gabe
    gabriela gabrielle gabi gaby
    geoffrey jeffrey geoff jeff
    gerald gerry jerry
    gregory greg
    giuseppe beppe
    guillermo memo
    harold harry hal
    henry harry hank
    hermann manni
    ignacio nacho
    irina ira
    isabella isabel bella izzy
    jacob jake
    jacqueline jackie
    james jim jimmy jamie
    jennifer jen jenny
    jeremy jerry
    jessica jess jessie
    johannes hannes hans jo
    john johnny jack
    jonathan jon
    joseph joe joey
    josé pepe
    joshua josh
    judith judy
    julia jules
    kenneth ken kenny
    konstantin kostya
    laurence lawrence larry laurie
    leonard len lenny leo
    louis lou louie
    louise lou
    manuel manolo
    margaret maggie meg peggy marge margie greta
    maria mary molly
    martin marty
    matthew matt matty
    maximilian max
    maxine max
    megan meg
    melanie mel
    melissa mel missy
    michael mike mick mickey
    mikhail misha
    mitchell mitch
    nadezhda nadia
    nancy nan
    natalia natalie natasha nat
    nathaniel nathan nate nat
    nicholas nicolas nick nicky
    nicole nicola nicky
    nikolai kolya
    olga olya
    oliver ollie
    olivia liv livvy
    pamela pam
    patricia pat patty tricia trish
    patrick pat paddy
    penelope penny
    peter pete
    philip phillip phil
    priscilla cilla
    rebecca becca becky
    raymond ray
    richard rick ricky dick rich
    robert rob robbie bob bobby bert
    ronald ron ronnie
    rosemary rosie
    rudolf rudi
    samantha sam sammy
    samuel sam sammy
    sebastian seb bastian
    sergei seryozha
    stephen steven steve stevie
    stephanie steph steffi
    susan susanna suzanne sue susie
    svetlana sveta
    tamara tammy
    tatiana tanya
    teresa theresa tess terry tessa
    terence terry
    thaddeus thad
    theodore theo ted teddy
    thomas tom tommy
    timothy tim timmy
    valentina valya
    valerie val
    veronica ronnie vera
    victor vic
    victoria vicky tori
    vincent vince vinny
    virginia ginny
    vladimir vova volodya
    walter walt wally
    wilhelm willi
    william will bill billy willie liam
    yekaterina ekaterina katya
    zachary zach zack
"""


def _by_form() -> dict[str, frozenset[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(_FORMS.strip().splitlines()):
        for form in line.split():
            found[form.replace("é", "e").replace("ñ", "n")].add(number)
    return {form: frozenset(numbers) for form, numbers in found.items()}


_BY_FORM = _by_form()


def names_of(given: str) -> frozenset[int]:
    """The numbers of the first names that a folded one is, or is short for."""
    return _BY_FORM.get(given, frozenset())


def may_be_one(given: str, other: str) -> bool:
    """Whether two folded first names are forms of one."""
    return not names_of(given).isdisjoint(names_of(other))
