"""All that a client of the upload API is told when it is refused.

Problem (common.problems)
├── UploadRefused                        something about the upload itself
│   ├── BadForm                     400  the body is not a form with one file
│   │   ├── NotMultipart                   not_multipart
│   │   ├── MalformedMultipart             malformed_multipart
│   │   ├── FormOverLimits                 form_over_limits
│   │   ├── FileMissing                    file_missing
│   │   ├── WrongFileField                 wrong_file_field
│   │   ├── SeveralFiles                   several_files
│   │   ├── FilenameMissing                filename_missing
│   │   ├── FileEmpty                      file_empty
│   │   └── UploadInterrupted              upload_interrupted
│   ├── UploadStalled               408    upload_stalled
│   ├── UploadTooSlow               408    upload_too_slow
│   ├── FileTooLarge                413    file_too_large
│   ├── UnsupportedExtension        415    unsupported_extension
│   └── ContentMismatch             415    content_mismatch
├── BadParameter                    422  a parameter or header that has a rule of its own
│   ├── InvalidProviderId                  invalid_proveedor_id
│   ├── InvalidBoolean                     invalid_boolean
│   ├── InvalidCursor                      invalid_cursor
│   ├── InvalidIdempotencyKey              invalid_idempotency_key
│   └── IdempotencyKeyReused               idempotency_key_reused
├── TaskNotFound                    404    task_not_found
├── TaskOver                        409    task_over
├── TaskNotOver                     409    task_not_over
├── NoRejectedRows                  404    no_rejected_rows
├── TaskWasDryRun                   409    task_was_dry_run
├── UploadGone                      410    upload_gone
├── ReportImpossible                422    report_impossible
├── ReportInPreparation             503    report_in_preparation
├── ProductNotFound                 404    product_not_found
├── TooManyUploads              503    too_many_uploads
├── TooManyListeners            503    too_many_listeners
└── StoreUnavailable            503  a store is down; with Retry-After
    ├── StorageUnavailable                 storage_unavailable
    ├── QueueUnavailable                   queue_unavailable
    ├── DatabaseUnavailable                database_unavailable
    └── StatusUnavailable                  status_unavailable
"""

from common.problems import Problem
from common.texts import Text


class UploadRefused(Problem):
    """The upload cannot be taken as it is."""


class BadForm(UploadRefused):
    """The body is not a form with one file in it."""

    status = 400


class NotMultipart(BadForm):
    """Another content type than multipart/form-data, or none."""

    code = "not_multipart"
    text = Text(
        "Envíe el archivo como formulario multipart/form-data, en el campo «file» "
        "(con curl: -F file=@productos.xlsx)",
        "Send the file as a multipart/form-data form, in the field “file” "
        "(with curl: -F file=@productos.xlsx)",
    )


class MalformedMultipart(BadForm):
    """The body does not follow multipart/form-data, or ends too early."""

    code = "malformed_multipart"
    text = Text(
        "El formulario llegó incompleto o mal formado; compruebe que el separador (boundary) sea el del "
        "encabezado Content-Type y vuelva a enviarlo",
        "The form arrived incomplete or malformed; check that its boundary is that of the Content-Type "
        "header and send it again",
    )


class FormOverLimits(BadForm):
    """More parts, longer headers or more text beside the file than a form needs."""

    code = "form_over_limits"
    text = Text(
        "El formulario pasa de lo admitido: {parts} partes, {header_bytes} bytes por encabezado (en uno va "
        "el nombre del archivo) y {other_bytes} bytes fuera del archivo; envíe solo el archivo, con un "
        "nombre más corto",
        "The form is over the limits: {parts} parts, {header_bytes} bytes a header (the file's name is in "
        "one) and {other_bytes} bytes beside the file; send the file only, under a shorter name",
    )


class FileMissing(BadForm):
    """No part of the form is a file."""

    code = "file_missing"
    text = Text(
        "El formulario no trae ningún archivo; adjúntelo en el campo «file»",
        "The form holds no file; attach it in the field “file”",
    )


class WrongFileField(BadForm):
    """The file is in a field of another name."""

    code = "wrong_file_field"
    text = Text(
        "El archivo llegó en el campo «{field}»; envíelo en el campo «file»",
        "The file came in the field “{field}”; send it in the field “file”",
    )


class SeveralFiles(BadForm):
    """More than one file."""

    code = "several_files"
    text = Text(
        "El formulario trae más de un archivo; envíe uno por solicitud",
        "The form holds more than one file; send one per request",
    )


