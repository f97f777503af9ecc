"""The index of the words of a bank's sections, or of its facts, in blocks of rows."""

from __future__ import annotations

import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retain.bank.indexing import FACT_WEIGHTS, SECTION_FIELDS
from retain.bank.words import tokens, wanted
from retain.memory.ports.store import Tx

SMALL = 256
"""How many rows a block has that rows are added to: it has few pages, and each row is on all."""

LARGE = 2_048
"""How many rows a block has that full small ones go into: each word costs a search one lookup a
block. An entry has 12 bits for a slot."""

Words = Mapping[int, Mapping[str, str]]
"""The texts of rows by their fields."""


class WordIndex:
    """Where words stand, in ordinary rows of the store.

    Args:
        kind: What its rows are.
        fields: Their fields: their places here are in the index, and so are not to change.
    """

    def __init__(self, kind: Literal["section", "fact"], fields: Sequence[str]) -> None:
        self._kind = kind
        self._fields = fields

    def change(self, tx: Tx, before: Words, after: Words) -> set[int]:
        """Bring the index from some texts of rows to others; only rows that differ are written.

        Args:
            tx: The transaction.
            before: What the index has of the rows.
            after: What it is to have of them.

        Returns:
            The ids of the rows that differ.
        """
        gone = {id_: texts for id_, texts in before.items() if after.get(id_) != texts}
        came = {id_: texts for id_, texts in after.items() if before.get(id_) != texts}
        if gone:
            self._remove(tx, gone)
        if came:
            self._add(tx, came)
        return {*gone, *came}

    def search(
        self,
        tx: Tx,
        terms: Iterable[str],
        weights: Mapping[str, float],
        limit: int,
    ) -> dict[int, float]:
        """The rows that have any of the terms and score best, and those that score as the last.

        Args:
            tx: The transaction.
            terms: What to look for.
            weights: What a word counts for in each field; where it counts 0, it is not looked for.
            limit: How many rows are wanted.
        """
        words = Counter(word for term in dict.fromkeys(terms) for word in wanted(term))
        if not words or limit < 1 or not any(weights.values()):
            return {}
        from retain.bank.bm25 import Blocks  # numpy takes longer to load than most commands run

        given = {"kind": self._kind, "words": list(words)}
        blocks = Blocks(tx.rows("word_blocks", given))
        by_field = [weights.get(field, 0.0) for field in self._fields]
        entries = tx.rows("entries", given)
        return blocks.best(entries, list(words.values()), by_field, limit)

    def has_word(self, tx: Tx, word: str, field: str) -> bool:
        """Whether any row has a word, given as `wanted` gives it, in a field."""
        number = self._fields.index(field)
        found = tx.rows("entries", {"kind": self._kind, "words": [word]})
        return any(entry & 15 == number for *_, body in found for entry in _unpacked("H", body))

    def _add(self, tx: Tx, rows: Words) -> None:
        left = list(rows.items())
        while left:
            block = self._with_room(tx, SMALL, 1)
            entries: dict[str, list[int]] = defaultdict(list)
            added: list[int] = []
            for slot, (row, texts) in zip(block.free(), left, strict=False):
                block.put(slot, row, self._count(slot, texts, entries))
                added.append(row)
            self._keep(tx, block, added, entries)
            if block.used == SMALL:
                self._merge(tx, block)
            left = left[len(added) :]

    def _merge(self, tx: Tx, small: Block) -> None:
        """Bring the rows of a full block into a large one."""
        large = self._with_room(tx, LARGE, SMALL)
        slots = dict(zip(range(SMALL), large.free(), strict=False))
        for slot, place in slots.items():
            large.put(place, small.rows[slot], small.sizes[slot])
        entries = {
            word: [slots[entry >> 4] << 4 | entry & 15 for entry in _unpacked("H", body)]
            for word, body in tx.rows("words_of", {"block": small.id})
        }
        tx.run("drop_words", {"block": small.id})
        tx.run("drop_word_block", {"id": small.id})
        self._keep(tx, large, small.rows, entries)

    def _with_room(self, tx: Tx, slots: int, room: int) -> Block:
        given = {"kind": self._kind, "slots": slots, "most": slots - room}
        for found in tx.rows("block_with_room", given):
            return Block.opened(*found)
        block = Block(0, array("q", [0]) * slots, array("I", [0]) * slots)
        block.id = tx.rows("add_word_block", {**given, **block.row()})[0][0]
        return block

    def _keep(
        self,
        tx: Tx,
        block: Block,
        added: Iterable[int],
        entries: Mapping[str, list[int]],
    ) -> None:
        tx.run("put_word_block", block.row())
        tx.run_many("put_word_row", ({"row": self._row(row), "block": block.id} for row in added))
        words = (
            {"block": block.id, "word": word, "entries": _packed("H", found)}
            for word, found in entries.items()
        )
        tx.run_many("add_entries", words)

    def _remove(self, tx: Tx, rows: Words) -> None:
        by_block: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            for (block,) in tx.rows("block_of", {"row": self._row(row)}):
                by_block[block].append(row)
        for id_, gone in by_block.items():
            block = Block.opened(*tx.rows("word_block", {"block": id_})[0])
            entries: dict[str, list[int]] = defaultdict(list)
            slots = {block.rows.index(row): row for row in gone}
            for slot, row in slots.items():
                self._count(slot, rows[row], entries)
                block.put(slot, 0, 0)
            self._drop_entries(tx, id_, frozenset(slots), list(entries))
            tx.run("put_word_block" if block.used else "drop_word_block", block.row())
        tx.run_many("drop_word_row", ({"row": self._row(row)} for row in rows))

    def _drop_entries(self, tx: Tx, block: int, slots: frozenset[int], words: list[str]) -> None:
        given = {"block": block, "words": words}
        for word, body in tx.rows("entries_of", given):
            left = [entry for entry in _unpacked("H", body) if entry >> 4 not in slots]
            row = {"block": block, "word": word, "entries": _packed("H", left)}
            tx.run("put_entries" if left else "drop_word", row)

    def _count(
        self, slot: int, texts: Mapping[str, str], entries: defaultdict[str, list[int]]
    ) -> int:
        """Add where the words of a row stand to `entries`; how many words it has."""
        size = 0
        for number, field in enumerate(self._fields):
            if text := texts[field]:
                words, count = tokens(text)
                size += count
                for word in words:
                    entries[word].append(slot << 4 | number)
        return size

    def _row(self, id_: int) -> int:
        return id_ << 1 | (self._kind == "fact")


