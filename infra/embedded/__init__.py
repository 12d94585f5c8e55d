"""PostgreSQL, Valkey (speaks Redis) and LocalStack (S3 and SQS) as child processes: no Docker, no root.

They are the real servers, started from the packages that bring them, and listen on 127.0.0.1 only.
Start with ``stores.py``: the three together, ready for the services.
"""
