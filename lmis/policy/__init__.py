"""How much to hold, and when to be warned: limits and thresholds by place and item, each with where it comes from."""
