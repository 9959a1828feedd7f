//! Random documents of each format, with the scalars that readers disagree about.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// A format of SOPS files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Yaml,
    Json,
    Dotenv,
    Ini,
    Binary,
}

impl Format {
    pub(super) const ALL: [Self; 5] = [
        Self::Yaml,
        Self::Json,
        Self::Dotenv,
        Self::Ini,
        Self::Binary,
    ];

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Dotenv => "env",
            Self::Ini => "ini",
            Self::Binary => "bin",
        }
    }
}

/// Makes the same documents each time it runs.
pub(super) struct Documents(TestRunner);

impl Documents {
    pub(super) fn new() -> Self {
        Self(TestRunner::deterministic())
    }

    /// A document in clear, for sops to encrypt.
    pub(super) fn next(&mut self, format: Format) -> Result<Vec<u8>, String> {
        match format {
            Format::Yaml => self.draw(map(yaml_scalar().boxed(), 3)),
            Format::Json => self.draw(map(json_scalar().boxed(), 3)),
            Format::Dotenv => self.draw(dotenv()),
            Format::Ini => self.draw(ini()),
            Format::Binary => self.draw(
                prop::collection::vec(any::<char>(), 0..200)
                    .prop_map(|letters| letters.into_iter().collect::<String>()),
            ),
        }
        .map(String::into_bytes)
    }

    fn draw(&mut self, strategy: impl Strategy<Value = String>) -> Result<String, String> {
        let tree = strategy.new_tree(&mut self.0);
        Ok(tree.map_err(|reason| reason.to_string())?.current())
    }
}

/// Text that looks like something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(vec![
            "", "a", "yes", "no", "on", "null", "~", "1", "0x1F", "017", "08", "1e3", "-0", ".5",
            "1_000", "true", "True", "2024-01-02", "2024-01-02T03:04:05Z", "a: b", "- x", "# no",
            "a #b", "\"q\"", "it's", "[x]", "{y}", "&a", "*b", "!t", "%", "@", "`", "|", ">", "?",
            ":", "::", "<<", "=", "\\", "a\\nb", "10.0.0.1", "12:30:45", ".inf", ".nan", "ENC[no]",
            "line1\nline2", "line1\n\nline2\n", "\n", " lead", "trail ", "\t", "a\tb", "...", "---",
            "\u{e5}\u{df}\u{2713}", "\u{1f511}", "e\u{301}", "\u{a0}", "\u{2028}", "\u{feff}x",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,40}",
        1 => "\\PC{0,20}",
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        (-9_007_199_254_740_992_i64..9_007_199_254_740_992).prop_map(|number| number.to_string()),
        any::<f32>()
            .prop_filter("finite", |number| number.is_finite() && *number != 0.0)
            .prop_map(|number| format!("{:?}", f64::from(number))),
        select(vec![
            "0",
            "0.1",
            "1e21",
            "1e-7",
            "1.5e300",
            "123456.789",
            "5e-324"
        ])
        .prop_map(str::to_owned),
    ]
}

fn json_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text().prop_map(|text| quoted(&text)),
        2 => number(),
        1 => select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ]
}

/// Plain scalars beside those of JSON, which are YAML, too.
fn yaml_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => json_scalar(),
        1 => select(vec![
            "yes", "0x1F", "0o17", "017", "1_000", "2024-01-02", "2024-01-02T03:04:05.5Z", "~",
            "10.0.0.1", "12:30:45", "1.", "1e3", "08", "+12", "a b", "text",
        ]).prop_map(str::to_owned),
    ]
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn name() -> impl Strategy<Value = String> {
    let start = select(vec![
        "k", "db_key", "a.b", "A B", "x-y", "\u{e5}", "yes", "1", "n",
    ]);
    let end = select(vec!["", "", "_unencrypted"]);
    (start, 0_u8..20, end).prop_map(|(start, number, end)| format!("{start}{number}{end}"))
}

/// A map in flow style: JSON, and YAML if its scalars are.
fn map(scalar: BoxedStrategy<String>, depth: u32) -> BoxedStrategy<String> {
    let value = scalar.prop_recursive(depth, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            entries(inner.boxed(), 0..4),
        ]
    });
    entries(value.boxed(), 1..6).boxed()
}

fn entries(
    value: BoxedStrategy<String>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = String> {
    prop::collection::btree_map(name(), value, count).prop_map(|entries| {
        let entries = entries.iter();
        let entries: Vec<_> = entries
            .map(|(name, value)| format!("{}: {value}", quoted(name)))
            .collect();
        format!("{{{}}}", entries.join(", "))
    })
}

fn one_line() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace(['\n', '\r'], " "))
}

fn dotenv() -> impl Strategy<Value = String> {
    prop::collection::btree_map(name(), one_line(), 1..8).prop_map(|entries| {
        let entries = entries.iter();
        entries
            .map(|(name, value)| format!("{}={value}\n", name.replace(' ', "_")))
            .collect()
    })
}

fn ini() -> impl Strategy<Value = String> {
    let section = prop::collection::btree_map(name(), one_line(), 0..5);
    let value = |value: &str| match value {
        text if text.contains('`') => format!("\"\"\"{}\"\"\"", text.replace('"', "'")),
        text => format!("`{text}`"),
    };
    prop::collection::btree_map("[a-z]{1,5}", section, 1..4).prop_map(move |sections| {
        let mut text = String::new();
        for (name, entries) in sections {
            text.push_str(&format!("[{name}]\n"));
            for (name, entry) in entries {
                text.push_str(&format!("{name} = {}\n", value(&entry)));
            }
        }
        text
    })
}
