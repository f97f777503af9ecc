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
DELETE FROM fact_claim WHERE bank_id = :bank_id

-- name: clear_readings
DELETE FROM fact_reading WHERE bank_id = :bank_id

-- name: clear_undoing
DELETE FROM undoing WHERE bank_id = :bank_id

-- name: clear_lookups
DELETE FROM fact_lookup
WHERE bank_id = :bank_id

-- name: clear_edges
DELETE FROM edge WHERE bank_id = :bank_id

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
        SELECT 1 FROM mention
        WHERE mention.bank_id = :bank_id AND mention.name = judgement.name
    )
    OR NOT EXISTS (
        SELECT 1 FROM mention
        WHERE mention.bank_id = :bank_id AND mention.name = judgement.other
    )
)

-- name: drop_lost_verdicts
-- What a model sees of facts that no source states.
DELETE FROM verdict
WHERE bank_id = :bank_id AND 2 > (
    SELECT count(DISTINCT fact_id) FROM statement
    WHERE statement.bank_id = :bank_id
    AND fact_id IN (verdict.older, verdict.newer) AND merged IS NULL
)
