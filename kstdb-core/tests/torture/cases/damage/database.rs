//! A damaged database: each answer is right, or says that the file is damaged.

use anyhow::{bail, ensure};
use futures_util::TryStreamExt as _;
use kstdb_core::{AsyncDatabase, DatabaseError, EncryptionError};

use super::plan::Case;
use super::verified;
use crate::runner::Tally;
use crate::support::{Contents, Ledger, Template, builder, canary, within, write_image};
use crate::vfs::Volume;

/// Damages the large ledger, has it verified, and asks it for everything.
pub(super) async fn check(case: Case) -> anyhow::Result<Tally> {
    let template = Template::large()?;
    let mut bytes = template.database()?.to_vec();
    case.apply(&mut bytes);
    let mut image = template.image().clone();
    for content in image.values_mut() {
        content.clone_from(&bytes);
    }
    let dir = tempfile::tempdir()?;
    let path = write_image(&image, dir.path())?;
    let _volume = Volume::mount(dir.path());
    let mut tally = verified::database(&path, case).await?;
    let db = match within("open", builder(&path).connect()).await? {
        Ok(db) => db,
        Err(error) => {
            ensure!(
                tells(&error),
                "it does not open, and does not say why: {error:?}"
            );
            tally.add("refused to open", 1);
            return Ok(tally);
        }
    };
    let mut answers = Answers::default();
    answers.ask(&db, Contents::after(template.last)).await?;
    within("close", db.close()).await??;
    tally.add("opened", 1);
    tally.add("right answers", answers.right);
    tally.add("refused answers", answers.refused);
    Ok(tally)
}

/// What came of the questions.
#[derive(Debug, Default)]
struct Answers {
    right: u64,
    refused: u64,
}

impl Answers {
    /// Asks for every row, in several ways.
    async fn ask(&mut self, db: &AsyncDatabase, expected: Contents) -> anyhow::Result<()> {
        let entries = "SELECT n, body FROM entry ORDER BY n";
        self.judge(
            "read",
            &expected,
            within("read", Ledger::of(db).read()).await?,
        )?;
        let all = db.fetch_all(entries, ());
        self.judge(
            "fetch_all",
            &expected.entries,
            within("fetch_all", all).await?,
        )?;
        let stream = db
            .fetch::<(u64, Vec<u8>)>(entries, ())
            .try_collect::<Vec<_>>();
        self.judge("fetch", &expected.entries, within("fetch", stream).await?)?;
        // By the index alone.
        let mut by_size = expected.twins.clone();
        by_size.sort_by_key(|(n, bytes)| (*bytes, *n));
        let twins = db.fetch_all("SELECT n, bytes FROM twin ORDER BY bytes, n", ());
        self.judge("the index", &by_size, within("the index", twins).await?)?;
        for entry in &expected.entries {
            let body = db.fetch_value("SELECT body FROM entry WHERE n = ?", (entry.0,));
            self.judge("fetch_value", &entry.1, within("fetch_value", body).await?)?;
        }
        self.copy(db, &expected).await
    }

    /// What is damaged is not copied either.
    async fn copy(&mut self, db: &AsyncDatabase, expected: &Contents) -> anyhow::Result<()> {
        let copied = db.execute("CREATE TABLE copy AS SELECT n, body FROM entry", ());
        match within("copy", copied).await? {
            Ok(_) => {
                let copy = db.fetch_all("SELECT n, body FROM copy ORDER BY n", ());
                self.judge("a copy", &expected.entries, within("a copy", copy).await?)
            }
            Err(error) => self.refuse("a copy", &error),
        }
    }

    fn judge<T: PartialEq>(
        &mut self,
        what: &str,
        expected: &T,
        answer: Result<T, DatabaseError>,
    ) -> anyhow::Result<()> {
        match answer {
            Ok(answer) if answer == *expected => {
                self.right += 1;
                Ok(())
            }
            Ok(_) => bail!("wrong rows from {what}"),
            Err(error) => self.refuse(what, &error),
        }
    }

    fn refuse(&mut self, what: &str, error: &DatabaseError) -> anyhow::Result<()> {
        self.refused += 1;
        canary::clean_error(error)?;
        ensure!(
            error.is_corrupt(),
            "{what} does not say that the file is damaged: {error:?}"
        );
        Ok(())
    }
}

/// Tells whether this is why a damaged file does not open: as far as anybody can tell, it is
/// another key's, or no database.
pub(super) fn tells(error: &DatabaseError) -> bool {
    let no_database = matches!(
        error,
        DatabaseError::Encryption(
            EncryptionError::NotADatabase { .. } | EncryptionError::EmptyFile { .. }
        )
    );
    no_database || error.is_corrupt() || error.is_wrong_key()
}
