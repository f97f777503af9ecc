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
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from retain.bank import (
    audit,
    edges,
    facts,
    history,
    judgements,
    leads,
    log,
    pages,
    rebuild,
    sections,
    sources,
    transfer,
    versions,
)
from retain.bank.edges import Relate
from retain.bank.record_spool import Spool
from retain.bank.record_validation import Checker
from retain.bank.rows import by_id, check_ids
from retain.bank.search import Search
from retain.errors import InputError, RecordError
from retain.memory.computing import computed
from retain.memory.fencing import current_fence
from retain.memory.model import (
    CitedFact,
    Corrections,
    Counts,
    Document,
    Edge,
    Fact,
    FactRow,
    FieldWeights,
    Flaw,
    Freshness,
    Judgement,
    Knowledge,
    Lead,
    Likeness,
    Lived,
    LogEntry,
    NameCount,
    Page,
    Replaced,
    SectionRow,
    Snapshot,
    StoredSource,
    Vectors,
    Verdict,
    Version,
    Wiki,
)
from retain.memory.model.transfer import Record
from retain.memory.ports.store import Store, Tx
from retain.memory.redaction import Redaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

CorrectionKind = Literal["merge", "split"]


class BankStore:
    """The lasting content of banks; every method looks at one bank.

    Every method raises `InputError` for an id that no store can write, `DatabaseError` where the
    store cannot be used, and, if it changes anything, `DatabaseBusyError` where another process
    holds the database for too long and `LeaseLostError` where the run that writes has lost its
    lease.

    Args:
        store: Where the banks are.
        relate: Which facts supersede which.
        now: The clock, timezone-aware.
    """

    def __init__(
        self,
        store: Store,
        relate: Relate,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._relate = relate
        self._now = now
        self._search = Search()
        self._up_to_date: set[str] = set()

    async def source(self, bank_id: str, source_id: str) -> StoredSource | None:
        """The source, or None."""
        return await self._read(bank_id, lambda tx: sources.find(tx, source_id), source_id)

    async def sources(self, bank_id: str) -> Sequence[StoredSource]:
        """Every source of the bank, by id."""
        return await self._read(bank_id, sources.every)

    async def sections(self, bank_id: str, source_id: str) -> Sequence[SectionRow]:
        """The sections of a source in order; empty if there is no such source."""
        return await self._read(bank_id, lambda tx: sections.of_source(tx, source_id), source_id)

    async def counts(self, bank_id: str) -> Counts:
        """How much the bank holds."""
        return await self._read(bank_id, sources.counts)

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

        Returns:
            The version that is visible afterwards.

        Raises:
            InputError: Something of it cannot be kept, or the vectors are of another model than
                the bank's.
        """
        check_ids(bank_id, source_id)
        new = await computed(
            versions.prepared,
            *(source_id, content_hash, text, document, vectors, knowledge or Knowledge()),
            self._now(),
        )
        return await self._write(bank_id, lambda tx: versions.replace(tx, new, self._relate))

    async def delete_source(self, bank_id: str, source_id: str) -> bool:
        """Remove every trace of the source, from the pages too; False if there was none.

        Facts it had superseded become current again. Unused bytes of the store may hold copies
        until `vacuum`.
        """
        return await self._write(
            bank_id, lambda tx: versions.remove(tx, source_id, self._relate), source_id
        )

    async def redactions(
        self, bank_id: str, source_id: str | None = None
    ) -> Mapping[str, tuple[Redaction, ...]]:
        """What is kept of forgotten statements of the bank, or of one source, by source."""
        return await self._read(
            bank_id, lambda tx: history.redactions(tx, source_id), source_id or ""
        )

    async def redact(
        self, bank_id: str, source_id: str, fact_id: str, redactions: Sequence[Redaction]
    ) -> None:
        """Forget what pages, the log and earlier versions say of a fact.

        Its statement goes when its source's text comes in without it; until the source is deleted,
        `redactions` name the words that are blanked whenever it comes in again.
        """
        await self._write(
            bank_id, lambda tx: versions.redact(tx, source_id, fact_id, redactions), source_id
        )

    async def vacuum(self) -> None:
        """Leave no byte of what was deleted where the store keeps its bytes."""
        await self._store.vacuum()

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

    async def cited_by_id(self, bank_id: str, fact_ids: Sequence[str]) -> Mapping[str, CitedFact]:
        """Those of the facts that the bank holds, by id."""
        return await self._read(bank_id, lambda tx: facts.cited_by_id(tx, fact_ids))

    async def lived(self, bank_id: str, source_id: str | None = None) -> Sequence[Lived]:
        """The facts of every version of the bank's sources, or of one of them."""
        return await self._read(bank_id, lambda tx: history.lived(tx, source_id), source_id or "")

    async def versions(self, bank_id: str, source_id: str | None = None) -> Sequence[Version]:
        """The versions of the bank's sources, or of one of them, in the order they came in."""
        return await self._read(
            bank_id, lambda tx: history.versions(tx, source_id), source_id or ""
        )

    async def names(self, bank_id: str) -> Sequence[NameCount]:
        """Every way in which the bank's sources write a name."""
        return await self._read(bank_id, facts.names)

    async def writers(self, bank_id: str, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the sources that write each of the names, sorted."""
        return await self._read(bank_id, lambda tx: facts.writers(tx, names))

    async def corrections(self, bank_id: str) -> Corrections:
        """What users, and a model, decided of the bank's names."""
        return await self._read(bank_id, judgements.corrections)

    async def correct(self, bank_id: str, kind: CorrectionKind, name: str, other: str) -> None:
        """Keep a user's decision on two names; a later one on the same pair replaces it."""

        def correct(tx: Tx) -> None:
            judgements.correct(tx, kind, name, other)
            edges.derive(tx, self._relate)
            sections.touch(tx)

        await self._write(bank_id, correct, name, other)

    async def add_judgements(self, bank_id: str, decided: Sequence[Judgement]) -> None:
        """Keep what a model decided of names, all in one transaction.

        The first judgement of a pair stays. One goes as soon as no source writes both of its
        names, in the transaction that takes the last of them.
        """

        def add(tx: Tx) -> None:
            judgements.put(tx, decided)
            judgements.drop_lost(tx)
            if any(one.verdict == "same" for one in decided):
                edges.derive(tx, self._relate)
                sections.touch(tx)

        named = (name for one in decided for name in (one.name, one.other))
        await self._write(bank_id, add, *named)

    async def verdicts(self, bank_id: str) -> Sequence[Verdict]:
        """What a model sees of what superseded what, by the ids of the facts."""
        return await self._read(bank_id, judgements.of_facts)

    async def add_verdicts(self, bank_id: str, verdicts: Sequence[Verdict]) -> None:
        """Keep what a model sees of what superseded what, all in one transaction.

        The first verdict of a pair stays. One goes with either of its facts, or when its source
        states it otherwise, in the same transaction.
        """

        def add(tx: Tx) -> None:
            judgements.put(tx, verdicts)
            judgements.drop_lost(tx)
            if any(one.verdict == "replaces" for one in verdicts):
                edges.derive(tx, self._relate)
                sections.touch(tx)

        await self._write(bank_id, add)

    async def edges(self, bank_id: str) -> Sequence[Edge]:
        """What superseded what, by the ids of the facts."""
        return await self._read(bank_id, history.edges)

    async def replaced(self, bank_id: str) -> Sequence[Replaced]:
        """The facts that others supersede, by source and place."""
        return await self._read(bank_id, history.replaced)

    async def search_sections(
        self,
        bank_id: str,
        terms: Sequence[str],
        limit: int,
        weights: FieldWeights = FieldWeights(),  # noqa: B008 - it is frozen
    ) -> Sequence[tuple[SectionRow, float]]:
        """The sections that hold any of the words `terms`, best first, with their scores.

        Terms are plain words; nothing in them is query syntax. Ties are in a fixed order.
        """
        return await self._read(
            bank_id, lambda tx: self._search.sections(tx, terms, limit, weights)
        )

    async def search_facts(
        self, bank_id: str, terms: Sequence[str], limit: int
    ) -> Sequence[tuple[FactRow, float]]:
        """The facts that hold any of the words `terms`, best first, with their scores.

        A fact's words are those of its statement, of the names that it speaks of, of the days on
        which it occurred, and of the headings above it. Repetitions of a fact are not among them.
        """
        return await self._read(bank_id, lambda tx: self._search.facts(tx, terms, limit))

    async def speakers(self, bank_id: str) -> Sequence[str]:
        """The names of those who say anything in the bank, each once, by code point."""
        return await self._read(bank_id, self._search.speakers)

    async def search_vectors(
        self,
        bank_id: str,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Sequence[SectionRow] = (),
        least: float = float("-inf"),
    ) -> Likeness:
        """The `limit` sections whose vectors are nearest to `query`, and how near `among` are.

        Args:
            bank_id: The bank.
            model: What made `query`; a bank of another model has nothing like it.
            query: (d,) float32, L2-normalised.
            limit: How many to look for.
            among: Sections whose likeness is asked for.
            least: The cosine similarity below which the nearest are only counted.
        """
        return await self._read(
            bank_id, lambda tx: self._search.likeness(tx, model, query, limit, among, least)
        )

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
            sections.touch(tx)

        await self._write(bank_id, add, source_id)

    async def use_model(self, bank_id: str, model: str) -> int:
        """Make `model` the bank's and drop all other vectors, if every section has one of it.

        Returns:
            How many sections have none; unless it is 0, nothing was changed.
        """
        return await self._write(bank_id, lambda tx: sections.use_model(tx, model))

    async def freshness(self, bank_id: str) -> Freshness | None:
        """How far behind the bank its pages are; None where there is no such bank."""
        return await self._read(bank_id, pages.freshness)

    async def snapshot(self, bank_id: str) -> Snapshot | None:
        """All that the bank's pages are made from; None where there is no such bank."""
        return await self._read(bank_id, pages.snapshot)

    async def wiki(self, bank_id: str) -> Wiki:
        """The pages and the index as they stand, stale or not."""
        return await self._read(bank_id, pages.wiki)

    async def put_pages(self, bank_id: str, generation: int, rendered: Sequence[Page]) -> bool:
        """Keep pages that were rendered from `generation`; False if the bank has changed since."""

        def put(tx: Tx) -> bool:
            now = pages.freshness(tx)
            if now is None or now.generation != generation:
                return False
            pages.put(tx, rendered)
            return True

        return await self._write(bank_id, put)

    async def put_wiki(self, bank_id: str, generation: int, wiki: Wiki) -> bool:
        """Make `wiki` all there is to read; False if the bank has changed since `generation`.

        The leads of pages that are not among `wiki.led` are removed.
        """

        def put(tx: Tx) -> bool:
            now = pages.freshness(tx)
            if now is None or now.generation != generation:
                return False
            pages.put_wiki(tx, wiki, now)
            leads.keep_only(tx, wiki.led)
            return True

        return await self._write(bank_id, put)

    async def put_leads(self, bank_id: str, generation: int, written: Sequence[Lead]) -> bool:
        """Keep leads of pages, each in the place of the page's last; the pages are stale then.

        A lead goes with any of the facts that it is made from, in the same transaction, and when
        nothing names its page any more.

        Returns:
            False if the bank has changed since `generation`: nothing is kept.
        """

        def put(tx: Tx) -> bool:
            now = pages.freshness(tx)
            if now is None or now.generation != generation:
                return False
            if written:
                leads.put(tx, written)
                leads.drop_unfounded(tx)
                sections.touch(tx)
            return True

        return await self._write(bank_id, put)

    async def log(self, bank_id: str, source_id: str | None = None) -> Sequence[LogEntry]:
        """The log, or what it has of one source, oldest entry first."""
        return await self._read(bank_id, lambda tx: log.entries(tx, source_id), source_id or "")

    async def add_to_log(self, bank_id: str, entries: Sequence[LogEntry]) -> None:
        """Add entries; one of the same source and version stays as it is."""

        def add(tx: Tx) -> None:
            for entry in entries:
                log.add(tx, entry)

        await self._write(bank_id, add)

    async def flaws(self, bank_id: str) -> Sequence[Flaw]:
        """What the bank holds and should not, or should hold and does not."""
        return await self._read(bank_id, lambda tx: list(audit.flaws(tx)))

    async def mend(self, bank_id: str) -> None:
        """Remove what only points to what is gone, and derive the rest again."""

        def mend(tx: Tx) -> None:
            audit.mend(tx)
            judgements.drop_lost(tx)
            edges.derive(tx, self._relate)
            leads.drop_unfounded(tx)
            sections.touch(tx)

        await self._write(bank_id, mend)

    async def dump(self, bank_id: str) -> AsyncIterator[Record]:
        """Everything of a bank as it is at one instant; equal for equal banks, in any store.

        The records wait in a file: memory is needed for one source at a time, and no transaction
        stays open while they are taken.

        Raises:
            InputError: A record is too large for a line.
            NotFoundError: There is no such bank.
        """
        spool = await asyncio.to_thread(Spool, self._store.scratch)
        try:
            # Where this is cancelled, closing the file is what ends the reader's work.
            await self._read(bank_id, lambda tx: spool.write(transfer.dump(tx)))
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
                edges.derive(tx, self._relate)

            await self._write(bank_id, load)
        finally:
            spool.close()
        return checker.counts

    async def rebuild(self, bank_id: str) -> None:
        """Derive everything that is derived from the bank's sources again."""
        await self._write(bank_id, lambda tx: rebuild.rebuild(tx, self._relate))

    async def _read(self, bank_id: str, work: Callable[[Tx], T], *ids: str) -> T:
        check_ids(bank_id, *ids)
        await self._bring_up_to_date(bank_id)
        return await self._store.read(bank_id, work)

    async def _write(self, bank_id: str, work: Callable[[Tx], T], *ids: str) -> T:
        check_ids(bank_id, *ids)
        await self._bring_up_to_date(bank_id)
        return await self._store.write(bank_id, work, fence=current_fence())

    async def _bring_up_to_date(self, bank_id: str) -> None:
        """Rebuild a bank of an older release before it is first used."""
        if bank_id in self._up_to_date:
            return
        if await self._store.read(bank_id, rebuild.is_due):
            await self._store.write(bank_id, lambda tx: rebuild.rebuild(tx, self._relate))
        self._up_to_date.add(bank_id)


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
