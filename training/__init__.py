"""Offline part of fpgnas: synthetic data, search, retraining, export and evaluation (PyTorch)."""
