"""The tables of the journal: calls, their answers, claims, and whose words are in them."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from retain.db.transactions import Transaction
from retain.holder import Holder, this_process
from retain.memory.hashing import sha256_of
from retain.memory.model import CallContext, ClaimOutcome, CostLine, Purpose, RequestClaim, Spending

Row = dict[str, Any]


@dataclass(slots=True)
class Found:
    """What a look brought.

    Args:
        answers: The bodies by key.
        damaged: The keys whose answers do not read back.
        unused: The rows of `use` that are not there yet.
    """

    answers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    damaged: list[str] = field(default_factory=list[str])
    unused: list[Row] = field(default_factory=list[Row])


class Calls:
    """Reads and writes the tables, in a transaction.

    Args:
        statements: The statements by name.
    """

    def __init__(self, statements: Mapping[str, str]) -> None:
        self._sql = statements

    def find(
        self,
        db: Transaction,
        bank_id: str,
        keys: Sequence[str],
        sources: Sequence[str],
        period: Row,
    ) -> Found:
        """What is kept for the keys; `period` as with `keep`."""
        found = Found()
        of = {"bank_id": bank_id, "keys": json.dumps(sorted(set(keys)))}
        for key, *kept in db.execute(self._sql["find"], of).fetchall():
            body = _unpacked(*kept)
            if body is None:
                found.damaged.append(key)
            else:
                found.answers[key] = body
        if found.answers and sources:
            of |= {"keys": json.dumps([*found.answers]), "sources": json.dumps([*sources])}
            used = {(row[0], row[1]) for row in db.execute(self._sql["used"], of)}
            found.unused = [
                {"bank_id": bank_id, "key": key, "source_id": source_id}
                for key in found.answers
                for source_id in sources
                if (key, source_id) not in used
            ]
        if found.unused:
            gone = self._gone(db, bank_id, sources, period)
            found.unused = [use for use in found.unused if use["source_id"] not in gone]
        return found

    def mend(
        self, db: Transaction, bank_id: str, found: Found, period: Row
    ) -> tuple[Found, list[str]]:
        """Write what a look has found to be amiss; what is there then, and the keys removed.

        Others may have written since the look, so everything is looked at again.
        """
        keys = [*found.answers, *found.damaged]
        again = self.find(db, bank_id, keys, [], period)
        for key in again.damaged:
            db.execute(self._sql["remove_answer"], {"bank_id": bank_id, "key": key})
        gone = self._gone(db, bank_id, {use["source_id"] for use in found.unused}, period)
        uses = [
            use
            for use in found.unused
            if use["key"] in again.answers and use["source_id"] not in gone
        ]
        db.executemany(self._sql["use"], uses)
        return again, again.damaged

    def keep(
        self,
        db: Transaction,
        call: Row,
        answers: Mapping[str, bytes],
        sources: Sequence[str],
        period: Row,
    ) -> None:
        """Put a call into the ledger, with the answers that it brought.

        Of what was forgotten in the `period`, from ``since`` to ``last``, nothing is written.
        """
        whose = call["source_id"]
        claimed = ({"bank_id": call["bank_id"], "key": key} for key in sorted(answers))
        db.executemany(self._sql["drop_claim"], claimed)
        gone = self._gone(db, call["bank_id"], {*sources, whose}, period)
        if gone:
            error = None if call["error"] is None else ""
            left = "" if whose in gone else whose
            run = call["run"] if left else ""
            call = {**call, "source_id": left, "run": run, "key": "", "error": error}
            if not answers or not gone.isdisjoint(sources):
                answers, sources = {}, ()
        (call_id,) = db.execute(self._sql["insert_call"], call).fetchone()
        row: Row = {"bank_id": call["bank_id"], "at": call["at"], "call_id": call_id}
        rows = ({**row, "key": key, **_packed(body)} for key, body in sorted(answers.items()))
        db.executemany(self._sql["put_answer"], rows)
        uses = (
            {"bank_id": call["bank_id"], "key": key, "source_id": source_id}
            for key in (sorted(answers) or (call["key"],))
            for source_id in sources
        )
        db.executemany(self._sql["use"], uses)

    def claim(
        self, db: Transaction, claim: RequestClaim, sources: Sequence[str], period: Row
    ) -> ClaimOutcome:
        """Take a claim on all its keys, or on none of them; `period` as with `keep`."""
        row = {**self._timed(db, claim), "holder": this_process().encode()}
        rows = [{**row, "key": key} for key in sorted(claim.keys)]
        if any(self._is_busy(db, row) for row in rows):
            return "busy"
        if any(db.execute(self._sql["answered"], row).fetchone() for row in rows):
            return "answered"
        db.execute(self._sql["drop_expired_claims"], row)
        if self._gone(db, claim.bank_id, sources, period):
            return "claimed"  # but not recorded: the key is made from words that are forgotten
        db.executemany(self._sql["put_claim"], rows)
        # By these rows, `forget` finds the claims on requests with words of its source.
        uses = ({**row, "source_id": source_id} for row in rows for source_id in sources)
        db.executemany(self._sql["use"], uses)
        return "claimed"

    def renew(self, db: Transaction, claims: Iterable[RequestClaim]) -> None:
        """Restart the lifetime of the claims that are still there."""
        for claim in claims:
            db.execute(self._sql["renew_claim"], self._timed(db, claim))

    def release(self, db: Transaction, claim: RequestClaim) -> None:
        """End a claim."""
        db.execute(self._sql["release_claim"], {"token": claim.token})

    def reject(self, db: Transaction, bank_id: str, keys: Sequence[str], reason: str) -> None:
        """Set answers aside; the calls that brought them have failed."""
        for key in keys:
            of = {"bank_id": bank_id, "key": key, "reason": reason}
            db.execute(self._sql["fail_call"], of)
            db.execute(self._sql["reject_answer"], of)

    def spent(self, db: Transaction, key: Row) -> Spending:
        """What the calls on behalf of a source came to."""
        return Spending(*db.execute(self._sql["spent"], key).fetchone())

    def costs(self, db: Transaction, bank_id: str | None, since: str | None) -> list[CostLine]:
        """The ledger in lines."""
        rows = db.execute(self._sql["costs"], {"bank_id": bank_id, "since": since})
        return [_line(row) for row in rows]

    def forget(self, db: Transaction, key: Row, at: Row) -> None:
        """Remove what belongs to a source, and its name, and have no more of it kept.

        Args:
            db: The connection.
            key: The source.
            at: When; ``first`` and ``last`` are what is a day away from it.
        """
        stamp = {"source": _digest(key["bank_id"], key["source_id"]), "at": at["at"]}
        db.execute(self._sql["drop_stamps"], at)
        db.execute(self._sql["stamp"], stamp)
        steps = (
            "blank_calls_of_answers",  # of answers that the next but one removes
            "blank_calls_of_keys",
            "forget_answers",
            "blank_calls_of_source",
            "forget_claims",
            "forget_uses",  # the steps above read them
        )
        changed = sum(db.execute(self._sql[step], key).rowcount for step in steps)
        if changed:
            db.execute(self._sql["mark_for_vacuum"])

    def prune(self, db: Transaction, bank_id: str | None, before: str, at: Row) -> int:
        """Remove the answers that came before a moment; how many. `at` is as with `forget`."""
        db.execute(self._sql["drop_stamps"], at)
        of = {"bank_id": bank_id, "before": before}
        pruned = db.execute(self._sql["prune_answers"], of).rowcount
        if pruned:
            db.execute(self._sql["prune_uses"], of)
            db.execute(self._sql["mark_for_vacuum"])
        return pruned

    def is_vacuum_due(self, db: Transaction) -> bool:
        """Whether bytes of what was deleted may be left."""
        return db.execute(self._sql["is_vacuum_due"]).fetchone() is not None

    def vacuumed(self, db: Transaction) -> None:
        """Note that none is left."""
        db.execute(self._sql["vacuumed"])

    def _timed(self, db: Transaction, claim: RequestClaim) -> Row:
        """The values of a claim that is taken or renewed at this moment."""
        (now,) = db.execute(self._sql["clock"]).fetchone()
        values = {"bank_id": claim.bank_id, "token": claim.token, "lifetime_s": claim.lifetime_s}
        return {**values, "now": now}

    def _is_busy(self, db: Transaction, row: Row) -> bool:
        """Whether another claim on the request is live."""
        other = db.execute(self._sql["other_claim"], row).fetchone()
        return other is not None and not Holder.decode(other[0]).is_dead()

    def _gone(self, db: Transaction, bank_id: str, sources: Iterable[str], period: Row) -> set[str]:
        """Which of the sources were forgotten in the period."""
        stamps = {row[0] for row in db.execute(self._sql["stamps"], period)}
        if not stamps:
            return set()
        return {one for one in sources if _digest(bank_id, one) in stamps}


def _digest(bank_id: str, source_id: str) -> str:
    """Names a source without telling its name."""
    return sha256_of(json.dumps([bank_id, source_id]))


def _packed(body: bytes) -> Row:
    """The columns of a body; it is compressed where that saves an eighth, as with all but vectors.

    At its fastest, zlib makes JSON two or three times smaller in some 5 us for each 1,000 bytes.
    """
    small = zlib.compress(body, 1)
    packed = len(small) < len(body) * 7 // 8
    kept = small if packed else body
    return {"body": kept, "packed": packed, "checksum": hashlib.sha256(kept).digest()}


def _unpacked(body: Any, packed: Any, checksum: Any) -> bytes | None:
    """The body as it was given, or None if it is not that any longer."""
    if not isinstance(body, bytes) or hashlib.sha256(body).digest() != checksum:
        return None
    if not packed:
        return body
    try:
        return zlib.decompress(body)
    except zlib.error:  # the mark is damaged, not the body
        return None


def _line(row: Sequence[Any]) -> CostLine:
    bank_id, source_id, state, purpose, model = map(_text, row[:5])
    spending = Spending(*row[5:11])
    call_context = CallContext(bank_id, source_id, state)
    return CostLine(call_context, cast("Purpose", purpose), model, spending, row[11])


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""
