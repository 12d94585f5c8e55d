"""Loopback ports that nobody listens on."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 15_000
_HIGHEST = 32_000


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now; connections that are winding down do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port to listen on, below those from which the kernel serves outgoing connections.

    One from that range could be taken by any client while its server restarts; a client that tries to reach
    the absent server can even be given the very port and connect to itself.
    """
    highest = min(_HIGHEST, _first_outgoing_port() - 1)
    lowest = min(_LOWEST, highest // 2)
    # Random, so that two that look at the same moment seldom choose the same.
    candidates = random.sample(range(lowest, highest), k=100)
    for port in candidates:
        if is_free(port):
            return port
    raise OSError(f"none of 100 ports tried between {lowest} and {highest} is free")


def _first_outgoing_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _HIGHEST