SECTIONS = WordIndex("section", SECTION_FIELDS)
FACTS = WordIndex("fact", list(FACT_WEIGHTS))


@dataclass(slots=True)
class Block:
    """Some rows of a bank.

    Args:
        id: Its own row.
        rows: Of each slot, the id of the row in it; 0: none.
        sizes: Of each slot, how many words the row has.
    """

    id: int
    rows: array[int]
    sizes: array[int]

    @classmethod
    def opened(cls, id_: int, rows: bytes, sizes: bytes) -> Block:
        """The block that is stored so."""
        return cls(id_, _unpacked("q", rows), _unpacked("I", sizes))

    @property
    def used(self) -> int:
        """How many slots hold a row."""
        return len(self.rows) - self.rows.count(0)

    def free(self) -> Iterator[int]:
        """The slots that hold no row, as it is now."""
        return iter([slot for slot, row in enumerate(self.rows) if not row])

    def put(self, slot: int, row: int, size: int) -> None:
        """Put a row, or none, into a slot."""
        self.rows[slot], self.sizes[slot] = row, size

    def row(self) -> dict[str, object]:
        """The block as it is stored."""
        rows, sizes = _packed("q", self.rows), _packed("I", self.sizes)
        return {"id": self.id, "used": self.used, "rows": rows, "sizes": sizes}


def _packed(kind: Literal["H", "I", "q"], numbers: Iterable[int]) -> bytes:
    return _little(array(kind, numbers)).tobytes()


def _unpacked(kind: Literal["H", "I", "q"], body: bytes) -> array[int]:
    found = array(kind)
    found.frombytes(body)
    return _little(found)


def _little(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
