//! Who reads a file: this process, or the `sops` program.

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::json::{NotJson, Picked, pick};
use super::key_path::KeyPath;
#[cfg(feature = "sops")]
use super::native::{ReadError, SopsFile, Stop, Wanted};
use super::{SopsError, SopsSource, program};
#[cfg(feature = "sops")]
use super::{SopsReader, file};

/// Gives the wanted value of a file.
pub(super) fn value(settings: &SopsSource) -> Result<SecretString, SopsError> {
    let key = settings.key_name();
    let name = KeyPath::parse(key).map_err(|problem| SopsError::KeyPath {
        key: key.to_owned(),
        problem,
    })?;
    #[cfg(feature = "sops")]
    if settings.reading() != SopsReader::Program {
        let file = open(settings)?;
        return match file.pick(&name) {
            Ok(wanted) => named(settings, wanted),
            Err(stop) => by_program(settings, stop, || {
                checked_by_program(settings, &file, &name)
            }),
        };
    }
    value_by_program(settings, &name)
}

/// Gives the first document of a file as JSON.
pub(super) fn document(settings: &SopsSource) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    #[cfg(feature = "sops")]
    if settings.reading() != SopsReader::Program {
        return match open(settings)?.to_json() {
            Ok(document) => Ok(document),
            Err(stop) => by_program(settings, stop, || document_by_program(settings)),
        };
    }
    document_by_program(settings)
}

fn document_by_program(settings: &SopsSource) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let program = program::find(settings.program_name())?;
    program::decrypt(&program, settings)
}

fn value_by_program(settings: &SopsSource, name: &KeyPath) -> Result<SecretString, SopsError> {
    let document = document_by_program(settings)?;
    let (path, key) = (
        settings.path().to_path_buf(),
        settings.key_name().to_owned(),
    );
    match pick(&document, name) {
        Ok(Picked::Value(value)) => Ok(value),
        Ok(Picked::Empty) => Err(SopsError::EmptyValue { path, key }),
        Ok(Picked::Other(found)) => Err(SopsError::NotAString { path, key, found }),
        Ok(Picked::Absent) => Err(SopsError::KeyNotFound { path, key }),
        Ok(Picked::Ambiguous) => Err(SopsError::AmbiguousKey { path, key }),
        Err(NotJson) => Err(SopsError::NotJson { path }),
    }
}

/// The program does not say whether a value was encrypted: that is looked up in the file.
#[cfg(feature = "sops")]
fn checked_by_program(
    settings: &SopsSource,
    file: &SopsFile<'_>,
    name: &KeyPath,
) -> Result<SecretString, SopsError> {
    let encrypted = match file.encrypted_text(name) {
        Ok(encrypted) => encrypted,
        Err(wanted) => return named(settings, wanted),
    };
    let value = value_by_program(settings, name)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "a value that comes out as it went in was not encrypted"
    )]
    let unchanged = secrecy::ExposeSecret::expose_secret(&value) == encrypted;
    if unchanged {
        return named(settings, Wanted::InClear);
    }
    Ok(value)
}

#[cfg(feature = "sops")]
fn open(settings: &SopsSource) -> Result<SopsFile<'_>, SopsError> {
    let path = settings.path().to_path_buf();
    SopsFile::read(settings, &file::absolute(&path)?).map_err(|error| match error {
        ReadError::Io(source) => SopsError::Io { path, source },
        ReadError::Refused(refusal) => SopsError::Refused { path, refusal },
    })
}

/// Lets the program do what cannot be done here. What was refused here stays refused.
#[cfg(feature = "sops")]
fn by_program<T>(
    settings: &SopsSource,
    stop: Stop,
    run: impl FnOnce() -> Result<T, SopsError>,
) -> Result<T, SopsError> {
    let path = settings.path().to_path_buf();
    let reason = match stop {
        Stop::Refused(refusal) => return Err(SopsError::Refused { path, refusal }),
        Stop::OutputTooLarge => {
            let limit_bytes = settings.output_limit();
            return Err(SopsError::OutputTooLarge { path, limit_bytes });
        }
        Stop::NotJson => return Err(SopsError::NotJson { path }),
        Stop::Program(reason) => reason,
    };
    if settings.reading() == SopsReader::Native {
        return Err(SopsError::ProgramNotAllowed { path, reason });
    }
    run().map_err(|error| match error {
        source @ SopsError::ProgramNotFound { .. } => SopsError::ProgramNeeded {
            path,
            reason,
            source: Box::new(source),
        },
        other => other,
    })
}

#[cfg(feature = "sops")]
fn named(settings: &SopsSource, wanted: Wanted) -> Result<SecretString, SopsError> {
    let (path, key) = (
        settings.path().to_path_buf(),
        settings.key_name().to_owned(),
    );
    Err(match wanted {
        Wanted::Value(value) => return Ok(value),
        Wanted::Empty => SopsError::EmptyValue { path, key },
        Wanted::Absent => SopsError::KeyNotFound { path, key },
        Wanted::Ambiguous => SopsError::AmbiguousKey { path, key },
        Wanted::InClear => SopsError::ValueNotEncrypted { path, key },
        Wanted::NotUtf8 => SopsError::ValueNotUtf8 { path, key },
        Wanted::Other(found) => SopsError::NotAString { path, key, found },
    })
}
