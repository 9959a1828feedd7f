//! The settings of kstdb: a cascade of files and variables, every number clamped to its hard limits.
