//! A small bank: customers, accounts and transfers, with queries that are checked while compiling.
//!
//! `cargo run -p kstdb-core --example bank` runs it on an encrypted file in a temporary directory. The schema is
//! that of `migrations/`. What the compiler says when a query and the schema do not fit:
//!
//! ```text
//! error: no such column: balance; did you mean `balance_cents`?
//!        line 61, column 28:
//!            "SELECT balance FROM accounts WHERE id = ?",
//!                    ^^^^^^^
//!
//! error: the query takes 2 values by position, 1 is given:
//!            UPDATE accounts SET balance_cents = ? WHERE id = ?
//!
//! error[E0277]: the trait bound `String: From<Option<String>>` is not satisfied
//! ```
//!
//! The last one is a column that can be NULL on its way into a field that is no `Option`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use kstdb_core::{
    AsyncDatabase, DatabaseError, DbConfig, Transaction, migrate, query, query_as, query_scalar,
};

/// Why money did not move.
#[derive(Debug, thiserror::Error)]
enum TransferError {
    #[error("account {0} does not exist")]
    NoSuchAccount(i64),
    #[error("the account has {available} cents only")]
    NotEnough { available: i64 },
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A line of the list of customers.
struct Customer {
    id: i64,
    name: String,
    email: Option<String>,
    /// NULL, and so `None`, for a customer without an account.
    balance_cents: Option<i64>,
}

async fn open_account(
    tx: &mut Transaction,
    name: &str,
    email: Option<&str>,
    cents: i64,
) -> Result<i64, DatabaseError> {
    let customer = query_scalar!(
        "INSERT INTO customers (name, email) VALUES (?, ?) RETURNING id",
        name,
        email
    )
    .fetch_one(&mut *tx)
    .await?;
    query_scalar!(
        "INSERT INTO accounts (customer_id, currency, balance_cents)
         VALUES (:customer, 'EUR', :cents)
         RETURNING id"
    )
    .fetch_one(tx)
    .await
}

async fn balance(tx: &mut Transaction, account: i64) -> Result<i64, TransferError> {
    query_scalar!("SELECT balance_cents FROM accounts WHERE id = ?", account)
        .fetch_optional(tx)
        .await?
        .ok_or(TransferError::NoSuchAccount(account))
}

async fn transfer(
    db: &AsyncDatabase,
    from: i64,
    to: i64,
    cents: i64,
    note: &str,
) -> Result<i64, TransferError> {
    db.transaction(async |tx| {
        let available = balance(tx, from).await?;
        balance(tx, to).await?;
        if available < cents {
            return Err(TransferError::NotEnough { available });
        }
        for (account, change) in [(from, -cents), (to, cents)] {
            query!(
                "UPDATE accounts SET balance_cents = balance_cents + ? WHERE id = ?",
                change,
                account
            )
            .execute(&mut *tx)
            .await?;
        }
        let id = query_scalar!(
            "INSERT INTO transfers (from_account, to_account, amount_cents, note)
             VALUES (?, ?, ?, ?)
             RETURNING id",
            from,
            to,
            cents,
            note.as_bytes()
        );
        Ok(id.fetch_one(tx).await?)
    })
    .await
}

async fn customers(db: &AsyncDatabase) -> Result<Vec<Customer>, DatabaseError> {
    query_as!(
        Customer,
        "SELECT customers.id, name, email, balance_cents
         FROM customers LEFT JOIN accounts ON customer_id = customers.id
         ORDER BY name"
    )
    .fetch_all(db)
    .await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let db = AsyncDatabase::builder(dir.path().join("bank.db"))
        .config(DbConfig::default())
        .passphrase("an example needs no secret")
        .connect()
        .await?;
    db.migrate(&migrate!()).await?;

    let [ada, bob] = db
        .transaction(async |tx| {
            let ada = open_account(tx, "Ada", Some("ada@example.org"), 10_000).await?;
            let bob = open_account(tx, "Bob", None, 0).await?;
            Ok::<_, DatabaseError>([ada, bob])
        })
        .await?;
    query!("INSERT INTO customers (name, active) VALUES ('Eve', FALSE)")
        .execute(&db)
        .await?;

    transfer(&db, ada, bob, 2_500, "rent").await?;
    let refused = transfer(&db, bob, ada, 1_000_000, "dreams").await;
    println!(
        "a transfer of too much: {:?}",
        refused.err().map(|error| error.to_string())
    );

    for Customer {
        id,
        name,
        email,
        balance_cents,
    } in customers(&db).await?
    {
        let email = email.as_deref().unwrap_or("no address");
        println!("{id}: {name} ({email}): {balance_cents:?} cents");
    }

    let accounts = [ada, bob];
    let moved = query!(
        r#"SELECT count(*) AS transfers, sum(amount_cents) AS "cents!"
           FROM transfers
           WHERE from_account IN (..accounts)"#
    )
    .fetch_one(&db)
    .await?;
    println!(
        "{} transfer(s) moved {} cents",
        moved.transfers, moved.cents
    );
    db.close().await?;
    Ok(())
}
