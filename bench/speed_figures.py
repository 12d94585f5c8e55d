"""What the runs of ``bench import`` come to: medians, and ratios within the same run."""

from bench.figures import Row, add_ratios, find, medians
from bench.peers.driver import PEERS
from bench.speed import Run


def speed_medians(runs: list[Run]) -> list[Row]:
    """Return a row for each way, kind of file and pass, by the median of its seconds.

    ``ratio_to_floor`` compares with the floor of as many rows, ``ratio_to_fastest`` with the size at which
    the same way was fastest; ``carga_is`` says of a peer how many times as many rows Carga does in a second,
    at the first size of CSV.
    """
    rows = medians(runs, by=("way", "format", "rows", "writes"))
    for row in rows:
        row["rows_per_second"] = row["rows"] / row["seconds"]
    add_ratios(rows, "ratio_to_floor", "rows_per_second", lambda row: _floor_of(rows, row))
    add_ratios(rows, "ratio_to_fastest", "rows_per_second", lambda row: _fastest_size(rows, row))
    for row in rows:
        carga = find(rows, way="carga", format="csv", writes=row["writes"])
        if row["way"] in PEERS and carga is not None:
            row["carga_is"] = carga["rows_per_second"] / row["rows_per_second"]
            row["carga_rows"] = carga["rows"]
    return rows


def _floor_of(rows: list[Row], row: Row) -> Row | None:
    if row["way"] not in ("carga", "floor"):
        return None
    return find(rows, way="floor", **{name: row[name] for name in ("format", "rows", "writes")})


def _fastest_size(rows: list[Row], row: Row) -> Row | None:
    same = [other for other in rows if all(other[name] == row[name] for name in ("way", "format", "writes"))]
    return max(same, key=lambda other: float(other["rows_per_second"])) if len(same) > 1 else None
