"""Topics keep their ids: which of the new ones takes over the id of which old one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from retain.memory.model import SectionKey, Topic


def kept_ids(found: Sequence[Collection[SectionKey]], before: Sequence[Topic]) -> dict[int, str]:
    """The ids that new topics take over, by their place among the new ones.

    A new topic and an old one may be the same if most sections of the one, or of the other, are in
    both: a topic may grow, shrink, be cut into several or join another. Those that have most
    sections in common are the same, as long as neither is the same as another yet; such greedy
    matching follows communities through time (Greene, Doyle and Cunningham, 2010,
    https://doi.org/10.1109/ASONAM.2010.17).

    Args:
        found: The sections of each new topic.
        before: The old topics, in any order.
    """
    topics_of: defaultdict[SectionKey, list[str]] = defaultdict(list)
    sizes = {topic.topic_id: len(topic.sections) for topic in before}
    for topic in before:
        for key in topic.sections:
            topics_of[key].append(topic.topic_id)
    shared = [Counter(one for key in keys for one in topics_of.get(key, ())) for keys in found]
    candidates = sorted(
        (-count, topic_id, n)
        for n, counts in enumerate(shared)
        for topic_id, count in counts.items()
        if 2 * count > min(len(found[n]), sizes[topic_id])
    )
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for _, topic_id, n in candidates:
        if n not in kept and topic_id not in taken:
            kept[n] = topic_id
            taken.add(topic_id)
    return kept
