-- Statements of the Postgres checkpoint. A run is named by its key as one text.

-- name: find_run
SELECT id, version, revision, head, body FROM run WHERE run_key = :key

-- name: insert_run
-- A new run, or the whole of one whose kept state is replaced.
INSERT INTO run (run_key, version, revision, status, last_state, started_at, head, body)
VALUES (:key, :version, :revision, :status, :last_state, :started_at, :head, :body)
RETURNING id

-- name: insert_free
-- The runs among these that are new and that nobody holds; arrays by name.
INSERT INTO run (run_key, version, revision, status, last_state, started_at, head)
SELECT key, version, revision, status, last_state, started_at, head
FROM unnest(
    :keys::text[], :versions::bigint[], :revisions::bigint[], :statuses::text[],
    :last_states::text[], :starts::double precision[], :heads::bytea[]
) AS given (key, version, revision, status, last_state, started_at, head)
WHERE key COLLATE "C" IN (SELECT run_key FROM lease WHERE token = 0)
ON CONFLICT (run_key) DO NOTHING
RETURNING run_key, id

-- name: reserve_all
-- What `reserve` does, for an array of keys.
INSERT INTO lease (run_key, token, holder, expires_at)
SELECT key, 0, '', 0 FROM unnest(:keys::text[]) AS given (key) ORDER BY key COLLATE "C"
ON CONFLICT (run_key) DO NOTHING

-- name: unreserve_all
DELETE FROM lease WHERE run_key = ANY(:keys) AND token = 0

-- name: put_rows_of_many
-- Fields and steps of runs, as arrays.
WITH put_fields AS (
    INSERT INTO run_field (run_id, name, body)
    SELECT * FROM unnest(:field_ids::bigint[], :names::text[], :fields::bytea[])
)
INSERT INTO run_step (run_id, n, body)
SELECT * FROM unnest(:step_ids::bigint[], :numbers::bigint[], :steps::bytea[])

-- name: advance_held
-- The next revision with its fields and steps, if the writer still holds the lease and the run's fields
-- are rows. Nobody takes the lease over before the transaction ends; its heartbeat may renew it.
WITH advanced AS (
    UPDATE run SET revision = :revision, head = :head
    WHERE run_key = :key AND revision = :revision - 1 AND body IS NULL
    AND EXISTS (SELECT 1 FROM lease WHERE run_key = :key AND token = :token FOR KEY SHARE)
    RETURNING id
),
put_fields AS (
    INSERT INTO run_field (run_id, name, body)
    SELECT advanced.id, name, body
    FROM advanced, unnest(:names::text[], :fields::bytea[]) AS given (name, body)
    ON CONFLICT (run_id, name) DO UPDATE SET body = excluded.body
),
put_steps AS (
    INSERT INTO run_step (run_id, n, body)
    SELECT advanced.id, n, body
    FROM advanced, unnest(:numbers::bigint[], :steps::bytea[]) AS given (n, body)
    ON CONFLICT (run_id, n) DO UPDATE SET body = excluded.body
)
SELECT id FROM advanced

-- name: advance
-- The next revision; the lease was looked at before.
UPDATE run SET revision = :revision, head = :head
WHERE run_key = :key AND revision = :revision - 1
RETURNING id, body

-- name: put_status
-- Apart from the head, since it changes seldom and stands in an index.
UPDATE run SET status = :status, last_state = :last_state WHERE id = :id

-- name: unpacked
-- The run's fields and steps are rows from here on.
UPDATE run SET body = NULL WHERE id = :id

-- name: put_rows
-- Fields and steps of a run, as arrays.
WITH put_fields AS (
    INSERT INTO run_field (run_id, name, body)
    SELECT :id, name, body FROM unnest(:names::text[], :fields::bytea[]) AS given (name, body)
    ON CONFLICT (run_id, name) DO UPDATE SET body = excluded.body
)
INSERT INTO run_step (run_id, n, body)
SELECT :id, n, body FROM unnest(:numbers::bigint[], :steps::bytea[]) AS given (n, body)
ON CONFLICT (run_id, n) DO UPDATE SET body = excluded.body

-- name: put_added
-- What a save adds to a list that is kept.
INSERT INTO run_added (run_id, n, name, body)
SELECT :id, 1 + coalesce(max(n), 0), :name, :body FROM run_added WHERE run_id = :id

-- name: drop_added
DELETE FROM run_added WHERE run_id = :id AND name = :name

-- name: added
SELECT name, body FROM run_added WHERE run_id = :id ORDER BY n

-- name: fields
SELECT name, body FROM run_field WHERE run_id = :id

-- name: steps
SELECT n, body FROM run_step WHERE run_id = :id ORDER BY n

-- name: delete_run
-- A run with all its rows.
WITH gone AS (DELETE FROM run WHERE run_key = :key RETURNING id),
drop_fields AS (DELETE FROM run_field USING gone WHERE run_id = gone.id),
drop_added AS (DELETE FROM run_added USING gone WHERE run_id = gone.id),
drop_steps AS (DELETE FROM run_step USING gone WHERE run_id = gone.id)
SELECT id FROM gone

