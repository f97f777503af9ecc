-- What saves added to the lists of runs, so that a list that grows is not written whole each time.
-- A list is its field's value and then these, by their ids. The id begins with that of the run, so
-- that the rows of a run lie side by side, and a row costs a transition no page of an index.
CREATE TABLE run_added (
    id INTEGER PRIMARY KEY,   -- (run's id << 32) + a number
    name TEXT NOT NULL,
    body BLOB NOT NULL
);

CREATE TRIGGER delete_run_added AFTER DELETE ON run BEGIN
    DELETE FROM run_added WHERE id >= OLD.id << 32 AND id < (OLD.id + 1) << 32;
END;
