"""How documents and event logs become bytes, and where those bytes are kept.

What belongs here: files that are whole or not there, releases, and the trail of who did what; no formula.
"""
