//! `kstdb verify`: whether every page, the structure and the foreign keys of a database are sound.

use std::fmt;
use std::path::PathBuf;

use kstdb_core::cipher::PageReport;
use kstdb_core::maintenance::{self, VerifyOptions, VerifyReport};
use serde::Serialize;

use super::Verify;
use crate::error::CliError;
use crate::flags::Shared;
use crate::open;
use crate::output::{Output, escape};
use crate::progress::Meter;

#[derive(Serialize)]
struct Report {
    path: PathBuf,
    sound: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<Pages>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<Log>,
    /// Everything that is wrong, a line each.
    findings: Vec<String>,
    /// What was not asked, because the first page is damaged or it was not wanted.
    structure_checked: bool,
}

#[derive(Serialize)]
struct Pages {
    size_bytes: u64,
    page_size_bytes: usize,
    /// Whether pages have an HMAC: those of SQLCipher 1 do not.
    authenticated: bool,
    checked: u64,
    damaged: Vec<Damaged>,
}

#[derive(Serialize)]
struct Damaged {
    first: u32,
    last: u32,
    fault: String,
}

#[derive(Serialize)]
struct Log {
    size_bytes: u64,
    frames_checked: u64,
    damaged: Vec<u64>,
}

impl Verify {
    /// Says whether all is sound.
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<bool, CliError> {
        let key = open::key_of(shared, &self.database)?;
        let meter = Meter::new(output.is_json());
        let options = VerifyOptions::new()
            .level(self.level.into())
            .profile(shared.format.profile())
            .on_progress(meter.listener());
        let options = match self.threads {
            Some(threads) => options.threads(threads),
            None => options,
        };
        let key = key.map(Into::into);
        let work = async { Ok(maintenance::verify(&self.database, key, &options).await?) };
        let report = Report::of(meter.watch(work).await?);
        output.report(&report)?;
        Ok(report.sound)
    }
}

impl Report {
    fn of(report: VerifyReport) -> Self {
        let wal = report.pages.as_ref().and_then(|pages| pages.wal.as_ref());
        Self {
            sound: report.is_sound(),
            findings: report.findings().collect(),
            log: wal.map(|wal| Log {
                size_bytes: wal.size_bytes,
                frames_checked: wal.frames_checked,
                damaged: wal.damaged.iter().map(|damaged| damaged.frame).collect(),
            }),
            structure_checked: report.integrity.is_some(),
            pages: report.pages.as_ref().map(Pages::of),
            path: report.path,
        }
    }
}

impl Pages {
    fn of(report: &PageReport) -> Self {
        let damaged = report.damaged.iter().map(|damaged| Damaged {
            first: damaged.first,
            last: damaged.last,
            fault: damaged.fault.to_string(),
        });
        Self {
            size_bytes: report.size_bytes,
            page_size_bytes: report.page_size_bytes,
            authenticated: report.authenticated,
            checked: report.pages_checked,
            damaged: damaged.collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{}", escape(finding))?;
        }
        let path = escape(&self.path.to_string_lossy());
        write!(f, "{path}: ")?;
        match &self.pages {
            Some(pages) if pages.authenticated => {
                write!(f, "{} pages checked", pages.checked)?;
                if let Some(log) = &self.log {
                    write!(f, ", {} frames of the log", log.frames_checked)?;
                }
            }
            Some(_) => write!(f, "pages without HMAC")?,
            None => write!(f, "not encrypted")?,
        }
        let damaged = self.pages.iter().any(|pages| !pages.damaged.is_empty());
        if self.structure_checked {
            write!(f, ", structure checked")?;
        } else if damaged {
            write!(f, ", structure not checked")?;
        }
        match self.findings.len() {
            0 => writeln!(f, ": sound"),
            1 => writeln!(f, ": 1 finding"),
            findings => writeln!(f, ": {findings} findings"),
        }
    }
}
