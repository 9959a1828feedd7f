//! `cargo xtask macro-cost`: what checking 200 queries adds to the compilation of a crate.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use xshell::Shell;

use crate::cargo::Cargo;
use crate::flags;
use crate::sqlcipher::Provider;
use crate::workspace::{self, Workspace};

const QUERIES: usize = 200;

/// Tables of the crate that is measured.
const TABLES: usize = 20;

/// The crate in its two forms.
const FORMS: [&str; 2] = ["unchecked", "checked"];

impl flags::MacroCost {
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        ensure!(self.rounds > 0, "there is nothing to measure in 0 rounds");
        let cargo = Cargo::linked(sh, provider)?;
        let dir = Workspace::load(sh)?.target_dir.join("macro-cost");
        write_crates(sh, &dir)?;
        let _dir = sh.push_dir(&dir);
        // The first build is that of the dependencies.
        for form in FORMS {
            build(sh, &cargo, form)?;
        }
        let mut times = [const { Vec::new() }; 2];
        for round in 0..self.rounds {
            for (form, times) in FORMS.iter().zip(&mut times) {
                let main = dir.join(form).join("src/main.rs");
                let source = sh.read_file(&main)?;
                sh.write_file(&main, format!("{source}// round {round}\n"))?;
                let start = Instant::now();
                build(sh, &cargo, form)?;
                times.push(start.elapsed());
            }
        }
        let [unchecked, checked] = times.map(median);
        let difference = checked.as_secs_f64() - unchecked.as_secs_f64();
        eprintln!(
            "{QUERIES} queries on {TABLES} tables, median of {} rounds of `cargo build`, nothing kept:",
            self.rounds
        );
        eprintln!("  unchecked  {:.2} s", unchecked.as_secs_f64());
        eprintln!("  checked    {:.2} s", checked.as_secs_f64());
        eprintln!("  difference {difference:.2} s");
        ensure!(
            difference <= self.limit,
            "checking costs {difference:.2} s, more than {} s",
            self.limit
        );
        Ok(())
    }
}

/// Compiles the crate whole: what an incremental build keeps of 200 queries is not measured.
fn build(sh: &Shell, cargo: &Cargo, form: &str) -> anyhow::Result<()> {
    let cargo = cargo.cmd(sh).args(["build", "--quiet", "--package", form]);
    Ok(cargo.env("CARGO_INCREMENTAL", "0").quiet().run()?)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A workspace with the crate in both forms, and the schema of both.
fn write_crates(sh: &Shell, dir: &Path) -> anyhow::Result<()> {
    sh.remove_path(dir)?;
    let core = workspace::root().join("kstdb-core");
    sh.write_file(
        dir.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"checked\", \"unchecked\"]\n",
    )?;
    sh.copy_file(workspace::root().join("Cargo.lock"), dir.join("Cargo.lock"))?;
    for table in 0..TABLES {
        let sql = format!(
            "CREATE TABLE t{table} (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL,\n    \
             note TEXT, amount REAL, made_at DATETIME NOT NULL);\nCREATE INDEX t{table}_i ON t{table} (parent);\n"
        );
        sh.write_file(dir.join(format!("migrations/{}_t.sql", table + 1)), sql)?;
    }
    for form in FORMS {
        let manifest = format!(
            "[package]\nname = \"{form}\"\nedition = \"2024\"\n\n\
             [dependencies]\nkstdb-core = {{ path = {core:?} }}\n"
        );
        sh.write_file(dir.join(form).join("Cargo.toml"), manifest)?;
        let build = "fn main() {\n    println!(\"cargo::rerun-if-changed=../migrations\");\n}\n";
        sh.write_file(dir.join(form).join("build.rs"), build)?;
        sh.write_file(
            dir.join(form).join("src/main.rs"),
            source(form == "checked"),
        )?;
    }
    Ok(())
}

/// Functions with one query each: by key, joins, aggregates, writes.
fn source(checked: bool) -> String {
    let mut source = String::from("use kstdb_core::{AsyncDatabase, DatabaseError};\n");
    for number in 0..QUERIES {
        let (one, two) = (number % TABLES, (number + 7) % TABLES);
        let (sql, row) = match number % 5 {
            0 => (
                format!("SELECT id, name, note FROM t{one} WHERE id = ?"),
                "(i64, String, Option<String>)",
            ),
            1 => (
                format!(
                    "SELECT a.id, b.name FROM t{one} a LEFT JOIN t{two} b ON b.parent = a.id WHERE a.id > ? ORDER BY a.name"
                ),
                "(i64, Option<String>)",
            ),
            2 => (
                format!(
                    "SELECT parent, count(*) AS n, sum(amount) AS s FROM t{one} WHERE id <> ? GROUP BY parent"
                ),
                "(i64, i64, Option<f64>)",
            ),
            3 => (
                format!(
                    "SELECT name FROM t{one} WHERE id IN (SELECT parent FROM t{two} WHERE id < ?) LIMIT 10"
                ),
                "(String,)",
            ),
            _ => (
                format!("DELETE FROM t{one} WHERE id = ? RETURNING id, made_at"),
                "(i64, String)",
            ),
        };
        let call = if checked {
            format!("kstdb_core::query!(\"{sql}\", id).fetch_all(db).await?.len()")
        } else {
            format!("db.fetch_all::<{row}>(\"{sql}\", (id,)).await?.len()")
        };
        source.push_str(&format!(
            "pub async fn q{number}(db: &AsyncDatabase, id: i64) -> Result<usize, DatabaseError> {{\n    Ok({call})\n}}\n"
        ));
    }
    // A future that nobody can poll is not compiled to the end.
    let all: String = (0..QUERIES)
        .map(|number| format!("Box::pin(q{number}(&db, 0)), "))
        .collect();
    source.push_str(&format!(
        "type Query<'a> = std::pin::Pin<Box<dyn Future<Output = Result<usize, DatabaseError>> + 'a>>;\n\
         fn main() {{\n    let db = AsyncDatabase::builder(\":memory:\").build();\n    \
         let all: Vec<Query<'_>> = vec![{all}];\n    println!(\"{{}}\", all.len());\n}}\n"
    ));
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_have_the_same_queries() {
        for form in [true, false] {
            assert_eq!(source(form).matches("pub async fn").count(), QUERIES);
        }
        assert_eq!(source(true).matches("query!").count(), QUERIES);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let times = [3, 1, 2].map(Duration::from_secs).to_vec();
        assert_eq!(median(times), Duration::from_secs(2));
        assert_eq!(median(Vec::new()), Duration::ZERO);
    }
}
