"""Writes the reference cases of this folder with PyTorch: see ../README.md."""

from importlib import import_module

TOPICS = ("layers", "networks", "activations", "losses", "derivatives", "optimizers", "trainings")


def modules() -> list:
    """The modules that hold cases, each with a function `cases`."""
    return [import_module(f".cases.{topic}", __package__) for topic in TOPICS]
