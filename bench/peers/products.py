"""The table as SQLAlchemy maps it, and the engine of a worker process."""

import os
from datetime import datetime
from decimal import Decimal
from functools import cache
from uuid import UUID

from sqlalchemy import Engine, Numeric, create_engine, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What SQLAlchemy's mapped classes have in common."""


class Product(Base):
    """One product; the migrations of Carga make the table, with its indexes and constraints."""

    __tablename__ = "products"

    proveedor_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    nombre: Mapped[str]
    codigo: Mapped[str]
    categoria: Mapped[str]
    precio_unitario: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    certificado_sanitario: Mapped[str]
    condiciones_almacenamiento: Mapped[str]
    tiempo_entrega_dias: Mapped[int]
    presentacion: Mapped[str | None]
    stock_minimo: Mapped[int]
    stock_critico: Mapped[int]
    requiere_lote: Mapped[bool]
    requiere_vencimiento: Mapped[bool]
    accepted_at: Mapped[datetime]
    task_id: Mapped[UUID]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


@cache
def engine() -> Engine:
    """The engine of this process; made after the fork, as SQLAlchemy's documentation asks."""
    return create_engine(os.environ["PEERS_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
