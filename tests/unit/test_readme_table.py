"""The configuration table names every variable that a service reads, with its default, and no other."""

from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from bff.settings import Settings as BffSettings
from catalog_service.settings import Settings as CatalogSettings
from tests.support import readme
from worker.settings import Settings as WorkerSettings


def _as_shown(default: Any) -> str:
    if default is None:
        return "unset"
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)


def _settings() -> dict[str, str]:
    classes: list[type[BaseSettings]] = [CatalogSettings, WorkerSettings, BffSettings]
    return {
        name.upper(): _as_shown(field.default)
        for settings in classes
        for name, field in settings.model_fields.items()
    }


def test_every_variable_is_in_the_table_with_its_default() -> None:
    assert readme.variables() == _settings()


@pytest.mark.parametrize(
    ("shown", "answered", "same"),
    [
        ({"a": "x…"}, {"a": "xyz"}, True),
        ({"a": "x…"}, {"a": "yz"}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, "…"], [1, 2, 3], True),
        ([1, "…"], [1], False),
        ([1, 2], [1], False),
        (1, True, False),
        (None, None, True),
    ],
)
def test_an_answer_matches_what_is_shown(shown: Any, answered: Any, same: bool) -> None:
    assert readme.matches(shown, answered) is same
