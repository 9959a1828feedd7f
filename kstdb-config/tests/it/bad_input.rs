//! Files that are wrong: each is refused with its place, and never with its values.

use kstdb_config::{ConfigError, FileProblem, Position};

use crate::TestResult;
use crate::place::Place;

/// Stands wherever a value could be quoted.
const CANARY: &str = "hunter2-canary";

/// One bad file, and the end of the message that it gives behind the file's path.
struct Case {
    name: &'static str,
    file: &'static str,
    text: &'static str,
    message: &'static str,
}

const fn case(
    name: &'static str,
    file: &'static str,
    text: &'static str,
    message: &'static str,
) -> Case {
    Case {
        name,
        file,
        text,
        message,
    }
}

/// kstlib defect 33: in the top-level list, duplicate key and unknown key cases.
#[rustfmt::skip]
const CASES: &[Case] = &[
    // The text as a whole.
    case("yaml_syntax", "a.yml", "db:\n  pool: [hunter2-canary\n", ":3:1: not valid YAML"),
    case("yaml_tab", "a.yml", "db:\n\tpool: hunter2-canary\n", ":2:2: not valid YAML"),
    case("yaml_unknown_alias", "a.yml", "db: *hunter2-canary", ":1:5: not valid YAML"),
    case("yaml_two_documents", "a.yml", "db: {}\n---\ndb: {}\n", ":2:1: more than one YAML document"),
    case("toml_syntax", "a.toml", "[db.pool]\nmax_size = hunter2-canary\n", ":2:12: not valid TOML"),
    case("json_syntax", "a.json", "{\"db\": hunter2-canary}", ":1:8: not valid JSON"),
    case("json_nan", "a.json", "{\"db\": {\"retry\": {\"delay\": NaN}}}", ":1:28: not valid JSON"),
    case("json_trailing_comma", "a.json", "{\"db\": {},}", ":1:11: not valid JSON"),
    case("json_empty", "a.json", "", ":1:1: not valid JSON"),
    case("ini_syntax", "a.ini", "[db.pool]\nhunter2-canary\n", ":2:1: not valid INI"),
    case("top_level_list_yaml", "a.yml", "- hunter2-canary\n", ": the top level must be a table of settings"),
    case("top_level_text_yaml", "a.yml", "hunter2-canary\n", ": the top level must be a table of settings"),
    case("top_level_list_json", "a.json", "[\"hunter2-canary\"]", ": the top level must be a table of settings"),
    // Keys.
    case("duplicate_key_yaml", "a.yml", "db:\n  pool:\n    max_size: 1\n    max_size: 2\n", ":4:5: duplicate key `max_size`"),
    case("duplicate_section_yaml", "a.yml", "db: {}\nother: 1\ndb: {}\n", ":3:1: duplicate key `db`"),
    case("duplicate_include", "a.yml", "include: a\ninclude: b\n", ":2:1: duplicate key `include`"),
    case("duplicate_key_toml", "a.toml", "[db.pool]\nmax_size = 1\nmax_size = 2\n", ":3:1: duplicate key `max_size`"),
    case("duplicate_key_json", "a.json", "{\"db\": {\"pool\": 1, \"pool\": 2}}", ":1:25: duplicate key `pool`"),
    case("duplicate_key_ini", "a.ini", "[db.pool]\nmax_size = 1\nMAX_SIZE = 2\n", ":3:1: duplicate key `max_size`"),
    case("unknown_key", "a.yml", "db: {pool: {max_sise: hunter2-canary}}", "unknown key `db.pool.max_sise`: did you mean `db.pool.max_size`?"),
    case("unknown_key_with_null", "a.yml", "db: {pool: {max_sise: }}", "unknown key `db.pool.max_sise`: did you mean `db.pool.max_size`?"),
    case("unknown_section", "a.yml", "db: {pol: {max_size: 1}}", "unknown key `db.pol`: did you mean `db.pool`?"),
    case("unlike_anything", "a.yml", "db: {cipher: {quantum: 1}}", "unknown key `db.cipher.quantum`"),
    case("upper_case_key", "a.yml", "db: {pool: {MAX_SIZE: 1}}", "unknown key `db.pool.MAX_SIZE`"),
    case("dotted_key", "a.yml", "db: {pool.max_size: 1}", "unknown key `db.\"pool.max_size\"`: did you mean `db.pool.max_size`?"),
    case("merged_key", "a.yml", "x: &x {max_sise: 1}\ndb: {pool: {<<: *x}}", "unknown key `db.pool.max_sise`: did you mean `db.pool.max_size`?"),
    case("merge_of_no_table", "a.yml", "db: {pool: {<<: hunter2-canary}}", ":1:31: not valid YAML"),
    case("text_as_key", "a.yml", "db: {cipher: {passphrase hunter2-canary: }}", "unknown key `(no plain name)`: did you mean `db.cipher.passphrase`?"),
    case("list_as_key", "a.yml", "db: {? [hunter2-canary] : 1}", "unknown key `(no plain name)`"),
    // Values.
    case("db_is_a_number", "a.yml", "db: 5", "`db` must be a table of settings, found a whole number"),
    case("db_is_a_list", "a.yml", "db: [hunter2-canary]", "`db` must be a table of settings, found a list"),
    case("pool_is_text", "a.yml", "db: {pool: hunter2-canary}", "`db.pool` must be a table of settings, found text"),
    case("count_is_quoted", "a.yml", "db: {pool: {max_size: '7'}}", "`db.pool.max_size` must be a whole number, found text"),
    case("count_is_quoted_json", "a.json", "{\"db\": {\"pool\": {\"max_size\": \"7\"}}}", "`db.pool.max_size` must be a whole number, found text"),
    case("count_is_fractional", "a.yml", "db: {pool: {max_size: 3.9}}", "`db.pool.max_size` must be a whole number, found a fractional number"),
    case("count_is_boolean", "a.yml", "db: {pool: {max_size: true}}", "`db.pool.max_size` must be a whole number, found a boolean"),
    case("count_is_a_list", "a.yml", "db: {pool: {max_size: []}}", "`db.pool.max_size` must be a whole number, found a list"),
    case("count_is_text", "a.yml", "db: {pool: {max_size: hunter2-canary}}", "`db.pool.max_size` must be a whole number, found text"),
    case("count_is_text_ini", "a.ini", "[db.pool]\nmax_size = hunter2-canary", "`db.pool.max_size` must be a whole number, found other text"),
    case("count_is_fractional_ini", "a.ini", "[db.pool]\nmax_size = 3.9", "`db.pool.max_size` must be a whole number, found a fractional or far too large number"),
    case("count_is_nan", "a.yml", "db: {pool: {max_size: .nan}}", "`db.pool.max_size` must be a finite number"),
    case("seconds_are_nan_yaml", "a.yml", "db: {retry: {delay: .nan}}", "`db.retry.delay` must be a finite number"),
    case("seconds_are_infinite_yaml", "a.yml", "db: {retry: {delay: -.inf}}", "`db.retry.delay` must be a finite number"),
    case("seconds_are_nan_toml", "a.toml", "[db.retry]\ndelay = nan", "`db.retry.delay` must be a finite number"),
    case("seconds_are_infinite_toml", "a.toml", "[db.retry]\ndelay = +inf", "`db.retry.delay` must be a finite number"),
    case("seconds_are_nan_ini", "a.ini", "[db.retry]\ndelay = nan", "`db.retry.delay` must be a finite number"),
    case("seconds_are_quoted", "a.yml", "db: {retry: {delay: '2.5'}}", "`db.retry.delay` must be a number of seconds, found text"),
    case("seconds_are_boolean", "a.toml", "[db.retry]\ndelay = true", "`db.retry.delay` must be a number of seconds, found a boolean"),
    case("flag_is_text", "a.yml", "db: {cipher: {enabled: 'true'}}", "`db.cipher.enabled` must be `true` or `false`, found text"),
    case("flag_is_a_number", "a.yml", "db: {cipher: {enabled: 1}}", "`db.cipher.enabled` must be `true` or `false`, found a whole number"),
    case("unknown_key_source", "a.yml", "db: {cipher: {key_source: hunter2-canary}}", "`db.cipher.key_source` must be `env`, `sops`, `passphrase`, `file`, `credential` or `keyring`, found other text"),
    case("empty_key_env", "a.yml", "db: {cipher: {key_env: ''}}", "`db.cipher.key_env` must be text that is not empty, found empty text"),
    case("empty_passphrase", "a.yml", "db: {cipher: {passphrase: ''}}", "`db.cipher.passphrase` must be text that is not empty, found empty text"),
    case("passphrase_is_a_number", "a.yml", "db: {cipher: {passphrase: 0123}}", "`db.cipher.passphrase` must be text that is not empty, found a whole number"),
    case("passphrase_is_a_table", "a.yml", "db: {cipher: {passphrase: {hunter2-canary}}}", "`db.cipher.passphrase` must be text that is not empty, found a table"),
    case("include_is_a_table", "a.yml", "include: {hunter2-canary: 1}", "`include` must be a file name or a list of file names, found a table"),
    case("include_holds_a_number", "a.yml", "include: [1]", "`include` must be a file name or a list of file names, found a whole number"),
];

