"""``python -m cli``, started by ``./carga``: all the commands.

What only one command needs is imported by that command: loading the clients of every store takes longer than
most commands run.
"""

import typer

from cli import developers, operators, people
from cli.command import PASS_ON, examples

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Un archivo de catálogo entra, productos salen. / A catalogue file goes in, products come out.",
    epilog=examples(
        "demo",
        "up --detach",
        "upload productos.xlsx --proveedor PROV001",
        "--install-completion      # bash, zsh, fish",
    ),
)

app.command()(operators.demo)
app.command()(operators.up)
app.command()(operators.down)
app.command(epilog=people.UPLOAD_EXAMPLES)(people.upload)
app.command(epilog=people.STATUS_EXAMPLES)(people.status)
app.command(epilog=people.TASKS_EXAMPLES)(people.tasks)
app.command(epilog=people.ERRORS_EXAMPLES)(people.errors)
app.command(epilog=people.RETRY_EXAMPLES)(people.retry)
app.command()(people.cancel)
app.command(epilog=people.TEMPLATE_EXAMPLES)(people.template)
app.command(epilog=people.INSPECT_EXAMPLES)(people.inspect)
app.command()(operators.doctor)
app.add_typer(operators.letters, name="dlq")
app.command()(operators.reconcile)
app.command()(developers.lint)
app.command(context_settings=PASS_ON)(developers.test)
app.command(context_settings=PASS_ON)(developers.bench)
app.command(context_settings=PASS_ON)(developers.chaos)


if __name__ == "__main__":
    app(prog_name="carga")
