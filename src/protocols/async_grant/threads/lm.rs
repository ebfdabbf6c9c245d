//! The lock manager: one thread, which never does two things at a time, and its timer.

use std::sync::Arc;

use latchwork_model::async_grant::Kind;
use latchwork_model::async_grant::state::{Block, ClientAt, GrantRes, OPS, OpKind, Reply};

use super::super::rt::MutexGuard;
use super::super::rt::thread::JoinHandle;
use super::{Client, LM, Manager, Node, spawn};

/// What the lock manager does next.
#[derive(Clone, Copy)]
enum Work {
    GrantRes,
    Revisit,
    Reap,
    Lock,
    Cancel,
    Unlock,
    Granted,
    Retry,
}

/// The threads that work for the lock manager. A request is timed once.
#[derive(Default)]
struct Helpers {
    daemon: Option<JoinHandle<()>>,
    timers: Vec<(u8, JoinHandle<()>)>,
}

/// What there is, in the order in which the lock manager looks for it.
const ALL: [Work; 8] = [
    Work::GrantRes,
    Work::Revisit,
    Work::Reap,
    Work::Lock,
    Work::Cancel,
    Work::Unlock,
    Work::Granted,
    Work::Retry,
];

impl Node {
    pub(super) fn lock_manager(self: &Arc<Self>) {
        let mut helpers = Helpers::default();
        let mut lm = self.lm();
        loop {
            if let Some((work, c)) = self.next_work(&lm) {
                self.work(work, c, lm, &mut helpers);
                lm = self.lm();
            } else if lm.stop {
                break;
            } else {
                self.tell_if_resting(&lm);
                lm = self.lm_event.wait(lm).unwrap();
            }
        }
        drop(lm);
        self.fs().stop = true;
        self.fs_event.notify_one();
        let timers = helpers.timers.into_iter().map(|(_, timer)| timer);
        helpers.daemon.into_iter().chain(timers).for_each(|helper| helper.join().unwrap());
    }

    fn next_work(&self, lm: &Manager) -> Option<(Work, u8)> {
        let all = ALL.into_iter().flat_map(|work| self.clients().map(move |c| (work, c)));
        all.into_iter().find(|(work, c)| self.is_due(*work, *c, lm))
    }

    fn is_due(&self, work: Work, c: u8, lm: &Manager) -> bool {
        let (client, block) = (&lm.client[usize::from(c)], &lm.block[usize::from(c)]);
        let may_reply = client.reply == Reply::None;
        let has_room = || self.fs().ops[usize::from(c)].len() < OPS;
        match work {
            Work::GrantRes => client.grant_res != GrantRes::None,
            Work::Revisit => {
                let looked_at = block.got_cb || block.timed_out;
                block.queued && block.has_rpc && looked_at && may_reply
            }
            Work::Reap => block.queued && block.timed_out && !block.has_rpc,
            Work::Lock => client.lock_n > 0 && may_reply && (!self.goes_on(c, lm) || has_room()),
            Work::Cancel => client.cancel_msg && may_reply && !self.fs().is_busy(c),
            Work::Unlock => client.unlock_msg && may_reply && !self.fs().is_busy(c),
            Work::Granted => {
                let told = client.granted_msg || client.grant_res != GrantRes::None;
                block.granted && block.on_list && !block.queued && !told
            }
            Work::Retry => {
                let again = block.got_cb && !block.granted;
                block.on_list && !block.queued && again && has_room()
            }
        }
    }

    fn work(
        self: &Arc<Self>,
        work: Work,
        c: u8,
        lm: MutexGuard<'_, Manager>,
        helpers: &mut Helpers,
    ) {
        match work {
            Work::GrantRes => self.grant_res(c, lm),
            Work::Revisit => self.revisit(c, lm),
            Work::Reap => self.reap(c, lm),
            Work::Lock => self.lock(c, lm, helpers),
            Work::Cancel => self.cancel_arrives(c, lm),
            Work::Unlock => self.unlock_arrives(c, lm),
            Work::Granted => self.granted(c, lm),
            Work::Retry => self.retry(c, lm, helpers),
        }
    }