class FilenameMissing(BadForm):
    """The file has no name (what a browser sends when no file was chosen)."""

    code = "filename_missing"
    text = Text(
        "El archivo no tiene nombre; elija un archivo .xlsx o .csv y envíelo con su nombre",
        "The file has no name; choose an .xlsx or .csv file and send it with its name",
    )


class FileEmpty(BadForm):
    """The file has no bytes."""

    code = "file_empty"
    text = Text(
        "El archivo está vacío (0 bytes); compruebe que se guardó bien y vuelva a enviarlo",
        "The file is empty (0 bytes); check that it was saved properly and send it again",
    )


class UploadInterrupted(BadForm):
    """The client went away in mid-upload: nobody is left to read this, the log is."""

    code = "upload_interrupted"
    text = Text(
        "La conexión se cortó antes de recibir todo el archivo; vuelva a enviarlo",
        "The connection broke before the whole file had arrived; send it again",
    )


class UploadStalled(UploadRefused):
    """The body stopped coming, or trickles."""

    status = 408
    code = "upload_stalled"
    text = Text(
        "El archivo dejó de llegar durante {seconds} segundos; revise la conexión y vuelva a enviarlo",
        "The file stopped arriving for {seconds} seconds; check the connection and send it again",
    )


class UploadTooSlow(UploadRefused):
    """The body keeps coming, and would for hours."""

    status = 408
    code = "upload_too_slow"
    text = Text(
        "El archivo no terminó de llegar en {seconds} segundos; use una conexión más rápida o divídalo",
        "The file had not arrived after {seconds} seconds; use a faster connection or split it",
    )


class FileTooLarge(UploadRefused):
    """Over the limit, by its declared length or while reading."""

    status = 413
    code = "file_too_large"
    text = Text(
        "El archivo supera el máximo de {limit_mb} MB; divídalo en archivos menores",
        "The file is over the limit of {limit_mb} MB; split it into smaller files",
    )


class UnsupportedExtension(UploadRefused):
    """A kind of file that is not taken, by its name."""

    status = 415
    code = "unsupported_extension"
    text = Text(
        "Solo se admiten archivos {allowed}; guarde el suyo en uno de esos formatos",
        "Only {allowed} files are taken; save yours in one of these formats",
    )


class ContentMismatch(UploadRefused):
    """The first bytes are not those of the kind of file that the extension names."""

    status = 415
    code = "content_mismatch"
    text = Text(
        "El contenido no es el de un archivo {extension}, aunque el nombre lo diga; ábralo en su hoja de "
        "cálculo, guárdelo como {extension} (sin contraseña) y vuelva a enviarlo",
        "The content is not that of an {extension} file, whatever its name says; open it in your "
        "spreadsheet program, save it as {extension} (without a password) and send it again",
    )


class BadParameter(Problem):
    """A parameter or header of the wrong form."""

    status = 422


class InvalidProviderId(BadParameter):
    """Not what a provider's id may be."""

    code = "invalid_proveedor_id"
    text = Text(
        "proveedor_id no es válido: use de 1 a 64 letras sin tilde, dígitos, «.», «_» o «-», "
        "y empiece por letra o dígito",
        "proveedor_id is not valid: use 1 to 64 unaccented letters, digits, “.”, “_” or “-”, "
        "and start with a letter or digit",
    )


class InvalidBoolean(BadParameter):
    """Neither yes nor no."""

    code = "invalid_boolean"
    text = Text(
        "{parameter} debe ser true o false (también 1 o 0, sí o no)",
        "{parameter} must be true or false (1 or 0, si or no will do too)",
    )


class InvalidCursor(BadParameter):
    """A place in a list that this API never handed out."""

    code = "invalid_cursor"
    text = Text(
        "{parameter} no es una posición de esta lista; use la que vino con la página anterior, o ninguna",
        "{parameter} is no place in this list; use the one that came with the page before, or none",
    )


class InvalidIdempotencyKey(BadParameter):
    """A key that cannot be told apart safely."""

    code = "invalid_idempotency_key"
    text = Text(
        "Idempotency-Key debe tener de 1 a 255 caracteres ASCII visibles, sin espacios",
        "Idempotency-Key must have 1 to 255 visible ASCII characters, without spaces",
    )


class IdempotencyKeyReused(BadParameter):
    """The key came with another upload before."""

    code = "idempotency_key_reused"
    text = Text(
        "Esta Idempotency-Key ya se usó con otro contenido u otros parámetros; use una nueva",
        "This Idempotency-Key was used with other content or other parameters already; use a new one",
    )


class TaskNotFound(Problem):
    """No upload has this id."""

    status = 404
    code = "task_not_found"
    text = Text("No existe la carga {task_id}", "There is no upload {task_id}")


