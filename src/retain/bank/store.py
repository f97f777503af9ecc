"""Banks over any store: what states, recall and every face read and change."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from retain.bank import (
    audit,
    changes,
    derived,
    edges,
    entities,
    exports,
    facts,
    history,
    judgements,
    leads,
    log,
    pages,
    rebuild,
    sections,
    sources,
    topics,
    transfer,
    versions,
)
from retain.bank.claims import ClaimTable
from retain.bank.derived import BankRules, Derived
from retain.bank.names import NameTable
from retain.bank.page_reads import BankPages
from retain.bank.pages import PageMark
from retain.bank.record_spool import Spool
from retain.bank.record_validation import Checker
from retain.bank.rows import by_id, check_ids
from retain.bank.search import BankSearch, Search
from retain.bank.sources import SourceEnd
from retain.bank.topics import Passages
from retain.concurrency import computed
from retain.errors import (
    DatabaseBusyError,
    DatabaseError,
    InputError,
    RecordError,
    SourceNotFoundError,
)
from retain.memory.fencing import current_fence
from retain.memory.model import (
    BankChanges,
    CitedFact,
    Contradiction,
    Corrections,
    Counts,
    DirtyPages,
    Document,
    Edge,
    EntityKind,
    EntityNote,
    Fact,
    FactLifetime,
    FactPair,
    Flaw,
    Judgement,
    Knowledge,
    Lead,
    LogEntry,
    NameCount,
    NamePair,
    Page,
    PageKind,
    SectionRow,
    StoredSource,
    Tail,
    Topic,
    Vectors,
    Verdict,
    Version,
)
from retain.memory.model.transfer import Record
from retain.memory.ports.pages import PageReads
from retain.memory.ports.store import Store, Tx
from retain.memory.redaction import Redaction
from retain.upgrade import Upgrade

if TYPE_CHECKING:
    pass

T = TypeVar("T")

CorrectionKind = Literal["merge", "split"]


RenderPage = Callable[[PageKind, str, PageReads], Page | None]
"""Renders the page of an entity or a topic, by the id of that."""


class BankStore:
    """The lasting content of banks; every method looks at one bank.

    Every method raises `InputError` for an id that no store can write, `DatabaseError` where the
    store cannot be used, and, if it changes anything, `DatabaseBusyError` where another process
    holds the database for too long and `LeaseLostError` where the run that writes has lost its
    lease.

    Args:
        store: Where the banks are.
        rules: How what is derived is derived.
    """

    def __init__(self, store: Store, rules: BankRules) -> None:
        self._store = store
        self._rules = rules
        self._search = Search()
        self._up_to_date: set[str] = set()

    async def source(self, bank_id: str, source_id: str) -> StoredSource | None:
        """The source, or None."""
        return await self._read(bank_id, lambda tx: sources.find(tx, source_id), source_id)

    async def sources(
        self, bank_id: str, among: Collection[str] | None = None
    ) -> Sequence[StoredSource]:
        """Every source of the bank, by id; or those of some sources that it has."""
        return await self._read(bank_id, lambda tx: sources.every(tx, among))

    async def outcome_details(
        self, bank_id: str, among: Collection[str]
    ) -> Mapping[str, Mapping[str, int]]:
        """What outcomes of these sources' sections tell, each with how many sections tell it."""

        def read(tx: Tx) -> Mapping[str, Mapping[str, int]]:
            found: dict[str, dict[str, int]] = {}
            for source_id, detail, count in tx.rows("outcome_details", {"sources": [*among]}):
                found.setdefault(source_id, {})[detail] = count
            return found

        return await self._read(bank_id, read)

    async def text(self, bank_id: str, source_id: str) -> str | None:
        """The text of a source; None where an older release retained it, or it was imported."""
        return await self._read(bank_id, lambda tx: sources.text(tx, source_id), source_id)

    async def end_of(self, bank_id: str, source_id: str, last: int) -> SourceEnd | None:
        """What is needed to add to a source: its last sections among that; None if it is new."""

        def read(tx: Tx) -> SourceEnd | None:
            source = sources.find(tx, source_id)
            if source is None:
                return None
            redactions = history.redactions(tx, source_id).get(source_id, ())
            rows = sections.of_source(tx, source_id, last)
            return SourceEnd(source, sources.text(tx, source_id), redactions, rows)

        return await self._read(bank_id, read, source_id)

    async def source_with_text(
        self, bank_id: str, source_id: str
    ) -> tuple[StoredSource, str | None]:
        """A source and its text; None where an older release retained it, or it was imported.

        Raises:
            SourceNotFoundError: The bank has no such source.
        """

        def read(tx: Tx) -> tuple[StoredSource, str | None]:
            source = sources.find(tx, source_id)
            if source is None:
                raise SourceNotFoundError(bank_id, source_id)
            return source, sources.text(tx, source_id)

        return await self._read(bank_id, read, source_id)

    async def beginning_of(
        self, bank_id: str, source_id: str
    ) -> tuple[StoredSource, str | None] | None:
        """A source and the part of its text that came first; None if there is no such source."""

        def read(tx: Tx) -> tuple[StoredSource, str | None] | None:
            source = sources.find(tx, source_id)
            return None if source is None else (source, sources.first_text(tx, source_id))

        return await self._read(bank_id, read, source_id)

    async def keep_text(self, bank_id: str, source_id: str, text: str) -> None:
        """Keep the text of a source that an older release retained, or that was imported."""
        if await self.text(bank_id, source_id) is None:
            await self._write(bank_id, lambda tx: sources.put_text(tx, source_id, text), source_id)

    async def sections(
        self, bank_id: str, source_id: str, last: int | None = None
    ) -> Sequence[SectionRow]:
        """The sections of a source in order, or the `last` ones; none if it does not exist."""
        return await self._read(
            bank_id, lambda tx: sections.of_source(tx, source_id, last), source_id
        )

    async def section_ids(
        self, bank_id: str, source_id: str, among: Collection[str]
    ) -> Collection[str]:
        """Those of some ids that sections of a source have."""
        return await self._read(
            bank_id, lambda tx: sections.ids(tx, source_id, among).keys(), source_id
        )

    async def counts(self, bank_id: str) -> Counts:
        """How much the bank holds."""
        return await self._read(bank_id, sources.counts)

    async def now(self, bank_id: str) -> datetime:
        """The time by the clock of the database, UTC."""
        return await self._store.read(bank_id, lambda tx: tx.now())

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        return await self._store.banks()

    async def replace_source(
        self,
        bank_id: str,
        source_id: str,
        *,
        content_hash: str,
        text: str,
        document: Document,
        vectors: Vectors | None = None,
        knowledge: Knowledge | None = None,
        tail: Tail | None = None,
        reference_date: datetime | None = None,
        came_in: datetime | None = None,
    ) -> int:
        """Make `document` the source's visible version, in one transaction.

        Storing a content that is visible already changes nothing. Sections that stay keep their
        vectors. The first vectors of a bank decide on its model.

        Args:
            bank_id: The bank.
            source_id: The source.
            content_hash: Names the content; see `StoredSource`.
            text: The source text that the document's spans point into.
            document: What reading it gave.
            vectors: Those of sections that have none yet.
            knowledge: What the document says; it replaces what the version before said.
            tail: Given where `document` and `knowledge` are added to the visible version: where
                `text` begins in the source.
            reference_date: When the text was written, where that was said.
            came_in: When the text was given, UTC; what has no date is of then. None: now.

        Returns:
            The version that is visible afterwards.

        Raises:
            InputError: Something of it cannot be kept, the vectors are of another model than the
                bank's, or the source is not what is to be added to.
        """
        check_ids(bank_id, source_id)
        new = await computed(
            versions.prepared,
            *(source_id, content_hash, text, document, vectors, knowledge or Knowledge()),
            tail,
            reference_date,
            came_in,
        )
        write = versions.replace if tail is None else versions.append
        return await self._write(bank_id, lambda tx: write(tx, new, self._rules))

    async def delete_source(self, bank_id: str, source_id: str) -> bool:
        """Remove every trace of the source, from the pages too; False if there was none.

        Facts it had superseded become current again. Unused bytes of the store may hold copies
        until `vacuum`.
        """

        def remove(tx: Tx) -> bool:
            tx.run("mark_for_vacuum")
            return versions.remove(tx, source_id, self._rules) is not None

        return await self._write(bank_id, remove, source_id)

    async def rehearse_delete(self, bank_id: str, source_id: str) -> Derived:
        """What deleting a source would change; nothing does."""
        return await self._rehearse(
            bank_id, lambda tx: versions.remove(tx, source_id, self._rules) or Derived()
        )

    async def rehearse_delete_facts(
        self, bank_id: str, source_id: str, fact_ids: Collection[str]
    ) -> Derived:
        """What it would change if a source came in again without some facts; nothing does."""
        return await self._rehearse(
            bank_id, lambda tx: versions.remove_facts(tx, source_id, fact_ids, self._rules)
        )

    async def redactions(
        self, bank_id: str, among: Collection[str] | None = None
    ) -> Mapping[str, tuple[Redaction, ...]]:
        """What is kept of forgotten statements of the bank, or of some sources, by source."""

        def read(tx: Tx) -> Mapping[str, tuple[Redaction, ...]]:
            if among is None:
                return history.redactions(tx)
            found = (history.redactions(tx, source_id) for source_id in among)
            return {source_id: those for some in found for source_id, those in some.items()}

        return await self._read(bank_id, read, *(among or ()))

    async def redact(
        self, bank_id: str, source_id: str, fact_id: str, redactions: Sequence[Redaction]
    ) -> None:
        """Forget what pages, the log and earlier versions say of a fact.

        Its statement goes when its source's text comes in without it; until the source is deleted,
        `redactions` name the words that are blanked whenever it comes in again.
        """
        await self._write(
            bank_id,
            lambda tx: versions.redact(tx, source_id, fact_id, redactions, self._rules),
            source_id,
        )

    async def vacuum(self) -> None:
        """Leave no byte of what was deleted where the store keeps its bytes."""
        await self._store.vacuum()

    async def exports(self, bank_id: str) -> Mapping[str, bool]:
        """The paths that the bank was exported to, and whether each is an unfinished export's."""
        return await self._read(bank_id, exports.every)

    async def note_export(self, bank_id: str, path: str, *, unfinished: bool = False) -> None:
        """Note the absolute path that the bank is exported to."""
        await self._write(bank_id, lambda tx: exports.note(tx, path, unfinished=unfinished))

    async def drop_exports(self, bank_id: str, paths: Collection[str]) -> None:
        """Note that exports are gone."""
        await self._write(bank_id, lambda tx: exports.drop(tx, paths))

    async def knowledge(self, bank_id: str, source_id: str) -> Knowledge:
        """What the source's visible version says.

        The offsets of facts and mentions count from the start of their section.
        """
        return await self._read(bank_id, lambda tx: facts.of_source(tx, source_id), source_id)

    async def facts(self, bank_id: str, source_id: str | None = None) -> Sequence[tuple[str, Fact]]:
        """The facts of a bank, or of one source, each with its source's id, in their order."""
        return await self._read(bank_id, lambda tx: facts.facts(tx, source_id), source_id or "")

    async def cited(self, bank_id: str, source_id: str | None = None) -> Sequence[CitedFact]:
        """The facts of a bank, or of one source, with their lines and what superseded them."""
        return await self._read(bank_id, lambda tx: facts.cited(tx, source_id), source_id or "")

    async def cited_in(
        self,
        bank_id: str,
        source_id: str,
        section_ids: Collection[str],
        fact_ids: Collection[str] = (),
    ) -> Mapping[str, CitedFact]:
        """The facts of some sections of a source, and those of `fact_ids` that there are, by id."""

        def read(tx: Tx) -> Mapping[str, CitedFact]:
            key = {"source_id": source_id}
            found = [tx.rows("facts_of_section", {**key, "section_id": one}) for one in section_ids]
            return facts.cited_by_id(tx, {*fact_ids, *(row[0] for rows in found for row in rows)})

        return await self._read(bank_id, read, source_id)

    async def cited_about(self, bank_id: str, name: str) -> Sequence[CitedFact]:
        """The facts that speak of the entity that `name` is an alias of, by source and place."""

        def read(tx: Tx) -> Sequence[CitedFact]:
            wanted = name.casefold()
            notes = BankPages(tx, self._rules.names.fold).entities_named({wanted})
            names = {wanted}.union(*(note.aliases for note in notes))
            ids = [row[0] for row in tx.rows("facts_naming", {"names": sorted(names)})]
            return sorted(facts.cited_by_id(tx, ids).values(), key=_place)

        return await self._read(bank_id, read, name)

    async def entities(
        self, bank_id: str, limit: int | None = None, after: EntityNote | None = None
    ) -> Sequence[EntityNote]:
        """The entities of the bank, the most named first.

        Args:
            bank_id: The bank.
            limit: How many at most; None: all.
            after: The last one that was returned before; None for the first.
        """
        return await self._read(bank_id, lambda tx: entities.ranked(tx, limit, after))

    async def cited_by_id(self, bank_id: str, fact_ids: Sequence[str]) -> Mapping[str, CitedFact]:
        """Those of the facts that the bank holds, by id."""
        return await self._read(bank_id, lambda tx: facts.cited_by_id(tx, fact_ids), *fact_ids)

    async def lifetimes(self, bank_id: str, source_id: str | None = None) -> Sequence[FactLifetime]:
        """The facts of every version of the bank's sources, or of one of them."""
        return await self._read(
            bank_id, lambda tx: history.lifetimes(tx, source_id), source_id or ""
        )

    async def versions(self, bank_id: str, source_id: str | None = None) -> Sequence[Version]:
        """The versions of the bank's sources, or of one of them, in the order they came in."""
        return await self._read(
            bank_id, lambda tx: history.versions(tx, source_id), source_id or ""
        )

    async def lifetimes_about(self, bank_id: str, names: Collection[str]) -> Sequence[FactLifetime]:
        """The facts of every version that give one of the names, which come without case."""
        return await self._read(bank_id, lambda tx: history.lifetimes_about(tx, names))

    async def versions_of(self, bank_id: str, source_ids: Collection[str]) -> Sequence[Version]:
        """The versions of some of the bank's sources, in the order they came in."""

        def read(tx: Tx) -> Sequence[Version]:
            found = [one for source in source_ids for one in history.versions(tx, source)]
            return sorted(found, key=lambda one: (one.retained_at, one.source_id, one.version))

        return await self._read(bank_id, read)

    async def names(self, bank_id: str) -> Sequence[NameCount]:
        """Every way in which the bank's sources write a name."""
        return await self._read(bank_id, facts.names)

    async def writers(self, bank_id: str, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the sources that write each of the names, sorted."""
        return await self._read(bank_id, lambda tx: facts.writers(tx, names), *names)

    async def kinds_of_names(
        self, bank_id: str, source_id: str, names: Collection[str]
    ) -> Mapping[str, EntityKind]:
        """Those of the names that the last sections of a source write, with what each is."""
        return await self._read(bank_id, lambda tx: facts.kinds(tx, source_id, names), source_id)

    async def with_near_names(
        self, bank_id: str, source_id: str, names: Sequence[NameCount]
    ) -> list[NameCount]:
        """Names, and those that may mean the same and that the last sections of a source write."""

        def read(tx: Tx) -> list[NameCount]:
            near = NameTable(tx).near(self._rules.names, names)
            written = facts.kinds(tx, source_id, near)
            known = {one.name for one in names}
            more = (NameCount(*one, 1) for one in sorted(written.items()) if one[0] not in known)
            return sorted([*names, *more], key=lambda one: (one.name, one.kind))

        return await self._read(bank_id, read, source_id)

    async def corrections(self, bank_id: str, about: Collection[str] | None = None) -> Corrections:
        """What users, and a model, decided of the bank's names, or of some of them."""

        def read(tx: Tx) -> Corrections:
            if about is None:
                return judgements.corrections(tx)
            folded = {self._rules.names.fold(name) for name in about}
            return NameTable(tx).corrections(folded)

        return await self._read(bank_id, read)

    async def doubtful_names(self, bank_id: str, about: Collection[str]) -> Sequence[NamePair]:
        """Pairs of names that rules leave open, one of `about` in each; see `EntityRules`."""
        return await self._read(
            bank_id, lambda tx: self._rules.names.doubtful(NameTable(tx), about)
        )

    async def doubtful_facts(self, bank_id: str, about: Collection[str]) -> Sequence[FactPair]:
        """Pairs of facts that rules leave open and no model was asked of, with one of `about`."""

        def read(tx: Tx) -> Sequence[FactPair]:
            table = ClaimTable(tx)
            judged = {(one.older, one.newer) for one in table.verdicts(about)}
            return self._rules.facts.doubtful(about, judged, table)

        return await self._read(bank_id, read)

    async def contradictions(self, bank_id: str) -> Sequence[Contradiction]:
        """What contradicts what while neither supersedes the other; reads the whole bank."""

        def read(tx: Tx) -> Sequence[Contradiction]:
            table = ClaimTable(tx)
            return self._rules.facts.contradictions(table.current(), table)

        return await self._read(bank_id, read)

    async def correct(self, bank_id: str, kind: CorrectionKind, name: str, other: str) -> None:
        """Keep a user's decision on two names; a later one on the same pair replaces it."""

        def correct(tx: Tx) -> None:
            decided = judgements.correct(tx, self._rules.names, kind, name, other)
            changes.note(tx, (), derived.decide(tx, self._rules, decided).changed_edges)

        await self._write(bank_id, correct, name, other)

    async def add_judgements(self, bank_id: str, decided: Sequence[Judgement]) -> None:
        """Keep what a model decided of names, all in one transaction.

        The first judgement of a pair stays. One goes as soon as no source writes both of its
        names, in the transaction that takes the last of them.
        """

        def add(tx: Tx) -> None:
            made = derived.decide(tx, self._rules, judgements.add(tx, self._rules.names, decided))
            if any(one.verdict == "same" for one in decided):
                changes.note(tx, (), made.changed_edges)

        named = (name for one in decided for name in (one.name, one.other))
        await self._write(bank_id, add, *named)

    async def verdicts(self, bank_id: str) -> Sequence[Verdict]:
        """What a model sees of what superseded what, by the ids of the facts."""
        return await self._read(bank_id, judgements.of_facts)

    async def add_verdicts(self, bank_id: str, verdicts: Sequence[Verdict]) -> None:
        """Keep what a model or a user sees of what superseded what, all in one transaction.

        The first verdict of a pair stays. One goes with either of its facts, or when its source
        states it otherwise, in the same transaction.
        """

        def add(tx: Tx) -> None:
            judgements.put_verdicts(tx, verdicts)
            made = derived.reconsider(tx, self._rules, {one.older for one in verdicts})
            if any(one.verdict in ("replaces", "corrects") for one in verdicts):
                changes.note(tx, (), made.changed_edges)

        await self._write(bank_id, add)

    async def edges(self, bank_id: str) -> Sequence[Edge]:
        """What superseded what, by the ids of the facts."""
        return await self._read(bank_id, edges.every)

    async def edges_of(self, bank_id: str, fact_ids: Collection[str]) -> Sequence[Edge]:
        """What superseded some of the facts, and what they superseded."""
        return await self._read(bank_id, lambda tx: edges.of_facts(tx, fact_ids))

    async def search(self, bank_id: str, work: Callable[[BankSearch], T]) -> T:
        """What `work` finds in the bank; it runs in a thread, all of it at one moment."""
        return await self._read(bank_id, lambda tx: work(self._search.of(tx)))

    async def vector_model(self, bank_id: str) -> str | None:
        """The model of the bank's vectors; None before the first."""
        return await self._read(bank_id, sections.vector_model)

    async def dimensions(self, bank_id: str, model: str) -> int | None:
        """How long the bank's vectors of a model are; None if it has none."""
        return await self._read(bank_id, lambda tx: sections.dimensions(tx, model))

    async def embedded(self, bank_id: str, source_id: str, model: str) -> frozenset[str]:
        """The ids of the source's sections that have a vector of `model`."""
        given = {"source_id": source_id, "model": model}
        return await self._read(
            bank_id, lambda tx: frozenset(row[0] for row in tx.rows("embedded", given)), source_id
        )

    async def add_vectors(self, bank_id: str, source_id: str, vectors: Vectors) -> None:
        """Keep vectors of any model beside the bank's own; sections that are gone are passed by.

        They are searched once `use_model` has made theirs the bank's model.
        """
        by_section = by_id(vectors)

        def add(tx: Tx) -> None:
            rows = tx.rows("section_rows", {"source_id": source_id})
            given = {id_: by_section[name] for id_, name in rows if name in by_section}
            sections.put_vectors(tx, vectors.model, given)
            changes.note(tx, given.keys())

        await self._write(bank_id, add, source_id)

    async def use_model(self, bank_id: str, model: str) -> int:
        """Make `model` the bank's and drop all other vectors, if every section has one of it.

        Returns:
            How many sections have none; unless it is 0, nothing was changed.
        """
        return await self._write(bank_id, lambda tx: sections.use_model(tx, model))

    async def version(self, bank_id: str) -> int | None:
        """The version of the bank, another with every change to it; None where there is no bank."""

        def read(tx: Tx) -> int | None:
            rows = tx.rows("bank")
            return rows[0][1] if rows else None

        return await self._read(bank_id, read)

    async def read_pages(self, bank_id: str, work: Callable[[PageReads], T]) -> T:
        """Run `work` on what pages are rendered from, at one instant."""
        return await self._read(bank_id, lambda tx: work(BankPages(tx, self._rules.names.fold)))

    async def current_pages(
        self, bank_id: str, owners: Sequence[tuple[PageKind, str]], render: RenderPage
    ) -> list[Page]:
        """Pages as they should be: as they were rendered last, or rendered now and kept.

        Args:
            bank_id: The bank.
            owners: What each page is of, and the id of that; those without a page are left out.
            render: Renders a page.
        """

        def read(tx: Tx) -> tuple[list[Page], list[tuple[PageMark, Page | None]]]:
            found: list[Page] = []
            new: list[tuple[PageMark, Page | None]] = []
            reads = BankPages(tx, self._rules.names.fold)
            for kind, owner in owners:
                mark = pages.mark_of(tx, kind, owner)
                page = pages.find(tx, kind, owner) if mark is None else None
                page = page or render(kind, owner, reads)
                found += [] if page is None else [page]
                new += [] if mark is None else [(mark, page)]
            return found, new

        found, new = await self._read(bank_id, read)
        if new:
            with suppress(DatabaseError, DatabaseBusyError):  # to read takes no right to write
                await self.keep_pages(bank_id, new)
        return found

    async def kept_pages(
        self, bank_id: str, owners: Sequence[tuple[PageKind, str]], render: RenderPage
    ) -> list[tuple[Page, Page | None]]:
        """The pages that are kept as they should be, and as they are rendered now."""

        def read(tx: Tx) -> list[tuple[Page, Page | None]]:
            reads = BankPages(tx, self._rules.names.fold)
            kept = ((owner, pages.find(tx, *owner)) for owner in owners)
            return [(page, render(*owner, reads)) for owner, page in kept if page is not None]

        return await self._read(bank_id, read)

    async def page_marks(self, bank_id: str, limit: int) -> Sequence[PageMark]:
        """The pages that say something else by now, `limit` at most."""
        return await self._read(bank_id, lambda tx: pages.marked(tx, limit))

    async def keep_pages(
        self, bank_id: str, rendered: Sequence[tuple[PageMark, Page | None]]
    ) -> None:
        """Keep rendered pages; one that was marked again since its mark was read is left out.

        Args:
            bank_id: The bank.
            rendered: Marks, each with its page; None where nothing is left to tell.
        """
        await self._write(bank_id, lambda tx: pages.keep(tx, rendered))

    async def topics_due(self, bank_id: str) -> bool:
        """Whether the bank has changed so much that its topics are to be clustered again."""
        return await self._read(bank_id, topics.is_due)

    async def passages(self, bank_id: str) -> Passages:
        """Every section of the bank as topics are clustered from it; reads the whole bank."""
        return await self._read(bank_id, lambda tx: topics.passages(tx, self._rules.names))

    async def topics(self, bank_id: str) -> Sequence[Topic]:
        """The topics of the bank with their sections, by id."""
        return await self._read(bank_id, topics.every)

    async def replace_topics(self, bank_id: str, clustered: Sequence[Topic]) -> None:
        """Make `clustered` the bank's topics."""

        def replace(tx: Tx) -> None:
            changed, concerned = topics.replace(tx, clustered)
            derived.mark(tx, self._rules, BankChanges(topics=changed, sections=concerned))
            changes.note(tx)

        await self._write(bank_id, replace)

    async def lead_marks(self, bank_id: str, limit: int) -> Sequence[PageMark]:
        """The entities whose pages may want another lead, `limit` at most."""
        return await self._read(bank_id, lambda tx: pages.marked(tx, limit, ["lead"]))

    async def put_leads(
        self, bank_id: str, written: Mapping[str, Lead], *, done: Collection[PageMark] = ()
    ) -> None:
        """Keep leads of pages, each in the place of the page's last.

        A lead goes with any of the facts that it is made from, in the same transaction, and when
        nothing names its page any more. One that is made from what is gone by now is not kept.

        Args:
            bank_id: The bank.
            written: Leads by the ids of the entities whose pages they begin.
            done: The marks of pages that want no other lead until they change again.
        """

        def put(tx: Tx) -> None:
            pages.keep(tx, [(mark, None) for mark in done])
            leads.put(tx, list(written.values()))
            leads.drop_unfounded(tx, written.values())
            pages.mark(tx, DirtyPages(frozenset(written)), leads=False)
            changes.note(tx)

        await self._write(bank_id, put)

    async def log(self, bank_id: str, source_id: str | None = None) -> Sequence[LogEntry]:
        """The log, or what it has of one source, oldest entry first."""
        return await self._read(bank_id, lambda tx: log.entries(tx, source_id), source_id or "")

    async def flaws(self, bank_id: str) -> Sequence[Flaw]:
        """What the bank holds and should not, or should hold and does not."""
        return await self._read(bank_id, lambda tx: list(audit.flaws(tx)))

    async def mend(self, bank_id: str) -> None:
        """Remove what only points to what is gone, and derive the rest again."""

        def mend(tx: Tx) -> None:
            audit.mend(tx)
            leads.drop_unfounded(tx, leads.every(tx))
            rebuild.rebuild(tx, self._rules)

        await self._write(bank_id, mend)

    async def dump(self, bank_id: str, *, texts: bool = False) -> AsyncIterator[Record]:
        """Everything of a bank as it is at one instant; equal for equal banks, in any store.

        The records wait in a file: memory is needed for one source at a time, and no transaction
        stays open while they are taken.

        Args:
            bank_id: The bank.
            texts: Whether the sources' whole texts come too, as a copy needs them.

        Raises:
            InputError: A record is too large for a line.
            NotFoundError: There is no such bank.
        """
        spool = await asyncio.to_thread(Spool, self._store.scratch)
        try:
            # Where this is cancelled, closing the file is what ends the reader's work.
            await self._read(bank_id, lambda tx: spool.write(transfer.dump(tx, texts=texts)))
            await asyncio.to_thread(spool.rewind)
            while batch := await asyncio.to_thread(spool.batch):
                for record in batch:
                    yield record
        finally:
            spool.close()

    async def load(self, bank_id: str, records: AsyncIterable[Record]) -> Mapping[str, int]:
        """Make records a bank, all of them in one transaction or none.

        Args:
            bank_id: The bank, which has to be empty; what it was called before does not matter.
            records: What `dump` gave.

        Returns:
            How many records there were of each kind, by the names in `memory.transfer`.

        Raises:
            InputError: The bank is not empty.
            RecordError: A record cannot be, where it stands.
        """
        await self._read(bank_id, _refuse_filled)
        spool = await asyncio.to_thread(Spool, self._store.scratch)
        try:
            checker = await _spooled(records, spool)
            await asyncio.to_thread(spool.rewind)

            def load(tx: Tx) -> None:
                _refuse_filled(tx)
                spool.rewind()  # a transaction that is shared with others may begin twice
                transfer.load(tx, spool.read())
                rebuild.rebuild(tx, self._rules)

            await self._write(bank_id, load)
        finally:
            spool.close()
        return checker.counts

    async def rebuild(self, bank_id: str) -> None:
        """Derive everything that is derived from the bank's sources again."""
        await self._write(bank_id, lambda tx: rebuild.rebuild(tx, self._rules))

    async def _read(self, bank_id: str, work: Callable[[Tx], T], *ids: str) -> T:
        check_ids(bank_id, *ids)
        await self._bring_up_to_date(bank_id)
        return await self._store.read(bank_id, work)

    async def _write(self, bank_id: str, work: Callable[[Tx], T], *ids: str) -> T:
        check_ids(bank_id, *ids)
        await self._bring_up_to_date(bank_id)
        return await self._store.write(bank_id, work, fence=current_fence())

    async def _rehearse(self, bank_id: str, work: Callable[[Tx], T]) -> T:
        await self._bring_up_to_date(bank_id)
        return await self._store.rehearse(bank_id, work)

    async def _bring_up_to_date(self, bank_id: str) -> None:
        """Rebuild a bank of an older release before it is first used."""
        if bank_id in self._up_to_date:
            return
        if await self._store.read(bank_id, rebuild.is_due):
            upgrade = Upgrade(f"bank {bank_id!r}")
            await self._store.write(
                bank_id, lambda tx: rebuild.rebuild(tx, self._rules, upgrade.at)
            )
        self._up_to_date.add(bank_id)


def _place(one: CitedFact) -> tuple[str, int, int, str]:
    return (one.source_id, one.fact.start, one.fact.end, one.fact.fact_id)


def _refuse_filled(tx: Tx) -> None:
    if transfer.is_filled(tx):
        raise InputError(
            f"bank {tx.bank_id!r} is not empty: name another bank with --bank, "
            "or forget its sources first"
        )


async def _spooled(records: AsyncIterable[Record], spool: Spool) -> Checker:
    """Put records into the spool, each after a look at it."""
    checker = Checker()
    async for record in records:
        checker.check(record)
        try:
            due = spool.add(record)
        except InputError as exc:
            raise RecordError(checker.number, str(exc)) from exc
        if due:
            await asyncio.to_thread(spool.flush)
    await asyncio.to_thread(spool.flush)
    checker.end()
    return checker
