"""The tree of errors: drawn as it is, each with its code, both sentences and a title."""

import inspect
import re

import catalog_service.errors as errors
from common.problems import Problem, problem_response


def leaves() -> list[type[Problem]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Problem)]
    return [kind for kind in found if not kind.__subclasses__()]


def test_tree_at_the_top_is_the_tree_below() -> None:
    drawn = re.findall(r"[├└]── (\w+)(?: +\d{3})? +([a-z_]+)\n", (errors.__doc__ or "") + "\n")
    assert dict(drawn) == {kind.__name__: kind.code for kind in leaves()}


def test_every_error_has_a_code_of_its_own_and_can_be_told_in_both_languages() -> None:
    assert len({kind.code for kind in leaves()}) == len(leaves())
    for kind in leaves():
        placeholders = re.findall(r"{(\w+)}", kind.text.es)
        assert sorted(placeholders) == sorted(re.findall(r"{(\w+)}", kind.text.en))
        problem = kind(**dict.fromkeys(placeholders, "x"))
        spanish, english = (problem_response(problem, language, "/") for language in ("es", "en"))
        assert spanish.body != english.body
        assert spanish.status_code == kind.status
        assert ("retry-after" in spanish.headers) is (kind.status == 503)
