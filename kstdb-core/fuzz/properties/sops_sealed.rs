//! Documents made of any values, encrypted and authenticated as sops does it.

use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::sync::OnceLock;

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{AeadInPlace as _, KeyInit as _};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kstdb_cipher::secrecy::ExposeSecret as _;
use kstdb_cipher::{KeySource as _, decrypt_document};
use ring::digest;
use serde_json::{Map, Value, json};

use super::scratch;
use super::sops_document::{fixtures, source};

const LAST_MODIFIED: &str = "2026-11-22T08:33:22Z";
const SUFFIX: &str = "_unencrypted";

/// Values that one document may have.
const MOST_ENTRIES: usize = 24;

/// By their places in `EXTENSIONS`.
const DOTENV: usize = 2;
const INI: usize = 3;
const BINARY: usize = 4;

/// Seals the lines `kind:name=value` into a document and decrypts it. The kinds are the first
/// letters of `str`, `int`, `float`, `bool` and `time`, and `c` for a value in clear.
///
/// With `mac_is_short` the MAC leaves the last value out, and nothing may come of the document.
pub(super) fn check(format: usize, input: &[u8], mac_is_short: bool) -> io::Result<()> {
    let text = String::from_utf8_lossy(input);
    let entries = entries(format, &text);
    let authenticated = match entries.split_last() {
        Some((_, others)) if mac_is_short => others,
        _ => &entries,
    };
    let last_counts = entries.last().is_some_and(|last| !last.value.is_empty());
    let plain = entries.iter().all(|entry| entry.must_be_read(format));
    let document = Sealed::of(&entries, authenticated, format).text(format);
    let folder = scratch::folder()?;
    let source = source(folder.path(), format, document.as_bytes())?;
    let decrypted = decrypt_document(&source);
    if mac_is_short {
        let refused = decrypted.is_err() || !plain || !last_counts;
        assert!(refused, "a MAC of less: {document}");
    } else if entries.iter().any(Entry::must_be_refused) {
        assert!(decrypted.is_err(), "a value of no such type: {document}");
    } else if plain {
        let decrypted = decrypted.unwrap_or_else(|error| panic!("{error:?}: {document}"));
        #[expect(clippy::disallowed_methods, reason = "the values are compared")]
        let decrypted: Value = serde_json::from_str(decrypted.expose_secret())?;
        for entry in &entries {
            let found = match format {
                INI => &decrypted["s"][&entry.name],
                _ => &decrypted[&entry.name],
            };
            if "sc".contains(entry.kind) {
                assert_eq!(*found, entry.value, "{document}");
            }
            let key = match format {
                INI => format!("[\"s\"][\"{}\"]", entry.name),
                _ => format!("[\"{}\"]", entry.name),
            };
            let is_key = source.clone().key(key).resolve().is_ok();
            let fits = entry.kind == 's' && !entry.value.is_empty() && !entry.value.contains('\0');
            // Text of 160 digits between quotes is the one other text that is no key.
            assert!(is_key == fits || entry.value.len() > 160, "{document}");
        }
    }
    Ok(())
}

struct Entry {
    kind: char,
    name: String,
    value: String,
}

/// The lines that can stand in a document of the format, each name once.
fn entries(format: usize, text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.split('\n') {
        let Some(entry) = Entry::read(format, line) else {
            continue;
        };
        if entries.iter().all(|other| other.name != entry.name) && entries.len() < MOST_ENTRIES {
            entries.push(entry);
        }
    }
    entries
}

impl Entry {
    fn read(format: usize, line: &str) -> Option<Self> {
        let (kind, rest) = line.split_once(':')?;
        let (name, value) = rest.split_once('=')?;
        let kind = kind
            .chars()
            .next()
            .filter(|kind| "sifbtc".contains(*kind))?;
        let mut name = match format {
            BINARY => "data".to_owned(),
            _ => name.to_owned(),
        };
        if kind == 'c' {
            name.push_str(SUFFIX);
        }
        let clear = name.ends_with(SUFFIX);
        let taken = name.is_empty() || name.starts_with("sops") || name.starts_with('#');
        let value = value.to_owned();
        (clear == (kind == 'c') && !taken).then_some(Self { kind, name, value })
    }

    /// What the MAC is made of; `None` if the text is of no such type.
    fn authenticated(&self) -> Option<String> {
        match self.kind {
            'i' => self
                .value
                .parse::<i64>()
                .ok()
                .map(|value| value.to_string()),
            'f' => self
                .value
                .parse::<f64>()
                .ok()
                .map(|value| value.to_string()),
            'b' => match self.value.as_str() {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Some("True".to_owned()),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Some("False".to_owned()),
                _ => None,
            },
            _ => Some(self.value.clone()),
        }
    }

    fn must_be_refused(&self) -> bool {
        !self.value.is_empty() && self.authenticated().is_none()
    }

    /// Plain names and values, about which no format has an opinion of its own.
    fn must_be_read(&self, format: usize) -> bool {
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let starts = self
            .name
            .starts_with(|first: char| first.is_ascii_alphabetic());
        let named = plain(&self.name) && starts;
        let number = matches!(self.kind, 'i' | 'f' | 'b') && !self.value.is_empty();
        let text = self.kind == 's' || (self.kind == 'c' && plain(&self.value));
        let empty = self.value.is_empty() && format == INI;
        let finite = self.kind != 'f' || self.value.parse::<f64>().is_ok_and(f64::is_finite);
        named && (number || text) && finite && !empty
    }
}

