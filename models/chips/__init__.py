"""Neuromorphic chips as data, what they compute, what fits on them, and what it costs."""
