//! Age identities: the one of the settings, then those that sops finds, in its order.

mod environment;
mod parse;
mod source;

pub(super) use environment::Environment;
pub(super) use source::Identities;