/// kstlib defect 33.
#[test]
fn each_bad_file_is_refused_with_file_and_key_and_without_values() -> TestResult {
    let place = Place::new()?;
    for Case {
        name,
        file,
        text,
        message,
    } in CASES
    {
        let path = place.write(file, text)?;
        let error = place
            .load(&path)
            .err()
            .ok_or_else(|| format!("{name} was accepted"))?;
        let shown = error.to_string();
        // Both kinds of message name the file: this takes it out.
        let prefix = format!("settings file {}", path.display());
        let inside = format!(" in named file {}", path.display());
        assert!(shown.contains(&*path.to_string_lossy()), "{name}: {shown}");
        assert_eq!(error.path(), Some(path.as_path()), "{name}");
        let shown = shown.replace(&prefix, "").replace(&inside, "");
        assert_eq!(shown, *message, "{name}");
        assert!(!format!("{error:?}").contains(CANARY), "{name}: {error:?}");
        assert!(std::error::Error::source(&error).is_none(), "{name}");
    }
    Ok(())
}

#[test]
fn a_file_that_is_no_utf8_is_refused_with_its_place() -> TestResult {
    let place = Place::new()?;
    let path = place.write("a.yml", b"db:\n  x: \xff\n")?;
    let error = place.load(&path).err().ok_or("accepted")?;
    assert!(matches!(
        error,
        ConfigError::Malformed {
            problem: FileProblem::NotUtf8,
            position: Some(Position {
                line: 2,
                column: 6,
                ..
            }),
            ..
        }
    ));
    Ok(())
}

