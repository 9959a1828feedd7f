//! A stack that is wiped: what a library leaves there of a key.
//!
//! ring keeps the state of an HMAC in plain values, and such a state is as good as the key: whoever
//! has that of a passphrase derives every key from it. Values of Rust are moved, and each move can
//! leave a copy behind. So the work runs in a frame of its own, and the stack below is written over.

use std::hint::black_box;

use zeroize::Zeroize as _;

/// How much of the stack is written over, in bytes: several times what the work needs, in builds
/// without optimisation too.
const WIPED_BYTES: usize = 64 * 1024;

/// Runs what handles keys in values that do not wipe themselves, then wipes the stack that it used.
///
/// What `work` returns must not be such a value itself.
pub(crate) fn on_wiped_stack<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    wipe();
    result
}

/// **Invariant:** never part of its caller's frame, so that `wipe` reaches all of it.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn wipe() {
    let mut space = [0_u8; WIPED_BYTES];
    black_box(&mut space);
    space.zeroize();
}
