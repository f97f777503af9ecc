-- Statements over lives of facts, edges, pages and the log. Every one looks at one bank.

-- name: cited
-- The facts of a bank, or of one source, in the order of their sources, each with its line. Here and
-- below, a source that is NULL stands for all; a range of ids is found through the primary key.
SELECT
    stated.*,
    CASE
        WHEN section.steps IS NOT NULL THEN section.line_start
        ELSE section.line_start + length(substr(section.text, 1, stated.char_start))
            - length(replace(substr(section.text, 1, stated.char_start), chr(10), ''))
    END AS line,
    (
        SELECT max(edge.newer) FROM edge
        WHERE edge.bank_id = stated.bank_id AND edge.older = stated.fact_id
    ) AS superseded_by
FROM stated JOIN section ON section.id = stated.section
WHERE stated.bank_id = :bank_id AND merged IS NULL
AND stated.source_id BETWEEN coalesce(:source_id::text, '') AND coalesce(:source_id::text, chr(1114111))
ORDER BY stated.source_id, stated.ordinal, n

-- name: named
-- The names in each section.
SELECT DISTINCT source_id, section_id, name
FROM section JOIN mention ON mention.section = section.id
WHERE section.bank_id = :bank_id
ORDER BY source_id, section_id, name

-- name: bank_passages
-- The sections of a bank, as topics are made of them.
SELECT id, source_id, section_id, path, text FROM section
WHERE bank_id = :bank_id ORDER BY source_id, ordinal, section_id

-- name: bank_vectors
-- Of each section, the vector of the whole.
SELECT vector.id, substr(vector.vector, 1, octet_length(vector.vector) / vector.passages)
FROM vector JOIN bank ON bank.bank_id = vector.bank_id AND bank.model = vector.model
WHERE vector.bank_id = :bank_id
ORDER BY vector.id

-- name: put_version
INSERT INTO source_version (bank_id, source_id, version, retained_at, sections)
VALUES (:bank_id, :source_id, :version, :retained_at, :sections)
ON CONFLICT (bank_id, source_id, version) DO UPDATE SET
    retained_at = excluded.retained_at,
    sections = excluded.sections

-- name: versions
SELECT source_id, version, retained_at, sections FROM source_version
WHERE bank_id = :bank_id
AND source_id BETWEEN coalesce(:source_id::text, '') AND coalesce(:source_id::text, chr(1114111))
ORDER BY retained_at, source_id, version

-- name: lives
SELECT source_id, fact_id, since FROM fact_life
WHERE bank_id = :bank_id
AND source_id BETWEEN coalesce(:source_id::text, '') AND coalesce(:source_id::text, chr(1114111))

-- name: put_life
INSERT INTO fact_life (bank_id, source_id, fact_id, since)
VALUES (:bank_id, :source_id, :fact_id, :since)
ON CONFLICT (bank_id, source_id, fact_id) DO UPDATE SET since = excluded.since

-- name: end_life
DELETE FROM fact_life
WHERE bank_id = :bank_id AND source_id = :source_id AND fact_id = :fact_id

-- name: put_past
INSERT INTO past (bank_id, source_id, until, facts)
VALUES (:bank_id, :source_id, :until, :facts)
ON CONFLICT (bank_id, source_id, until) DO UPDATE SET facts = excluded.facts

-- name: past
SELECT source_id, until, facts FROM past
WHERE bank_id = :bank_id
AND source_id BETWEEN coalesce(:source_id::text, '') AND coalesce(:source_id::text, chr(1114111))
ORDER BY source_id, until

-- name: life
SELECT since FROM fact_life
WHERE bank_id = :bank_id AND source_id = :source_id AND fact_id = :fact_id

-- name: put_past_name
INSERT INTO past_name (bank_id, name, past)
SELECT bank_id, :name, id FROM past
WHERE bank_id = :bank_id AND source_id = :source_id AND until = :until
ON CONFLICT DO NOTHING

-- name: past_naming
SELECT source_id, until, facts FROM past
WHERE bank_id IS NOT DISTINCT FROM :bank_id AND id = ANY(ARRAY(
    SELECT past FROM past_name WHERE bank_id = :bank_id AND name = ANY(:names::text[])
))
ORDER BY source_id, until

-- name: forget_past_names
DELETE FROM past_name
WHERE past IN (SELECT id FROM past WHERE bank_id = :bank_id AND source_id = :source_id)

-- name: forget_versions
DELETE FROM source_version WHERE bank_id = :bank_id AND source_id = :source_id

-- name: forget_lives
DELETE FROM fact_life WHERE bank_id = :bank_id AND source_id = :source_id

-- name: forget_past
DELETE FROM past WHERE bank_id = :bank_id AND source_id = :source_id

-- name: edges
SELECT newer, older, reason, since, ruled FROM edge
WHERE bank_id = :bank_id ORDER BY newer, older

-- name: replaced
-- The facts of some sections that others supersede.
SELECT
    section AS id, source_id, section_id, fact_id, char_start, char_end, edge.newer, edge.since
