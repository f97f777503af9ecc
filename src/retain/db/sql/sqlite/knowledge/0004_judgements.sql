-- What a model decided where rules leave it open: whether two names mean the same, and whether a
-- fact replaces an older one. A row goes with any of its names or facts.

CREATE TABLE judgement (
    bank_id TEXT NOT NULL,
    name TEXT NOT NULL,             -- the one that sorts first
    other TEXT NOT NULL,
    verdict TEXT NOT NULL,          -- same, different or unsure
    PRIMARY KEY (bank_id, name, other)
) WITHOUT ROWID;

CREATE TABLE verdict (
    bank_id TEXT NOT NULL,
    older TEXT NOT NULL,
    newer TEXT NOT NULL,
    verdict TEXT NOT NULL,          -- replaces, both hold or unsure
    PRIMARY KEY (bank_id, older, newer)
) WITHOUT ROWID;
