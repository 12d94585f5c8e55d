-- Tasks as a list, newest first, and what hangs together with one.

-- Apart from the new columns, for those have to have the table to themselves, and this takes as long as the table is
-- large: of a month's tasks, a second or so, in which they can be read but not changed.
SET LOCAL lock_timeout = '20s';

-- None of these has a column that a batch changes, so a batch still rewrites its row in place (HOT).
CREATE INDEX tasks_newest ON tasks (accepted_at DESC, task_id DESC);
CREATE INDEX tasks_newest_by_status ON tasks (status, accepted_at DESC, task_id DESC);
CREATE INDEX tasks_newest_of_provider ON tasks (proveedor_id, accepted_at DESC, task_id DESC);
CREATE INDEX tasks_parent ON tasks (proveedor_id, parent_task_id) WHERE parent_task_id IS NOT NULL;
-- whether a task that is told of had been given up before
CREATE INDEX dead_letters_task_id ON dead_letters (task_id);
