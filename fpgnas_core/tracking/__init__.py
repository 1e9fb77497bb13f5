"""Instances followed over time: stable numbers, and a Kalman filter of their poses."""
