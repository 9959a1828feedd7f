//! A database in clear, page by page, and the changes that an input makes to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use kstdb_core::secrecy::SecretBox;
use kstdb_core::{AsyncDatabase, CipherKey, DatabaseBuilder, DbConfig};
use tokio::runtime::{Builder, Runtime};

use super::pages_codec::{Codec, Layout};
use super::scratch;

const PAGE_BYTES: usize = 4_096;
/// What of a page is encrypted.
const BODY_BYTES: usize = 4_016;

const KEY: [u8; 32] = [7; 32];
const SALT: [u8; 16] = [9; 16];

/// Every kind of page that SQLite has: tables with and without rowid, in one level and in two,
/// indexes, overflow pages, free pages.
const SCHEMA: &str = "
    CREATE TABLE flat (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size REAL, body BLOB);
    CREATE TABLE deep (id INTEGER PRIMARY KEY AUTOINCREMENT, parent REFERENCES flat, text);
    CREATE TABLE keyed (a TEXT, b INT, c, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE made (a INT CHECK (a > 0), b INT AS (a * 2), c TEXT AS (a || 'x') STORED) STRICT;
    CREATE INDEX by_name ON flat (name COLLATE NOCASE, size DESC) WHERE name <> '';
    CREATE UNIQUE INDEX by_text ON deep (text, id);
    CREATE VIEW both AS SELECT flat.id, name, text FROM flat JOIN deep ON deep.parent = flat.id;
    CREATE TRIGGER mirrored AFTER INSERT ON flat BEGIN
        INSERT INTO deep (parent, text) VALUES (NEW.id, NEW.name); END;
    INSERT INTO flat VALUES (1, 'one', 1.5, zeroblob(9000)), (2, 'two', NULL, x'00ff'), (-3, '', 9e999, NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
        INSERT INTO deep (parent, text) SELECT i % 2 + 1, 'text ' || i || hex(zeroblob(20)) FROM n;
    INSERT INTO keyed VALUES ('a', 1, NULL), ('a', 2, 2), ('b', 1, zeroblob(5000));
    INSERT INTO made (a) VALUES (1), (4611686018427387903);
    CREATE TABLE gone (x); INSERT INTO gone VALUES (zeroblob(12000)); DROP TABLE gone;
";

/// A handle on a file with the key of the image.
pub(super) fn builder(path: &Path) -> DatabaseBuilder {
    let key = SecretBox::new(Box::new(KEY));
    AsyncDatabase::builder(path)
        .config(DbConfig::default())
        .key(CipherKey::raw_key_with_salt(key, SALT))
        .max_connections(1)
        .max_attempts(1)
}

/// One for all inputs: making threads costs more than what they do for one.
pub(super) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_time().build();
        runtime.unwrap_or_else(|error| panic!("no runtime: {error}"))
    })
}

/// The database, in clear and as it lies on the disk.
pub(super) struct Image {
    codec: Codec,
    clear: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
}

impl Image {
    /// Made once per process.
    pub(super) fn get() -> &'static Self {
        static IMAGE: OnceLock<Image> = OnceLock::new();
        IMAGE.get_or_init(|| {
            let bytes = file().unwrap_or_else(|error| panic!("no database: {error:?}"));
            let codec = Codec::new(Layout::v4(), &KEY, SALT);
            let sealed: Vec<Vec<u8>> = bytes.chunks(PAGE_BYTES).map(<[u8]>::to_vec).collect();
            let pages = (1..).zip(&sealed);
            let clear = pages
                .map(|(number, page)| codec.open(number, page))
                .collect();
            Self {
                codec,
                clear,
                sealed,
            }
        })
    }

    /// The file with the changes of an input, each page under a valid HMAC.
    pub(super) fn changed(&self, input: &[u8]) -> Vec<u8> {
        let mut clear = self.clear.clone();
        let mut touched = BTreeSet::new();
        let mut rest = input;
        while let Some(change) = Change::read(&mut rest) {
            change.apply(&mut clear, &mut touched);
        }
        let mut bytes = Vec::with_capacity(clear.len() * PAGE_BYTES);
        for (index, (number, page)) in (1..).zip(&clear).enumerate() {
            match self.sealed.get(index) {
                Some(sealed) if !touched.contains(&index) => bytes.extend_from_slice(sealed),
                _ => bytes.extend_from_slice(&self.codec.seal(number, page)),
            }
        }
        bytes
    }
}

/// The database as SQLCipher writes it.
fn file() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let folder = scratch::folder()?;
    let path = folder.path().join("image.db");
    runtime().block_on(async {
        let db = builder(&path).connect().await?;
        db.execute_batch(SCHEMA).await?;
        db.close().await
    })?;
    let bytes = fs::read(&path)?;
    assert!(bytes.len() > 12 * PAGE_BYTES, "{} bytes", bytes.len());
    Ok(bytes)
}

/// One change: a kind, a page, a place in it, a length, and what the kind needs.
struct Change<'i> {
    kind: u8,
    page: usize,
    offset: usize,
    bytes: &'i [u8],
}

impl<'i> Change<'i> {
    /// Takes the next one off the input.
    fn read(rest: &mut &'i [u8]) -> Option<Self> {
        let (&[kind, page, high, low, length], after) = rest.split_first_chunk()?;
        let length = usize::from(length).min(after.len());
        let (bytes, after) = after.split_at(length);
        *rest = after;
        Some(Self {
            kind,
            page: usize::from(page),
            offset: usize::from(u16::from_be_bytes([high, low])),
            bytes,
        })
    }

    fn apply(&self, clear: &mut Vec<Vec<u8>>, touched: &mut BTreeSet<usize>) {
        let index = self.page % clear.len();
        let offset = self.offset % BODY_BYTES;
        let first = self.bytes.first().copied().unwrap_or_default();
        match self.kind % 5 {
            // Other bytes.
            0 => {
                let end = (offset + self.bytes.len()).min(BODY_BYTES);
                clear[index][offset..end].copy_from_slice(&self.bytes[..end - offset]);
            }
            // One byte everywhere from there on.
            1 => clear[index][offset..BODY_BYTES].fill(first),
            // The content of another page.
            2 => clear[index] = clear[usize::from(first) % clear.len()].clone(),
            // The file ends with that page.
            3 => clear.truncate(index + 1),
            // The file has some pages more.
            _ => {
                let more = usize::from(first % 8);
                clear.resize(clear.len() + more, vec![first; PAGE_BYTES]);
            }
        }
        touched.insert(index);
    }
}
