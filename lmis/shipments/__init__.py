"""Goods on the way: dispatch, proof of delivery, and the differences the sender settles."""
