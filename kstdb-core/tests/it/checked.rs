//! Checked queries at run time: what they read, bind, refuse and queue for.

use futures_util::{FutureExt, TryStreamExt};
use kstdb_core::checked::{Arguments, CheckedStatement, Effect};
use kstdb_core::error::ParameterError;
use kstdb_core::{
    AsyncDatabase, DatabaseError, DbConfig, StatementError, migrate, query, query_as, query_file,
    query_file_as, query_file_scalar, query_scalar,
};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A database with the schema of the workspace, and two customers.
async fn bank() -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(":memory:")
        .config(DbConfig::default())
        .connect()
        .await?;
    db.migrate(&migrate!()).await?;
    for (name, email) in [("Ada", Some("ada@example.org")), ("Bob", None)] {
        query!(
            "INSERT INTO customers (name, email) VALUES (?, ?)",
            name,
            email
        )
        .execute(&db)
        .await?;
    }
    Ok(db)
}

#[tokio::test]
async fn a_record_has_the_types_of_the_schema() -> TestResult {
    let db = bank().await?;
    let row = query!(
        "SELECT id, name, email, active FROM customers WHERE id = ?",
        1
    )
    .fetch_one(&db)
    .await?;
    let (id, name, email, active): (i64, String, Option<String>, bool) =
        (row.id, row.name.clone(), row.email.clone(), row.active);
    assert_eq!((id, name.as_str(), active), (1, "Ada", true));
    assert_eq!(email.as_deref(), Some("ada@example.org"));
    assert_eq!(row.clone(), row);
    assert!(format!("{row:?}").starts_with("Record { id: 1"));
    Ok(())
}

