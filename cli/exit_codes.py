"""What an exit code of ``./carga`` says. The launcher and ``bootstrap.py`` know two of them by number."""

from enum import IntEnum


class ExitCode(IntEnum):
    """One meaning a number, the same for every command."""

    OK = 0
    #: The import failed or was cancelled, a file that was looked into would not load, a check of the doctor
    #: failed, a test failed.
    FAILED = 1
    #: The command line makes no sense, the file does not exist, the service refused the request.
    USAGE = 2
    #: Nobody answers at that address, or what was asked for is running or not running already.
    UNREACHABLE = 3
    #: What the commands need could not be installed or started.
    SETUP_FAILED = 4
    #: The import completed, and some rows were rejected.
    REJECTED_ROWS = 5
    #: Ctrl-C.
    INTERRUPTED = 130
