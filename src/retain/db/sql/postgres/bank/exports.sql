

-- name: exports
-- Where a bank was exported to, and which of that is the working folder of an unfinished export.
SELECT path, unfinished FROM export WHERE bank_id = :bank_id ORDER BY path

-- name: put_export
-- Note where an export goes.
INSERT INTO export (bank_id, path, unfinished) VALUES (:bank_id, :path, :unfinished)
ON CONFLICT (bank_id, path) DO UPDATE SET unfinished = excluded.unfinished

-- name: drop_export
-- Note that an export is gone.
DELETE FROM export WHERE bank_id = :bank_id AND path = :path
