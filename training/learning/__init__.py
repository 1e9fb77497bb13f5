"""Losses, training loops and runs."""
