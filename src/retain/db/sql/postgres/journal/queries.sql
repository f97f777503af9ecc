-- Statements of the journal. A request is named by (bank_id, key). Lists come as JSON arrays.

-- name: share_bank
-- Until the transaction ends, no source of the bank is forgotten and no answer set aside.
SELECT pg_advisory_xact_lock_shared(
    hashtextextended('retain journal ' || current_schema() || ' ' || :bank_id, 0)
)

-- name: own_bank
-- Until the transaction ends, nobody else writes answers and claims of the bank.
SELECT pg_advisory_xact_lock(
    hashtextextended('retain journal ' || current_schema() || ' ' || :bank_id, 0)
)

-- name: lock_keys
-- Until the transaction ends, nobody else claims the keys. Keys share 64 locks, since a server has
-- room for some thousands; they are taken in one order, so that no two transactions wait for each other.
SELECT pg_advisory_xact_lock(number) FROM (
    SELECT DISTINCT
        hashtextextended('retain claims ' || current_schema() || ' ' || :bank_id, hash) AS number
    FROM (
        SELECT abs(hashtext(key) % 64) AS hash FROM json_array_elements_text(:keys::json) AS asked (key)
    ) AS hashes
    ORDER BY number
) AS numbers

-- name: find
-- The answers that can be used.
SELECT key, body, packed, checksum FROM journal_answer
WHERE bank_id = :bank_id AND key IN (SELECT json_array_elements_text(:keys::json))
AND rejected IS NULL

-- name: used
-- Which requests are known to hold words of which sources.
SELECT key, source_id FROM journal_use
WHERE bank_id = :bank_id AND key IN (SELECT json_array_elements_text(:keys::json))
AND source_id IN (SELECT json_array_elements_text(:sources::json))

-- name: use
-- A request holds words of a source.
INSERT INTO journal_use VALUES (:bank_id, :key, :source_id) ON CONFLICT DO NOTHING

-- name: clock
-- The time of this server, in seconds since 1970.
SELECT extract(epoch FROM clock_timestamp())::double precision

-- name: answered
-- Whether a request has an answer that can be used.
SELECT 1 FROM journal_answer WHERE bank_id = :bank_id AND key = :key AND rejected IS NULL

-- name: other_claim
-- Which process is sending a request, unless its claim has expired. No claim lasts much longer than
-- its lifetime from now, except by a clock that was set back: such a one does not count.
SELECT holder FROM journal_claim
WHERE bank_id = :bank_id AND key = :key AND token != :token
AND expires_at > :now AND expires_at < :now + 2 * :lifetime_s

-- name: put_claim
-- A claim, in the place of an expired one.
INSERT INTO journal_claim VALUES (:bank_id, :key, :token, :holder, :now + :lifetime_s)
ON CONFLICT (bank_id, key) DO UPDATE SET
    token = excluded.token, holder = excluded.holder, expires_at = excluded.expires_at

-- name: renew_claim
-- The lifetime of a claim begins again.
UPDATE journal_claim SET expires_at = :now + :lifetime_s WHERE token = :token

-- name: release_claim
-- A claim ends.
DELETE FROM journal_claim WHERE token = :token

-- name: drop_claim
-- Nobody has to send this request.
DELETE FROM journal_claim WHERE bank_id = :bank_id AND key = :key

-- name: drop_expired_claims
-- Claims of processes that have ended without releasing them; those that others write are left.
DELETE FROM journal_claim WHERE (bank_id, key) IN (
    SELECT bank_id, key FROM journal_claim WHERE expires_at <= :now FOR UPDATE SKIP LOCKED
)

-- name: insert_call
-- One row of the ledger.
INSERT INTO journal_call (
    bank_id, source_id, state, purpose, model, key, at, latency_ms, input_tokens, output_tokens,
    cost, error, run
)
VALUES (
    :bank_id, :source_id, :state, :purpose, :model, :key, :at, :latency_ms, :input_tokens,
    :output_tokens, :cost, :error, :run
)
RETURNING id

-- name: put_answer
-- An answer, in the place of the one before it.
INSERT INTO journal_answer (bank_id, key, call_id, body, packed, checksum, at)
VALUES (:bank_id, :key, :call_id, :body, :packed, :checksum, :at)
ON CONFLICT (bank_id, key) DO UPDATE SET
    call_id = excluded.call_id, body = excluded.body, packed = excluded.packed,
    checksum = excluded.checksum, at = excluded.at, rejected = NULL

-- name: remove_answer
-- One answer goes; the ledger keeps its call.
DELETE FROM journal_answer WHERE bank_id = :bank_id AND key = :key

