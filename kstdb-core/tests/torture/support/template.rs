//! Databases that cases begin with: made once, kept in memory, written where a case needs them.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::Context as _;

use super::{Append, Ledger, builder, on_runtime};
use crate::vfs::{Image, Volume};

/// The name of the database in its directory.
const DATABASE: &str = "app.db";

/// A database as it lies on the disk.
#[derive(Debug)]
pub(crate) struct Template {
    image: Image,
    /// The transactions of its ledger.
    pub(crate) last: u64,
    /// Those of them that are not in the WAL alone.
    pub(crate) in_database: u64,
}

impl Template {
    /// Closed cleanly.
    pub(crate) fn cold() -> anyhow::Result<&'static Self> {
        static COLD: OnceLock<Result<Template, String>> = OnceLock::new();
        Self::once(&COLD, 20, 0)
    }

    /// Left by a crash, with its last transactions in the WAL.
    pub(crate) fn hot() -> anyhow::Result<&'static Self> {
        static HOT: OnceLock<Result<Template, String>> = OnceLock::new();
        Self::once(&HOT, 14, 6)
    }

    /// One of more than a hundred pages.
    pub(crate) fn large() -> anyhow::Result<&'static Self> {
        static LARGE: OnceLock<Result<Template, String>> = OnceLock::new();
        Self::once(&LARGE, 110, 0)
    }

    fn once(
        cell: &'static OnceLock<Result<Self, String>>,
        in_database: u64,
        in_wal: u64,
    ) -> anyhow::Result<&'static Self> {
        let made = cell.get_or_init(|| {
            // On a thread of its own: the caller can be on a runtime.
            let make = move || on_runtime(Self::make(in_database, in_wal));
            let made = std::thread::spawn(make).join();
            let made = made.unwrap_or_else(|_| Err(anyhow::anyhow!("panicked")));
            made.map_err(|error| format!("{error:#}"))
        });
        made.as_ref()
            .map_err(|error| anyhow::anyhow!("no template: {error}"))
    }

    async fn make(in_database: u64, in_wal: u64) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let _volume = Volume::mount(dir.path());
        let path = dir.path().join(DATABASE);
        let db = builder(&path).connect().await?;
        let ledger = Ledger::of(&db);
        ledger.create().await?;
        for n in 0..in_database {
            ledger.append(Append::nth(n)).await?;
        }
        db.close().await?;
        let mut image = Image::new();
        if in_wal > 0 {
            let db = builder(&path).connect().await?;
            let ledger = Ledger::of(&db);
            for n in 0..in_wal {
                ledger.append(Append::nth(n)).await?;
            }
            image = read_image(dir.path())?;
            db.close().await?;
        }
        if image.is_empty() {
            image = read_image(dir.path())?;
        }
        Ok(Self {
            image,
            last: in_database + in_wal,
            in_database,
        })
    }

    /// The bytes of the database, without its WAL.
    pub(crate) fn database(&self) -> anyhow::Result<&[u8]> {
        self.file(DATABASE)
    }

    /// The bytes of the WAL.
    pub(crate) fn wal(&self) -> anyhow::Result<&[u8]> {
        self.file("app.db-wal")
    }

    fn file(&self, name: &str) -> anyhow::Result<&[u8]> {
        let file = self.image.get(Path::new(name));
        file.map(Vec::as_slice)
            .with_context(|| format!("no {name} in the template"))
    }

    pub(crate) fn image(&self) -> &Image {
        &self.image
    }
}

/// The files of a directory that SQLite would find after a crash: no shared memory.
fn read_image(dir: &Path) -> anyhow::Result<Image> {
    let mut image = Image::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if !name.as_encoded_bytes().ends_with(b"-shm") {
            image.insert(name.into(), std::fs::read(&path)?);
        }
    }
    Ok(image)
}

/// Writes files into a directory, whatever directory they were in, and says where the database is.
pub(crate) fn write_image(image: &Image, dir: &Path) -> anyhow::Result<std::path::PathBuf> {
    for (path, content) in image {
        let name = path.file_name().context("a file without a name")?;
        std::fs::write(dir.join(name), content)?;
    }
    Ok(dir.join(DATABASE))
}
