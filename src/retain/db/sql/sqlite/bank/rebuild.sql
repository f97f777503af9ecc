-- Statements of a rebuild: all that is derived from a bank's sources, derived again.

-- name: is_rebuild_due
SELECT 1 FROM rebuild_due WHERE bank_id = :bank_id

-- name: rebuilt
DELETE FROM rebuild_due WHERE bank_id = :bank_id

-- name: unindexed
-- The sources whose words the full-text index does not hold yet.
SELECT source_id FROM unindexed_source WHERE bank_id = :bank_id

-- name: indexed
DELETE FROM unindexed_source WHERE bank_id = :bank_id

-- name: clear_entities
DELETE FROM entity WHERE bank_id = :bank_id

-- name: clear_entity_aliases
DELETE FROM entity_alias WHERE bank_id = :bank_id

-- name: clear_claims
DELETE FROM claim WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)

-- name: clear_readings
DELETE FROM fact_reading WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)

-- name: clear_undoing
DELETE FROM undoing WHERE bank_id = :bank_id

-- name: clear_lookups
DELETE FROM fact_lookup
WHERE name IN (SELECT id FROM term WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id))

-- name: clear_edges
DELETE FROM edge WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)

-- name: clear_totals
DELETE FROM total WHERE bank_id = :bank_id

-- name: clear_decided_pairs
DELETE FROM decided_pair WHERE bank_id = :bank_id

-- name: keep_fact_count
UPDATE source SET facts = :facts WHERE bank_id = :bank_id AND source_id = :source_id

-- name: clear_pages
DELETE FROM page WHERE bank_id = :bank_id

-- name: clear_marks
DELETE FROM dirty_page WHERE bank_id = :bank_id

-- name: drop_lost_judgements
-- What a model decided of names that no source writes.
DELETE FROM judgement
WHERE bank_id = :bank_id AND (
    NOT EXISTS (
        SELECT 1 FROM mentioned
        WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND mentioned.name = judgement.name
    )
    OR NOT EXISTS (
        SELECT 1 FROM mentioned
        WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND mentioned.name = other
    )
)

-- name: drop_lost_verdicts
-- What a model sees of facts that no source states.
DELETE FROM verdict
WHERE bank_id = :bank_id AND 2 > (
    SELECT count(DISTINCT fact) FROM statement INDEXED BY statement_by_fact
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
    AND fact IN (packed_id(older), packed_id(newer)) AND merged IS NULL
)
