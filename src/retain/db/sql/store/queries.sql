-- What the SQLite store asks of its tables. Every statement that reads or changes content names
-- the bank.

-- name: source
-- One source.
SELECT bank_id, source_id, version, content_hash, title, meta, characters, sections, retained_at
FROM source
WHERE bank_id = :bank_id AND source_id = :source_id;

-- name: sources
-- Every source of a bank, by id.
SELECT bank_id, source_id, version, content_hash, title, meta, characters, sections, retained_at
FROM source
WHERE bank_id = :bank_id
ORDER BY source_id;

-- name: put_source
-- Make a version of a source the visible one.
INSERT INTO source (
    bank_id, source_id, version, content_hash, title, meta, characters, sections, retained_at
) VALUES (
    :bank_id, :source_id, :version, :content_hash, :title, :meta, :characters, :sections,
    :retained_at
)
ON CONFLICT (bank_id, source_id) DO UPDATE SET
    version = excluded.version,
    content_hash = excluded.content_hash,
    title = excluded.title,
    meta = excluded.meta,
    characters = excluded.characters,
    sections = excluded.sections,
    retained_at = excluded.retained_at;

-- name: delete_source
-- Remove a source; its sections have to be gone.
DELETE FROM source WHERE bank_id = :bank_id AND source_id = :source_id;

-- name: sections
-- The sections of a source, in its order.
SELECT
    id, source_id, section_id, ordinal, kind, level, path, char_start, char_end, line_start,
    line_end, speaker, said_at, text
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY ordinal, section_id;

-- name: last_section
-- The highest id in use; the ids of new sections follow it.
SELECT coalesce(max(id), 0) FROM section;

-- name: insert_section
-- Add a section.
INSERT INTO section (
    id, bank_id, source_id, section_id, ordinal, kind, level, path, char_start, char_end,
    line_start, line_end, speaker, said_at, text
) VALUES (
    :id, :bank_id, :source_id, :section_id, :ordinal, :kind, :level, :path, :char_start, :char_end,
    :line_start, :line_end, :speaker, :said_at, :text
);

-- name: move_section
-- Give a section whose words stayed the same its place in the new version.
UPDATE section SET
    ordinal = :ordinal,
    kind = :kind,
    level = :level,
    char_start = :char_start,
    char_end = :char_end,
    line_start = :line_start,
    line_end = :line_end
WHERE id = :id AND bank_id = :bank_id;

-- name: delete_section
-- Remove a section; its words have to be taken out of the index as well.
DELETE FROM section WHERE id = :id AND bank_id = :bank_id;

-- name: index_section
-- Add a section's words to the index.
INSERT INTO section_index (rowid, bank, speaker, heading, said_on, title, text)
VALUES (:id, :bank, :speaker, :heading, :said_on, :title, :text);

-- name: unindex_section
-- Take a section's words out of the index; they must be the ones that were put in.
INSERT INTO section_index (section_index, rowid, bank, speaker, heading, said_on, title, text)
VALUES ('delete', :id, :bank, :speaker, :heading, :said_on, :title, :text);

-- name: purge_index
-- Rewrite the index without the words of removed sections, which it keeps, marked as removed, until
-- it next merges its segments. FTS5's `secure-delete` would do it row by row, but a file that was
-- written with it cannot be read by SQLite before 3.42.
INSERT INTO section_index (section_index) VALUES ('optimize');

-- name: search_sections
-- The best sections for an expression, then by source and place. Only those are read whole.
WITH best (id, score) AS (
    SELECT
        section.id,
        -bm25(
            section_index, :bank, :speaker, :heading, :said_on, :title, :text
        ) AS score
    FROM section_index
    JOIN section ON section.id = section_index.rowid
    WHERE section_index MATCH :expression AND section.bank_id = :bank_id
    ORDER BY score DESC, section.source_id, section.ordinal, section.section_id
    LIMIT :limit
)
SELECT
    section.id, source_id, section_id, ordinal, kind, level, path, char_start, char_end,
    line_start, line_end, speaker, said_at, text, best.score
FROM best
JOIN section ON section.id = best.id
WHERE section.bank_id = :bank_id
ORDER BY best.score DESC, source_id, ordinal, section_id;

-- name: counts
-- How many sources and sections a bank holds.
SELECT count(*), coalesce(sum(sections), 0) FROM source WHERE bank_id = :bank_id;

-- name: banks
-- The banks that hold anything.
SELECT DISTINCT bank_id FROM source ORDER BY bank_id;
