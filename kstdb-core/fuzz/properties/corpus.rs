//! Runs a property on every input of its corpus, as an ordinary test.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What no input takes, not even in an unoptimised build.
const LIMIT: Duration = Duration::from_secs(60);

/// A corpus has at least so many inputs: less of them means that they were looked for elsewhere.
const FEWEST_INPUTS: usize = 12;

/// Checks each input of `corpus/<target>`. A panic names the input that violates the property.
pub(crate) fn replay(target: &str, check: fn(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let paths = inputs(target)?;
    assert!(
        paths.len() >= FEWEST_INPUTS,
        "{} inputs in the corpus of {target}",
        paths.len()
    );
    for path in paths {
        let input = fs::read(&path)?;
        let (sender, receiver) = mpsc::channel();
        let checked = thread::spawn(move || {
            let checked = check(&input);
            // Nobody listens once the limit is over.
            let _ = sender.send(());
            checked
        });
        if let Err(mpsc::RecvTimeoutError::Timeout) = receiver.recv_timeout(LIMIT) {
            panic!("{} takes longer than {LIMIT:?}", path.display());
        }
        match checked.join() {
            Ok(checked) => checked?,
            Err(_) => panic!("{} violates the property: see above", path.display()),
        }
    }
    Ok(())
}

fn inputs(target: &str) -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .with_file_name("kstdb-core/fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(folder)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}
