-- Statements of the SQLite checkpoint. A run is named by its key as one text.

-- name: find_run
SELECT id, version, revision, head, body FROM run WHERE run_key = :key

-- name: insert_run
-- A new run, or the whole of one whose kept state is replaced.
INSERT INTO run (run_key, version, revision, status, last_state, started_at, head, body)
VALUES (:key, :version, :revision, :status, :last_state, :started_at, :head, :body)
RETURNING id

-- name: advance_held
-- The next revision, if the writer still holds the lease.
UPDATE run SET revision = :revision, head = :head
WHERE run_key = :key AND revision = :revision - 1
AND EXISTS (SELECT 1 FROM lease WHERE run_key = :key AND token = :token)
RETURNING id, body

-- name: advance_free
-- The next revision, if nobody holds a lease.
UPDATE run SET revision = :revision, head = :head
WHERE run_key = :key AND revision = :revision - 1
AND NOT EXISTS (SELECT 1 FROM lease WHERE run_key = :key)
RETURNING id, body

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

-- name: put_field
INSERT INTO run_field (run_id, name, body) VALUES (:id, :name, :body)
ON CONFLICT (run_id, name) DO UPDATE SET body = excluded.body

-- name: put_added
-- What a save adds to a list that is kept.
INSERT INTO run_added (id, name, body) VALUES (
    1 + coalesce(
        (SELECT id FROM run_added WHERE id >= :id << 32 AND id < (:id + 1) << 32
         ORDER BY id DESC LIMIT 1),
        :id << 32
    ),
    :name, :body
)

-- name: drop_added
DELETE FROM run_added WHERE id >= :id << 32 AND id < (:id + 1) << 32 AND name = :name

-- name: added
SELECT name, body FROM run_added WHERE id >= :id << 32 AND id < (:id + 1) << 32 ORDER BY id

-- name: put_step
INSERT OR REPLACE INTO run_step (run_id, n, body) VALUES (:id, :n, :body)

-- name: fields
SELECT name, body FROM run_field WHERE run_id = :id

-- name: steps
SELECT n, body FROM run_step WHERE run_id = :id ORDER BY n

-- name: delete_run
DELETE FROM run WHERE run_key = :key

-- name: list_by_key
-- No key's text lies between `:behind` and the first one that is wanted.
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease USING (run_key)
WHERE run.run_key > :behind AND run.run_key < :end AND started_at BETWEEN :since AND :until
-- A run that goes on is elsewhere by now.
AND (:states IS NULL OR status = 'running' OR last_state IN (SELECT value FROM json_each(:states)))
ORDER BY run.run_key LIMIT :limit

-- name: list_by_status
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease USING (run_key)
WHERE status = :status AND run.run_key > :behind AND run.run_key < :end
AND started_at BETWEEN :since AND :until
AND (:states IS NULL OR status = 'running' OR last_state IN (SELECT value FROM json_each(:states)))
ORDER BY run.run_key LIMIT :limit

-- name: list_newest
-- The plus signs keep SQLite at the index of times, in whose order the rows are wanted.
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease USING (run_key)
WHERE +run.run_key > :behind AND +run.run_key < :end AND started_at BETWEEN :since AND :until
AND (:states IS NULL OR status = 'running' OR last_state IN (SELECT value FROM json_each(:states)))
AND (:statuses IS NULL OR +status IN (SELECT value FROM json_each(:statuses)))
AND (started_at, run.run_key) < (:after, :after_key)
ORDER BY started_at DESC, run.run_key DESC LIMIT :limit

-- name: list_oldest
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM run LEFT JOIN lease USING (run_key)
WHERE +run.run_key > :behind AND +run.run_key < :end AND started_at BETWEEN :since AND :until
AND (:states IS NULL OR status = 'running' OR last_state IN (SELECT value FROM json_each(:states)))
AND (:statuses IS NULL OR +status IN (SELECT value FROM json_each(:statuses)))
AND (started_at, run.run_key) > (:after, :after_key)
ORDER BY started_at, run.run_key LIMIT :limit

-- name: counts
-- The plus signs have SQLite read the index of statuses alone.
SELECT status, count(*) FROM run WHERE +run_key > :behind AND +run_key < :end GROUP BY status

-- name: counts_between
SELECT status, count(*) FROM run
WHERE run_key > :behind AND run_key < :end AND started_at BETWEEN :since AND :until
GROUP BY status

-- name: find_runs
-- Those of keys that come as a JSON array.
SELECT run.run_key, run.head, run.started_at, lease.token, lease.holder, lease.expires_at
FROM json_each(:keys) AS wanted
CROSS JOIN run ON run.run_key = wanted.value
LEFT JOIN lease ON lease.run_key = run.run_key

-- name: find_lease
SELECT token, holder, expires_at FROM lease WHERE run_key = :key

-- name: clock
-- The time of this database, in seconds since 1970. SQLite before 3.42 has no unixepoch('subsec').
SELECT (julianday('now') - 2440587.5) * 86400.0

-- name: put_lease
INSERT OR REPLACE INTO lease (run_key, token, holder, expires_at)
VALUES (:key, :token, :holder, :expires_at)

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
DELETE FROM earlier_run WHERE run_key > :behind AND run_key < :end AND ended_at < :before

-- name: some_fields
-- Those that come as a JSON array of names.
SELECT name, body FROM run_field
WHERE run_id = :id AND name IN (SELECT value FROM json_each(:names))
