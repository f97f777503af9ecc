-- Statements over claims, and what they are read with to find what supersedes a fact. Places in a
-- source count from its start, so the start of the section is read beside them.

-- name: put_claim
INSERT INTO claimed (
    bank, fact, n, source_id, section, char_start, char_end, series, said, reach, since, changed,
    corrects, value, detail, assistant, until_said, until_source
)
SELECT
    (SELECT id FROM bank WHERE bank_id = :bank_id), packed_id(:fact_id), :n, :source_id,
    id, :char_start, :char_end, :series, :said, :reach, :since, :changed, :corrects, :value, :detail, :assistant, 9e999, ''
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id

-- name: put_reading
INSERT INTO fact_read (bank, fact, subject, undoes, lookups)
SELECT id, packed_id(:fact_id), :subject, :undoes, :lookups FROM bank WHERE bank_id = :bank_id

-- name: put_undoing
INSERT OR IGNORE INTO undoing VALUES (:bank_id, :subject, :word, :fact_id)

-- name: put_fact_lookup
INSERT INTO fact_looked_up (bank, name, fact)
SELECT id, :name, packed_id(:fact_id) FROM bank WHERE bank_id = :bank_id

-- name: drop_claims
DELETE FROM claim
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND fact = packed_id(:fact_id)

-- name: reading
SELECT undoes, lookups FROM fact_reading
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND fact = packed_id(:fact_id)

-- name: drop_reading
DELETE FROM fact_reading
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND fact = packed_id(:fact_id)

-- name: drop_undoing
DELETE FROM undoing
WHERE bank_id = :bank_id AND subject = :subject AND word = :word AND fact_id = :fact_id

-- name: drop_fact_lookup
DELETE FROM fact_lookup
WHERE name = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :name
)
AND fact = packed_id(:fact_id)

-- name: facts_looking_up
SELECT DISTINCT fact_id FROM fact_lookup
WHERE name IN (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
    AND text IN (SELECT value FROM json_each(:names))
)

-- name: stored_facts
-- Facts by their ids, each with its comparable subject.
SELECT stated.*, term.text AS comparable
FROM json_each(:ids) AS wanted
CROSS JOIN stated
    ON stated.bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
        AND stated.fact = packed_id(wanted.value) AND merged IS NULL
LEFT JOIN fact_reading
    ON fact_reading.bank = stated.bank AND fact_reading.fact = stated.fact
LEFT JOIN term ON term.id = fact_reading.subject

-- name: facts_of_subject
SELECT fact_id FROM fact_reading
WHERE subject = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :subject
)

-- name: claims_of_fact
SELECT
    fact_id, source_id, char_start, char_end, series, said, reach, since, changed, corrects, value,
    detail, assistant, base
FROM claimed
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND fact = packed_id(:fact_id) ORDER BY n

-- name: series_from
SELECT text FROM term
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text >= :first AND text < :last
AND EXISTS (SELECT 1 FROM claim WHERE series = term.id)

-- name: claims_together
SELECT
    claim.fact_id, claim.source_id, claim.char_start, claim.char_end, :series AS series, claim.said,
    claim.reach, claim.since, claim.changed, claim.corrects, claim.value, claim.detail,
    claim.assistant, section.char_start AS base
FROM claim INDEXED BY claim_by_time JOIN section ON section.id = claim.section
WHERE claim.series = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :series
)
AND said = :said AND claim.source_id = :source_id
AND (NOT :correcting OR corrects OR changed IS NOT NULL)

-- name: claims_later
SELECT
    claim.fact_id, claim.source_id, claim.char_start, claim.char_end, :series AS series, claim.said,
    claim.reach, claim.since, claim.changed, claim.corrects, claim.value, claim.detail,
    claim.assistant, section.char_start AS base
FROM claim INDEXED BY claim_by_time JOIN section ON section.id = claim.section
WHERE claim.series = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :series
)
AND said > :said AND reach > :since
AND (:assistant OR NOT assistant)
AND value || char(31) || detail NOT IN (SELECT value FROM json_each(:unlike))
ORDER BY said, claim.source_id, section.char_start + claim.char_start,
    section.char_start + claim.char_end, fact
LIMIT :limit

-- name: open_variants
SELECT DISTINCT value, detail
FROM claim INDEXED BY claim_by_end
WHERE series = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :series
)
AND until_said >= :said
AND (until_said > :said OR until_source >= :source_id)
AND said < :said AND since < :reach AND (NOT :assistant OR assistant)

-- name: open_claims
SELECT
    claim.fact_id, claim.source_id, claim.char_start, claim.char_end, :series AS series, claim.said,
    claim.reach, claim.since, claim.changed, claim.corrects, claim.value, claim.detail,
    claim.assistant, section.char_start AS base
FROM claim INDEXED BY claim_by_end JOIN section ON section.id = claim.section
WHERE claim.series = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :series
)
AND until_said >= :said
AND (until_said > :said OR until_source >= :source_id)
AND said < :said AND since < :reach AND (NOT :assistant OR assistant)
AND value || char(31) || detail IN (SELECT value FROM json_each(:variants))

-- name: is_undone
SELECT 1 FROM undoing WHERE bank_id = :bank_id AND subject = :subject LIMIT 1

-- name: undoing
SELECT fact_id FROM undoing
WHERE bank_id = :bank_id AND subject = :subject
AND word IN (SELECT value FROM json_each(:words))

-- name: verdicts_about
SELECT older, newer, verdict
FROM json_each(:ids) AS wanted
CROSS JOIN verdict ON bank_id = :bank_id AND older = wanted.value
UNION ALL
SELECT older, newer, verdict
FROM json_each(:ids) AS wanted
CROSS JOIN verdict INDEXED BY verdict_by_newer ON bank_id = :bank_id AND newer = wanted.value

-- name: superseded_by
SELECT older FROM edge INDEXED BY edge_by_newer
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND new IN (SELECT packed_id(value) FROM json_each(:ids))

-- name: ruled_successors
SELECT older, newer FROM edge
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND ruled AND old IN (SELECT packed_id(value) FROM json_each(:ids))

-- name: edges_of_facts
SELECT newer, older, reason
FROM json_each(:ids) AS wanted
CROSS JOIN edge ON bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND old = packed_id(wanted.value)
UNION ALL
SELECT newer, older, reason
FROM json_each(:ids) AS wanted
CROSS JOIN edge INDEXED BY edge_by_newer ON bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND new = packed_id(wanted.value)

-- name: drop_edges_of
DELETE FROM edge WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND old = packed_id(:older)

-- name: edge_of
SELECT newer, older, reason, since, ruled FROM edge
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND old = packed_id(:older)

-- name: end_claims
UPDATE claim SET until_said = :until_said, until_source = :until_source
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND fact = packed_id(:fact_id)

-- name: current_claims
-- The claims of facts that no rule sees superseded.
SELECT
    fact_id, source_id, char_start, char_end, series, said, reach, since, changed, corrects, value,
    detail, assistant, base
FROM claimed
WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND until_said = 9e999
ORDER BY series
