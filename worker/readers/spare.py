"""``python -m worker.readers.spare PARENT MODULE …``: a reading child that waits for its file.

It has loaded what it takes long to load. Standard input is a socket, over which the one order and the file
come (unix(7), SCM_RIGHTS); where the worker closes it without an order, nobody wants the child any more.
"""

import importlib
import os
import socket
import sys

import msgspec

from worker.parent import die_with_parent
from worker.readers.child import Order, read_to_end

_LONGEST_ORDER = 64 * 1024


def main() -> None:
    """Wait for the order and do as it says."""
    die_with_parent(int(sys.argv[1]))
    for module in sys.argv[2:]:
        importlib.import_module(module)
    with socket.socket(fileno=os.dup(0)) as orders:
        order, files, _, _ = socket.recv_fds(orders, _LONGEST_ORDER, maxfds=1)
    if files:
        os.dup2(files[0], 0)
        os.close(files[0])
        read_to_end(msgspec.json.decode(order, type=Order))


if __name__ == "__main__":
    main()
