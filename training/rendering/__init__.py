"""Synthetic images of any mesh: exact pinhole camera, light, clutter, and BOP files."""
