-- Statements of the index of words.

-- name: word_blocks
-- The blocks of a bank's rows of one kind.
SELECT id, rows, sizes FROM word_block WHERE bank_id = :bank_id AND kind = :kind ORDER BY id

-- name: entries
-- Where words stand in a bank's rows of one kind, word by word: each costs one lookup a block.
SELECT wanted.place - 1, word.block, word.entries
FROM unnest(:words::text[]) WITH ORDINALITY AS wanted (value, place)
JOIN word_block ON bank_id = :bank_id AND kind = :kind
JOIN word ON word.block = word_block.id AND word.word = wanted.value
ORDER BY wanted.place, word.block

-- name: block_with_room
-- A block of a bank that has free slots.
SELECT id, rows, sizes FROM word_block
WHERE bank_id = :bank_id AND kind = :kind AND slots = :slots AND used <= :most
ORDER BY used, id LIMIT 1

-- name: word_block
-- One block.
SELECT id, rows, sizes FROM word_block WHERE id = :block AND bank_id = :bank_id

-- name: block_of
-- The block that a row is in.
SELECT block FROM word_row WHERE id = :row

-- name: add_word_block
-- Add a block.
INSERT INTO word_block (bank_id, kind, slots, used, rows, sizes)
VALUES (:bank_id, :kind, :slots, :used, :rows, :sizes)
RETURNING id

-- name: put_word_block
-- Write which rows a block holds.
UPDATE word_block SET used = :used, rows = :rows, sizes = :sizes
WHERE id = :id AND bank_id = :bank_id

-- name: drop_word_block
-- Remove a block that holds no row.
DELETE FROM word_block WHERE id = :id AND bank_id = :bank_id

-- name: put_word_row
-- Note the block that rows are in.
INSERT INTO word_row (id, block)
SELECT "row", block
FROM :rows ("row" bigint, block bigint)
ON CONFLICT (id) DO UPDATE SET block = excluded.block

-- name: drop_word_row
-- Forget where a row was.
DELETE FROM word_row WHERE id = :row

-- name: add_entries
-- Add where words stand in a block.
INSERT INTO word (block, word, entries)
SELECT block, word, entries
FROM :rows (block bigint, word text, entries bytea)
ON CONFLICT (block, word) DO UPDATE SET entries = word.entries || excluded.entries

-- name: entries_of
-- Where some words stand in a block.
SELECT word, entries FROM word
WHERE block = :block AND word = ANY(:words::text[])

-- name: words_of
-- Where the words of a block stand.
SELECT word, entries FROM word WHERE block = :block

-- name: drop_words
-- Remove the words of a block.
DELETE FROM word WHERE block = :block

-- name: put_entries
-- Write where a word stands in a block.
UPDATE word SET entries = :entries WHERE block = :block AND word = :word

-- name: drop_word
-- Remove a word that no row of a block has.
DELETE FROM word WHERE block = :block AND word = :word
