"""Leads of pages, written by a language model from numbered facts, each sentence with its facts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from retain.errors import AnswerError, RetainError, TruncatedError
from retain.memory.model import Lead, LeadRequest, LeadSentence
from retain.memory.ports import LanguageModel
from retain.providers.llm.answers import LeadAnswer, read
from retain.providers.llm.cited import cited
from retain.providers.llm.formats import lead_data
from retain.providers.llm.prompts import prompt

MOST_TOKENS = 1_000
"""The greatest length of an answer: four long sentences take a third of it."""

MOST_SENTENCES = 4
LONGEST = 400
"""The greatest length of a sentence, in characters."""

logger = logging.getLogger("retain.llm")


class LeadWriter:
    """Has a model write leads.

    Args:
        model: The model.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    async def leads(self, wanted: Sequence[LeadRequest]) -> Sequence[Lead]:
        """The leads of pages, all asked for at once; none for a page whose answers were no use.

        What was asked is seen to its end, so that every answer that is paid for is kept.

        Raises:
            ModelBusyError: No attempt got an answer.
            ModelRefusedError: The server refuses the key, or does not know the model.
            BudgetError: The requests may cost more than is left.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._written(one)) for one in wanted]
        found = [task.result() for task in tasks]
        for one in found:
            if isinstance(one, RetainError):
                raise one
        return [one for one in found if isinstance(one, Lead)]

    async def _written(self, wanted: LeadRequest) -> Lead | RetainError | None:
        """The lead of a page, or why none can be asked for at present; None for a lost one."""
        request = prompt("lead").request(lead_data(wanted), MOST_TOKENS)
        try:
            sentences = await self._model.ask(
                request, lambda text: _sentences(text, wanted), sources=wanted.sources
            )
        except (AnswerError, TruncatedError) as exc:
            logger.warning("page %r stays without a lead: %s", wanted.page_id, exc)
            return None
        except RetainError as exc:
            return exc
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
