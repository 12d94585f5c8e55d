"""``python -m bff``: answer requests until SIGTERM or SIGINT."""

import uvicorn

from bff.main import create_app
from bff.settings import Settings
from common.logs import configure_logs


def main() -> None:
    """Start the server as the environment says."""
    settings = Settings()
    configure_logs("bff", settings)
    uvicorn.run(
        create_app(settings),
        host=settings.bff_host,
        port=settings.bff_port,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # X-Forwarded-For is passed on as it came: the peer's own address is what is added to it
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
