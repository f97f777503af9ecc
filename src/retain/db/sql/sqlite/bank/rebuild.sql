-- Statements of a rebuild: all that is derived from a bank's sources, derived again.

-- name: is_rebuild_due
SELECT 1 FROM rebuild_due WHERE bank_id = :bank_id

-- name: rebuilt
DELETE FROM rebuild_due WHERE bank_id = :bank_id

-- name: unindexed
-- The sources whose facts the full-text index does not hold yet.
SELECT source_id FROM unindexed WHERE bank_id = :bank_id

-- name: indexed
DELETE FROM unindexed WHERE bank_id = :bank_id
