//! Migrations of a folder, applied once and listed before.

use std::fs;

use super::run::{Place, TestResult, json};

fn place() -> TestResult<Place> {
    let place = Place::new()?;
    fs::create_dir(place.path("steps"))?;
    fs::write(place.path("steps/1_create_a.sql"), "CREATE TABLE a (x)")?;
    fs::write(place.path("steps/2_create_b.sql"), "CREATE TABLE b (x)")?;
    Ok(place)
}

const MIGRATE: [&str; 4] = ["migrate", "a.db", "--source", "steps"];

#[test]
fn migrations_are_applied_once() -> TestResult {
    let place = place()?;
    assert_eq!(
        place.run_keyed(MIGRATE)?.succeeded()?,
        "applied 1\napplied 2\n"
    );
    assert_eq!(place.run_keyed(MIGRATE)?.succeeded()?, "nothing to apply\n");
    assert_eq!(
        place.column("SELECT name FROM sqlite_schema WHERE name IN ('a', 'b') ORDER BY name")?,
        ["a", "b"]
    );
    Ok(())
}

#[test]
fn a_dry_run_changes_nothing() -> TestResult {
    let place = place()?;
    let dry = || place.run_keyed(MIGRATE.into_iter().chain(["--dry-run"]));
    assert_eq!(dry()?.succeeded()?, "would apply 1\nwould apply 2\n");
    assert!(!place.path("a.db").exists());
    place.run_keyed(MIGRATE)?.succeeded()?;
    fs::write(place.path("steps/3_create_c.sql"), "CREATE TABLE c (x)")?;
    let before = fs::read(place.path("a.db"))?;
    assert_eq!(dry()?.succeeded()?, "would apply 3\n");
    assert!(fs::read(place.path("a.db"))? == before);
    Ok(())
}

#[test]
fn a_failed_migration_is_named() -> TestResult {
    let place = place()?;
    fs::write(
        place.path("steps/3_break_it.sql"),
        "CREATE TABLE c (x); SELECT nonsense",
    )?;
    let message = place.run_keyed(MIGRATE)?.failed(1)?;
    assert!(
        message.contains("migration 3 failed and was undone"),
        "{message}"
    );
    assert!(message.contains("no such column: nonsense"), "{message}");
    let error = json(
        &place
            .run_keyed(MIGRATE.into_iter().chain(["--json"]))?
            .failed(1)?,
    )?;
    assert_eq!(error["error"], "migration");
    Ok(())
}

#[test]
fn a_folder_that_is_not_there_is_an_error() -> TestResult {
    let place = Place::new()?;
    place.run_keyed(MIGRATE)?.failed(1)?;
    assert!(!place.path("a.db").exists());
    Ok(())
}
