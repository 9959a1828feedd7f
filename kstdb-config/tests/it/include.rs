//! Files that include others: who wins, and what must not be included.

use kstdb_config::{ConfigError, DbConfig, IncludeProblem, Layer};

use crate::TestResult;
use crate::logs::captured;
use crate::place::Place;

const KEY: &str = "db.pool.max_size";

fn problem(loaded: &Result<DbConfig, ConfigError>) -> Option<IncludeProblem> {
    match loaded {
        Err(ConfigError::Include { problem, .. }) => Some(*problem),
        _ => None,
    }
}

#[test]
fn later_includes_win_and_the_file_itself_wins_over_all() -> TestResult {
    let place = Place::new()?;
    place.write(
        "a.yml",
        "db: {pool: {min_size: 2, max_size: 20, acquire_timeout: 2}}",
    )?;
    place.write("b.toml", "[db.pool]\nmax_size = 30\nacquire_timeout = 3")?;
    let config = place.load_text(
        "top.yml",
        "include: [a.yml, b.toml]\ndb: {pool: {acquire_timeout: 4}}",
    )??;
    assert_eq!((config.pool.min_size, config.pool.max_size), (2, 30));
    assert_eq!(config.pool.acquire_timeout.as_secs(), 4);
    for (key, file) in [
        ("db.pool.min_size", "a.yml"),
        (KEY, "b.toml"),
        ("db.pool.acquire_timeout", "top.yml"),
    ] {
        assert_eq!(
            config.origin(key),
            Some(&Layer::NamedFile(place.path(file))),
            "{key}"
        );
    }
    Ok(())
}

