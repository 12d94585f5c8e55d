"""The worker: takes uploads from the queue and turns each file into rows in PostgreSQL."""
