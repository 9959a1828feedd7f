//! What a database is, told after it is open.

use super::run::{Place, TestResult, json};

#[test]
fn an_encrypted_database_is_described() -> TestResult {
    let place = Place::with_database()?;
    place.exec("PRAGMA user_version = 7")?;
    let info = json(&place.run_keyed(["info", "a.db", "--json"])?.succeeded()?)?;
    assert_eq!(info["encrypted"], true);
    assert_eq!(info["settings"]["page_size"], 4096);
    assert_eq!(info["settings"]["user_version"], 7);
    assert_eq!(info["settings"]["encoding"], "UTF-8");
    assert_eq!(
        info["tables"],
        serde_json::json!([{"name": "t", "rows": 2}])
    );
    assert_eq!(info["migrations"], serde_json::json!([]));
    let settings = info["cipher"].to_string();
    assert!(settings.contains("kdf_iter = 256000"), "{settings}");
    if cfg!(unix) {
        assert_eq!(info["file"]["mode"], "0600");
    }

    let text = place.run_keyed(["info", "a.db"])?.succeeded()?;
    assert!(text.contains("tables\n  t: 2 row(s)\n"), "{text}");
    Ok(())
}

#[test]
fn migrations_are_listed() -> TestResult {
    let place = Place::new()?;
    std::fs::create_dir(place.path("steps"))?;
    std::fs::write(place.path("steps/3_create_a.sql"), "CREATE TABLE a (x)")?;
    let migrate = ["migrate", "a.db", "--source", "steps"];
    place.run_keyed(migrate)?.succeeded()?;
    let info = json(&place.run_keyed(["info", "a.db", "--json"])?.succeeded()?)?;
    assert_eq!(info["migrations"][0]["version"], 3);
    assert_eq!(info["migrations"][0]["description"], "create a");
    Ok(())
}
