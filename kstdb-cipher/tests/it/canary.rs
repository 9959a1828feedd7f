//! No secret in any output: logs at TRACE, `Debug`, error chains, standard error.
#![cfg(unix)]

use kstdb_cipher::{
    CipherKey, CredentialSource, EnvSource, KeyCache, KeyFileSource, KeyRequest, KeySource,
    KeyringSource, PassphraseSource, UnlockOptions, connect, resolve_cipher_key, unlock,
    unlock_with,
};
use sqlx::Connection as _;

use crate::sops::FakeSops;
use crate::support::{TestResult, block_on, chain, child, is_child};

const CHILD: &str = "canary::everything_that_touches_secrets";
const VARIABLE: &str = "KSTDB_CIPHER_TEST_CANARY";
const PASSPHRASE: &str = "canary-passphrase-0451";
const FROM_ENV: &str = "canary-environment-0451\n";
const FROM_SOPS: &str = "canary-sops-0451";
const FROM_FILE: &str = "canary-file-0451\n";
const RAW_BYTE: &str = "c7";

#[test]
#[expect(clippy::print_stdout, reason = "the parent searches the output")]
fn everything_that_touches_secrets() -> TestResult {
    if !is_child(CHILD) {
        return Ok(());
    }
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::io::stderr)
        .init();
    let dir = tempfile::tempdir()?;
    let options = UnlockOptions::new().create_if_missing(true);
    let sops = FakeSops::new(&format!(
        "echo '{{\"db_key\": \"{FROM_SOPS}\", \"n\": [\"{FROM_SOPS}\"]}}'; echo {FROM_SOPS} >&2"
    ))?;
    let key_file = |bytes: &[u8]| {
        // Of mode 0600.
        let file = tempfile::NamedTempFile::new_in(dir.path())?;
        std::fs::write(&file, bytes)?;
        Ok::<_, std::io::Error>((KeyFileSource::new(file.path()), file))
    };
    let (private, _file) = key_file(FROM_FILE.as_bytes())?;
    let requests = [
        KeyRequest::new().passphrase(PASSPHRASE),
        KeyRequest::new().passphrase(format!("x'{}'", RAW_BYTE.repeat(32))),
        KeyRequest::new().passphrase(format!("x'{}'", RAW_BYTE.repeat(48))),
        KeyRequest::new().env_var(VARIABLE),
        KeyRequest::new().sops(sops.source()),
        #[cfg(feature = "sops")]
        KeyRequest::new().sops(native()),
        KeyRequest::new().key_file(private.clone()),
        KeyRequest::new().credential(CredentialSource::new("db_key")),
    ];
    println!(
        "{:?} {:?}",
        PassphraseSource::new(PASSPHRASE),
        EnvSource::new(VARIABLE)
    );
    let cache = KeyCache::new()?;
    for (number, request) in requests.iter().enumerate() {
        let key = resolve_cipher_key(request)?;
        let path = dir.path().join(format!("{number}.db"));
        let unlocked = unlock_with(&path, &key, &options, Some(&cache))?;
        println!("{request:?} {key:?} {unlocked:?} {cache:?}");
        block_on(async {
            let mut connection = connect(&path, &key, &options).await?;
            sqlx::query("CREATE TABLE t (a)")
                .execute(&mut connection)
                .await?;
            println!("{connection:?}");
            connection.close().await?;
            Ok::<_, Box<dyn std::error::Error>>(())
        })??;
        let other = dir
            .path()
            .join(format!("{}.db", (number + 1) % requests.len()));
        for answer in [
            unlock(&other, &key, &UnlockOptions::new()),
            unlock(dir.path(), &key, &options),
        ] {
            if let Err(error) = answer {
                println!("{error:?} {}", chain(&error));
            }
        }
    }
    let (not_text, _file) = key_file(&[FROM_FILE.as_bytes(), b"\xff"].concat())?;
    let (nul, _file) = key_file(&[FROM_FILE.as_bytes(), b"\0"].concat())?;
    for refused in [
        not_text.resolve(),
        nul.resolve(),
        CredentialSource::new("open").resolve(),
        KeyringSource::new("app", "db_key").resolve(),
        sops.source().key("n").resolve(),
        sops.source().key("missing").resolve(),
        sops.source().max_output_bytes(3).resolve(),
        #[cfg(feature = "sops")]
        native().key("prod.port").resolve(),
        #[cfg(feature = "sops")]
        native().key("prod.host_unencrypted").resolve(),
        #[cfg(feature = "sops")]
        native().identity("/no/such/file").resolve(),
        PassphraseSource::new(format!("{PASSPHRASE}\0")).resolve(),
        PassphraseSource::new(format!("x'{}'", RAW_BYTE.repeat(80))).resolve(),
    ] {
        let error = refused.err().ok_or("a key was found")?;
        println!("{error:?} {}", chain(&error));
    }
    let error = CipherKey::passphrase(format!("{PASSPHRASE}\0"))
        .err()
        .ok_or("a key was made")?;
    println!("{error:?} {}", chain(&error));
    Ok(())
}

/// A SOPS file that is read without the program.
#[cfg(feature = "sops")]
fn native() -> kstdb_cipher::SopsSource {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sops");
    kstdb_cipher::SopsSource::new(fixtures.join("generated/age_basic.yaml"))
        .identity(fixtures.join("keys/age-id1.txt"))
}

#[test]
fn no_secret_is_in_any_output() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    let credentials = tempfile::tempdir()?;
    for (name, mode) in [("db_key", 0o400), ("open", 0o444)] {
        let path = credentials.path().join(name);
        std::fs::write(&path, FROM_FILE)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    }
    let output = child(CHILD)?
        .env(VARIABLE, FROM_ENV)
        .env("CREDENTIALS_DIRECTORY", credentials.path())
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}{stderr}"
    );
    // The log is there, down to the statements of sqlx.
    for expected in [
        "key resolved",
        "ends in a line break",
        "CREATE TABLE t (a)",
        "the key file",
    ] {
        assert!(stderr.contains(expected), "{expected}: {stderr}");
    }
    assert!(
        stdout.contains("the key is wrong, or the file is not a database"),
        "{stdout}"
    );
    // SQLCipher's own log is silent.
    assert!(!stderr.contains("ERROR CORE"), "{stderr}");
    let output = format!("{stdout}{stderr}").to_lowercase();
    let raw_digits = RAW_BYTE.repeat(4);
    let raw_numbers = "199, 199, 199";
    let in_fixture = ["s3cr3t-value", "example.org", "age-secret-key"];
    for secret in [
        &["-0451", raw_digits.as_str(), raw_numbers][..],
        &in_fixture,
    ]
    .concat()
    {
        assert!(!output.contains(secret), "{secret}: {output}");
    }
    Ok(())
}
