"""Work that may be done beside other work, by a thread if there is one for it."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

#: Takes a function and its arguments, and returns what will hold its result: ``Executor.submit``, or
#: :func:`at_once`.
Submit = Callable[..., Future[Any]]


def at_once(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """Do the work before returning: where no thread is to be had."""
    done: Future[Any] = Future()
    try:
        done.set_result(work(*arguments))
    except BaseException as error:  # noqa: BLE001 - a panic in Rust is no Exception
        done.set_exception(error)
    return done
