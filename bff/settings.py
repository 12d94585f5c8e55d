"""Settings of the BFF, read once from the environment."""

from pydantic import AnyHttpUrl, Field

from common.settings import HttpSettings, LogSettings


class Settings(HttpSettings, LogSettings):
    """Each field is an environment variable of the same name in capitals."""

    bff_host: str = "127.0.0.1"
    bff_port: int = Field(default=8001, ge=0, le=65_535)
    #: The only place to which requests are passed on.
    catalog_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:3001")
    #: How long to wait for a connection to the catalogue service.
    catalog_connect_timeout_seconds: float = Field(default=3, gt=0)
    #: How long it may take to answer, once it has the whole request, and between the parts of an answer.
    catalog_read_timeout_seconds: float = Field(default=60, gt=0)
    #: How long it may leave a piece of an upload unread.
    catalog_write_timeout_seconds: float = Field(default=30, gt=0)
    #: Requests passed on at the same time; who waits for news of a task takes one all the while.
    catalog_connections: int = Field(default=1000, ge=1)
