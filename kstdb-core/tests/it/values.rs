//! Values at the edges of their storage class come back as they went in.

use kstdb_core::error::ValueError;
use kstdb_core::{AssertSqlSafe, DatabaseError, FromValue, RowError, StatementError, Value};

use crate::support::{Files, TestResult, refusal};

fn value_error(error: DatabaseError) -> Result<ValueError, DatabaseError> {
    match error {
        DatabaseError::Statement(StatementError::Row(RowError::Value { source, .. })) => Ok(source),
        other => Err(other),
    }
}

#[tokio::test]
async fn values_come_back_as_they_went_in() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (v)", ()).await?;
    let values = [
        Value::Null,
        Value::Integer(i64::MIN),
        Value::Integer(i64::MAX),
        Value::Integer(0),
        Value::Real(f64::MAX),
        Value::Real(f64::MIN_POSITIVE),
        Value::Real(5e-324),
        Value::Real(1.0),
        Value::Real(f64::INFINITY),
        Value::Real(f64::NEG_INFINITY),
        Value::Text(String::new()),
        Value::Text("a\0b\0".to_owned()),
        Value::Text("\u{1f600} \u{feff} \u{10ffff}".to_owned()),
        Value::Blob(Vec::new()),
        Value::Blob((0..=255).collect()),
        Value::Blob(vec![7; 100_000]),
    ];
    for value in values {
        db.execute("DELETE FROM t", ()).await?;
        db.execute("INSERT INTO t VALUES (?)", (&value,)).await?;
        let back: Value = db.fetch_value("SELECT v FROM t", ()).await?;
        assert_eq!(back, value);
        let class: String = db.fetch_value("SELECT typeof(v) FROM t", ()).await?;
        assert_eq!(class, value.as_ref().storage_class());
    }
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn minus_zero_keeps_its_sign_on_the_way() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let back: f64 = db.fetch_value("SELECT ?", (-0.0,)).await?;
    assert!(back == 0.0 && back.is_sign_negative());
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn nan_is_refused_before_it_becomes_null() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let error = refusal(db.execute("SELECT ?", (f64::NAN,)).await)?;
    assert!(matches!(
        error,
        DatabaseError::Statement(StatementError::Parameter(_))
    ));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn text_that_is_not_utf8_is_an_error_for_text_and_readable_as_bytes() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let bad = "CAST(x'61ff62' AS TEXT)";
    let select = |what: &str| AssertSqlSafe(format!("SELECT {what}"));
    let as_text = db.fetch_value::<String>(select(bad), ()).await;
    assert_eq!(value_error(refusal(as_text)?)?, ValueError::NotUtf8);
    let dynamic = db.fetch_value::<Value>(select(bad), ()).await;
    assert_eq!(value_error(refusal(dynamic)?)?, ValueError::NotUtf8);
    let cast = format!("CAST({bad} AS BLOB)");
    let bytes: Vec<u8> = db.fetch_value(select(&cast), ()).await?;
    assert_eq!(bytes, b"a\xffb");
    db.close().await?;
    Ok(())
}

async fn refused<T: FromValue + Send + 'static>(
    db: &kstdb_core::AsyncDatabase,
    what: &str,
) -> TestResult<ValueError> {
    let select = AssertSqlSafe(format!("SELECT {what}"));
    Ok(value_error(refusal(
        db.fetch_value::<T>(select, ()).await,
    )?)?)
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_an_error_and_never_bent() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    for error in [
        refused::<u8>(&db, "256").await?,
        refused::<u64>(&db, "-1").await?,
        refused::<i32>(&db, "2147483648").await?,
        refused::<bool>(&db, "2").await?,
    ] {
        assert!(matches!(error, ValueError::OutOfRange { .. }), "{error:?}");
    }
    for error in [
        refused::<i64>(&db, "'1'").await?,
        refused::<i64>(&db, "1.0").await?,
        refused::<String>(&db, "x'61'").await?,
        refused::<Vec<u8>>(&db, "'a'").await?,
    ] {
        assert!(matches!(error, ValueError::Mismatch { .. }), "{error:?}");
    }
    let null = refused::<i64>(&db, "NULL").await?;
    assert!(matches!(null, ValueError::UnexpectedNull { .. }));
    let length = refused::<[u8; 2]>(&db, "x'000102'").await?;
    let expected = ValueError::BlobLength {
        expected: 2,
        found: 3,
    };
    assert_eq!(length, expected);
    db.close().await?;
    Ok(())
}
