"""Measures Nabla and its peers side by side: one after the other, in rounds, in one run."""
