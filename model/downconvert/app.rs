//! The `app` lane: a process on a node takes the lock and gives it up.

use crate::kit::{FIRED, Fired, Next, when};

use super::Downconvert;
use super::master::Answer;
use super::state::{Action, App, AppAt, AppId, Bug, Cache, Level, NodeId, State, ValueBlock};

impl Downconvert {
    pub(super) fn app_lock(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(s.app[a].at == AppAt::Start)?;
        let (n, want) = (self.node(a), self.wanted(s, a));
        let node = &s.node[n];
        let higher = want > node.level;
        // A process that gets the lock waits for recovery before it uses what the lock protects.
        let replayed = !self.all_nodes().any(|other| s.node[other].dead && s.node[other].dirty);
        when(higher || replayed || !self.rules.grants_wait_for_replay)?;
        if node.busy && higher {
            self.wait(s, a, AppAt::WaitBusy);
        } else if node.upf && !higher {
            // Granted to us, or to somebody here: the test for BLOCKED is skipped on purpose, or
            // two nodes hand the lock to and fro for ever.
            self.take(s, a);
            self.leave(s, n, true);
        } else if node.blocked && want > node.blocking.highest_compatible() {
            self.wait(s, a, AppAt::WaitBlocked);
        } else if !higher {
            self.take(s, a);
            self.leave(s, n, true);
        } else if s.app[a].tried {
            self.leave(s, n, false);
            self.fail(s, a);
        } else if node.action != Action::None {
            s.note_bug(Bug::RequestWhileActing);
        } else {
            self.mark_request(s, a, want);
        }
        FIRED
    }

    /// Marks the lock as being converted. UPCONVERT_FINISHING stays as it is, and the pending
    /// generation is not counted up.
    fn mark_request(&self, s: &mut State, a: AppId, want: Level) {
        let node = &mut s.node[self.node(a)];
        node.action = if node.new { Action::Attach } else { Action::Convert };
        node.requested = want;
        node.busy = true;
        node.pending = self.rules.pending_flag;
        let app = &mut s.app[a];
        app.fresh = true;
        app.tried = self.spec(a).noqueue;
        app.at = AppAt::Call;
    }

    pub(super) fn app_dlm_lock(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(s.app[a].at == AppAt::Call)?;
        let n = self.node(a);
        s.app[a].called = true;
        let level = s.node[n].requested;
        s.app[a].at = match self.submit(s, n, level, self.spec(a).noqueue)? {
            Answer::Taken => AppAt::Ret,
            Answer::Busy | Answer::Refused => AppAt::RetErr,
        };
        FIRED
    }

    pub(super) fn app_dlm_lock_ret(&self, s: &mut Next<State>, a: AppId) -> Fired {
        let at = s.app[a].at;
        when(matches!(at, AppAt::Ret | AppAt::RetErr))?;
        let n = self.node(a);
        let fresh = s.app[a].fresh;
        self.clear_pending(s, n, fresh);
        s.app[a].fresh = false;
        if at == AppAt::Ret {
            // Whether or not the AST has come: the loop decides anew.
            s.app[a].at = AppAt::Start;
        } else {
            self.abort_request(s, n);
            self.fail(s, a);
        }
        FIRED
    }

    pub(super) fn app_wake(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(matches!(s.app[a].at, AppAt::WaitBusy | AppAt::WaitBlocked) && s.app[a].woken)?;
        s.app[a].woken = false;
        if self.rules.waiter_recheck {
            s.app[a].at = AppAt::Start;
        } else {
            self.take(s, a);
            self.leave(s, self.node(a), true);
        }
        FIRED
    }

    pub(super) fn app_give_up(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(matches!(s.app[a].at, AppAt::WaitBusy | AppAt::WaitBlocked) && !s.app[a].woken)?;
        when(self.spec(a).nonblock)?;
        s.node[self.node(a)].nbf |= self.rules.nonblock_finished && s.app[a].called;
        self.fail(s, a);
        FIRED
    }