class TaskOver(Problem):
    """The task has ended: there is nothing left to call off."""

    status = 409
    code = "task_over"
    text = Text(
        "La carga ya terminó ({status_of_task}); ya no se puede cancelar",
        "The upload is over ({status_of_task}); it can no longer be cancelled",
    )


class TaskNotOver(Problem):
    """The task has not ended: what is asked for does not exist yet."""

    status = 409
    code = "task_not_over"
    text = Text(
        "La carga aún no termina ({status_of_task}); vuelva a pedirlo cuando termine",
        "The upload is not over yet ({status_of_task}); ask again when it is",
    )


class NoRejectedRows(Problem):
    """Nothing was rejected, or all of that has been brought in since."""

    status = 404
    code = "no_rejected_rows"
    text = Text(
        "La carga no tiene filas rechazadas por corregir",
        "The upload has no rejected rows left to mend",
    )


class TaskWasDryRun(Problem):
    """Nothing was loaded: its rejected rows alone would be a part of a catalogue without the rest."""

    status = 409
    code = "task_was_dry_run"
    text = Text(
        "La carga fue una prueba y no cargó nada; corrija su archivo y súbalo completo",
        "The upload was a trial and loaded nothing; mend your file and upload it whole",
    )


class UploadGone(Problem):
    """The file has been kept for as long as files are kept."""

    status = 410
    code = "upload_gone"
    text = Text(
        "El archivo de la carga ya no se conserva; vuelva a subirlo desde su original",
        "The file of the upload is no longer kept; upload it again from your original",
    )


class ReportImpossible(Problem):
    """A worker has tried: the file cannot be read any more. Asking again changes nothing."""

    status = 422
    code = "report_impossible"
    text = Text(
        "El archivo de la carga ya no se puede leer para extraer sus filas rechazadas; corrija su propio "
        "archivo y súbalo",
        "The file of the upload can no longer be read to extract its rejected rows; mend your own file and "
        "upload it",
    )


class ReportInPreparation(Problem):
    """The rejected rows are being written into a file; asking again is right."""

    status = 503
    code = "report_in_preparation"
    text = Text(
        "El archivo de filas rechazadas se está preparando; vuelva a pedirlo en unos segundos",
        "The file of rejected rows is being prepared; ask for it again in a few seconds",
    )
    retry_after = 2


class ProductNotFound(Problem):
    """The provider has no product of this id."""

    status = 404
    code = "product_not_found"
    text = Text(
        "El proveedor {proveedor_id} no tiene un producto con id «{id}»",
        "Provider {proveedor_id} has no product with id “{id}”",
    )


class TooManyUploads(Problem):
    """As many uploads are arriving as there is memory for; nothing of this one was read."""

    status = 503
    code = "too_many_uploads"
    text = Text(
        "Se están recibiendo demasiados archivos a la vez; vuelva a intentarlo en unos segundos",
        "Too many files are arriving at the same time; try again in a few seconds",
    )
    retry_after = 5


class TooManyListeners(Problem):
    """As many clients wait for news of a task as may; polling without waiting still works."""

    status = 503
    code = "too_many_listeners"
    text = Text(
        "Demasiados clientes esperan novedades a la vez; consulte el estado sin esperar, o vuelva a "
        "intentarlo en unos segundos",
        "Too many clients are waiting for news; ask for the status without waiting, or try again in a few "
        "seconds",
    )
    retry_after = 5


class StoreUnavailable(Problem):
    """A store did not answer; nothing was taken, and trying again is right."""

    status = 503
    retry_after = 5


class StorageUnavailable(StoreUnavailable):
    """S3 is down."""

    code = "storage_unavailable"
    text = Text(
        "El almacenamiento de archivos no está disponible; vuelva a intentarlo en unos segundos",
        "File storage is unavailable; try again in a few seconds",
    )


class QueueUnavailable(StoreUnavailable):
    """SQS is down."""

    code = "queue_unavailable"
    text = Text(
        "La cola de procesamiento no está disponible; vuelva a intentarlo en unos segundos",
        "The processing queue is unavailable; try again in a few seconds",
    )


class DatabaseUnavailable(StoreUnavailable):
    """PostgreSQL is down."""

    code = "database_unavailable"
    text = Text(
        "La base de datos no está disponible; vuelva a intentarlo en unos segundos",
        "The database is unavailable; try again in a few seconds",
    )


class StatusUnavailable(StoreUnavailable):
    """Those who know what became of the task do not answer: never a guess."""

    code = "status_unavailable"
    text = Text(
        "El estado de la carga no se puede consultar por ahora; vuelva a intentarlo en unos segundos",
        "The state of the upload cannot be read for now; try again in a few seconds",
    )
