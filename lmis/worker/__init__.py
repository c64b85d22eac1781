"""The process that does what is done by the clock, and the commands about it."""
