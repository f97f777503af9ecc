"""`memory.facts`: the statements that a bank's sources make, each with its place."""

from __future__ import annotations

from retain.app.forgetting import Forgetting, Preview, standing_without, stated_without
from retain.app.runner import Runner, with_text
from retain.app.source_lookup import SourceLookup
from retain.bank import BankStore
from retain.errors import FactNotFoundError, ForgetError
from retain.memory.model import CitedFact
from retain.memory.ports import Extractor, SourceReader


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
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._runner = runner
        self._preview = preview
        self._reader = reader
        self._extractor = extractor

    async def __call__(
        self, *, bank_id: str = "default", source_id: str | None = None, about: str | None = None
    ) -> list[CitedFact]:
        """List the facts of a bank, in the order of its sources.

        Args:
            bank_id: The bank; one that does not exist has no facts.
            source_id: Only facts of this source: its id, or the path that it was ingested from.
            about: Only facts about this entity: any of its names.

        Raises:
            SourceNotFoundError: The bank has no such source.
        """
        if source_id is not None:
            source_id = await self._lookup.find(source_id, bank_id)
        if about is None:
            return list(await self._store.cited(bank_id, source_id))
        cited_facts = await self._store.cited_about(bank_id, about)
        return [one for one in cited_facts if source_id is None or one.source_id == source_id]

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
            NotFoundError: The run of the fact's source was pruned or imported.
            LeaseHeldError: Another process is running the fact's source.
            ForgetError: The fact is not completely forgotten, or a model has yet to read a new
                version of its source; resume the source's run to continue.
            CheckpointError: The run cannot be saved or read.
        """
        source_id = (await self._cited(fact_id, bank_id)).source_id
        quotes = await self._quotes(fact_id, source_id, bank_id)
        earlier = (await self._store.redactions(bank_id, [source_id])).get(source_id, ())
        visible = await self._visible(source_id, bank_id)
        run = await self._runner.forget_fact(bank_id, source_id, fact_id, quotes, earlier, visible)
        if run.status != "completed":
            raise ForgetError(source_id, "; ".join(run.errors))
        return source_id

    async def preview_forget(self, fact_id: str, *, bank_id: str = "default") -> Forgetting:
        """What `forget` would delete and change; nothing is deleted.

        Args:
            fact_id: The fact's id.
            bank_id: The bank.

        Raises:
            FactNotFoundError: The bank has no such fact.
            NotFoundError: The run of the fact's source was pruned or imported.
            ForgetError: A model has yet to read a new version of the fact's source.
        """
        cited = await self._cited(fact_id, bank_id)
        visible = await self._visible(cited.source_id, bank_id)
        kept = await self._runner.kept(bank_id, cited.source_id)
        text = await self._store.text(bank_id, cited.source_id)
        kept = with_text(kept, cited.source_id, visible, text)
        quotes = await self._quotes(fact_id, cited.source_id, bank_id)
        if kept.model is not None:
            stated = await self._store.facts(bank_id, cited.source_id)
            left = standing_without(quotes, kept.md_text, [fact for _, fact in stated])
        else:
            left = await stated_without(quotes, kept, self._reader, self._extractor)
        return await self._preview.of_fact(bank_id, cited, left)

    async def _cited(self, fact_id: str, bank_id: str) -> CitedFact:
        cited_by_id = await self._store.cited_by_id(bank_id, [fact_id])
        if fact_id not in cited_by_id:
            raise FactNotFoundError(bank_id, fact_id)
        return cited_by_id[fact_id]

    async def _quotes(self, fact_id: str, source_id: str, bank_id: str) -> list[str]:
        """The words of a source that state a fact, repetitions included."""
        knowledge = await self._store.knowledge(bank_id, source_id)
        stated = [*knowledge.facts, *(merged.fact for merged in knowledge.merged)]
        return [fact.quote for fact in stated if fact.fact_id == fact_id]

    async def _visible(self, source_id: str, bank_id: str) -> str:
        """The hash of the source's content that is visible in the bank."""
        source = await self._store.source(bank_id, source_id)
        return source.content_hash if source is not None else ""
