"""Log lines to events: which files there are, how a line tells its time, what the rules take from it.

What belongs here: everything between the bytes of a file and its operations. What these mean for a component is said in
``domain/``.
"""
