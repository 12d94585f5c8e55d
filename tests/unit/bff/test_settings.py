"""What the BFF reads from its environment."""

import pytest
from pydantic import ValidationError

from bff.settings import Settings


def test_everything_has_a_default() -> None:
    settings = Settings()
    assert (settings.bff_host, settings.bff_port) == ("127.0.0.1", 8001)
    assert str(settings.catalog_url) == "http://127.0.0.1:3001/"


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BFF_PORT", "9001")
    monkeypatch.setenv("CATALOG_URL", "https://catalog.internal")
    settings = Settings()
    assert (settings.bff_port, str(settings.catalog_url)) == (9001, "https://catalog.internal/")


@pytest.mark.parametrize("url", ["catalog:3001", "ftp://catalog", "", "http://"])
def test_a_wrong_upstream_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="catalog_url"):
        Settings.model_validate({"catalog_url": url})
