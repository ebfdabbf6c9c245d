//! Reduces the number of switches between tasks in a failing schedule.

/// The maximum number of runs to try.
const MOST: usize = 400;

/// Returns how often a schedule switches to another task.
pub fn switches(tasks: &[u16]) -> usize {
    tasks.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Leaves out smaller and smaller pieces of a schedule. `fails` runs the rest as requests, skips
/// those that are not possible, and returns what was run if it fails in the same way.
pub fn shorten(tasks: &[u16], mut fails: impl FnMut(&[u16]) -> Option<Vec<u16>>) -> Vec<u16> {
    let (mut wishes, mut best) = (tasks.to_vec(), tasks.to_vec());
    let (mut size, mut runs) = (wishes.len() / 2, 0);
    while size > 0 && runs < MOST {
        let (mut at, mut cut) = (0, false);
        while at < wishes.len() && runs < MOST {
            let mut fewer = wishes.clone();
            fewer.drain(at..(at + size).min(wishes.len()));
            runs += 1;
            let Some(ran) = fails(&fewer) else {
                at += size;
                continue;
            };
            if (switches(&ran), ran.len()) < (switches(&best), best.len()) {
                best = ran;
            }
            (wishes, cut) = (fewer, true);
        }
        if !cut || size > 1 {
            size /= 2;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{shorten, switches};

    /// Fails if task 2 runs somewhere between two points of task 1.
    fn fails(tasks: &[u16]) -> Option<Vec<u16>> {
        let first = tasks.iter().position(|task| *task == 1)?;
        let second = first + tasks[first..].iter().position(|task| *task == 2)?;
        tasks[second..].contains(&1).then(|| tasks.to_vec())
    }

    #[test]
    fn what_is_not_needed_is_left_out() {
        let tasks = [3, 1, 3, 1, 2, 3, 2, 1, 2, 1, 3, 3, 1];
        assert_eq!(shorten(&tasks, fails), [1, 2, 1]);
        assert_eq!(switches(&tasks), 11);
    }

    #[test]
    fn a_schedule_that_cannot_be_shortened_stays() {
        assert_eq!(shorten(&[1, 2, 1], |_| None), [1, 2, 1]);
    }
}
