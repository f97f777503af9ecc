-- Runs between their steps. Texts compare by their code points (COLLATE "C"): a run is named by its
-- key as one text, and such texts are in the order of their keys.

-- One row a run. `head` is the engine's own part of the context and changes with every save. Pages
-- are left half empty, so that a new head stands beside the old one and no index has to change.
CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_key text COLLATE "C" NOT NULL UNIQUE,
    version bigint NOT NULL,
    revision bigint NOT NULL,
    status text COLLATE "C" NOT NULL,   -- these three are read from `head`: to list runs without decoding
    last_state text NOT NULL,           -- where it was when its status last changed
    started_at double precision NOT NULL,   -- seconds since 1970
    head bytea NOT NULL,
    body bytea                          -- compressed; NULL: the run's fields and steps are rows
) WITH (fillfactor = 50);
ALTER TABLE run ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE INDEX run_by_status ON run (status, run_key, last_state);
CREATE INDEX run_by_start ON run (started_at, run_key);

-- The rows of a run are deleted by the statement that deletes the run, and written while it is
-- locked. A foreign key would look the run up again with every step.

-- One row a field of the context, written when its value changes.
CREATE TABLE run_field (
    run_id bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, name)
);
ALTER TABLE run_field ALTER COLUMN body SET STORAGE EXTERNAL;   -- saves what compression takes

-- What saves added to the lists of runs: a list is its field's value and then these, in order.
CREATE TABLE run_added (
    run_id bigint NOT NULL,
    n bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, n)
);

-- One row an attempt of a state, in order.
CREATE TABLE run_step (
    run_id bigint NOT NULL,
    n bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, n)
);

-- Who runs what. A row stands while a lease is held; `token` fences off earlier holders.
CREATE TABLE lease (
    run_key text COLLATE "C" PRIMARY KEY,
    token bigint NOT NULL,
    holder text NOT NULL,
    expires_at double precision NOT NULL    -- seconds since 1970, by the clock of this server
) WITH (fillfactor = 50);

-- Runs that another run of their key has replaced, oldest first by id.
CREATE TABLE earlier_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_key text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    ended_at double precision NOT NULL,     -- seconds since 1970
    head bytea NOT NULL,
    body bytea NOT NULL                     -- its fields and its step log, compressed
);
ALTER TABLE earlier_run ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE INDEX earlier_run_by_key ON earlier_run (run_key, ended_at);
