-- Statements of the queue of sources. Times are those of this server: clocks of machines may differ.

-- name: place
-- Where the jobs of a bank go on in the line: behind those that the bank has in it, and never before
-- the job that is next. A priority is a place: banks that have many jobs take turns with all others.
SELECT coalesce(last - 1, next, :first::int) FROM (
    SELECT
        (
            SELECT min(priority) FROM procrastinate_jobs
            WHERE status = 'todo' AND args ->> 'bank_id' = :bank_id
            AND priority BETWEEN :end AND :first
        ) AS last,
        (
            SELECT max(priority) FROM procrastinate_jobs
            WHERE status = 'todo' AND priority BETWEEN :end AND :first
        ) AS next
) AS line

-- name: waiting
-- The jobs of sources that wait already; those that run too, but of sources with a new text.
SELECT lock, id FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') AND lock = ANY (:locks::text[])
AND (status = 'todo' OR NOT lock = ANY (:new::text[]))

-- name: drop_dead
-- Sources that are submitted again are tried anew.
DELETE FROM procrastinate_jobs WHERE status = 'failed' AND lock = ANY (:locks::text[])

-- name: put
-- One job for each source, in the order given; arrays by name.
SELECT unnest(procrastinate_defer_jobs_v1(array_agg(
    ROW (:queue, :task, greatest(:place - n + 1, :end), lock, lock, args, NULL)
        ::procrastinate_job_to_defer_v1
    ORDER BY n
)))
FROM unnest(:locks::text[], :args::text[]::jsonb[]) WITH ORDINALITY AS given (lock, args, n)

