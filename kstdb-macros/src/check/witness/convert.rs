//! What becomes of a value where it stands.

use super::fact::Fact;
use super::program::Instruction;
use crate::schema::Kind;

/// NOT NULL is checked on what INSERT and UPDATE store.
pub(super) fn halts_on_null(one: &Instruction, register: i64) -> bool {
    one.opcode == "HaltIfNull" && one.p3 == register
}

/// What an instruction makes of a value where it stands.
pub(super) fn converted(fact: Fact, one: &Instruction, register: i64) -> Fact {
    match one.opcode.as_str() {
        "Cast" if one.p1 == register => Fact {
            kind: Some(match u8::try_from(one.p2) {
                Ok(b'A') => Kind::Blob,
                Ok(b'B') => Kind::Text,
                Ok(b'D') => Kind::Integer,
                Ok(b'E') => Kind::Real,
                _ => Kind::Any,
            }),
            ..fact
        },
        "RealAffinity" if one.p1 == register => fact.with_affinity(Some(b'E')),
        "Affinity" if (one.p1..one.p1 + one.p2).contains(&register) => {
            fact.with_affinity(affinity(&one.p4, register - one.p1))
        }
        _ => fact,
    }
}

/// The letter of a field in the text that gives all of them; there can be fewer letters than fields.
pub(super) fn affinity(letters: &str, index: i64) -> Option<u8> {
    letters
        .as_bytes()
        .get(usize::try_from(index).ok()?)
        .copied()
}
