"""The judge: asks a model of pairs of names and of facts, and for the leads of pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from retain.memory.model import FactPair, Judgement, Lead, LeadRequest, NamePair, Verdict
from retain.memory.ports import LanguageModel
from retain.providers.llm.answers import ReplacesAnswer, SameAnswer, read
from retain.providers.llm.formats import names_data, supersedes_data
from retain.providers.llm.gather import all_answered
from retain.providers.llm.leads import LeadWriter
from retain.providers.llm.prompts import prompt

MAX_TOKENS = 500
"""A verdict is one word in a little JSON; some models think before they write it."""


class ModelJudge:
    """Decides what rules leave open, by a model.

    What it says of a pair depends on that pair alone, whatever it is asked of beside it.

    Args:
        model: What is asked.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._leads = LeadWriter(model)

    async def same(self, pairs: Sequence[NamePair]) -> Sequence[Judgement]:
        """Whether the names of each pair mean the same; see `all_answered` for its errors.

        A pair without an answer that can be used is left out, and told of in a warning.
        """
        answers = await all_answered([partial(self._same, pair) for pair in pairs], "names")
        return [
            Judgement(pair.name, pair.other, answer.verdict)
            for pair, answer in zip(pairs, answers, strict=True)
            if answer is not None
        ]

    async def supersedes(self, pairs: Sequence[FactPair]) -> Sequence[Verdict]:
        """Whether the newer fact of each pair replaces the older one; see `same`."""
        asked = [partial(self._supersedes, pair) for pair in pairs]
        answers = await all_answered(asked, "what replaced what")
        return [
            Verdict(pair.older.fact_id, pair.newer.fact_id, answer.verdict)
            for pair, answer in zip(pairs, answers, strict=True)
            if answer is not None
        ]

    async def leads(self, wanted: Sequence[LeadRequest]) -> Sequence[Lead]:
        """The first paragraphs of pages; see `LeadWriter`."""
        return await self._leads.leads(wanted)

    async def _same(self, pair: NamePair) -> SameAnswer:
        request = prompt("names").request(names_data(pair), MAX_TOKENS)
        sources = pair.sources or None
        return await self._model.ask(request, partial(read, kind=SameAnswer), sources=sources)

    async def _supersedes(self, pair: FactPair) -> ReplacesAnswer:
        request = prompt("supersedes").request(supersedes_data(pair), MAX_TOKENS)
        sources = sorted({pair.older_source, pair.newer_source})
        return await self._model.ask(request, partial(read, kind=ReplacesAnswer), sources=sources)
