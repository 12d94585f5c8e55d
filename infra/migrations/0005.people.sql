-- What a person needs afterwards: which rejected rows have been mended, what a webhook has been told, and the tasks
-- as a list, newest first.

-- Whoever holds a lock for long makes this give up, and be run again, rather than hold up everybody behind it.
SET LOCAL lock_timeout = '20s';

ALTER TABLE tasks
    -- the first rows as they stand in the file: [{"fila": …, "cells": […]}, …]
    ADD COLUMN sample         jsonb NOT NULL DEFAULT '[]',
    -- the upload of which this one mends rejected rows
    ADD COLUMN parent_task_id uuid,
    -- how many of its rejected rows an upload like that has brought in since
    ADD COLUMN resolved       bigint NOT NULL DEFAULT 0 CHECK (resolved BETWEEN 0 AND failed);

ALTER TABLE task_row_errors
    -- which row of the parent it was, where the file said so
    ADD COLUMN origin_fila bigint,
    -- the upload that brought the row in after all
    ADD COLUMN resolved_by uuid;

-- which program made the attempt
ALTER TABLE task_attempts ADD COLUMN version text;

-- None of these has a column that a batch changes, so a batch still rewrites its row in place (HOT).
CREATE INDEX tasks_newest ON tasks (accepted_at DESC, task_id DESC);
CREATE INDEX tasks_newest_by_status ON tasks (status, accepted_at DESC, task_id DESC);
CREATE INDEX tasks_newest_of_provider ON tasks (proveedor_id, accepted_at DESC, task_id DESC);
CREATE INDEX tasks_parent ON tasks (proveedor_id, parent_task_id) WHERE parent_task_id IS NOT NULL;
-- whether a task that is told of had been given up before
CREATE INDEX dead_letters_task_id ON dead_letters (task_id);

-- What a provider's webhook has been told of a task that ended: at least once, hence the time of the answer.
CREATE TABLE webhook_deliveries (
    proveedor_id  text        NOT NULL,
    task_id       uuid        NOT NULL,
    attempts      integer     NOT NULL DEFAULT 0,
    -- not to be tried before; also the lease of the worker that is trying
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at  timestamptz,
    given_up_at   timestamptz,
    -- of the last try: an HTTP status, or the name of a fault
    last_answer   text,
    PRIMARY KEY (proveedor_id, task_id),
    FOREIGN KEY (proveedor_id, task_id) REFERENCES tasks ON DELETE CASCADE
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at)
 WHERE delivered_at IS NULL AND given_up_at IS NULL;
