//! A tour of kstdb: an encrypted database is made, used, attacked and closed.
//!
//! `cargo xtask demo` runs it on SQLCipher 4.20, `cargo run -p kstdb-core --example demo` on 4.10.
#![expect(clippy::print_stdout, reason = "a demonstration talks")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kstdb_core::cipher::{inspect, key_derivations, library, random_salt};
use kstdb_core::migrate::Migrations;
use kstdb_core::{
    AsyncDatabase, DatabaseError, SecretString, migrate, query, query_as, query_scalar,
};
use tokio::task::JoinSet;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The steps in `migrations/`, embedded while compiling.
static MIGRATIONS: Migrations = migrate!();

/// What nobody may find in the file.
const SENTINEL: &str = "Ada Lovelace keeps this to herself";

/// Prints a line of a step.
macro_rules! say {
    ($($words:tt)*) => { println!("  {}", format_args!($($words)*)) };
}

/// What is not said here comes from the cascade of settings.
const SETTINGS: &str = "db:\n  pool:\n    min_size: 2\n    max_size: 8\n";

const TASKS: i64 = 16;
const CUSTOMERS_PER_TASK: i64 = 50;

#[derive(Debug)]
struct Account {
    id: i64,
    balance_cents: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("demo.db");

    step("The linked library");
    let library = library();
    let cipher = library.cipher_version.ok_or("this is not SQLCipher")?;
    say!("SQLCipher {cipher} on SQLite {}", library.sqlite_version);

    step("A database with a key, a settings file and migrations");
    let settings = dir.path().join("kstdb.conf.yml");
    std::fs::write(&settings, SETTINGS)?;
    let passphrase = random_passphrase()?;
    let db = open(&path, &settings, &passphrase).await?;
    let migrated = db.migrate(&MIGRATIONS).await?;
    say!("applied migrations {:?}", migrated.applied);
    say!("key derivations for a whole pool: {}", key_derivations());
    check(key_derivations() == 1, "the key is derived once")?;

    step("Many tasks write and read through one pool");
    write_and_read(&db).await?;

    step("A transaction is stored whole or not at all");
    transfer(&db).await?;

    step("The file holds no plaintext");
    search(&db, &path).await?;

    step("A wrong key is refused, at once and by name");
    let start = Instant::now();
    match open(&path, &settings, &random_passphrase()?).await {
        Err(error) if error.is_wrong_key() => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            let after = start.elapsed().as_secs_f64();
            say!("{error}: {why}, after {after:.2} s");
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a wrong key opened the database".into()),
    }

    step("What the pool did");
    let stats = db.stats();
    say!(
        "{} calls on {} connections",
        stats.total_acquired,
        stats.total_connections
    );
    check(stats.total_errors == 0, "no connection failed")?;
    db.close().await?;
    let closed = query!("SELECT id FROM customers").fetch_all(&db).await;
    check(
        closed.is_err_and(|error| error.is_closed()),
        "a closed database stays closed",
    )
}

/// Opens the database, or creates it: the key comes from the program, the rest from the file.
async fn open(
    path: &Path,
    settings: &Path,
    passphrase: &SecretString,
) -> Result<AsyncDatabase, DatabaseError> {
    AsyncDatabase::builder(path)
        .passphrase(passphrase.clone())
        .config_file(settings)
        .connect()
        .await
}

async fn write_and_read(db: &AsyncDatabase) -> Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let db = db.clone();
        tasks.spawn(async move {
            db.transaction(async |tx| {
                for n in 0..CUSTOMERS_PER_TASK {
                    let name = format!("customer {task}-{n}");
                    query!("INSERT INTO customers (name) VALUES (:name)")
                        .execute(&mut *tx)
                        .await?;
                }
                Ok::<_, DatabaseError>(())
            })
            .await
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    let customers = query_scalar!("SELECT count(*) FROM customers")
        .fetch_one(db)
        .await?;
    say!("{TASKS} tasks wrote {customers} rows, and none was told to come back later");
    check(
        customers == TASKS * CUSTOMERS_PER_TASK,
        "every row is there",
    )
}

async fn transfer(db: &AsyncDatabase) -> Result<()> {
    let ada = query_scalar!(
        "INSERT INTO customers (name) VALUES (?) RETURNING id",
        SENTINEL
    )
    .fetch_one(db)
    .await?;
    let [from, to] = db
        .transaction(async |tx| {
            let mut accounts = [0; 2];
            for (account, cents) in accounts.iter_mut().zip([10_000, 0]) {
                *account = query_scalar!(
                    "INSERT INTO accounts (customer_id, currency, balance_cents)
                     VALUES (:ada, 'EUR', :cents) RETURNING id"
                )
                .fetch_one(&mut *tx)
                .await?;
            }
            for (account, cents) in accounts.iter().zip([-2_500, 2_500]) {
                query!(
                    "UPDATE accounts SET balance_cents = balance_cents + ? WHERE id = ?",
                    cents,
                    account
                )
                .execute(&mut *tx)
                .await?;
            }
            Ok::<_, DatabaseError>(accounts)
        })
        .await?;

    let mut abandoned = db.begin().await?;
    query!("DELETE FROM accounts")
        .execute(&mut abandoned)
        .await?;
    drop(abandoned); // rolls back

    let accounts = query_as!(
        Account,
        "SELECT id, balance_cents FROM accounts ORDER BY id"
    )
    .fetch_all(db)
    .await?;
    say!("{accounts:?}");
    let balances = accounts.iter().map(|one| (one.id, one.balance_cents));
    let expected = balances.eq([(from, 7_500), (to, 2_500)]);
    check(expected, "the transfer is stored, the deletion is not")
}

/// Looks for what was written in the bytes of the file and of its write-ahead log.
async fn search(db: &AsyncDatabase, path: &Path) -> Result<()> {
    let stored = query_scalar!("SELECT count(*) FROM customers WHERE name = ?", SENTINEL)
        .fetch_one(db)
        .await?;
    check(stored == 1, "the secret is in the database")?;
    let mut bytes = std::fs::read(path)?;
    bytes.extend(std::fs::read(path.with_extension("db-wal"))?);
    say!("{} bytes in the file and its log", bytes.len());
    let is_in = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    check(
        !is_in(SENTINEL) && !is_in("CREATE TABLE"),
        "neither data nor schema can be read",
    )?;
    check(inspect(path)?.state.is_opaque(), "not even SQLite's header")
}

/// A new passphrase of 32 hexadecimal digits.
fn random_passphrase() -> Result<SecretString> {
    let digits = random_salt()?.map(|byte| format!("{byte:02x}"));
    Ok(digits.concat().into())
}

fn step(title: &str) {
    println!("\n{title}");
}

fn check(holds: bool, statement: &'static str) -> Result<()> {
    if holds {
        say!("ok: {statement}");
        Ok(())
    } else {
        Err(format!("not true: {statement}").into())
    }
}
