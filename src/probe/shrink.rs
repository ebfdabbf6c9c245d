//! Makes a failing list of calls smaller: leaves out calls and workers, makes ranges short. Every
//! candidate is run.

use super::op::{Call, Op};

/// Makes a failing list smaller. `fails` runs a list, and returns whether it fails in the same way.
pub fn shrink(ops: Vec<Op>, fails: &mut dyn FnMut(&[Op]) -> bool) -> Vec<Op> {
    let ops = last_part(ops, fails);
    let ops = without_workers(ops, fails);
    let ops = without_stretches(ops, fails);
    let ops = simple_calls(ops, fails);
    renumbered(without_stretches(ops, fails), fails)
}

/// The shortest end of the list, of a power of two, that still fails.
fn last_part(ops: Vec<Op>, fails: &mut dyn FnMut(&[Op]) -> bool) -> Vec<Op> {
    let mut len = 8;
    while len < ops.len() {
        let end = &ops[ops.len() - len..];
        if fails(end) {
            return end.to_vec();
        }
        len *= 2;
    }
    ops
}

fn without_workers(mut ops: Vec<Op>, fails: &mut dyn FnMut(&[Op]) -> bool) -> Vec<Op> {
    for worker in 0..=u8::MAX {
        let rest: Vec<Op> = ops.iter().filter(|op| op.worker != worker).copied().collect();
        if rest.len() < ops.len() && fails(&rest) {
            ops = rest;
        }
    }
    ops
}

/// Leaves out stretches, halving their length until single calls are left out.
fn without_stretches(mut ops: Vec<Op>, fails: &mut dyn FnMut(&[Op]) -> bool) -> Vec<Op> {
    let mut len = (ops.len() / 2).max(1);
    loop {
        let (mut at, mut found) = (0, false);
        while at < ops.len() {
            let end = (at + len).min(ops.len());
            let rest: Vec<Op> = ops[..at].iter().chain(&ops[end..]).copied().collect();
            if fails(&rest) {
                (ops, found) = (rest, true);
            } else {
                at = end;
            }
        }
        if len == 1 && !found {
            return ops;
        }
        if !found {
            len /= 2;
        }
        len = len.clamp(1, ops.len().max(1));
    }
}

/// Replaces calls by simpler ones, with short ranges at the start of the file: all at once, because
/// ranges that overlap must do so afterwards, or else one by one.
fn simple_calls(mut ops: Vec<Op>, fails: &mut dyn FnMut(&[Op]) -> bool) -> Vec<Op> {
    let simple: Vec<Op> = ops.iter().map(|op| Op { call: first_byte(op.call), ..*op }).collect();
    if simple == ops || fails(&simple) {
        return simple;
    }
    for at in 0..ops.len() {
        for call in simpler(&ops[at].call) {
            let mut candidate = ops.clone();
            candidate[at].call = call;
            if fails(&candidate) {
                ops = candidate;
                break;
            }
        }
    }
    ops
}

/// The same call about the first byte of the file.
const fn first_byte(call: Call) -> Call {
    match call {
        Call::Lock { fd, ofd, wait, kind, .. } => {
            Call::Lock { fd, ofd, wait, kind, start: 0, len: 1 }
        }
        Call::Test { fd, ofd, kind, .. } => Call::Test { fd, ofd, kind, start: 0, len: 1 },
        other => other,
    }
}

/// Simpler calls, the simplest first.
fn simpler(call: &Call) -> Vec<Call> {
    let ranges = |start: i64, len: i64| {
        let all = [(0, 1), (start, 1), (0, len), (start, len.saturating_div(2))];
        all.into_iter().filter(move |(a, b)| *b != 0 && (*a, *b) != (start, len))
    };
    match *call {
        Call::Lock { fd, ofd, wait, kind, start, len } => ranges(start, len)
            .map(|(start, len)| Call::Lock { fd, ofd, wait, kind, start, len })
            .collect(),
        Call::Test { fd, ofd, kind, start, len } => ranges(start, len)
            .map(|(start, len)| Call::Test { fd, ofd, kind, start, len })
            .collect(),
        _ => Vec::new(),
    }
}

/// Numbers the workers from 0 without gaps, in the order in which they first act.
fn renumbered(ops: Vec<Op>, fails: &mut dyn FnMut(&[Op]) -> bool) -> Vec<Op> {
    let mut order: Vec<u8> = Vec::new();
    for op in &ops {
        if !order.contains(&op.worker) {
            order.push(op.worker);
        }
    }
    let number = |op: &Op| order.iter().position(|worker| *worker == op.worker).unwrap_or(0);
    let renumbered: Vec<Op> = ops.iter().map(|op| Op { worker: number(op) as u8, ..*op }).collect();
    if renumbered != ops && fails(&renumbered) { renumbered } else { ops }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::op::Kind;

    fn lock(worker: u8, start: i64, len: i64) -> Op {
        let (ofd, wait, kind) = (false, false, Kind::Write);
        Op { worker, call: Call::Lock { fd: 0, ofd, wait, kind, start, len } }
    }

    /// A failure that needs two locks of two workers: nothing else may be left.
    #[test]
    fn only_what_fails_is_left() {
        let noise = |at: u8| lock(at % 5, i64::from(at), 7);
        let mut ops: Vec<Op> = (0..100).map(noise).collect();
        ops.insert(30, lock(6, 40, 9));
        ops.push(lock(7, 41, 3));
        let has = |ops: &[Op], worker: u8| ops.iter().any(|op| op.worker == worker);
        // The numbers matter to this failure, so they stay.
        let small = shrink(ops, &mut |ops| has(ops, 6) && has(ops, 7));
        assert_eq!(small, [lock(6, 0, 1), lock(7, 0, 1)]);
    }

    /// One range after the other would leave two that overlap as they are.
    #[test]
    fn ranges_that_overlap_become_short_together() {
        let overlap = |ops: &[Op]| match ops {
            [
                Op { call: Call::Lock { start: a, len: n, .. }, .. },
                Op { call: Call::Lock { start: b, len: m, .. }, .. },
            ] => a < &(b + m) && b < &(a + n),
            _ => false,
        };
        let small = shrink(vec![lock(0, 6, 1), lock(1, 5, 3)], &mut |ops| overlap(ops));
        assert_eq!(small, [lock(0, 0, 1), lock(1, 0, 1)]);
    }

    /// Without a gap in the numbers of workers, a case needs no worker that does nothing.
    #[test]
    fn workers_are_numbered_from_zero() {
        let ops = vec![lock(3, 0, 1), lock(1, 0, 1)];
        let small = shrink(ops, &mut |ops| ops.len() == 2);
        assert_eq!(small, [lock(0, 0, 1), lock(1, 0, 1)]);
    }
}
