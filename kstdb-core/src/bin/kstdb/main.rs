//! `kstdb`: looks into, queries, changes, dumps, migrates, examines, re-encrypts, verifies and
//! backs up a database file.

mod doctor;
mod dump;
mod error;
mod exec;
mod flags;
mod format;
mod info;
mod key;
mod maintain;
mod migrate;
mod open;
mod output;
mod param;
mod progress;
mod prompt;
mod query;
mod real;
mod schema;
mod signals;
mod table;
mod value;
mod witness;

use std::io::Write as _;
use std::process::ExitCode;

use error::CliError;
use flags::{Kstdb, Verb};
use output::Output;

fn main() -> ExitCode {
    let flags = match flags::parse() {
        Ok(flags) => flags,
        Err(code) => return code,
    };
    log_warnings();
    let json = flags.shared.json;
    let mut output = Output::stdout(json);
    let done = block_on(run(flags, &mut output)).and_then(|well| {
        output.flush()?;
        Ok(well)
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // The reader has seen enough, as in `kstdb dump app.db | head`.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}

/// Runs a verb, and says whether all is well: only `doctor` and `verify` find that it is not.
async fn run(flags: Kstdb, output: &mut Output) -> Result<bool, CliError> {
    let shared = flags.shared;
    match flags.verb {
        Verb::Info(verb) => verb.run(&shared, output).await?,
        Verb::Query(verb) => verb.run(&shared, output).await?,
        Verb::Exec(verb) => verb.run(&shared, output).await?,
        Verb::Dump(verb) => verb.run(&shared, output).await?,
        Verb::Migrate(verb) => verb.run(&shared, output).await?,
        Verb::Rekey(verb) => verb.run(&shared, output).await?,
        Verb::Encrypt(verb) => verb.run(&shared, output).await?,
        Verb::Decrypt(verb) => verb.run(&shared, output).await?,
        Verb::Upgrade(verb) => verb.run(&shared, output).await?,
        Verb::Backup(verb) => verb.run(&shared, output).await?,
        Verb::Restore(verb) => verb.run(&shared, output).await?,
        Verb::Verify(verb) => return verb.run(&shared, output).await,
        Verb::Doctor(verb) => return verb.run(&shared, output),
    }
    Ok(true)
}

fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(future)
}

/// Shows the library's warnings on stderr: a clamped setting, a settings file that others can read.
fn log_warnings() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
}
