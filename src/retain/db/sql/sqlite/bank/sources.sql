-- What the SQLite store asks of its tables. Every statement that reads or changes content names
-- the bank.

-- name: clock
-- The time of this database.
SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now');

-- name: source
-- One source.
SELECT
    bank_id, source_id, version, content_hash, title, meta, characters, sections, retained_at,
    facts, reference_date
FROM source
WHERE bank_id = :bank_id AND source_id = :source_id;

-- name: sources
-- Every source of a bank, by id.
SELECT
    bank_id, source_id, version, content_hash, title, meta, characters, sections, retained_at,
    facts, reference_date
FROM source
WHERE bank_id = :bank_id
ORDER BY source_id;

-- name: sources_among
-- Those of some sources that a bank has.
SELECT
    bank_id, source_id, version, content_hash, title, meta, characters, sections, retained_at,
    facts, reference_date
FROM json_each(:ids) AS wanted
CROSS JOIN source ON bank_id = :bank_id AND source_id = wanted.value;

-- name: put_source
-- Make a version of a source the visible one.
INSERT INTO source (
    bank_id, source_id, version, content_hash, title, meta, characters, sections, retained_at,
    facts, reference_date
) VALUES (
    :bank_id, :source_id, :version, :content_hash, :title, :meta, :characters, :sections,
    :retained_at, :facts, :reference_date
)
ON CONFLICT (bank_id, source_id) DO UPDATE SET
    version = excluded.version,
    content_hash = excluded.content_hash,
    title = excluded.title,
    meta = excluded.meta,
    characters = excluded.characters,
    sections = excluded.sections,
    retained_at = excluded.retained_at,
    facts = excluded.facts,
    reference_date = excluded.reference_date;

-- name: delete_source
-- Remove a source; its sections have to be gone.
DELETE FROM source WHERE bank_id = :bank_id AND source_id = :source_id;

-- name: put_text
-- Keep the next part of a source's text.
INSERT INTO source_text
SELECT :bank_id, :source_id, coalesce(max(n), 0) + 1, :body
FROM source_text WHERE bank_id = :bank_id AND source_id = :source_id;

-- name: text
-- The parts of a source's text, in their order.
SELECT body FROM source_text WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY n;

-- name: first_text
-- The part of a source's text that came first.
SELECT body FROM source_text
WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY n LIMIT 1;

-- name: clear_text
-- Forget a source's text.
DELETE FROM source_text WHERE bank_id = :bank_id AND source_id = :source_id;

-- name: sections
-- The sections of a source, in its order.
SELECT
    id, source_id, section_id, ordinal, kind, level, path, char_start, char_end, line_start,
    line_end, speaker, said_at, text, steps, came_in
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY ordinal, section_id;

-- name: last_sections
-- The last sections of a source, the last one first.
SELECT
    id, source_id, section_id, ordinal, kind, level, path, char_start, char_end, line_start,
    line_end, speaker, said_at, text, steps, came_in
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY ordinal DESC
LIMIT :number;

-- name: section_ids
-- Those of some ids that sections of a source have, and their rows.
SELECT section_id, section.id
FROM json_each(:ids) AS wanted
CROSS JOIN section
    ON bank_id = :bank_id AND source_id = :source_id AND section_id = wanted.value;

-- name: insert_section
-- Add a section; the id of its row.
INSERT INTO section (
    bank_id, source_id, section_id, ordinal, kind, level, path, char_start, char_end,
    line_start, line_end, speaker, said_at, text, steps, came_in
) VALUES (
    :bank_id, :source_id, :section_id, :ordinal, :kind, :level, :path, :char_start, :char_end,
    :line_start, :line_end, :speaker, :said_at, :text, :steps, :came_in
)
RETURNING id;

-- name: update_section
-- Give a section what it has in the new version.
UPDATE section SET
    ordinal = :ordinal,
    kind = :kind,
    level = :level,
    path = :path,
    speaker = :speaker,
    said_at = :said_at,
    text = :text,
    steps = :steps,
    came_in = CASE WHEN :said_at IS NULL THEN coalesce(came_in, :came_in) END,
    char_start = :char_start,
    char_end = :char_end,
    line_start = :line_start,
    line_end = :line_end
WHERE id = :id AND bank_id = :bank_id;

-- name: delete_section
-- Remove a section; its words and vectors have to be taken out as well.
DELETE FROM section WHERE id = :id AND bank_id = :bank_id;

-- name: sections_at
-- Sections by their rows; the plus keeps the bank's index, and a walk through it, out of this.
SELECT
    id, source_id, section_id, ordinal, kind, level, path, char_start, char_end, line_start,
    line_end, speaker, said_at, text, steps, came_in
FROM section
WHERE id IN (SELECT value FROM json_each(:ids)) AND +bank_id = :bank_id;

-- name: sections_with
-- Sections that hold one of some texts; every section is read.
SELECT id FROM section
WHERE
    bank_id = :bank_id
    AND EXISTS (SELECT 1 FROM json_each(:texts) AS wanted WHERE instr(section.text, wanted.value))
LIMIT :limit;

-- name: section_row
-- The row of a section.
SELECT id FROM section
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id;

