//! What the code sees of the state of the model.

use latchwork_model::delegation_return::state::{Recover, Stateid};

use crate::engines::threads::log::{Seen, Value};

use super::State;

/// The stateid of an open, as it was seen without the lock.
pub(super) fn seen_stateid(o: usize, stateid: Stateid) -> Seen {
    let value = Stateid::NAMES[stateid as usize].into();
    Seen { table: "open.o", index: Some(o as u8), field: "stateid", value }
}

impl State {
    pub(super) fn seen(&self) -> Vec<Seen> {
        let flag = |table, index, field, flag: bool| Seen {
            table,
            index,
            field,
            value: Value::from(flag),
        };
        let mut seen = vec![
            flag("deleg", None, "attached", self.deleg.attached),
            flag("deleg", None, "to_return", self.deleg.to_return),
            flag("deleg", None, "returning", self.deleg.returning),
            flag("deleg", None, "need_reclaim", self.deleg.need_reclaim),
            flag("client", None, "need", self.need_manager),
            flag("client", None, "draining", self.draining),
            flag("deleg", None, "revoked", self.deleg.revoked),
            flag("server", None, "session", self.server.session),
            flag("server", None, "grace", self.server.grace),
        ];
        if self.lock.believed {
            seen.push(flag("lock.k", Some(0), "believed", true));
            seen.push(flag("lock.k", Some(0), "lost", self.lock.lost));
        }
        for (o, open) in (0..).zip(&self.open) {
            seen.push(flag("open.o", Some(o), "held", open.held));
            seen.push(flag("open.o", Some(o), "delegated", open.delegated));
            let value = Recover::NAMES[open.recover as usize].into();
            seen.push(Seen { table: "open.o", index: Some(o), field: "recover", value });
        }
        seen
    }
}
