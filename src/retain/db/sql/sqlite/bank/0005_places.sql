-- A section whose source writes its text otherwise, such as a message with escapes, has steps that
-- lead from its text to the characters of the source.

ALTER TABLE section ADD COLUMN steps BLOB;     -- NULL: they are the same

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
    section.steps
FROM statement JOIN section ON section.id = statement.section;
