-- What is derived from a bank's sources, so that a write derives again only what it touches.

-- Banks whose derived data is older than these tables; it is derived again before they are used.
CREATE TABLE rebuild_due (
    bank_id TEXT PRIMARY KEY
) WITHOUT ROWID;

INSERT INTO rebuild_due SELECT DISTINCT bank_id FROM source;

-- Every way in which a bank's sources write a name, by the form that ways of writing it share.
CREATE TABLE name (
    bank_id TEXT NOT NULL,
    folded TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    times INTEGER NOT NULL,         -- how many mentions it has
    PRIMARY KEY (bank_id, folded, name, kind)
) WITHOUT ROWID;

-- The keys that names which may mean the same share.
CREATE TABLE name_key (
    bank_id TEXT NOT NULL,
    key INTEGER NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (bank_id, key, folded)
) WITHOUT ROWID;

-- Who and what a bank's names stand for.
CREATE TABLE entity (
    bank_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    name TEXT NOT NULL,             -- the canonical one
    kind TEXT NOT NULL,
    aliases TEXT NOT NULL,          -- JSON array, sorted
    reasons TEXT NOT NULL,          -- JSON array
    times INTEGER NOT NULL,         -- how many mentions its aliases have
    facts INTEGER NOT NULL,         -- how many facts name it
    slotted INTEGER NOT NULL,       -- how many of these fill a slot
    page_id TEXT,                   -- NULL where it has no page
    PRIMARY KEY (bank_id, entity_id)
) WITHOUT ROWID;

CREATE INDEX entity_by_times ON entity (bank_id, times DESC, name, entity_id);
CREATE INDEX entity_by_facts ON entity (bank_id, kind, facts DESC, name, entity_id)
WHERE page_id IS NOT NULL;
CREATE INDEX entity_by_name ON entity (bank_id, name);
CREATE INDEX entity_by_page ON entity (bank_id, page_id) WHERE page_id IS NOT NULL;

CREATE TABLE entity_alias (
    bank_id TEXT NOT NULL,
    folded TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, folded, entity_id)
) WITHOUT ROWID;

-- The names that each fact gives, without case: the newest facts of a name come first.
CREATE TABLE fact_name (
    bank_id TEXT NOT NULL,
    name TEXT NOT NULL,
    slotted INTEGER NOT NULL,       -- whether the fact fills a slot
    age REAL NOT NULL,              -- seconds before 1970 of the time it is of; infinity for none
    fact_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, name, slotted, age, fact_id)
) WITHOUT ROWID;

-- The names that facts of earlier versions gave, without case.
CREATE TABLE past_name (
    bank_id TEXT NOT NULL,
    name TEXT NOT NULL,
    source_id TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (bank_id, name, source_id, fact_id, since)
) WITHOUT ROWID;

CREATE INDEX past_name_of_source ON past_name (bank_id, source_id, fact_id);

-- What each fact claims; offsets count from the start of its section. `until` is the time and the
-- source of the fact that supersedes it by rules; infinity while none does.
CREATE TABLE claim (
    bank_id TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    section_id TEXT NOT NULL,
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    series TEXT NOT NULL,           -- names the claims that it is compared with
    said REAL NOT NULL,             -- seconds since 1970, like the other times
    reach REAL NOT NULL,
    since REAL NOT NULL,
    changed REAL,
    corrects INTEGER NOT NULL,
    value TEXT NOT NULL,
    detail TEXT NOT NULL,
    assistant INTEGER NOT NULL,
    until_said REAL NOT NULL,
    until_source TEXT NOT NULL,
    PRIMARY KEY (bank_id, fact_id, n)
) WITHOUT ROWID;

CREATE INDEX claim_by_time ON claim (bank_id, series, said, source_id);
CREATE INDEX claim_by_end ON claim (bank_id, series, until_said);

-- Facts that say of something that it is called off or no longer so, by a word that this has.
CREATE TABLE undoing (
    bank_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    word TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, subject, word, fact_id)
) WITHOUT ROWID;

-- What superseding reads in each fact beside its claims.
CREATE TABLE fact_reading (
    bank_id TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    subject TEXT,                   -- comparable: the canonical name without case and article
    undoes TEXT,                    -- JSON: the subject and the word of its row in `undoing`
    lookups TEXT NOT NULL,          -- JSON array: the names that were looked up
    PRIMARY KEY (bank_id, fact_id)
) WITHOUT ROWID;

CREATE INDEX fact_by_subject ON fact_reading (bank_id, subject) WHERE subject IS NOT NULL;

CREATE TABLE fact_lookup (
    bank_id TEXT NOT NULL,
    name TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, name, fact_id)
) WITHOUT ROWID;

-- Whether rules see what an edge says, or only a model does.
ALTER TABLE edge ADD COLUMN ruled INTEGER NOT NULL DEFAULT 1;

CREATE INDEX edge_by_newer ON edge (bank_id, newer);
CREATE INDEX verdict_by_newer ON verdict (bank_id, newer);

-- Pairs of names that a user or a model decided on, by the folded form of each name.
CREATE TABLE decided_pair (
    bank_id TEXT NOT NULL,
    folded TEXT NOT NULL,
    name TEXT NOT NULL,
    other TEXT NOT NULL,
    PRIMARY KEY (bank_id, folded, name, other)
) WITHOUT ROWID;

CREATE INDEX lead_of_fact ON lead_fact (bank_id, fact_id);
CREATE INDEX lead_by_title ON lead (bank_id, title);

-- Topics keep their ids from one clustering to the next.
CREATE TABLE topic (
    bank_id TEXT NOT NULL,
    topic_id TEXT NOT NULL,
    title TEXT NOT NULL,
    terms TEXT NOT NULL,            -- JSON array, the most telling first
    sections INTEGER NOT NULL,
    sources INTEGER NOT NULL,
    PRIMARY KEY (bank_id, topic_id)
) WITHOUT ROWID;

CREATE TABLE topic_section (
    bank_id TEXT NOT NULL,
    topic_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    section_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, topic_id, source_id, section_id)
) WITHOUT ROWID;

CREATE INDEX topic_of_section ON topic_section (bank_id, source_id, section_id);

-- Pages that say something else by now, and leads that may have to: `kind` is entity, topic or
-- lead, and `owner` the id of an entity or a topic.
CREATE TABLE dirty_page (
    bank_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    version INTEGER NOT NULL,       -- the bank's when it was marked last
    PRIMARY KEY (bank_id, kind, owner)
) WITHOUT ROWID;

-- How much a bank holds, kept so that nobody counts it.
CREATE TABLE total (
    bank_id TEXT NOT NULL,
    what TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (bank_id, what)
) WITHOUT ROWID;

ALTER TABLE source ADD COLUMN facts INTEGER NOT NULL DEFAULT 0;
CREATE INDEX source_by_facts ON source (bank_id, facts DESC, source_id);
CREATE INDEX mention_by_name ON mention (bank_id, name, source_id);

-- Pages are rendered when they are read; `owner` is the id of the entity or the topic.
DROP TABLE view;
DELETE FROM page;
ALTER TABLE page ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX page_of_owner ON page (bank_id, kind, owner);

-- The log is read from versions, facts and edges.
DROP TABLE log_entry;
