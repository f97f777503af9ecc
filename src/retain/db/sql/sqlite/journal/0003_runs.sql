-- Which of its source's runs asked: when that was made; ISO 8601, UTC; empty where that is not known.
ALTER TABLE call ADD COLUMN run TEXT NOT NULL DEFAULT '';
