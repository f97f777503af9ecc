"""Leads of pages, written by a language model from numbered facts, each sentence with its facts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from retain.errors import AnswerError
from retain.memory.model import Lead, LeadRequest, LeadSentence
from retain.memory.ports import LanguageModel
from retain.providers.llm.answers import LeadAnswer, read
from retain.providers.llm.cited import cited
from retain.providers.llm.formats import lead_data
from retain.providers.llm.gather import all_answered
from retain.providers.llm.prompts import prompt

MOST_TOKENS = 1_000
"""The greatest length of an answer: four long sentences take a third of it."""

MOST_SENTENCES = 4
LONGEST = 400
"""The greatest length of a sentence, in characters."""


class LeadWriter:
    """Has a model write leads.

    Args:
        model: The model.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    async def leads(self, wanted: Sequence[LeadRequest]) -> Sequence[Lead]:
        """The leads of pages; none for a page whose answers were no use, see `all_answered`."""
        found = await all_answered(
            [partial(self._written, one) for one in wanted], "first paragraphs"
        )
        return [one for one in found if one is not None]

    async def _written(self, wanted: LeadRequest) -> Lead:
        request = prompt("lead").request(lead_data(wanted), MOST_TOKENS)
        sentences = await self._model.ask(
            request, lambda text: _sentences(text, wanted), sources=wanted.sources
        )
        made_from = tuple(sorted({one.fact.fact_id for one in wanted.facts}))
        return Lead(wanted.page_id, wanted.title, wanted.digest, made_from, sentences)


def _sentences(text: str, wanted: LeadRequest) -> tuple[LeadSentence, ...]:
    """The sentences of an answer that cite facts which the model was shown.

    Raises:
        AnswerError: There is none.
    """
    answer = read(text, LeadAnswer)
    given = ((one.text, one.facts) for one in answer.sentences)
    found = cited(given, len(wanted.facts), LONGEST)[:MOST_SENTENCES]
    if not found:
        raise AnswerError(
            f"no sentence of at most {LONGEST} characters gives the number of a fact in `facts`; "
            f"there are facts 1 to {len(wanted.facts)}"
        )
    return tuple(
        LeadSentence(said, tuple(wanted.facts[n - 1].fact.fact_id for n in numbers))
        for said, numbers in found
    )
