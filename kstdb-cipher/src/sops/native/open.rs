//! From a file to a key, or to a document.

use std::fs::File;
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::envelope::{DATA_KEY_BYTES, Envelope, Kind};
use super::identity::{Environment, Identities};
use super::metadata::{Metadata, Unusable};
use super::pick::{Found, Keep, Unfit, find};
use super::to_json::Json;
use super::tree::{MAX_FILE_BYTES, Scalar, Tree};
use super::walk::{Sink, walk};
use super::{data_key, dotenv, ini, json, yaml};
use crate::sops::child::{Output, read_to_limit};
use crate::sops::key_path::KeyPath;
use crate::sops::refusal::{Malformed, ProgramReason, Refusal};
use crate::sops::{JsonKind, SopsSource};
use crate::stack::on_wiped_stack;

/// Why a file was not read to its end.
#[derive(Debug)]
pub(in crate::sops) enum Stop {
    /// For good.
    Refused(Refusal),
    /// Here; the program can do it.
    Program(ProgramReason),
    /// The document is larger than the settings allow.
    OutputTooLarge,
    /// JSON has no word for one of the values.
    NotJson,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unusable> for Stop {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Refused(refusal) => Self::Refused(refusal),
            Unusable::Program(reason) => Self::Program(reason),
        }
    }
}

/// What stands under the name of the wanted value.
#[derive(Debug)]
pub(in crate::sops) enum Wanted {
    Value(SecretString),
    Empty,
    Absent,
    Ambiguous,
    /// Text that is not encrypted.
    InClear,
    /// Bytes that are not text.
    NotUtf8,
    Other(JsonKind),
}

impl From<Found<'_>> for Wanted {
    fn from(found: Found<'_>) -> Self {
        match found {
            Found::Scalar(_) => Self::InClear,
            Found::Map => Self::Other(JsonKind::Map),
            Found::List => Self::Other(JsonKind::List),
            Found::Absent => Self::Absent,
            Found::Ambiguous => Self::Ambiguous,
        }
    }
}

impl From<Unfit> for Wanted {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Empty => Self::Empty,
            Unfit::NotEncrypted => Self::InClear,
            Unfit::NotUtf8 => Self::NotUtf8,
            Unfit::Other(kind) => Self::Other(kind),
        }
    }
}

/// A SOPS file that was read and is still encrypted.
pub(in crate::sops) struct SopsFile<'s> {
    settings: &'s SopsSource,
    tree: Tree,
}

impl<'s> SopsFile<'s> {
    /// Reads a file. The format is that which sops sees in its name.
    pub(in crate::sops) fn read(settings: &'s SopsSource, file: &Path) -> Result<Self, ReadError> {
        let too_large = || Refusal::TooLarge {
            limit_bytes: MAX_FILE_BYTES,
        };
        let file = File::open(file)?;
        let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if size > MAX_FILE_BYTES {
            return Err(too_large().into());
        }
        let Output::Complete(bytes) = read_to_limit(file, size)? else {
            return Err(too_large().into());
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::from(Malformed::NotUtf8))?;
        let tree = parse(settings.path(), text)?;
        Ok(Self { settings, tree })
    }

    /// Decrypts the file and gives the wanted value.
    pub(in crate::sops) fn pick(&self, name: &KeyPath) -> Result<Wanted, Stop> {
        let wanted = match self.find(name) {
            Found::Scalar(scalar) => {
                let mut keep = Keep::new(scalar);
                self.decrypt(&mut keep)?;
                return Ok(match keep.into_kept() {
                    Ok(value) => Wanted::Value(value),
                    Err(unfit) => unfit.into(),
                });
            }
            other => other.into(),
        };
        // A file that was changed is a file that was changed, whatever it has or lacks.
        self.decrypt(&mut Keep::new(&Scalar::Null))?;
        Ok(wanted)
    }

    /// Decrypts the file and gives its first document as JSON, as sops does.
    pub(in crate::sops) fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, Stop> {
        let mut json = Json::new(self.settings.output_limit());
        self.decrypt(&mut json)?;
        Ok(json.into_text())
    }

    /// Gives the encrypted text of the wanted value, or what stands there instead.
    pub(in crate::sops) fn encrypted_text(&self, name: &KeyPath) -> Result<&str, Wanted> {
        let scalar = match self.find(name) {
            Found::Scalar(scalar) => scalar,
            other => return Err(other.into()),
        };
        Err(match scalar {
            Scalar::Text(text) if text.is_empty() => Wanted::Empty,
            Scalar::Text(text) => match Envelope::parse(text).map(|envelope| envelope.kind) {
                Some(Kind::Text) => return Ok(text),
                Some(Kind::Int | Kind::Float) => Wanted::Other(JsonKind::Number),
                Some(Kind::Bool) => Wanted::Other(JsonKind::Boolean),
                Some(Kind::Time) => Wanted::Other(JsonKind::Time),
                None => Wanted::InClear,
            },
            Scalar::Null => Wanted::Other(JsonKind::Null),
            Scalar::Int(_) | Scalar::Float(_) => Wanted::Other(JsonKind::Number),
            Scalar::Bool(_) => Wanted::Other(JsonKind::Boolean),
            Scalar::Time(_) => Wanted::Other(JsonKind::Time),
            Scalar::Unclear => Wanted::InClear,
        })
    }

    fn find(&self, name: &KeyPath) -> Found<'_> {
        match self.tree.documents.first() {
            Some(document) => find(document, name),
            None => Found::Absent,
        }
    }

    /// Nothing of what is decrypted, and of the keys for that, stays on the stack.
    fn decrypt(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        on_wiped_stack(|| self.decrypt_all(sink))
    }

    fn decrypt_all(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let metadata = Metadata::read(&self.tree.metadata)?;
        if let Some(what) = self.tree.doubt {
            return Err(Stop::Program(ProgramReason::Spelling(what)));
        }
        let key = self.data_key(&metadata)?;
        walk(&self.tree.documents, &metadata, &key, sink)
    }

    fn data_key(&self, metadata: &Metadata) -> Result<Zeroizing<[u8; DATA_KEY_BYTES]>, Stop> {
        let environment = Environment::of_process();
        let mut identities = Identities::new(self.settings, &environment);
        data_key::open(metadata, &mut identities)
    }
}

/// Why a file could not be read into memory.
#[derive(Debug)]
pub(in crate::sops) enum ReadError {
    Io(std::io::Error),
    Refused(Refusal),
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Refusal> for ReadError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads the text in the format that sops sees in the name of the file.
fn parse(path: &Path, text: &str) -> Result<Tree, Refusal> {
    let name = path.as_os_str().as_encoded_bytes();
    let is = |suffix: &str| name.ends_with(suffix.as_bytes());
    if is(".yaml") || is(".yml") {
        yaml::parse(text)
    } else if is(".env") {
        dotenv::parse(text)
    } else if is(".ini") {
        ini::parse(text)
    } else {
        // A binary file is an envelope of JSON.
        json::parse(text)
    }
}
