//! The page that maps `kstlib.db` to kstdb names tests that exist, and leaves no row out.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::TestResult;

const PAGE: &str = include_str!("../../docs/kstlib.md");

/// Section 1 of the page, in its order: letters with how many rows they have.
const BEHAVIOURS: [(char, usize); 5] = [('A', 17), ('P', 14), ('K', 11), ('S', 6), ('C', 8)];
const DEFECTS: usize = 36;

/// The cells of each row of the page's tables.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    PAGE.lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

fn collect(folder: &Path, functions: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, functions)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)?;
            let names = text.split("fn ").skip(1);
            functions.extend(
                names
                    .filter_map(|rest| rest.split('(').next())
                    .map(str::to_owned),
            );
        }
    }
    Ok(())
}

#[test]
fn every_row_of_kstlib_has_its_counterpart() {
    let expected: Vec<String> = BEHAVIOURS
        .into_iter()
        .flat_map(|(letter, count)| (1..=count).map(move |number| format!("{letter}{number}")))
        .chain((1..=DEFECTS).map(|number| number.to_string()))
        .collect();
    let is_id = |id: &str| {
        let digits = id.trim_start_matches(['A', 'P', 'K', 'S', 'C']);
        digits.parse::<usize>().is_ok()
    };
    let found: Vec<_> = rows().map(|row| row[0]).filter(|id| is_id(id)).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_test_that_the_page_names_exists() -> TestResult {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("no workspace")?;
    let mut functions = BTreeSet::new();
    for folder in ["core", "cipher", "config", "macros"] {
        for part in ["src", "tests"] {
            collect(
                &workspace.join(format!("kstdb-{folder}")).join(part),
                &mut functions,
            )?;
        }
    }
    let mut named = 0;
    for row in rows().skip_while(|row| row[0] != "A1") {
        let Some(tests) = row
            .last()
            .filter(|_| row[0] != "#" && !row[0].starts_with('-'))
        else {
            continue;
        };
        let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{} names no test", row[0]);
        for name in names {
            assert!(functions.contains(name), "{}: no test {name}", row[0]);
            named += 1;
        }
    }
    assert!(named >= DEFECTS, "{named}");
    Ok(())
}

#[test]
fn every_defect_is_in_the_name_of_its_test() {
    for row in rows() {
        if let Ok(number) = row[0].parse::<usize>() {
            let prefix = format!("`defect_{number:02}_");
            let tests = row.last().copied().unwrap_or_default();
            assert!(tests.contains(&prefix), "{number}: {tests}");
        }
    }
}
