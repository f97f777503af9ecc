-- Statements over claims, and what they are read with to find what supersedes a fact. Places in a
-- source count from its start, so the start of the section is read beside them. A difference that is
-- compared to 0 keeps the other index from being used.

-- name: put_claim
INSERT INTO fact_claim (
    bank_id, fact_id, n, source_id, section, char_start, char_end, series, said, reach, since,
    changed, corrects, value, detail, assistant, until_said, until_source
)
SELECT
    section.bank_id, given.fact_id, given.n, given.source_id, section.id, given.char_start,
    given.char_end, given.series, given.said, given.reach, given.since, given.changed,
    given.corrects, given.value, given.detail, given.assistant, 'infinity', ''
FROM :rows (
    fact_id text, n bigint, source_id text, section_id text, char_start bigint, char_end bigint,
    series text, said float8, reach float8, since float8, changed float8, corrects bigint,
    value text, detail text, assistant bigint
)
JOIN section
    ON section.bank_id = :bank_id AND section.source_id = given.source_id
    AND section.section_id = given.section_id

-- name: put_reading
INSERT INTO fact_reading (bank_id, fact_id, subject, undoes, lookups)
SELECT :bank_id, fact_id, subject, undoes, lookups
FROM :rows (fact_id text, subject text, undoes text, lookups text)

-- name: put_undoing
INSERT INTO undoing VALUES (:bank_id, :subject, :word, :fact_id)
ON CONFLICT DO NOTHING

-- name: put_fact_lookup
INSERT INTO fact_lookup (bank_id, name, fact_id)
SELECT :bank_id, name, fact_id
FROM :rows (name text, fact_id text)
ON CONFLICT DO NOTHING

-- name: drop_claims
DELETE FROM fact_claim
WHERE bank_id = :bank_id AND fact_id = :fact_id

-- name: reading
SELECT given.nth, undoes, lookups
FROM :rows (fact_id text)
JOIN fact_reading ON bank_id = :bank_id AND fact_reading.fact_id = given.fact_id

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
    given.nth,
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end,
    fact_claim.series, fact_claim.said, fact_claim.reach, fact_claim.since, changed, corrects, value,
    detail, fact_claim.assistant, section.char_start AS base
FROM :rows (fact_id text)
JOIN fact_claim ON fact_claim.bank_id = :bank_id AND fact_claim.fact_id = given.fact_id
JOIN section ON section.id = fact_claim.section
ORDER BY given.nth, n

-- name: series_from
SELECT DISTINCT given.nth, series
FROM :rows (first text, last text)
JOIN fact_claim ON bank_id = :bank_id AND series >= given.first AND series < given.last
ORDER BY given.nth, series

-- name: claims_together
SELECT
    given.nth,
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end,
    fact_claim.series, fact_claim.said, fact_claim.reach, fact_claim.since, changed, corrects, value,
    detail, fact_claim.assistant, section.char_start AS base
FROM :rows (series text, said float8, source_id text, correcting bigint)
JOIN fact_claim
    ON fact_claim.bank_id = :bank_id AND fact_claim.series = given.series
    AND fact_claim.said = given.said AND fact_claim.source_id = given.source_id
JOIN section ON section.id = fact_claim.section
WHERE given.correcting = 0 OR corrects <> 0 OR changed IS NOT NULL
ORDER BY given.nth, n, fact_claim.fact_id

-- name: claims_later
SELECT given.nth, later.*
FROM :rows (
    series text, said float8, since float8, assistant bigint, unlike text, "limit" bigint
)
CROSS JOIN LATERAL (
    SELECT
        fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end,
        fact_claim.series, fact_claim.said, fact_claim.reach, fact_claim.since, changed, corrects, value,
        detail, fact_claim.assistant, section.char_start AS base
    FROM fact_claim JOIN section ON section.id = fact_claim.section
    WHERE fact_claim.bank_id = :bank_id AND fact_claim.series = given.series
    AND fact_claim.said > given.said AND reach > given.since
    AND (given.assistant <> 0 OR fact_claim.assistant = 0)
    AND value || chr(31) || detail <> ALL(
        ARRAY(SELECT jsonb_array_elements_text(given.unlike::jsonb))
    )
    ORDER BY fact_claim.said, fact_claim.source_id, section.char_start + fact_claim.char_start,
        section.char_start + fact_claim.char_end, fact_claim.fact_id
    LIMIT given."limit"
) AS later
ORDER BY
    given.nth, later.said, later.source_id, later.base + later.char_start,
    later.base + later.char_end, later.fact_id

-- name: open_variants
SELECT DISTINCT given.nth, value, detail
FROM :rows (series text, said float8, source_id text, reach float8, assistant bigint)
CROSS JOIN fact_claim
WHERE fact_claim.bank_id = :bank_id AND fact_claim.series = given.series
AND until_said >= given.said
AND (until_said > given.said OR until_source >= given.source_id)
AND fact_claim.said - given.said < 0 AND fact_claim.since < given.reach
AND (given.assistant = 0 OR fact_claim.assistant <> 0)
ORDER BY given.nth, value, detail

-- name: open_claims
SELECT
    given.nth,
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end,
    fact_claim.series, fact_claim.said, fact_claim.reach, fact_claim.since, changed, corrects, value,
    detail, fact_claim.assistant, section.char_start AS base
FROM :rows (
    series text, said float8, source_id text, reach float8, assistant bigint, variants text
)
CROSS JOIN fact_claim JOIN section ON section.id = fact_claim.section
WHERE fact_claim.bank_id = :bank_id AND fact_claim.series = given.series
AND until_said >= given.said
AND (until_said > given.said OR until_source >= given.source_id)
AND fact_claim.said - given.said < 0 AND fact_claim.since < given.reach
AND (given.assistant = 0 OR fact_claim.assistant <> 0)
AND value || chr(31) || detail = ANY(
    ARRAY(SELECT jsonb_array_elements_text(given.variants::jsonb))
)
ORDER BY given.nth, until_said, fact_claim.fact_id, n

-- name: is_undone
SELECT DISTINCT given.nth, 1
FROM :rows (subject text)
JOIN undoing ON bank_id = :bank_id AND undoing.subject = given.subject

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
SELECT given.nth, edge.newer, edge.older, edge.reason, edge.since, edge.ruled
FROM :rows (older text)
JOIN edge ON edge.bank_id = :bank_id AND edge.older = given.older

-- name: end_claims
UPDATE fact_claim SET until_said = given.until_said, until_source = given.until_source
FROM :rows (fact_id text, until_said float8, until_source text)
WHERE bank_id = :bank_id AND fact_claim.fact_id = given.fact_id
AND (
    fact_claim.until_said <> given.until_said OR fact_claim.until_source <> given.until_source
)

-- name: current_claims
-- The claims of facts that no rule sees superseded.
SELECT
    fact_claim.fact_id, fact_claim.source_id, fact_claim.char_start, fact_claim.char_end, series,
    said, reach, since, changed, corrects, value, detail, assistant, section.char_start AS base
FROM fact_claim JOIN section ON section.id = fact_claim.section
WHERE fact_claim.bank_id = :bank_id AND until_said = 'infinity'
ORDER BY series, said, fact_claim.source_id, fact_id, n