-- name: section_start
-- Where a section starts in its source.
SELECT char_start FROM section
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id;

-- name: section_rows
-- The rows of a source's sections, with the sections' ids.
SELECT id, section_id FROM section WHERE bank_id = :bank_id AND source_id = :source_id;

-- name: speakers
-- Who speaks in a bank: from each name the index is entered anew, behind all turns of that name.
WITH RECURSIVE one (speaker) AS (
    SELECT min(speaker) FROM section WHERE bank_id = :bank_id AND speaker IS NOT NULL
    UNION ALL
    SELECT (SELECT min(speaker) FROM section WHERE bank_id = :bank_id AND speaker > one.speaker)
    FROM one
    WHERE one.speaker IS NOT NULL
)
SELECT speaker FROM one WHERE speaker IS NOT NULL;

-- name: bank
-- What a bank's vectors are of, and its version.
SELECT model, version FROM bank WHERE bank_id = :bank_id;

-- name: put_bank
-- Give a bank its number; its first version is the one behind `first`.
INSERT OR IGNORE INTO bank (bank_id, version) VALUES (:bank_id, :first);

-- name: touch_bank
-- Give a bank its next version and, if it has none yet, a model.
INSERT INTO bank (bank_id, model, version) VALUES (:bank_id, :model, :first)
ON CONFLICT (bank_id) DO UPDATE SET
    model = coalesce(model, excluded.model),
    version = version + 1;

-- name: put_change
-- Note what the bank's version changed.
INSERT OR REPLACE INTO bank_change
SELECT bank_id, version, :rows FROM bank WHERE bank_id = :bank_id;

-- name: drop_old_changes
-- Forget what all but some versions changed.
DELETE FROM bank_change
WHERE bank_id = :bank_id
    AND version <= (SELECT version FROM bank WHERE bank_id = :bank_id) - :kept;

-- name: changes_since
-- What the versions after one changed.
SELECT rows FROM bank_change WHERE bank_id = :bank_id AND version > :version;

-- name: clear_changes
-- Forget what each version changed.
DELETE FROM bank_change WHERE bank_id = :bank_id;

-- name: section_rows_of_facts
-- The rows of the sections that state facts.
SELECT DISTINCT section
FROM json_each(:ids) AS wanted
CROSS JOIN statement INDEXED BY statement_by_fact
    ON statement.bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
        AND statement.fact = packed_id(wanted.value) AND merged IS NULL;

-- name: use_model
-- Search another model's vectors from here on.
UPDATE bank SET model = :model WHERE bank_id = :bank_id;

-- name: drop_bank
-- Forget a bank that has no source; a row if there was one.
DELETE FROM bank
WHERE bank_id = :bank_id AND NOT EXISTS (SELECT 1 FROM source WHERE bank_id = :bank_id)
RETURNING 1;

-- name: put_vector
-- Keep a section's vectors.
INSERT INTO vector (bank_id, id, model, passages, vector)
VALUES (:bank_id, :id, :model, :passages, :vector)
ON CONFLICT (bank_id, id, model) DO UPDATE SET
    passages = excluded.passages,
    vector = excluded.vector;

-- name: delete_vectors
-- Remove a section's vectors, of every model.
DELETE FROM vector WHERE bank_id = :bank_id AND id = :id;

-- name: delete_others
-- Remove the vectors that other models made.
DELETE FROM vector WHERE bank_id = :bank_id AND model <> :model;

-- name: vector_bytes
-- How long a vector of a bank is, in bytes; all of a model are of one length.
SELECT length(vector) / passages FROM vector WHERE bank_id = :bank_id AND model = :model LIMIT 1;

-- name: vectors
-- The vectors of a bank.
SELECT id, passages, vector FROM vector WHERE bank_id = :bank_id AND model = :model ORDER BY id;

-- name: vectors_at
-- The vectors of some of a bank's sections.
SELECT id, passages, vector FROM vector
WHERE bank_id = :bank_id AND id IN (SELECT value FROM json_each(:ids)) AND model = :model
ORDER BY id;

-- name: embedded
-- The sections of a source that have a vector.
SELECT section.section_id
FROM section
JOIN vector ON vector.bank_id = section.bank_id AND vector.id = section.id
WHERE section.bank_id = :bank_id AND section.source_id = :source_id AND vector.model = :model;

-- name: count_unembedded
-- How many sections of a bank have no vector.
SELECT count(*)
FROM section
WHERE section.bank_id = :bank_id AND NOT EXISTS (
    SELECT 1 FROM vector
    WHERE vector.bank_id = section.bank_id AND vector.id = section.id AND vector.model = :model
);

-- name: banks
-- The banks that hold anything; each is found behind all sources of the one before.
WITH RECURSIVE one (bank_id) AS (
    SELECT min(bank_id) FROM source
    UNION ALL
    SELECT (SELECT min(bank_id) FROM source WHERE bank_id > one.bank_id)
    FROM one
    WHERE one.bank_id IS NOT NULL
)
SELECT bank_id FROM one WHERE bank_id IS NOT NULL;

-- name: lease_token
-- The fencing token of the lease on a source's run.
SELECT token FROM lease WHERE run_key = :run_key;
