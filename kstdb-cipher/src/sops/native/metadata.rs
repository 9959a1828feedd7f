//! What a SOPS file says about itself: recipients, rule, MAC.

use super::super::refusal::{ProgramReason, RecipientKind, Refusal};
use super::rule::{Rule, compile};
use super::time;
use super::tree::{Map, Node, Scalar, get};
use super::version::is_version;

/// Recipients that a file may have.
const MAX_RECIPIENTS: usize = 1000;

/// Bytes that the age file of one recipient may have.
const MAX_AGE_FILE_BYTES: usize = 64 * 1024;

const DEFAULT_UNENCRYPTED_SUFFIX: &str = "_unencrypted";

/// The lists of recipients, by the program or service that opens them.
const LISTS: [(&str, Option<RecipientKind>); 7] = [
    ("age", None),
    ("pgp", Some(RecipientKind::Pgp)),
    ("kms", Some(RecipientKind::AwsKms)),
    ("gcp_kms", Some(RecipientKind::GcpKms)),
    ("hckms", Some(RecipientKind::HuaweiKms)),
    ("azure_kv", Some(RecipientKind::AzureKeyVault)),
    ("hc_vault", Some(RecipientKind::HashicorpVault)),
];

/// The metadata of a file, as far as reading needs it.
#[derive(Debug)]
pub(super) struct Metadata {
    /// One group holds the data key; several hold a part of it each.
    pub(super) groups: Vec<Vec<Recipient>>,
    /// How many parts make the data key, if there are several groups.
    pub(super) threshold: usize,
    pub(super) rule: Rule,
    pub(super) mac: String,
    /// The time of the last change, in the form that the MAC is bound to.
    pub(super) last_modified: String,
    pub(super) mac_only_encrypted: bool,
}

/// One way to the data key, or to a part of it.
#[derive(Debug)]
pub(super) struct Recipient {
    pub(super) kind: RecipientKind,
    /// For age: the recipient as text, and the age file that holds the key.
    pub(super) age: Option<(String, String)>,
}

/// Why the metadata is of no use here.
#[derive(Debug)]
pub(super) enum Unusable {
    Refused(Refusal),
    Program(ProgramReason),
}

impl From<Refusal> for Unusable {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Metadata {
    pub(super) fn read(map: &Map) -> Result<Self, Unusable> {
        let groups = groups(map)?;
        let rule = rule(map)?;
        version(map)?;
        let mac = text(map, "mac")?.filter(|mac| !mac.is_empty());
        let mac = mac.ok_or(Refusal::MacMissing)?;
        let last_modified = get(map, "lastmodified")
            .and_then(|node| match node {
                Node::Scalar(Scalar::Text(text) | Scalar::Time(text)) => time::to_seconds(text),
                _ => None,
            })
            .ok_or(field("lastmodified"))?;
        let threshold = count(map, "shamir_threshold")?;
        Ok(Self {
            threshold: threshold.unwrap_or(groups.len()).max(2),
            groups,
            rule,
            mac: mac.to_owned(),
            last_modified,
            mac_only_encrypted: flag(map, "mac_only_encrypted")?,
        })
    }

