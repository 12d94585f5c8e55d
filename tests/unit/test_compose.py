"""docker-compose.yml: what can be known of it without Docker."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from bff.settings import Settings as BffSettings
from catalog_service.settings import Settings as CatalogSettings
from tests.support.containers import (
    DOCKERFILE,
    ROOT,
    SETTABLE,
    compose,
    environment,
    interpolated,
    services,
    stages,
)
from worker.settings import Settings as WorkerSettings

SETTINGS: dict[str, type[BaseSettings]] = {
    "catalog-service": CatalogSettings,
    "catalog-worker": WorkerSettings,
    "bff": BffSettings,
}
BUILT = [*SETTINGS, "migrate"]
STORES = ["localstack", "postgres", "redis"]


def test_these_are_the_services() -> None:
    assert set(services()) == {*BUILT, *STORES}


def test_every_image_is_pinned_to_a_release() -> None:
    images = [services()[store]["image"] for store in STORES]
    assert "localstack/localstack:4.14.0" in images
    for image in images:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?", image), image


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_is_given_every_variable_it_reads_and_no_other(service: str) -> None:
    assert set(services()[service]["environment"]) == {
        name.upper() for name in SETTINGS[service].model_fields
    }


def test_the_others_are_given_what_they_read() -> None:
    assert set(environment("migrate")) == set(re.findall(r'environ.*"(\w+)"', source("infra/migrate.py")))
    script = source("infra/init-localstack.sh")
    read_by_localstack_itself = {"SERVICES"}
    for name in environment("localstack").keys() - read_by_localstack_itself:
        assert f"${{{name}:-" in script


def source(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("service", SETTINGS)
def test_what_it_is_given_is_valid(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    SETTINGS[service]()


def settable() -> Iterator[tuple[str, str, str, str]]:
    for service in services():
        for name, value in services()[service].get("environment", {}).items():
            for variable, default in SETTABLE.findall(str(value)):
                yield service, name, variable, default


@pytest.mark.parametrize(("service", "name", "variable", "default"), [*settable()])
def test_what_a_person_may_set_has_its_own_name_and_default(
    service: str, name: str, variable: str, default: str
) -> None:
    assert variable == name
    # LocalStack is told the names that the services use
    settings = SETTINGS.get(service, WorkerSettings)
    field = settings.model_fields[name.lower()]
    read = getattr(settings.model_validate({name.lower(): default}), name.lower())
    assert read == field.default


def test_all_agree_on_the_names_in_the_stores() -> None:
    sharing = {
        "S3_BUCKET_NAME": ("localstack", "catalog-service", "catalog-worker"),
        "SQS_QUEUE_NAME": ("localstack", "catalog-service", "catalog-worker"),
        "SQS_DLQ_NAME": ("localstack", "catalog-worker"),
        "AWS_DEFAULT_REGION": ("localstack", "catalog-service", "catalog-worker"),
        "DATABASE_URL": ("migrate", "catalog-service", "catalog-worker"),
        "REDIS_URL": ("catalog-service", "catalog-worker"),
    }
    for name, sharers in sharing.items():
        assert len({environment(service)[name] for service in sharers}) == 1


def test_addresses_name_services_and_their_ports() -> None:
    postgres = environment("postgres")
    user, password, database = (postgres[f"POSTGRES_{part}"] for part in ("USER", "PASSWORD", "DB"))
    worker = environment("catalog-worker")
    assert worker["DATABASE_URL"] == f"postgresql://{user}:{password}@postgres:5432/{database}"
    assert worker["REDIS_URL"].startswith("redis://redis:6379/")
    assert worker["AWS_ENDPOINT_URL"] == "http://localstack:4566"
    port = environment("catalog-service")["CATALOG_PORT"]
    assert environment("bff")["CATALOG_URL"] == f"http://catalog-service:{port}"


def test_only_the_http_ports_are_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert {name: [interpolated(port) for port in ports] for name, ports in published.items()} == {
        "catalog-service": ["127.0.0.1:3001:3001"],
        "bff": ["127.0.0.1:8001:8001"],
    }
    assert environment("catalog-service")["CATALOG_PORT"] == "3001"
    assert environment("bff")["BFF_PORT"] == "8001"


@pytest.mark.parametrize("service", BUILT)
def test_a_service_is_built_from_a_target_and_runs_a_module_that_exists(service: str) -> None:
    build = services()[service]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).resolve() == DOCKERFILE
    assert build["target"] == service
    command = services()[service]["command"]
    assert command == stages()[service].command
    python, flag, module = command
    assert (python, flag) == ("python", "-m")
    spec = find_spec(module)
    assert spec is not None
    assert spec.submodule_search_locations is None or find_spec(f"{module}.__main__") is not None


def test_everything_starts_after_what_it_needs() -> None:
    needs = {name: service.get("depends_on", {}) for name, service in services().items()}
    stores = {"localstack": "service_healthy", "redis": "service_healthy"}
    migrated = {"migrate": "service_completed_successfully"}
    assert {name: conditions(needed) for name, needed in needs.items()} == {
        "localstack": {},
        "postgres": {},
        "redis": {},
        "migrate": {"postgres": "service_healthy"},
        "catalog-service": stores | migrated,
        "catalog-worker": stores | migrated,
        "bff": {"catalog-service": "service_healthy"},
    }


def conditions(needed: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: how["condition"] for name, how in needed.items()}


@pytest.mark.parametrize("service", [*STORES, *SETTINGS])
def test_everything_that_stays_up_has_a_health_check(service: str) -> None:
    check = services()[service]["healthcheck"]
    assert check["test"]
    assert {"interval", "timeout", "retries"} <= check.keys()


@pytest.mark.parametrize(
    ("service", "variable"),
    [("catalog-service", "CATALOG_PORT"), ("bff", "BFF_PORT"), ("catalog-worker", "WORKER_HEALTH_PORT")],
)
def test_a_health_check_asks_the_port_that_is_served(service: str, variable: str) -> None:
    code = services()[service]["healthcheck"]["test"][-1]
    compile(code, service, "exec")
    assert f"http://127.0.0.1:{environment(service)[variable]}/health" in code


def test_the_migration_runs_once() -> None:
    assert services()["migrate"].get("restart", "no") == "no"


def mounts() -> Iterator[tuple[str, str]]:
    for service in services().values():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            yield source, target


def test_what_is_mounted_exists() -> None:
    named: dict[str, Any] = compose()["volumes"]
    for source, _ in mounts():
        assert source in named or (ROOT / source).exists()


def test_localstack_runs_the_one_init_script() -> None:
    found = [(source, target) for source, target in mounts() if "/init/ready.d/" in target]
    assert found == [("./infra/init-localstack.sh", "/etc/localstack/init/ready.d/init-localstack.sh")]
    # LocalStack starts it as a program
    assert (ROOT / found[0][0]).stat().st_mode & 0o111


def test_postgres_keeps_its_data_where_version_18_puts_it() -> None:
    assert services()["postgres"]["image"].startswith("postgres:18.")
    assert services()["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_a_stopping_worker_is_given_the_time_it_takes() -> None:
    grace = services()["catalog-worker"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > float(environment("catalog-worker")["SHUTDOWN_GRACE_SECONDS"])
