-- Statements over names, the keys that they share, and the entities that they stand for.

-- name: names_of
-- Every way in which folded names are written.
SELECT folded, name, kind, times FROM name
WHERE bank_id = :bank_id AND folded IN (SELECT value FROM json_each(:folded))

-- name: count_name
-- Change how often a name is written; the row is made with the first mention.
INSERT INTO name VALUES (:bank_id, :folded, :name, :kind, :times)
ON CONFLICT (bank_id, folded, name, kind) DO UPDATE SET times = times + excluded.times

-- name: drop_unwritten
DELETE FROM name WHERE bank_id = :bank_id AND folded = :folded AND times <= 0

-- name: names
-- Every way in which the bank's sources write a name, with how often.
SELECT name, kind, times FROM name WHERE bank_id = :bank_id ORDER BY name, kind

-- name: clear_names
DELETE FROM name WHERE bank_id = :bank_id

-- name: names_sharing
-- For each of some keys, which come as a JSON array, the first names that have it, as a JSON array.
SELECT wanted.value, (
    SELECT json_group_array(folded) FROM (
        SELECT folded FROM name_key
        WHERE bank_id = :bank_id AND key = wanted.value
        ORDER BY folded LIMIT :limit
    )
)
FROM json_each(:keys) AS wanted

-- name: put_name_key
INSERT OR IGNORE INTO name_key VALUES (:bank_id, :key, :folded)

-- name: drop_name_key
DELETE FROM name_key WHERE bank_id = :bank_id AND key = :key AND folded = :folded

-- name: clear_name_keys
DELETE FROM name_key WHERE bank_id = :bank_id

-- name: corrections_about
SELECT correction.kind, correction.name, correction.other
FROM decided_pair JOIN correction USING (bank_id, name, other)
WHERE bank_id = :bank_id AND folded IN (SELECT value FROM json_each(:folded))

-- name: judgements_about
SELECT judgement.name, judgement.other, judgement.verdict
FROM decided_pair JOIN judgement USING (bank_id, name, other)
WHERE bank_id = :bank_id AND folded IN (SELECT value FROM json_each(:folded))

-- name: put_decided_pair
INSERT OR IGNORE INTO decided_pair VALUES (:bank_id, :folded, :name, :other)

-- name: pairs_about
-- The pairs that hold a name as it is written.
SELECT DISTINCT name, other FROM decided_pair
WHERE bank_id = :bank_id AND folded = :folded AND :name IN (name, other)

-- name: drop_judgement
DELETE FROM judgement WHERE bank_id = :bank_id AND name = :name AND other = :other

-- name: drop_decided_pair
-- A pair that neither a user nor a model decided on any longer.
DELETE FROM decided_pair
WHERE bank_id = :bank_id AND folded = :folded AND name = :name AND other = :other
AND NOT EXISTS (
    SELECT 1 FROM correction
    WHERE correction.bank_id = :bank_id AND correction.name = :name AND correction.other = :other
)
AND NOT EXISTS (
    SELECT 1 FROM judgement
    WHERE judgement.bank_id = :bank_id AND judgement.name = :name AND judgement.other = :other
)

-- name: entities_of
-- The entities with an alias of one of the folded forms.
SELECT DISTINCT entity.*
FROM json_each(:folded) AS wanted
CROSS JOIN entity_alias
    ON entity_alias.bank_id = :bank_id AND entity_alias.folded = wanted.value
CROSS JOIN entity
    ON entity.bank_id = :bank_id AND entity.entity_id = entity_alias.entity_id

-- name: entity
SELECT * FROM entity WHERE bank_id = :bank_id AND entity_id = :entity_id

-- name: entities_called
SELECT entity.* FROM json_each(:names) AS wanted
CROSS JOIN entity INDEXED BY entity_by_name ON bank_id = :bank_id AND name = wanted.value

-- name: entities_by_times
-- The entities that are named most, behind one of them.
SELECT * FROM entity
WHERE bank_id = :bank_id
AND (times < :times OR (times = :times AND (name, entity_id) > (:name, :entity_id)))
ORDER BY times DESC, name, entity_id
LIMIT :limit

-- name: entities_by_facts
-- The entities of a kind that have a page, by most facts, behind one of them.
SELECT * FROM entity INDEXED BY entity_by_facts
WHERE bank_id = :bank_id AND kind = :kind AND page_id IS NOT NULL
AND (facts < :facts OR (facts = :facts AND (name, entity_id) > (:name, :entity_id)))
ORDER BY facts DESC, name, entity_id
LIMIT :limit

-- name: put_entity
INSERT OR REPLACE INTO entity VALUES (
    :bank_id, :entity_id, :name, :kind, :aliases, :reasons, :times, :facts, :slotted, :page_id
)

-- name: drop_entity
DELETE FROM entity WHERE bank_id = :bank_id AND entity_id = :entity_id

-- name: put_entity_alias
INSERT OR IGNORE INTO entity_alias VALUES (:bank_id, :folded, :entity_id)

-- name: drop_entity_alias
DELETE FROM entity_alias
WHERE bank_id = :bank_id AND folded = :folded AND entity_id = :entity_id

-- name: count_facts_naming
-- How many facts give one of the names, and how many of these fill a slot.
SELECT count(*), coalesce(sum(slotted), 0)
FROM (SELECT DISTINCT fact, slotted FROM fact_name WHERE name IN (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
    AND text IN (SELECT value FROM json_each(:names))
))

-- name: drop_zero_total
DELETE FROM total WHERE bank_id = :bank_id AND what = :what AND count = 0

-- name: count_total
INSERT INTO total VALUES (:bank_id, :what, :count)
ON CONFLICT (bank_id, what) DO UPDATE SET count = count + excluded.count

-- name: every_entity
SELECT * FROM entity WHERE bank_id = :bank_id
