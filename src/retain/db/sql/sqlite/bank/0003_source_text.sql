-- The text of each source's visible version, in the parts in which it came; a completed run is kept
-- without it.
CREATE TABLE source_text (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    n INTEGER NOT NULL,             -- the place of the part
    body BLOB NOT NULL,             -- UTF-8, compressed by zlib
    PRIMARY KEY (bank_id, source_id, n)
) WITHOUT ROWID;

-- When a source's text was written, where that was said as it came in; ISO 8601.
ALTER TABLE source ADD COLUMN reference_date TEXT;

-- The end of a source is read where something is added to it.
CREATE INDEX section_in_order ON section (bank_id, source_id, ordinal);
