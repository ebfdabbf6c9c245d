//! What a scenario can set, and the model that comes of it.

use crate::kit::{Field, Param, Setup, Shape};

use super::rules::{Rules, Variants};
use super::state::{APPS, AppId, Budget, LOCKS, LockId};

/// What an application does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Program {
    /// Takes its lock; then, if that is said, gives it up.
    #[default]
    Lock,
    /// Opens the file a second time; then, if that is said, closes it.
    Open,
    /// Changes an attribute, for which the delegation must be returned first.
    Setattr,
    /// Reads, from the cache if it can be trusted.
    Read,
    /// Closes the first open once the locks have been given up.
    Close,
}

/// What the open is that is there from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstOpen {
    /// It rests on the delegation, and the server does not know of it.
    Cached,
    /// It rests on the delegation, and the server knows of it.
    Known,
    /// It is for more than the delegation allows, and does not rest on it.
    Plain,
}

/// When the server may reboot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebootWhen {
    /// At any time.
    AnyTime,
    /// While a LOCK claim is outstanding.
    LockClaim,
    /// While a LOCK claim of a return in an application's task is outstanding.
    SyncLockClaim,
}

/// An application as the scenario describes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppSpec {
    /// What it does.
    pub program: Program,
    /// It gives up in the end what it took.
    pub undo: bool,
    /// The lock that it takes.
    pub lock: LockId,
}

/// The return of a delegation in one configuration.
#[derive(Clone, Copy, Debug)]
pub struct DelegationReturn {
    /// The applications.
    pub apps: [AppSpec; APPS],
    /// How many there are.
    pub app_count: u8,
    /// How many of them take a lock.
    pub lock_count: u8,
    /// The open that is there from the start.
    pub first_open: FirstOpen,
    /// The server gives the other client a delegation when it opens the file.
    pub rival_delegation: bool,
    /// How many calls the session carries at a time; 0: no slot table.
    pub slots: u8,
    /// When the server may reboot.
    pub reboot_when: RebootWhen,
    /// The budgets of the faults.
    pub faults: Budget,
    /// The rules that are on.
    pub rules: Rules,
    /// The variants that are on.
    pub variants: Variants,
}

const PROGRAMS: &[(&str, Program, bool)] = &[
    ("lock", Program::Lock, false),
    ("lock_unlock", Program::Lock, true),
    ("open", Program::Open, false),
    ("open_close", Program::Open, true),
    ("setattr", Program::Setattr, false),
    ("read", Program::Read, false),
    ("close", Program::Close, false),
];

const PROGRAM: Shape = Shape::Choice {
    names: &["lock", "lock_unlock", "open", "open_close", "setattr", "read", "close"],
    default: None,
};

