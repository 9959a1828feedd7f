//! Rows into tuples, derived structs and dynamic values.

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::error::ValueError;
use kstdb_core::{
    AsyncDatabase, DatabaseError, DbConfig, DynamicRow, FromRow, RowError, StatementError, Value,
};

use crate::support::{Files, TestResult, refusal};

#[derive(Debug, PartialEq, FromRow)]
struct Account {
    id: i64,
    #[kstdb(rename = "owner_name")]
    owner: String,
    closed_at: Option<i64>,
    #[kstdb(default)]
    note: String,
}

#[derive(Debug, PartialEq, FromRow)]
struct Pair(i64, String);

fn row_error(error: DatabaseError) -> Result<RowError, DatabaseError> {
    match error {
        DatabaseError::Statement(StatementError::Row(error)) => Ok(error),
        other => Err(other),
    }
}

#[tokio::test]
async fn structs_are_read_by_name_and_tuples_by_position() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let select = "SELECT NULL AS closed_at, 'Ada' AS owner_name, 7 AS id, 'more' AS ignored";
    let account: Account = db.fetch_one(select, ()).await?;
    let expected = Account {
        id: 7,
        owner: "Ada".to_owned(),
        closed_at: None,
        note: String::new(),
    };
    assert_eq!(account, expected);
    let pair: Pair = db.fetch_one("SELECT 1, 'one'", ()).await?;
    assert_eq!(pair, Pair(1, "one".to_owned()));
    let widest: (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64) = db
        .fetch_one("SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12", ())
        .await?;
    assert_eq!(widest.11, 12);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_row_that_does_not_fit_says_where() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let missing = row_error(refusal(
        db.fetch_one::<Account>("SELECT 1 AS id", ()).await,
    )?)?;
    let named = matches!(missing, RowError::NoSuchColumn { column, .. } if column == "owner_name");
    assert!(named);
    let count = row_error(refusal(db.fetch_one::<(i64,)>("SELECT 1, 2", ()).await)?)?;
    let counted = matches!(
        count,
        RowError::ColumnCount {
            expected: 1,
            found: 2
        }
    );
    assert!(counted);
    let select = "SELECT 1 AS id, 'x' AS owner_name, 'soon' AS closed_at";
    let value = row_error(refusal(db.fetch_one::<Account>(select, ()).await)?)?;
    let RowError::Value { column, source } = value else {
        return Err("another error".into());
    };
    assert_eq!(column, "closed_at");
    assert!(matches!(source, ValueError::Mismatch { found: "text", .. }));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_dynamic_row_has_every_storage_class() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let select = "SELECT NULL AS a, 1 AS b, 1.5 AS c, 'text' AS d, x'00ff' AS e";
    let row: DynamicRow = db.fetch_one(select, ()).await?;
    let expected = [
        Value::Null,
        Value::Integer(1),
        Value::Real(1.5),
        Value::Text("text".to_owned()),
        Value::Blob(vec![0, 255]),
    ];
    assert_eq!(row.values(), expected);
    assert_eq!(row.columns().names().collect::<String>(), "abcde");
    assert_eq!(row.get::<f64>("c")?, 1.5);
    let missing = refusal(row.get::<i64>("f"))?;
    assert!(matches!(missing, RowError::NoSuchColumn { .. }));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn one_is_an_error_and_optional_is_none_where_there_is_no_row() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let nothing = "SELECT 1 WHERE 0";
    assert!(refusal(db.fetch_one::<(i64,)>(nothing, ()).await)?.is_row_not_found());
    assert_eq!(db.fetch_optional::<(i64,)>(nothing, ()).await?, None);
    assert!(db.fetch_all::<(i64,)>(nothing, ()).await?.is_empty());
    // No row and NULL are both None, as in kstlib; a type without NULL tells them apart.
    assert_eq!(db.fetch_value::<Option<i64>>(nothing, ()).await?, None);
    assert_eq!(
        db.fetch_value::<Option<i64>>("SELECT NULL", ()).await?,
        None
    );
    assert!(refusal(db.fetch_value::<i64>(nothing, ()).await)?.is_row_not_found());
    assert!(!refusal(db.fetch_value::<i64>("SELECT NULL", ()).await)?.is_row_not_found());
    // The first row and the first column of several.
    assert_eq!(
        db.fetch_value::<i64>("SELECT 1, 2 UNION ALL SELECT 3, 4", ())
            .await?,
        1
    );
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_not_utf8_is_an_error_and_no_panic() -> TestResult {
    let files = Files::new()?;
    let other = Connection::open(files.db())?;
    other.execute_batch(
        "CREATE TABLE t (n);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = CAST(x'435245415445205441424c452074202822ff2229' AS TEXT)",
    )?;
    drop(other);
    let builder = AsyncDatabase::builder(files.db()).config(DbConfig::default());
    let db = builder.connect().await?;
    let error = refusal(db.fetch_all::<DynamicRow>("SELECT * FROM t", ()).await)?;
    assert!(matches!(row_error(error)?, RowError::NameNotUtf8));
    assert_eq!(
        db.fetch_value::<i64>("SELECT count(*) FROM t", ()).await?,
        0
    );
    db.close().await?;
    Ok(())
}
