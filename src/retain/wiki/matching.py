"""Topics keep their ids from one clustering to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from retain.memory.model import SectionKey, Topic


def matched(before: Sequence[Topic], after: Sequence[Topic]) -> list[Topic]:
    """The new topics, each with the id of the old one that it goes on from, if there is one.

    A new topic goes on from an old one if most sections of one of the two are shared. Pairs that
    share most sections come first; of equal ones, those whose ids sort first.

    Args:
        before: The topics so far.
        after: The topics of a new clustering.
    """
    owner: dict[SectionKey, list[Topic]] = {}
    for old in before:
        for section in old.sections:
            owner.setdefault(section, []).append(old)
    shared: Counter[tuple[str, str]] = Counter()
    for new in after:
        for section in new.sections:
            shared.update((old.topic_id, new.topic_id) for old in owner.get(section, ()))
    sizes = {one.topic_id: len(one.sections) for one in before}
    ids: dict[str, str] = {}
    taken: set[str] = set()
    lengths = {one.topic_id: len(one.sections) for one in after}
    for (old, new), count in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        most = 2 * count > min(sizes[old], lengths[new])
        if most and old not in taken and new not in ids:
            ids[new] = old
            taken.add(old)
    found: list[Topic] = []
    for new in after:
        topic_id = ids.get(new.topic_id) or _free(new.topic_id, taken)
        taken.add(topic_id)
        found.append(replace(new, topic_id=topic_id))
    return sorted(found, key=lambda topic: topic.topic_id)


def _free(topic_id: str, taken: set[str]) -> str:
    """The id, or with a number behind it where a topic that goes on has it."""
    number, free = 2, topic_id
    while free in taken:
        free, number = f"{topic_id}-{number}", number + 1
    return free