    /// Gives the kinds of all recipients, each once.
    pub(super) fn recipient_kinds(&self) -> Vec<RecipientKind> {
        let mut kinds: Vec<_> = self
            .groups
            .iter()
            .flatten()
            .map(|recipient| recipient.kind)
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

fn field(field: &'static str) -> Refusal {
    Refusal::Metadata { field }
}

/// sops refuses a file that does not say which sops wrote it.
fn version(map: &Map) -> Result<(), Refusal> {
    let version = text(map, "version")?.filter(|version| is_version(version));
    version.map(drop).ok_or(field("version"))
}

/// The recipients at the top are the one group; only without them the groups count.
fn groups(map: &Map) -> Result<Vec<Vec<Recipient>>, Refusal> {
    let top = group(map)?;
    let groups = if top.is_empty() {
        match get(map, "key_groups") {
            None => Vec::new(),
            Some(node) if node.is_null() => Vec::new(),
            Some(Node::List(groups)) => groups
                .iter()
                .map(|node| match node {
                    Node::Map(map) => group(map),
                    Node::List(_) | Node::Scalar(_) => Err(field("key_groups")),
                })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(field("key_groups")),
        }
    } else {
        vec![top]
    };
    let recipients: usize = groups.iter().map(Vec::len).sum();
    if recipients == 0 {
        return Err(Refusal::NoRecipients);
    }
    if recipients > MAX_RECIPIENTS || groups.len() > usize::from(u8::MAX) {
        return Err(Refusal::TooManyValues {
            limit: MAX_RECIPIENTS,
        });
    }
    Ok(groups)
}

fn group(map: &Map) -> Result<Vec<Recipient>, Refusal> {
    let mut recipients = Vec::new();
    for (list, kind) in LISTS {
        let items = match get(map, list) {
            None => continue,
            Some(node) if node.is_null() => continue,
            Some(Node::List(items)) => items,
            Some(_) => return Err(field(list)),
        };
        for item in items {
            let Node::Map(item) = item else {
                return Err(field(list));
            };
            recipients.push(match kind {
                Some(kind) => Recipient { kind, age: None },
                None => age(item)?,
            });
        }
    }
    Ok(recipients)
}

fn age(item: &Map) -> Result<Recipient, Refusal> {
    let recipient = text(item, "recipient")?.ok_or(field("age"))?;
    let file = text(item, "enc")?.ok_or(field("age"))?;
    if file.len() > MAX_AGE_FILE_BYTES {
        return Err(Refusal::TooLarge {
            limit_bytes: MAX_AGE_FILE_BYTES,
        });
    }
    let kind = if recipient.starts_with("ssh-") {
        RecipientKind::Ssh
    } else if recipient.starts_with("age1pq1") {
        RecipientKind::AgePostQuantum
    } else if recipient.rfind('1') > Some(3) {
        // age1<plugin>1<data>
        RecipientKind::AgePlugin
    } else {
        RecipientKind::Age
    };
    Ok(Recipient {
        kind,
        age: Some((recipient.to_owned(), file.to_owned())),
    })
}

/// At most one rule; without one, the suffix that sops has by default.
fn rule(map: &Map) -> Result<Rule, Unusable> {
    let mut found = None;
    for name in [
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
        "unencrypted_comment_regex",
        "encrypted_comment_regex",
    ] {
        let Some(value) = text(map, name)?.filter(|value| !value.is_empty()) else {
            continue;
        };
        if found.replace((name, value)).is_some() {
            return Err(field("unencrypted_suffix").into());
        }
    }
    let (name, value) = found.unwrap_or(("unencrypted_suffix", DEFAULT_UNENCRYPTED_SUFFIX));
    let regex = || compile(value).ok_or(Unusable::Program(ProgramReason::Expression));
    Ok(match name {
        "unencrypted_suffix" => Rule::UnencryptedSuffix(value.to_owned()),
        "encrypted_suffix" => Rule::EncryptedSuffix(value.to_owned()),
        "unencrypted_regex" => Rule::UnencryptedRegex(regex()?),
        "encrypted_regex" => Rule::EncryptedRegex(regex()?),
        _ => return Err(Unusable::Program(ProgramReason::CommentRule)),
    })
}

/// Text, or nothing; anything else is not what sops writes.
fn text<'m>(map: &'m Map, name: &'static str) -> Result<Option<&'m str>, Refusal> {
    match get(map, name) {
        None => Ok(None),
        Some(node) if node.is_null() => Ok(None),
        Some(node) => node.as_text().map(Some).ok_or(field(name)),
    }
}

/// A number; flattened metadata has it as text. Zero counts as nothing.
fn count(map: &Map, name: &'static str) -> Result<Option<usize>, Refusal> {
    let count = match get(map, name) {
        None => None,
        Some(node) if node.is_null() => None,
        Some(Node::Scalar(Scalar::Int(count))) => usize::try_from(*count).ok(),
        Some(Node::Scalar(Scalar::Text(count))) => count.parse().ok(),
        Some(_) => None,
    };
    match (count, get(map, name)) {
        (None, Some(node)) if !node.is_null() => Err(field(name)),
        (count, _) => Ok(count.filter(|count| *count > 0)),
    }
}

/// A switch; flattened metadata has it as text.
fn flag(map: &Map, name: &'static str) -> Result<bool, Refusal> {
    match get(map, name) {
        None => Ok(false),
        Some(node) if node.is_null() => Ok(false),
        Some(Node::Scalar(Scalar::Bool(flag))) => Ok(*flag),
        Some(node) => match node.as_text() {
            Some("true") => Ok(true),
            Some("false" | "") => Ok(false),
            _ => Err(field(name)),
        },
    }
}
