//! The targets, and how large their inputs get.

use std::path::Path;

/// A file of `kstdb-core/fuzz/fuzz_targets`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Longer inputs find nothing that shorter ones do not, and find it later.
    pub(super) longest_bytes: usize,
}

/// Every target, the ones that take longest to start first.
pub(super) const ALL: [Target; 5] = [
    Target {
        name: "pages",
        longest_bytes: 1_024,
    },
    Target {
        name: "macro_input",
        longest_bytes: 1_024,
    },
    Target {
        name: "sops_document",
        longest_bytes: 8_192,
    },
    Target {
        name: "config_yaml",
        longest_bytes: 4_096,
    },
    Target {
        name: "key_text",
        longest_bytes: 512,
    },
];

impl Target {
    /// The target whose folder an input is in.
    pub(super) fn of_input(input: &Path) -> Option<&'static Self> {
        let folder = input.parent()?.file_name()?;
        ALL.iter().find(|target| folder == target.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn an_input_belongs_to_the_target_that_its_folder_is_named_after() {
        let name = |path| Target::of_input(Path::new(path)).map(|target| target.name);
        assert_eq!(name("/a/artifacts/pages/crash-1"), Some("pages"));
        assert_eq!(name("key_text/word"), Some("key_text"));
        assert_eq!(name("/a/crash-1"), None);
        assert_eq!(name("pages"), None);
    }

    #[test]
    fn every_target_has_its_file_its_property_and_its_corpus() {
        let fuzz = workspace::root().join("kstdb-core/fuzz");
        for Target { name, .. } in ALL {
            for path in [
                format!("fuzz_targets/{name}.rs"),
                format!("properties/{name}.rs"),
                format!("corpus/{name}"),
            ] {
                assert!(fuzz.join(&path).exists(), "{path}");
            }
        }
    }
}
