"""Measurements with the real stores and the real services: ``./carga bench``."""
