//! What the torture programme must notice: lies of the disk, of the product and of a child, and its
//! own questions.

use super::check::Check;
use super::mutant::{Library, Mutant};

/// A mutant that a test of the programme must turn red for.
pub(super) const ORACLES: &[Mutant] = &[
    Mutant {
        guard: "test 1: nothing is acknowledged before it is there",
        file: "kstdb-core/tests/torture/cases/kill/writer.rs",
        from: "process::tell(n)?;",
        to: "process::tell(n + 1)?;",
        library: Library::Any,
        check: Check::Torture(1, 10),
    },
    Mutant {
        guard: "test 2: what was synced is on the disk",
        file: "kstdb-core/tests/vfs/file.rs",
        from: "watched.change(real, |disk, path| disk.synced(path))",
        to: "watched.change(real, |_, _| ())",
        library: Library::Any,
        check: Check::Torture(2, 20),
    },
    Mutant {
        guard: "test 2: a commit waits for the disk",
        file: "kstdb-core/src/open/pragmas.rs",
        from: "Synchronous::Full => \"FULL\",",
        to: "Synchronous::Full => \"OFF\",",
        library: Library::Any,
        check: Check::Torture(2, 20),
    },
    Mutant {
        guard: "test 3: a pool is asked whether it goes on",
        file: "kstdb-core/tests/torture/cases/nth_io/case.rs",
        from: "    let ledger = Ledger::of(db);\n    within(\"create\"",
        to: "    anyhow::bail!(\"asked\");\n    #[expect(unreachable_code, reason = \"a mutant\")]\n    let ledger = Ledger::of(db);\n    within(\"create\"",
        library: Library::Any,
        check: Check::Torture(3, 20),
    },
    Mutant {
        guard: "test 3: a full disk is told as one",
        file: "kstdb-core/src/error/database.rs",
        from: "self.is_kind(SqliteErrorKind::Full)",
        to: "self.is_kind(SqliteErrorKind::Other)",
        library: Library::Any,
        check: Check::Torture(3, 200),
    },
    Mutant {
        guard: "test 3: a connection that met a fault is replaced",
        file: "kstdb-core/src/pool/lease.rs",
        from: "&& !std::thread::panicking() && session.is_clean();",
        to: "|| true;",
        library: Library::Any,
        check: Check::Torture(3, 400),
    },
    Mutant {
        guard: "test 4: verify names every damaged page",
        file: "kstdb-cipher/src/verify/page.rs",
        from: "rest.starts_with(context.sign().as_ref())",
        to: "rest.len() >= context.sign().as_ref().len()",
        library: Library::Any,
        check: Check::Torture(4, 60),
    },
    Mutant {
        guard: "test 4: rows wait for the read guard",
        file: "kstdb-core/src/session/codec.rs",
        from: "let answer = match self.question {",
        to: "let answer = match Question::None {",
        library: Library::Any,
        check: Check::Torture(4, 1_200),
    },
    Mutant {
        guard: "test 5: a dropped future stops its statement",
        file: "kstdb-core/src/session/cancel.rs",
        from: "self.is_cancelled() || self.has_no_look_left()",
        to: "self.has_no_look_left()",
        library: Library::Any,
        check: Check::Torture(5, 42),
    },
    Mutant {
        guard: "test 7: a connection that met a damaged page is replaced",
        file: "kstdb-core/src/pool/lease.rs",
        from: "&& !std::thread::panicking() && session.is_clean();",
        to: "|| true;",
        library: Library::Any,
        check: Check::Torture(7, 10),
    },
    Mutant {
        guard: "test 8: a forked process is refused",
        file: "kstdb-core/src/pool/process.rs",
        from: "        if self.was_forked() {\n            return",
        to: "        if false && self.was_forked() {\n            return",
        library: Library::Any,
        check: Check::Torture(8, 10),
    },
    Mutant {
        guard: "test 9: a key does not show in Debug",
        file: "kstdb-cipher/src/key.rs",
        from: ".field(\"kind\", &self.kind())\n            .finish_non_exhaustive()",
        to: ".field(\"kind\", &self.kind())\n            .field(\"key\", &match &self.material {\n                Material::Passphrase(text) => secrecy::ExposeSecret::expose_secret(text).to_owned(),\n                _ => String::new(),\n            })\n            .finish_non_exhaustive()",
        library: Library::Any,
        check: Check::Torture(9, 5),
    },
    Mutant {
        guard: "test 10: a read transaction is one snapshot",
        file: "kstdb-core/tests/torture/cases/history/tasks.rs",
        from: "    db.read(|tx| {\n        (0..REGISTERS)\n            .map(|id| tx.fetch_value(\"SELECT n FROM register WHERE id = ?\", (id,)))\n            .collect()\n    })\n    .await",
        to: "    let mut state = State::new();\n    for id in 0..REGISTERS {\n        state.push(db.fetch_value(\"SELECT n FROM register WHERE id = ?\", (id,)).await?);\n    }\n    Ok(state)",
        library: Library::Any,
        check: Check::Torture(10, 300),
    },
];
