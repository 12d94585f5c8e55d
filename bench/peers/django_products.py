"""The table as Django maps it, and how django-import-export reads a row; to import this sets Django up."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import django
from django.conf import settings
from django.db import models
from import_export import fields, resources, widgets
from import_export.instance_loaders import CachedInstanceLoader

from bench.peers.checks import BOOLEANS, LIMITS, WHOLE, price_of, text_of, truth_of, whole_of


def _set_up() -> None:
    url = urlsplit(os.environ["PEERS_DATABASE_URL"])
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path[1:],
        "HOST": url.hostname,
        "PORT": url.port,
        "USER": url.username,
        "PASSWORD": url.password,
        "CONN_MAX_AGE": None,
    }
    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=["import_export"], USE_TZ=True)
    django.setup()


_set_up()


class Product(models.Model):
    """One product; the migrations of Carga make the table."""

    pk = models.CompositePrimaryKey("proveedor_id", "id")
    proveedor_id = models.TextField()
    id = models.TextField()
    nombre = models.TextField()
    codigo = models.TextField()
    categoria = models.TextField()
    precio_unitario = models.DecimalField(max_digits=12, decimal_places=2)
    certificado_sanitario = models.TextField()
    condiciones_almacenamiento = models.TextField()
    tiempo_entrega_dias = models.IntegerField()
    presentacion = models.TextField(null=True)
    stock_minimo = models.IntegerField()
    stock_critico = models.IntegerField()
    requiere_lote = models.BooleanField()
    requiere_vencimiento = models.BooleanField()
    accepted_at = models.DateTimeField()
    task_id = models.UUIDField()
    updated_at = models.DateTimeField()

    class Meta:
        """Django leaves the table alone."""

        app_label = "peers"
        db_table = "products"
        managed = False


class Checked(widgets.Widget):
    """A cell that is checked and converted by a function, which raises ``ValueError`` with the reason."""

    def __init__(self, convert: Callable[[str], Any]) -> None:
        self._convert = convert

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        """Return the value of the cell."""
        return self._convert(value)


def _field(name: str, convert: Callable[[str], Any]) -> fields.Field:
    return fields.Field(column_name=name, attribute=name, widget=Checked(convert))


class ProductResource(resources.ModelResource):
    """How a row becomes a product of one provider."""

    def __init__(self, proveedor_id: str, accepted_at: datetime, task_id: UUID) -> None:
        super().__init__()
        self._upload = {"proveedor_id": proveedor_id, "accepted_at": accepted_at, "task_id": task_id}
        self.fields["precio_unitario"] = _field("precio_unitario", price_of)
        for convert, names in ((text_of, LIMITS), (whole_of, WHOLE), (truth_of, BOOLEANS)):
            self.fields |= {name: _field(name, partial(convert, name)) for name in names}

    class Meta:
        """As the documentation of bulk imports recommends for rows that may be new or not."""

        model = Product
        fields = (*LIMITS, "precio_unitario", *WHOLE, *BOOLEANS)
        import_id_fields = ("id",)
        instance_loader_class = CachedInstanceLoader
        use_bulk = True
        use_transactions = True
        skip_diff = True
        batch_size = 100  # its bulk_update, a CASE … WHEN for every row, is slower with the default of 1000

    def get_queryset(self) -> Any:
        """The products of the provider: among them the cached loader looks for the ids of a dataset."""
        return Product.objects.filter(proveedor_id=self._upload["proveedor_id"])

    def before_save_instance(self, instance: Product, row: Any, **kwargs: Any) -> None:
        """Fill in what does not stand in the file."""
        for name, value in self._upload.items():
            setattr(instance, name, value)
        instance.updated_at = datetime.now(UTC)

    def get_bulk_update_fields(self) -> list[str]:
        """Update what does not stand in the file as well."""
        return [*super().get_bulk_update_fields(), "accepted_at", "task_id", "updated_at"]
