//! What a rank does with mails: it answers questions about the fingerprints that it owns, and asks
//! the others about theirs.
//!
//! At most [`CREDIT`] questions to a rank are unanswered, so nothing piles up anywhere. A rank that
//! waits for an answer goes on answering, so no two ranks wait for each other.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use zerocopy::{FromBytes, IntoBytes};

use super::bits::Bits;
use super::owned::Owned;
use super::transport::{Gone, Transport};
use crate::engines::explore::disk::share::lock;

/// The maximum number of unanswered questions to a rank.
const CREDIT: usize = 4;
/// The bytes of a question or an answer before its content: what it is, and its number.
const HEAD: usize = 8;

const QUESTION: u8 = b'?';
const ANSWER: u8 = b'!';
const WORD: u8 = b'w';
const OFF: u8 = b'x';

/// What a rank asks about fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which are new? They are known from now on.
    New = 1,
    /// Which are marked?
    Marked = 2,
    /// Mark them.
    Mark = 3,
    /// The content is states: expand them.
    Take = 4,
}

/// An answer.
pub struct Answer {
    /// By fingerprint.
    pub bits: Bits,
    /// Whether the owner could do it: its memory or its disk may be full.
    pub done: bool,
}

/// What waits for answers.
pub struct Waiting<T>(Mutex<BTreeMap<u32, T>>);

impl<T> Waiting<T> {
    /// Creates an empty one.
    pub fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns whether all answers are home.
    pub fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }
}

/// Receives states that others give away.
pub trait Takes: Sync {
    /// Takes the bytes of some states.
    fn take(&self, bytes: &[u8]) -> io::Result<()>;
}

/// The office of a rank. Threads share it.
pub struct Office<'a> {
    pub transport: &'a dyn Transport,
    pub owned: Owned,
    takes: &'a dyn Takes,
    /// By rank: the number of unanswered questions.
    unanswered: Vec<AtomicUsize>,
    next: AtomicU32,
    /// The bytes of all mails that it has sent.
    sent: AtomicU64,
    answers: Mutex<BTreeMap<u32, Answer>>,
    words: Mutex<VecDeque<(usize, Vec<u8>)>>,
    /// Whether rank 0 has called the search off.
    pub called_off: AtomicBool,
}

impl<'a> Office<'a> {
    /// Opens it.
    pub fn new(transport: &'a dyn Transport, owned: Owned, takes: &'a dyn Takes) -> Self {
        Self {
            transport,
            owned,
            takes,
            unanswered: (0..transport.peers()).map(|_| AtomicUsize::new(0)).collect(),
            next: AtomicU32::new(0),
            sent: AtomicU64::new(0),
            answers: Mutex::new(BTreeMap::new()),
            words: Mutex::new(VecDeque::new()),
            called_off: AtomicBool::new(false),
        }
    }

    /// Asks another rank. `what` is kept until the answer is home.
    pub fn ask<T>(
        &self,
        waiting: &Waiting<T>,
        to: usize,
        question: Question,
        content: &[u8],
        what: T,
    ) -> io::Result<()> {
        while self.unanswered[to].load(Relaxed) >= CREDIT {
            self.attend()?;
        }
        self.unanswered[to].fetch_add(1, Relaxed);
        let number = self.next.fetch_add(1, Relaxed);
        lock(&waiting.0).insert(number, what);
        self.send(to, mail([QUESTION, question as u8], number, content))
    }

    fn send(&self, to: usize, mail: Vec<u8>) -> io::Result<()> {
        self.sent.fetch_add(mail.len() as u64, Relaxed);
        self.transport.send(to, mail)
    }

    /// Returns the bytes of all mails that this rank has sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// Answers a question about fingerprints that this rank owns.
    pub fn answer(&self, question: Question, prints: &[u64]) -> Answer {
        let (bits, done) = match question {
            Question::New => match self.owned.insert(prints) {
                Ok(bits) => (bits, true),
                Err(_) => (Bits::default(), false),
            },
            Question::Marked => (self.owned.marked(prints), true),
            Question::Mark => {
                self.owned.mark(prints);
                (Bits::default(), true)
            }
            Question::Take => (Bits::default(), false),
        };
        Answer { bits, done }
    }