#[tokio::test]
async fn every_method_runs_on_every_target() -> TestResult {
    let db = bank().await?;
    let names = || query_scalar!("SELECT name FROM customers ORDER BY id");
    assert_eq!(names().fetch_one(&db).await?, "Ada");
    let mut connection = db.connection().await?;
    assert_eq!(names().fetch_all(&mut connection).await?, ["Ada", "Bob"]);
    drop(connection);
    let mut tx = db.begin().await?;
    assert_eq!(
        names().fetch_optional(&mut tx).await?.as_deref(),
        Some("Ada")
    );
    let streamed: Vec<String> = names().fetch(&mut tx).try_collect().await?;
    assert_eq!(streamed, ["Ada", "Bob"]);
    let mut savepoint = tx.begin().await?;
    let changed = query!("UPDATE customers SET active = FALSE")
        .execute(&mut savepoint)
        .await?;
    assert_eq!(changed.rows_affected, 2);
    savepoint.rollback().await?;
    tx.commit().await?;
    let active = query_scalar!("SELECT count(*) FROM customers WHERE active");
    assert_eq!(active.fetch_one(&db).await?, 2);
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Customer {
    name: String,
    email: Option<String>,
    id: Option<i64>,
}

#[tokio::test]
async fn a_struct_is_filled_by_name() -> TestResult {
    let db = bank().await?;
    let bob = query_as!(
        Customer,
        "SELECT id, name, email FROM customers WHERE name = :name",
        name = "Bob"
    )
    .fetch_one(&db)
    .await?;
    let expected = Customer {
        name: "Bob".to_owned(),
        email: None,
        id: Some(2),
    };
    assert_eq!(bob, expected);
    Ok(())
}

#[tokio::test]
async fn names_come_from_variables_and_are_not_moved() -> TestResult {
    let db = bank().await?;
    let name = String::from("Ada");
    let (first, limit) = (1, 5);
    let found =
        query_scalar!("SELECT id FROM customers WHERE name = :name AND id >= $first LIMIT @limit")
            .fetch_all(&db)
            .await?;
    assert_eq!((found, name.as_str(), first, limit), (vec![1], "Ada", 1, 5));
    Ok(())
}

#[tokio::test]
async fn arguments_are_evaluated_once() -> TestResult {
    let db = bank().await?;
    let mut calls = 0;
    let mut next = || {
        calls += 1;
        calls
    };
    let sum = query_scalar!(r#"SELECT ?1 + ?1 + ?2 AS "sum!: i64""#, next(), next());
    assert_eq!(sum.fetch_one(&db).await?, 4);
    assert_eq!(calls, 2);
    Ok(())
}

#[tokio::test]
async fn a_list_of_any_length_is_expanded() -> TestResult {
    let db = bank().await?;
    for length in [0, 1, 2, 3, 5, 64, 100, 1000] {
        let ids: Vec<i64> = (2..2 + length).collect();
        let minimum = 0;
        let inside = query_scalar!(
            "SELECT count(*) FROM customers WHERE ? < id AND id IN (..ids) AND id < :maximum",
            minimum,
            maximum = 99
        );
        assert_eq!(
            inside.fetch_one(&db).await?,
            i64::from(length > 0),
            "{length}"
        );
        let outside = query_scalar!("SELECT count(*) FROM customers WHERE id NOT IN (..ids)");
        assert_eq!(
            outside.fetch_one(&db).await?,
            2 - i64::from(length > 0),
            "{length}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn lists_take_slices_arrays_and_all_types() -> TestResult {
    let db = bank().await?;
    let names: &[&str] = &["Ada", "Eve"];
    let found = query_scalar!(
        "SELECT name FROM customers WHERE name IN (..names) OR id IN (..ids) ORDER BY id",
        ids = [2]
    );
    assert_eq!(found.fetch_all(&db).await?, ["Ada", "Bob"]);
    let nothing: [Option<String>; 1] = [None];
    // SQL's own rule: nothing is known to be outside of a list with NULL.
    let outside = query_scalar!("SELECT count(*) FROM customers WHERE email NOT IN (..nothing)");
    assert_eq!(outside.fetch_one(&db).await?, 0);
    let blobs = vec![vec![1_u8, 2], vec![]];
    let found = query_scalar!(r#"SELECT x'0102' IN (..blobs) AS "found!: bool""#);
    assert!(found.fetch_one(&db).await?);
    Ok(())
}

#[tokio::test]
async fn a_list_stands_in_several_places_beside_numbers() -> TestResult {
    let db = bank().await?;
    let mut calls = 0;
    let mut ids = || {
        calls += 1;
        vec![1, 2, 3]
    };
    // `?1` is the first value, wherever lists stand.
    let found = query_scalar!(
        "SELECT name FROM customers WHERE id IN (..ids) AND name = ?1 AND id NOT IN (..none)
         AND id IN (..ids) AND length(name) > :_ids AND id < ?",
        "Bob",
        9,
        ids = ids(),
        none = [7],
        _ids = 1
    );
    assert_eq!(found.fetch_all(&db).await?, ["Bob"]);
    assert_eq!(calls, 1);
    Ok(())
}

#[tokio::test]
async fn a_long_list_leaves_room_for_a_short_one() -> TestResult {
    let db = bank().await?;
    let (long, short): (Vec<i64>, _) = ((2..16_387).collect(), [1]);
    let found =
        query_scalar!("SELECT count(*) FROM customers WHERE id IN (..long) OR id IN (..short)");
    assert_eq!(found.fetch_one(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_list_that_is_too_long_is_a_typed_error() -> TestResult {
    let db = bank().await?;
    let ids = vec![1_i64; 40_000];
    let error = query_scalar!("SELECT id FROM customers WHERE id IN (..ids)")
        .fetch_all(&db)
        .await
        .err();
    assert!(matches!(
        error,
        Some(DatabaseError::Statement(StatementError::Parameter(
            ParameterError::ListTooLong { given: 40_000, .. }
        )))
    ));
    Ok(())
}

#[tokio::test]
async fn files_are_checked_as_text_is() -> TestResult {
    let db = bank().await?;
    let row = query_file!("tests/it/queries/customer.sql", id = 1)
        .fetch_one(&db)
        .await?;
    assert_eq!(row.name, "Ada");
    let id = 2;
    let bob = query_file_as!(Customer, "tests/it/queries/customer.sql")
        .fetch_one(&db)
        .await?;
    assert_eq!((bob.name.as_str(), id), ("Bob", 2));
    let ids = [1, 2, 3];
    let count = query_file_scalar!("tests/it/queries/count.sql")
        .fetch_one(&db)
        .await?;
    assert_eq!((count, ids.len()), (2, 3));
    Ok(())
}

#[tokio::test]
async fn a_value_of_another_class_is_a_typed_error() -> TestResult {
    let db = bank().await?;
    query!("INSERT INTO accounts (customer_id, currency, balance_cents) VALUES (1, 'EUR', 'much')")
        .execute(&db)
        .await?;
    let error = query!("SELECT balance_cents FROM accounts")
        .fetch_one(&db)
        .await
        .err();
    assert!(matches!(
        error,
        Some(DatabaseError::Statement(StatementError::Row(_)))
    ));
    Ok(())
}

#[tokio::test]
async fn the_effect_is_known_and_asked_again() -> TestResult {
    let db = bank().await?;
    assert_eq!(query!("SELECT id FROM customers").effect(), Effect::Reads);
    assert_eq!(query!("DELETE FROM transfers").effect(), Effect::Writes);
    for (sql, checked) in [
        (&["DELETE FROM transfers"], Effect::Reads),
        (&["SELECT 1"], Effect::Writes),
    ] {
        let wrong = CheckedStatement::new(sql, checked, Arguments::new());
        let error = wrong.execute(&db).await.err();
        assert!(matches!(
            error,
            Some(DatabaseError::Statement(StatementError::OtherEffect { checked: was, .. })) if was == checked
        ));
    }
    Ok(())
}

#[tokio::test]
async fn a_reading_query_takes_no_turn_and_a_writing_one_waits() -> TestResult {
    let dir = tempfile::tempdir()?;
    let db = AsyncDatabase::builder(dir.path().join("a.db"))
        .config(DbConfig::default())
        .connect()
        .await?;
    db.migrate(&migrate!()).await?;
    // Somebody writes all the time.
    let mut tx = db.begin().await?;
    let write = || query!("INSERT INTO customers (name) VALUES ('Eve')");
    write().execute(&mut tx).await?;
    let count = || query_scalar!("SELECT count(*) FROM customers");
    assert_eq!(count().fetch_one(&db).await?, 0);
    let mut connection = db.connection().await?;
    assert_eq!(count().fetch_one(&mut connection).await?, 0);
    drop(connection);
    let mut waiting = Box::pin(write().execute(&db));
    assert!((&mut waiting).now_or_never().is_none());
    tx.commit().await?;
    waiting.await?;
    assert_eq!(count().fetch_one(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn another_schema_at_run_time_is_a_typed_error() -> TestResult {
    let db = AsyncDatabase::builder(":memory:")
        .config(DbConfig::default())
        .connect()
        .await?;
    let all = || query!("SELECT * FROM transfers");
    let missing = all().fetch_all(&db).await.err();
    assert!(missing.is_some_and(|error| error.sqlite().is_some()));
    db.execute("CREATE TABLE transfers (id INTEGER, other TEXT)", ())
        .await?;
    let other = all().fetch_all(&db).await.err();
    assert!(matches!(
        other,
        Some(DatabaseError::Statement(StatementError::Row(_)))
    ));
    Ok(())
}
