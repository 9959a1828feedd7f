//! What RETURNING gives.

use super::columns::{TestResult, assert_columns};

#[test]
fn returning_gives_what_is_stored() -> TestResult {
    assert_columns(&[
        ("INSERT INTO b (a_id, x) VALUES (?, ?) RETURNING id", "i"),
        ("INSERT INTO b (a_id, x) VALUES (?, ?) RETURNING *", "i i t"),
        (
            "INSERT OR IGNORE INTO b (a_id, x) VALUES (?, ?) RETURNING a_id, x",
            "i? t?",
        ),
        (
            "INSERT INTO p (key, v) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET v = excluded.v RETURNING key, v",
            "t? t",
        ),
        ("UPDATE a SET name = ? RETURNING name, n + 1 AS m", "t i?"),
        (
            "UPDATE a SET note = ? WHERE id = ? RETURNING id, note",
            "i t?",
        ),
        (
            "DELETE FROM a WHERE id = ? RETURNING id, name, note",
            "i t t?",
        ),
    ])
}

#[test]
fn returning_has_the_type_that_select_has() -> TestResult {
    assert_columns(&[
        ("SELECT on_, made, x, n FROM d", "b d t? *?"),
        (
            "INSERT INTO d (id) VALUES (?) RETURNING on_, made, x, n",
            "b d t? *?",
        ),
        ("INSERT INTO d (x, n) VALUES (1, 2) RETURNING x, n", "t *"),
        ("UPDATE d SET on_ = FALSE RETURNING on_", "b"),
        (
            "UPDATE d SET on_ = NOT on_, x = n + 1 RETURNING on_, x, *",
            "b t? i b d t? *?",
        ),
        ("UPDATE d SET x = 1 RETURNING x || 'y', on_ + 1", "t i?"),
    ])
}

#[test]
fn a_trigger_says_nothing_of_the_rows_that_fire_it() -> TestResult {
    assert_columns(&[
        ("INSERT INTO t (id, x) VALUES (?, ?) RETURNING x", "t?"),
        ("INSERT INTO t VALUES (?, ?, ?) RETURNING *", "i t? i?"),
        ("UPDATE t SET x = ? RETURNING n, x", "i? t?"),
        ("DELETE FROM t RETURNING x, n + 1 AS m, id", "t? i? i"),
    ])
}