#[test]
fn an_alias_bomb_ends_quickly() -> TestResult {
    use std::fmt::Write;

    let place = Place::new()?;
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{below}]")?;
    }
    text.push_str("db: {pool: *a29}\n");
    let loaded = place.load_text("a.yml", &text)?;
    assert!(matches!(
        loaded,
        Err(ConfigError::Malformed {
            problem: FileProblem::TooManyAliases,
            ..
        })
    ));
    Ok(())
}

#[test]
fn a_file_of_another_format_is_refused() -> TestResult {
    let place = Place::new()?;
    for name in ["a.conf", "a", "a.xml", "a.env"] {
        let loaded = place.load_text(name, "db: {}")?;
        assert!(
            matches!(loaded, Err(ConfigError::UnsupportedFormat { .. })),
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn a_file_is_refused_by_its_size_before_it_is_read() -> TestResult {
    let place = Place::new()?;
    let path = place.path("work/kstdb.conf.yml");
    let file = std::fs::File::create(&path)?;
    file.set_len(kstdb_config::limits::FILE_BYTES + 1)?;
    let loaded = place.loader().load();
    assert!(matches!(&loaded, Err(ConfigError::TooLarge { path: large }) if *large == path));
    // Full to the limit it is read, and found to be nothing but NUL bytes.
    file.set_len(kstdb_config::limits::FILE_BYTES)?;
    assert!(matches!(
        place.loader().load(),
        Err(ConfigError::Malformed { .. })
    ));
    Ok(())
}

#[test]
fn what_is_no_regular_file_is_refused() -> TestResult {
    let place = Place::new()?;
    std::fs::create_dir(place.path("work/kstdb.conf.yml"))?;
    assert!(matches!(
        place.loader().load(),
        Err(ConfigError::Read { .. })
    ));
    Ok(())
}

#[test]
fn a_bad_file_is_refused_also_where_a_higher_layer_hides_it() -> TestResult {
    let place = Place::new()?;
    place.write("user/kstdb.conf.yml", "db: {pool: {max_size: many}}")?;
    place.write("work/kstdb.conf.yml", "db: {pool: {max_size: 5}}")?;
    let error = place.loader().load().err().ok_or("accepted")?;
    assert_eq!(
        error.path(),
        Some(place.path("user/kstdb.conf.yml").as_path())
    );
    assert_eq!(
        (error.key(), error.expected()),
        (Some("db.pool.max_size"), Some("a whole number"))
    );
    Ok(())
}
