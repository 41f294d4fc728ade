"""Studies: many cells (problem x solver x repeat), from a file, each in a process of its own, timed by one protocol."""
