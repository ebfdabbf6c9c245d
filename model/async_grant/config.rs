//! What a scenario can set, and the model that comes of it.

use crate::kit::{Field, Setup, Shape, Value};

use super::posix::{Access, Range};
use super::rules::{Rules, Variants};
use super::state::{BYTES, Budget, CLIENTS, ClientId, OwnerId};

/// How a client asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Without waiting: `F_SETLK`.
    #[default]
    Try,
    /// Waiting: `F_SETLKW`.
    Wait,
    /// Who is in the way? `F_GETLK`.
    Test,
}

/// A request as the scenario describes it.
#[derive(Clone, Copy, Debug)]
pub struct ClientSpec {
    /// How it asks.
    pub kind: Kind,
    /// For whom.
    pub owner: OwnerId,
    /// For which bytes.
    pub range: Range<u8>,
    /// For what.
    pub access: Access,
    /// A process on the node of the filesystem makes the call itself.
    pub local: bool,
}

/// The protocol in one configuration.
#[derive(Clone, Copy, Debug)]
pub struct AsyncGrant {
    /// The requests.
    pub clients: [ClientSpec; CLIENTS],
    /// How many there are.
    pub client_count: u8,
    /// The bytes that the owner on another node takes.
    pub remote_range: Range<u8>,
    /// What it takes them for.
    pub remote_access: Access,
    /// An owner goes on although an earlier request of its that overlaps was denied.
    pub after_denial: bool,
    /// How often each client can send a second copy of its request.
    pub retx: u8,
    /// How often each client can cancel.
    pub can: u8,
    /// The budgets that all share.
    pub budget: Budget,
    /// The rules that are on.
    pub rules: Rules,
    /// The variants that are on.
    pub variants: Variants,
}

const KIND: Shape = Shape::Choice { names: &["try", "wait", "test"], default: None };
const OWNER: Shape = Shape::Number { min: 0, max: CLIENTS as u8 - 1, default: None };
const BYTE: Shape = Shape::Number { min: 0, max: BYTES as u8 - 1, default: None };
const RANGE: Shape = Shape::List { min: 2, max: 2, item: &BYTE, default: None };
const ACCESS: &[&str] = &["write", "read"];

const fn per_client(item: &'static Shape) -> Shape {
    Shape::List { min: 0, max: CLIENTS as u8, item, default: Some("[]") }
}

/// The keys of `bounds`. A list for each request is empty or as long as `kinds`.
pub const BOUNDS: &[Field] = &[
    Field {
        name: "kinds",
        doc: "How each request asks.",
        shape: Shape::List { min: 1, max: CLIENTS as u8, item: &KIND, default: None },
    },
    Field {
        name: "owner_of",
        doc: "Whose each request is; empty: all are different.",
        shape: per_client(&OWNER),
    },
    Field {
        name: "range",
        doc: "The first and the last byte of each request; empty: byte 0.",
        shape: per_client(&RANGE),
    },
    Field {
        name: "access",
        doc: "What each request is for; empty: to write.",
        shape: per_client(&Shape::Choice { names: ACCESS, default: None }),
    },
    Field {
        name: "callers",
        doc: "Who makes each request: a client of the network, or a process on the node of the \
              filesystem; empty: clients.",
        shape: per_client(&Shape::Choice { names: &["client", "process"], default: None }),
    },
    Field {
        name: "remote_range",
        doc: "The first and the last byte that the owner on another node takes.",
        shape: Shape::List { min: 2, max: 2, item: &BYTE, default: Some("[0, 0]") },
    },
    Field {
        name: "remote_access",
        doc: "What the owner on another node takes them for.",
        shape: Shape::Choice { names: ACCESS, default: Some(0) },
    },
    Field::number("bytes", "The bytes of the file.", 1, BYTES as u8, BYTES as u8),
    Field {
        name: "after_denial",
        doc: "An owner asks for more although an earlier request of its that overlaps was denied.",
        shape: Shape::Flag,
    },
    Field::budget("retx", "How often each client can send its request again without need.", 2),
    Field::budget("can", "How often each client can cancel.", 2),
    Field::budget("remote", "How often the owner on another node can take its lock.", 2),
];

/// The keys of `faults`.
pub const FAULTS: &[Field] = &[
    Field::budget(
        "oom",
        "An allocation fails: when a request is put aside, or for a local lock.",
        2,
    ),
    Field::budget("drop", "An operation of the filesystem is lost.", 2),
    Field::budget("crash", "A client crashes.", 2),
    Field::budget("loss", "A reply, a GRANTED or a GRANTED_RES is lost.", 2),
    Field::budget(
        "reboot",
        "Lock manager and filesystem restart; the node stays in the cluster.",
        2,
    ),
    Field::budget("node", "The node fails, and comes back without its locks.", 2),
    Field::budget("deaf", "No GRANTED reaches a client any more, however often it is sent.", 2),
    Field::budget("signal", "A signal ends the wait of a process on the node.", 2),
    Field::budget(
        "close",
        "Another thread closes the descriptor for which a process on the node waits.",
        2,
    ),
    Field::budget("untold", "The message that tells a client of a restart (SM_NOTIFY) is lost.", 2),
];

