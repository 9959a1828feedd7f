//! Damaged pages that follow each other, as one.

use super::report::{DamagedPages, PageFault};

/// Adds a page to the last run, or begins a new one.
pub(super) fn push(runs: &mut Vec<DamagedPages>, number: u32, fault: PageFault) {
    match runs.last_mut() {
        Some(run) if run.last + 1 == number && run.fault == fault => run.last = number,
        _ => runs.push(DamagedPages {
            first: number,
            last: number,
            fault,
        }),
    }
}

/// Puts the runs of all threads in order and joins those that touch.
pub(super) fn merge(mut runs: Vec<DamagedPages>) -> Vec<DamagedPages> {
    runs.sort_unstable_by_key(|run| run.first);
    let mut merged: Vec<DamagedPages> = Vec::new();
    for run in runs {
        match merged.last_mut() {
            Some(last) if last.last + 1 == run.first && last.fault == run.fault => {
                last.last = run.last;
            }
            _ => merged.push(run),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(first: u32, last: u32) -> DamagedPages {
        let fault = PageFault::Hmac;
        DamagedPages { first, last, fault }
    }

    #[test]
    fn runs_that_touch_become_one() {
        assert_eq!(
            merge(vec![run(129, 130), run(7, 7), run(120, 128), run(132, 132)]),
            [run(7, 7), run(120, 130), run(132, 132)]
        );
    }
}
