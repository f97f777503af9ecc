-- What pages are rendered from: indexed reads around an entity or a topic; and the pages.

-- name: put_fact_name
INSERT INTO fact_name (bank_id, name, slotted, age, fact_id)
SELECT :bank_id, name, slotted, age, fact_id
FROM :rows (name text, slotted bigint, age float8, fact_id text)
ON CONFLICT DO NOTHING

-- name: drop_fact_name
DELETE FROM fact_name
WHERE bank_id = :bank_id AND name = :name AND slotted = :slotted AND age = :age
AND fact_id = :fact_id

-- name: clear_fact_names
DELETE FROM fact_name
WHERE bank_id = :bank_id

-- name: newest_naming
-- The newest facts that give a name.
SELECT age, fact_id FROM fact_name
WHERE bank_id = :bank_id AND name = :name AND slotted = :slotted
ORDER BY age, fact_id
LIMIT :limit

-- name: facts_naming
-- Every fact that gives one of the names.
SELECT DISTINCT fact_id FROM fact_name
WHERE bank_id = :bank_id AND name = ANY(:names::text[])
ORDER BY fact_id

-- name: cited_facts
-- Facts by their ids, each with its line and what supersedes it.
SELECT
    stated.*,
    CASE
        WHEN section.steps IS NOT NULL THEN section.line_start
        ELSE section.line_start + length(substr(section.text, 1, stated.char_start))
            - length(replace(substr(section.text, 1, stated.char_start), chr(10), ''))
    END AS line,
    edge.newer AS superseded_by
FROM stated
JOIN section ON section.id = stated.section
LEFT JOIN edge ON edge.bank_id = stated.bank AND edge.older = stated.fact_id
WHERE stated.bank = :bank_id AND stated.fact_id = ANY(:ids::text[]) AND merged IS NULL
ORDER BY stated.fact_id, edge.newer

-- name: given_names
-- The names that facts give, and their sections.
SELECT entities, subject, source_id, section_id
FROM stated
WHERE bank = :bank_id AND fact_id = ANY(:ids::text[]) AND merged IS NULL
ORDER BY fact_id

-- name: facts_of_section
SELECT fact_id FROM stated
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id
AND merged IS NULL
ORDER BY n

-- name: topic
SELECT title, terms FROM topic WHERE bank_id = :bank_id AND topic_id = :topic_id

-- name: topic_sections
SELECT source_id, section_id
FROM topic
JOIN topic_section ON topic_section.topic = topic.id
JOIN section ON section.id = topic_section.section
WHERE topic.bank_id = :bank_id AND topic_id = :topic_id ORDER BY source_id, section_id

-- name: topics_of_sections
-- The topics of sections, which come as pairs of the ids of source and section, by their place.
SELECT wanted.place - 1, topic.topic_id, topic.title, topic.sections, topic.sources
FROM (
    SELECT place, pairs[place][1] AS source_id, pairs[place][2] AS section_id
    FROM (SELECT :sections::text[] AS pairs) AS given, generate_subscripts(pairs, 1) AS place
) AS wanted
JOIN section ON
    section.bank_id = :bank_id
    AND section.source_id = wanted.source_id
    AND section.section_id = wanted.section_id
JOIN topic_section ON topic_section.section = section.id
JOIN topic ON topic.id = topic_section.topic
ORDER BY wanted.place, topic.topic_id

-- name: topics_of_rows
-- The topics of sections, which come as their rows and may be gone.
SELECT topic_id FROM topic
WHERE bank_id IS NOT DISTINCT FROM :bank_id
AND id = ANY(ARRAY(SELECT topic FROM topic_section WHERE section = ANY(:ids::bigint[])))
ORDER BY topic_id

-- name: newest_in_topic
-- The newest facts of a topic's sections.
SELECT fact_id
FROM topic
JOIN topic_section ON topic_section.topic = topic.id
JOIN stated ON stated.section = topic_section.section
WHERE topic.bank_id = :bank_id AND topic_id = :topic_id AND merged IS NULL
ORDER BY coalesce(occurred_start, occurred_end, mentioned_at) DESC NULLS LAST, fact_id
LIMIT :limit

