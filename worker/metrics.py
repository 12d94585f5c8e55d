"""What the worker counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

#: Seconds. Ten rows take milliseconds; a batch of thousands on a busy database takes seconds.
_BATCH_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one worker, from its start on."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.tasks = Counter("carga_worker_tasks", "Tasks that ended here", ["outcome"], registry=registry)
        self.rows = Counter("carga_worker_rows", "Rows committed", ["outcome"], registry=registry)
        self.batch_seconds = Histogram(
            "carga_worker_batch_seconds",
            "Writing a batch of rows, commit included",
            buckets=_BATCH_BUCKETS,
            registry=registry,
        )
        self.slots = Gauge("carga_worker_slots", "Uploads that can be handled at a time", registry=registry)
        self.slots_busy = Gauge("carga_worker_slots_busy", "Uploads being handled", registry=registry)
        self.store_up = Gauge(
            "carga_worker_store_up", "Whether a store answers (1) or not (0)", ["store"], registry=registry
        )
        self.retries = Counter(
            "carga_worker_retries", "Messages given back, to be tried again", ["reason"], registry=registry
        )
        self.passed_over = Counter(
            "carga_worker_passed_over", "Messages left for others' turn", ["reason"], registry=registry
        )
        self.dead_letters = Counter(
            "carga_worker_dead_letters", "Messages taken from the dead-letter queue", registry=registry
        )
        self.error_files = Counter(
            "carga_worker_error_files", "Error files ordered of uploads", ["outcome"], registry=registry
        )
        self.webhooks = Counter(
            "carga_worker_webhooks", "Tries to tell of a task that ended", ["outcome"], registry=registry
        )
        self.reconciled = Counter(
            "carga_worker_reconciled", "What the reconciler put right", ["what"], registry=registry
        )

    def batch(self, successful: int, failed: int, seconds: float) -> None:
        """Count a committed batch."""
        self.rows.labels("successful").inc(successful)
        self.rows.labels("failed").inc(failed)
        self.batch_seconds.observe(seconds)

    def render(self) -> bytes:
        """Return everything in the text format of Prometheus."""
        return generate_latest(self._registry)
