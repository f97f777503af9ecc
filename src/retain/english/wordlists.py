"""The word lists of the fact rules: text as data, one idea a list."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """The words of a string."""
    return frozenset(words.split())


CAPITAL = "[A-Z{}]".format("".join(char for char in map(chr, range(0xC0, 0x530)) if char.isupper()))
"""A pattern of one capital letter: Latin, Greek or Cyrillic."""
ABBREVIATIONS = """
dr mr mrs ms prof sr jr st rev hon gen col sgt capt lt maj gov pres rep sen mt ft no nos vol pp p ch
sec fig eq ed eds est approx ca cca vs etc e.g i.e cf al inc ltd co corp dept univ min max avg tel
ext jan feb mar apr jun jul aug sep sept oct nov dec tue tues thur thurs a.m
p.m u.s u.k ph.d b.sc m.sc incl excl resp viz ave blvd rd apt
"""
# After these a sentence may end all the same.
MAY_END = word_set("etc inc ltd co corp a.m p.m u.s u.k ph.d jr sr tues thur thurs")

STOP_WORDS = word_set("""
    a an the and or but so of to in on at for with from by as is are was were be been being am do
    does did have has had will would can could may might must shall should not no yes it its this
    that these those there here i me my mine we us our you your he him his she her they them their
    who what which when where why how just very really quite too also then than if about into up
    out over down all any some such only own same more most much many lot lots bit thing things
    something anything nothing everything get got go going gonna one ones way well now still even
    again ever actually definitely totally absolutely truly kind sort good great nice cool awesome
    amazing fantastic wonderful lovely incredible super fun best better happy glad sure okay ok
    oh wow thanks thank please let's im i'm i've i'll it's that's you're don't
    """)

# What a turn opens with before it says anything; cut off.
INTERJECTIONS = """
yes yeah yep yup no nope nah ok okay sure oh ah aw aww wow well hey hi hello haha hahaha lol hmm hm
um uh so anyway anyways actually honestly also and but plus btw right exactly absolutely definitely
totally thanks cool great nice awesome sorry gosh omg
woah whoa man dude true agreed sweet yay wonderful
indeed unfortunately luckily fortunately speaking
"""

# A sentence of a turn that begins like this states nothing to keep.
EMPTY_OPENINGS = (
    r"(?:hi|hey|hello|good (?:morning|evening|night|luck|day|job|for you|to)|thanks|thank you"
    r"|many thanks|thx|cheers|congrats|congratulations|welcome|bye|goodbye|take care|see you"
    r"|talk to you|talk soon|catch you|no worries|no problem|you're welcome|of course|sounds"
    r"|looks like fun|same here|me too|me neither|let me know|let us know|let's"
    r"|keep (?:it )?up|keep me"
    r"|hope (?:you|it|to|this|that)|please (?:let|find|feel|do not hesitate|don't hesitate)|glad"
    r"|happy to|excited to|looking forward to (?:it|hearing|seeing)|can't wait|best of luck"
    r"|kind regards|best regards|regards|yours|sincerely|dear|how |what |what's "
    r"|why |when are |who "
    r"|where |which |wish you|enjoy |have (?:a|fun)|wow|nice |great |so (?:glad"
    r"|happy|cool|proud|sorry)"
    r"|excited |inspired |blessed "
    r"|really (?:glad|happy|proud|excited|sorry|hope)|way to|such a|love (?:that|it|this"
    r"|the|your)|i hear you|way cool|big congrats"
    r"|never mind|not sure"
    r"|no way|no doubt|no need|nothing beats|guess |(?:totally|completely"
    r"|definitely) (?:agree|true|get|feel)|agreed|appreciate |bet |just wanted"
    r"|(?:i )?(?:just |also )*(?:wanted to (?:say|let|tell|fill|check|share)"
    r"|didn't get back)|by the way$"
    r"|thank |time flies|long time|can't (?:wait|believe|agree)|been a|let's"
    r"|wishing you|sending|proud of|good |sounds|(?:those|these) are|hang in|it's"
    r"|take (?:it|your)|stay |keep |don't (?:give|worry|forget)|remember)\b"
)
# The same of what somebody says of himself and the other.
EMPTY_FIRST_PERSON = (
    r"(?:i(?:'m| am) (?:(?:so|really|very|super|just|truly) )*(?:happy|glad|proud"
    r"|sorry|excited|pleased"
    r"|thrilled|stoked|impressed|here|sure|all ears|listening|good|fine|okay|ok"
    r"|curious|thankful|grateful"
    r"|honored|keen to hear|down|in|lucky|touched|rooting)(?: (?:for|of|to hear"
    r"|to see|you|that you|about it"
    r"|with you|it|that|to)\b.*)?[.!]*$"
    r"|(?:i|we) (?:really |do |totally |completely |definitely |just "
    r"|truly )?(?:hope (?:you|it|that|so|your|this)|wish you|bet|see|hear you"
    r"|agree|understand|know(?: what| how| that| you| it|[.!]|$)|appreciate|get it"
    r"|guess(?: so)?[.!]*$|can imagine|feel you|admire you"
    r"|love (?:it|that|this|you|them)(?: so much| too)?[.!]*$|like (?:it|that)[.!]*$"
    r"|mean,? |look forward"
    r"|think so|don't know|can(?:'t|not)? (?:see|tell|imagine|relate|believe|wait"
    r"|understand)|couldn't agree|remember[.!]*$|promise"
    r"|did(?: it)?[.!]*$|do[.!]*$|will[.!]*$|have[.!]*$|owe you|was wondering"
    r"|'ll (?:let you|keep you|check it|definitely|be sure|try[.!]*$|do that|take"
    r"|send you))"
    r"|i'll (?:let you|keep you|check it|be sure|do that|definitely (?:check|do|give"
    r"|keep)|think about|have to check|be there|make sure)"
    r"|i(?:'d| would) (?:love|be (?:happy|glad)|like) to(?: (?:hear|see|know|help"
    r"|check|join|come|try it|do that|take you up))\b"
    r"|i'm (?:always )?here (?:for|to)|i'm so (?:in|with) )"
)
# What a pronoun that points back is said to be, in talk, tells nothing alone.
EMPTY_POINTING = (
    r"(?:(?:that|this|these|those)\b|that's|this's|it(?:'s|'ll|'d)\b|you\b|you(?:'re|'ve|'ll|'d)\b"
    r"|it (?:(?:really|just|also|definitely|always|truly|all|sure|totally"
    r"|certainly) )*(?:is|was|were|will|would|can|could|has been|sounds?|looks?"
    r"|seems?|feels?"
    r"|felt|looked|sounded|means?|meant|must|might|may|makes|made|helps|gives|gave"
    r"|takes|took|brings|brought|reminds|reminded|shows|keeps|feel|does|did|doesn't"
    r"|didn't|wasn't|isn't)\b"
    r"|they(?:'re| are| were| look| sound| seem| really| must)\b|there(?:'s"
    r"| is) (?:nothing|something|no)\b"
    r"|here(?:'s| is| are)\b|the (?:best|fact) (?:part|that)\b|sometimes it\b|your\b"
    r"|(?:he|she)(?:'s| is| was) (?:so|such|very|really)\b)"
)
# What a document says of itself, or of what stands beside the words.
META = (
    r"(?:(?:in|at|for) (?:this|that|these|those|other|such|both|either)\b"
    r"|(?:in )?(?:this|the (?:next|following|previous|last|rest of)|(?:next"
    r"|previous|following|later|earlier)"
    r"|these|those) (?:chapters?|sections?|appendix|page|guide|example|listing"
    r"|tutorial|document|article|code|book"
    r"|figure|table|line|error|output|command|program|exercise|project|message|text|file|readme"
    r"|repo|repository|directory|folder"
    r"|post|subsection)\b"
    r"|(?:in )?(?:chapter|listing|figure|appendix|section|table) [\dA-Z]"
    r"|here(?:'s| is| are| we|,)|(?:for (?:more|further|example|now|instance)|see"
    r"|refer to|as (?:you|we|shown|mentioned|discussed|described|before|always)"
    r"|welcome\b|you're (?:already|now|ready)|the reason is\b|once again|keep (?:reading|going)"
    r"|think of|check out|be sure to|you can (?:learn|read|find (?:out )?)(?: more)?\b|read more"
    r"|take a look|have a look|look at|consider|recall|notice|note that we|remember"
    r"|imagine|suppose|say |let's|let us|now(?: that)?\b|next,? |first,|then\b"
    r"|finally,|again,"
    r"|to (?:see|do this|illustrate|demonstrate|start|begin|learn|recap|summarize"
    r"|continue)\b|in other words|so far|proceed as follows|the following"
    r"|if you're (?:interested|curious|wondering|not familiar)"
    r"|don't worry|congratulations|great|well done|good job|ready|try )"
    r"|(?:this|that|these|those|it|they|he|she)(?:'s|'ll|'re)? (?:is|are|was|were"
    r"|means?|will|would|can|could|looks?|works?|happens?|has|have|should|may|might"
    r"|must|shows?|prints?|does|do|doesn't|don't"
    r"|isn't|aren't|allows?|lets?|makes?|makes|gives?|compiles?|runs?|also|might"
    r"|won't|tells?|takes?|calls?|returns?|gets?|becomes?|creates?|provides?|helps?"
    r"|ensures?|uses?)\b"
    r"|(?:that|this|it|there|they)'(?:s|ll|re)\b)"
)
TUTORIAL_WE = (
    r"\b(?:we|let's|our|us|you'(?:ll|ve|d)|you (?:saw|might|would|also|now|just"
    r"|already)|examples?|now)\b|\b(?![iuf]\d)[a-z]{1,9}\d\b"
    r"|^(?:this|these|that|those|one|another|the (?:other|expected|first|second"
    r"|third|last|new|same|result)|both|here|my|i|as|at this point|at the moment)\b"
)

ADVERBS = word_set("""
    also always already almost actually currently definitely ever even finally hardly just
    kind mostly
    never no longer not now often once only probably quite rarely really recently regularly seldom
    simply sometimes sort soon still then today totally truly usually absolutely basically honestly
    mainly normally personally particularly especially nearly both all each later
    """)
SUBORDINATORS = (
    r"\b(?:when|if|because|that|who|which|while|after|before|unless|although|though|whether|what"
    r"|how|where|why|whose|until|as long as|so that)\b"
)
KIN = """
mother mom mum mama dad father papa parents brother sister son daughter husband wife partner
boyfriend girlfriend fiancé fiancée fiance fiancee spouse grandmother grandfather grandma grandpa
gran granny aunt uncle cousin niece nephew friend boss colleague neighbour neighbor
roommate flatmate
child kid baby dog cat teacher coach manager therapist doctor stepson stepdaughter twin
"""
# What reports the words of somebody, said or written.
REPORTING_VERBS = """
said says say told tells tell wrote writes write replied replies answered answers texted texts
messaged emailed emails posted tweeted tweets commented announced announces explained explains added
adds insisted insists claimed claims shouted shouts whispered whispers cried cries exclaimed asked
asks remarked observed continued declared muttered admitted admits confessed confirmed confirms
warned warns promised promises joked mentioned stated reported recalled recalls responded responds
"""
# What a line of a note begins with, and a colon behind it, without being a field of anything.
NO_FIELDS = """
note notes example examples e.g eg i.e see tip tips hint warning caution danger important usage
output figure fig table listing step question answer q a http https ftp returns return syntax
source sources link links reference references chapter section appendix exercise hello hi dear cc
bcc re fwd ps p.s nb n.b caveat remark disclaimer summary abstract keywords copyright license isbn
doi
"""
# Verbs whose subject a note on somebody leaves out, and what is told of him with no verb at all.
TERSE_VERBS = """
lives works likes loves prefers hates dislikes enjoys uses owns drinks eats speaks wants needs plays
studies has is was knows teaches runs avoids sleeps drives rides collects plans expects
"""
TERSE_STATES = """
allergic married engaged divorced fluent fond afraid keen born retired intolerant vegan vegetarian
interested based located pregnant diabetic left-handed right-handed colour-blind color-blind
lactose-intolerant gluten-free dyslexic deaf single widowed
"""
# What an item that tells an agent what to do begins with.
RULE_VERBS = """
use run keep ask write ensure make prefer put add commit push test deploy avoid check follow stick
call format lint document answer reply respond speak address explain confirm verify remember
"""
ASSISTANTS = word_set(
    "assistant ai bot chatbot system support helpdesk agent model claude gpt chatgpt"
)
USERS = word_set("user human me you customer client")
LABELS = """
deadline price cost status owner location venue address date time phone email role budget duration
birthday total start end author version due
"""
PARTS_OF_NOTES = """
contact contacts decisions facts details notes info information overview summary links meta aob log
actions goal goals dates misc other data status general details profile numbers costs budget people
background history resources logistics
"""
