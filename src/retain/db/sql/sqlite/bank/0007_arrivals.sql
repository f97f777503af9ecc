-- What has no date is dated by when it came in: a fact by the first version of its source that states
-- it, and a section by the version that brought it.

ALTER TABLE section ADD COLUMN came_in TEXT;   -- ISO 8601, UTC; NULL where `said_at` is known

UPDATE section SET came_in = (
    SELECT min(retained_at) FROM source_version
    WHERE source_version.bank_id = section.bank_id AND source_version.source_id = section.source_id
)
WHERE said_at IS NULL;

DROP VIEW stated;
CREATE VIEW stated AS
SELECT
    section.bank_id, section.source_id, section.section_id, statement.n, statement.fact_id,
    statement.merged,
    coalesce((SELECT text FROM label WHERE id = statement.type), statement.type) AS type,
    coalesce(
        statement.text,
        rtrim(
            coalesce(
                statement.otherwise,
                substr(
                    section.text, statement.char_start + 1,
                    statement.char_end - statement.char_start
                )
            ),
            '.'
        )
    ) AS text,
    coalesce(
        statement.otherwise,
        substr(
            section.text, statement.char_start + 1, statement.char_end - statement.char_start
        )
    ) AS quote,
    statement.char_start, statement.char_end, statement.entities, statement.subject,
    statement.slot, statement.value, statement.mentioned_at, statement.occurred_start,
    statement.occurred_end, statement.confidence, statement.named,
    statement.bank, statement.fact, statement.section, section.ordinal, section.char_start AS base,
    section.steps,
    CASE
        WHEN statement.mentioned IS NULL
            THEN (
                SELECT retained_at FROM source_version
                WHERE bank_id = section.bank_id AND source_id = section.source_id
                AND version = coalesce(
                    (
                        SELECT since FROM fact_life
                        WHERE bank_id = section.bank_id AND source_id = section.source_id
                        AND fact_id = statement.fact_id
                    ),
                    1
                )
            )
    END AS came_in
FROM statement JOIN section ON section.id = statement.section;

INSERT OR IGNORE INTO rebuild_due SELECT DISTINCT bank_id FROM source;
