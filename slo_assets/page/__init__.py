"""The dashboard document, alone, as something to look at: a page, pictures and tables.

What belongs here: arrangement and wording. No figure is computed that the document does not hold.
"""
