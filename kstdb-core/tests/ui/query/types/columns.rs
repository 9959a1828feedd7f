//! Columns declared as dates, JSON and UUIDs are values of those crates: read, bound and returned.

use kstdb_core::types::chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use kstdb_core::types::serde_json::{Value as Json, json};
use kstdb_core::types::uuid::Uuid;
use kstdb_core::{query, query_as, query_scalar};

#[path = "../../support.rs"]
mod support;

struct Visit {
    id: Uuid,
    day: NaiveDate,
    at: Option<NaiveTime>,
    made: NaiveDateTime,
    what: Json,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let day = NaiveDate::from_ymd_opt(2026, 2, 28).ok_or("no day")?;
    let at = NaiveTime::from_hms_milli_opt(23, 59, 59, 125).ok_or("no time")?;
    for (id, at, what) in [(id, Some(at), json!({"a": [1, null]})), (other, None, json!(5))] {
        let new = query!("INSERT INTO visits (id, day, at, what) VALUES (:id, :day, :at, :what) RETURNING made, at, what")
            .fetch_one(&db)
            .await?;
        let _: (NaiveDateTime, Option<NaiveTime>, Json) = (new.made, new.at, new.what.clone());
        assert_eq!((new.at, new.what), (at, what));
    }
    let visits = query_as!(Visit, "SELECT * FROM visits ORDER BY id").fetch_all(&db).await?;
    assert_eq!((visits[0].id, visits[0].day, visits[0].at), (id, day, Some(at)));
    assert_eq!(visits[0].what["a"][0], 1);
    assert_eq!((visits[1].id, visits[1].at, &visits[1].what), (other, None, &json!(5)));
    assert!(visits[1].made > day.and_time(NaiveTime::MIN));
    let days = [day];
    let late = NaiveDate::from_ymd_opt(9999, 1, 1).ok_or("no day")?.and_time(NaiveTime::MIN);
    let found = query_scalar!("SELECT id FROM visits WHERE day IN (..days) AND made <= :now", now = late);
    assert_eq!(found.fetch_all(&db).await?.len(), 2);
    let latest: Option<NaiveDateTime> = query_scalar!("SELECT max(made) FROM visits").fetch_one(&db).await?;
    assert_eq!(latest.map(|made| made >= visits[0].made), Some(true));
    for value in [json!(0.5), json!("5"), json!(null), json!(true), json!([5]), json!(-7)] {
        let read = query_scalar!("UPDATE visits SET what = ? RETURNING what", value).fetch_all(&db).await?;
        assert_eq!(read, [value.clone(), value]);
    }
    Ok(())
}
