//! The keys of the settings, and the known key that resembles an unknown one.

/// Every setting, in the order in which reports list them.
pub(crate) const KEYS: [&str; 16] = [
    "db.pool.min_size",
    "db.pool.max_size",
    "db.pool.acquire_timeout",
    "db.retry.max_attempts",
    "db.retry.delay",
    "db.cipher.enabled",
    "db.cipher.key_source",
    "db.cipher.key_env",
    "db.cipher.sops_path",
    "db.cipher.sops_key",
    "db.cipher.sops_identity",
    "db.cipher.key_file",
    "db.cipher.credential",
    "db.cipher.keyring_service",
    "db.cipher.keyring_user",
    "db.cipher.passphrase",
];

/// The tables that hold settings.
const SECTIONS: [&str; 4] = ["db", "db.pool", "db.retry", "db.cipher"];

pub(crate) fn is_setting(key: &str) -> bool {
    KEYS.contains(&key)
}

pub(crate) fn is_section(key: &str) -> bool {
    SECTIONS.contains(&key)
}

/// The known key that resembles `key` most: a neighbour in the same table if one is near enough,
/// or else the setting of that name in another table.
pub(crate) fn nearest(key: &str) -> Option<&'static str> {
    const NEIGHBOUR: f64 = 0.4;
    const ELSEWHERE: f64 = 0.8;
    let (table, name) = split(key);
    let score = |known: &str| strsim::normalized_damerau_levenshtein(name, split(known).1);
    let best = |floor: f64, neighbours: bool| {
        KEYS.into_iter()
            .chain(SECTIONS)
            .filter(|known| !neighbours || split(known).0 == table)
            .map(|known| (score(known), known))
            .filter(|(score, _)| *score >= floor)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, known)| known)
    };
    best(NEIGHBOUR, true).or_else(|| best(ELSEWHERE, false))
}

fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_what_was_meant() {
        for (unknown, nearest_key) in [
            ("db.pool.max_sise", Some("db.pool.max_size")),
            ("db.pool.maxsize", Some("db.pool.max_size")),
            ("db.pool.timeout", Some("db.pool.acquire_timeout")),
            ("db.retry.attempts", Some("db.retry.max_attempts")),
            ("db.pools", Some("db.pool")),
            ("db.max_size", Some("db.pool.max_size")),
            ("db.pool.key_env", Some("db.cipher.key_env")),
            ("db.cipher.pasphrase", Some("db.cipher.passphrase")),
            ("db.cipher.keyfile", Some("db.cipher.key_file")),
            ("db.cipher.credentials", Some("db.cipher.credential")),
            ("db.cipher.quantum", None),
            ("db.", None),
            ("", None),
        ] {
            assert_eq!(nearest(unknown), nearest_key, "{unknown}");
        }
    }
}
