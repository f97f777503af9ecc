"""English words that begin sentences, fill headings and label buttons, but name nothing alone."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTION = """
    a an the this that these those some any each every all both either neither no none many much
    few several most more less least other another such same own i you he she it we they me him
    her us them my your his its our their mine yours hers ours theirs myself yourself himself
    herself itself ourselves themselves who whom whose which what when where why how whatever
    whenever wherever whoever whichever there here now then thus hence so too also only just even
    still yet already always never often sometimes usually rarely seldom once twice again ever
    almost nearly quite rather very really perhaps maybe probably possibly certainly definitely
    surely indeed instead however therefore moreover furthermore nevertheless nonetheless otherwise
    meanwhile besides anyway finally eventually lastly firstly secondly first second third last
    next later earlier soon before after during since until till while whilst as if unless though
    although because whether and or but nor for of in on at by to from with without within into
    onto out over under above below between among across through against about around along
    behind beside beyond despite down except inside outside like near off per plus regarding
    toward towards up upon via versus than not don't doesn't didn't isn't aren't wasn't weren't
    can't couldn't won't wouldn't shouldn't haven't hasn't hadn't i'm i've i'll i'd it's that's
    there's here's what's let's he's she's we're they're you're you've we've they've you'll we'll
    who's how's where's is are was were be been being am has have had having do does did doing
    done can could may might must shall should will would ought need dare used one two three four
    five six seven eight nine ten eleven twelve dozen hundred thousand million half everyone
    everybody everything someone somebody something anyone anybody anything nobody nothing
"""
_TALK = """
    hey hi hello yes yeah yep yup no nope nah ok okay oh ah aww aw wow whoa ooh ugh hmm haha lol
    thanks thank please sorry welcome congrats congratulations cheers bye goodbye good great nice
    cool awesome amazing wonderful fantastic excellent perfect sure absolutely exactly totally
    right wrong true false fine well glad happy sad sounds looks seems love hope wish guess bet
    same keep take care see talk catch till sweet lovely fun funny interesting beautiful gorgeous
    incredible impressive inspiring exciting excited proud lucky best better worse worst dude man
    guys buddy bro pal mate honey dear god gosh jeez damn hooray yay omg btw fyi lmk asap gonna
    wanna gotta kinda yesterday today tonight tomorrow morning afternoon evening night weekend
    week month year day summer winter spring autumn fall season lately recently nowadays
    currently previously originally initially additionally alternatively similarly likewise
    consequently accordingly specifically generally typically basically essentially actually
    honestly frankly obviously clearly apparently luckily fortunately unfortunately hopefully
    surprisingly interestingly importantly suddenly immediately directly simply together mom mum
    dad mommy daddy mama papa grandma grandpa granny gran nana auntie sis mother father
    congrats merry
"""
_VERBS = """
    add adjust allow apply ask assume attach avoid become begin book break bring build buy call
    cancel change check choose clean clear click close come compare compile complete configure
    confirm connect consider contact continue convert copy create cut declare define delete deploy
    describe design disable discuss download drain draw drink drive drop eat edit email enable
    ensure enter escape examine execute expect explain explore export extend extract fetch fill
    find finish fix follow format gather get give go grab handle help hold ignore imagine implement
    import improve include increase insert inspect install invite invoke iterate join keep know
    launch lead learn leave let list listen load lock log look make manage map mark match maybe
    measure meet mention merge mind mix modify move name navigate note notice offer open order
    order pack parse pass pause pay pick place plan play point post prefer prepare press prevent
    print produce provide publish pull push put raise reach read rebuild recall receive record
    reduce refactor refer reference reload remember remind remove rename repeat replace reply
    report request require reset resolve restart restore result return review rewrite run save say
    schedule search select send separate set share show sign skip sleep sort specify split stand
    start stay stop store submit suppose swap sync talk tell test think throw touch train treat
    try turn type understand update upgrade upload use validate verify view visit wait walk want
    warn wash watch water work worry write wrap pour stir bake cook serve hang feed
