//! Turns: all workers use one file for a while, and then the next one. In each turn the workers of one
//! mount read, and those of the other one write.
//!
//! A worker uses a file once, and one slot of it. So a client takes each lock of a file at most once,
//! which `conform` can follow.

use std::io;
use std::thread;
use std::time::Duration;

use super::now;
use super::worker::Worker;
use crate::engines::simulate::rng::Draws;

/// The streams of draws of the workers come before these of the turns.
const TURNS: u64 = 1 << 32;
/// The longest sleep between two looks at whether it is over.
const LOOK: Duration = Duration::from_millis(50);

impl Worker {
    /// Takes one turn after the other until it is over.
    pub(super) fn take_turns(&mut self, turn_ms: u64) -> io::Result<()> {
        let length = turn_ms.max(1).saturating_mul(1_000_000);
        let mut next = 0;
        while !self.is_over() {
            let turn = now().saturating_sub(self.task.began) / length;
            let starts = self.starts(next, length);
            if turn < next {
                self.sleep_until(starts);
                continue;
            }
            next = turn + 1;
            self.take_turn(turn, (self.starts(turn, length), length))?;
        }
        Ok(())
    }

    fn starts(&self, turn: u64, length: u64) -> u64 {
        self.task.began.saturating_add(turn.saturating_mul(length))
    }

    fn take_turn(&mut self, turn: u64, (starts, length): (u64, u64)) -> io::Result<()> {
        let file = (turn % u64::from(self.task.shape.files.max(1))) as u16;
        let reading = u8::from(Draws::of(self.task.seed, TURNS + turn).flip());
        let (mount, index) = (self.task.number % 2, self.task.number / 2);
        let slot = index % self.task.shape.slots.max(1);
        let (ofd, long) = (self.draw_ofd(), self.draws.flip());
        // A moment between two thousandths of the turn.
        let mut at = |from: u32, to: u32| {
            starts.saturating_add(u64::from(from + self.draws.below(to - from)) * (length / 1000))
        };
        if mount == reading {
            // A lock that is lost is only seen to be held twice if its holder outlasts the disturbance.
            let begin = at(150, 300);
            let end = if long { at(3000, 6000) } else { at(700, 990) };
            if index == 0
                && let Some(opened) = self.open(file, false)?
            {
                // An open that is closed again leaves an NFS client with a delegation.
                self.read(&opened, (file, slot))?;
                self.close(opened, file)?;
            }
            self.sleep_until(begin);
            self.use_slot(file, (slot, false, ofd), end)
        } else {
            let (begin, end) = (at(350, 600), at(600, 950));
            self.sleep_until(begin);
            self.use_slot(file, (slot, true, ofd), end)
        }
    }

    /// Opens the file, takes the lock of a slot, counts, and gives it up at some moment.
    fn use_slot(
        &mut self,
        file: u16,
        (slot, write, ofd): (u8, bool, bool),
        end: u64,
    ) -> io::Result<()> {
        let Some(opened) = self.open(file, write)? else { return Ok(()) };
        if self.lock(&opened, file, (slot, write, ofd))? {
            self.count(&opened, (file, slot), write)?;
            self.sleep_until(end);
            if self.draws.flip() {
                self.unlock(&opened, file, (slot, ofd))?;
            }
        }
        self.close(opened, file)
    }

    /// Sleeps until a moment, or until it is over.
    fn sleep_until(&self, moment: u64) {
        while !self.is_over() {
            let left = Duration::from_nanos(moment.saturating_sub(now()));
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(LOOK));
        }
    }
}
