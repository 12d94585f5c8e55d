"""Runs in LocalStack's own venv: start LocalStack, listening on loopback only.

LocalStack 4.9 to 4.14 read a host in ``GATEWAY_LISTEN`` and then listen on every interface all the same,
which would offer the buckets of whoever runs Carga to the whole network.
"""

from functools import partial

from twisted.internet import endpoints

endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")

from localstack.runtime.main import main  # noqa: E402 (it looks the class up while it starts)

main()
