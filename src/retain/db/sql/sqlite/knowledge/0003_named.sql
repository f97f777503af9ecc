-- The names in a statement as its quote writes them, where the extractor gives them.
ALTER TABLE statement ADD COLUMN named TEXT NOT NULL DEFAULT '[]';  -- JSON: [[name, kind], ...]
