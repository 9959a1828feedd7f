//! Every variant of every public error, with the test that produces it.
//!
//! A variant that is new does not compile here until a test is named for it. Those that begin with
//! `nobody` no test can produce, and why.

use std::path::Path;

use crate::{
    CipherError, Damage, IdentityOutcome, KeyError, KeyFileError, KeyPathProblem, KeySourceError,
    KeyringError, Malformed, PathProblem, ProgramReason, RecipientKind, Refusal, SopsError,
    SopsExit,
};

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
    CipherError {
        Key: "tests/it/error_variants.rs keys_and_sources_fail_as_what_they_are_for",
        Source: "tests/it/error_variants.rs keys_and_sources_fail_as_what_they_are_for",
        WrongKey: "tests/it/compatibility.rs files_of_every_version_are_recognised_whatever_was_asked_for",
        PlaintextFile: "tests/it/file_states.rs a_plaintext_database_is_refused",
        NoKey: "../kstdb-core/tests/it/file_states/table.rs every_state_has_its_error_and_changes_nothing",
        EmptyFile: "tests/it/file_states.rs an_empty_file_is_never_turned_into_a_database",
        NotADatabase: "tests/it/file_states.rs a_file_of_a_few_bytes_is_not_a_database",
        Damaged: "tests/it/damage.rs a_damaged_first_page_is_not_a_wrong_key",
        OtherCipherSettings: "tests/it/compatibility.rs files_of_every_version_are_recognised_whatever_was_asked_for",
        OtherPageSize: "../kstdb-core/tests/it/file_states/table.rs every_state_has_its_error_and_changes_nothing",
        PageTooSmall: "tests/it/false_header/small.rs no_new_database_has_pages_of_512_bytes",
        NotSqlcipher: "tests/it/plain_sqlite.rs every_use_of_a_key_is_refused",
        AlreadyKeyed: "tests/it/key_matrix.rs a_second_key_is_refused_rather_than_ignored",
        NotFound: "tests/it/connection.rs errors_come_at_the_call",
        ParentNotFound: "tests/it/file_states.rs a_missing_directory_is_named",
        Symlink: "tests/it/creation.rs a_symbolic_link_is_followed_only_if_asked",
        HardLink: "tests/it/error_variants.rs a_file_with_other_names_neighbours_or_rights_is_refused_for_what_it_has",
        UnsafeSidecar: "tests/it/error_variants.rs a_file_with_other_names_neighbours_or_rights_is_refused_for_what_it_has",
        OpenToOthers: "tests/it/error_variants.rs a_file_with_other_names_neighbours_or_rights_is_refused_for_what_it_has",
        NotAFile: "tests/it/file_states.rs a_directory_is_not_a_file",
        InvalidPath: "tests/it/connection.rs errors_come_at_the_call",
        NewFileNotEncrypted: "nobody: it takes an SQLCipher that writes something else than it was told",
        Sqlite: "tests/it/pages.rs what_is_no_database_is_refused",
        Driver: "tests/it/error_variants.rs what_only_the_driver_refuses_is_an_error_of_the_driver",
        Io: "tests/it/error_variants.rs a_path_that_the_system_does_not_look_for_is_an_io_error",
        Cancelled: "tests/it/pages.rs progress_ends_with_all_bytes_and_can_stop_the_check",
        Random: "nobody: it takes a system without random numbers",
        NoRuntime: "tests/it/connection.rs without_a_runtime_there_is_an_error_and_no_panic",
    }
    Damage {
        FirstPage: "tests/it/damage.rs a_damaged_first_page_is_not_a_wrong_key",
        LaterPage: "tests/it/damage.rs damage_after_the_first_page_is_not_a_wrong_key",
        FalseHeader: "tests/it/false_header/file.rs a_first_page_that_names_other_pages_is_refused_by_all_that_opens_it",
        FalseLog: "tests/it/false_header/log.rs a_log_of_other_pages_is_refused_before_it_is_read",
    }
    PathProblem {
        Empty: "tests/it/file_states.rs impossible_paths_are_typed_errors",
        ContainsNul: "tests/it/file_states.rs impossible_paths_are_typed_errors",
        NoWorkingDirectory: "tests/it/error_variants.rs a_relative_path_without_a_working_directory_names_no_file",
    }
    KeyError {
        Empty: "tests/it/environment.rs an_empty_variable_is_refused",
        ContainsNul: "tests/it/private_files.rs a_file_without_a_usable_text_is_an_error",
        RawHmacKey: "src/key.rs the_form_of_the_text_decides_what_it_is",
    }
    KeySourceError {
        NoSource: "tests/it/environment.rs no_source_is_an_error",
        VariableNotSet: "tests/it/environment.rs a_named_source_that_yields_nothing_is_never_skipped",
        VariableNotUnicode: "tests/it/environment.rs a_variable_that_is_not_unicode_is_refused",
        Key: "tests/it/environment.rs an_empty_variable_is_refused",
        Sops: "tests/it/environment.rs a_named_source_that_yields_nothing_is_never_skipped",
        File: "tests/it/private_files.rs a_file_without_a_usable_text_is_an_error",
        CredentialName: "tests/it/private_files.rs the_name_of_a_credential_leads_nowhere_else",
        NoCredentials: "tests/it/private_files.rs without_a_directory_there_is_no_credential",
        Keyring: "tests/it/error_variants.rs a_keyring_that_is_not_built_in_is_an_error",
        Custom: "tests/it/error_variants.rs a_source_of_the_programs_own_fails_in_its_own_words",
    }
    KeyFileError {
        Read: "tests/it/private_files.rs a_link_is_followed_to_a_file_that_must_be_private",
        NotAFile: "tests/it/private_files.rs what_is_neither_file_nor_pipe_is_refused",
        OpenToOthers: "tests/it/private_files.rs a_file_that_others_have_access_to_is_refused",
        ForeignOwner: "src/source/private_file.rs a_private_file_belongs_to_its_reader_or_to_root",
        TooLong: "tests/it/private_files.rs a_file_without_a_usable_text_is_an_error",
        NotUtf8: "tests/it/private_files.rs a_file_without_a_usable_text_is_an_error",
    }
    KeyringError {
        NotBuilt: "tests/it/error_variants.rs a_keyring_that_is_not_built_in_is_an_error",
        NoService: "tests/it/keyring.rs without_a_session_bus_no_service_is_running",
        NoAccess: "tests/it/keyring.rs what_the_keyring_says_is_told_apart",
        NoEntry: "tests/it/keyring.rs a_missing_entry_is_named",
        Ambiguous: "tests/it/keyring.rs what_the_keyring_says_is_told_apart",
        NotText: "tests/it/keyring.rs an_entry_without_a_usable_text_is_an_error_that_does_not_hold_it",
        InvalidName: "tests/it/keyring.rs what_the_keyring_says_is_told_apart",
        Failed: "tests/it/keyring.rs what_the_keyring_says_is_told_apart",
    }
    SopsError {
        FileNotFound: "tests/it/environment.rs a_named_source_that_yields_nothing_is_never_skipped",
        NotAFile: "tests/it/sops.rs files_and_programs_that_are_not_there_are_named",
        Io: "tests/it/error_variants.rs a_sops_file_that_the_system_does_not_look_for_is_an_io_error",
        Refused: "tests/it/sops_native/fixtures.rs another_identity_opens_nothing",
        ProgramNeeded: "tests/it/sops_native/program.rs a_program_that_is_missing_or_not_allowed_is_named_with_the_reason",
        ProgramNotAllowed: "tests/it/sops_native/fixtures.rs another_identity_opens_nothing",
        ProgramNotFound: "tests/it/environment.rs a_named_source_that_yields_nothing_is_never_skipped",
        ProgramPathRelative: "tests/it/sops.rs files_and_programs_that_are_not_there_are_named",
        ProgramNotRun: "tests/it/sops.rs files_and_programs_that_are_not_there_are_named",
        Timeout: "tests/it/sops.rs a_program_that_hangs_is_stopped_when_its_time_is_up",
        OutputTooLarge: "tests/it/sops.rs a_flood_of_output_is_cut_off",
        Failed: "tests/it/sops.rs exit_codes_are_told_apart",
        NotJson: "tests/it/sops.rs output_that_is_no_json_object_is_refused_unquoted",
        KeyPath: "tests/it/sops.rs only_a_string_that_is_not_empty_becomes_a_key",
        KeyNotFound: "tests/it/sops.rs only_a_string_that_is_not_empty_becomes_a_key",
        AmbiguousKey: "tests/it/sops.rs a_name_that_fits_two_values_is_refused",
        NotAString: "tests/it/sops.rs only_a_string_that_is_not_empty_becomes_a_key",
        EmptyValue: "tests/it/sops.rs only_a_string_that_is_not_empty_becomes_a_key",
        ValueNotUtf8: "src/sops/native/pick.rs bytes_that_are_no_text_are_no_key",
        ValueNotEncrypted: "tests/it/sops_native/program.rs the_program_gives_no_value_that_is_in_clear_in_the_file",
    }
    Refusal {
        TooLarge: "tests/it/sops_native/hostile.rs a_large_file_is_not_read",
        TooManyValues: "tests/it/sops_native/hostile.rs floods_of_any_kind_are_cut_off",
        TooDeep: "tests/it/sops_native/hostile.rs floods_of_any_kind_are_cut_off",
        Malformed: "tests/it/sops_native/hostile.rs floods_of_any_kind_are_cut_off",
        NotEncrypted: "src/sops/native/dotenv.rs what_is_no_sops_file_is_refused",
        Metadata: "src/sops/native/flatten.rs contradictions_and_holes_are_refused",
        NoRecipients: "tests/it/sops_native/tampered.rs each_change_has_its_refusal",
        NoIdentity: "tests/it/sops_native/fixtures.rs another_identity_opens_nothing",
        DataKeyDamaged: "tests/it/sops_native/tampered.rs each_change_has_its_refusal",
        ValueDamaged: "tests/it/sops_native/tampered.rs each_change_has_its_refusal",
        ValueInClear: "tests/it/sops_native/tampered.rs each_change_has_its_refusal",
        MacMissing: "tests/it/sops_native/tampered.rs each_change_has_its_refusal",
        MacMismatch: "tests/it/sops_native/tampered.rs each_format_is_authenticated_as_a_whole",
    }
    Malformed {
        NotUtf8: "tests/it/sops_native/hostile.rs what_is_no_text_is_refused",
        Syntax: "src/sops/native/dotenv.rs what_is_no_sops_file_is_refused",
        NotAMap: "src/sops/native/json.rs what_is_no_sops_file_is_refused",
        KeyNotText: "src/sops/native/yaml.rs what_sops_does_not_read_is_refused",
        DuplicateKey: "src/sops/native/dotenv.rs what_is_no_sops_file_is_refused",
    }
    RecipientKind {
        Age: "tests/it/sops_native/program.rs what_was_refused_here_is_not_for_the_program",
        Ssh: "tests/it/sops_native/reasons.rs every_kind_of_age_recipient_is_named",
        AgePostQuantum: "tests/it/sops_native/reasons.rs every_kind_of_age_recipient_is_named",
        AgePlugin: "tests/it/sops_native/reasons.rs every_kind_of_age_recipient_is_named",
        Pgp: "tests/it/sops_native/program.rs a_program_that_is_missing_or_not_allowed_is_named_with_the_reason",
        AwsKms: "tests/it/sops_native/reasons.rs every_service_that_keeps_keys_is_named",
        GcpKms: "tests/it/sops_native/reasons.rs every_service_that_keeps_keys_is_named",
        HuaweiKms: "tests/it/sops_native/reasons.rs every_service_that_keeps_keys_is_named",
        AzureKeyVault: "tests/it/sops_native/reasons.rs every_service_that_keeps_keys_is_named",
        HashicorpVault: "tests/it/sops_native/reasons.rs every_service_that_keeps_keys_is_named",
    }
    ProgramReason {
        Recipients: "tests/it/sops_native/program.rs a_program_that_is_missing_or_not_allowed_is_named_with_the_reason",
        Identity: "tests/it/sops_native/reasons.rs every_reason_for_the_program_is_named",
        CommentRule: "tests/it/sops_native/reasons.rs every_reason_for_the_program_is_named",
        Expression: "tests/it/sops_native/reasons.rs every_reason_for_the_program_is_named",
        Spelling: "tests/it/sops_native/reasons.rs every_reason_for_the_program_is_named",
    }
    IdentityOutcome {
        NoneFits: "src/sops/native/identity/source.rs commands_run_without_a_shell_when_they_are_allowed",
        NotReadable: "tests/it/sops_native/reasons.rs an_identity_that_cannot_be_used_is_said_to_be_what_it_is",
        NotAnIdentity: "src/sops/native/identity/parse.rs identities_stand_on_lines_with_comments_between",
        Passphrase: "src/sops/native/identity/parse.rs identities_stand_on_lines_with_comments_between",
        PostQuantum: "src/sops/native/identity/parse.rs identities_stand_on_lines_with_comments_between",
        Plugin: "tests/it/sops_native/reasons.rs every_reason_for_the_program_is_named",
        SshKind: "tests/it/sops_native/reasons.rs an_identity_that_cannot_be_used_is_said_to_be_what_it_is",
        CommandNotAllowed: "tests/it/sops_native/reasons.rs a_command_that_is_not_allowed_is_said_to_be_one",
        CommandFailed: "src/sops/native/identity/source.rs commands_run_without_a_shell_when_they_are_allowed",
    }
    KeyPathProblem {
        Empty: "tests/it/sops.rs only_a_string_that_is_not_empty_becomes_a_key",
        EmptyPart: "src/sops/key_path.rs names_are_read_as_written",
        Brackets: "src/sops/key_path.rs names_are_read_as_written",
    }
    SopsExit {
        General: "tests/it/sops.rs exit_codes_are_told_apart",
        Crashed: "tests/it/sops.rs exit_codes_are_told_apart",
        DecryptionFailed: "tests/it/sops.rs exit_codes_are_told_apart",
        MacMismatch: "tests/it/sops.rs exit_codes_are_told_apart",
        FileNotFound: "tests/it/sops.rs exit_codes_are_told_apart",
        NoDataKey: "tests/it/sops.rs exit_codes_are_told_apart",
        Other: "tests/it/sops.rs exit_codes_are_told_apart",
        Signal: "tests/it/sops.rs exit_codes_are_told_apart",
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
