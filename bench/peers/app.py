"""The Celery application of all peers: broker and results on Redis, as its documentation starts out."""

import os

from celery import Celery

app = Celery(
    "peers",
    broker=os.environ["PEERS_REDIS_URL"],
    backend=os.environ["PEERS_REDIS_URL"],
    include=[
        "bench.peers.row_by_row",
        "bench.peers.bulk",
        "bench.peers.bulk_copy",
        "bench.peers.django_bulk",
    ],
)
app.conf.update(
    task_serializer="json",
    result_serializer="json",
    worker_prefetch_multiplier=1,  # "Optimizing", for long tasks
    broker_connection_retry_on_startup=True,
)
