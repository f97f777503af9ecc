"""Well-known names whose kind needs no proof, written for this module; far from complete."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


GIVEN = _set("""
    aaron abigail adam adrian agnes ahmed aisha alan albert alberto alejandro alex alexander
    alexandra alexis alfred ali alice alicia alison amanda amara amelia amina amir amy ana anders
    andrea andreas andrew angela anika anita ann anna anne annie anthony antonio arthur astrid
    audrey ava barbara beatrice ben benjamin bernard beth betty bill björn bob brad brandon brenda
    brian bruno caleb calvin camila carl carla carlos carmen carol caroline catherine cecilia
    charles charlie charlotte chen chloe chris christina christine christopher clara claire
    claudia colin connor craig cynthia dan dana daniel daniela david deborah debra denise dennis
    derek diana diego dimitri donald dora doris dorothy douglas dylan edgar edith eduardo edward
    elena eleanor eli elias elijah elisa elizabeth ella ellen emily emma eric erik erin ethan
    eugene eva evan evelyn fatima felix fernando fiona florian frances francesca francesco
    francis frank franz fred frederick gabriel gareth gary george georgia gerald gina giovanni
    giulia gloria greg gregory greta gustav hana hannah hans harold harriet harry hassan heather
    heidi helen helena henrik henry hugo ian ibrahim ines ingrid irene irina isaac isabel
    isabella ivan jack jacob jacqueline jake james jamie jan jane janet jason javier jean jeff
    jeffrey jennifer jeremy jerry jessica jill jim joan joanna joe joel johan johanna john johnny
    jon jonas jonathan jordan jorge joseph josh joshua josé juan judith judy julia julian julie
    justin karen karim karin karl kate katherine kathleen katie keith kelly ken kenneth kevin kim
    klaus kyle lara larry lars laura lauren lena leo leon leonard leonardo liam lily linda lisa
    liz lorenzo louis louise luca lucas lucia lucy luis luke lydia lynn maggie magnus malik
    marcel marco marcus margaret maria mariana marie marina mario marta martha martin martina
    mary mateo matt matthew max maya megan mehmet melanie melissa mia michael michelle miguel
    mike mira miriam mohammed molly monica nadia nancy naomi natalie natasha nathan nicholas
    nick nicola nicole nina noah nora norman oliver olivia omar oscar otto owen pablo pamela
    patricia patrick paul paula pavel pedro peter petra philip phoebe pierre priya rachel rafael
    ralph raymond rebecca renata rita robert roberto robin roger roland ronald rosa rosie ross
    ruth ryan sam samantha samir samuel sandra sanjay sara sarah scott sean sebastian sergei
    sharon simon sofia sonia sophia sophie stefan stella stephanie stephen steve steven stuart
    sunita susan suzanne sven tamara tanya tara teresa theo theodore theresa thomas tim timothy
    tobias tom tomas tony tyler ursula valentina valerie vanessa vera veronica victor victoria
    viktor vincent virginia vivian vladimir walter wanda wei wendy werner wilhelm william yasmin
    yusuf zachary zara zoe
