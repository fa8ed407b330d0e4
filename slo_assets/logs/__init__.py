"""Log lines to events: which files there are, how a line tells its time, what the rules take from it."""
