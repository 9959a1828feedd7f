//! Which layer wins, and which one a setting says that it is from.

use std::time::Duration;

use kstdb_config::{ConfigError, DbConfig, KeySourceKind, Layer, Overrides};

use crate::TestResult;
use crate::place::Place;

const KEY: &str = "db.pool.max_size";

fn max_size(size: u32) -> String {
    format!("db: {{pool: {{max_size: {size}}}}}\n")
}

#[test]
fn nothing_set_is_the_built_in_defaults() -> TestResult {
    let config = Place::new()?.loader().load()?;
    assert_eq!(config.pool.min_size, 1);
    assert_eq!(config.pool.max_size, 10);
    assert_eq!(config.pool.acquire_timeout, Duration::from_secs(30));
    assert_eq!(config.retry.max_attempts, 3);
    assert_eq!(config.retry.delay, Duration::from_millis(500));
    assert!(!config.cipher.enabled);
    assert_eq!(config.cipher.key_source, KeySourceKind::Env);
    assert_eq!(config.cipher.key_env, "KSTLIB_DB_KEY");
    assert_eq!(config.cipher.sops_path, None);
    assert_eq!(config.cipher.sops_key, "db_key");
    assert_eq!(config.cipher.key_file, None);
    assert_eq!(config.cipher.credential, "db_key");
    assert_eq!(config.cipher.keyring_service, "kstdb");
    assert_eq!(config.cipher.keyring_user, "db_key");
    assert!(config.cipher.passphrase.is_none());
    assert!(
        config
            .settings()
            .all(|report| report.layer == Layer::Default)
    );
    assert!(config.settings().eq(DbConfig::default().settings()));
    Ok(())
}

#[test]
fn each_layer_wins_over_all_below_it() -> TestResult {
    let place = Place::new()?;
    let expect = |size: u32, layer: Layer, variables: &[(&str, &str)]| -> TestResult {
        let config = place.loader_with(variables).load()?;
        assert_eq!(
            (config.pool.max_size, config.origin(KEY)),
            (size, Some(&layer))
        );
        Ok(())
    };

    expect(10, Layer::Default, &[])?;
    let low = place.write("etc2/kstdb/kstdb.conf.yml", max_size(11))?;
    expect(11, Layer::SystemFile(low), &[])?;
    let high = place.write("etc1/kstdb/kstdb.conf.yml", max_size(12))?;
    expect(12, Layer::SystemFile(high), &[])?;
    let user = place.write("user/kstdb.conf.yml", max_size(13))?;
    expect(13, Layer::UserFile(user), &[])?;
    let home = place.write("home/kstdb.conf.yml", max_size(14))?;
    expect(14, Layer::HomeFile(home), &[])?;
    let work = place.write("work/kstdb.conf.yml", max_size(15))?;
    expect(15, Layer::WorkingDirectory(work), &[])?;

    // A relative name starts at the working directory.
    let named = place.write("work/named.yml", max_size(16))?;
    let by_variable = ("KSTDB_CONFIG", "named.yml");
    expect(16, Layer::NamedFile(named), &[by_variable])?;
    let variable = "KSTDB__DB__POOL__MAX_SIZE";
    let from_variable = Layer::Environment {
        variable: variable.into(),
    };
    expect(17, from_variable, &[by_variable, (variable, "17")])?;

    let mut overrides = Overrides::default();
    overrides.max_size = Some(18);
    let config = place
        .loader_with(&[by_variable, (variable, "17")])
        .overrides(overrides)
        .load()?;
    assert_eq!(
        (config.pool.max_size, config.origin(KEY)),
        (18, Some(&Layer::Code))
    );
    Ok(())
}

#[test]
fn layers_are_merged_key_by_key() -> TestResult {
    let place = Place::new()?;
    let user = place.write(
        "user/kstdb.conf.yml",
        "db: {pool: {min_size: 2, max_size: 20}}",
    )?;
    let work = place.write(
        "work/kstdb.conf.yml",
        "db: {pool: {max_size: 30, min_size: null}}",
    )?;
    let config = place.loader().load()?;
    assert_eq!((config.pool.min_size, config.pool.max_size), (2, 30));
    assert_eq!(
        config.origin("db.pool.min_size"),
        Some(&Layer::UserFile(user))
    );
    assert_eq!(config.origin(KEY), Some(&Layer::WorkingDirectory(work)));
    assert_eq!(config.origin("db.pool.colour"), None);
    Ok(())
}

