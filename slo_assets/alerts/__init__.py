"""News to the people who have to know: watched for, kept, put into each receiver's form, delivered."""
