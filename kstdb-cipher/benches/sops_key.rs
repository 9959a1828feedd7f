//! How long does a key out of a SOPS file take, read here and by the program?
//!
//! The program is compared where `KSTDB_SOPS_PROGRAM` names it.

use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kstdb_cipher::{KeySource as _, SopsReader, SopsSource};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sops");
const YAML: &str = "age_basic.yaml";
const AGE: &str = "age-id1.txt";

fn key(criterion: &mut Criterion) {
    // Of every file: the cipher of the values; the ids say what the data key is encrypted for.
    let mut group = criterion.benchmark_group("sops_key, AES-256-GCM");
    let fixtures = Path::new(FIXTURES);
    let mut measure =
        |name: &str, file: &str, identity: &str, set: fn(SopsSource) -> SopsSource| {
            let file = fixtures.join("generated").join(file);
            let bytes = file.metadata().map_or(0, |data| data.len());
            let source = SopsSource::new(file).identity(fixtures.join("keys").join(identity));
            let source = set(source.reader(SopsReader::Native));
            group.throughput(Throughput::Bytes(bytes));
            let id = BenchmarkId::new(name, format!("{bytes} bytes"));
            group.bench_function(id, |bencher| bencher.iter(|| source.resolve()));
            if let Err(error) = source.resolve() {
                panic!("{name}: {error:?}");
            }
        };
    measure("native yaml x25519", YAML, AGE, |source| source);
    measure("native json x25519", "age_basic.json", AGE, |source| source);
    measure("native dotenv x25519", "age_basic.env", AGE, |source| {
        source.key("DB_KEY")
    });
    measure("native ini x25519", "age_basic.ini", AGE, |source| {
        source.key("main.db_key")
    });
    let file = "age_ssh_ed25519.yaml";
    measure("native yaml ssh-ed25519", file, "ssh_ed25519", |source| {
        source
    });
    measure(
        "native yaml ssh-rsa",
        "age_ssh_rsa.yaml",
        "ssh_rsa",
        |source| source,
    );
    if program().is_some() {
        measure("program yaml x25519", YAML, AGE, |source| {
            let source = source.reader(SopsReader::Program);
            match program() {
                Some(program) => source.program(program),
                None => source,
            }
        });
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
