"""Words that tell no topic from another: text as data."""

from __future__ import annotations

from retain.english.wordlists import STOP_WORDS, word_set

TELL_NOTHING = STOP_WORDS | word_set("""
    able about above across after against ago ah alone along already also although always among
    another anyone anytime anyway apart around aside away awesome aw aww back because become becomes
    been before behind being believe below beside besides between beyond both bunch came cannot
    can't certain certainly come comes coming couldn't could've couple day days different
    doesn't doing done during each earlier easily easy either else end enough especially even
    ever every everyone everybody everything everywhere exactly example examples excited exciting
    feel feeling feels felt few finally find finding first follow following found gave gets getting
    give gives giving goes gotta guess guy guys hadn't half hand happen happened happens hard has
    hasn't have haven't he'd he'll he's hear heard hello help helped helpful helping helps hey hi
    high hope hoping however huge i'd idea ideas impressive including inside inspiring instead into
    isn't it'd it's keep keeping keeps kinda knew know knowing known knows large last later latest
    learn learned learning least leave left less lets like liked likely likes little long longer
    look looked looking looks love loved loves low main made make makes making many matter maybe
    mean means meant mention mentioned message might mind minute moment months month more
    morning must name named names near nearly need needed needs neither never new next night nobody
    none nor note nothing number numbers of off often oh old once onto open or order other others
    otherwise ours ourselves outside overall own part particular parts people per perfect perhaps
    person photo photos pic picture pictures place places please plus point possible pretty
    probably proud put quick quickly quite rather reach ready real reason reasons recently remember
    right run running said same save saw say saying says second see seeing seem seems seen several
    share shared shares sharing she'd she'll she's short should shouldn't show showed showing shown
    shows similar simple simply since small someone sometimes somewhere soon sounds special specific
    start started starting starts stay step still stop story stuff super support supposed surely
    take taken takes taking talk talking tell telling tells term terms text that'd that'll that's
    theirs there's therefore they'd they'll they're they've think thinking thinks third those
    though thought thoughts three through till time times today together told tomorrow tonight took
    toward towards tried tries true try trying turn turns two type types under understand unless
    until up upon us use used useful user users uses using usually value values various via view
    want wanted wants wasn't watch way we'd we'll we're we've week weekend weeks well went
    weren't what's whatever whenever whether while whoever whole whom whose within without won't
    wonder word words work worked working works world worry worth would've wouldn't write writing
    written wrote yeah year years yes yesterday yet you'd you'll you're you've young
    january february march april may june july august september october november december jan feb
    mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday
    sunday session chapter section listing figure page file filename line lines http https www com
    html md etc eg ie nbsp amp bye yep yup yay wow fingers crossed congrats ton tons bad
    big favorite favourite positive final top sorry forward crazy busy sense
    afterwards chat chatting hang yourself themselves myself absolutely plenty based appreciated
    greatly reminder reminders moment
    """)

BEFORE_NOUNS = word_set("""
    a an the my your his her its our their this that these those some any no every each another of
    in on at about with for from by into more many few two three first new own other
    """)
"""Words after which a noun, or what belongs to one, stands."""