#[test]
fn an_included_file_is_named_in_the_layer_of_the_file_that_includes_it() -> TestResult {
    let place = Place::new()?;
    place.write("user/kstdb.conf.yml", "include: db/pool.json")?;
    let file = place.write("user/db/pool.json", r#"{"db": {"pool": {"max_size": 40}}}"#)?;
    assert_eq!(
        place.loader().load()?.origin(KEY),
        Some(&Layer::UserFile(file))
    );
    Ok(())
}

#[test]
fn every_format_includes_and_is_included() -> TestResult {
    let files = [
        ("a.yml", "include: {}\n", "db: {pool: {max_size: 41}}"),
        ("a.yaml", "include: ['{}']\n", "db: {pool: {max_size: 41}}"),
        ("a.toml", "include = '{}'\n", "[db.pool]\nmax_size = 41"),
        (
            "a.json",
            "{\"include\": \"{}\"}",
            r#"{"db": {"pool": {"max_size": 41}}}"#,
        ),
        ("a.ini", "include = {}\n", "[db.pool]\nmax_size = 41"),
    ];
    for (outer, including, _) in files {
        for (inner, _, text) in files {
            let place = Place::new()?;
            place.write(&format!("in/{inner}"), text)?;
            let top = including.replacen("{}", &format!("in/{inner}"), 1);
            let config = place.load_text(outer, &top)??;
            assert_eq!(config.pool.max_size, 41, "{outer} includes {inner}");
        }
    }
    Ok(())
}

#[test]
fn a_strict_loader_includes_its_own_format_only() -> TestResult {
    let place = Place::new()?;
    place.write("same.yaml", "db: {pool: {max_size: 42}}")?;
    place.write("other.json", "{}")?;
    let load = |file| {
        place
            .loader()
            .without_files()
            .file(file)
            .strict_format(true)
            .load()
    };
    let same = place.write("top1.yml", "include: same.yaml")?;
    assert_eq!(load(same)?.pool.max_size, 42);
    let other = place.write("top2.yml", "include: other.json")?;
    assert_eq!(problem(&load(other)), Some(IncludeProblem::OtherFormat));
    Ok(())
}

#[test]
fn blank_includes_are_ignored_and_blank_items_warned_about() -> TestResult {
    let place = Place::new()?;
    for text in ["include:", "include: ''", "include: '  '", "include: []"] {
        let (loaded, log) = captured(|| place.load_text("a.yml", text));
        assert!(loaded?.is_ok(), "{text}");
        assert!(!log.contains("WARN"), "{text}: {log}");
    }
    for text in ["include: ['']", "include: [' ']", "include: [null]"] {
        let (loaded, log) = captured(|| place.load_text("a.yml", text));
        assert!(loaded?.is_ok(), "{text}");
        assert_eq!(log.matches("WARN").count(), 1, "{text}: {log}");
    }
    Ok(())
}

#[test]
fn a_missing_include_is_an_error_that_says_so() -> TestResult {
    let place = Place::new()?;
    let file = place.write("a.yml", "db: {}")?;
    for name in ["missing.yml", "missing/b.yml", "a.yml/b.yml"] {
        let error = place
            .load_text("top.yml", &format!("include: {name}"))?
            .err();
        let error = error.ok_or("accepted")?;
        assert!(error.is_not_found(), "{name}: {error}");
        assert_eq!(
            error.to_string(),
            format!(
                "{} includes {name}: it does not exist",
                place.path("top.yml").display()
            )
        );
    }
    assert!(file.exists());
    Ok(())
}

#[test]
fn an_absolute_path_is_refused() -> TestResult {
    let place = Place::new()?;
    let inside = place.write("a.yml", "db: {}")?;
    let text = format!("include: '{}'", inside.display());
    assert_eq!(
        problem(&place.load_text("top.yml", &text)?),
        Some(IncludeProblem::Absolute)
    );
    Ok(())
}

#[test]
fn a_path_out_of_the_directory_is_refused() -> TestResult {
    let place = Place::new()?;
    place.write("outside.yml", "db: {}")?;
    place.write("dir/sub/a.yml", "db: {pool: {max_size: 43}}")?;
    for (name, expected) in [
        ("../outside.yml", Some(IncludeProblem::OutsideDirectory)),
        (
            "sub/../../outside.yml",
            Some(IncludeProblem::OutsideDirectory),
        ),
        ("../dir/sub/a.yml", Some(IncludeProblem::OutsideDirectory)),
        ("./sub/../sub/a.yml", None),
    ] {
        let loaded = place.load_text("dir/top.yml", &format!("include: {name}"))?;
        assert_eq!(loaded.is_ok(), expected.is_none(), "{name}");
        assert_eq!(problem(&loaded), expected, "{name}");
    }
    // The rule holds for the directory of each including file.
    place.write("dir/sub/up.yml", "include: ../b.yml")?;
    place.write("dir/b.yml", "db: {}")?;
    let loaded = place.load_text("dir/top.yml", "include: sub/up.yml")?;
    assert_eq!(problem(&loaded), Some(IncludeProblem::OutsideDirectory));
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_refused_as_file_and_as_directory() -> TestResult {
    use std::os::unix::fs::symlink;

    let place = Place::new()?;
    let file = place.write("dir/real/a.yml", "db: {}")?;
    symlink(&file, place.path("dir/link.yml"))?;
    symlink(place.path("dir/real"), place.path("dir/folder"))?;
    symlink(place.path("nowhere"), place.path("dir/dead.yml"))?;
    for name in [
        "link.yml",
        "folder/a.yml",
        "dead.yml",
        "folder/../real/a.yml",
    ] {
        let loaded = place.load_text("dir/top.yml", &format!("include: {name}"))?;
        assert_eq!(problem(&loaded), Some(IncludeProblem::Symlink), "{name}");
    }
    Ok(())
}

#[test]
fn ten_includes_in_a_row_work_and_eleven_do_not() -> TestResult {
    let place = Place::new()?;
    place.write("11.yml", "db: {pool: {max_size: 44}}")?;
    for number in 0..11 {
        place.write(
            &format!("{number}.yml"),
            format!("include: {}.yml", number + 1),
        )?;
    }
    assert_eq!(place.load(&place.path("1.yml"))?.pool.max_size, 44);
    assert_eq!(
        problem(&place.load(&place.path("0.yml"))),
        Some(IncludeProblem::TooDeep)
    );

    // Also where the long way is found after the file was read on a short one.
    let loaded = place.load_text("top.yml", "include: [9.yml, 5.yml, 1.yml]")?;
    assert_eq!(problem(&loaded), Some(IncludeProblem::TooDeep));
    Ok(())
}

#[test]
fn a_cycle_is_refused() -> TestResult {
    let place = Place::new()?;
    place.write("a.yml", "include: sub/b.yml")?;
    place.write("sub/b.yml", "include: c.yml")?;
    place.write("sub/c.yml", "include: [b.yml]")?;
    assert_eq!(
        problem(&place.load(&place.path("a.yml"))),
        Some(IncludeProblem::Cycle)
    );
    let itself = place.load_text("self.yml", "include: ./self.yml")?;
    assert_eq!(problem(&itself), Some(IncludeProblem::Cycle));
    Ok(())
}

/// kstlib defect 33.
#[test]
fn two_files_may_include_the_same_third() -> TestResult {
    let place = Place::new()?;
    place.write("base.yml", "db: {pool: {min_size: 3, max_size: 45}}")?;
    place.write("left.yml", "include: base.yml\ndb: {pool: {max_size: 46}}")?;
    place.write("right.yml", "include: base.yml\ndb: {retry: {delay: 2}}")?;
    let config = place.load_text("top.yml", "include: [left.yml, right.yml]")??;
    assert_eq!(config.pool.min_size, 3);
    // The second file builds on the third as well, and comes later.
    assert_eq!(
        config.origin(KEY),
        Some(&Layer::NamedFile(place.path("base.yml")))
    );
    assert_eq!(config.pool.max_size, 45);
    Ok(())
}

#[test]
fn files_that_include_each_other_a_thousandfold_are_read_once() -> TestResult {
    let place = Place::new()?;
    place.write("10.yml", "db: {pool: {max_size: 47}}")?;
    for number in 0..10 {
        let below = vec![format!("{}.yml", number + 1); 1000].join(", ");
        place.write(&format!("{number}.yml"), format!("include: [{below}]"))?;
    }
    let (loaded, log) = captured(|| place.load(&place.path("0.yml")));
    assert_eq!(loaded?.pool.max_size, 47);
    assert_eq!(log.matches("settings file read").count(), 11);
    Ok(())
}

#[test]
fn an_included_file_obeys_the_rules_of_every_file() -> TestResult {
    let place = Place::new()?;
    let bad = place.write("bad.yml", "db: {pool: {max_sise: 1}}")?;
    let error = place
        .load_text("top.yml", "include: bad.yml")?
        .err()
        .ok_or("accepted")?;
    assert_eq!(
        (error.path(), error.key()),
        (Some(bad.as_path()), Some("db.pool.max_sise"))
    );

    let large = std::fs::File::create(place.path("large.yml"))?;
    large.set_len(kstdb_config::limits::FILE_BYTES + 1)?;
    let loaded = place.load_text("top.yml", "include: large.yml")?;
    assert!(matches!(loaded, Err(ConfigError::TooLarge { .. })));

    let loaded = place.load_text("top.yml", "include: top.txt")?;
    assert_eq!(problem(&loaded), Some(IncludeProblem::NotFound));
    place.write("top.txt", "db: {}")?;
    let loaded = place.load_text("top.yml", "include: top.txt")?;
    assert!(matches!(loaded, Err(ConfigError::UnsupportedFormat { .. })));
    Ok(())
}
