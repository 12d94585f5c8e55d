"""A good catalogue, damaged in every systematic way: no row may be lost or changed without a word.

``pytest -rP`` prints how many variants came out equal, reported, refused and silently wrong.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.support.pollution import encodings, headers, quotes, structure, values
from tests.support.pollution.catalogue import TRUTH, Reading, Variant, Verdict, judge, read, unchanged

DAMAGE = [
    structure.delimiters,
    structure.all_delimiters,
    quotes.quotes,
    quotes.pairs_of_quotes,
    quotes.quoted_lines,
    structure.line_ends,
    structure.breaks,
    structure.shapes,
    structure.lines_put_in,
    structure.cuts,
    encodings.encodings,
    encodings.lines_in_other_encodings,
    encodings.bytes_put_in,
    encodings.undefined_bytes,
    headers.headers,
    values.values,
]
#: More than these, so that nobody loses some of them unawares.
FEWEST_VARIANTS = 20_000

Damage = Callable[[], Iterator[Variant]]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_nothing_is_silently_wrong(damage: Damage) -> None:
    verdicts: Counter[Verdict] = Counter()
    wrong = []
    for variant in damage():
        verdict, why = judge(variant, read(variant.content))
        verdicts[verdict] += 1
        if verdict is Verdict.SILENTLY_WRONG:
            wrong.append((variant.name, why))
    counts = ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in Verdict)
    sys.stdout.write(f"{damage.__name__}: {verdicts.total()} variants, {counts}\n")
    assert wrong == []


def test_a_file_that_is_not_damaged_is_read_as_it_is() -> None:
    for variant in structure.good_files():
        assert judge(variant, read(variant.content)) == (Verdict.EQUAL, ""), variant.name


def test_the_variants_are_many_and_each_has_its_name() -> None:
    names = Counter(variant.name for damage in DAMAGE for variant in damage())
    assert names.total() > FEWEST_VARIANTS
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict.EQUAL),
        ({"loaded": {}}, Verdict.SILENTLY_WRONG),
        ({"loaded": dict(enumerate(TRUTH[:-1], start=2))}, Verdict.SILENTLY_WRONG),
        ({"loaded": dict(enumerate([*TRUTH, TRUTH[0]], start=2))}, Verdict.SILENTLY_WRONG),
        ({"loaded": dict(enumerate([(*TRUTH[0][:-1], None), *TRUTH[1:]], start=2))}, Verdict.SILENTLY_WRONG),
        ({"loaded": dict(enumerate(TRUTH[1:], start=3)), "rejected": {8: ["x"]}}, Verdict.SILENTLY_WRONG),
        ({"loaded": dict(enumerate(TRUTH[1:], start=3)), "rejected": {2: ["x"]}}, Verdict.REPORTED),
        ({"notices": [{"code": "x", "params": {"rows": [2]}}]}, Verdict.REPORTED),
        ({"refusal": "x", "loaded": {}}, Verdict.REFUSED),
    ],
)
def test_the_judge_sees_what_is_wrong(change: dict[str, object], verdict: Verdict) -> None:
    good = Reading(None, dict(enumerate(TRUTH, start=2)), {}, [])
    reading = good._replace(**change)  # type: ignore[arg-type]  # the cases are Readings in parts
    assert judge(Variant("", b"", unchanged()), reading)[0] is verdict
