//! The clients: they ask, ask again, do not want the lock any longer, and give it up.

use latchwork_model::async_grant::Kind;
use latchwork_model::async_grant::state::{ClientAt, GrantRes, Reply};

use super::{Client, Manager, Node};

impl Node {
    pub(super) fn client(&self, c: u8) {
        self.send(c);
        self.go_on(c);
    }

    pub(super) fn send(&self, c: u8) {
        let mut lm = self.lm();
        let client = &mut lm.client[usize::from(c)];
        client.at = ClientAt::Sent;
        client.lock_n = 1;
        self.ask("client_send", c, &lm);
    }

    pub(super) fn go_on(&self, c: u8) {
        (0..self.model.retx).for_each(|_| self.retransmit(c));
        if self.kind(c) == Kind::Wait {
            (0..self.model.can).for_each(|_| self.cancel(c));
        }
        self.serve(c);
    }

    /// Something goes to the lock manager.
    fn ask(&self, action: &'static str, c: u8, lm: &Manager) {
        self.did(action, &[c], c, lm);
        self.lm_event.notify_one();
    }

    fn retransmit(&self, c: u8) {
        let mut lm = self.lm();
        let client = &mut lm.client[usize::from(c)];
        if client.waits() && client.lock_n < 2 {
            client.lock_n += 1;
            self.ask("client_retransmit", c, &lm);
        }
    }

    /// Cancels, unless what has arrived by now says that it is too late.
    fn cancel(&self, c: u8) {
        let mut lm = self.lm();
        if lm.client[usize::from(c)].has_mail() {
            self.take_mail(c, &mut lm);
        }
        drop(lm);
        let mut lm = self.lm();
        let client = &mut lm.client[usize::from(c)];
        if client.waits() && !client.cancel_msg {
            client.cancel_msg = true;
            client.at = ClientAt::Cancelling;
            self.ask("client_cancel", c, &lm);
        }
    }

    /// Takes what arrives, and gives a lock up again, until there is nothing left to do.
    fn serve(&self, c: u8) {
        let mut lm = self.lm();
        loop {
            let client = &mut lm.client[usize::from(c)];
            if client.has_mail() {
                self.take_mail(c, &mut lm);
            } else if client.at == ClientAt::Hold {
                client.at = ClientAt::Unlocking;
                client.unlock_msg = true;
                self.ask("client_unlock", c, &lm);
            } else if lm.stop || (c == 0 && self.is_calm(&lm)) {
                return;
            } else {
                lm.resting |= c == 0 && lm.client[0].is_over();
                lm = self.client_event[usize::from(c)].wait(lm).unwrap();
                continue;
            }
            drop(lm);
            lm = self.lm();
        }
    }

    fn take_mail(&self, c: u8, lm: &mut Manager) {
        let client = &mut lm.client[usize::from(c)];
        let action = if client.reply == Reply::None {
            client.take_granted(self.rules().client_reject_if_not_waiting);
            "client_rx_granted"
        } else {
            client.take_reply();
            "client_rx_reply"
        };
        self.did(action, &[c], c, lm);
        let heard = lm.client[usize::from(c)].is_heard() || lm.block[usize::from(c)].queued;
        if heard || lm.in_call == Some(c) {
            self.lm_event.notify_one();
        }
        self.tell_if_resting(lm);
    }
}

impl Client {
    fn has_mail(&self) -> bool {
        self.reply != Reply::None || (self.granted_msg && self.grant_res == GrantRes::None)
    }

    fn take_reply(&mut self) {
        let waits = self.waits();
        self.at = match std::mem::take(&mut self.reply) {
            Reply::Granted if waits => ClientAt::Hold,
            Reply::Denied if waits => ClientAt::Fail,
            Reply::Blocked if waits => ClientAt::Blocked,
            Reply::Free if waits => ClientAt::Free,
            Reply::Conflict if waits => ClientAt::Done,
            Reply::Cancelled if self.at == ClientAt::Cancelling => ClientAt::Fail,
            Reply::Unlocked if self.at == ClientAt::Unlocking => ClientAt::Done,
            // An answer to a question that is settled.
            _ => self.at,
        };
    }

    fn take_granted(&mut self, refuses: bool) {
        self.granted_msg = false;
        let wanted = self.waits() || self.at == ClientAt::Hold;
        self.grant_res = if wanted || !refuses { GrantRes::Ok } else { GrantRes::Rejected };
        if self.waits() {
            self.at = ClientAt::Hold;
        }
    }
}