-- name: ranked_topics
SELECT topic_id, title, sections, sources FROM topic
WHERE bank_id = :bank_id ORDER BY sections DESC, title, topic_id LIMIT :limit

-- name: put_topic
INSERT INTO topic (bank_id, topic_id, title, terms, sections, sources)
VALUES (:bank_id, :topic_id, :title, :terms, :sections, :sources)

-- name: put_topic_section
INSERT INTO topic_section (topic, section)
SELECT topic.id, section.id
FROM topic CROSS JOIN section
WHERE topic.bank_id = :bank_id AND topic_id = :topic_id
AND section.bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id
ON CONFLICT DO NOTHING

-- name: drop_topic
-- Its sections go with it.
DELETE FROM topic WHERE bank_id = :bank_id AND topic_id = :topic_id

-- name: drop_section_topics
DELETE FROM topic_section USING topic
WHERE topic.id = topic_section.topic AND topic.bank_id IS NOT DISTINCT FROM :bank_id
AND section = :id

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
SELECT page_id FROM lead_fact
WHERE bank_id = :bank_id AND fact_id = :fact_id ORDER BY page_id

-- name: leads_titled
SELECT page_id FROM lead
WHERE bank_id = :bank_id AND title = :title ORDER BY page_id

-- name: writers_of
SELECT DISTINCT source_id
FROM mention JOIN section ON section.id = mention.section
WHERE mention.bank_id = :bank_id AND mention.name = :name
ORDER BY source_id

-- name: writers_among
SELECT DISTINCT source_id
FROM section JOIN mention ON mention.section = section.id
WHERE section.bank_id = :bank_id AND source_id = ANY(:sources::text[]) AND mention.name = :name
ORDER BY source_id

-- name: totals
SELECT what, count FROM total WHERE bank_id = :bank_id

-- name: ranked_sources
SELECT source_id, title, sections, facts FROM source
WHERE bank_id = :bank_id ORDER BY facts DESC, source_id LIMIT :limit

-- name: mark_page
-- Mark pages, if there is anything to render them of.
INSERT INTO dirty_page (bank_id, kind, owner, version)
SELECT :bank_id, given.kind, given.owner, given.version
FROM :rows (kind text, owner text, version bigint)
WHERE EXISTS (
    SELECT 1 FROM entity
    WHERE bank_id = :bank_id AND entity_id = given.owner AND page_id IS NOT NULL
    AND given.kind <> 'topic'
) OR EXISTS (
    SELECT 1 FROM topic
    WHERE bank_id = :bank_id AND topic_id = given.owner AND given.kind = 'topic'
)

-- name: unmark_page_of
DELETE FROM dirty_page USING :rows (kind text, owner text)
WHERE bank_id = :bank_id AND dirty_page.kind = given.kind AND dirty_page.owner = given.owner

-- name: unmark_page
DELETE FROM dirty_page
WHERE bank_id = :bank_id AND kind = :kind AND owner = :owner AND version = :version
RETURNING 1

-- name: marked_pages
-- Marks of some kinds, but for pages that more is told on than `most`.
SELECT kind, owner, version FROM dirty_page
WHERE bank_id = :bank_id AND kind = ANY(:kinds::text[])
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
-- Its id, or its owner, may have another page.
WITH gone AS (
    DELETE FROM page
    WHERE bank_id = :bank_id AND (page_id = :page_id OR (kind = :kind AND owner = :owner))
    RETURNING page_id
)
INSERT INTO page (bank_id, page_id, kind, title, aliases, facts, text, owner)
SELECT :bank_id, :page_id, :kind, :title, :aliases, :facts, :text, :owner
FROM (SELECT count(*) FROM gone) AS first

-- name: drop_page_of
DELETE FROM page USING :rows (kind text, owner text)
WHERE bank_id = :bank_id AND page.kind = given.kind AND page.owner = given.owner

-- name: every_topic
SELECT topic_id, title, terms FROM topic WHERE bank_id = :bank_id ORDER BY topic_id

-- name: topic_size
SELECT sections FROM topic WHERE bank_id = :bank_id AND topic_id = :topic_id

-- name: entity_of_page
SELECT * FROM entity WHERE bank_id = :bank_id AND page_id = :page_id