#[test]
fn kstlib_files_serve_only_where_kstdb_files_are_missing() -> TestResult {
    for (directory, own) in [
        ("etc1/kstlib", "etc1/kstdb"),
        ("user", "user"),
        ("home", "home"),
        ("work", "work"),
    ] {
        let place = Place::new()?;
        place.write(&format!("{directory}/kstlib.conf.yml"), max_size(21))?;
        assert_eq!(place.loader().load()?.pool.max_size, 21, "{directory}");
        place.write(&format!("{own}/kstdb.conf.yml"), "db: {}")?;
        assert_eq!(place.loader().load()?.pool.max_size, 10, "{directory}");
    }
    Ok(())
}

#[test]
fn the_user_directory_defaults_to_dot_config_in_home() -> TestResult {
    let place = Place::new()?;
    let user = place.write("me/.config/kstdb.conf.yml", max_size(22))?;
    let config = DbConfig::loader()
        .env([("XDG_CONFIG_DIRS", "/nonexistent")])
        .home(place.path("me"))
        .working_dir(place.path("work"))
        .load()?;
    assert_eq!(config.origin(KEY), Some(&Layer::UserFile(user)));
    Ok(())
}

#[test]
fn a_file_in_two_places_counts_as_the_higher_one() -> TestResult {
    let place = Place::new()?;
    let file = place.write("home/kstdb.conf.yml", max_size(23))?;
    let config = place.loader().working_dir(place.path("home")).load()?;
    assert_eq!(config.origin(KEY), Some(&Layer::WorkingDirectory(file)));
    Ok(())
}

/// kstlib defect 31.
#[test]
fn explicit_values_equal_to_the_defaults_win_over_files() -> TestResult {
    let place = Place::new()?;
    place.write(
        "work/kstdb.conf.yml",
        "db:\n  pool: {min_size: 4, max_size: 50, acquire_timeout: 5.0}\n  \
         retry: {max_attempts: 9, delay: 3.0}\n  cipher: {enabled: true, key_env: OTHER}\n",
    )?;
    let mut overrides = Overrides::default();
    overrides.min_size = Some(1);
    overrides.max_size = Some(10);
    overrides.acquire_timeout = Some(Duration::from_secs(30));
    overrides.max_attempts = Some(3);
    overrides.delay = Some(Duration::from_millis(500));
    overrides.cipher_enabled = Some(false);
    overrides.key_env = Some("KSTLIB_DB_KEY".into());
    let config = place.loader().overrides(overrides).load()?;

    let defaults = DbConfig::default();
    assert_eq!(config.pool, defaults.pool);
    assert_eq!(config.retry, defaults.retry);
    assert!(!config.cipher.enabled);
    assert_eq!(config.cipher.key_env, defaults.cipher.key_env);
    assert_eq!(
        config
            .settings()
            .filter(|report| report.layer == Layer::Code)
            .count(),
        7
    );
    Ok(())
}

#[test]
fn a_file_that_the_program_names_wins_over_the_variable() -> TestResult {
    let place = Place::new()?;
    let named = place.write("named.yml", max_size(24))?;
    let loader = place.loader_with(&[("KSTDB_CONFIG", "/nonexistent.yml")]);
    assert_eq!(
        loader.file(&named).load()?.origin(KEY),
        Some(&Layer::NamedFile(named))
    );
    Ok(())
}

#[test]
fn a_named_file_that_is_missing_is_an_error() -> TestResult {
    let place = Place::new()?;
    let missing = place.path("missing.yml");
    let missing_text = missing.to_string_lossy();
    for loader in [
        place.loader().file(&missing),
        place.loader_with(&[("KSTDB_CONFIG", &missing_text)]),
        place
            .loader_with(&[("MINE", &missing_text)])
            .file_from_env("MINE"),
    ] {
        let error = loader.load().err().ok_or("a missing file was accepted")?;
        assert!(error.is_not_found());
        assert_eq!(error.path(), Some(missing.as_path()));
    }
    Ok(())
}

