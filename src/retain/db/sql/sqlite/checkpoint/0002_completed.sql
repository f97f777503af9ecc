-- A completed run is read seldom and kept long: its fields and its step log stand in one value, and
-- not in rows, whose keys take as much room as what they hold.
ALTER TABLE run ADD COLUMN body BLOB;   -- compressed; NULL: the run's fields and steps are rows
