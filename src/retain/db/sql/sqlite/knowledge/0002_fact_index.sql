-- The index of the words of facts. Contentless: the texts stand in `statement` once. A row's id is
-- that of its section times 1,048,576, plus the fact's place there; `bank` holds one word made of
-- the bank's id, as in `section_index`.

CREATE VIRTUAL TABLE fact_index USING fts5 (
    bank,
    text,
    names,
    told_on,
    heading,
    content = '',
    tokenize = 'porter unicode61 remove_diacritics 2'
);

-- Sources whose facts are older than the index; they are indexed before it is next used.
CREATE TABLE unindexed (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, source_id)
) WITHOUT ROWID;

INSERT INTO unindexed SELECT DISTINCT bank_id, source_id FROM statement WHERE merged IS NULL;