-- name: fail_call
-- The call of an answer that can be used has failed after all.
UPDATE journal_call SET error = :reason
WHERE error IS NULL AND id = (
    SELECT call_id FROM journal_answer
    WHERE bank_id = :bank_id AND key = :key AND rejected IS NULL
)

-- name: reject_answer
-- An answer cannot be used.
UPDATE journal_answer SET rejected = :reason
WHERE bank_id = :bank_id AND key = :key AND rejected IS NULL

-- name: spent
-- What the calls on behalf of a source came to, or of one of its runs.
SELECT
    count(*), count(error), coalesce(sum(input_tokens), 0)::bigint,
    coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(cost), 0),
    count(*) FILTER (
        WHERE cost IS NULL AND (error IS NULL OR input_tokens + output_tokens > 0)
    )
FROM journal_call
WHERE bank_id = :bank_id AND source_id = :source_id AND (:run::text IS NULL OR run = :run)

-- name: costs
-- The ledger by call context, purpose and model. Texts come as bytes.
SELECT
    convert_to(bank_id, 'UTF8'), convert_to(source_id, 'UTF8'), convert_to(state, 'UTF8'),
    convert_to(purpose, 'UTF8'), convert_to(model, 'UTF8'),
    count(*), count(error), sum(input_tokens)::bigint, sum(output_tokens)::bigint,
    coalesce(sum(cost), 0),
    count(*) FILTER (
        WHERE cost IS NULL AND (error IS NULL OR input_tokens + output_tokens > 0)
    ),
    avg(latency_ms)
FROM journal_call
WHERE (:bank_id::text IS NULL OR bank_id = :bank_id) AND (:since::text IS NULL OR at >= :since)
GROUP BY bank_id, source_id, state, purpose, model
ORDER BY bank_id, source_id, state, purpose, model

-- name: blank_calls_of_answers
-- The ledger forgets what was asked, where an answer with words of a source came of it.
UPDATE journal_call SET key = '', error = CASE WHEN error IS NULL THEN NULL ELSE '' END
WHERE id IN (
    SELECT call_id FROM journal_answer
    WHERE bank_id = :bank_id AND key IN (
        SELECT key FROM journal_use WHERE bank_id = :bank_id AND source_id = :source_id
    )
)

-- name: blank_calls_of_keys
-- The ledger forgets what was asked with words of a source.
UPDATE journal_call SET key = '', error = CASE WHEN error IS NULL THEN NULL ELSE '' END
WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM journal_use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: blank_calls_of_source
-- The ledger forgets a source; what it came to stays.
UPDATE journal_call
SET source_id = '', run = '', key = '', error = CASE WHEN error IS NULL THEN NULL ELSE '' END
WHERE bank_id = :bank_id AND source_id = :source_id

-- name: forget_answers
-- The answers to requests that hold words of a source.
DELETE FROM journal_answer WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM journal_use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: forget_claims
-- The claims on requests that hold words of a source.
DELETE FROM journal_claim WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM journal_use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: forget_uses
-- The requests that hold words of a source, with the other sources that they name.
DELETE FROM journal_use WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM journal_use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: stamp
-- A source is forgotten; of two moments the later one counts, also where the clock was set back.
INSERT INTO journal_forgotten AS kept VALUES (:source, :at)
ON CONFLICT (source) DO UPDATE SET at = greatest(kept.at, excluded.at)

-- name: drop_stamps
-- No request is under way that asks with words of these.
DELETE FROM journal_forgotten WHERE at NOT BETWEEN :first AND :last

-- name: stamps
-- The sources that were forgotten since a moment.
SELECT source FROM journal_forgotten WHERE at BETWEEN :since AND :last

-- name: prune_answers
-- Answers that came before a moment.
DELETE FROM journal_answer WHERE at < :before AND (:bank_id::text IS NULL OR bank_id = :bank_id)

-- name: prune_uses
-- Requests that are neither answered, nor claimed, nor in the ledger.
DELETE FROM journal_use AS u
WHERE (:bank_id::text IS NULL OR u.bank_id = :bank_id)
AND NOT EXISTS (SELECT 1 FROM journal_answer AS a WHERE a.bank_id = u.bank_id AND a.key = u.key)
AND NOT EXISTS (SELECT 1 FROM journal_call AS c WHERE c.bank_id = u.bank_id AND c.key = u.key)
AND NOT EXISTS (SELECT 1 FROM journal_claim AS m WHERE m.bank_id = u.bank_id AND m.key = u.key)

-- name: mark_for_vacuum
-- Something was deleted.
INSERT INTO journal_vacuum_due VALUES (1) ON CONFLICT DO NOTHING

-- name: is_vacuum_due
-- Whether anything was deleted since the last vacuum.
SELECT 1 FROM journal_vacuum_due

-- name: vacuumed
-- Nothing is left of what was deleted.
DELETE FROM journal_vacuum_due
