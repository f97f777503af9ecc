-- The first paragraphs of pages, as a model wrote them.
CREATE TABLE lead (
    bank_id TEXT NOT NULL,
    page_id TEXT NOT NULL,
    title TEXT NOT NULL,
    digest TEXT NOT NULL,           -- SHA-256 of what it is made from
    sentences TEXT NOT NULL,        -- JSON array: each with the ids of the facts that it cites
    PRIMARY KEY (bank_id, page_id)
) WITHOUT ROWID;

-- The facts that a lead is made from, cited or not: it goes with any of them.
CREATE TABLE lead_fact (
    bank_id TEXT NOT NULL,
    page_id TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, page_id, fact_id)
) WITHOUT ROWID;
