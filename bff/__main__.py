"""``python -m bff``: answer requests until SIGTERM or SIGINT."""

from collections.abc import Mapping
from typing import Any

from bff.main import create_app
from bff.proxy import CatalogProxy
from bff.settings import Settings
from common.logs import configure_logs
from common.server import serve

_SHUTDOWN_GRACE_SECONDS = 10


def main() -> None:
    """Start the server as the environment says."""
    settings = Settings()
    configure_logs("bff", settings)
    serve(
        create_app(settings),
        host=settings.bff_host,
        port=settings.bff_port,
        shutdown_grace_seconds=_SHUTDOWN_GRACE_SECONDS,
        on_stop=_end_streams,
    )


def _end_streams(state: Mapping[str, Any]) -> None:
    catalog: CatalogProxy = state["catalog"]
    catalog.stop()


if __name__ == "__main__":
    main()
