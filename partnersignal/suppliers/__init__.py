"""Suppliers: the directory, and whose behaviour a sentence is about."""

from partnersignal.suppliers.attribution import Attribution, attribute
from partnersignal.suppliers.directory import Supplier, SupplierDirectory, load_directory
from partnersignal.suppliers.draft import draft_toml, infer_directory

__all__ = ["Attribution", "Supplier", "SupplierDirectory", "attribute", "draft_toml", "infer_directory", "load_directory"]
