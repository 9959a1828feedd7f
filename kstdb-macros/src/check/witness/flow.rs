//! Which write a read sees, where that can be told without following jumps.

use std::collections::HashSet;

use super::program::Instruction;

/// The places of a program where its flow comes together.
#[derive(Debug)]
pub(super) struct Flow {
    /// Instructions that are reached from elsewhere than from the one before.
    targets: HashSet<usize>,
}

/// Instructions whose P2 is no address.
const WITHOUT_JUMP: &[&str] = &[
    "Affinity",
    "AggStep",
    "AggStep1",
    "Cast",
    "CollSeq",
    "Compare",
    "DeferredSeek",
    "Delete",
    "Halt",
    "IdxDelete",
    "IdxInsert",
    "Insert",
    "MemMax",
    "Noop",
    "OpenAutoindex",
    "OpenDup",
    "OpenEphemeral",
    "OpenPseudo",
    "OpenRead",
    "OpenWrite",
    "ReopenIdx",
    "ResultRow",
    "SorterInsert",
    "SorterOpen",
    "TableLock",
    "Transaction",
];

/// Instructions after which the next one is reached by a jump only.
const WITHOUT_NEXT: &[&str] = &[
    "EndCoroutine",
    "Goto",
    "Halt",
    "Init",
    "InitCoroutine",
    "Jump",
    "Return",
    "Yield",
];

impl Flow {
    /// Finds the targets of all jumps, and some more: an address too many costs precision only.
    pub(super) fn of(program: &[Instruction], writes_a_value: impl Fn(usize) -> bool) -> Self {
        let mut targets = HashSet::new();
        let mut add = |address: i64| targets.extend(usize::try_from(address));
        for (at, one) in (0_i64..).zip(program) {
            let index = usize::try_from(at).unwrap_or_default();
            let opcode = one.opcode.as_str();
            let jumps_and_writes = matches!(opcode, "IfNullRow" | "RowSetRead");
            if jumps_and_writes || !(writes_a_value(index) || WITHOUT_JUMP.contains(&opcode)) {
                add(one.p2);
            }
            match opcode {
                "Jump" => [one.p1, one.p3].into_iter().for_each(&mut add),
                "InitCoroutine" => [one.p3, at + 1].into_iter().for_each(&mut add),
                // A subroutine or coroutine comes back to the next instruction.
                "Gosub" | "Yield" => add(at + 1),
                _ => {}
            }
        }
        Self { targets }
    }

    /// The instructions that run before `at` for certain, the nearest first.
    pub(super) fn before<'f>(
        &'f self,
        program: &'f [Instruction],
        at: usize,
    ) -> impl Iterator<Item = usize> + 'f {
        (0..at)
            .rev()
            .take_while(|before| !self.targets.contains(&(before + 1)))
            .take_while(|before| !WITHOUT_NEXT.contains(&program[*before].opcode.as_str()))
    }
}
