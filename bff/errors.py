"""What a client is told when the catalogue service cannot be asked.

    Problem (common.problems)
    └── CatalogFailed
        ├── CatalogUnavailable      503  catalog_unavailable      with Retry-After
        ├── CatalogTimeout          504  catalog_timeout
        └── CatalogAnswerInvalid    502  catalog_answer_invalid

Whatever the catalogue service itself answers, its own problems included, is passed on as it is.
"""

from common.problems import Problem
from common.texts import Text


class CatalogFailed(Problem):
    """The catalogue service gave no answer that could be passed on."""


class CatalogUnavailable(CatalogFailed):
    """It cannot be reached, or hung up."""

    status = 503
    code = "catalog_unavailable"
    text = Text(
        "El servicio de catálogo no está disponible; vuelva a intentarlo en unos segundos",
        "The catalogue service is unavailable; try again in a few seconds",
    )
    retry_after = 5


class CatalogTimeout(CatalogFailed):
    """It took too long to answer, or to take what it was sent."""

    status = 504
    code = "catalog_timeout"
    text = Text(
        "El servicio de catálogo no respondió a tiempo. Si enviaba un archivo, puede que se haya recibido: "
        "repita la carga con la misma Idempotency-Key o revise su estado",
        "The catalogue service did not answer in time. If you were sending a file, it may have arrived: "
        "repeat the upload with the same Idempotency-Key or look at its status",
    )


class CatalogAnswerInvalid(CatalogFailed):
    """What it sent is not HTTP."""

    status = 502
    code = "catalog_answer_invalid"
    text = Text(
        "El servicio de catálogo dio una respuesta que no se entiende; vuelva a intentarlo",
        "The catalogue service gave an answer that cannot be understood; try again",
    )