/// What a document says, for every format.
struct Sealed {
    /// Names and what stands there.
    values: Vec<(String, String)>,
    mac: String,
}

impl Sealed {
    fn of(entries: &[Entry], authenticated: &[Entry], format: usize) -> Self {
        let mut mac = digest::Context::new(&digest::SHA512);
        for entry in authenticated.iter().filter(|entry| !entry.value.is_empty()) {
            let text = entry.authenticated();
            mac.update(text.as_ref().unwrap_or(&entry.value).as_bytes());
        }
        let mac = mac.finish();
        let digits = mac.as_ref().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02X}");
            text
        });
        let values = entries.iter().map(|entry| {
            let path = match format {
                INI => format!("s:{}:", entry.name),
                _ => format!("{}:", entry.name),
            };
            let kind = match entry.kind {
                'i' => "int",
                'f' => "float",
                'b' => "bool",
                't' => "time",
                _ => "str",
            };
            let shown = match entry.kind {
                'c' => entry.value.clone(),
                _ if entry.value.is_empty() => String::new(),
                _ => encrypted(&entry.value, &path, kind),
            };
            (entry.name.clone(), shown)
        });
        Self {
            values: values.collect(),
            mac: encrypted(&digits, LAST_MODIFIED, "str"),
        }
    }

    fn text(&self, format: usize) -> String {
        match format {
            DOTENV => self.dotenv(),
            INI => self.ini(),
            // JSON is YAML, and the envelope of a binary file is JSON.
            _ => self.json(),
        }
    }

    fn json(&self) -> String {
        let values = self.values.iter();
        let mut document: Map<String, Value> = values
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        let order: Vec<String> = self.values.iter().map(|(name, _)| name.clone()).collect();
        document.insert(
            "sops".to_owned(),
            json!({
                "age": [{"recipient": data_key().recipient, "enc": data_key().file}],
                "lastmodified": LAST_MODIFIED,
                "mac": self.mac,
                "unencrypted_suffix": SUFFIX,
                "version": "3.11.0",
            }),
        );
        // A map may sort its names: the order is that of the MAC.
        let pairs = order.iter().map(String::as_str).chain(["sops"]);
        let pairs = pairs.map(|name| format!("{}: {}", Value::from(name), document[name]));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
    }

    fn dotenv(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.values {
            let _ = writeln!(text, "{name}={value}");
        }
        for (name, value) in self.metadata() {
            let _ = writeln!(text, "sops_{name}={}", value.replace('\n', "\\n"));
        }
        text
    }

    fn ini(&self) -> String {
        let mut text = "[s]\n".to_owned();
        for (name, value) in &self.values {
            let _ = writeln!(text, "{name} = {value}");
        }
        text.push_str("\n[sops]\n");
        for (name, value) in self.metadata() {
            let _ = writeln!(text, "{name} = {}", value.replace('\n', "\\n"));
        }
        text
    }

    fn metadata(&self) -> [(&'static str, &str); 6] {
        [
            ("age__list_0__map_recipient", &data_key().recipient),
            ("age__list_0__map_enc", &data_key().file),
            ("lastmodified", LAST_MODIFIED),
            ("mac", &self.mac),
            ("unencrypted_suffix", SUFFIX),
            ("version", "3.11.0"),
        ]
    }
}

/// The data key of a fixture, and the age file that holds it.
struct DataKey {
    cipher: AesGcm<Aes256, U32>,
    recipient: String,
    file: String,
}

fn data_key() -> &'static DataKey {
    static KEY: OnceLock<DataKey> = OnceLock::new();
    KEY.get_or_init(|| read_data_key().unwrap_or_else(|error| panic!("no data key: {error}")))
}

fn read_data_key() -> Result<DataKey, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(fixtures().join("generated/age_basic.json"))?;
    let document: Value = serde_json::from_str(&text)?;
    let recipient = &document["sops"]["age"][0];
    let field = |name: &str| recipient[name].as_str().map(str::to_owned);
    let file = field("enc").ok_or("no age file")?;
    let keys = std::fs::read_to_string(fixtures().join("keys/age-id1.txt"))?;
    let identity = keys.lines().find(|line| line.starts_with("AGE-SECRET-KEY"));
    let identity: age::x25519::Identity = identity.ok_or("no identity")?.parse()?;
    let armored = age::armor::ArmoredReader::new(file.as_bytes());
    let mut key = [0; 32];
    age::Decryptor::new_buffered(armored)?
        .decrypt(std::iter::once(&identity as &dyn age::Identity))?
        .read_exact(&mut key)?;
    Ok(DataKey {
        cipher: AesGcm::new(&key.into()),
        recipient: field("recipient").ok_or("no recipient")?,
        file,
    })
}

/// A value as sops writes it. The nonce is always the same: this key protects nothing.
fn encrypted(plain: &str, context: &str, kind: &str) -> String {
    let nonce = [7; 32];
    let mut data = plain.as_bytes().to_vec();
    let tag = data_key()
        .cipher
        .encrypt_in_place_detached(&Nonce::from(nonce), context.as_bytes(), &mut data)
        .unwrap_or_else(|_| panic!("a value of {} bytes", plain.len()));
    let [data, iv, tag] = [&data[..], &nonce, &tag[..]].map(|bytes| STANDARD.encode(bytes));
    format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]")
}
