-- Limits that all processes of a fleet share, and how far they are used up.

-- One row a model. `requests_at` and `tokens_at` say when the next request may go, in seconds since
-- 1970 by the clock of this server: each request moves them on (the generic cell rate algorithm).
CREATE TABLE model_limit (
    model text COLLATE "C" PRIMARY KEY,
    requests bigint,                        -- a minute; NULL: any number
    tokens bigint,
    requests_at double precision NOT NULL DEFAULT 0,
    tokens_at double precision NOT NULL DEFAULT 0
);

-- What model calls of a bank may cost, and of all banks, whose id is empty.
CREATE TABLE spend_limit (
    bank_id text COLLATE "C" PRIMARY KEY,
    max_cost double precision NOT NULL,     -- US dollars
    cost double precision NOT NULL DEFAULT 0
);
