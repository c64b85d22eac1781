"""How much to hold: lead time, review period, safety stock, minimum, maximum, emergency point and service level.

By place and item.
"""