-- name: in_key_order
-- The planner takes a range of keys for a few rows and would sort them, though it may be a whole bank;
-- an index gives them in order.
SET LOCAL enable_sort = off

-- name: list_by_key
-- No key's text lies between `:behind` and the first one that is wanted.
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease ON lease.run_key = run.run_key
WHERE run.run_key > :behind AND (:end::text IS NULL OR run.run_key < :end)
AND started_at BETWEEN :since AND :until
-- A run that goes on is elsewhere by now.
AND (
    :states::json IS NULL OR status = 'running'
    OR last_state IN (SELECT json_array_elements_text(:states::json))
)
ORDER BY run.run_key LIMIT :limit

-- name: list_by_status
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease ON lease.run_key = run.run_key
WHERE status = :status
AND run.run_key > :behind AND (:end::text IS NULL OR run.run_key < :end)
AND started_at BETWEEN :since AND :until
AND (
    :states::json IS NULL OR status = 'running'
    OR last_state IN (SELECT json_array_elements_text(:states::json))
)
ORDER BY run.run_key LIMIT :limit

-- name: list_newest
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease ON lease.run_key = run.run_key
WHERE run.run_key > :behind AND (:end::text IS NULL OR run.run_key < :end)
AND started_at BETWEEN :since AND :until
AND (
    :states::json IS NULL OR status = 'running'
    OR last_state IN (SELECT json_array_elements_text(:states::json))
)
AND (:statuses::json IS NULL OR status IN (SELECT json_array_elements_text(:statuses::json)))
AND (started_at, run.run_key) < (:after, :after_key)
ORDER BY started_at DESC, run.run_key DESC LIMIT :limit

-- name: list_oldest
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease ON lease.run_key = run.run_key
WHERE run.run_key > :behind AND (:end::text IS NULL OR run.run_key < :end)
AND started_at BETWEEN :since AND :until
AND (
    :states::json IS NULL OR status = 'running'
    OR last_state IN (SELECT json_array_elements_text(:states::json))
)
AND (:statuses::json IS NULL OR status IN (SELECT json_array_elements_text(:statuses::json)))
AND (started_at, run.run_key) > (:after, :after_key)
ORDER BY started_at, run.run_key LIMIT :limit

-- name: counts
SELECT status, count(*) FROM run
WHERE run_key > :behind AND (:end::text IS NULL OR run_key < :end)
GROUP BY status

-- name: counts_between
SELECT status, count(*) FROM run
WHERE run_key > :behind AND (:end::text IS NULL OR run_key < :end)
AND started_at BETWEEN :since AND :until
GROUP BY status

-- name: find_runs
-- Those of keys that come as a JSON array.
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease ON lease.run_key = run.run_key
WHERE run.run_key IN (SELECT json_array_elements_text(:keys::json))

-- name: find_lease
-- Who holds a run; that stays so until the transaction ends.
SELECT token, holder, expires_at FROM lease WHERE run_key = :key FOR UPDATE

-- name: clock
-- The time of this server, in seconds since 1970.
SELECT extract(epoch FROM clock_timestamp())::double precision

-- name: put_lease
-- Fails silently where another transaction has taken the lease meanwhile; `:old` is its token that
-- was read, NULL: there was none.
INSERT INTO lease (run_key, token, holder, expires_at) VALUES (:key, :token, :holder, :expires_at)
ON CONFLICT (run_key) DO UPDATE
SET token = excluded.token, holder = excluded.holder, expires_at = excluded.expires_at
WHERE lease.token = :old::bigint

-- name: reserve
-- Nobody takes the lease on a run before the transaction ends, which also removes this row.
INSERT INTO lease (run_key, token, holder, expires_at) VALUES (:key, 0, '', 0)
ON CONFLICT (run_key) DO NOTHING

-- name: unreserve
DELETE FROM lease WHERE run_key = :key AND token = 0

-- name: renew_lease
UPDATE lease SET expires_at = :expires_at WHERE run_key = :key AND token = :token

-- name: release_lease
DELETE FROM lease WHERE run_key = :key AND token = :token

-- name: put_earlier
INSERT INTO earlier_run (run_key, version, ended_at, head, body)
VALUES (:key, :version, :ended_at, :head, :body)

-- name: trim_earlier
-- Leaves the newest of a key that are young enough.
DELETE FROM earlier_run
WHERE run_key = :key AND (
    ended_at < :begins_at
    OR id NOT IN (SELECT id FROM earlier_run WHERE run_key = :key ORDER BY id DESC LIMIT :runs)
)

-- name: earlier
SELECT version, ended_at, head, body FROM earlier_run WHERE run_key = :key ORDER BY id

-- name: drop_earlier
DELETE FROM earlier_run WHERE run_key = :key

-- name: prune_earlier
DELETE FROM earlier_run
WHERE run_key > :behind AND (:end::text IS NULL OR run_key < :end) AND ended_at < :before

-- name: some_fields
-- Those that come as a JSON array of names.
SELECT name, body FROM run_field
WHERE run_id = :id AND name IN (SELECT json_array_elements_text(:names::json))
