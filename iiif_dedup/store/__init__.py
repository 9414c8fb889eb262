"""STORE, step 2: rows in one database, SQLite or PostgreSQL, by one code path.

One module an aggregate; every function takes a session, so that callers decide what is one
transaction. Whatever differs between the two databases stays in `database`.
"""
