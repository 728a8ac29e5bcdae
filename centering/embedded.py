"""PLACEHOLDER, replaced by the engines helper: the interface that settings.py relies on."""
