-- What pages are rendered from: indexed reads around an entity or a topic; and the pages.

-- name: put_fact_name
INSERT INTO fact_named (bank, name, slotted, age, fact)
SELECT id, :name, :slotted, :age, packed_id(:fact_id) FROM bank WHERE bank_id = :bank_id

-- name: drop_fact_name
DELETE FROM fact_name
WHERE name = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :name
)
AND slotted = :slotted AND age = :age AND fact = packed_id(:fact_id)

-- name: clear_fact_names
DELETE FROM fact_name
WHERE name IN (SELECT id FROM term WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id))

-- name: newest_naming
-- The newest facts that give a name.
SELECT age, fact_id FROM fact_name
WHERE name = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :name
)
AND slotted = :slotted
ORDER BY age, fact
LIMIT :limit

-- name: facts_naming
-- Every fact that gives one of the names.
SELECT DISTINCT fact_id FROM fact_name
WHERE name IN (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
    AND text IN (SELECT value FROM json_each(:names))
)

-- name: cited_facts
-- Facts by their ids, each with its line and what supersedes it.
SELECT
    stated.*,
    CASE
        WHEN section.steps IS NOT NULL THEN section.line_start
        ELSE section.line_start + length(substr(section.text, 1, stated.char_start))
            - length(replace(substr(section.text, 1, stated.char_start), char(10), ''))
    END AS line,
    edge.newer AS superseded_by
FROM json_each(:ids) AS wanted
CROSS JOIN stated
    ON stated.bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
        AND stated.fact = packed_id(wanted.value) AND merged IS NULL
CROSS JOIN section ON section.id = stated.section
LEFT JOIN edge ON edge.bank = stated.bank AND edge.old = stated.fact

-- name: given_names
-- The names that facts give, and their sections.
SELECT entities, subject, source_id, section_id
FROM json_each(:ids) AS wanted
CROSS JOIN stated
    ON stated.bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
        AND stated.fact = packed_id(wanted.value) AND merged IS NULL

-- name: facts_of_section
SELECT fact_id FROM stated
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id
AND merged IS NULL

-- name: topic
SELECT title, terms FROM topic WHERE bank_id = :bank_id AND topic_id = :topic_id

-- name: topic_sections
SELECT source_id, section_id
FROM topic
CROSS JOIN topic_section ON topic_section.topic = topic.id
CROSS JOIN section ON section.id = topic_section.section
WHERE topic.bank_id = :bank_id AND topic_id = :topic_id ORDER BY source_id, section_id

-- name: topics_of_sections
-- The topics of sections, which come as pairs of the ids of source and section, by their place.
SELECT wanted.key, topic.topic_id, topic.title, topic.sections, topic.sources
FROM json_each(:sections) AS wanted
CROSS JOIN section ON
    section.bank_id = :bank_id
    AND section.source_id = json_extract(wanted.value, '$[0]')
    AND section.section_id = json_extract(wanted.value, '$[1]')
CROSS JOIN topic_section ON topic_section.section = section.id
CROSS JOIN topic ON topic.id = topic_section.topic
ORDER BY wanted.key, topic.topic_id

-- name: topics_of_rows
-- The topics of sections, which come as their rows and may be gone.
SELECT DISTINCT topic.topic_id
FROM json_each(:ids) AS wanted
CROSS JOIN topic_section ON topic_section.section = wanted.value
CROSS JOIN topic ON topic.id = topic_section.topic AND +topic.bank_id = :bank_id
ORDER BY topic.topic_id

-- name: newest_in_topic
-- The newest facts of a topic's sections.
SELECT fact_id
FROM topic
CROSS JOIN topic_section ON topic_section.topic = topic.id
CROSS JOIN stated ON stated.section = topic_section.section
WHERE topic.bank_id = :bank_id AND topic_id = :topic_id AND merged IS NULL
ORDER BY coalesce(occurred_start, occurred_end, mentioned_at) IS NULL,
    coalesce(occurred_start, occurred_end, mentioned_at) DESC, fact_id
LIMIT :limit

-- name: ranked_topics
SELECT topic_id, title, sections, sources FROM topic
WHERE bank_id = :bank_id ORDER BY sections DESC, title, topic_id LIMIT :limit

-- name: put_topic
INSERT INTO topic (bank_id, topic_id, title, terms, sections, sources)
VALUES (:bank_id, :topic_id, :title, :terms, :sections, :sources)

-- name: put_topic_section
INSERT OR IGNORE INTO topic_section (topic, section)
SELECT topic.id, section.id
FROM topic CROSS JOIN section
WHERE topic.bank_id = :bank_id AND topic_id = :topic_id
AND section.bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id

