"""Runs in LocalStack's own venv: start LocalStack, for this machine and this clone only.

LocalStack 4.9 to 4.14 read a host in ``GATEWAY_LISTEN`` and then listen on every interface all the same,
which would offer the buckets of whoever runs Carga to the whole network. And they keep every bucket below one
folder of a fixed name in ``/tmp``, which two of them, or two people, would share.
"""

import tempfile
from functools import partial

from localstack.services.s3 import provider
from twisted.internet import endpoints

endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")
provider.DEFAULT_S3_TMP_DIR = tempfile.mkdtemp(prefix="s3-")

from localstack.runtime.main import main  # noqa: E402 (it looks the class up while it starts)

main()