    /// Returns what has an answer now, with it.
    pub fn home<T>(&self, waiting: &Waiting<T>) -> Option<(T, Answer)> {
        let mut waiting = lock(&waiting.0);
        let mut answers = lock(&self.answers);
        while let Some((number, answer)) = answers.pop_first() {
            // An answer that nobody waits for belongs to work that was called off.
            if let Some(what) = waiting.remove(&number) {
                return Some((what, answer));
            }
        }
        None
    }

    /// Handles a mail, or waits for one, but not long.
    pub fn attend(&self) -> io::Result<()> {
        if !self.pump()? {
            self.transport.idle();
        }
        Ok(())
    }

    /// Handles all mails that have arrived.
    pub fn serve(&self) -> io::Result<()> {
        while self.pump()? {}
        Ok(())
    }

    /// Handles the next mail, if one has arrived.
    fn pump(&self) -> io::Result<bool> {
        let Some((from, mail)) = self.transport.receive()? else { return Ok(false) };
        let strange = || Gone { rank: from, why: "sent something else than a mail".to_string() };
        match mail.first() {
            Some(&WORD) => {
                let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
                words.push_back((from, mail[1..].to_vec()));
            }
            Some(&OFF) => self.called_off.store(true, Relaxed),
            Some(&QUESTION) => {
                let (head, content) = mail.split_at_checked(HEAD).ok_or_else(strange)?;
                let answer = self.answer_mail(head[1], content).ok_or_else(strange)?;
                let number = number(head);
                let reply = mail_of_answer(number, &answer);
                self.send(from, reply)?;
            }
            Some(&ANSWER) => {
                let (head, content) = mail.split_at_checked(HEAD).ok_or_else(strange)?;
                let answer = Answer { bits: Bits::of(content), done: head[1] == 1 };
                lock(&self.answers).insert(number(head), answer);
                self.unanswered[from].fetch_sub(1, Relaxed);
            }
            _ => return Err(strange().into()),
        }
        Ok(true)
    }

    fn answer_mail(&self, question: u8, content: &[u8]) -> Option<Answer> {
        let all = [Question::New, Question::Marked, Question::Mark, Question::Take];
        let question = all.into_iter().find(|one| *one as u8 == question)?;
        if question == Question::Take {
            let done = self.takes.take(content).is_ok();
            return Some(Answer { bits: Bits::default(), done });
        }
        let prints = <[[u8; 8]]>::ref_from_bytes(content).ok()?;
        let prints: Vec<u64> = prints.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        // 0 is no fingerprint: it marks an empty slot.
        (!prints.contains(&0)).then(|| self.answer(question, &prints))
    }

    /// Sends a word to a rank.
    pub fn say(&self, to: usize, word: &[u8]) -> io::Result<()> {
        self.send(to, [&[WORD], word].concat())
    }

    /// Waits for a word, and returns it with its sender. `look` is called between mails.
    pub fn hear(&self, mut look: impl FnMut() -> io::Result<()>) -> io::Result<(usize, Vec<u8>)> {
        loop {
            let word = lock(&self.words).pop_front();
            if let Some(word) = word {
                return Ok(word);
            }
            look()?;
            self.attend()?;
        }
    }

    /// Tells all ranks to end their part of a level.
    pub fn call_off(&self) -> io::Result<()> {
        let others = (0..self.transport.peers()).filter(|rank| *rank != self.transport.me());
        self.called_off.store(true, Relaxed);
        others.into_iter().try_for_each(|rank| self.transport.send(rank, vec![OFF]))
    }
}

fn mail(kind: [u8; 2], number: u32, content: &[u8]) -> Vec<u8> {
    let mut mail = Vec::with_capacity(HEAD + content.len());
    mail.extend_from_slice(&[kind[0], kind[1], 0, 0]);
    mail.extend_from_slice(&number.to_le_bytes());
    mail.extend_from_slice(content);
    mail
}

fn mail_of_answer(number: u32, answer: &Answer) -> Vec<u8> {
    mail([ANSWER, u8::from(answer.done)], number, answer.bits.bytes())
}

fn number(head: &[u8]) -> u32 {
    u32::from_le_bytes([head[4], head[5], head[6], head[7]])
}

/// Returns fingerprints as they are in a mail.
pub fn bytes(prints: &[u64]) -> Vec<u8> {
    let mut prints = prints.to_vec();
    prints.iter_mut().for_each(|print| *print = print.to_le());
    prints.as_bytes().to_vec()
}
