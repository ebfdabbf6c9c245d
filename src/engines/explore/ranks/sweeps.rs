//! `can_finish` over ranks: a mark in the table of an owner says that a state can finish.
//!
//! The levels are swept from the last to the first. A state can finish if it is done, if a step of it
//! is cut off, or if it has a step to a state that can finish. Its rank asks the owners of its
//! successors for their marks, and has its own fingerprint marked. A level is swept again until no mark
//! was set since its last sweep began: then the answers of that sweep were final.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use latchwork_model::kit::Model;

use super::office::{Answer, Office, Question, Waiting, bytes};
use super::search::{CHUNK, MAIL, Rank};
use super::words::{Part, Swept};
use crate::engines::explore::disk::finder::each_step;
use crate::engines::explore::disk::share::share;
use crate::engines::explore::disk::states::StateReader;
use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::outgoing::{Outgoing, owner};
use crate::engines::explore::panics::catch;

/// Which states of this rank can finish.
pub struct Finishing {
    levels: Vec<Marks>,
    /// Whether the first sweep is done: states that are done are known.
    swept: Vec<bool>,
}

/// A bit for each state of a level.
struct Marks {
    bits: Vec<AtomicU64>,
    /// The number of states that cannot finish as far as is known.
    left: AtomicU64,
}

impl Marks {
    fn is_set(&self, at: u64) -> bool {
        self.bits[(at / 64) as usize].load(Relaxed) >> (at % 64) & 1 == 1
    }

    /// Sets a bit. Returns whether it was not set before.
    fn set(&self, at: u64) -> bool {
        let bit = 1 << (at % 64);
        let new = self.bits[(at / 64) as usize].fetch_or(bit, Relaxed) & bit == 0;
        self.left.fetch_sub(u64::from(new), Relaxed);
        new
    }
}

impl Finishing {
    /// Knows of no state that it can finish.
    pub fn begin<M: Model>(rank: &Rank<'_, M>) -> Self {
        rank.office.owned.unmark_all();
        let marks = |parts: &Vec<Part>| {
            let states: u64 = parts.iter().map(|part| part.size.items).sum();
            let mut bits = Vec::new();
            bits.resize_with(states.div_ceil(64) as usize, AtomicU64::default);
            Marks { bits, left: AtomicU64::new(states) }
        };
        let levels: Vec<Marks> = rank.levels.iter().map(marks).collect();
        Self { swept: vec![false; levels.len()], levels }
    }

    /// Returns the first level with states that cannot finish.
    pub fn first_left(&self) -> Option<usize> {
        self.levels.iter().position(|marks| marks.left.load(Relaxed) > 0)
    }
}

/// What is asked about a state: whether its successor is marked, or to mark it itself.
#[derive(Clone, Copy)]
struct Asked {
    /// The position of the state in its level.
    at: u64,
    /// Its own fingerprint.
    print: u64,
}

/// What a thread has for the owners.
struct Letters {
    questions: Vec<Outgoing<Asked>>,
    marks: Vec<Outgoing<Asked>>,
}

impl Letters {
    fn is_empty(&self) -> bool {
        self.questions.iter().chain(&self.marks).all(|letter| letter.prints.is_empty())
    }

    /// Takes what others have.
    fn absorb(&mut self, others: Self) {
        let all = self.questions.iter_mut().chain(&mut self.marks);
        let others = others.questions.into_iter().chain(others.marks);
        all.zip(others).for_each(|(own, other)| own.absorb(other));
    }
}

/// What the threads of a rank share on a level.
struct Sweeping<'a> {
    office: &'a Office<'a>,
    marks: &'a Marks,
    /// What waits for answers; nothing for marks that are to be set.
    waiting: Waiting<Vec<Asked>>,
    found: AtomicU64,
}

impl Sweeping<'_> {
    /// Notes that a state can finish.
    fn finishes(&self, letters: &mut Letters, asked: Asked) {
        if self.marks.set(asked.at) {
            self.found.fetch_add(1, Relaxed);
            let to = owner(asked.print, letters.marks.len());
            letters.marks[to].push(asked.print, asked);
        }
    }

    fn heed(&self, letters: &mut Letters, asked: &[Asked], answer: &Answer) {
        let marked = asked.iter().enumerate().filter(|(at, _)| answer.bits.get(*at));
        marked.for_each(|(_, asked)| self.finishes(letters, *asked));
    }

    /// Sends letters that have at least so many fingerprints, and heeds answers.
    fn pass(&self, letters: &mut Letters, least: usize) -> io::Result<()> {
        let (me, ranks) = (self.office.transport.me(), letters.marks.len());
        for to in 0..ranks {
            while let Some(letter) = letters.questions[to].take(least, MAIL) {
                let content = bytes(&letter.prints);
                self.office.ask(&self.waiting, to, Question::Marked, &content, letter.items)?;
                self.settle(letters);
            }
            // What this rank owns is marked at once.
            let least = if to == me { 1 } else { least };
            while let Some(letter) = letters.marks[to].take(least, MAIL) {
                if to == me {
                    self.office.answer(Question::Mark, &letter.prints);
                } else {
                    let content = bytes(&letter.prints);
                    self.office.ask(&self.waiting, to, Question::Mark, &content, Vec::new())?;
                }
                self.settle(letters);
            }
        }
        self.office.serve()
    }

    fn settle(&self, letters: &mut Letters) {
        while let Some((asked, answer)) = self.office.home(&self.waiting) {
            self.heed(letters, &asked, &answer);
        }
    }
}