-- name: put_pages
-- The job that renders a bank, unless one waits already. That one renders with the newest model.
INSERT INTO procrastinate_jobs
    (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
VALUES
    (:queue, :task, :place, :lock, :lock, :args::text::jsonb, now() + :after_s * interval '1 second')
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET args = excluded.args
WHERE excluded.args ->> 'model' IS NOT NULL AND procrastinate_jobs.args <> excluded.args

-- name: is_busy
-- Whether sources of a bank wait or run, for which its pages wait too, but not for ever.
SELECT EXISTS (
    SELECT 1 FROM procrastinate_jobs
    WHERE status = 'todo' AND args ->> 'bank_id' = :bank_id AND task_name = :task
    UNION ALL
    SELECT 1 FROM procrastinate_jobs
    WHERE status = 'doing' AND args ->> 'bank_id' = :bank_id AND task_name = :task
) AND EXISTS (
    SELECT 1 FROM procrastinate_events
    WHERE job_id = :job_id AND type = 'deferred' AND at > now() - :longest_s * interval '1 second'
)

-- name: fetch_of_banks
-- The next job of some banks; see procrastinate_fetch_job_v2, which takes the jobs of all.
WITH candidate AS (
    SELECT id FROM procrastinate_jobs AS job
    WHERE status = 'todo' AND queue_name = ANY (:queues::text[])
    AND args ->> 'bank_id' = ANY (:bank_ids::text[])
    AND (scheduled_at IS NULL OR scheduled_at <= now())
    AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND lock = job.lock)
    ORDER BY priority DESC, id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker_id
FROM candidate WHERE procrastinate_jobs.id = candidate.id
RETURNING procrastinate_jobs.id, status, task_name, priority, lock, queueing_lock, args,
    scheduled_at, queue_name, attempts, worker_id

-- name: retry
SELECT procrastinate_retry_job_v2(
    :job_id, now() + :after_s * interval '1 second', :priority::int, :queue, :lock
)

-- name: drop
DELETE FROM procrastinate_jobs WHERE id = :job_id

-- name: drop_stalled
-- Jobs of dead workers whose sources are waiting again as other jobs.
DELETE FROM procrastinate_jobs AS job WHERE status = 'doing' AND EXISTS (
    SELECT 1 FROM procrastinate_jobs AS other
    WHERE other.status = 'todo' AND other.queueing_lock = job.queueing_lock
) AND NOT EXISTS (
    SELECT 1 FROM procrastinate_workers AS worker
    WHERE worker.id = job.worker_id
    AND last_heartbeat >= now() - :stalled_s * interval '1 second'
)

-- name: stalled
-- Jobs of dead workers, and those that a worker took and does not know of, with whether a worker died
-- of a source. Each is locked, so of two workers that ask at once one skips what the other gets.
SELECT id, died AND task_name = :task FROM (
    SELECT job.id, task_name, NOT EXISTS (
        SELECT 1 FROM procrastinate_workers AS worker
        WHERE worker.id = job.worker_id
        AND last_heartbeat >= now() - :stalled_s * interval '1 second'
    ) AS died
    FROM procrastinate_jobs AS job WHERE status = 'doing' FOR UPDATE SKIP LOCKED
) AS job
WHERE died OR id IN (
    SELECT mine.id FROM procrastinate_jobs AS mine
    WHERE worker_id = :worker_id AND NOT mine.id = ANY (:running::bigint[]) AND NOT EXISTS (
        SELECT 1 FROM procrastinate_events
        WHERE job_id = mine.id AND type = 'started'
        AND at > now() - :stalled_s * interval '1 second'
    )
)

-- name: again_now
-- A job waits again.
SELECT procrastinate_retry_job_v2(:job_id, now(), NULL, NULL, NULL)

-- name: give_up
-- A job is tried no more.
SELECT procrastinate_finish_job_v1(:job_id, 'failed', false)

-- name: fail
-- Count a failure; how many tries there were.
INSERT INTO job_failure (job_id, tries, reason, failed_at) VALUES (:job_id, 1, :reason, now())
ON CONFLICT (job_id) DO UPDATE
SET tries = job_failure.tries + 1, reason = excluded.reason, failed_at = excluded.failed_at
RETURNING tries

-- name: purge
-- Jobs that ended a while ago, some at a time.
DELETE FROM procrastinate_jobs WHERE status IN ('succeeded', 'cancelled', 'aborted') AND id IN (
    SELECT job_id FROM procrastinate_events
    WHERE type IN ('succeeded', 'cancelled', 'aborted')
    AND at < now() - :older_s * interval '1 second'
    ORDER BY type, at LIMIT 5000
)

-- name: counts
-- The jobs of sources that have not ended well, by bank and how they stand.
SELECT args ->> 'bank_id', CASE
    WHEN status = 'failed' THEN 'dead'
    WHEN status = 'doing' AND last_heartbeat >= now() - :stalled_s * interval '1 second' THEN 'running'
    WHEN status = 'doing' THEN 'stalled'
    WHEN scheduled_at > now() THEN 'failed'
    ELSE 'queued'
END AS state, count(*)
FROM procrastinate_jobs AS job LEFT JOIN procrastinate_workers AS worker ON worker.id = worker_id
WHERE status IN ('todo', 'doing', 'failed') AND task_name = :task
AND (:bank_id::text IS NULL OR args ->> 'bank_id' = :bank_id)
GROUP BY 1, 2 ORDER BY 1, 2

-- name: activity
-- Live workers, sources that ended in the last minutes, and since when the longest wait lasts.
SELECT
    (
        SELECT count(*) FROM procrastinate_workers
        WHERE last_heartbeat >= now() - :stalled_s * interval '1 second'
    ),
    (
        SELECT count(*) FROM procrastinate_events AS event
        JOIN procrastinate_jobs AS job ON job.id = job_id
        WHERE type = 'succeeded' AND at > now() - :window_s * interval '1 second'
        AND task_name = :task AND (:bank_id::text IS NULL OR args ->> 'bank_id' = :bank_id)
    ),
    (
        SELECT extract(epoch FROM now() - at)::double precision FROM procrastinate_events
        WHERE type = 'deferred' AND job_id = (
            SELECT min(id) FROM procrastinate_jobs
            WHERE status = 'todo' AND task_name = :task
            AND (:bank_id::text IS NULL OR args ->> 'bank_id' = :bank_id)
        )
    )

-- name: dead
-- The jobs that are retried no more, and why.
SELECT job.id, args ->> 'bank_id', args ->> 'source_id', tries, reason, failed_at
FROM procrastinate_jobs AS job LEFT JOIN job_failure ON job_id = job.id
WHERE status = 'failed' AND task_name = :task
AND (:bank_id::text IS NULL OR args ->> 'bank_id' = :bank_id)
ORDER BY job.id

-- name: exists
SELECT to_regclass('job_failure') IS NOT NULL

-- name: cancel
DELETE FROM procrastinate_jobs
WHERE status = 'todo' AND args ->> 'bank_id' = :bank_id AND task_name = :task
AND (:locks::text[] IS NULL OR lock = ANY (:locks))
RETURNING id

-- name: abort
UPDATE procrastinate_jobs SET abort_requested = true
WHERE status = 'doing' AND args ->> 'bank_id' = :bank_id AND task_name = :task
AND (:locks::text[] IS NULL OR lock = ANY (:locks))
RETURNING id

-- name: discard
-- Jobs of sources that are forgotten: they name them.
DELETE FROM procrastinate_jobs
WHERE status <> 'doing' AND args ->> 'bank_id' = :bank_id
AND (:locks::text[] IS NULL OR lock = ANY (:locks))

-- name: left
-- How many of these jobs have not ended.
SELECT count(*) FROM procrastinate_jobs
WHERE id = ANY (:ids::bigint[]) AND status IN ('todo', 'doing')

-- name: pending
-- Whether any job has not ended.
SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))