""")
PLACES = frozenset(
    name.strip()
    for name in """
    africa, asia, europe, antarctica, north america, south america, central america, scandinavia,
    midwest,
    afghanistan, albania, algeria, angola, argentina, armenia, australia, austria, azerbaijan,
    bangladesh, belarus, belgium, bolivia, bosnia, brazil, bulgaria, cambodia, cameroon, canada,
    chile, china, colombia, costa rica, croatia, cuba, cyprus, czechia, denmark, ecuador, egypt,
    england, estonia, ethiopia, finland, france, germany, ghana, greece, greenland, guatemala,
    haiti, hungary, iceland, india, indonesia, iran, iraq, ireland, israel, italy, jamaica, japan,
    kazakhstan, kenya, korea, kuwait, laos, latvia, lebanon, libya, lithuania, luxembourg,
    madagascar, malaysia, malta, mexico, moldova, mongolia, montenegro, morocco, mozambique,
    nepal, netherlands, new zealand, nicaragua, niger, nigeria, norway, pakistan, panama, peru,
    philippines, poland, portugal, qatar, romania, russia, rwanda, scotland, senegal, serbia,
    singapore, slovakia, slovenia, somalia, south africa, south korea, spain, sri lanka, sudan,
    sweden, switzerland, syria, taiwan, tanzania, thailand, tunisia, turkey, uganda, ukraine,
    united kingdom, united states, uruguay, venezuela, vietnam, wales, yemen, zambia, zimbabwe,
    uk, us, usa, eu, uae, la, nyc, california, texas, florida, oregon, alaska, hawaii, nevada,
    arizona, colorado, utah, montana, minnesota, wisconsin, michigan, ohio, illinois, indiana,
    pennsylvania, massachusetts, connecticut, vermont, maine, new jersey, new mexico, louisiana,
    tennessee, kentucky, alabama, oklahoma, kansas, nebraska, iowa, missouri, bavaria, catalonia,
    tuscany, brittany, normandy, amsterdam, antwerp, athens, atlanta, auckland, baghdad, bangkok,
    barcelona, basel, beijing, beirut, belfast, belgrade, bergen, berlin, bern, bilbao, bogotá,
    bologna, bordeaux, boston, bratislava, brisbane, bristol, brooklyn, bruges, brussels,
    bucharest, budapest, buenos aires, cairo, cambridge, cape town, caracas, casablanca, chicago,
    cologne, copenhagen, dallas, damascus, delhi, denver, detroit, dubai, dublin, edinburgh,
    frankfurt, geneva, genoa, ghent, glasgow, hamburg, hanoi, havana, helsinki, hong kong,
    honolulu, houston, istanbul, jakarta, jerusalem, johannesburg, kathmandu, kraków, kyiv, kyoto,
    lagos, las vegas, leeds, leipzig, lima, lisbon, liverpool, ljubljana, london, los angeles,
    lyon, madrid, malmö, manchester, manhattan, manila, marrakesh, marseille, melbourne, miami,
    milan, montreal, moscow, mumbai, munich, nairobi, naples, new delhi, new orleans, new york,
    new york city, nice, osaka, oslo, ottawa, oxford, palermo, paris, philadelphia, porto, prague,
    reykjavik, riga, rio de janeiro, rome, rotterdam, salzburg, san diego, san francisco,
    san jose, santiago, sao paulo, sarajevo, seattle, seoul, seville, shanghai, sofia, stockholm,
    stuttgart, sydney, tallinn, tbilisi, tehran, tel aviv, tirana, tokyo, toronto, toulouse,
    turin, valencia, vancouver, venice, verona, vienna, vilnius, warsaw, washington, wellington,
    yerevan, zagreb, zurich
    """.replace("\n", " ").split(",")
)
THINGS = _set("""
    android ansible apache aws azure bash bitcoin blender cargo chrome clojure cmake cobol debian
    discord django docker dropbox eclipse elixir emacs erlang excel express facebook fedora
    figma firefox flask fortran git github gitlab gmail golang gradle grafana haskell instagram
    ios iphone ipad java javascript jenkins jira julia-lang jupyter kafka kotlin kubernetes
    latex linkedin linux lua macos markdown maven mongodb mysql netflix nginx node numpy ocaml
    outlook pandas perl photoshop php pinterest playstation postgres postgresql powerpoint
    powershell prolog prometheus pytest python pytorch rails react redis reddit ruby rust safari
    salesforce scala scheme scratch skype slack smalltalk snapchat spotify sqlite swift telegram
    tensorflow terraform tiktok twitch twitter typescript ubuntu unix vim vscode webassembly
    whatsapp wikipedia windows word xbox xcode youtube zig zoom
""") - {"express", "word", "scheme", "scratch", "node", "eclipse", "safari", "rails"}
