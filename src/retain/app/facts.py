"""`memory.facts`: the statements that a bank's sources make, each with its place."""

from __future__ import annotations

from datetime import datetime

from retain.app.copies import Copies
from retain.app.forgetting import Forgetting, Preview, standing_without, stated_without
from retain.app.intake import STATED, Intake, given
from retain.app.runner import Runner, with_text
from retain.app.source_lookup import SourceLookup
from retain.bank import BankStore
from retain.errors import FactNotFoundError, ForgetError, InputError, SourceError
from retain.memory.model import CitedFact, Knowledge, Verdict
from retain.memory.ports import Extractor, SourceReader
from retain.status import RunStatus


class Facts:
    """The facts of banks. Call it to list those of a bank."""

    def __init__(
        self,
        store: BankStore,
        lookup: SourceLookup,
        runner: Runner,
        preview: Preview,
        reader: SourceReader,
        extractor: Extractor,
        copies: Copies,
        intake: Intake,
    ) -> None:
        self._intake = intake
        self._store = store
        self._lookup = lookup
        self._runner = runner
        self._preview = preview
        self._reader = reader
        self._extractor = extractor
        self._copies = copies

    async def __call__(
        self, *, bank_id: str = "default", source_id: str | None = None, about: str | None = None
    ) -> list[CitedFact]:
        """List the facts of a bank, in the order of its sources.

        Args:
            bank_id: The bank; one that does not exist has no facts.
            source_id: Only facts of this source: its id, or the path that it was ingested from. The
                name of a file of many sources means all of them.
            about: Only facts about this entity: any of its names.

        Raises:
            SourceNotFoundError: The bank has no such source.
        """
        given = None
        if source_id is not None:
            given = await self._lookup.find_all(source_id, bank_id)
        if about is not None:
            cited_facts = await self._store.cited_about(bank_id, about)
            return [one for one in cited_facts if given is None or one.source_id in given]
        each = [await self._store.cited(bank_id, one) for one in given or [None]]
        return [cited for facts in each for cited in facts]

    async def add(
        self,
        text: str,
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        author: str | None = None,
    ) -> list[CitedFact]:
        """Add a fact in words of your own. It becomes a source of its own, and no model is asked.

        Facts that it contradicts are superseded, as by any other source.

        Args:
            text: One statement, at most 2,000 characters.
            bank_id: The bank.
            reference_date: When it was said; None: now.
            author: Who "I" is in it.

        Returns:
            The fact; several where the statement has several. They are those of the first call
            where the same was added before.

        Raises:
            InputError: The text is empty, too long, or not Unicode.
            LeaseHeldError: Another process is adding the same fact.
            CheckpointError: The run cannot be saved or read.
        """
        return await self._add(text, bank_id, reference_date, author)

    async def _add(
        self,
        text: str,
        bank_id: str,
        reference_date: datetime | None,
        author: str | None,
        corrects: str = "",
    ) -> list[CitedFact]:
        run = await self._intake.statement(
            text,
            bank_id=bank_id,
            reference_date=reference_date,
            given=given(author, None),
            corrects=corrects,
        )
        if run.status != RunStatus.COMPLETED:
            raise SourceError(run.source_id, "; ".join(run.errors) or run.status)
        return list(await self._store.cited(bank_id, run.source_id))

    async def correct(
        self,
        fact_id: str,
        text: str,
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        author: str | None = None,
    ) -> list[CitedFact]:
        """Replace a fact by another one: the old one is superseded, and stays with its source.

        Args:
            fact_id: The fact that is wrong or out of date.
            text: What holds instead; see `add`.
            bank_id: The bank.
            reference_date: When it was said; None: now.
            author: Who "I" is in the text.

        Returns:
            What `add` returns.

        Raises:
            FactNotFoundError: The bank has no such fact.
            InputError: The text states the same fact, or is none; see `add`. Or the old fact was
                said at a later time.
            LeaseHeldError: Another process is adding the same fact.
            CheckpointError: The run cannot be saved or read.
        """
        cited = await self._cited(fact_id, bank_id)
        if " ".join(text.split()).removesuffix(".") == cited.fact.text.removesuffix("."):
            raise InputError("the text states the same fact: write what holds instead")
        said = reference_date or await self._store.now(bank_id)
        if cited.fact.moment is not None and said <= cited.fact.moment:
            raise InputError(
                f"the fact was said at {cited.fact.moment.isoformat()}: give a later date for what "
                "holds instead"
            )
        stated = await self._add(text, bank_id, reference_date, author, fact_id)
        verdict = Verdict(fact_id, stated[0].fact.fact_id, "corrects")
        await self._store.add_verdicts(bank_id, [verdict])
        return stated

    async def forget(self, fact_id: str, *, bank_id: str = "default") -> str:
        """Delete every trace of one fact, and blank its words in its source.

        The words stay blank when the source is retained again, until the source itself is
        forgotten. Facts that cannot be understood without these words are deleted too.

        Args:
            fact_id: The fact's id, as `memory.facts` and `memory.recall` return it.
            bank_id: The bank.

        Returns:
            The id of the fact's source.

        Raises:
            FactNotFoundError: The bank has no such fact.
            NotFoundError: The text of the fact's source is not kept: it was imported, or retained
                by an older release whose run was pruned.
            LeaseHeldError: Another process is running the fact's source.
            ForgetError: The fact is not completely forgotten, a model has yet to read a new version
                of its source, or something could not be added to it; resume the source's run to
                continue.
            CheckpointError: The run cannot be saved or read.
        """
        cited = await self._cited(fact_id, bank_id)
        source_id = cited.source_id
        if await self._is_stated(cited, bank_id):
            run = await self._runner.forget(bank_id, source_id)
            if run.status != RunStatus.COMPLETED:
                raise ForgetError(source_id, "; ".join(run.errors))
            await self._copies.delete_unused(bank_id)
            return source_id
        quotes = _quotes(fact_id, await self._store.knowledge(bank_id, source_id))
        earlier = (await self._store.redactions(bank_id, [source_id])).get(source_id, ())
        run = await self._runner.forget_fact(bank_id, source_id, fact_id, quotes, earlier)
        if run.completed_at is None:
            raise ForgetError(source_id, "; ".join(run.errors))
        await self._copies.delete_unused(bank_id)
        return source_id

    async def preview_forget(self, fact_id: str, *, bank_id: str = "default") -> Forgetting:
        """What `forget` would delete and change; nothing is deleted.

        Args:
            fact_id: The fact's id.
            bank_id: The bank.

        Raises:
            FactNotFoundError: The bank has no such fact.
            NotFoundError: The text of the fact's source is not kept: it was imported, or retained
                by an older release whose run was pruned.
            ForgetError: A model has yet to read a new version of the fact's source, or something
                has yet to be added to it.
        """
        cited = await self._cited(fact_id, bank_id)
        if await self._is_stated(cited, bank_id):
            return await self._preview.of_source(bank_id, cited.source_id)
        kept = await self._runner.kept(bank_id, cited.source_id)
        kept = with_text(kept, *await self._store.source_with_text(bank_id, cited.source_id))
        known = await self._store.knowledge(bank_id, cited.source_id)
        quotes = _quotes(fact_id, known)
        if known.by_rules:
            left = await stated_without(quotes, kept, self._reader, self._extractor)
        else:
            stated = await self._store.facts(bank_id, cited.source_id)
            left = await standing_without(quotes, kept, self._reader, [fact for _, fact in stated])
        return await self._preview.of_fact(bank_id, cited, left)

    async def _is_stated(self, cited: CitedFact, bank_id: str) -> bool:
        """Whether a fact is all that its source says, as of one that `add` made."""
        if not cited.source_id.startswith(STATED):
            return False
        source = await self._store.source(bank_id, cited.source_id)
        return source is not None and source.characters == len(cited.fact.quote)

    async def _cited(self, fact_id: str, bank_id: str) -> CitedFact:
        cited_by_id = await self._store.cited_by_id(bank_id, [fact_id])
        if fact_id not in cited_by_id:
            raise FactNotFoundError(bank_id, fact_id)
        return cited_by_id[fact_id]


def _quotes(fact_id: str, known: Knowledge) -> list[str]:
    """The words of a source that state a fact, repetitions included."""
    stated = [*known.facts, *(merged.fact for merged in known.merged)]
    return [fact.quote for fact in stated if fact.fact_id == fact_id]