    /// Whether a LOCK is one that the filesystem has to hear of.
    fn goes_on(&self, c: u8, lm: &Manager) -> bool {
        let block = &lm.block[usize::from(c)];
        let answered = lm.answered[usize::from(c)] != Reply::None && self.rules().exactly_once;
        let waits = block.queued || (block.on_list && self.rules().dup_detect);
        !answered && !waits
    }

    fn lock(self: &Arc<Self>, c: u8, mut lm: MutexGuard<'_, Manager>, helpers: &mut Helpers) {
        let at = usize::from(c);
        lm.client[at].lock_n -= 1;
        if self.goes_on(c, &lm) {
            if !lm.block[at].present {
                let on_list = self.rules().insert_before_call;
                lm.block[at] = Block { present: true, on_list, ..Block::default() };
            }
            lm.in_call = Some(c);
            self.did("lm_lock", &[LM, c], c, &lm);
            drop(lm);
            return self.call(c, helpers);
        }
        let block = lm.block[at];
        if lm.answered[at] != Reply::None && self.rules().exactly_once {
            lm.client[at].reply = lm.answered[at];
        } else if !block.queued {
            lm.client[at].reply = Reply::Blocked;
        } else if block.granted || block.timed_out {
            self.settle(c, &mut lm);
        }
        self.did("lm_lock", &[LM, c], c, &lm);
        self.tell_client(c);
    }

    /// Calls the filesystem, which says that it will answer later. No lock is held here: the
    /// callback can be on its way before the block is put aside.
    fn call(self: &Arc<Self>, c: u8, helpers: &mut Helpers) {
        let kind = if self.kind(c) == Kind::Test { OpKind::Test } else { OpKind::New };
        self.fs().ops[usize::from(c)].push(kind);
        self.fs_event.notify_one();
        helpers.daemon.get_or_insert_with(|| spawn(self, |node| node.daemon()));
        if !self.rules().setlk_only {
            return self.sleep_in_call(c);
        }
        let mut lm = self.lm();
        if self.flaws.return_before_aside {
            // Flawed: callbacks are let in, and then the block is put aside.
            self.call_returned(&mut lm);
            drop(lm);
            lm = self.lm();
        }
        let oom = self.kind(c) != Kind::Wait && self.out_of_memory();
        let action = if oom { self.give_up(c, &mut lm) } else { self.put_aside(c, &mut lm) };
        let args: &[u8] = if oom { &[c] } else { &[LM, c] };
        self.call_returned(&mut lm);
        self.did(action, args, c, &lm);
        self.tell_client(c);
        if lm.block[usize::from(c)].queued
            && self.rules().lm_timeout
            && !helpers.timers.iter().any(|(of, _)| *of == c)
        {
            helpers.timers.push((c, spawn(self, move |node| node.timer(c))));
        }
    }

    fn call_returned(&self, lm: &mut Manager) {
        lm.in_call = None;
        self.call_over.notify_one();
    }

