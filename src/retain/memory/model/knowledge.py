"""What sources say: facts, names, and how every section ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from retain.kinds import OutcomeKind

FactType = Literal["world", "experience", "preference", "plan", "opinion", "assistant_statement"]
EntityKind = Literal["person", "place", "organisation", "thing", "unknown"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One atomic statement, with where it was made.

    Args:
        fact_id: Stable while the statement stays the same; empty until it is deduplicated.
        section_id: The section that it was made in.
        type: What kind of statement it is.
        text: The statement.
        quote: The words of the source, verbatim.
        start: First character of the quote in the source.
        end: One past the last character of the quote.
        entities: The names it speaks of.
        mentioned_at: When it was said; None where the source does not say.
        occurred_start: When what it tells began.
        occurred_end: When what it tells ended.
        superseded_by: The fact that replaces it.
        subject: Whom or what it is about; the speaker where he speaks of himself.
        slot: What of the subject it tells, where a rule knows that: ``lives in``, ``works at``.
        value: What the slot holds: ``Lisbon``.
        confidence: How sure the extractor is, 0 to 1.
        named: The names in it as the quote writes them, with their kinds, where the extractor
            gives them; `entities` has what they stand for.
        came_in: When a bank got it, UTC: only where a bank gives it and `mentioned_at` is None.
    """

    fact_id: str
    section_id: str
    type: FactType
    text: str
    quote: str
    start: int
    end: int
    entities: tuple[str, ...] = ()
    mentioned_at: datetime | None = None
    occurred_start: datetime | None = None
    occurred_end: datetime | None = None
    superseded_by: str | None = None
    subject: str | None = None
    slot: str | None = None
    value: str | None = None
    confidence: float = 1.0
    named: tuple[tuple[str, EntityKind], ...] = ()
    came_in: datetime | None = None

    @property
    def moment(self) -> datetime | None:
        """When it was said, or when the bank got it where that is not known."""
        return self.mentioned_at or self.came_in


@dataclass(frozen=True, slots=True)
class Mention:
    """A name where it stands in a source.

    Args:
        name: As it is written.
        kind: What it seems to name.
        section_id: Where.
        start: First character in the source.
        end: One past the last character.
    """

    name: str
    kind: EntityKind
    section_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something that sources speak of, under one or several names.

    Args:
        entity_id: Stable while its canonical name stays the same.
        name: The canonical name.
        kind: What it is.
        aliases: Every way its name is written, the canonical one included, sorted.
        reasons: Why names other than the canonical one are taken for it, one line each.
    """

    entity_id: str
    name: str
    kind: EntityKind
    aliases: tuple[str, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityChange:
    """What a change of names makes of a bank's entities.

    Args:
        gone: Stored entities that stand no more, or not as they are.
        came: Entities that stand in their place; one may have the id of one that is gone.
    """

    gone: tuple[Entity, ...] = ()
    came: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class MergedFact:
    """A statement that was made before.

    Args:
        fact: As it was extracted here; its `fact_id` is that of the fact it was taken for.
        reason: Why it was taken for that.
    """

    fact: Fact
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a section of a run ended.

    Args:
        section_id: The section.
        kind: Whether it gave facts.
        facts: How many statements it gave, repeated ones included.
        said_at: When the section was said: what its words for time were taken against.
        detail: What else there is to tell, such as why it failed.
        reused: Whether nothing was done, since the section was extracted before.
    """

    section_id: str
    kind: OutcomeKind
    facts: int
    said_at: datetime | None = None
    detail: str | None = None
    reused: bool = False

    @property
    def lost(self) -> bool:
        """Whether the section has yet to be read: a resume asks for it again."""
        return self.kind in (OutcomeKind.FAILED, OutcomeKind.TRUNCATED)


Sameness = Literal["same", "different", "unsure"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether two names mean the same, as a model sees it; the one that sorts first comes first."""

    name: str
    other: str
    verdict: Sameness


RULES = "local-"
"""What the names of extractors begin with that use rules alone, without a model."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a source says.

    Args:
        extractor: The name and version of what found it: a model, or rules. Of a source with parts
            that several have read, one of them.
        facts: Its facts, in the order of the source.
        merged: Statements that repeat one of them.
        mentions: The names in it.
        outcomes: One for each section that `extractor` has read.
        judgements: What a model decided of names in it.
    """

    extractor: str = ""
    facts: tuple[Fact, ...] = ()
    merged: tuple[MergedFact, ...] = ()
    mentions: tuple[Mention, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    judgements: tuple[Judgement, ...] = ()

    @property
    def by_rules(self) -> bool:
        """Whether rules alone found all of it."""
        return not self.extractor or self.extractor.startswith(RULES)


@dataclass(frozen=True, slots=True)
class NameCount:
    """A way to write a name, and how often a bank's sources write it so."""

    name: str
    kind: EntityKind
    times: int = 1


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an extractor made of sections.

    Args:
        facts: Those whose quote stands in the text where they say, in its order.
        quarantined: Those whose quote does not.
        failed: Why sections could not be extracted, by their ids.
        truncated: Why sections could be extracted in part only, by their ids.
        warnings: What else there is to tell of sections, by their ids.
        answered: Whether a model that was asked about sections answered about any, well or not.
    """

    facts: tuple[Fact, ...] = ()
    quarantined: tuple[Fact, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict[str, str])
    truncated: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: Mapping[str, str] = field(default_factory=dict[str, str])
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """Facts with their ids, and what was merged into them.

    Args:
        facts: In the order of the source.
        merged: Statements that repeat one of them.
    """

    facts: tuple[Fact, ...] = ()
    merged: tuple[MergedFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Corrections:
    """What was decided of names: by users, for good, and by a model, which is weaker.

    Args:
        merges: Pairs of names that mean the same; a split is stronger.
        splits: Pairs of names that do not.
        judged: Pairs that a model takes for the same.
        asked: All pairs that a model was asked of, whatever it said.
    """

    merges: frozenset[tuple[str, str]] = frozenset()
    splits: frozenset[tuple[str, str]] = frozenset()
    judged: frozenset[tuple[str, str]] = frozenset()
    asked: frozenset[tuple[str, str]] = frozenset()

    def with_judgements(self, judgements: Iterable[Judgement]) -> Corrections:
        """These, and what a model decided beside."""
        pairs = {(one.name, one.other): one.verdict for one in judgements}
        same = {pair for pair, verdict in pairs.items() if verdict == "same"}
        return replace(self, judged=self.judged | same, asked=self.asked | pairs.keys())