/// The keys of `bounds`.
pub const BOUNDS: &[Field] = &[
    Field {
        name: "apps",
        doc: "What the applications of the client do, one each.",
        shape: Shape::List {
            min: 0,
            max: APPS as u8,
            item: &PROGRAM,
            default: Some(r#"["lock", "open"]"#),
        },
    },
    Field {
        name: "first_open",
        doc: "The open that is there from the start, and on which the locks are: it rests on the \
              delegation and the server does not know of it; it rests on the delegation and the \
              server knows of it, since it was opened before the delegation was granted; or it is \
              for more than the delegation allows, and does not rest on it.",
        shape: Shape::Choice { names: &["cached", "known", "plain"], default: Some(0) },
    },
    Field {
        name: "rival_delegation",
        doc: "The other client is given a delegation when it has opened the file.",
        shape: Shape::Flag,
    },
    Field::number(
        "slots",
        "Slots of the session, for the calls whose answer brings a stateid and for \
              DELEGRETURN. \
              0: there are enough, and DELEGRETURN and a call of an application are one step.",
        0,
        2,
        0,
    ),
    Field {
        name: "reboot_when",
        doc: "When the server may reboot: at any time, or only while a LOCK claim is outstanding \
              (of any return, or of one in an application's own task): the window in which a lock \
              was seen to be lost.",
        shape: Shape::Choice {
            names: &["any_time", "lock_claim", "sync_lock_claim"],
            default: Some(0),
        },
    },
];

/// The keys of `faults`.
pub const FAULTS: &[Field] = &[
    Field::budget("reboot", "The server reboots.", 2),
    Field::budget("session", "The session is lost, and nothing else.", 3),
    Field::budget(
        "grace_end",
        "The server ends its grace period before the client has reclaimed.",
        1,
    ),
    Field::budget("expire", "The lease of the client runs out.", 1),
    Field::budget("revoke", "The server revokes a delegation that it has recalled.", 1),
    Field::budget("write_lost", "What the server writes to stable storage is lost.", 1),
    Field::budget("delay", "A claim or a return is answered DELAY.", 3),
    Field::budget("cb_lost", "A callback does not arrive.", 1),
    Field::budget("cb_dup", "A callback arrives twice.", 1),
    Field::budget("signal", "A signal ends the wait of a return in an application's task.", 1),
    Field::budget("client_reboot", "The client restarts.", 1),
    Field::budget("evict", "The inode is evicted from the client's memory.", 1),
    Field::budget(
        "upgrade",
        "The server replaces a delegation that is being returned by another.",
        1,
    ),
];

impl DelegationReturn {
    pub(super) fn from_setup(setup: &Setup<'_>) -> Result<Self, &'static str> {
        let list = setup.bounds.get("apps");
        let mut apps = [AppSpec::default(); APPS];
        let mut lock_count = 0;
        for index in 0..list.len() {
            let (_, program, undo) = PROGRAMS[usize::from(list.item(index).number())];
            let lock = LockId(lock_count);
            let locks = program == Program::Lock;
            apps[usize::from(index)] =
                AppSpec { program, undo, lock: if locks { lock } else { LockId::default() } };
            lock_count += u8::from(locks);
        }
        let used = &apps[..usize::from(list.len())];
        let count = |program| used.iter().filter(|app| app.program == program).count();
        if usize::from(lock_count) > LOCKS {
            return Err("at most three applications take a lock");
        }
        if count(Program::Open) > 1 {
            return Err("only one application opens the file a second time");
        }
        if count(Program::Close) > 1 {
            return Err("only one application closes the first open");
        }
        let keeps = used.iter().any(|app| app.program == Program::Lock && !app.undo);
        if count(Program::Close) > 0 && keeps {
            return Err("`close` waits until the locks are given up: use `lock_unlock`");
        }
        let fault = |name| setup.faults.get(name).number();
        Ok(Self {
            apps,
            app_count: list.len(),
            lock_count,
            first_open: [FirstOpen::Cached, FirstOpen::Known, FirstOpen::Plain]
                [usize::from(setup.bounds.get("first_open").number())],
            rival_delegation: setup.bounds.get("rival_delegation").flag(),
            slots: setup.bounds.get("slots").number(),
            reboot_when: [RebootWhen::AnyTime, RebootWhen::LockClaim, RebootWhen::SyncLockClaim]
                [usize::from(setup.bounds.get("reboot_when").number())],
            faults: Budget {
                reboot: fault("reboot"),
                session: fault("session"),
                grace_end: fault("grace_end"),
                expire: fault("expire"),
                revoke: fault("revoke"),
                write_lost: fault("write_lost"),
                delay: fault("delay"),
                cb_lost: fault("cb_lost"),
                cb_dup: fault("cb_dup"),
                signal: fault("signal"),
                client_reboot: fault("client_reboot"),
                evict: fault("evict"),
                upgrade: fault("upgrade"),
            },
            rules: Rules::from(setup.rules),
            variants: Variants::from(setup.variants),
        })
    }

    /// The application as the scenario describes it.
    #[inline]
    pub(super) fn spec(&self, a: AppId) -> &AppSpec {
        &self.apps[usize::from(a.index())]
    }

    /// The locks of the scenario.
    #[inline]
    pub(super) fn locks(&self) -> impl Iterator<Item = LockId> + use<> {
        (0..self.lock_count).map(LockId)
    }
}

domains! { DelegationReturn, self;
    AppId: self.app_count,
    LockId: self.lock_count,
}
