//! Files: made for their owner alone, looked at before they are opened.
#![cfg(unix)]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use kstdb_core::{
    AsyncDatabase, DatabaseBuilder, DatabaseConnectionError, DatabaseError, DbConfig,
};

use crate::support::{Files, TestResult, chain, refusal, writer_lock};

fn bare(path: &Path) -> DatabaseBuilder {
    AsyncDatabase::builder(path).config(DbConfig::default())
}

/// With a key, where the library takes one, and without.
fn both(path: &Path) -> [DatabaseBuilder; 2] {
    [crate::support::builder(path), bare(path)]
}

#[tokio::test]
async fn every_file_is_for_its_owner_alone() -> TestResult {
    for with_key in [true, false] {
        let files = Files::new()?;
        let [keyed, plain] = both(&files.db());
        let db = if with_key { keyed } else { plain }.connect().await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        db.migrate(&kstdb_core::migrate!()).await?;
        let mut names = Vec::new();
        for entry in files.dir().read_dir()? {
            let entry = entry?;
            let mode = entry.metadata()?.permissions().mode() & 0o777;
            let name = entry.file_name().to_string_lossy().into_owned();
            assert_eq!(mode, 0o600, "{name}");
            names.push(name);
        }
        names.sort();
        let mut expected = vec!["app.db", "app.db-migrate-lock", "app.db-shm", "app.db-wal"];
        expected.extend(writer_lock());
        assert_eq!(names, expected);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_symbolic_link_is_refused_unless_it_is_asked_for() -> TestResult {
    let files = Files::new()?;
    let link = files.path("link.db");
    symlink(files.db(), &link)?;
    for builder in both(&link) {
        // It leads nowhere yet: nothing is created at its other end.
        refusal(builder.follow_symlinks(true).connect().await)?;
        assert!(!files.db().exists());
    }
    files.open().await?.close().await?;
    for builder in both(&link) {
        let error = refusal(builder.connect().await)?;
        assert!(chain(&error).contains("symbolic link"), "{error:?}");
    }
    let followed = crate::support::builder(&link).follow_symlinks(true);
    followed.connect().await?.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_link_that_takes_the_place_of_the_file_is_not_followed() -> TestResult {
    for with_key in [true, false] {
        let files = Files::new()?;
        let [keyed, plain] = both(&files.db());
        let builder = if with_key { keyed } else { plain };
        let db = builder
            .min_connections(1)
            .max_connections(2)
            .max_attempts(1)
            .connect()
            .await?;
        let mut first = db.connection().await?;
        first.execute("CREATE TABLE t (n)", ()).await?;
        // The file was looked at; now its name leads to it through a link.
        std::fs::rename(files.db(), files.path("real.db"))?;
        symlink("real.db", files.db())?;
        let error = refusal(db.connection().await)?;
        let code = error.sqlite().map(|error| error.code());
        assert_eq!(
            code,
            Some(libsqlite3_sys::SQLITE_CANTOPEN_SYMLINK),
            "{error:?}"
        );
        // Back at its place it is the same file as before.
        std::fs::rename(files.path("real.db"), files.db())?;
        let mut second = db.connection().await?;
        let count: i64 = second.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!(count, 0);
        drop((first, second));
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_file_with_two_names_is_refused_unless_it_is_asked_for() -> TestResult {
    let files = Files::new()?;
    files.open().await?.close().await?;
    std::fs::hard_link(files.db(), files.path("other.db"))?;
    let error = refusal(files.open().await)?;
    assert!(chain(&error).contains("names"), "{error:?}");
    let allowed = files.builder().allow_hard_links(true);
    allowed.connect().await?.close().await?;
    Ok(())
}

#[tokio::test]
async fn links_above_the_file_are_followed() -> TestResult {
    let files = Files::new()?;
    std::fs::create_dir(files.path("real"))?;
    symlink("real", files.path("link"))?;
    for (number, builder) in both(&files.path("link/app.db")).into_iter().enumerate() {
        let db = builder.connect().await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        assert_eq!(db.path(), files.path("link/app.db"), "{number}");
        db.close().await?;
        assert!(files.path("real/app.db").is_file());
        std::fs::remove_file(files.path("real/app.db"))?;
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_others_have_access_to_is_refused_if_that_is_wanted() -> TestResult {
    let files = Files::new()?;
    files.open().await?.close().await?;
    std::fs::set_permissions(files.db(), std::fs::Permissions::from_mode(0o640))?;
    let error = refusal(files.builder().require_private(true).connect().await)?;
    assert!(chain(&error).contains("others have access"), "{error:?}");
    files.open().await?.close().await?;
    // Its mode is its owner's affair.
    let mode = files.db().metadata()?.permissions().mode() & 0o7777;
    assert_eq!(mode, 0o640);
    Ok(())
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() -> TestResult {
    let files = Files::new()?;
    std::fs::create_dir(files.path("directory"))?;
    std::fs::write(files.path("note.txt"), "too small for a database")?;
    std::fs::write(files.path("noise"), [0xa5; 8192])?;
    for name in ["directory", "note.txt", "noise"] {
        for builder in both(&files.path(name)) {
            let error = refusal(builder.connect().await)?;
            let typed = matches!(
                error,
                DatabaseError::Encryption(_)
                    | DatabaseError::Connection(DatabaseConnectionError::UnusablePath { .. })
            );
            assert!(typed, "{name}: {error:?}");
            assert!(!error.is_retryable());
        }
    }
    assert_eq!(std::fs::read(files.path("noise"))?, [0xa5; 8192]);
    Ok(())
}

#[tokio::test]
async fn a_missing_file_is_created_only_if_that_is_wanted() -> TestResult {
    let files = Files::new()?;
    for builder in both(&files.db()) {
        let error = refusal(builder.create_if_missing(false).connect().await)?;
        assert!(chain(&error).contains("no"), "{error:?}");
        assert!(!files.db().exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_tilde_is_a_name_like_any_other() -> TestResult {
    let files = Files::new()?;
    for builder in both(&files.path("~/app.db")) {
        let error = refusal(builder.connect().await)?;
        let said = chain(&error);
        assert!(said.contains('~'), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn paths_that_name_no_file_are_refused() -> TestResult {
    for path in ["", "file:app.db?mode=memory", "file:app.db", "a\0b"] {
        for builder in [crate::support::builder(path), bare(Path::new(path))] {
            let error = refusal(builder.connect().await)?;
            let unusable = matches!(
                error,
                DatabaseError::Connection(DatabaseConnectionError::UnusablePath { .. })
            );
            assert!(unusable, "{path:?}: {error:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn odd_names_are_names() -> TestResult {
    let files = Files::new()?;
    for name in [
        "a b%20c?mode=ro&x.db",
        "#1.db",
        "\u{434}\u{430}\u{442}\u{430}.db",
    ] {
        let db = crate::support::builder(files.path(name)).connect().await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        db.close().await?;
        assert!(files.path(name).is_file(), "{name}");
    }
    Ok(())
}
