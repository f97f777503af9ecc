"""Made-up notes, chats and documents for `benchmarks.growth`, the same for the same seed.

A note of about 784 bytes tells ten to twelve facts of three people and projects, in a section each.
The n-th note is written n days after the first, and every fifth brings somebody new, so that N
notes are about N/5 people and projects however many follow. A fifth of the statements bring another
value for something that was said before, and so supersede that.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice

SEED = 7
FIRST_DAY = date(2000, 1, 1)
FACTS_A_NOTE = 11
"""About how many facts the local rules find in a note."""

_NOTES_A_SUBJECT = 5
_SECTIONS = (4, 4, 3)
"""How many statements each section of a note has."""
_UPDATES = 0.22
"""How likely a statement updates; at first, little can be updated."""
_PROJECTS = 0.3
"""The share of subjects that are projects; the others are people."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words(
    "Mira Petra Ines Helena Amara Clara Elif Greta Irma Katya Nadia Paola Rosa Tilda Vera Wanda "
    "Zora Beatriz Dagmar Freya Hanna Agnes Aisha Alma Astrid Bianca Birgit Camila Carys Cecilia "
    "Daria Delia Dorothea Edith Elena Emine Esther Fatima Fiona Flora Gemma Gisela Harriet Hilda "
    "Imani Ingrid Isolde Jadwiga Joana Judith Karin Leila Lena Leonie Livia Lorena Lucia Magda "
    "Malika Marit Mathilde Monika Nora Noemi Olga Ottilie Perla Ramona Renata Roswitha Sabine "
    "Saskia Signe Sofia Solveig Sunniva Tamara Ursula Valeria Yasmin"
)
MEN = _words(
    "Jonas Tobias Bruno Dario Felix Hugo Jasper Lorenz Mateo Oskar Quentin Samir Ulrich Yusuf "
    "Anton Cyril Emil Gustav Ivo Abel Adrian Albin Alvaro Amadeu Andrei Armand Arvid Bashir "
    "Bastian Benedek Bogdan Casimir Cosmin Damian Duarte Edgar Eero Einar Elias Enzo Fabio Farid "
    "Florian Frode Gabor Gerrit Gideon Hakan Halvard Henrik Horst Ignacio Ilya Isak Janek Joaquim "
    "Kaspar Kenji Klaus Konrad Lambros Leandro Ludvik Magnus Marek Milan Moritz Nikolai Olaf "
    "Owen Pavel Radek Rafael Ruben Sander Stefan Tariq Torsten Vincent Wim"
)
FIRST_NAMES = tuple(name for pair in zip(WOMEN, MEN, strict=True) for name in pair)
LAST_NAMES = _words(
    "Abbott Achterberg Adeyemi Aldering Almeida Amundsen Antunes Arsenault Ashworth Azevedo "
    "Bachmann Balogun Barreto Baumgart Beaulieu Belmonte Bergstrom Bianchi Blackwood Boateng "
    "Bondarenko Borges Bouchard Brandvold Brisbois Bukowski Burchard Cabrera Calloway Cardoso "
    "Castellan Cavendish Chaudhry Chevalier Clausen Coelho Colquhoun Corrigan Cisneros Dahlberg "
    "Danjuma Delacroix Demirci Deschamps Dimitrov Doherty Drummond Dubrovsky Dvorak Eberhart "
    "Echeverria Edelstein Eriksen Escobedo Espinoza Fairbanks Farouk Fernandes Ferrante Fitzroy "
    "Fontaine Forsberg Fournier Frankel Furtado Gallagher Garrido Gebhardt Giordano Glockner "
    "Goncalves Gottlieb Grabowski Granger Grimaldi Gustavsen Haddad Halvorsen Hartigan Hasegawa "
    "Hawthorne Heikkinen Hendricks Herrera Hirsch Hollister Horvath Huisman Ibrahim Iglesias "
    "Ingersoll Isaksen Ivanova Jablonski Janssen Jimenez Johansson Jovanovic Kaczmarek Kallio "
    "Karlsson Kavanagh Keller Kimura Kirchner Kowalczyk Krasniqi Kruger Lachance Lambert Larkin "
    "Lefebvre Lehtonen Lindqvist Lombardi Lundgren Machado MacLeod Madsen Magnusson Makinen "
    "Malone Marchetti Markovic Matsuda Mbeki Mendonca Mikkelsen Moreau Mulligan Nakamura Navarro "
    "Neumann Nkosi Norgaard Novotny Obermann Odonkor Okafor Olofsson Oyelaran Pacheco Palmgren "
    "Papadakis Pellegrini Petrescu Pietersen Pinheiro Popescu Prendergast Quintal Rademaker "
    "Ramirez Rasmussen Reyle Ribeiro Rinaldi Rosenthal Rousseau Ruzicka Saarinen Salazar "
    "Santoro Schreiber Seferi Shapiro Silveira Sjoberg Sokolov Sorensen Stavros Steinbach "
    "Strickland Szabo Takahashi Tavares Thibault Thorvald Tjaden Toussaint Trevino Uchida "
    "Ulvestad Urquhart Vaillant Valenzuela Vandermeer Vasquez Verhoeven Villanueva Voss "
    "Wachter Wadsworth Weatherby Westergaard Wiesner Winterbourne Wojcik Yamamoto Yilmaz "
    "Zabala Zeller Zielinski Zimmermann"
)
_BIRDS = _words(
    "Avocet Bittern Bunting Curlew Dipper Dunlin Egret Falcon Fulmar Gannet Godwit Goshawk Harrier "
    "Heron Hoopoe Ibis Jackdaw Kestrel Kittiwake Lapwing Linnet Magpie Marlin Nightjar Oriole "
    "Osprey Petrel Pipit Plover Puffin Redwing Sandpiper Siskin Skylark Starling Swift Tern "
    "Wagtail Whimbrel Wigeon"
)
_WORKS = _words(
    "Bridge Canal Harbour Library Lighthouse Museum Orchard Quarry Railway Reservoir Station Tower "
    "Tunnel Viaduct Vineyard Warehouse Atlas Beacon Compass Lantern"
)
_CITIES = _words(
    "Lisbon Porto Braga Faro Ghent Bergen Trondheim Oslo Malmo Turku Gdansk Krakow Leipzig Bremen "
    "Utrecht Leiden Nantes Lyon Bordeaux Seville Valencia Bilbao Turin Genoa Trieste Zagreb Split "
    "Graz Linz Salzburg Basel Geneva Dublin Cork Glasgow Leeds Bristol Cardiff Tallinn Riga"
)
_FIRMS = tuple(
    f"{name} {kind}"
    for kind in ("Labs", "Works", "Press", "Marine", "Logistics", "Foundry")
    for name in _words("Acme Globex Northwind Harbour Sable Juniper Cobalt Redwood Tidemark")
)
_JOBS = _words(
    "nurse teacher engineer carpenter plumber electrician lawyer designer programmer painter "
    "musician writer journalist photographer chef baker farmer scientist accountant architect "
    "dentist pharmacist pilot mechanic consultant analyst librarian translator editor gardener"
)
_THINGS = tuple(
    f"{colour} {thing}"
    for thing in _words("boat bicycle piano kayak camera telescope canoe tent loom")
    for colour in _words("red blue green yellow black white grey brown silver wooden")
)
_TASTES = tuple(
    f"{way} {dish}"
    for dish in _words("tea coffee soup bread cheese trout plums mushrooms rhubarb honey")
    for way in _words("green black smoked pickled roasted salted spiced frozen fresh sweet")
)
_STATUSES = (
    "delayed", "suspended", "blocked", "approved", "pending", "finished", "overdue", "abandoned",
)  # fmt: skip
_REASONS = (
    "since the permits came", "because of the weather", "after a long talk with the board",
    "as agreed in the spring", "which surprised nobody", "because the rent went up",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """A note.

    Args:
        name: Its file's name.
        text: Markdown with a date in its front matter.
        statements: How many it has.
        updates: How many of them bring another value for what was said before.
        subjects: Whom and what its sections are about, by full name.
    """

    name: str
    text: str
    statements: int
    updates: int
    subjects: tuple[str, ...]


@dataclass
class _Subject:
    """A person or a project.

    Args:
        name: The full name.
        shorts: What it is called once the full name was said.
        is_person: Whether it is a person.
        said: The latest values, by the sentence that tells them.
    """

    name: str
    shorts: tuple[str, ...]
    is_person: bool
    said: dict[str, str] = field(default_factory=dict)


class _Teller:
    """Tells of a growing number of people and projects.

    Args:
        seed: Decides what.
        size: How many there are at first.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.chance = random.Random(seed)
        self.subjects: list[_Subject] = []
        self.people: list[_Subject] = []
        for _ in range(size):
            self.meet()

    def meet(self) -> _Subject:
        """Add a person or a project."""
        number = len(self.subjects)
        if number and self.chance.random() < _PROJECTS:
            name = f"the {_BIRDS[number % len(_BIRDS)]} {_work(number // len(_BIRDS))} project"
            subject = _Subject(name, (name,), is_person=False)
        else:
            name = person(len(self.people))
            first = name.split()[0]
            pronoun = "she" if first in WOMEN else "he"
            subject = _Subject(name, (first, pronoun), is_person=True)
            self.people.append(subject)
        self.subjects.append(subject)
        return subject

    def section(self, about: _Subject, count: int) -> tuple[str, int]:
        """A section of `count` statements, and how many of them update."""
        sentences: list[str] = []
        used: set[str] = set()
        updates = 0
        for place in range(count):
            form, value, is_update = self._statement(about, used)
            used.add(form)
            name = self.chance.choice(about.shorts) if place else about.name
            if name in ("she", "he") and form.startswith("{}'s"):
                name = about.shorts[0]
            sentences.append(f"{_capital(form.format(name, value))}.")
            updates += is_update
        title = _capital(about.name.removeprefix("the "))
        return f"## {title}\n\n{_wrapped(sentences)}\n", updates

    def _statement(self, about: _Subject, used: set[str]) -> tuple[str, str, bool]:
        """A sentence that is not used yet, its value, and whether it updates."""
        slots = _OF_PERSONS if about.is_person else _OF_PROJECTS
        free = [slot for slot in slots if slot[0] not in used]
        known = [slot for slot in free if slot[0] in about.said]
        unknown = [slot for slot in free if slot[0] not in about.said]
        if known and self.chance.random() < _UPDATES:
            form, value_of = self.chance.choice(known)
            while (value := value_of(self)) == about.said[form]:
                pass
            about.said[form] = value
            return form, value, True
        if unknown and self.chance.random() < 0.5:
            form, value_of = self.chance.choice(unknown)
            about.said[form] = value_of(self)
            return form, about.said[form], False
        events = _WITH_PERSONS if about.is_person else _WITH_PROJECTS
        form, value_of = self.chance.choice([one for one in events if one[0] not in used])
        return form, value_of(self), False

    def pick(self, of: Sequence[str]) -> str:
        return self.chance.choice(of)

    def anybody(self) -> str:
        return self.chance.choice(self.people).name

    def day(self) -> str:
        day = FIRST_DAY + timedelta(days=self.chance.randrange(9_000))
        return f"{day.day} {day:%B %Y}"

    def number(self, least: int, most: int) -> int:
        return self.chance.randint(least, most)


_Slots = tuple[tuple[str, Callable[[_Teller], str]], ...]
"""Sentences with a place for the subject and one for the value, and how a value is found."""

_OF_PERSONS: _Slots = (
    ("{} lives in {}", lambda tell: tell.pick(_CITIES)),
    ("{} works at {}", lambda tell: tell.pick(_FIRMS)),
    ("{} works as a {}", lambda tell: tell.pick(_JOBS)),
    ("{}'s phone number is {}", lambda tell: f"555 {tell.number(10_000, 99_999)}"),
    ("{}'s favourite dish is {}", lambda tell: tell.pick(_TASTES)),
    ("{}'s manager is {}", lambda tell: tell.anybody()),
)
_OF_PROJECTS: _Slots = (
    ("the status of {} is {}", lambda tell: tell.pick(_STATUSES)),
    ("the budget of {} is {}", lambda tell: f"{tell.number(20, 900)}500 euros"),
    ("the deadline for {} is {}", lambda tell: tell.day()),
    ("the manager of {} is {}", lambda tell: tell.anybody()),
    ("the location of {} is {}", lambda tell: tell.pick(_CITIES)),
)
"""What has one value at a time."""

_WITH_PERSONS: _Slots = (
    ("{} met {}", lambda tell: f"{tell.anybody()} in {tell.pick(_CITIES)} on {tell.day()}"),
    ("{} likes {}", lambda tell: f"{tell.pick(_TASTES)} {tell.pick(_REASONS)}"),
    ("{} owns a {}", lambda tell: f"{tell.pick(_THINGS)} that is kept in {tell.pick(_CITIES)}"),
    (
        "{} visited {}",
        lambda tell: f"{tell.pick(_CITIES)} with {tell.anybody()} {tell.pick(_REASONS)}",
    ),
    (
        "{} bought a {}",
        lambda tell: f"{tell.pick(_THINGS)} for {tell.number(20, 900)} euros {tell.pick(_REASONS)}",
    ),
)
_WITH_PROJECTS: _Slots = (
    (
        "{} was discussed with {}",
        lambda tell: f"{tell.anybody()} in {tell.pick(_CITIES)} on {tell.day()}",
    ),
    ("the board talked about {} for {}", lambda tell: f"{tell.number(2, 9)} hours"),
    ("{} was praised by {}", lambda tell: f"{tell.anybody()} {tell.pick(_REASONS)}"),
    ("the letters about {} are kept in {}", lambda tell: tell.pick(_CITIES)),
)
"""What stays true whatever is said later."""


def notes(seed: int = SEED) -> Iterator[Note]:
    """Notes without an end."""
    teller = _Teller(seed, 10)
    for number in count():
        about = teller.chance.sample(teller.subjects, len(_SECTIONS))
        if number % _NOTES_A_SUBJECT == 0:
            about[0] = teller.meet()
        told = [teller.section(*one) for one in zip(about, _SECTIONS, strict=True)]
        day = FIRST_DAY + timedelta(days=number)
        title = f"Notes of {day:%A}, {day.day} {day:%B %Y}, week {day:%V} of the year"
        body = "\n".join(text for text, _ in told)
        yield Note(
            f"note-{number:06}.md",
            f"---\ndate: {day}\n---\n# {title}\n\n{body}",
            sum(_SECTIONS),
            sum(updates for _, updates in told),
            tuple(subject.name for subject in about),
        )


def some_notes(number: int, start: int = 0, seed: int = SEED) -> list[Note]:
    """`number` notes, from the one with number `start` on."""
    return list(islice(notes(seed), start, start + number))


def questions(number: int, among: Sequence[Note], seed: int = SEED) -> list[str]:
    """Questions about the subjects of notes."""
    chance = random.Random(seed + 1)
    names = sorted({name for note in among for name in note.subjects})
    return [
        chance.choice(_ASKED_OF_PROJECTS if name[0] == "t" else _ASKED_OF_PERSONS).format(name)
        for name in chance.choices(names, k=number)
    ]


_ASKED_OF_PERSONS = ("Where does {} live?", "Where does {} work?", "What does {} like?")
_ASKED_OF_PROJECTS = ("What is the status of {}?", "When is {} due?", "Who manages {}?")


def person(number: int) -> str:
    """The full name of a person; the first 8,000 differ."""
    turn, first = divmod(number, len(FIRST_NAMES))
    return f"{FIRST_NAMES[first]} {LAST_NAMES[(turn + 7 * first) % len(LAST_NAMES)]}"


def _work(number: int) -> str:
    """What a project builds; the first 20 differ, then they have two words."""
    turn, work = divmod(number, len(_WORKS))
    return f"{_WORKS[turn - 1]} {_WORKS[work]}" if turn else _WORKS[work]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _wrapped(sentences: Sequence[str], width: int = 96) -> str:
    """The sentences in lines of at most about `width` characters, broken between words."""
    lines: list[str] = []
    line = ""
    for word in " ".join(sentences).split():
        if len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".lstrip()
    return "\n".join([*lines, line])


def turns(seed: int = SEED) -> Iterator[str]:
    """The turns of a chat without an end, each a line of JSON."""
    teller = _Teller(seed, 60)
    at = datetime(2020, 1, 1, 9, tzinfo=UTC)
    for number in count():
        at += timedelta(minutes=7)
        if number % 2:
            role, told = "assistant", f"Noted: {teller.anybody()} on {teller.day()}."
        else:
            text, _ = teller.section(teller.chance.choice(teller.subjects), 2)
            role, told = "user", " ".join(text.splitlines()[2:])
        yield json.dumps({"role": role, "content": told, "timestamp": at.isoformat()})


def document(size: int, seed: int = SEED) -> str:
    """A document of about `size` bytes: one section of four statements after the other."""
    teller = _Teller(seed, 400)
    parts = ["---\ndate: 2024-01-01\n---\n# A long document\n"]
    length = len(parts[0])
    while length < size:
        parts.append(teller.section(teller.chance.choice(teller.subjects), 4)[0])
        length += len(parts[-1]) + 1
    return "\n".join(parts)


def documents(number: int, sections: int, statements: int, seed: int = SEED) -> Iterator[str]:
    """Documents of so many sections with so many statements each, about ever more subjects."""
    teller = _Teller(seed, 40)
    for n in range(number):
        teller.meet()
        parts = [f"---\ndate: {FIRST_DAY + timedelta(days=3_000 + n)}\n---\n# Document {n}\n"]
        about = teller.chance.sample(teller.subjects, sections)
        parts += (teller.section(one, statements)[0] for one in about)
        yield "\n".join(parts)


def hot_notes(values: int, form: str, a_note: int = 50) -> list[Note]:
    """Journals in which one person has `values` values of one slot, a day each.

    Args:
        values: How many.
        form: The sentence, with a place for the person and one for the value.
        a_note: How many values a note brings.
    """
    who = "Olga Tredennick"
    found: list[Note] = []
    for first in range(0, values, a_note):
        numbers = range(first, min(first + a_note, values))
        days = [FIRST_DAY + timedelta(days=number) for number in numbers]
        said = [form.format(who, person(number).replace(" ", "")) for number in numbers]
        parts = (
            f"## {day.day} {day:%B %Y}\n\n{sentence}.\n"
            for day, sentence in zip(days, said, strict=True)
        )
        text = f"---\ndate: {days[-1]}\n---\n# Journal\n\n" + "\n".join(parts)
        found.append(Note(f"hot-{first:06}.md", text, len(numbers), len(numbers), (who,)))
    return found
