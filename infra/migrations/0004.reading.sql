-- How a file was understood, and its faults as groups: what a person reads first.

-- On a live table: a constant default is noted in the catalogue, no row is rewritten. Whoever holds a lock for
-- long makes this give up, and be run again, rather than hold up everybody behind it.
SET LOCAL lock_timeout = '20s';

ALTER TABLE tasks
    -- [{"column": …, "header": …, "place": …, "how": …}, …]
    ADD COLUMN columns jsonb NOT NULL DEFAULT '[]',
    -- warnings: [{"code": …, "params": {…}}, …], turned into sentences when somebody reads them
    ADD COLUMN notices jsonb NOT NULL DEFAULT '[]',
    -- how the file was read: encoding, delimiter, sheet …
    ADD COLUMN facts   jsonb NOT NULL DEFAULT '{}';

-- One row a kind of fault of a task, counted with every batch: the same fault in thousands of rows is one thing
-- to mend. A row of the file with two kinds of faults counts in both.
CREATE TABLE task_fault_groups (
    proveedor_id  text        NOT NULL,
    task_id       uuid        NOT NULL,
    code          text        NOT NULL,
    -- '': the fault is the whole row's
    column_name   text        NOT NULL,
    row_count     bigint      NOT NULL,
    first_fila    bigint      NOT NULL,
    PRIMARY KEY (proveedor_id, task_id, code, column_name),
    FOREIGN KEY (proveedor_id, task_id) REFERENCES tasks ON DELETE CASCADE
) WITH (fillfactor = 50);  -- room on the page: every batch counts on
