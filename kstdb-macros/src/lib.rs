//! Macros of kstdb: typed rows and embedded migrations.