FROM stated
JOIN edge ON edge.bank_id = stated.bank AND edge.older = stated.fact_id
WHERE stated.section = ANY(:ids::bigint[]) AND stated.bank_id IS NOT DISTINCT FROM :bank_id
AND merged IS NULL
ORDER BY source_id, section_id, n, edge.newer

-- name: put_edge
INSERT INTO edge (bank_id, older, newer, reason, since, ruled)
SELECT :bank_id, older, newer, reason, since, ruled
FROM :rows (older text, newer text, reason text, since text, ruled bigint)
ON CONFLICT (bank_id, older, newer) DO UPDATE SET
    reason = excluded.reason,
    since = excluded.since,
    ruled = excluded.ruled

-- name: leads
SELECT page_id, title, digest, sentences FROM lead WHERE bank_id = :bank_id ORDER BY page_id

-- name: lead_facts
SELECT page_id, fact_id FROM lead_fact WHERE bank_id = :bank_id ORDER BY page_id, fact_id

-- name: put_lead
INSERT INTO lead (bank_id, page_id, title, digest, sentences)
VALUES (:bank_id, :page_id, :title, :digest, :sentences)
ON CONFLICT (bank_id, page_id) DO UPDATE SET
    title = excluded.title,
    digest = excluded.digest,
    sentences = excluded.sentences

-- name: put_lead_fact
INSERT INTO lead_fact VALUES (:bank_id, :page_id, :fact_id)
ON CONFLICT DO NOTHING

-- name: drop_lead
DELETE FROM lead WHERE bank_id = :bank_id AND page_id = :page_id

-- name: drop_lead_facts
DELETE FROM lead_fact WHERE bank_id = :bank_id AND page_id = :page_id

-- name: mark_for_vacuum
INSERT INTO vacuum_due VALUES (1)
ON CONFLICT DO NOTHING

-- name: is_vacuum_due
SELECT 1 FROM vacuum_due

-- name: vacuumed
DELETE FROM vacuum_due

-- name: redactions
SELECT source_id, length, rolling, digest FROM buried
WHERE bank_id = :bank_id
AND source_id BETWEEN coalesce(:source_id::text, '') AND coalesce(:source_id::text, chr(1114111))
ORDER BY source_id, digest

-- name: redact
INSERT INTO buried VALUES (:bank_id, :source_id, :digest, :rolling, :length)
ON CONFLICT DO NOTHING

-- name: forget_redactions
DELETE FROM buried WHERE bank_id = :bank_id AND source_id = :source_id

-- name: lost_facts
-- Facts whose section is gone, and with it the name of their source.
SELECT NULL::text AS source_id, fact_id, coalesce(text, otherwise, fact_id) FROM statement
WHERE bank_id = :bank_id
AND NOT EXISTS (SELECT 1 FROM section WHERE section.id = statement.section)
ORDER BY section, n

-- name: misquoted_facts
-- Facts whose quote does not stand where they say.
SELECT source_id, fact_id, coalesce(statement.text, otherwise), section.line_start
FROM section JOIN statement ON statement.section = section.id
WHERE section.bank_id = :bank_id
AND substr(section.text, statement.char_start + 1, length(otherwise)) <> otherwise
ORDER BY source_id, section.ordinal, n

-- name: unexplained_facts
-- Facts of sections that never ended.
SELECT source_id, fact_id, text FROM stated
WHERE bank_id = :bank_id
AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.section = stated.section)
ORDER BY source_id, section_id, n

-- name: lost_edges
SELECT newer, older, reason FROM edge
WHERE bank_id = :bank_id AND 2 > (
    SELECT count(DISTINCT fact_id) FROM statement
    WHERE statement.bank_id = edge.bank_id AND fact_id IN (edge.older, edge.newer)
)
ORDER BY newer, older

-- name: lost_names
-- Names in sections that are gone, and with them the names of their sources.
SELECT NULL::text AS source_id, name FROM mention
WHERE bank_id = :bank_id
AND NOT EXISTS (SELECT 1 FROM section WHERE section.id = mention.section)
ORDER BY name

-- name: drop_lost_names
DELETE FROM mention
WHERE bank_id = :bank_id
AND NOT EXISTS (SELECT 1 FROM section WHERE section.id = mention.section)

-- name: idle_corrections
-- What users decided of names that no source writes any more.
SELECT kind, name, other FROM correction
WHERE bank_id = :bank_id AND 2 > (
    SELECT count(DISTINCT mention.name) FROM mention
    WHERE mention.bank_id = :bank_id
    AND mention.name IN (correction.name, correction.other)
)
ORDER BY name, other

-- name: drop_correction
DELETE FROM correction WHERE bank_id = :bank_id AND name = :name AND other = :other

-- name: unindexed_sections
SELECT source_id, count(*) FROM section
WHERE bank_id = :bank_id
AND NOT EXISTS (SELECT 1 FROM word_row WHERE word_row.id = section.id << 1)
GROUP BY source_id ORDER BY source_id
