-- Statements over lives of facts, edges, pages and the log. Every one looks at one bank.

-- name: cited
-- The facts of a bank, or of one source, in the order of their sources, each with its line. Here and
-- below, a source that is NULL stands for all; a range of ids is found through the primary key.
SELECT
    stated.*,
    CASE
        WHEN section.steps IS NOT NULL THEN section.line_start
        ELSE section.line_start + length(substr(section.text, 1, stated.char_start))
            - length(replace(substr(section.text, 1, stated.char_start), char(10), ''))
    END AS line,
    (
        SELECT max(edge.newer) FROM edge
        WHERE edge.bank = stated.bank AND edge.old = stated.fact
    ) AS superseded_by
FROM stated CROSS JOIN section ON section.id = stated.section
WHERE stated.bank_id = :bank_id AND merged IS NULL AND stated.source_id BETWEEN coalesce(:source_id, '') AND coalesce(:source_id, char(1114111))
ORDER BY stated.source_id, stated.ordinal, n

-- name: named
-- The names in each section.
SELECT DISTINCT source_id, section_id, name
FROM section JOIN mentioned ON mentioned.section = section.id
WHERE bank_id = :bank_id

-- name: bank_passages
-- The sections of a bank, as topics are made of them.
SELECT id, source_id, section_id, path, text FROM section
WHERE bank_id = :bank_id ORDER BY source_id, ordinal, section_id

-- name: bank_vectors
-- Of each section, the vector of the whole.
SELECT vector.id, substr(vector.vector, 1, length(vector.vector) / vector.passages)
FROM vector JOIN bank ON bank.bank_id = vector.bank_id AND bank.model = vector.model
WHERE vector.bank_id = :bank_id

-- name: put_version
INSERT OR REPLACE INTO source_version VALUES (
    :bank_id, :source_id, :version, :retained_at, :sections
)

-- name: versions
SELECT source_id, version, retained_at, sections FROM source_version
WHERE bank_id = :bank_id AND source_id BETWEEN coalesce(:source_id, '') AND coalesce(:source_id, char(1114111))
ORDER BY retained_at, source_id, version

-- name: lives
SELECT source_id, fact_id, since FROM fact_life
WHERE bank_id = :bank_id AND source_id BETWEEN coalesce(:source_id, '') AND coalesce(:source_id, char(1114111))

-- name: put_life
INSERT OR REPLACE INTO fact_life VALUES (:bank_id, :source_id, :fact_id, :since)

-- name: end_life
DELETE FROM fact_life
WHERE bank_id = :bank_id AND source_id = :source_id AND fact_id = :fact_id

-- name: put_past
INSERT INTO past (bank_id, source_id, until, facts)
VALUES (:bank_id, :source_id, :until, :facts)
ON CONFLICT DO UPDATE SET facts = excluded.facts

-- name: past
SELECT source_id, until, facts FROM past
WHERE bank_id = :bank_id AND source_id BETWEEN coalesce(:source_id, '') AND coalesce(:source_id, char(1114111))
ORDER BY source_id, until

-- name: life
SELECT since FROM fact_life
WHERE bank_id = :bank_id AND source_id = :source_id AND fact_id = :fact_id

-- name: put_past_name
INSERT INTO past_named (bank_id, source_id, until, name)
VALUES (:bank_id, :source_id, :until, :name)

-- name: past_naming
SELECT DISTINCT source_id, until, facts
FROM json_each(:names) AS wanted
CROSS JOIN term ON
    term.bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND term.text = wanted.value
CROSS JOIN past_name ON past_name.name = term.id
CROSS JOIN past ON past.id = past_name.past
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
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) ORDER BY newer, older

-- name: replaced
-- The facts of some sections that others supersede.
SELECT
    wanted.value AS id, source_id, section_id, fact_id, char_start, char_end, edge.newer, edge.since
FROM json_each(:ids) AS wanted
CROSS JOIN stated ON
    stated.section = wanted.value AND +stated.bank_id = :bank_id AND merged IS NULL
