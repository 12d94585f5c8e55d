-- What it takes to bring back what went astray: messages given up on, uploads announced again.

-- Messages that the queue gave up on. Those whose body is no upload belong to no task.
CREATE TABLE dead_letters (
    message_id     text        PRIMARY KEY,
    task_id        uuid,
    proveedor_id   text,
    body           text        NOT NULL,
    correlation_id text        NOT NULL,
    -- how often the message was delivered before it was given up
    deliveries     integer     NOT NULL,
    reason         text        NOT NULL CHECK (reason IN ('too_many_attempts', 'unreadable')),
    buried_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- when its body was sent again
    redriven_at    timestamptz,
    CHECK ((task_id IS NULL) = (reason = 'unreadable'))
);

-- When an upload was last put back on the queue because no message seemed to account for it.
CREATE TABLE announcements (
    proveedor_id text        NOT NULL,
    task_id      uuid        NOT NULL,
    sent_at      timestamptz NOT NULL,
    PRIMARY KEY (proveedor_id, task_id)
);

-- The name of an object in S3 tells the task id only.
CREATE INDEX announcements_task_id ON announcements (task_id);

-- When the last round of the reconciler began, so that many workers do not make many rounds.
CREATE TABLE reconciler_rounds (
    only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    began_at timestamptz NOT NULL
);

-- Neither index has a column that a batch changes, so a batch still rewrites its row in place (HOT).
CREATE INDEX tasks_processing ON tasks (task_id) WHERE status = 'processing';
CREATE INDEX tasks_completed_at ON tasks (completed_at) WHERE completed_at IS NOT NULL;
