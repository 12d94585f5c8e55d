"""What can go wrong with an embedded store."""


class StoreError(Exception):
    """An embedded store could not be made to run; the message says why and where its log is."""


class ExitedEarly(StoreError):
    """The server ended before it answered."""


class PortTaken(StoreError):
    """Something else listens on the port that the store was told to use."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(f"{name}: port {port} is taken")
        self.port = port