CROSS JOIN edge ON edge.bank = stated.bank AND edge.old = stated.fact
ORDER BY source_id, section_id, n, edge.newer

-- name: put_edge
INSERT OR REPLACE INTO edge (bank, old, new, reason, said, ruled)
SELECT
    id, packed_id(:older), packed_id(:newer), :reason,
    CASE
        WHEN :since LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', :since) AS INTEGER) / 86400
        ELSE :since
    END,
    :ruled
FROM bank WHERE bank_id = :bank_id

-- name: leads
SELECT page_id, title, digest, sentences FROM lead WHERE bank_id = :bank_id ORDER BY page_id

-- name: lead_facts
SELECT page_id, fact_id FROM lead_fact WHERE bank_id = :bank_id ORDER BY page_id, fact_id

-- name: put_lead
INSERT OR REPLACE INTO lead VALUES (:bank_id, :page_id, :title, :digest, :sentences)

-- name: put_lead_fact
INSERT OR IGNORE INTO lead_fact VALUES (:bank_id, :page_id, :fact_id)

-- name: drop_lead
DELETE FROM lead WHERE bank_id = :bank_id AND page_id = :page_id

-- name: drop_lead_facts
DELETE FROM lead_fact WHERE bank_id = :bank_id AND page_id = :page_id

-- name: mark_for_vacuum
INSERT OR IGNORE INTO unfolded VALUES (1)

-- name: is_vacuum_due
SELECT 1 FROM unfolded

-- name: vacuumed
DELETE FROM unfolded

-- name: redactions
SELECT source_id, length, rolling, digest FROM buried
WHERE bank_id = :bank_id AND source_id BETWEEN coalesce(:source_id, '') AND coalesce(:source_id, char(1114111))
ORDER BY source_id, digest

-- name: redact
INSERT OR IGNORE INTO buried VALUES (:bank_id, :source_id, :digest, :rolling, :length)

-- name: forget_redactions
DELETE FROM buried WHERE bank_id = :bank_id AND source_id = :source_id

-- name: lost_facts
-- Facts whose section is gone, and with it the name of their source.
SELECT NULL AS source_id, fact_id, coalesce(text, otherwise, fact_id) FROM statement
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND NOT EXISTS (SELECT 1 FROM section WHERE section.id = statement.section)
ORDER BY section, n

-- name: misquoted_facts
-- Facts whose quote does not stand where they say.
SELECT source_id, fact_id, coalesce(statement.text, otherwise), section.line_start
FROM section JOIN statement ON statement.section = section.id
WHERE bank_id = :bank_id
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
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND 2 > (
    SELECT count(DISTINCT fact) FROM statement INDEXED BY statement_by_fact
    WHERE statement.bank = edge.bank AND fact IN (edge.old, edge.new)
)
ORDER BY newer, older

-- name: lost_names
-- Names in sections that are gone, and with them the names of their sources.
SELECT NULL AS source_id, name FROM mentioned
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND NOT EXISTS (SELECT 1 FROM section WHERE section.id = mentioned.section)
ORDER BY name

-- name: drop_lost_names
DELETE FROM mention
WHERE name IN (SELECT id FROM term WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id))
AND NOT EXISTS (SELECT 1 FROM section WHERE section.id = mention.section)

-- name: idle_corrections
-- What users decided of names that no source writes any more.
SELECT kind, name, other FROM correction
WHERE bank_id = :bank_id AND 2 > (
    SELECT count(DISTINCT mentioned.name) FROM mentioned
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
    AND mentioned.name IN (correction.name, correction.other)
)
ORDER BY name, other

-- name: drop_correction
DELETE FROM correction WHERE bank_id = :bank_id AND name = :name AND other = :other

-- name: unindexed_sections
SELECT source_id, count(*) FROM section
WHERE bank_id = :bank_id AND id << 1 NOT IN (SELECT id FROM word_row)
GROUP BY source_id ORDER BY source_id
