"""The way others do it, written by us as their documentation recommends, to be measured beside Carga.

Every importer is a Celery task that takes a CSV from the disk, rejects bad rows one by one with a reason, and
writes the rest into the same ``products`` table. Its libraries live in an environment of their own
(``requirements/peers.txt``); only :mod:`bench.peers.driver` runs in ours.
"""
