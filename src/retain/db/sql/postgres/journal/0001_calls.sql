-- Texts compare by their code points (COLLATE "C"), whatever the database's own order is.

-- The ledger: one row a request that went to a model's server.
CREATE TABLE journal_call (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank_id text COLLATE "C" NOT NULL,
    source_id text COLLATE "C" NOT NULL,    -- whose run asked; empty where none did, or it is forgotten
    state text COLLATE "C" NOT NULL,
    run text COLLATE "C" NOT NULL,          -- when that run was made; ISO 8601, UTC; empty: not known
    purpose text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,          -- of the request; empty where words of it are forgotten
    at text COLLATE "C" NOT NULL,           -- ISO 8601, UTC
    latency_ms double precision NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost double precision,                  -- in US dollars; NULL: the price is not known
    error text                              -- NULL: there is an answer; empty: the reason is forgotten
);
CREATE INDEX journal_call_by_source ON journal_call (bank_id, source_id);
CREATE INDEX journal_call_by_key ON journal_call (bank_id, key);

-- What was answered, by the key of the request.
CREATE TABLE journal_answer (
    bank_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    call_id bigint NOT NULL,                -- the id of a call, which is never deleted
    body bytea NOT NULL,
    packed smallint NOT NULL,               -- 1: the body is compressed by zlib
    checksum bytea NOT NULL,                -- SHA-256 of the body as it stands here
    at text COLLATE "C" NOT NULL,           -- ISO 8601, UTC
    rejected text,                          -- why it cannot be used; NULL: it can
    PRIMARY KEY (bank_id, key)
);
ALTER TABLE journal_answer ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX journal_answer_by_call ON journal_answer (call_id);
CREATE INDEX journal_answer_by_time ON journal_answer (at);

-- The sources whose words a request holds.
CREATE TABLE journal_use (
    bank_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    source_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (bank_id, key, source_id)
);
CREATE INDEX journal_use_by_source ON journal_use (bank_id, source_id);

-- When sources were forgotten, while requests with their words may be under way.
CREATE TABLE journal_forgotten (
    source text PRIMARY KEY,                -- SHA-256 of the bank's id and the source's
    at text COLLATE "C" NOT NULL            -- ISO 8601, UTC
);

-- Requests that some process is sending; the others wait for its answer. A claim is a row that its
-- process renews, and no lock of a session: a connection may be lost, or belong to a PgBouncer,
-- while the request that was paid for is still answered.
CREATE TABLE journal_claim (
    bank_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,          -- of the request
    token text COLLATE "C" NOT NULL,        -- the same for all keys that were claimed together
    holder text NOT NULL,                   -- the process that sends, as JSON
    expires_at double precision NOT NULL,   -- seconds since 1970, by the clock of this server
    PRIMARY KEY (bank_id, key)
);
CREATE INDEX journal_claim_by_token ON journal_claim (token);
CREATE INDEX journal_claim_by_end ON journal_claim (expires_at);

-- Holds a row while deleted rows wait for VACUUM.
CREATE TABLE journal_vacuum_due (
    one integer PRIMARY KEY
);
