//! Which source of the key a file names, and what it says about it.

use kstdb_config::{KeySourceKind, Layer};

use crate::TestResult;
use crate::place::Place;

#[test]
fn every_source_has_a_name() -> TestResult {
    let place = Place::new()?;
    for (name, kind) in [
        ("env", KeySourceKind::Env),
        ("sops", KeySourceKind::Sops),
        ("passphrase", KeySourceKind::Passphrase),
        ("file", KeySourceKind::File),
        ("credential", KeySourceKind::Credential),
        ("keyring", KeySourceKind::Keyring),
    ] {
        let config =
            place.load_text("a.yml", &format!("db: {{cipher: {{key_source: {name}}}}}"))??;
        assert_eq!(config.cipher.key_source, kind);
        assert_eq!((kind.as_str(), kind.to_string().as_str()), (name, name));
    }
    Ok(())
}

#[test]
fn a_misspelt_source_is_refused_with_the_list() -> TestResult {
    let place = Place::new()?;
    for name in ["files", "key_file", "Keyring", "credentials", "none", "''"] {
        let text = format!("db: {{cipher: {{key_source: {name}}}}}");
        let error = place.load_text("a.yml", &text)?.err().ok_or("accepted")?;
        assert_eq!(error.key(), Some("db.cipher.key_source"), "{name}");
        assert_eq!(
            error.expected(),
            Some("`env`, `sops`, `passphrase`, `file`, `credential` or `keyring`")
        );
    }
    Ok(())
}

#[test]
fn each_setting_of_a_source_knows_its_file() -> TestResult {
    let place = Place::new()?;
    let file = place.write(
        "app/a.toml",
        "[db.cipher]\nkey_file = \"key\"\ncredential = \"c\"\nkeyring_service = \"s\"\n\
         keyring_user = \"u\"\n",
    )?;
    let config = place.load(&file)?;
    let cipher = &config.cipher;
    // As every path of a settings file, from where the file is.
    assert_eq!(cipher.key_file, Some(place.path("app/key")));
    assert_eq!(
        [
            &cipher.credential,
            &cipher.keyring_service,
            &cipher.keyring_user
        ],
        ["c", "s", "u"]
    );
    for key in ["key_file", "credential", "keyring_service", "keyring_user"] {
        let origin = config.origin(&format!("db.cipher.{key}"));
        assert_eq!(origin, Some(&Layer::NamedFile(file.clone())), "{key}");
    }
    Ok(())
}