"""
_NOUNS = """
    account action address advice agenda amount answer appendix approach area argument array
    article attendees attention author background badge bar bath bed bike bill bit block board boat
    body bonus book bool bottom box branch bug building bus business button byte call camera car
    card case cat caution cell chance chapter character check child children choice city class
    client clock cloud club code coffee collection color colour column command comment committee
    common company compiler component computer concept condition config configuration content
    context contract control cost count country course crate customer danger data database date
    deadline debug default definition dependency desk detail developer device dictionary
    difference dinner directory disk doc document documentation dog door driver edition editor
    element employee end engine english entry enum environment error evening event example
    exception exercise expression family feature fee field figure file final flag floor folder
    food foreword form format friend function future game general generic getting glossary goal
    group guest guide hand hash head heading health heap help history home hotel hour house id
    idea image index info information input instance integer interface internet introduction issue
    item job key keyword kid kids kind kitchen language law layer length letter level library
    license life light limit line link list literal location log loop lunch machine macro mail
    main manager manual meaning meeting member memory menu message meta method minutes mode model
    module money mode mouse music mutex name names network news notes notice null number object
    office online operator option options order output overview owner package page paper
    parameter parent part party path pattern people person phone photo picture place plan player
    plugin point pointer policy power preface present price problem process product program
    project prompt property protocol public purpose queue question quick quiz random range rate
    reader reason receiver record reference references registry release remark request
    requirements resource response result results review risk room root route rule safety sale
    sample schema school scope screen script section security selection sender server service
    session setting settings setup shape side signature site size slice software solution source
    space speed stack staff stage standard state statement static status step stream street
    string struct student style subject success summary support syntax system tab table tag target
    task team template term terminal test tests text thing thread time tip tips title todo token
    tool tools top topic total town trait tree trip trouble tuple type types unit usage user users
    value values variable variables vector version video view visitor warning waiter warranty
    water way web website wedding window word words work worker world year zone attendees absent
    apologies minutes regards dogs cats wind rain snow sun moon weather
    women men chef nurse officer captain doctor
"""
_ADJECTIVES = """
    able additional advanced alive alone annual available basic big black blue bright broken brown
    busy careful cheap chief clean cold complete complex constant correct current custom daily
    dangerous dark deep dependent different difficult digital direct dirty double dynamic early
    easy economic electric empty entire equal exact existing explicit external extra false famous
    fast favorite favourite final flexible foreign formal free fresh front full fundamental further
    global golden green grey gray hard heavy hidden high holy hot huge human identical implicit
    important independent individual initial inner internal invalid international joint large late
    latest legal little live local long loose low lower major manual mean medical mental minor
    missing mobile modern multiple mutable narrow national native natural necessary negative new
    normal novel numeric official old optional orange ordinary original outer overall parallel
    past personal physical pink plain popular positive possible potential practical primary
    private proper pure purple quiet rapid rare raw ready real recent red regular related
    relative relevant remote required rich royal safe secondary secure senior separate serious
    sharp short silver similar simple single slow small smart smooth social soft solid special
    specific stable standard steady strange strict strong sudden super tall temporary thin tiny
    traditional typical unique universal unknown unsafe unused upper useful usual valid various
    virtual warm weak weekly white whole wide wild wooden wrong yellow young
"""
_CALENDAR = """
    monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays
    fridays saturdays sundays january february march april may june july august september october
    november december jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs
    fri sat sun christmas easter halloween thanksgiving hanukkah ramadan eid diwali valentine
    valentine's xmas new-year am pm eve bc ad ce utc gmt cet est pst
"""
_PEOPLES = """
    english german french spanish portuguese italian dutch swedish norwegian danish finnish polish
    czech slovak hungarian romanian bulgarian greek turkish russian ukrainian arabic hebrew persian
    hindi urdu bengali chinese japanese korean thai vietnamese indonesian latin irish scottish
    welsh british american americans canadian mexican brazilian argentinian african european
    europeans asian australian indian egyptian swiss austrian belgian croatian serbian albanian
    jewish christian muslim islamic buddhist catholic protestant hindu roman western eastern
    northern southern midwestern mediterranean unicode ascii boolean
"""
_ACRONYMS = """
    api apis http https html css json xml yaml toml csv pdf url urls uri sql cpu gpu ram rom ssd
    usb tcp udp ip dns tls ssl ssh ftp smtp imap ui ux gui cli ide sdk os io utf id ids pr prs ci
    cd qa hr it tv dvd cd gps sms faq diy eta ceo cto cfo coo vp pm phd mba ba bsc msc dna rna
    lgbtq lgbt covid vip aka nb ps rsvp tbd tba todo fixme warning note ok crud orm rest rpc grpc
    mvp kpi okr roi gdp vat ac dc led lcd nfc rfid wifi vpn lan wan mac bios iso rfc ascii abi ffi
    jit gc vm lts msrv raii dst rtfm tdd oop ddd repl stdin stdout stderr eof nul crlf
"""

COMMON = _set(_FUNCTION + _TALK + _VERBS + _NOUNS + _ADJECTIVES) | _set(_CALENDAR + _PEOPLES)
NEVER = _set(_CALENDAR + _PEOPLES + _ACRONYMS) | _set(_FUNCTION)
"""No name when they stand alone, however often they are capitalised."""
ACRONYMS = _set(_ACRONYMS)
KIN_ADDRESS = _set(
    "mom mum dad mommy daddy mama papa grandma grandpa granny gran nana auntie sis god"
)
