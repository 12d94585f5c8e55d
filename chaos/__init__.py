"""Carga under attack: a stack of its own, a stream of uploads, a seeded nemesis, and an oracle that knows
what must have come of it.

It sees the services as anybody does, over HTTP and as processes; the stores it looks into by itself. Start
with ``run.py``. Not part of what is deployed.
"""
