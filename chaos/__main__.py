"""``python -m chaos``: one run, a report, and an exit code that says whether every promise was kept."""

import asyncio
import json
import random
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer

from chaos.faults import Fault
from chaos.process import ROOT
from chaos.run import Plan, run

_REPORTS = ROOT / ".carga" / "chaos"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def main(
    kills: Annotated[int, typer.Option(min=1, help="Procesos que se matan. / Processes to kill.")] = 20,
    seed: Annotated[
        int | None, typer.Option(help="Semilla; sin ella, una al azar. / Seed; without one, a random one.")
    ] = None,
    faults: Annotated[
        str, typer.Option(help=f"Fallas, separadas por comas: {', '.join(Fault)}. / Faults, by commas.")
    ] = ",".join(Fault),
    workers: Annotated[int, typer.Option(min=1, max=8, help="Workers.")] = 2,
    reports: Annotated[
        Path, typer.Option(help="Directorio de informes y bitácoras. / Directory of reports and logs.")
    ] = _REPORTS,
    as_json: Annotated[
        bool, typer.Option("--json", help="Un documento JSON en stdout. / One JSON document on stdout.")
    ] = False,
) -> None:
    """Mata, congela y corta mientras se suben archivos, y comprueba que nada se perdió ni se duplicó. / Kill,
    freeze and cut while files are uploaded, and check that nothing was lost or doubled."""
    plan = Plan(random.randrange(10**6) if seed is None else seed, kills, _parse(faults), workers)  # noqa: S311
    reports.mkdir(parents=True, exist_ok=True)
    directory = Path(mkdtemp(prefix=f"seed-{plan.seed}-", dir=reports))
    print(f"seed {plan.seed}: {directory}", file=sys.stderr)
    report = asyncio.run(run(plan, directory))
    (directory / "report.json").write_text(json.dumps(report.document(), indent=2, ensure_ascii=False) + "\n")
    if report.is_clean:
        # what was found wrong is looked for in the tables; otherwise nobody needs them
        shutil.rmtree(directory / "stores")
    if as_json:
        print(json.dumps(report.document(), indent=2, ensure_ascii=False))
    else:
        print("\n".join(report.lines()))
    sys.exit(0 if report.is_clean else 1)


def _parse(names: str) -> list[Fault]:
    try:
        return [Fault(name.strip()) for name in names.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"{error}; {', '.join(Fault)}") from error


if __name__ == "__main__":
    app(prog_name="carga chaos")