    /// The answer will come later.
    fn put_aside(&self, c: u8, lm: &mut Manager) -> &'static str {
        let block = &mut lm.block[usize::from(c)];
        block.on_list = true;
        if self.kind(c) == Kind::Wait {
            lm.client[usize::from(c)].tell_to_wait();
        } else {
            block.queued = true;
            block.has_rpc = true;
        }
        "lm_return"
    }

    /// There is no memory to put the request aside.
    fn give_up(&self, c: u8, lm: &mut Manager) -> &'static str {
        let block = &mut lm.block[usize::from(c)];
        block.on_list = true;
        block.queued = true;
        block.has_rpc = false;
        block.timed_out |= self.rules().deferfail_timeout;
        lm.client[usize::from(c)].reply = Reply::Denied;
        lm.answered[usize::from(c)] = Reply::Denied;
        "fault_defer_oom"
    }

    /// Without `setlk_only` the lock manager sleeps in the call until there is an answer.
    fn sleep_in_call(&self, c: u8) {
        let mut fs = self.fs();
        while !fs.ops[usize::from(c)].iter().any(|op| op.has_callback()) {
            fs = self.fs_answer.wait(fs).unwrap();
        }
        let op = fs.ops[usize::from(c)].iter().copied().find(|op| op.has_callback());
        drop(fs);
        let op = op.unwrap_or(OpKind::Denied);
        let asks_again = self.kind(c) == Kind::Wait && op == OpKind::Denied;
        let mut lm = self.lm();
        while !asks_again && lm.client[usize::from(c)].reply != Reply::None {
            lm = self.lm_event.wait(lm).unwrap();
        }
        let mut fs = self.fs();
        fs.take_op(c, op);
        fs.mirror[usize::from(c)] |= op.is_grant() && self.rules().mirror;
        lm.in_call = None;
        if asks_again {
            let block = &mut lm.block[usize::from(c)];
            block.on_list = true;
            block.got_cb = true;
            lm.client[usize::from(c)].tell_to_wait();
        } else {
            let answer = match op {
                OpKind::TestFree => Reply::Free,
                OpKind::TestConflict => Reply::Conflict,
                OpKind::Denied => Reply::Denied,
                _ => Reply::Granted,
            };
            lm.answer(c, answer);
        }
        self.did("lm_return_sync", &[LM, c], c, &lm);
        self.tell_client(c);
    }

    fn retry(self: &Arc<Self>, c: u8, mut lm: MutexGuard<'_, Manager>, helpers: &mut Helpers) {
        let block = &mut lm.block[usize::from(c)];
        block.got_cb = false;
        block.on_list = self.rules().reinsert_before_retry;
        lm.in_call = Some(c);
        self.did("lm_retry", &[LM, c], c, &lm);
        drop(lm);
        self.call(c, helpers);
    }

    fn revisit(&self, c: u8, mut lm: MutexGuard<'_, Manager>) {
        self.settle(c, &mut lm);
        self.did("lm_revisit", &[LM, c], c, &lm);
        self.tell_client(c);
    }

    fn reap(&self, c: u8, mut lm: MutexGuard<'_, Manager>) {
        lm.block[usize::from(c)] = Block::default();
        self.did("lm_reap", &[LM, c], c, &lm);
    }

    fn granted(&self, c: u8, mut lm: MutexGuard<'_, Manager>) {
        lm.client[usize::from(c)].granted_msg = true;
        self.did("lm_granted_msg", &[LM, c], c, &lm);
        self.tell_client(c);
    }

    /// Answers a request that was put aside by what its block says.
    fn settle(&self, c: u8, lm: &mut Manager) {
        let block = &lm.block[usize::from(c)];
        let answer = match self.kind(c) {
            _ if !block.granted => Reply::Denied,
            Kind::Test if block.conf => Reply::Conflict,
            Kind::Test => Reply::Free,
            Kind::Try | Kind::Wait => Reply::Granted,
        };
        lm.answer(c, answer);
    }
}

impl Node {
    /// The time is up for a request that was put aside.
    fn timer(&self, c: u8) {
        let mut lm = self.lm();
        let block = &mut lm.block[usize::from(c)];
        if block.queued && !block.got_cb && !block.timed_out {
            block.timed_out = true;
            self.did("lm_timer_timeout", &[c], c, &lm);
            self.lm_event.notify_one();
        }
    }
}

impl Client {
    /// Answers BLOCKED, unless the client knows that or an answer is on its way.
    fn tell_to_wait(&mut self) {
        if self.at == ClientAt::Sent && self.reply == Reply::None {
            self.reply = Reply::Blocked;
        }
    }
}

impl Manager {
    /// Gives a request its final answer, remembers it, and forgets the block.
    fn answer(&mut self, c: u8, answer: Reply) {
        self.block[usize::from(c)] = Block::default();
        self.client[usize::from(c)].reply = answer;
        self.answered[usize::from(c)] = answer;
    }
}
