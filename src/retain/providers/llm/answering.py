"""Questions answered by a language model from numbered pieces of memory, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from retain.memory.model import AnsweredSentence, Hit
from retain.memory.ports import LanguageModel
from retain.providers.llm.answers import QuestionAnswer, read
from retain.providers.llm.cited import cited
from retain.providers.llm.formats import answer_data
from retain.providers.llm.prompts import prompt

MOST_TOKENS = 1_000
"""The greatest length of an answer: five sentences take a third of it."""

LONGEST = 600
"""The greatest length of a sentence, in characters."""


class Answerer:
    """Has a model answer questions.

    Args:
        model: The model.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    async def answer(self, question: str, hits: Sequence[Hit]) -> tuple[AnsweredSentence, ...]:
        """The sentences that answer a question, each with the hits that it cites.

        What cites nothing that the model was shown is no answer.

        Args:
            question: What is asked.
            hits: What the bank holds of it; all of their texts are shown to the model.

        Returns:
            None at all where the hits do not hold the answer.

        Raises:
            AnswerError: The model's answers cannot be read.
            TruncatedError: Its answer was cut.
            ModelBusyError: No attempt got an answer.
            ModelRefusedError: The server refuses the key, or does not know the model.
            BudgetError: The request may cost more than is left.
        """
        request = prompt("answer").request(answer_data(question, hits), MOST_TOKENS)
        sources = sorted({hit.source_id for hit in hits})
        return await self._model.ask(
            request, lambda text: _sentences(text, len(hits)), sources=sources
        )


def _sentences(text: str, hits: int) -> tuple[AnsweredSentence, ...]:
    answer = read(text, QuestionAnswer)
    if not answer.known:
        return ()
    given = ((one.text, one.memories) for one in answer.sentences)
    return tuple(AnsweredSentence(*one) for one in cited(given, hits, LONGEST))
