//! The query macros, with examples on the migrations of this workspace.

/// # Example
/// ```
/// use kstdb_core::{AsyncDatabase, DatabaseError, migrate, query};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// # let config = kstdb_core::DbConfig::default();
/// # let db = AsyncDatabase::builder(":memory:").config(config).connect().await?;
/// # #[expect(deprecated, reason = "an example has no build script")]
/// db.migrate(&migrate!()).await?;
///
/// let name = "Ada";
/// query!("INSERT INTO customers (name) VALUES (:name)").execute(&db).await?;
///
/// let ada = query!("SELECT id, name, email FROM customers WHERE name = ?", name)
///     .fetch_one(&db)
///     .await?;
/// let (id, name, email): (i64, String, Option<String>) = (ada.id, ada.name, ada.email);
/// assert_eq!((id, name.as_str(), email), (1, "Ada", None));
///
/// let ids = [1, 2, 3];
/// let mut tx = db.begin().await?;
/// let changed = query!("UPDATE customers SET active = FALSE WHERE id IN (..ids)")
///     .execute(&mut tx)
///     .await?;
/// assert_eq!(changed.rows_affected, 1);
/// tx.commit().await
/// # }
/// ```
///
/// A column that is not there does not compile:
///
/// ```compile_fail
/// kstdb_core::query!("SELECT naem FROM customers");
/// ```
pub use kstdb_macros::query;

/// # Example
/// ```
/// # use kstdb_core::{AsyncDatabase, DatabaseError, migrate, query, query_as};
/// struct Customer {
///     id: i64,
///     name: String,
///     email: Option<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// # let config = kstdb_core::DbConfig::default();
/// # let db = AsyncDatabase::builder(":memory:").config(config).connect().await?;
/// # #[expect(deprecated, reason = "an example has no build script")]
/// # db.migrate(&migrate!()).await?;
/// # query!("INSERT INTO customers (name) VALUES ('Ada')").execute(&db).await?;
/// let customers = query_as!(Customer, "SELECT id, name, email FROM customers")
///     .fetch_all(&db)
///     .await?;
/// assert_eq!((customers[0].id, customers[0].name.as_str()), (1, "Ada"));
/// # assert_eq!(customers[0].email, None);
/// # Ok(())
/// # }
/// ```
///
/// A field of another type than its column does not compile:
///
/// ```compile_fail
/// struct Customer { email: String }
/// kstdb_core::query_as!(Customer, "SELECT email FROM customers");
/// ```
pub use kstdb_macros::query_as;

/// # Example
/// ```
/// # use kstdb_core::{AsyncDatabase, DatabaseError, migrate, query_scalar};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// # let config = kstdb_core::DbConfig::default();
/// # let db = AsyncDatabase::builder(":memory:").config(config).connect().await?;
/// # #[expect(deprecated, reason = "an example has no build script")]
/// # db.migrate(&migrate!()).await?;
/// let count: i64 = query_scalar!("SELECT count(*) FROM customers").fetch_one(&db).await?;
/// let sum: Option<i64> = query_scalar!("SELECT sum(balance_cents) FROM accounts")
///     .fetch_one(&db)
///     .await?;
/// assert_eq!((count, sum), (0, None));
/// # Ok(())
/// # }
/// ```
pub use kstdb_macros::query_scalar;

pub use kstdb_macros::{query_file, query_file_as, query_file_scalar};
