-- What a person needs afterwards: which rejected rows have been mended, what a webhook has been told, and the tasks
-- as a list, newest first.

-- On a live table: constant defaults are noted in the catalogue, no row is rewritten. Whoever holds a lock for
-- long makes this give up, and be run again, rather than hold up everybody behind it.
SET LOCAL lock_timeout = '20s';

ALTER TABLE tasks
    -- the first rows as they stand in the file: [{"fila": …, "cells": […]}, …]
    ADD COLUMN sample         jsonb NOT NULL DEFAULT '[]',
    -- the upload of which this one mends rejected rows
    ADD COLUMN parent_task_id uuid,
    -- how many of its rejected rows an upload like that has brought in since
    ADD COLUMN resolved       bigint NOT NULL DEFAULT 0;
-- held of every row from now on; those that are there have the default, and need not be looked through for it
ALTER TABLE tasks ADD CONSTRAINT tasks_resolved_check CHECK (resolved BETWEEN 0 AND failed) NOT VALID;

ALTER TABLE task_row_errors
    -- which row of the parent it was, where the file said so
    ADD COLUMN origin_fila bigint,
    -- the upload that brought the row in after all
    ADD COLUMN resolved_by uuid;

-- which program made the attempt
ALTER TABLE task_attempts ADD COLUMN version text;

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
