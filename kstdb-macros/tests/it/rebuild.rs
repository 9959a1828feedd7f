//! Which folder a crate embeds, and when Cargo builds it again.

use std::error::Error;

use crate::workspace::Workspace;

type TestResult = Result<(), Box<dyn Error>>;

const BUILD_SCRIPT: &str = r#"fn main() { println!("cargo::rerun-if-changed=migrations"); }"#;

#[test]
fn each_crate_of_a_workspace_finds_its_own_schema() -> TestResult {
    let workspace = Workspace::new(
        "schemas",
        &[
            ("migrations/1_a.sql", "of the workspace"),
            ("crates/own/migrations/1_a.sql", "of the crate"),
            ("schema/1_a.sql", "of the name"),
        ],
    )?;
    workspace.add_crate("own", "")?;
    workspace.add_crate("shared", "")?;
    workspace.add_crate(
        "named",
        "[package.metadata.kstdb]\nmigrations = '../../schema'\n",
    )?;
    assert_eq!(workspace.run("own")?.0, ["1 of the crate"]);
    assert_eq!(workspace.run("shared")?.0, ["1 of the workspace"]);
    assert_eq!(workspace.run("named")?.0, ["1 of the name"]);
    Ok(())
}

#[test]
fn a_changed_added_or_removed_migration_rebuilds() -> TestResult {
    let workspace = Workspace::new(
        "watched",
        &[
            ("crates/watched/build.rs", BUILD_SCRIPT),
            ("crates/watched/migrations/1_a.sql", "first"),
        ],
    )?;
    workspace.add_crate("watched", "")?;
    assert_eq!(workspace.run("watched")?.0, ["1 first"]);
    workspace.write("crates/watched/migrations/1_a.sql", "changed")?;
    assert_eq!(workspace.run("watched")?.0, ["1 changed"]);
    workspace.write("crates/watched/migrations/2_b.sql", "added")?;
    assert_eq!(workspace.run("watched")?.0, ["1 changed", "2 added"]);
    workspace.remove("crates/watched/migrations/1_a.sql")?;
    assert_eq!(workspace.run("watched")?.0, ["2 added"]);
    Ok(())
}

#[test]
fn a_change_or_removal_rebuilds_without_a_build_script_too() -> TestResult {
    let workspace = Workspace::new(
        "unwatched",
        &[
            ("migrations/1_a.sql", "first"),
            ("migrations/2_b.sql", "second"),
        ],
    )?;
    workspace.add_crate("unwatched", "")?;
    assert_eq!(workspace.run("unwatched")?.0, ["1 first", "2 second"]);
    workspace.write("migrations/1_a.sql", "changed")?;
    assert_eq!(workspace.run("unwatched")?.0, ["1 changed", "2 second"]);
    workspace.remove("migrations/2_b.sql")?;
    assert_eq!(workspace.run("unwatched")?.0, ["1 changed"]);
    Ok(())
}

#[test]
fn a_crate_that_only_has_queries_is_rebuilt_too() -> TestResult {
    let two = "ALTER TABLE a ADD COLUMN y TEXT;";
    let workspace = Workspace::new(
        "queries",
        &[
            ("migrations/1_a.sql", "CREATE TABLE a (x INTEGER);"),
            ("migrations/2_b.sql", two),
            (
                "crates/seen/build.rs",
                &BUILD_SCRIPT.replace("migrations", "../../migrations"),
            ),
        ],
    )?;
    for name in ["seen", "unseen"] {
        workspace.add_crate_with_query(name, "SELECT x, y FROM a")?;
    }
    let refused = |name: &str, why: &str| -> TestResult {
        match workspace.run(name) {
            Err(error) if error.to_string().contains(why) => Ok(()),
            other => Err(format!("{name}, not `{why}`: {other:?}").into()),
        }
    };
    for name in ["seen", "unseen"] {
        assert_eq!(workspace.run(name)?.0, ["SELECT x, y FROM a"], "{name}");
    }
    // Changed, and changed back.
    workspace.write("migrations/1_a.sql", "CREATE TABLE a (z INTEGER);")?;
    for name in ["seen", "unseen"] {
        refused(name, "no such column: x")?;
    }
    workspace.write("migrations/1_a.sql", "CREATE TABLE a (x INTEGER);")?;
    for name in ["seen", "unseen"] {
        assert_eq!(workspace.run(name)?.0, ["SELECT x, y FROM a"], "{name}");
    }
    workspace.remove("migrations/2_b.sql")?;
    for name in ["seen", "unseen"] {
        refused(name, "no such column: y")?;
    }
    // What is new is seen only by those whose build script watches.
    workspace.write("migrations/2_b.sql", two)?;
    assert_eq!(workspace.run("seen")?.0, ["SELECT x, y FROM a"]);
    workspace.write("migrations/3_c.sql", "ALTER TABLE a DROP COLUMN y;")?;
    refused("seen", "no such column: y")
}

#[test]
fn another_folder_in_the_manifest_rebuilds() -> TestResult {
    let workspace = Workspace::new(
        "moved",
        &[("migrations/1_a.sql", "old"), ("schema/1_a.sql", "new")],
    )?;
    workspace.add_crate("moved", "")?;
    assert_eq!(workspace.run("moved")?.0, ["1 old"]);
    workspace.add_crate(
        "moved",
        "[package.metadata.kstdb]\nmigrations = '../../schema'\n",
    )?;
    assert_eq!(workspace.run("moved")?.0, ["1 new"]);
    Ok(())
}

#[test]
fn only_a_build_script_that_watches_the_folder_silences_the_warning() -> TestResult {
    let workspace = Workspace::new(
        "warned",
        &[
            ("crates/warned/migrations/1_a.sql", "first"),
            ("crates/other/migrations/1_a.sql", "first"),
            (
                "crates/other/build.rs",
                &BUILD_SCRIPT.replace("migrations", "build.rs"),
            ),
            ("crates/silent/migrations/1_a.sql", "first"),
            ("crates/silent/build.rs", BUILD_SCRIPT),
        ],
    )?;
    let expected = [("warned", true), ("other", true), ("silent", false)];
    for (name, _) in expected {
        workspace.add_crate(name, "")?;
    }
    for (name, is_warned) in expected {
        let said = workspace.run(name)?.1;
        assert_eq!(
            said.contains("NEW_MIGRATIONS_GO_UNNOTICED"),
            is_warned,
            "{name}: {said}"
        );
    }
    Ok(())
}
