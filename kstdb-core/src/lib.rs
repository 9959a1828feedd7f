//! Async, encrypted SQLite: a pool, sessions, transactions and migrations on sqlx and SQLCipher.
