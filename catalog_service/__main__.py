"""``python -m catalog_service``: the upload API on its port."""

from catalog_service.main import create_app, end_streams
from catalog_service.settings import Settings
from common.failpoints import arm_failpoint
from common.logs import configure_logs
from common.server import serve


def main() -> None:
    """Read the settings and serve."""
    settings = Settings()
    configure_logs("catalog_service", settings)
    arm_failpoint()
    app = create_app(settings)
    serve(
        app,
        host=settings.catalog_host,
        port=settings.catalog_port,
        shutdown_grace_seconds=settings.shutdown_grace_seconds,
        on_stop=lambda _: end_streams(app),
    )


if __name__ == "__main__":
    main()
