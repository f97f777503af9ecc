-- Statements over claims, and what they are read with to find what supersedes a fact. Places in a
-- source count from its start, so the start of the section is read beside them. A difference that is
-- compared to 0 keeps the other index from being used.

-- name: put_claim
INSERT INTO fact_claim (
    bank_id, fact_id, n, source_id, section, char_start, char_end, series, said, reach, since,
    changed, corrects, value, detail, assistant, until_said, until_source
)
SELECT
    bank_id, :fact_id, :n, source_id, id, :char_start, :char_end, :series, :said, :reach, :since,
    :changed, :corrects, :value, :detail, :assistant, 'infinity', ''
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id

-- name: put_reading
INSERT INTO fact_reading (bank_id, fact_id, subject, undoes, lookups)
VALUES (:bank_id, :fact_id, :subject, :undoes, :lookups)

-- name: put_undoing
INSERT INTO undoing VALUES (:bank_id, :subject, :word, :fact_id)
ON CONFLICT DO NOTHING

-- name: put_fact_lookup
INSERT INTO fact_lookup (bank_id, name, fact_id)
VALUES (:bank_id, :name, :fact_id)
ON CONFLICT DO NOTHING

-- name: drop_claims
DELETE FROM fact_claim
WHERE bank_id = :bank_id AND fact_id = :fact_id

-- name: reading
SELECT undoes, lookups FROM fact_reading
WHERE bank_id = :bank_id AND fact_id = :fact_id

-- name: drop_reading
DELETE FROM fact_reading
WHERE bank_id = :bank_id AND fact_id = :fact_id

-- name: drop_undoing
DELETE FROM undoing
WHERE bank_id = :bank_id AND subject = :subject AND word = :word AND fact_id = :fact_id

-- name: drop_fact_lookup
DELETE FROM fact_lookup
WHERE bank_id = :bank_id AND name = :name AND fact_id = :fact_id

-- name: facts_looking_up
SELECT DISTINCT fact_id FROM fact_lookup
WHERE bank_id = :bank_id AND name = ANY(:names::text[])
ORDER BY fact_id

-- name: stored_facts
-- Facts by their ids, each with its comparable subject.
SELECT stated.*, fact_reading.subject AS comparable
FROM stated
LEFT JOIN fact_reading
    ON fact_reading.bank_id = stated.bank AND fact_reading.fact_id = stated.fact_id
WHERE stated.bank = :bank_id AND stated.fact_id = ANY(:ids::text[]) AND merged IS NULL
ORDER BY stated.fact_id

-- name: facts_of_subject
SELECT fact_id FROM fact_reading
WHERE bank_id = :bank_id AND subject = :subject
ORDER BY fact_id

-- name: claims_of_fact
SELECT
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end, series,
    said, reach, since, changed, corrects, value, detail, assistant, section.char_start AS base
FROM fact_claim JOIN section ON section.id = fact_claim.section
WHERE fact_claim.bank_id = :bank_id AND fact_id = :fact_id
ORDER BY n

-- name: series_from
SELECT DISTINCT series FROM fact_claim
WHERE bank_id = :bank_id AND series >= :first AND series < :last
ORDER BY series

-- name: claims_together
SELECT
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end, series,
    said, reach, since, changed, corrects, value, detail, assistant, section.char_start AS base
FROM fact_claim JOIN section ON section.id = fact_claim.section
WHERE fact_claim.bank_id = :bank_id AND series = :series
AND said = :said AND fact_claim.source_id = :source_id
AND (:correcting = 0 OR corrects <> 0 OR changed IS NOT NULL)
ORDER BY n, fact_id

-- name: claims_later
SELECT
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end, series,
    said, reach, since, changed, corrects, value, detail, assistant, section.char_start AS base
FROM fact_claim JOIN section ON section.id = fact_claim.section
WHERE fact_claim.bank_id = :bank_id AND series = :series
AND said > :said AND reach > :since
AND (:assistant <> 0 OR assistant = 0)
AND value || chr(31) || detail <> ALL(:unlike::text[])
ORDER BY said, fact_claim.source_id, section.char_start + fact_claim.char_start,
    section.char_start + fact_claim.char_end, fact_id
LIMIT :limit

-- name: open_variants
SELECT DISTINCT value, detail
FROM fact_claim
WHERE bank_id = :bank_id AND series = :series
AND until_said >= :said
AND (until_said > :said OR until_source >= :source_id)
AND said - :said < 0 AND since < :reach AND (:assistant = 0 OR assistant <> 0)
ORDER BY value, detail

-- name: open_claims
SELECT
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end, series,
    said, reach, since, changed, corrects, value, detail, assistant, section.char_start AS base
FROM fact_claim JOIN section ON section.id = fact_claim.section
WHERE fact_claim.bank_id = :bank_id AND series = :series
AND until_said >= :said
AND (until_said > :said OR until_source >= :source_id)
AND said - :said < 0 AND since < :reach AND (:assistant = 0 OR assistant <> 0)
AND value || chr(31) || detail = ANY(:variants::text[])
ORDER BY until_said, fact_id, n

-- name: is_undone
SELECT 1 FROM undoing WHERE bank_id = :bank_id AND subject = :subject LIMIT 1

-- name: undoing
SELECT fact_id FROM undoing
WHERE bank_id = :bank_id AND subject = :subject AND word = ANY(:words::text[])
ORDER BY word, fact_id

-- name: verdicts_about
SELECT older, newer, verdict FROM verdict
WHERE bank_id = :bank_id AND older = ANY(:ids::text[])
UNION
SELECT older, newer, verdict FROM verdict
WHERE bank_id = :bank_id AND newer = ANY(:ids::text[])
ORDER BY older, newer

-- name: superseded_by
SELECT older FROM edge
WHERE bank_id = :bank_id AND newer = ANY(:ids::text[])
ORDER BY newer, older

-- name: ruled_successors
SELECT older, newer FROM edge
WHERE bank_id = :bank_id AND ruled <> 0 AND older = ANY(:ids::text[])
ORDER BY older, newer

-- name: edges_of_facts
SELECT newer, older, reason FROM edge
WHERE bank_id = :bank_id AND older = ANY(:ids::text[])
UNION
SELECT newer, older, reason FROM edge
WHERE bank_id = :bank_id AND newer = ANY(:ids::text[])
ORDER BY older, newer

-- name: drop_edges_of
DELETE FROM edge WHERE bank_id = :bank_id
AND older = :older

-- name: edge_of
SELECT newer, older, reason, since, ruled FROM edge
WHERE bank_id = :bank_id AND older = :older

-- name: end_claims
UPDATE fact_claim SET until_said = :until_said, until_source = :until_source
WHERE bank_id = :bank_id AND fact_id = :fact_id
AND (until_said <> :until_said OR until_source <> :until_source)

-- name: current_claims
-- The claims of facts that no rule sees superseded.
SELECT
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end, series,
    said, reach, since, changed, corrects, value, detail, assistant, section.char_start AS base
FROM fact_claim JOIN section ON section.id = fact_claim.section
WHERE fact_claim.bank_id = :bank_id AND until_said = 'infinity'
ORDER BY series, said, fact_claim.source_id, fact_id, n
