//! Random files: whatever they hold, loading them ends, and ends without a panic.

use proptest::prelude::*;

use crate::place::Place;

/// Text that is more often nearly a settings file than not.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "db",
        "pool",
        "retry",
        "cipher",
        "max_size",
        "min_size",
        "delay",
        "enabled",
        "passphrase",
        "include",
        ": ",
        ":",
        "=",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "!!int ",
        "!x ",
        "'",
        "\"",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "#",
        "\\",
        "\t",
        "1",
        "-1",
        "0.5",
        ".nan",
        "1e999",
        "true",
        "~",
        "null",
        "ENC[AES256_GCM,",
        "\u{feff}",
        "\u{e9}",
        "<<",
    ]);
    prop_oneof![
        prop::collection::vec(word, 0..60).prop_map(|words| words.concat()),
        ".{0,80}",
        "[ -~\n]{0,200}",
    ]
}

proptest! {
    #[test]
    fn random_text_never_panics(text in text(), format in 0..4usize) {
        let name = ["a.yml", "a.toml", "a.json", "a.ini"][format];
        let place = Place::new()?;
        // Both outcomes are right; that there is one is the point.
        let loaded = place.load_text(name, &text)?;
        if let Ok(config) = loaded {
            prop_assert!(config.pool.min_size <= config.pool.max_size);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let place = Place::new()?;
        for name in ["a.yml", "a.toml", "a.json", "a.ini"] {
            let file = place.write(name, &bytes)?;
            if let Ok(config) = place.load(&file) {
                prop_assert!(config.pool.max_size >= 1);
            }
        }
    }
}
