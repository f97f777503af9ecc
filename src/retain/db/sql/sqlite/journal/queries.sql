-- Statements of the journal. A request is named by (bank_id, key).

-- name: find
-- The answers that can be used, of keys that come as a JSON array.
SELECT answer.key, body, packed, checksum FROM json_each(:keys)
CROSS JOIN answer ON answer.bank_id = :bank_id AND answer.key = json_each.value
WHERE rejected IS NULL

-- name: used
-- Which requests are known to hold words of which sources; both come as JSON arrays.
SELECT use.key, use.source_id
FROM json_each(:keys) AS asked
CROSS JOIN json_each(:sources) AS source
CROSS JOIN use
    ON use.bank_id = :bank_id AND use.key = asked.value AND use.source_id = source.value

-- name: use
-- A request holds words of a source.
INSERT OR IGNORE INTO use VALUES (:bank_id, :key, :source_id)

-- name: clock
-- The time of this database, in seconds since 1970. SQLite before 3.42 has no unixepoch('subsec').
SELECT (julianday('now') - 2440587.5) * 86400.0

-- name: answered
-- Whether a request has an answer that can be used.
SELECT 1 FROM answer WHERE bank_id = :bank_id AND key = :key AND rejected IS NULL

-- name: other_claim
-- Which process is sending a request, unless its claim has expired. No claim lasts much longer than
-- its lifetime from now, except by a clock that was set back: such a one does not count.
SELECT holder FROM claim
WHERE bank_id = :bank_id AND key = :key AND token != :token
AND expires_at > :now AND expires_at < :now + 2 * :lifetime_s

-- name: put_claim
-- A claim, in the place of an expired one.
INSERT INTO claim VALUES (:bank_id, :key, :token, :holder, :now + :lifetime_s)
ON CONFLICT (bank_id, key) DO UPDATE SET
    token = excluded.token, holder = excluded.holder, expires_at = excluded.expires_at

-- name: renew_claim
-- The lifetime of a claim begins again.
UPDATE claim SET expires_at = :now + :lifetime_s WHERE token = :token

-- name: release_claim
-- A claim ends.
DELETE FROM claim WHERE token = :token

-- name: drop_claim
-- Nobody has to send this request.
DELETE FROM claim WHERE bank_id = :bank_id AND key = :key

-- name: drop_expired_claims
-- Claims of processes that have ended without releasing them.
DELETE FROM claim WHERE expires_at <= :now

-- name: insert_call
-- One row of the ledger.
INSERT INTO call (
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
INSERT INTO answer (bank_id, key, call_id, body, packed, checksum, at)
VALUES (:bank_id, :key, :call_id, :body, :packed, :checksum, :at)
ON CONFLICT (bank_id, key) DO UPDATE SET
    call_id = excluded.call_id, body = excluded.body, packed = excluded.packed,
    checksum = excluded.checksum, at = excluded.at, rejected = NULL

-- name: remove_answer
-- One answer goes; the ledger keeps its call.
DELETE FROM answer WHERE bank_id = :bank_id AND key = :key

-- name: fail_call
-- The call of an answer that can be used has failed after all.
UPDATE call SET error = :reason
WHERE error IS NULL AND id = (
    SELECT call_id FROM answer WHERE bank_id = :bank_id AND key = :key AND rejected IS NULL
)

-- name: reject_answer
-- An answer cannot be used.
UPDATE answer SET rejected = :reason
WHERE bank_id = :bank_id AND key = :key AND rejected IS NULL

-- name: spent
-- What the calls on behalf of a source came to, or of one of its runs.
SELECT
    count(*), count(error), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),
    total(cost),
    coalesce(sum(cost IS NULL AND (error IS NULL OR input_tokens + output_tokens > 0)), 0)
FROM call
WHERE bank_id = :bank_id AND source_id = :source_id AND (:run IS NULL OR run = :run)

-- name: costs
-- The ledger by call context, purpose and model. Texts come as bytes: what does not decode is counted.
SELECT
    CAST(bank_id AS BLOB), CAST(source_id AS BLOB), CAST(state AS BLOB),
    CAST(purpose AS BLOB), CAST(model AS BLOB),
    count(*), count(error), sum(input_tokens), sum(output_tokens), total(cost),
    sum(cost IS NULL AND (error IS NULL OR input_tokens + output_tokens > 0)),
    avg(latency_ms)
FROM call
WHERE (:bank_id IS NULL OR bank_id = :bank_id) AND (:since IS NULL OR at >= :since)
GROUP BY bank_id, source_id, state, purpose, model
ORDER BY bank_id, source_id, state, purpose, model

-- name: blank_calls_of_answers
-- The ledger forgets what was asked, where an answer with words of a source came of it.
UPDATE call SET key = '', error = CASE WHEN error IS NULL THEN NULL ELSE '' END
WHERE id IN (
    SELECT call_id FROM answer
    WHERE bank_id = :bank_id AND key IN (
        SELECT key FROM use WHERE bank_id = :bank_id AND source_id = :source_id
    )
)

-- name: blank_calls_of_keys
-- The ledger forgets what was asked with words of a source.
UPDATE call SET key = '', error = CASE WHEN error IS NULL THEN NULL ELSE '' END
WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: blank_calls_of_source
-- The ledger forgets a source; what it came to stays.
UPDATE call SET source_id = '', run = '', key = '', error = CASE WHEN error IS NULL THEN NULL ELSE '' END
WHERE bank_id = :bank_id AND source_id = :source_id

-- name: forget_answers
-- The answers to requests that hold words of a source.
DELETE FROM answer WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: forget_claims
-- The claims on requests that hold words of a source.
DELETE FROM claim WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: forget_uses
-- The requests that hold words of a source, with the other sources that they name.
DELETE FROM use WHERE bank_id = :bank_id AND key IN (
    SELECT key FROM use WHERE bank_id = :bank_id AND source_id = :source_id
)

-- name: stamp
-- A source is forgotten; of two moments the later one counts, also where the clock was set back.
INSERT INTO forgotten VALUES (:source, :at)
ON CONFLICT (source) DO UPDATE SET at = max(at, excluded.at)

-- name: drop_stamps
-- No request is under way that asks with words of these.
DELETE FROM forgotten WHERE at NOT BETWEEN :first AND :last

-- name: stamps
-- The sources that were forgotten since a moment.
SELECT source FROM forgotten WHERE at BETWEEN :since AND :last

-- name: prune_answers
-- Answers that came before a moment.
DELETE FROM answer WHERE at < :before AND (:bank_id IS NULL OR bank_id = :bank_id)

-- name: prune_uses
-- Requests that are neither answered, nor claimed, nor in the ledger.
DELETE FROM use
WHERE (:bank_id IS NULL OR bank_id = :bank_id)
AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.bank_id = use.bank_id AND answer.key = use.key)
AND NOT EXISTS (SELECT 1 FROM call WHERE call.bank_id = use.bank_id AND call.key = use.key)
AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.bank_id = use.bank_id AND claim.key = use.key)

-- name: mark_for_vacuum
-- Something was deleted.
INSERT OR IGNORE INTO unfolded VALUES (1)

-- name: is_vacuum_due
-- Whether anything was deleted since the last vacuum.
SELECT 1 FROM unfolded

-- name: vacuumed
-- Nothing is left of what was deleted.
DELETE FROM unfolded
