-- The queue of sources: procrastinate's own tables, as its installed release makes them.
-- include: procrastinate.sql schema.sql

-- To know the jobs of a source, of which one runs at a time, without a walk through the queue.
CREATE INDEX retain_job_by_lock ON procrastinate_jobs (lock)
WHERE status = ANY (ARRAY['todo'::procrastinate_job_status, 'doing'::procrastinate_job_status]);

CREATE INDEX retain_dead_by_lock ON procrastinate_jobs (lock)
WHERE status = 'failed'::procrastinate_job_status;

-- To find the end of a bank's line.
CREATE INDEX retain_job_by_bank ON procrastinate_jobs ((args ->> 'bank_id'), priority)
WHERE status = 'todo'::procrastinate_job_status;

CREATE INDEX retain_running_by_bank ON procrastinate_jobs ((args ->> 'bank_id'))
WHERE status = 'doing'::procrastinate_job_status;

CREATE INDEX retain_job_by_status ON procrastinate_jobs (status, id);
CREATE INDEX retain_event_by_time ON procrastinate_events (type, at);

-- Why jobs failed: procrastinate keeps no reason.
CREATE TABLE job_failure (
    job_id bigint PRIMARY KEY REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
    tries bigint NOT NULL,
    reason text NOT NULL,
    failed_at timestamptz NOT NULL
);