impl AsyncGrant {
    pub(super) fn from_setup(setup: &Setup<'_>) -> Result<Self, &'static str> {
        let rules = Rules::from(setup.rules);
        let variants = Variants::from(setup.variants);
        let number = |name| setup.bounds.get(name).number();
        let fault = |name| setup.faults.get(name).number();
        let (clients, client_count) = read_clients(setup.bounds)?;
        // A lock manager that sleeps in the call hears no second copy and no CANCEL. Both ways of
        // asking are compared without them.
        let asynchronous = rules.setlk_only && !variants.sync_call;
        let remote_range = read_range(setup.bounds.get("remote_range"), number("bytes"))?;
        let model = Self {
            clients,
            client_count,
            remote_range,
            remote_access: read_access(Some(setup.bounds.get("remote_access"))),
            after_denial: setup.bounds.get("after_denial").flag(),
            retx: if asynchronous { number("retx") } else { 0 },
            can: if asynchronous { number("can") } else { 0 },
            budget: Budget {
                oom: fault("oom"),
                drop: fault("drop"),
                crash: fault("crash"),
                loss: fault("loss"),
                reboot: fault("reboot"),
                node: fault("node"),
                deaf: fault("deaf"),
                untold: fault("untold"),
                signal: fault("signal"),
                close: fault("close"),
                remote: number("remote"),
            },
            rules,
            variants,
        };
        let overlaps = |c| model.all_clients().any(|other| model.overlap_of_owner(c, other));
        if model.budget.crash > 0 && model.all_clients().any(overlaps) {
            return Err("requests of one owner that overlap exclude `crash`: \
                        a request crashes alone, and its owner would live on");
        }
        model.check_processes()?;
        Ok(model)
    }

    /// Refuses what the model does not describe of processes on the node.
    fn check_processes(&self) -> Result<(), &'static str> {
        let shares = |c: ClientId| {
            self.all_clients().any(|d| d != c && self.spec(d).owner == self.spec(c).owner)
        };
        let clients = self.all_clients().any(|c| !self.is_local(c));
        for c in self.all_clients().filter(|c| self.is_local(*c)) {
            let spec = self.spec(c);
            if spec.kind == Kind::Test {
                return Err("a process on the node asks with `try` or `wait`");
            }
            if shares(c) || (clients && spec.owner == OwnerId(0)) {
                return Err(
                    "a process on the node is an owner of its own, and owner 0 is a client",
                );
            }
            if self.budget.reboot + self.budget.node > 0 {
                return Err("a process on the node does not outlive it: `callers` excludes the \
                            faults `reboot` and `node`");
            }
        }
        Ok(())
    }

    /// Whether a process on the node of the filesystem makes the request.
    #[inline]
    pub(super) fn is_local(&self, c: ClientId) -> bool {
        self.spec(c).local
    }

    /// All requests.
    pub(super) fn all_clients(&self) -> impl Iterator<Item = ClientId> + use<> {
        (0..self.client_count).map(ClientId)
    }

    /// The request as the scenario describes it.
    #[inline]
    pub(super) fn spec(&self, c: ClientId) -> &ClientSpec {
        &self.clients[usize::from(c.0)]
    }

    /// Whether two different requests have one owner and a byte in common.
    pub(super) fn overlap_of_owner(&self, c: ClientId, other: ClientId) -> bool {
        let (mine, theirs) = (self.spec(c), self.spec(other));
        c != other && mine.owner == theirs.owner && mine.range.overlaps(&theirs.range)
    }

    /// The bytes of a request.
    #[inline]
    pub(super) fn bytes(&self, c: ClientId) -> core::ops::RangeInclusive<u8> {
        let range = self.spec(c).range;
        range.first..=range.last
    }

    /// How the lock manager asks the filesystem for a request.
    #[inline]
    pub(super) fn asks(&self, c: ClientId) -> Kind {
        match self.spec(c).kind {
            Kind::Wait if self.variants.blocking_as_try && !self.is_local(c) => Kind::Try,
            kind => kind,
        }
    }

    /// The filesystem answers in the call, and the lock manager waits for it.
    #[inline]
    pub(super) fn answers_in_call(&self, c: ClientId) -> bool {
        let test = self.variants.test_in_call && self.spec(c).kind == Kind::Test;
        self.variants.sync_call || !self.rules.setlk_only || test
    }
}

/// The requests, and how many there are.
fn read_clients(bounds: &dyn Value) -> Result<([ClientSpec; CLIENTS], u8), &'static str> {
    let (kinds, bytes) = (bounds.get("kinds"), bounds.get("bytes").number());
    let item = |name: &str, index: u8| -> Result<Option<&dyn Value>, &'static str> {
        let list = bounds.get(name);
        match list.len() {
            0 => Ok(None),
            len if len == kinds.len() => Ok(Some(list.item(index))),
            _ => Err("a list for each request is empty or as long as `kinds`"),
        }
    };
    let mut clients = [ClientSpec {
        kind: Kind::Try,
        owner: OwnerId(0),
        range: Range { first: 0, last: 0 },
        access: Access::Write,
        local: false,
    }; CLIENTS];
    for index in 0..kinds.len() {
        let spec = &mut clients[usize::from(index)];
        spec.kind = [Kind::Try, Kind::Wait, Kind::Test][usize::from(kinds.item(index).number())];
        spec.owner = OwnerId(item("owner_of", index)?.map_or(index, Value::number));
        if let Some(range) = item("range", index)? {
            spec.range = read_range(range, bytes)?;
        }
        spec.access = read_access(item("access", index)?);
        spec.local = item("callers", index)?.is_some_and(|value| value.number() == 1);
    }
    Ok((clients, kinds.len()))
}

fn read_range(value: &dyn Value, bytes: u8) -> Result<Range<u8>, &'static str> {
    let (first, last) = (value.item(0).number(), value.item(1).number());
    if first > last {
        return Err("a range is its first and its last byte, in this order");
    }
    if last >= bytes {
        return Err("a range ends behind the file: bytes count from 0");
    }
    Ok(Range { first, last })
}

fn read_access(value: Option<&dyn Value>) -> Access {
    if value.is_some_and(|value| value.number() == 1) { Access::Read } else { Access::Write }
}
