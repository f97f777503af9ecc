-- The index of the words of sections and of facts: for each block of a bank's rows, where each word
-- stands in them. A block is bounded, so that adding and removing a row costs the same in every bank,
-- and what is removed leaves no word behind. Which block a row is in changes no result.

DROP TABLE section_index;

CREATE TABLE word_block (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    kind TEXT NOT NULL,             -- section or fact
    slots INTEGER NOT NULL,
    used INTEGER NOT NULL,          -- how many of its slots hold a row
    rows BLOB NOT NULL,             -- of each slot, the row's id in 64 bits, little-endian; 0: free
    sizes BLOB NOT NULL             -- of each slot, how many words the row has, in 32 bits
);
CREATE INDEX word_block_by_bank ON word_block (bank_id, kind, slots, used);

CREATE TABLE word (
    block INTEGER NOT NULL,
    word TEXT NOT NULL,
    entries BLOB NOT NULL,          -- of each time 16 bits, little-endian: slot << 4 | field
    PRIMARY KEY (block, word)
) WITHOUT ROWID;

CREATE TABLE word_row (
    id INTEGER PRIMARY KEY,         -- the row's id << 1, plus 1 for a fact
    block INTEGER NOT NULL
);

-- Sources that are older than the index; they are indexed before it is next used.
CREATE TABLE unindexed_source (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, source_id)
) WITHOUT ROWID;

INSERT INTO unindexed_source SELECT bank_id, source_id FROM source;
