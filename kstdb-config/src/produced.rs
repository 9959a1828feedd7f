//! Every variant of every public error, with the test that produces it.
//!
//! A variant that is new does not compile here until a test is named for it. Those that begin with
//! `nobody` no test can produce, and why.

use std::path::Path;

use crate::{ConfigError, FileProblem, IncludeProblem};

/// For each variant a file with a test in it, and the test.
macro_rules! produced {
    ($($error:ident { $($variant:ident: $test:literal,)+ })+) => {
        /// Has no wildcard.
        #[expect(dead_code, reason = "that it compiles is what counts")]
        trait Listed {
            fn is_listed(&self);
        }
        $(impl Listed for $error {
            fn is_listed(&self) {
                match self {
                    $(Self::$variant { .. } => {})+
                }
            }
        })+
        const TESTS: &[(&str, &str)] =
            &[$($((concat!(stringify!($error), "::", stringify!($variant)), $test),)+)+];
    };
}

produced! {
    ConfigError {
        NotFound: "tests/it/cascade.rs a_named_file_that_is_missing_is_an_error",
        Read: "tests/it/bad_input.rs what_is_no_regular_file_is_refused",
        TooLarge: "tests/it/bad_input.rs a_file_is_refused_by_its_size_before_it_is_read",
        UnsupportedFormat: "tests/it/bad_input.rs a_file_of_another_format_is_refused",
        Malformed: "tests/it/bad_input.rs a_file_that_is_no_utf8_is_refused_with_its_place",
        Include: "tests/it/include.rs a_cycle_is_refused",
        UnknownKey: "tests/it/variables.rs only_upper_case_names_a_setting",
        WrongType: "tests/it/passphrase.rs an_empty_text_given_in_code_is_refused",
        NotFinite: "tests/it/bad_input.rs each_bad_file_is_refused_with_file_and_key_and_without_values",
        EncryptedValue: "tests/it/sops.rs an_encrypted_value_is_never_used_raw",
        NoDecryption: "tests/it/sops.rs a_sops_file_is_refused_without_a_way_to_decrypt_it",
        Decryption: "tests/it/sops.rs a_sops_file_that_cannot_be_decrypted_is_an_error",
        VariableNotSet: "tests/it/cascade.rs a_variable_that_must_name_a_file_must_be_set",
        WorkingDirectory: "tests/it/error_variants.rs without_a_working_directory_there_are_no_settings",
    }
    FileProblem {
        NotUtf8: "tests/it/bad_input.rs a_file_that_is_no_utf8_is_refused_with_its_place",
        Syntax: "src/format/ini.rs a_line_that_is_nothing_is_refused",
        DuplicateKey: "src/format/json.rs a_key_that_stands_twice_is_named_with_its_place",
        TooDeep: "src/format/yaml.rs nesting_has_a_limit_also_through_aliases",
        TooManyAliases: "tests/it/bad_input.rs an_alias_bomb_ends_quickly",
        SeveralDocuments: "tests/it/bad_input.rs each_bad_file_is_refused_with_file_and_key_and_without_values",
        NotATable: "tests/it/bad_input.rs each_bad_file_is_refused_with_file_and_key_and_without_values",
    }
    IncludeProblem {
        Absolute: "tests/it/include.rs an_absolute_path_is_refused",
        OutsideDirectory: "tests/it/include.rs a_path_out_of_the_directory_is_refused",
        Symlink: "tests/it/include.rs a_symbolic_link_is_refused_as_file_and_as_directory",
        NotFound: "tests/it/include.rs an_included_file_obeys_the_rules_of_every_file",
        Cycle: "tests/it/include.rs a_cycle_is_refused",
        TooDeep: "tests/it/include.rs ten_includes_in_a_row_work_and_eleven_do_not",
        OtherFormat: "tests/it/include.rs a_strict_loader_includes_its_own_format_only",
    }
}

#[test]
fn every_variant_is_produced_by_a_test_that_there_is() -> Result<(), Box<dyn std::error::Error>> {
    for (variant, produced) in TESTS {
        if produced.starts_with("nobody: ") {
            continue;
        }
        let (file, test) = produced.split_once(' ').ok_or(*variant)?;
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file))
            .map_err(|error| format!("{variant}: {file}: {error}"))?;
        let (before, _) = text
            .split_once(&format!("fn {test}("))
            .ok_or_else(|| format!("{variant}: {file} has no test {test}"))?;
        // Its attributes are among the lines between the item before it and its name.
        let attributes = before.rsplit("\n}\n").next().unwrap_or(before);
        let is_test = ["#[test]", "#[tokio::test"].map(|attribute| attributes.contains(attribute));
        assert!(is_test.contains(&true), "{variant}: {test} is no test");
    }
    Ok(())
}
