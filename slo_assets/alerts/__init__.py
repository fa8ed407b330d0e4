"""News to the people who have to know: watched for, kept, put into each receiver's form, delivered.

What belongs here: who is told, when and in which form. What is wrong is said in ``domain/alerts.py``.
"""
