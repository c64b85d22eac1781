"""How much to hold: lead time, review period, safety stock, minimum, maximum and emergency point, by place and item."""
