-- What a bank is taken out with. Columns have the names of a record's fields, and keys decide the
-- order, so that equal banks give equal records.

-- name: filled
-- Whether a bank holds anything.
SELECT EXISTS (SELECT 1 FROM source WHERE bank_id = :bank_id)
    OR EXISTS (SELECT 1 FROM correction WHERE bank_id = :bank_id)

-- name: dump_sources
SELECT
    source_id, version, content_hash, title, meta, characters, sections, retained_at, reference_date
FROM source WHERE bank_id = :bank_id ORDER BY source_id

-- name: dump_corrections
SELECT kind, name, other FROM correction WHERE bank_id = :bank_id ORDER BY name, other

-- name: dump_sections
SELECT
    source_id, section_id, ordinal, kind, level, path, char_start AS start, char_end AS "end",
    line_start, line_end, speaker, said_at, text, coalesce(steps, ''::bytea) AS steps, came_in
FROM section WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY ordinal, section_id

-- name: dump_statements
SELECT
    source_id, section_id, n, fact_id, merged, type, text, quote, char_start AS start,
    char_end AS "end", entities, subject, slot, value, mentioned_at, occurred_start, occurred_end,
    confidence, named
FROM stated WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY section_id, n

-- name: dump_mentions
SELECT
    source_id, section_id, mention.char_start AS start, mention.char_end AS "end", name,
    mention.kind
FROM section JOIN mention ON mention.section = section.id
WHERE section.bank_id = :bank_id AND source_id = :source_id
ORDER BY section_id, mention.char_start, mention.char_end

-- name: dump_outcomes
SELECT source_id, section_id, extractor, outcome.said_at, outcome.kind, facts, detail
FROM outcome JOIN section ON section.id = outcome.section
WHERE section.bank_id = :bank_id AND source_id = :source_id ORDER BY section_id

-- name: dump_vectors
SELECT section.source_id, section.section_id, vector.model, vector.vector, vector.passages
FROM section JOIN vector ON vector.bank_id = section.bank_id AND vector.id = section.id
WHERE section.bank_id = :bank_id AND section.source_id = :source_id
ORDER BY section.section_id, vector.model

-- name: dump_versions
SELECT source_id, version, retained_at, sections FROM source_version
WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY version

-- name: dump_lives
SELECT source_id, fact_id, since FROM fact_life
WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY fact_id

-- name: dump_redactions
SELECT source_id, digest, length, rolling FROM buried
WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY digest
