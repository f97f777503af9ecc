-- Statements over names, the keys that they share, and the entities that they stand for.

-- name: names_of
-- Every way in which folded names are written.
SELECT folded, name, kind, times FROM name
WHERE bank_id = :bank_id AND folded = ANY(:folded::text[])
ORDER BY folded, name, kind

-- name: count_name
-- Change how often names are written; a row is made with the first mention.
INSERT INTO name (bank_id, folded, name, kind, times)
SELECT :bank_id, folded, name, kind, times
FROM :rows (folded text, name text, kind text, times bigint)
ON CONFLICT (bank_id, folded, name, kind) DO UPDATE SET times = name.times + excluded.times

-- name: drop_unwritten
DELETE FROM name WHERE bank_id = :bank_id AND folded = :folded AND times <= 0

-- name: names
-- Every way in which the bank's sources write a name, with how often.
SELECT name, kind, times FROM name WHERE bank_id = :bank_id ORDER BY name, kind

-- name: clear_names
DELETE FROM name WHERE bank_id = :bank_id

-- name: names_sharing
-- For each of some keys the first names that have it, as a JSON array.
SELECT wanted.value, (
    SELECT coalesce(json_agg(folded ORDER BY folded), '[]')::text FROM (
        SELECT folded FROM name_key
        WHERE bank_id = :bank_id AND key = wanted.value
        ORDER BY folded LIMIT :limit
    ) AS first
)
FROM unnest(:keys::bigint[]) AS wanted (value)

-- name: put_name_key
INSERT INTO name_key (bank_id, key, folded)
SELECT :bank_id, key, folded
FROM :rows (key bigint, folded text)
ON CONFLICT DO NOTHING

-- name: drop_name_key
DELETE FROM name_key WHERE bank_id = :bank_id AND key = :key AND folded = :folded

-- name: clear_name_keys
DELETE FROM name_key WHERE bank_id = :bank_id

-- name: corrections_about
SELECT correction.kind, correction.name, correction.other
FROM decided_pair JOIN correction USING (bank_id, name, other)
WHERE bank_id = :bank_id AND folded = ANY(:folded::text[])
ORDER BY name, other

-- name: judgements_about
SELECT judgement.name, judgement.other, judgement.verdict
FROM decided_pair JOIN judgement USING (bank_id, name, other)
WHERE bank_id = :bank_id AND folded = ANY(:folded::text[])
ORDER BY name, other

-- name: put_decided_pair
INSERT INTO decided_pair VALUES (:bank_id, :folded, :name, :other)
ON CONFLICT DO NOTHING

-- name: pairs_about
-- The pairs that hold a name as it is written.
SELECT DISTINCT name, other FROM decided_pair
WHERE bank_id = :bank_id AND folded = :folded AND :name IN (name, other)

-- name: drop_judgement
DELETE FROM judgement WHERE bank_id = :bank_id AND name = :name AND other = :other

-- name: drop_decided_pair
-- A pair that neither a user nor a model decided on any longer.
DELETE FROM decided_pair AS pair
WHERE bank_id = :bank_id AND folded = :folded AND name = :name AND other = :other
AND NOT EXISTS (
    SELECT 1 FROM correction AS decided
    WHERE decided.bank_id = pair.bank_id AND decided.name = pair.name
    AND decided.other = pair.other
)
AND NOT EXISTS (
    SELECT 1 FROM judgement AS decided
    WHERE decided.bank_id = pair.bank_id AND decided.name = pair.name
    AND decided.other = pair.other
)

-- name: entities_of
-- The entities with an alias of one of the folded forms.
SELECT * FROM entity
WHERE bank_id = :bank_id AND entity_id = ANY(ARRAY(
    SELECT entity_id FROM entity_alias
    WHERE bank_id = :bank_id AND folded = ANY(:folded::text[])
))
ORDER BY entity_id

-- name: entity
SELECT * FROM entity WHERE bank_id = :bank_id AND entity_id = :entity_id

-- name: entities_called
SELECT * FROM entity WHERE bank_id = :bank_id AND name = ANY(:names::text[]) ORDER BY entity_id

-- name: entities_by_times
-- The entities that are named most, behind one of them.
SELECT * FROM entity
WHERE bank_id = :bank_id
AND (times < :times OR (times = :times AND (name, entity_id) > (:name, :entity_id)))
ORDER BY times DESC, name, entity_id
LIMIT nullif(:limit::bigint, -1)

-- name: entities_by_facts
-- The entities of a kind that have a page, by most facts, behind one of them.
SELECT * FROM entity
WHERE bank_id = :bank_id AND kind = :kind AND page_id IS NOT NULL
AND (facts < :facts OR (facts = :facts AND (name, entity_id) > (:name, :entity_id)))
ORDER BY facts DESC, name, entity_id
LIMIT :limit

-- name: put_entity
INSERT INTO entity (
    bank_id, entity_id, name, kind, aliases, reasons, times, facts, slotted, page_id
)
SELECT
    :bank_id, entity_id, name, kind, aliases, reasons, times, facts, slotted, page_id
FROM :rows (
    entity_id text, name text, kind text, aliases text, reasons text, times bigint, facts bigint,
    slotted bigint, page_id text
)
ON CONFLICT (bank_id, entity_id) DO UPDATE SET
    name = excluded.name,
    kind = excluded.kind,
    aliases = excluded.aliases,
    reasons = excluded.reasons,
    times = excluded.times,
    facts = excluded.facts,
    slotted = excluded.slotted,
    page_id = excluded.page_id

-- name: drop_entity
DELETE FROM entity WHERE bank_id = :bank_id AND entity_id = :entity_id

-- name: put_entity_alias
INSERT INTO entity_alias (bank_id, folded, entity_id)
SELECT :bank_id, folded, entity_id
FROM :rows (folded text, entity_id text)
ON CONFLICT DO NOTHING

-- name: drop_entity_alias
DELETE FROM entity_alias
WHERE bank_id = :bank_id AND folded = :folded AND entity_id = :entity_id

-- name: count_facts_naming
-- How many facts give one of the names, and how many of these fill a slot.
SELECT count(*), coalesce(sum(slotted), 0)::bigint
FROM (
    SELECT DISTINCT fact_id, slotted FROM fact_name
    WHERE bank_id = :bank_id AND name = ANY(:names::text[])
) AS named

-- name: drop_zero_total
DELETE FROM total USING :rows (what text)
WHERE bank_id = :bank_id AND total.what = given.what AND count = 0

-- name: count_total
INSERT INTO total (bank_id, what, count)
SELECT :bank_id, what, count
FROM :rows (what text, count bigint)
ON CONFLICT (bank_id, what) DO UPDATE SET count = total.count + excluded.count

-- name: every_entity
SELECT * FROM entity WHERE bank_id = :bank_id ORDER BY entity_id
