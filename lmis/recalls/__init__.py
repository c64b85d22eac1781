"""Recalls: a lot blocked everywhere, traced, sent back and destroyed."""
