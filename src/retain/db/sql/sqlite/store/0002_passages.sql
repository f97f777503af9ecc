-- A section's vectors stand in one row: that of the whole section, then one of each passage.

ALTER TABLE vector ADD COLUMN passages INTEGER NOT NULL DEFAULT 1;
