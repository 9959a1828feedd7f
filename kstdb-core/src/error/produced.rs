//! Every variant of every public error, with the test that produces it.
//!
//! A variant that is new does not compile here until a test is named for it. Those that begin with
//! `nobody` no test can produce, and why.

use std::path::Path;

use super::{
    DatabaseConnectionError, DatabaseError, ParameterError, RowError, SqliteErrorKind,
    StatementError, TransactionError, ValueError, Waited,
};
use crate::maintenance::MaintenanceError;
use crate::migrate::MigrationError;

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
    DatabaseError {
        Connection: "tests/it/close.rs what_is_still_in_use_after_the_timeout_is_told_and_closed_later",
        Encryption: "tests/it/defects/secrecy.rs defect_02_an_empty_key_is_an_error_and_never_plaintext",
        PoolExhausted: "tests/it/begin_by_text.rs begin_as_text_takes_the_turn_so_that_its_writes_cannot_be_locked_out",
        Transaction: "tests/it/cancellation/statements.rs a_transaction_is_over_after_a_write_that_was_dropped",
        Statement: "tests/it/checked.rs a_list_that_is_too_long_is_a_typed_error",
        Migration: "tests/it/error_variants.rs a_record_of_migrations_that_says_failed_cannot_be_used",
        Maintenance: "tests/it/maintenance/convert.rs a_listener_stops_it_at_any_step",
        Config: "tests/it/error_variants.rs settings_that_cannot_be_read_are_an_error_of_the_settings",
    }
    DatabaseConnectionError {
        Closed: "tests/it/waiting_calls.rs closing_refuses_calls_that_wait",
        Open: "tests/it/pool.rs what_can_pass_is_tried_again_and_then_named",
        Worker: "tests/it/error_variants.rs a_driver_that_fails_without_sqlite_is_a_worker",
        NotFound: "tests/it/maintenance/convert.rs what_is_not_what_it_should_be_is_refused",
        ParentNotFound: "tests/it/file_states/table.rs every_state_has_its_error_and_changes_nothing",
        UnusablePath: "tests/it/files.rs what_is_no_database_is_refused_and_left_alone",
        Io: "tests/it/file_states/table.rs every_state_has_its_error_and_changes_nothing",
        Setting: "tests/it/error_variants.rs a_setting_that_sqlite_refuses_is_named",
        OnConnect: "tests/it/error_variants.rs a_hook_that_fails_is_named",
        StillInUse: "tests/it/close.rs what_is_still_in_use_after_the_timeout_is_told_and_closed_later",
        WritersElsewhere: "tests/it/several_writers.rs a_second_process_may_read_and_writes_only_where_that_is_safe",
        RuntimeShutdown: "tests/it/error_variants.rs a_runtime_that_has_ended_is_named",
        Forked: "tests/it/forked.rs a_forked_process_is_refused_and_ends",
    }
    Waited {
        Connection: "tests/it/writer_turn.rs a_timeout_names_what_was_waited_for",
        WriterTurn: "tests/it/begin_by_text.rs begin_as_text_takes_the_turn_so_that_its_writes_cannot_be_locked_out",
    }
    SqliteErrorKind {
        Busy: "tests/it/error_variants.rs a_lock_of_another_program_is_busy_wherever_it_is_met",
        Locked: "src/error/sqlite.rs what_only_the_driver_meets_is_named_too",
        Interrupted: "tests/it/error_variants.rs a_statement_that_is_interrupted_says_so",
        Full: "tests/it/error_variants.rs a_database_that_may_not_grow_is_full",
        Corrupt: "src/error/sqlite.rs an_extended_code_is_named_by_its_primary_code",
        ReadOnly: "tests/it/read_only.rs whatever_writes_is_refused_by_name",
        CannotOpen: "tests/it/error_variants.rs a_file_that_cannot_be_opened_is_an_error_of_the_system",
        Io: "tests/it/maintenance/limits.rs a_copy_that_does_not_fit_is_removed",
        Refused: "src/error/sqlite.rs what_only_the_driver_meets_is_named_too",
        UniqueViolation: "tests/it/defects/transactions.rs defect_29_errors_are_the_same_with_and_without_a_key",
        ForeignKeyViolation: "tests/it/defects/transactions.rs defect_29_errors_are_the_same_with_and_without_a_key",
        NotNullViolation: "tests/it/error_variants.rs constraints_are_told_apart",
        CheckViolation: "tests/it/defects/transactions.rs defect_29_errors_are_the_same_with_and_without_a_key",
        OtherConstraint: "tests/it/error_variants.rs constraints_are_told_apart",
        Other: "tests/it/defects/transactions.rs defect_29_errors_are_the_same_with_and_without_a_key",
    }
    StatementError {
        Sqlite: "tests/it/error_variants.rs constraints_are_told_apart",
        MultipleStatements: "tests/it/statements.rs more_than_one_statement_is_refused_and_none_of_them_runs",
        Empty: "tests/it/statements.rs a_text_without_a_statement_is_refused_by_every_call",
        NulByte: "tests/it/statements.rs a_text_without_a_statement_is_refused_by_every_call",
        Parameter: "tests/it/checked.rs a_list_that_is_too_long_is_a_typed_error",
        Row: "tests/it/checked.rs a_value_of_another_class_is_a_typed_error",
        RowNotFound: "tests/it/rows.rs one_is_an_error_and_optional_is_none_where_there_is_no_row",
        DamagedPage: "tests/it/damage.rs a_damaged_tail_is_never_handed_out",
        Refused: "tests/it/defects/secrecy.rs defect_07_a_rekey_that_would_split_the_pool_is_refused",
        OtherEffect: "tests/it/checked.rs the_effect_is_known_and_asked_again",
        Driver: "src/error/statement.rs what_the_driver_says_by_itself_is_an_error_of_the_driver",
    }
    ParameterError {
        Count: "tests/it/parameters.rs parameters_that_do_not_fit_are_refused_before_anything_runs",
        Unknown: "tests/it/parameters.rs parameters_that_do_not_fit_are_refused_before_anything_runs",
        Missing: "tests/it/parameters.rs parameters_that_do_not_fit_are_refused_before_anything_runs",
        Repeated: "tests/it/parameters.rs parameters_that_do_not_fit_are_refused_before_anything_runs",
        Mixed: "tests/it/parameters.rs parameters_that_do_not_fit_are_refused_before_anything_runs",
        ListTooLong: "tests/it/checked.rs a_list_that_is_too_long_is_a_typed_error",
        Value: "tests/it/parameters.rs parameters_that_do_not_fit_are_refused_before_anything_runs",
    }
    RowError {
        ColumnCount: "tests/it/rows.rs a_row_that_does_not_fit_says_where",
        NoSuchColumn: "tests/it/rows.rs a_row_that_does_not_fit_says_where",
        NoSuchIndex: "tests/it/error_variants.rs columns_that_are_not_there_or_do_not_convert_are_named",
        NameNotUtf8: "tests/it/rows.rs a_name_that_is_not_utf8_is_an_error_and_no_panic",
        Value: "tests/it/rows.rs a_row_that_does_not_fit_says_where",
        Convert: "tests/it/error_variants.rs columns_that_are_not_there_or_do_not_convert_are_named",
    }
    ValueError {
        UnexpectedNull: "tests/it/values.rs a_value_that_does_not_fit_is_an_error_and_never_bent",
        Mismatch: "tests/it/rows.rs a_row_that_does_not_fit_says_where",
        OutOfRange: "tests/it/values.rs a_value_that_does_not_fit_is_an_error_and_never_bent",
        NotANumber: "src/session/value.rs nan_is_refused_instead_of_becoming_null",
        NotUtf8: "tests/it/values.rs text_that_is_not_utf8_is_an_error_for_text_and_readable_as_bytes",
        Malformed: "src/types/dates.rs other_text_and_other_values_are_refused",
        BlobLength: "tests/it/values.rs a_value_that_does_not_fit_is_an_error_and_never_bent",
    }
    TransactionError {
        Begin: "tests/it/error_variants.rs a_lock_of_another_program_is_busy_wherever_it_is_met",
        Commit: "tests/it/transactions.rs a_commit_that_a_deferred_foreign_key_refuses_is_rolled_back",
        RolledBack: "tests/it/cancellation/statements.rs a_transaction_is_over_after_a_write_that_was_dropped",
        DamagedPage: "tests/it/damage.rs a_transaction_that_read_a_damaged_page_is_not_committed",
        ControlStatement: "tests/it/direct_transactions.rs sql_text_cannot_end_a_transaction",
        ReadOnly: "tests/it/direct_transactions.rs a_reading_transaction_refuses_to_write",
    }
    MaintenanceError {
        Unfinished: "tests/it/maintenance/verify.rs a_transaction_that_a_crash_cut_off_is_left_to_the_next_opening",
        InUse: "tests/it/maintenance/rekey.rs a_file_that_is_open_elsewhere_keeps_its_key",
        ReadOnly: "tests/it/read_only.rs a_reader_keeps_the_key_of_the_file",
        NotEnoughSpace: "src/maintenance/space.rs more_than_any_disk_has_does_not_fit",
        SameKey: "tests/it/maintenance/rekey.rs the_same_key_is_refused",
        NotEncrypted: "tests/it/maintenance/backup.rs databases_without_a_file_or_a_key_are_typed",
        AlreadyEncrypted: "tests/it/maintenance/convert.rs what_is_not_what_it_should_be_is_refused",
        InMemory: "tests/it/maintenance/backup.rs a_name_that_cannot_be_a_backup_is_refused",
        Exists: "tests/it/maintenance/backup.rs nothing_is_overwritten_unless_that_is_asked_for",
        LogLeft: "tests/it/maintenance/backup.rs a_name_that_cannot_be_a_backup_is_refused",
        Stopped: "tests/it/maintenance/backup.rs a_backup_that_is_stopped_leaves_nothing_behind",
        Schema: "tests/it/maintenance/convert.rs a_table_that_cannot_be_made_anew_is_named",
        Differs: "src/maintenance/compare.rs a_copy_that_differs_is_told_by_its_place",
        Damaged: "tests/it/maintenance/backup.rs a_damaged_database_gives_no_backup",
        KeyNotChanged: "tests/it/maintenance/limits.rs a_rekey_whose_journal_does_not_fit_keeps_the_old_key",
        KeyInDoubt: "tests/it/maintenance/key_in_doubt.rs a_key_in_doubt_is_found_out_as_soon_as_the_file_can_be_read",
        Sqlite: "tests/it/maintenance/limits.rs a_copy_that_does_not_fit_is_removed",
        Io: "tests/it/maintenance/backup.rs a_name_that_cannot_be_a_backup_is_refused",
    }
    MigrationError {
        DatabaseIsNewer: "tests/it/migrations/checksums.rs a_database_that_is_newer_than_the_program_is_refused",
        DatabaseIsOlder: "tests/it/schema_age.rs a_database_without_the_last_migration_is_older",
        OutOfOrder: "tests/it/schema_age.rs a_database_that_went_another_way_is_left_alone",
        Changed: "tests/it/migrations/checksums.rs a_changed_migration_is_refused",
        Failed: "tests/it/error_variants.rs a_migration_that_a_constraint_refuses_is_one_that_a_constraint_refused",
        Source: "tests/it/migrations/runs.rs a_folder_that_is_not_there_is_an_error",
        Locked: "tests/it/migrations/processes.rs a_lock_that_never_comes_free_is_an_error_that_names_it",
        Lock: "tests/it/migrations/processes.rs a_lock_that_is_a_link_is_refused",
        Record: "tests/it/error_variants.rs a_record_of_migrations_that_says_failed_cannot_be_used",
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