#[test]
fn a_variable_that_must_name_a_file_must_be_set() -> TestResult {
    let place = Place::new()?;
    let file = place.write("mine.yml", max_size(25))?;
    let file_text = file.to_string_lossy();
    let load = |variables: &[(&str, &str)]| {
        place
            .loader_with(variables)
            .file_from_env("CONFIG_PATH")
            .load()
    };
    assert_eq!(load(&[("CONFIG_PATH", &file_text)])?.pool.max_size, 25);
    for variables in [&[][..], &[("CONFIG_PATH", "")][..]] {
        let error = load(variables).err();
        assert!(matches!(
            error,
            Some(ConfigError::VariableNotSet { variable }) if variable == "CONFIG_PATH"
        ));
    }
    Ok(())
}

#[test]
fn without_files_only_the_files_that_the_program_names_are_read() -> TestResult {
    let place = Place::new()?;
    place.write("work/kstdb.conf.yml", "no: [")?;
    let loader = || {
        place
            .loader_with(&[("KSTDB_CONFIG", "/nonexistent.yml")])
            .without_files()
    };
    assert_eq!(loader().load()?.pool.max_size, 10);
    let named = place.write("named.yml", max_size(26))?;
    assert_eq!(loader().file(named).load()?.pool.max_size, 26);
    Ok(())
}

#[test]
fn a_sops_identity_is_a_path_like_the_file_it_opens() -> TestResult {
    let place = Place::new()?;
    assert_eq!(place.loader().load()?.cipher.sops_identity, None);
    let file = place.write("sub/db.yml", "db: {cipher: {sops_identity: keys.txt}}")?;
    let config = place.loader().file(&file).load()?;
    assert_eq!(
        config.cipher.sops_identity,
        Some(file.with_file_name("keys.txt"))
    );
    let variable = [("KSTDB__DB__CIPHER__SOPS_IDENTITY", "id.txt")];
    let config = place.loader_with(&variable).load()?;
    let identity = config.cipher.sops_identity.ok_or("no identity")?;
    assert!(identity.is_absolute() && identity.ends_with("id.txt"));
    Ok(())
}

#[test]
fn a_relative_sops_path_starts_where_it_was_written() -> TestResult {
    let place = Place::new()?;
    place.write("user/kstdb.conf.yml", "include: keys/db.yml")?;
    place.write(
        "user/keys/db.yml",
        "db: {cipher: {sops_path: key.sops.yml}}",
    )?;
    let path = place.loader().load()?.cipher.sops_path;
    assert_eq!(path, Some(place.path("user/keys/key.sops.yml")));

    let variable = [("KSTDB__DB__CIPHER__SOPS_PATH", "key.sops.yml")];
    let path = place.loader_with(&variable).load()?.cipher.sops_path;
    assert_eq!(path, Some(place.path("work/key.sops.yml")));

    let mut overrides = Overrides::default();
    overrides.sops_path = Some("key.sops.yml".into());
    let path = place.loader().overrides(overrides).load()?.cipher.sops_path;
    assert_eq!(path, Some(place.path("work/key.sops.yml")));
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_settings_file_may_be_a_link_and_a_dead_link_is_an_error() -> TestResult {
    let place = Place::new()?;
    let target = place.write("dotfiles/db.yml", max_size(27))?;
    let link = place.path("work/kstdb.conf.yml");
    std::os::unix::fs::symlink(&target, &link)?;
    assert_eq!(
        place.loader().load()?.origin(KEY),
        Some(&Layer::WorkingDirectory(link))
    );
    std::fs::remove_file(target)?;
    assert!(
        place
            .loader()
            .load()
            .is_err_and(|error| error.is_not_found())
    );
    Ok(())
}

#[test]
fn settings_and_loader_can_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<DbConfig>();
    crosses::<kstdb_config::Loader>();
    crosses::<Overrides>();
    crosses::<ConfigError>();
}
