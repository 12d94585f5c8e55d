-- The ledger: what became of every upload, whatever kind of file it was.
--
-- proveedor_id leads every key, so that the tables can be distributed by provider (Citus and the like)
-- and one batch, with its products, stays on one shard.

CREATE TABLE tasks (
    proveedor_id   text        NOT NULL,
    task_id        uuid        NOT NULL,
    kind           text        NOT NULL,
    filename       text        NOT NULL,
    s3_bucket      text        NOT NULL,
    s3_key         text        NOT NULL,
    sha256         text,
    size_bytes     bigint,
    options        jsonb       NOT NULL DEFAULT '{}',
    correlation_id text,
    -- when the API took the upload; with task_id it orders the uploads of one provider
    accepted_at    timestamptz NOT NULL,

    status         text        NOT NULL CHECK (status IN ('processing', 'completed', 'failed', 'cancelled')),
    -- counts the changes of this row: a reader that holds a higher revision holds newer news
    revision       bigint      NOT NULL DEFAULT 1,
    -- the fencing token: only the attempt that holds the current epoch may write
    epoch          integer     NOT NULL DEFAULT 1,
    lease_owner    text,
    lease_until    timestamptz,
    -- position in the file (for a table: fila) up to which everything is committed
    cursor         bigint      NOT NULL DEFAULT 0,

    total          bigint,
    processed      bigint      NOT NULL DEFAULT 0,
    successful     bigint      NOT NULL DEFAULT 0,
    failed         bigint      NOT NULL DEFAULT 0,
    -- counters of the kind itself, by the names they have in the result
    tallies        jsonb       NOT NULL DEFAULT '{}',

    error_code     text,
    error_params   jsonb       NOT NULL DEFAULT '{}',
    -- json, not jsonb: the keys stay in the order in which a person reads them
    result         json,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    completed_at   timestamptz,

    PRIMARY KEY (proveedor_id, task_id),
    CHECK (processed = successful + failed),
    CHECK ((status = 'processing') = (completed_at IS NULL))
) WITH (fillfactor = 50);  -- room on the page: every batch rewrites the row

-- A status question knows the task id only.
CREATE INDEX tasks_task_id ON tasks (task_id);

-- One row an attempt: who tried, from where, and how it ended ('retry': a store was down; 'released': the
-- worker was told to stop; 'lost': its lease ran out).
CREATE TABLE task_attempts (
    proveedor_id  text        NOT NULL,
    task_id       uuid        NOT NULL,
    epoch         integer     NOT NULL,
    worker        text        NOT NULL,
    start_cursor  bigint      NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    outcome       text        CHECK (outcome IN ('completed', 'failed', 'cancelled', 'crashed', 'retry', 'released',
                                                'lost')),
    PRIMARY KEY (proveedor_id, task_id, epoch),
    FOREIGN KEY (proveedor_id, task_id) REFERENCES tasks ON DELETE CASCADE
);

-- One row a committed batch, written in the transaction that wrote its rows.
CREATE TABLE task_batches (
    proveedor_id  text        NOT NULL,
    task_id       uuid        NOT NULL,
    cursor        bigint      NOT NULL,
    epoch         integer     NOT NULL,
    successful    bigint      NOT NULL,
    failed        bigint      NOT NULL,
    -- what the batch brought into being, in file order (for a catalogue: ids of created products)
    outputs       text[]      NOT NULL DEFAULT '{}',
    committed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (proveedor_id, task_id, cursor),
    FOREIGN KEY (proveedor_id, task_id) REFERENCES tasks ON DELETE CASCADE
);

-- One row a rejected row of the file: faults is [{"code": …, "params": {…}}, …], turned into
-- sentences when somebody reads them.
CREATE TABLE task_row_errors (
    proveedor_id  text        NOT NULL,
    task_id       uuid        NOT NULL,
    fila          bigint      NOT NULL,
    faults        jsonb       NOT NULL,
    PRIMARY KEY (proveedor_id, task_id, fila),
    FOREIGN KEY (proveedor_id, task_id) REFERENCES tasks ON DELETE CASCADE
);
