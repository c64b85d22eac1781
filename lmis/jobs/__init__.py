"""What is done by the clock: which jobs there are, who holds one, and what came of each run."""
