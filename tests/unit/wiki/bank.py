"""A small bank of notes, made by hand."""

from dataclasses import replace
from datetime import UTC, datetime

from retain import wiki
from retain.memory.model import BankView, CitedFact, Edge, Entity, Fact, SourceNote, Topic


def pages(view):
    """Every page of a bank."""
    return wiki.pages(wiki.BankReads(view))


def index(view):
    """The index of a bank."""
    return wiki.index(wiki.BankReads(view))


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fact(text, *, at=1, kind="world", source="notes/ana.md", id=None, said=None, **fields):
    for name in ("occurred_start", "occurred_end"):
        if isinstance(fields.get(name), str):
            fields[name] = day(fields[name])
    one = Fact(
        fact_id=id or f"{source}:{at}:{text}",
        section_id=fields.pop("section", "s1"),
        type=kind,
        text=text,
        quote=text,
        start=at * 100,
        end=at * 100 + len(text),
        mentioned_at=day(said) if said else None,
        **fields,
    )
    return CitedFact(source, one, at)


def entity(name, kind="person", *aliases):
    return Entity(f"id-{name}-{kind}", name, kind, tuple(sorted({name, *aliases})))


def bank(*facts, entities=(), **fields):
    sources = sorted({one.source_id for one in facts})
    notes = tuple(SourceNote(source, None, 1, len(facts)) for source in sources)
    view = BankView("ana", entities=tuple(entities), facts=tuple(facts), sources=notes)
    return replace(view, **fields)


def ana():
    """Ana moved from Porto to Lisbon; her sister Maria Costa visits her."""
    porto = fact(
        "Ana lives in Porto",
        id="f1",
        at=3,
        said="2023-05-07",
        entities=("Ana", "Porto"),
        subject="Ana",
        slot="lives in",
        value="Porto",
        superseded_by="f2",
    )
    lisbon = fact(
        "Ana lives in Lisbon",
        id="f2",
        at=7,
        source="notes/lisbon.md",
        said="2024-03-10",
        occurred_start="2024-03-01",
        entities=("Ana", "Lisbon"),
        subject="Ana",
        slot="lives in",
        value="Lisbon",
    )
    return bank(
        porto,
        lisbon,
        fact("Ana works at Northwind", at=4, entities=("Ana", "Northwind"), subject="Ana",
             slot="works at", value="Northwind", said="2023-05-07"),
        fact("Ana went to Porto with Maria", at=9, kind="experience", said="2023-07-01",
             occurred_start="2023-06-17", occurred_end="2023-06-19",
             entities=("Ana", "Maria", "Porto"), subject="Ana"),
        fact("Ana went to porto with Maria.", at=2, kind="experience", said="2023-07-02",
             occurred_start="2023-06-17", occurred_end="2023-06-19", source="notes/trips.md",
             entities=("Ana", "Maria", "Porto"), subject="Ana"),
        fact("Ana will visit Maria Costa in August", at=11, kind="plan", said="2024-05-01",
             occurred_start="2024-08-01", occurred_end="2024-09-01",
             entities=("Ana", "Maria Costa"), subject="Ana"),
        fact("Ana likes sardines", at=12, kind="preference", said="2024-05-01",
             entities=("Ana",), subject="Ana", slot="likes", value="sardines"),
        fact("Lisbon is too loud for Ana", at=13, kind="opinion", said="2024-05-01",
             entities=("Ana", "Lisbon"), subject="Lisbon"),
        fact("Ana is Maria's sister", at=14, entities=("Ana", "Maria"), subject="Ana"),
        fact("Maria told Ana about a job", at=15, entities=("Ana", "Maria"), subject="Maria"),
        fact("Ana should renew the passport", at=16, kind="assistant_statement",
             entities=("Ana",), subject="Ana"),
        entities=(
            entity("Ana"),
            entity("Maria Costa", "person", "Maria"),
            entity("Porto", "place"),
            entity("Lisbon", "place"),
            entity("Northwind", "organisation"),
            entity("Braga", "place"),
        ),
        times=(("Ana", 12), ("Maria Costa", 5), ("Porto", 3), ("Lisbon", 1)),
        edges=(Edge("f2", "f1", "lives in: Porto -> Lisbon"),),
        topics=(
            Topic("topic-city-move", "City, move", ("city", "move"),
                  (("notes/ana.md", "s1"), ("notes/lisbon.md", "s1"))),
        ),
    )  # fmt: skip
