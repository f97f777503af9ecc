"""Facts by a model: a request for each section or group of turns, each quote verified."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from retain.errors import AnswerError, ModelBusyError, RetainError, TruncatedError
from retain.memory.model import Deduplicated, Extraction, Fact, Section
from retain.memory.ports import Extractor, LanguageModel
from retain.memory.speech import spoken
from retain.memory.tables import header_before
from retain.providers.llm.answers import FactsAnswer, read
from retain.providers.llm.fact_parsing import Read, read_facts, read_turns
from retain.providers.llm.formats import facts_data, turns_data
from retain.providers.llm.groups import Group, grouped
from retain.providers.llm.prompts import prompt
from retain.providers.llm.split import halved

AT_ONCE = 64
"""How many sections, of all sources, are asked of at once; the model takes what it can."""

LEAST_TOKENS = 1_500
"""The greatest length of an answer is this and one token for each byte of what is read, four times
as many as that has: facts with their quotes are longer than what they are from."""

_HEADING = re.compile(r"\s*#{1,6}(?:\s|\Z)")


@dataclass(slots=True)
class _Progress:
    """What has come of sections so far."""

    facts: list[Fact] = field(default_factory=list[Fact])
    quarantined: list[Fact] = field(default_factory=list[Fact])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    truncated: dict[str, str] = field(default_factory=dict[str, str])
    empty: list[Section] = field(default_factory=list[Section])
    malformed: dict[str, str] = field(default_factory=dict[str, str])
    answered: bool = False
    stop: RetainError | None = None

    def add(self, section: Section, got: Read) -> None:
        """Take note of what a section states."""
        if got.malformed:
            self.malformed[section.section_id] = f"{got.malformed} could not be read"
        self.facts += got.facts
        self.quarantined += got.quarantined
        if not got.facts:
            self.empty.append(section)


class ModelExtractor:
    """Has a model read sections.

    Args:
        model: The model.
        rules: Tell of a section without facts whether it seems to state something, and which
            statements say the same.
        at_once: How many sections, of all sources, are asked of at once. More than the model takes
            keeps it busy; to write all requests of many sources first would keep it waiting.
    """

    def __init__(self, model: LanguageModel, rules: Extractor, at_once: int = AT_ONCE) -> None:
        self._model = model
        self._rules = rules
        self._at_once = at_once
        self._turn = asyncio.Semaphore(at_once)

    async def setting(self, text: str, sections: Sequence[Section]) -> str:
        """The model and the version of the prompt: all else is in the section."""
        also = "turns" if any(one.kind == "turn" for one in sections) else None
        return f"{self._model.name} {prompt('facts', also).version}"

    async def extract(
        self, text: str, sections: Sequence[Section], *, among: Sequence[Section]
    ) -> Extraction:
        """The statements of `sections`; see `Extractor`.

        Raises:
            BudgetError: Something of them cannot be paid; what was asked before is answered.
            ModelRefusedError: The server refuses the key or the model.
            DatabaseBusyError: Another process keeps the journal locked.
            DatabaseError: The journal cannot be read or written.
        """
        progress, waiting = _Progress(), iter(grouped(text, sections, among))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._at_once, len(sections))):
                group.create_task(self._work(text, waiting, progress))
        if progress.stop is not None:
            raise progress.stop
        order = {section.section_id: n for n, section in enumerate(sections)}
        progress.facts.sort(key=lambda fact: (order[fact.section_id], fact.start, fact.end))
        return Extraction(
            tuple(progress.facts),
            tuple(progress.quarantined),
            progress.failed,
            progress.truncated,
            {**await self._doubts(text, progress.empty, among), **progress.malformed},
            progress.answered or not progress.failed,
        )

    async def dedupe(
        self, facts: Sequence[Fact], source_id: str, known: Sequence[Fact] = ()
    ) -> Deduplicated:
        """Facts with their ids, near-duplicates merged; see `Extractor`."""
        return await self._rules.dedupe(facts, source_id, known)

    async def ids_of_same(
        self, facts: Sequence[Fact], source_id: str, first: int, number: int
    ) -> Sequence[str]:
        """The ids of facts that say what one of `facts` says; see `Extractor`."""
        return await self._rules.ids_of_same(facts, source_id, first, number)

    async def _work(self, text: str, waiting: Iterator[Group], progress: _Progress) -> None:
        """Take one group after the other, until there is none or no more can be asked."""
        for group in waiting:
            await self._group(text, group, progress)
            if progress.stop is not None:
                return

    async def _group(self, text: str, group: Group, progress: _Progress) -> None:
        """Ask about a group; about its halves where it gets no answer as a whole."""
        keys = [section.section_id for section in group.sections]
        try:
            async with self._turn:
                found = await self._read(text, group)
        except (TruncatedError, AnswerError) as exc:
            progress.answered = True
            if len(keys) > 1:
                for half in group.halves():
                    await self._group(text, half, progress)
                    if progress.stop is not None:
                        return
            elif isinstance(exc, TruncatedError):
                progress.truncated[keys[0]] = f"{exc}, and it cannot be asked in smaller parts"
            else:
                progress.failed[keys[0]] = str(exc)
        except ModelBusyError as exc:
            progress.failed.update(dict.fromkeys(keys, str(exc)))
        except RetainError as exc:
            progress.stop = progress.stop or exc
        else:
            progress.answered = True
            for section, got in found:
                progress.add(section, got)

    async def _read(self, text: str, group: Group) -> list[tuple[Section, Read]]:
        """What the sections of a group state."""
        all_of = [(section, text[section.start : section.end]) for section in group.sections]
        turns = [one for one in all_of if _says_something(*one)]
        if len(all_of) == 1 and group.before is None:
            ((section, part),) = all_of
            return [(section, await self._part(part, section.start, section, text))]
        silent = [(section, Read()) for section, _ in all_of if (section, _) not in turns]
        if not turns:
            return silent
        before = group.before and (group.before, text[group.before.start : group.before.end])
        most = LEAST_TOKENS + sum(len(said.encode("utf-8", "surrogatepass")) for _, said in turns)
        request = prompt("facts", "turns").request(turns_data(turns, before), most)
        request = replace(request, least_tokens=most)
        try:
            found = await self._model.ask(request, partial(_turns_in, turns), keep_cut=True)
        except TruncatedError:
            if len(turns) > 1:
                raise
            ((section, part),) = turns
            found = [(section, await self._part(part, section.start, section, text))]
        return [*found, *silent]

    async def _part(self, text: str, start: int, section: Section, whole: str) -> Read:
        """What a section, or a part of it that begins at `start`, states."""
        if not _says_something(section, text):
            return Read((), ())
        most = LEAST_TOKENS + len(text.encode("utf-8", "surrogatepass"))
        request = prompt("facts").request(facts_data(section, text, _header(whole, start)), most)
        at = halved(text)
        if at is not None:  # smaller parts leave more room for their answers
            request = replace(request, least_tokens=most)
        reading = partial(_facts_in, text, start, section)
        try:
            return await self._model.ask(request, reading, keep_cut=at is not None)
        except TruncatedError:
            if at is None:
                raise
        one = await self._part(text[:at], start, section, whole)
        other = await self._part(text[at:], start + at, section, whole)
        return one.with_(other)

    async def _doubts(
        self, text: str, empty: Sequence[Section], among: Sequence[Section]
    ) -> dict[str, str]:
        """What to tell of sections without facts in which rules see a statement."""
        if not empty:
            return {}
        seen = await self._rules.extract(text, empty, among=among)
        number: dict[str, int] = {}
        for fact in seen.facts:
            number[fact.section_id] = number.get(fact.section_id, 0) + 1
        return {key: f"the model found none, rules see {n}" for key, n in sorted(number.items())}


def _header(text: str, start: int) -> str:
    """The header of the table that goes on where a part begins; empty where none does."""
    header = header_before(text, start)
    return text[slice(*header)] if header else ""


def _facts_in(text: str, start: int, section: Section, answer: str) -> Read:
    found = read(answer, FactsAnswer)
    return replace(read_facts(text, start, section, found.facts), malformed=found.malformed)


def _turns_in(turns: Sequence[tuple[Section, str]], answer: str) -> list[tuple[Section, Read]]:
    found = read(answer, FactsAnswer)
    (section, first), *others = read_turns(turns, found.facts)
    return [(section, replace(first, malformed=found.malformed)), *others]


def _says_something(section: Section, text: str) -> bool:
    """Whether a section has a word besides its heading and the name of who speaks."""
    lines = spoken(section, text).splitlines()
    return any(char.isalnum() for line in lines if not _HEADING.match(line) for char in line)
