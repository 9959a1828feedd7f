//! Which PRAGMAs a session runs: those that read, those that cost it its place in the pool, and
//! those that would break the file or the key.

use crate::open::OpenMode;

/// What a PRAGMA does to the connection that runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It reads, or writes to the file and not to the connection.
    Reads,
    /// It changes a setting of the connection, which is replaced instead of reused.
    Changes,
    /// It is refused, and this is to be used in its place.
    Refused(&'static str),
}

/// PRAGMAs that read, or write to the file and not to the connection.
const HARMLESS: &[&str] = &[
    "application_id",
    "cipher_fips_status",
    "cipher_integrity_check",
    "cipher_provider",
    "cipher_provider_version",
    "cipher_settings",
    "cipher_status",
    "cipher_version",
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "incremental_vacuum",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "module_list",
    "optimize",
    "page_count",
    "pragma_list",
    "quick_check",
    "schema_version",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
    "wal_checkpoint",
];

/// PRAGMAs of SQLCipher that act without a value too.
const ACTING: &[&str] = &["cipher_add_random", "cipher_migrate", "cipher_store_pass"];

/// Why a database that is opened for reading refuses.
pub(super) const ONLY_READS: &str = "the database is opened for reading only";

/// Judges a PRAGMA: its name in lower case, and its value if it has one.
pub(super) fn judge(name: &str, value: Option<&str>, encrypted: bool, mode: OpenMode) -> Verdict {
    const CIPHER: &str = "the cipher is set when the database is opened";
    const TEMPORARY: &str = "temporary data stays in memory: on disk it would be in clear";
    if HARMLESS.contains(&name) {
        return Verdict::Reads;
    }
    let is = |given: &[&str]| {
        value.is_some_and(|value| given.iter().any(|one| value.eq_ignore_ascii_case(one)))
    };
    match (name, value) {
        ("key" | "hexkey" | "textkey", _) => Verdict::Refused("give the key to the builder"),
        ("rekey" | "hexrekey" | "textrekey", _) => {
            Verdict::Refused("use `AsyncDatabase::rekey`, which takes all connections along")
        }
        _ if ACTING.contains(&name) || name.starts_with("cipher_test") => Verdict::Refused(CIPHER),
        (_, None) => Verdict::Reads,
        ("query_only" | "journal_mode", _) if mode.only_reads() => Verdict::Refused(ONLY_READS),
        _ if is_of_the_cipher(name) => Verdict::Refused(CIPHER),
        ("page_size", _) if encrypted => Verdict::Refused(CIPHER),
        ("writable_schema", _) => Verdict::Refused("change the schema with ALTER TABLE"),
        ("journal_mode", _) if is(&["off", "memory"]) => {
            Verdict::Refused("a crash would damage the database; kstdb keeps a write-ahead log")
        }
        ("secure_delete", _) if encrypted && !is(&["on", "yes", "true", "1"]) => {
            Verdict::Refused("pages that are freed would not be written, and not be read then")
        }
        ("temp_store", _) if encrypted && !is(&["memory", "2"]) => Verdict::Refused(TEMPORARY),
        ("temp_store_directory" | "data_store_directory", _) if encrypted => {
            Verdict::Refused(TEMPORARY)
        }
        _ => Verdict::Changes,
    }
}

/// Tells the PRAGMAs of SQLCipher, those of versions to come included.
fn is_of_the_cipher(name: &str) -> bool {
    name.starts_with("cipher") || name.ends_with("_cipher") || name.ends_with("kdf_iter")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(name: &str, value: Option<&str>, encrypted: bool) -> Verdict {
        super::judge(name, value, encrypted, OpenMode::ReadWrite)
    }

    #[test]
    fn what_would_let_a_reader_write_is_refused_to_readers() {
        for (name, value) in [("query_only", "OFF"), ("journal_mode", "WAL")] {
            for mode in [OpenMode::ReadOnly, OpenMode::Immutable] {
                let refused = super::judge(name, Some(value), false, mode);
                assert_eq!(refused, Verdict::Refused(ONLY_READS), "{name}");
            }
            assert_eq!(judge(name, Some(value), false), Verdict::Changes, "{name}");
        }
    }

    #[test]
    fn a_setting_is_read_freely_and_set_at_a_price() {
        for name in [
            "foreign_keys",
            "temp_store",
            "page_size",
            "kdf_iter",
            "analysis_limit",
        ] {
            assert_eq!(judge(name, None, true), Verdict::Reads, "{name}");
        }
        for (name, value) in [
            ("foreign_keys", "OFF"),
            ("temp_store", "Memory"),
            ("analysis_limit", "100"),
        ] {
            assert_eq!(judge(name, Some(value), true), Verdict::Changes, "{name}");
        }
        assert_eq!(judge("user_version", Some("7"), true), Verdict::Reads);
    }

    #[test]
    fn what_only_a_key_makes_dangerous_is_refused_with_a_key_only() {
        for (name, value) in [
            ("page_size", "1024"),
            ("temp_store", "FILE"),
            ("temp_store", "0"),
            ("secure_delete", "OFF"),
            ("secure_delete", "fast"),
            ("temp_store_directory", "/tmp"),
        ] {
            let refused =
                |encrypted| matches!(judge(name, Some(value), encrypted), Verdict::Refused(_));
            assert!(refused(true) && !refused(false), "{name}");
        }
    }
}
