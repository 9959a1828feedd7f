//! Keys for encrypted databases: where they come from, how they reach SQLCipher, what a file is.
