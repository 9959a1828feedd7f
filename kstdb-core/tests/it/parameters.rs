//! Parameters: by position, by name, and what does not fit.

use kstdb_core::error::ParameterError;
use kstdb_core::{DatabaseError, NamedParams, Params, StatementError, Value};

use crate::support::{Files, TestResult, refusal};

async fn sum(db: &kstdb_core::AsyncDatabase, params: impl Params) -> Result<i64, DatabaseError> {
    db.fetch_value("SELECT ?1 * 100 + ?2 * 10 + ?3", params)
        .await
}

#[tokio::test]
async fn tuples_slices_arrays_and_vectors_bind_by_position() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    assert_eq!(sum(&db, (1_i64, 2_u8, true)).await?, 121);
    assert_eq!(sum(&db, [1, 2, 3]).await?, 123);
    assert_eq!(sum(&db, &[1, 2, 3][..]).await?, 123);
    assert_eq!(sum(&db, vec![1, 2, 3]).await?, 123);
    let values = vec![Value::Integer(1), Value::Integer(2), Value::Integer(3)];
    assert_eq!(sum(&db, &values[..]).await?, 123);
    assert_eq!(sum(&db, values).await?, 123);
    let none: Option<i64> = db.fetch_value("SELECT ?", (None::<i64>,)).await?;
    assert_eq!(none, None);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn names_bind_with_or_without_their_prefix() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let params = NamedParams::new()
        .with("one", 1)
        .with("@two", 2)
        .with("$three", 3);
    let select = "SELECT :one || @two || $three || :one";
    let text: String = db.fetch_value(select, params).await?;
    assert_eq!(text, "1231");
    db.close().await?;
    Ok(())
}

fn parameter_error(error: DatabaseError) -> Result<ParameterError, DatabaseError> {
    match error {
        DatabaseError::Statement(StatementError::Parameter(error)) => Ok(error),
        other => Err(other),
    }
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_refused_before_anything_runs() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (a, b)", ()).await?;
    let insert = "INSERT INTO t VALUES (?, ?)";
    for given in [0, 1, 3] {
        let error = refusal(db.execute(insert, vec![1; given]).await)?;
        let expected = ParameterError::Count { given, expected: 2 };
        assert_eq!(parameter_error(error)?, expected);
    }
    let named = || NamedParams::new().with("a", 1);
    let error = refusal(db.execute("INSERT INTO t VALUES (:a, :b)", named()).await)?;
    let missing = ParameterError::Missing {
        name: ":b".to_owned(),
    };
    assert_eq!(parameter_error(error)?, missing);
    let error = refusal(db.execute("SELECT :a", named().with("c", 1)).await)?;
    let unknown = ParameterError::Unknown {
        name: ":c".to_owned(),
    };
    assert_eq!(parameter_error(error)?, unknown);
    let error = refusal(db.execute(insert, named()).await)?;
    assert_eq!(parameter_error(error)?, ParameterError::Mixed);
    // `a` is `:a`: which of the two values is meant?
    let error = refusal(db.execute("SELECT :a", named().with(":a", 2)).await)?;
    let repeated = ParameterError::Repeated {
        name: ":a".to_owned(),
    };
    assert_eq!(parameter_error(error)?, repeated);
    let error = refusal(db.execute("SELECT ?", (u64::MAX,)).await)?;
    let value = matches!(
        parameter_error(error)?,
        ParameterError::Value { parameter, .. } if parameter == "?1"
    );
    assert!(value);
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 0);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_parameter_of_the_call_before_is_never_left_bound() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let select = "SELECT ?";
    let first: Option<i64> = db.fetch_value(select, (1,)).await?;
    refusal(db.fetch_value::<Option<i64>>(select, ()).await)?;
    let second: Option<i64> = db.fetch_value(select, (Value::Null,)).await?;
    assert_eq!((first, second), (Some(1), None));
    db.close().await?;
    Ok(())
}