    pub(super) fn app_unlock(&self, s: &mut Next<State>, a: AppId) -> Fired {
        let App { entry, stage, .. } = s.app[a];
        let nested = self.spec(a).is_nested(entry);
        when(s.app[a].at == AppAt::Hold && (!nested || stage > 0))?;
        let node = &mut s.node[self.node(a)];
        if nested {
            let second = u8::from(stage == 2);
            let upgrade = self.spec(a).wants(entry, 1) == Level::EX;
            node.ro -= 1 + if upgrade { 0 } else { second };
            node.ex -= if upgrade { second } else { 0 };
        } else if self.spec(a).wants(entry, 0) == Level::EX {
            node.ex -= 1;
        } else {
            node.ro -= 1;
        }
        let out_of_the_way = match node.blocking {
            Level::EX => node.ro == 0 && node.ex == 0,
            Level::PR => node.ex == 0,
            Level::NL => false,
        };
        node.dc_wake |= self.rules.unlock_kick && node.blocked && out_of_the_way;
        self.next_entry(s, a);
        FIRED
    }

    pub(super) fn app_lock_again(&self, s: &mut Next<State>, a: AppId) -> Fired {
        let app = &s.app[a];
        when(app.at == AppAt::Hold && app.stage == 0 && self.spec(a).is_nested(app.entry))?;
        let app = &mut s.app[a];
        app.stage = 1;
        let upgrade = self.spec(a).wants(app.entry, 1) == Level::EX;
        let asks = if upgrade { !self.rules.refuse_upgrade } else { !self.rules.nested_pr_is_free };
        if asks {
            app.at = AppAt::Start;
        }
        FIRED
    }

    /// The level that the application wants now.
    pub(super) fn wanted(&self, s: &State, a: AppId) -> Level {
        self.spec(a).wants(s.app[a].entry, s.app[a].stage)
    }

    fn wait(&self, s: &mut State, a: AppId, at: AppAt) {
        s.app[a].at = at;
        s.app[a].woken = false;
        self.leave(s, self.node(a), false);
    }

    /// Takes the lock at the level that is wanted.
    fn take(&self, s: &mut State, a: AppId) {
        let (n, want) = (self.node(a), self.wanted(s, a));
        // Metadata come from the value block if it is valid, and everything else from the disk.
        let out_of_date = self.dirty_elsewhere(s, n) || s.value_block == ValueBlock::Old;
        let node = &mut s.node[n];
        node.grant_unused = false;
        if core::mem::take(&mut node.needs_refresh) {
            node.cache = if out_of_date { Cache::Stale } else { Cache::Ok };
            node.metadata_old = self.value_block && out_of_date;
        }
        s.stale_read |= node.cache != Cache::Ok;
        if want == Level::EX {
            if s.value_block == ValueBlock::Current {
                s.value_block = ValueBlock::Old;
            }
            let node = &mut s.node[n];
            node.ex += 1;
            node.dirty = true;
            for other in self.all_nodes().filter(|other| *other != n) {
                s.node[other].metadata_old = self.value_block;
                if s.node[other].cache == Cache::Ok {
                    s.node[other].cache = Cache::Stale;
                }
            }
        } else {
            node.ro += 1;
        }
        let app = &mut s.app[a];
        app.at = AppAt::Hold;
        app.tried = false;
        app.called = false;
        if app.stage == 1 {
            app.stage = 2;
        }
    }

    /// The common way out of the lock path.
    pub(super) fn leave(&self, s: &mut State, n: NodeId, took: bool) {
        let node = &mut s.node[n];
        if took || self.rules.upf_cleared_on_exit {
            node.upf = false;
        }
        node.dc_wake |= self.rules.upf_kick && node.blocked;
    }

    /// The request fails: the caller goes on to its next entry, or keeps what it holds.
    pub(super) fn fail(&self, s: &mut State, a: AppId) {
        if s.app[a].stage == 1 {
            let App { entry, stage, .. } = s.app[a];
            s.app[a] = App { at: AppAt::Hold, entry, stage, ..App::default() };
        } else {
            self.next_entry(s, a);
        }
    }

    fn next_entry(&self, s: &mut State, a: AppId) {
        let entry = s.app[a].entry + 1;
        let at = if entry == self.spec(a).entries { AppAt::Done } else { AppAt::Start };
        // The entry of an application that is done says nothing: equal situations, equal bytes.
        let entry = if at == AppAt::Done { 0 } else { entry };
        s.app[a] = App { at, entry, ..App::default() };
    }
}
