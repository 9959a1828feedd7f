//! The data key: whole in one group of recipients, or in parts in several.

use zeroize::Zeroizing;

use super::super::refusal::{ProgramReason, Refusal};
use super::Stop;
use super::age_file::{self, BoxedIdentity, NotOpened};
use super::envelope::DATA_KEY_BYTES;
use super::identity::Identities;
use super::metadata::{Metadata, Recipient};
use super::shamir::{self, PART_BYTES};

/// Opens the data key with the first identities that fit.
pub(super) fn open(
    metadata: &Metadata,
    identities: &mut Identities<'_>,
) -> Result<Zeroizing<[u8; DATA_KEY_BYTES]>, Stop> {
    let mut damaged = false;
    if let [group] = metadata.groups.as_slice() {
        if let Some(key) = open_group::<DATA_KEY_BYTES>(group, identities, &mut damaged) {
            return Ok(key);
        }
    } else {
        let mut parts = Vec::new();
        for group in &metadata.groups {
            parts.extend(open_group::<PART_BYTES>(group, identities, &mut damaged));
            if parts.len() == metadata.threshold {
                return shamir::combine(&parts).ok_or(Refusal::DataKeyDamaged.into());
            }
        }
    }
    Err(if damaged {
        Refusal::DataKeyDamaged.into()
    } else {
        no_key(metadata, identities)
    })
}

/// Tries the recipients of a group with one source of identities after the other.
fn open_group<const N: usize>(
    group: &[Recipient],
    identities: &mut Identities<'_>,
    damaged: &mut bool,
) -> Option<Zeroizing<[u8; N]>> {
    let files = || group.iter().filter_map(|recipient| recipient.age.as_ref());
    let mut try_all = |known: &[BoxedIdentity]| {
        files().find_map(|(_, file)| match age_file::open::<N>(file, known) {
            Ok(key) => Some(key),
            Err(problem) => {
                *damaged |= problem == NotOpened::Damaged;
                None
            }
        })
    };
    files().next()?;
    if let Some(key) = try_all(identities.known()) {
        return Some(key);
    }
    while let Some(more) = identities.load_next() {
        if let Some(key) = try_all(more) {
            return Some(key);
        }
    }
    // A command may give another identity for each recipient.
    files().find_map(|(recipient, file)| {
        let given = identities.run_commands(recipient);
        age_file::open::<N>(file, &given).ok()
    })
}

/// Why no identity opened enough: somebody else can, or nobody.
fn no_key(metadata: &Metadata, identities: &Identities<'_>) -> Stop {
    let tried = identities.attempts();
    let mut recipients = metadata.recipient_kinds();
    if tried.iter().any(|attempt| attempt.outcome.needs_program()) {
        return Stop::Program(ProgramReason::Identity(
            tried
                .into_iter()
                .filter(|attempt| attempt.outcome.needs_program())
                .collect(),
        ));
    }
    if recipients.iter().any(|kind| kind.needs_program()) {
        recipients.retain(|kind| kind.needs_program());
        return Stop::Program(ProgramReason::Recipients(recipients));
    }
    Refusal::NoIdentity { recipients, tried }.into()
}
