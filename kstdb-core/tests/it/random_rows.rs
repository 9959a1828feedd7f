//! Random rows: what a checked query decodes is what a dynamic row holds.

use kstdb_core::{
    AsyncDatabase, DatabaseError, DbConfig, DynamicRow, IntoValue, Value, migrate, query,
};
use proptest::prelude::*;

/// One customer with one account, or none.
#[derive(Clone, Debug)]
struct Customer {
    name: String,
    email: Option<String>,
    active: bool,
    account: Option<(i64, Option<f64>)>,
}

fn customer() -> impl Strategy<Value = Customer> {
    let rate = prop::option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO);
    let account = prop::option::of((-1_000_000_000_000..1_000_000_000_000_i64, rate));
    (".{0,8}", prop::bool::ANY, any::<bool>(), account).prop_map(
        |(name, has_email, active, account)| Customer {
            // Emails are unique.
            email: has_email.then(|| format!("{name}@{account:?}{active}")),
            name,
            active,
            account,
        },
    )
}

async fn database(customers: &[Customer]) -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    let db = db.connect().await?;
    db.migrate(&migrate!()).await?;
    for Customer {
        name,
        email,
        active,
        account,
    } in customers
    {
        let sql = query!(
            "INSERT OR IGNORE INTO customers (name, email, active) VALUES (:name, :email, :active)"
        );
        let customer = sql.execute(&db).await?.last_insert_rowid;
        if let Some((cents, rate)) = account {
            query!(
                "INSERT INTO accounts (customer_id, currency, balance_cents, interest_rate)
                 VALUES (:customer, 'EUR', :cents, :rate)"
            )
            .execute(&db)
            .await?;
        }
    }
    Ok(db)
}

/// Runs a checked query and the same text unchecked, and compares the columns.
macro_rules! compare {
    ($db:expr, $sql:literal, $($column:ident),+) => {{
        let checked = query!($sql).fetch_all($db).await?;
        let dynamic: Vec<DynamicRow> = $db.fetch_all($sql, ()).await?;
        assert_eq!(checked.len(), dynamic.len(), $sql);
        for (checked, dynamic) in checked.into_iter().zip(dynamic) {
            $(
                let value: Value = dynamic.get(stringify!($column))?;
                assert_eq!(checked.$column.into_value().ok(), Some(value), $sql);
            )+
        }
    }};
}

async fn compare_all(customers: &[Customer]) -> Result<(), DatabaseError> {
    let db = &database(customers).await?;
    compare!(
        db,
        "SELECT * FROM customers ORDER BY name DESC",
        id,
        name,
        email,
        active,
        created_at
    );
    compare!(
        db,
        "SELECT id, balance_cents, interest_rate FROM accounts",
        id,
        balance_cents,
        interest_rate
    );
    compare!(
        db,
        "SELECT name, accounts.id AS account, interest_rate FROM customers LEFT JOIN accounts ON customer_id = customers.id",
        name,
        account,
        interest_rate
    );
    compare!(
        db,
        "SELECT active, count(*) AS n, sum(balance_cents) AS cents, avg(interest_rate) AS rate, max(email) AS last
         FROM customers LEFT JOIN accounts ON customer_id = customers.id GROUP BY active",
        active,
        n,
        cents,
        rate,
        last
    );
    compare!(
        db,
        "SELECT coalesce(email, name) AS shown, length(name) AS length, balance_cents / 2 AS half,
                interest_rate * 2 AS twice, row_number() OVER (ORDER BY name) AS place, NULL AS empty
         FROM customers JOIN accounts ON customer_id = customers.id",
        shown,
        length,
        half,
        twice,
        place,
        empty
    );
    compare!(
        db,
        "SELECT id AS x FROM customers UNION ALL SELECT name FROM customers",
        x
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_checked_row_equals_the_dynamic_one(customers in prop::collection::vec(customer(), 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let compared = runtime.map(|runtime| runtime.block_on(compare_all(&customers)));
        prop_assert!(matches!(compared, Ok(Ok(()))), "{compared:?}");
    }
}
