//! The threaded form of the return of a delegation: the supported configurations, and the flaws of
//! the code.

use latchwork_model::delegation_return::{DelegationReturn, FirstOpen, Program, RebootWhen};
use latchwork_model::kit::{Protocol, Setup};

use super::form::{Code, Form};

use flaws::Flaws;

pub mod flaws;

/// The code on plain threads.
#[path = ""]
pub mod on_std {
    use crate::engines::threads::rt_std as rt;
    pub mod threads;
}

/// The code under loom.
#[path = ""]
pub mod on_loom {
    use crate::engines::threads::rt_loom as rt;
    pub mod threads;
}

/// The code under shuttle.
#[path = ""]
pub mod on_shuttle {
    use crate::engines::threads::rt_shuttle as rt;
    pub mod threads;
}

/// The form.
pub static FORM: Form = Form {
    protocol: DelegationReturn::NAME,
    rules: &[
        "detach_after_claim",
        "no_rwsem_across_claims",
        "no_rwsem_across_lock_claims",
        "returning_in_can_open",
        "claim_opens",
        "claim_locks",
        "abort_puts_back",
        "seqcount_retry",
        "claim_sets_open_stateid",
        "stale_claim_marks_nothing",
        "delayed_lock_claim_in_place",
        "lock_claim_in_place",
        "failed_lock_claim_marks_open",
        "known_open_needs_no_claim",
        "recovery_forgets_stateids",
        "reply_under_slot",
        "delegreturn_mutex",
        "reclaim_asks_delegation",
        "need_reclaim_blocks_cached_open",
        "reap_skips_returning",
        "recall_marks_even_if_returning",
    ],
    faults: &["session", "reboot"],
    silent: &[],
    flaws: Flaws::ALL,
    locked: true,
    code,
};

fn code(setup: &Setup<'_>, flaws: &[&str]) -> Result<Code, String> {
    let model = DelegationReturn::new(setup)?;
    let apps = &model.apps[..usize::from(model.app_count)];
    let opens = |app: &latchwork_model::delegation_return::AppSpec| {
        app.program == Program::Open && !app.undo
    };
    let known = apps.iter().all(|app| app.program == Program::Lock || opens(app));
    let one_lock = apps.iter().filter(|app| app.program == Program::Lock).count() < 2;
    let any_time = model.reboot_when == RebootWhen::AnyTime;
    let faults = model.faults.session + model.faults.reboot;
    let cached = model.first_open == FirstOpen::Cached && !model.rival_delegation;
    if !known || !cached || !one_lock || model.slots > 0 || !any_time || faults > 1 {
        return Err("the thread-shaped delegation_return knows one application that takes a lock \
                    and one that opens the file, a first open that the server does not \
                    know, no slot table, and one fault, at any time"
            .to_string());
    }
    let flaws = Flaws::of(flaws);
    Ok(Code {
        // In addition to the applications: the server with the other client, the returner, and the
        // manager.
        threads: 2 + usize::from(faults) + apps.len(),
        on_std: on_std::threads::body(model, flaws),
        on_loom: on_loom::threads::body(model, flaws),
        on_shuttle: on_shuttle::threads::body(model, flaws),
    })
}
