//! How long does a key out of a SOPS file take, read here and by the program?
//!
//! The program is compared where `KSTDB_SOPS_PROGRAM` names it.

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use kstdb_cipher::{KeySource as _, SopsReader, SopsSource};

fn source(file: &str, identity: &str) -> SopsSource {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sops");
    SopsSource::new(fixtures.join("generated").join(file))
        .identity(fixtures.join("keys").join(identity))
        .reader(SopsReader::Native)
}

fn key(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sops_key");
    let mut measure = |name: &str, source: SopsSource| {
        group.bench_function(name, |bencher| bencher.iter(|| source.resolve()));
        if let Err(error) = source.resolve() {
            panic!("{name}: {error:?}");
        }
    };
    let yaml = || source("age_basic.yaml", "age-id1.txt");
    measure("native/yaml", yaml());
    measure("native/json", source("age_basic.json", "age-id1.txt"));
    measure(
        "native/dotenv",
        source("age_basic.env", "age-id1.txt").key("DB_KEY"),
    );
    measure(
        "native/ini",
        source("age_basic.ini", "age-id1.txt").key("main.db_key"),
    );
    measure(
        "native/yaml ssh-ed25519",
        source("age_ssh_ed25519.yaml", "ssh_ed25519"),
    );
    measure("native/yaml ssh-rsa", source("age_ssh_rsa.yaml", "ssh_rsa"));
    if let Some(program) = program() {
        measure(
            "program/yaml",
            yaml().reader(SopsReader::Program).program(program),
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is how the benchmark finds sops"
)]
fn program() -> Option<std::path::PathBuf> {
    std::env::var_os("KSTDB_SOPS_PROGRAM").map(Into::into)
}

criterion_group!(benches, key);
criterion_main!(benches);