impl<M: Model> Rank<'_, M> {
    fn letters(&self) -> Letters {
        let ranks = self.office.transport.peers();
        let all = || (0..ranks).map(|_| Outgoing::new()).collect();
        Letters { questions: all(), marks: all() }
    }

    /// Looks which states of a level can finish.
    pub fn sweep(&self, finishing: &mut Finishing, level: usize) -> io::Result<Swept> {
        let Some(marks) = finishing.levels.get(level) else { return Ok(Swept::default()) };
        if marks.left.load(Relaxed) == 0 {
            return Ok(Swept::default());
        }
        let is_first = !std::mem::replace(&mut finishing.swept[level], true);
        let sweeping = Sweeping {
            office: self.office,
            marks,
            waiting: Waiting::new(),
            found: AtomicU64::new(0),
        };
        let (watch, office, mut base) = (self.watch, self.office, 0);
        let is_chief = self.me() == 0;
        let goes_on = || !(office.called_off.load(Relaxed) || is_chief && watch.interrupted());
        let mut rest = self.letters();
        for part in &self.levels[level] {
            let place = self.disk.place(&part.file);
            let mut reader = StateReader::<M::State>::open(place, part.size, 0)?;
            let threads = self.threads(part.size.items);
            let mut letters: Vec<Letters> = (0..threads).map(|_| self.letters()).collect();
            share(&mut reader, &mut letters, CHUNK, goes_on, |letters, from, states| {
                for (at, state) in (base + from..).zip(states) {
                    if !marks.is_set(at) {
                        self.look(&sweeping, letters, at, state, is_first);
                    }
                }
                sweeping.pass(letters, MAIL)
            })?;
            letters.into_iter().for_each(|letters| rest.absorb(letters));
            base += part.size.items;
        }
        // An answer may lead to more marks.
        while !rest.is_empty() || !sweeping.waiting.is_empty() {
            sweeping.pass(&mut rest, 1)?;
            sweeping.settle(&mut rest);
            if rest.is_empty() && !sweeping.waiting.is_empty() {
                self.office.attend()?;
            }
        }
        Ok(Swept { found: sweeping.found.into_inner(), left: marks.left.load(Relaxed) })
    }

    /// Looks at one state: what is known here decides, or the owners are asked.
    fn look(
        &self,
        sweeping: &Sweeping<'_>,
        letters: &mut Letters,
        at: u64,
        state: &M::State,
        is_first: bool,
    ) {
        let (model, me) = (self.model, self.me());
        let asked = Asked { at, print: fingerprint(state) };
        if is_first && catch(|| model.done(state)).unwrap_or(true) {
            return sweeping.finishes(letters, asked);
        }
        let (mut cut, mut prints, mut mine) = (false, Vec::new(), Vec::new());
        let ranks = letters.marks.len();
        let known = each_step(model, state, |_, next| match next {
            Ok(next) => match fingerprint(next) {
                print if print == asked.print => {}
                print if owner(print, ranks) == me => mine.push(print),
                print => prints.push(print),
            },
            Err(_) => cut = true,
        });
        let marked = self.office.owned.marked(&mine);
        if is_first && (cut || !known) || (0..mine.len()).any(|at| marked.get(at)) {
            return sweeping.finishes(letters, asked);
        }
        prints.sort_unstable();
        prints.dedup();
        for print in prints {
            letters.questions[owner(print, ranks)].push(print, asked);
        }
    }

    /// Returns the states of a level that cannot finish.
    pub fn left(&self, finishing: &Finishing, level: usize) -> io::Result<Vec<M::State>> {
        let (mut left, mut base) = (Vec::new(), 0);
        let Some(marks) = finishing.levels.get(level) else { return Ok(left) };
        for part in &self.levels[level] {
            let place = self.disk.place(&part.file);
            let mut reader = StateReader::<M::State>::open(place, part.size, 0)?;
            share(
                &mut reader,
                &mut [&mut left],
                CHUNK,
                || true,
                |left, from, states| {
                    let states = (base + from..).zip(states);
                    left.extend(states.filter(|(at, _)| !marks.is_set(*at)).map(|(_, one)| *one));
                    Ok(())
                },
            )?;
            base += part.size.items;
        }
        Ok(left)
    }
}
