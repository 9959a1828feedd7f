//! What the macros read: arguments as tokens, SQL, structs.
#![no_main]
#![allow(dead_code, reason = "the entry points of the macros are left out")]

extern crate proc_macro;

#[path = "../../../kstdb-macros/src/check/mod.rs"]
mod check;
#[path = "../../../kstdb-macros/src/crate_path.rs"]
mod crate_path;
#[path = "../../../kstdb-macros/src/errors.rs"]
mod errors;
#[path = "../../../kstdb-macros/src/from_row/mod.rs"]
mod from_row;
#[path = "../../../kstdb-macros/src/migrate.rs"]
mod migrate;
#[path = "../../../kstdb-macros/src/migrations/mod.rs"]
mod migrations;
#[path = "../../../kstdb-macros/src/package.rs"]
mod package;
#[path = "../../../kstdb-macros/src/query/mod.rs"]
mod query;
#[path = "../../../kstdb-macros/src/schema/mod.rs"]
mod schema;
#[path = "../../../kstdb-macros/src/sql/mod.rs"]
mod sql;
#[path = "../../../kstdb-macros/src/watch.rs"]
mod watch;

#[path = "../properties/macro_input.rs"]
mod macro_input;
#[path = "../properties/scratch.rs"]
mod scratch;

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: {
        let end = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Those of sqlx's `describe` are caught. libFuzzer's hook ends the process there.
            let place = panic.location().map_or("", |place| place.file());
            if !place.contains("sqlx-sqlite") {
                end(panic);
            }
        }));
    },
    |input: &[u8]| {
        if let Err(error) = macro_input::check(input) {
            panic!("the machine failed: {error}");
        }
    }
);
