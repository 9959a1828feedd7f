//! Statements that several modules run.

/// Counts to a thousand million: longer than any test waits.
pub(crate) const ENDLESS: &str = "WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n";

/// Counts to `?`, a row for each number.
pub(crate) const COUNT: &str = "WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT i FROM n";