-- name: drop_topic
-- Its sections go with it.
DELETE FROM topic WHERE bank_id = :bank_id AND topic_id = :topic_id

-- name: drop_section_topics
DELETE FROM topic_section WHERE section = :id

-- name: recount_topic
UPDATE topic SET (sections, sources) = (
    SELECT count(*), count(DISTINCT source_id)
    FROM topic_section JOIN section ON section.id = topic_section.section
    WHERE topic_section.topic = topic.id
)
WHERE bank_id = :bank_id AND topic_id = :topic_id

-- name: lead
SELECT title, digest, sentences FROM lead WHERE bank_id = :bank_id AND page_id = :page_id

-- name: lead_facts_of
SELECT fact_id FROM lead_fact
WHERE bank_id = :bank_id AND page_id = :page_id ORDER BY fact_id

-- name: leads_of_fact
SELECT page_id FROM lead_fact WHERE bank_id = :bank_id AND fact_id = :fact_id

-- name: leads_titled
SELECT page_id FROM lead WHERE bank_id = :bank_id AND title = :title

-- name: writers_of
SELECT DISTINCT source_id
FROM mention INDEXED BY mention_by_name JOIN section ON section.id = mention.section
WHERE mention.name = (
    SELECT id FROM term
    WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :name
)
ORDER BY source_id

-- name: writers_among
SELECT DISTINCT source_id
FROM json_each(:sources) AS wanted
CROSS JOIN section ON section.bank_id = :bank_id AND section.source_id = wanted.value
CROSS JOIN mention INDEXED BY mention_by_name
    ON mention.name = (
        SELECT id FROM term
        WHERE bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND text = :name
    )
    AND mention.section = section.id
ORDER BY source_id

-- name: totals
SELECT what, count FROM total WHERE bank_id = :bank_id

-- name: ranked_sources
SELECT source_id, title, sections, facts FROM source INDEXED BY source_by_facts
WHERE bank_id = :bank_id ORDER BY facts DESC, source_id LIMIT :limit

-- name: mark_page
-- Mark a page, if there is anything to render it of.
INSERT INTO dirty_page
SELECT :bank_id, :kind, :owner, :version
WHERE EXISTS (
    SELECT 1 FROM entity
    WHERE bank_id = :bank_id AND entity_id = :owner AND page_id IS NOT NULL AND :kind <> 'topic'
) OR EXISTS (
    SELECT 1 FROM topic WHERE bank_id = :bank_id AND topic_id = :owner AND :kind = 'topic'
)

-- name: unmark_page_of
DELETE FROM dirty_page WHERE bank_id = :bank_id AND kind = :kind AND owner = :owner

-- name: unmark_page
DELETE FROM dirty_page
WHERE bank_id = :bank_id AND kind = :kind AND owner = :owner AND version = :version
RETURNING 1

-- name: marked_pages
-- Marks of some kinds, but for pages that more is told on than `most`.
SELECT kind, owner, version FROM dirty_page
WHERE bank_id = :bank_id AND kind IN (SELECT value FROM json_each(:kinds))
AND NOT EXISTS (
    SELECT 1 FROM entity
    WHERE dirty_page.kind = 'entity' AND entity.bank_id = :bank_id
    AND entity.entity_id = owner AND entity.facts > :most
)
AND NOT EXISTS (
    SELECT 1 FROM topic
    WHERE dirty_page.kind = 'topic' AND topic.bank_id = :bank_id
    AND topic.topic_id = owner AND topic.sections > :most
)
ORDER BY kind, owner LIMIT :limit

-- name: mark_of_page
SELECT version FROM dirty_page WHERE bank_id = :bank_id AND kind = :kind AND owner = :owner

-- name: page_of
SELECT page_id, kind, title, aliases, facts, text FROM page
WHERE bank_id = :bank_id AND kind = :kind AND owner = :owner

-- name: put_page
INSERT OR REPLACE INTO page (bank_id, page_id, kind, title, aliases, facts, text, owner)
VALUES (:bank_id, :page_id, :kind, :title, :aliases, :facts, :text, :owner)

-- name: drop_page_of
DELETE FROM page WHERE bank_id = :bank_id AND kind = :kind AND owner = :owner

-- name: every_topic
SELECT topic_id, title, terms FROM topic WHERE bank_id = :bank_id ORDER BY topic_id

-- name: topic_size
SELECT sections FROM topic WHERE bank_id = :bank_id AND topic_id = :topic_id

-- name: entity_of_page
SELECT * FROM entity INDEXED BY entity_by_page WHERE bank_id = :bank_id AND page_id = :page_id
