"""Conversations of LoCoMo (Maharana et al., ACL 2024) as transcripts, and their questions.

The data is read from the file that is given and goes nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNANSWERABLE = 5
"""The category of questions that ask of one speaker what the other one said."""


@dataclass(frozen=True)
class Question:
    text: str
    category: int
    gold: frozenset[tuple[int, int]]  # the spans of the turns that hold the evidence


@dataclass(frozen=True)
class Conversation:
    name: str
    text: str
    questions: Sequence[Question]


def conversations(path: Path) -> list[Conversation]:
    """Each conversation as Markdown: a heading a session, a paragraph a turn."""
    return [_conversation(sample) for sample in json.loads(path.read_text(encoding="utf-8"))]


def _conversation(sample: dict[str, Any]) -> Conversation:
    told = sample["conversation"]
    parts = [f"# {told['speaker_a']} and {told['speaker_b']}\n\n"]
    at, spans = len(parts[0]), {}
    numbers = sorted(int(key[8:]) for key in told if re.fullmatch(r"session_\d+", key))
    for number in numbers:
        date = told.get(f"session_{number}_date_time", "")
        parts.append(f"## Session {number} ({date})\n\n")
        at += len(parts[-1])
        for turn in told[f"session_{number}"]:
            photo = turn.get("blip_caption")
            said = " ".join((turn.get("text") or "").split())
            said += f" [shares a photo: {photo}]" if photo else ""
            parts.append(f"**{turn['speaker']}:** {said}\n\n")
            spans[turn["dia_id"]] = (at, at + len(parts[-1]) - 2)
            at += len(parts[-1])
    return Conversation(sample["sample_id"], "".join(parts), list(_questions(sample, spans)))


def _questions(sample: dict[str, Any], spans: dict[str, tuple[int, int]]) -> list[Question]:
    found: list[Question] = []
    for asked in sample["qa"]:
        names = re.findall(r"D:?(\d+):(\d+)", " ".join(map(str, asked.get("evidence") or [])))
        gold = {spans[turn] for a, b in names if (turn := f"D{int(a)}:{int(b)}") in spans}
        if gold:
            found.append(Question(asked["question"], asked["category"], frozenset(gold)))
    return found
