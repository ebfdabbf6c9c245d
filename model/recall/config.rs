//! What a scenario can set, and the model that comes of it.

use crate::kit::{Field, Setup, Shape, Value};

use super::rules::{Rules, Variants};
use super::state::{Budget, CLIENTS, ClientId, FILES, OPS, ObjectId, OpId};

/// What an operation does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Remove a name.
    #[default]
    Unlink,
    /// Move a name into the same or another directory.
    Rename,
    /// Make a second name.
    Link,
    /// Make a new file.
    Create,
    /// Change attributes.
    Setattr,
    /// Change extended attributes.
    Xattr,
    /// Change the access control list.
    Acl,
    /// Truncate.
    Truncate,
    /// Open for writing and close.
    OpenWrite,
    /// Open for reading and close.
    OpenRead,
    /// Get attributes.
    Getattr,
}

impl Kind {
    const NAMES: &'static [&'static str] = &[
        "unlink",
        "rename",
        "link",
        "create",
        "setattr",
        "xattr",
        "acl",
        "truncate",
        "open_write",
        "open_read",
        "getattr",
    ];
    const ALL: [Self; 11] = [
        Self::Unlink,
        Self::Rename,
        Self::Link,
        Self::Create,
        Self::Setattr,
        Self::Xattr,
        Self::Acl,
        Self::Truncate,
        Self::OpenWrite,
        Self::OpenRead,
        Self::Getattr,
    ];

    /// Whether it counts in the file and takes no lock.
    pub fn is_open(self) -> bool {
        matches!(self, Self::OpenWrite | Self::OpenRead)
    }

    /// Whether it only looks, and read delegations are in nobody's way.
    pub fn reads(self) -> bool {
        matches!(self, Self::OpenRead | Self::Getattr)
    }

    /// Whether it takes no inode lock.
    pub fn takes_no_lock(self) -> bool {
        self.is_open() || self == Self::Getattr
    }

    /// Whether it finds its file once, without a directory lock.
    pub fn resolves_once(self) -> bool {
        let attributes = matches!(self, Self::Setattr | Self::Xattr | Self::Acl | Self::Truncate);
        self.takes_no_lock() || attributes
    }

    /// Whether nfsd refuses it during grace (`opens_in_grace`): OPEN, REMOVE, RENAME, SETXATTR, and
    /// a SETATTR that sets the size.
    pub fn is_tested_for_grace(self) -> bool {
        !matches!(self, Self::Setattr | Self::Acl | Self::Link | Self::Create | Self::Getattr)
    }

    /// Whether nfsd waits a moment for the delegation (`nfsd_wait_for_delegreturn`): REMOVE, RENAME,
    /// SETATTR and GETATTR.
    pub fn has_short_wait(self) -> bool {
        let changes = matches!(self, Self::Unlink | Self::Rename | Self::Setattr | Self::Truncate);
        changes || self == Self::Getattr
    }

    /// Whether it takes two directories.
    fn has_two_directories(self) -> bool {
        matches!(self, Self::Rename | Self::Link)
    }
}

/// An operation as the scenario describes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpSpec {
    /// What it does.
    pub kind: Kind,
    /// The server does it for a client of its; otherwise a local process does.
    pub nfs: bool,
    /// The client that asked for it, if that client can hold delegations.
    pub by: Option<ClientId>,
    /// The directory of its name.
    pub from: ObjectId,
    /// Of rename and link: the directory of the new name; otherwise the same as `from`.
    pub to: ObjectId,
}

/// The recall protocol in one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Recall {
    /// The operations.
    pub ops: [OpSpec; OPS],
    /// How many there are.
    pub op_count: u8,
    /// How many files there are.
    pub files: u8,
    /// How many directories there are.
    pub dirs: u8,
    /// How many clients there are.
    pub clients: u8,
    /// How many delegations may be asked for; `None`: any number.
    pub grants: Option<u8>,
    /// Read delegations are given.
    pub read_delegations: bool,
    /// Write delegations are given.
    pub write_delegations: bool,
    /// Files can be delegated.
    pub delegable_files: bool,
    /// Directories can be delegated.
    pub delegable_dirs: bool,
    /// How many threads the server has.
    pub threads: u8,
    /// There is an operation that needs nothing but directory 0.
    pub unrelated: bool,
    /// The opens of clients share a file of the server.
    pub shared_opens: bool,
    /// The references to each delegation are counted.
    pub references: bool,
    /// The budgets of the faults.
    pub faults: Budget,
    /// The rules that are on.
    pub rules: Rules,
    /// The variants that are on.
    pub variants: Variants,
}

const DIR: Shape = Shape::Number { min: 0, max: FILES as u8 - 1, default: None };

const OP: Shape = Shape::Record(&[
    Field {
        name: "kind",
        doc: "What it does.",
        shape: Shape::Choice { names: Kind::NAMES, default: None },
    },
    Field {
        name: "mode",
        doc: "Whether a local process does it, or the server for one of its clients.",
        shape: Shape::Choice { names: &["local", "nfs"], default: None },
    },
    Field {
        name: "by",
        doc: "The client that asked for it, if it is one of those that hold delegations.",
        shape: Shape::Choice { names: &["other", "c0", "c1"], default: Some(0) },
    },
    Field {
        name: "dirs",
        doc: "The directory of its name; of rename and link also that of the new name.",
        shape: Shape::List { min: 1, max: 2, item: &DIR, default: Some("[0]") },
    },
]);

/// The keys of `bounds`.
pub const BOUNDS: &[Field] = &[
    Field {
        name: "ops",
        doc: "The operations.",
        shape: Shape::List { min: 1, max: OPS as u8, item: &OP, default: None },
    },
    Field::number(
        "files",
        "Files: file 0 is in directory 0, file 1 in directory 1.",
        1,
        FILES as u8,
        1,
    ),
    Field::number("dirs", "Directories.", 1, FILES as u8, 1),
    Field::number("clients", "Clients that can hold delegations.", 1, CLIENTS as u8, 1),
    Field::number("grants", "Delegations that may be asked for.", 0, 3, 2),
    Field {
        name: "unlimited_grants",
        doc: "Any number of delegations may be asked for, whatever `grants` says.",
        shape: Shape::Flag,
    },
    Field {
        name: "types",
        doc: "The delegations that are given.",
        shape: Shape::Choice { names: &["read", "write", "both"], default: Some(0) },
    },
    Field {
        name: "delegable",
        doc: "What can be delegated.",
        shape: Shape::Choice { names: &["files", "directories", "both"], default: Some(0) },
    },
    Field::number("threads", "Threads of the server.", 1, 2, 1),
    Field {
        name: "unrelated",
        doc: "There is an operation that needs nothing but directory 0.",
        shape: Shape::Flag,
    },
    Field {
        name: "shared_opens",
        doc: "The opens of clients share a file of the server, and an open for writing is not in the \
              way of the delegation of its own client.",
        shape: Shape::Flag,
    },
    Field {
        name: "references",
        doc: "The references to each delegation are counted, and an answer to a recall is a step.",
        shape: Shape::Flag,
    },
];

/// The keys of `faults`.
pub const FAULTS: &[Field] = &[
    Field::budget("partition", "A client loses its connection for good.", 2),
    Field::budget("crash", "A client crashes.", 2),
    Field::budget("stubborn", "A client renews its lease and never answers recalls.", 2),
    Field::budget("heal", "A client that lost its connection has it back.", 2),
    Field::budget("cb_down", "The callback path to a client fails, and nothing else.", 2),
    Field::budget("overtaken", "A recall arrives before the answer to the OPEN.", 2),
    Field::budget("cb_fail", "A recall cannot be queued.", 2),
    Field::budget("enomem", "Breaking a lease finds no memory.", 2),
    Field::budget("signal", "A signal ends the wait of a local operation.", 2),
    Field::budget("reply_lost", "The reply to an operation of the server is lost.", 2),
    Field::budget("restart", "The server restarts.", 2),
];

impl Recall {
    pub(super) fn from_setup(setup: &Setup<'_>) -> Result<Self, &'static str> {
        let bound = |name| setup.bounds.get(name);
        let fault = |name| setup.faults.get(name).number();
        let (files, dirs) = (bound("files").number(), bound("dirs").number());
        if files > dirs {
            return Err("every file has its name in a directory of its own: `dirs` is too small");
        }
        let list = bound("ops");
        let mut ops = [OpSpec::default(); OPS];
        for index in 0..list.len() {
            ops[usize::from(index)] =
                OpSpec::from_value(list.item(index), files, dirs, bound("clients").number())?;
        }
        let faults = Budget {
            partition: fault("partition"),
            crash: fault("crash"),
            stubborn: fault("stubborn"),
            heal: fault("heal"),
            cb_down: fault("cb_down"),
            overtaken: fault("overtaken"),
            cb_fail: fault("cb_fail"),
            enomem: fault("enomem"),
            signal: fault("signal"),
            reply_lost: fault("reply_lost"),
            restart: fault("restart"),
        };
        let strikes_clients = faults.partition + faults.crash + faults.stubborn > 0;
        if strikes_clients && ops.iter().any(|op| op.by.is_some()) {
            return Err("a client that asks for an operation stays connected and answers: \
                        `by` excludes the faults `partition`, `crash` and `stubborn`");
        }
        let types = bound("types").number();
        let delegable = bound("delegable").number();
        let unlimited = bound("unlimited_grants").flag();
        Ok(Self {
            ops,
            op_count: list.len(),
            files,
            dirs,
            clients: bound("clients").number(),
            grants: (!unlimited).then_some(bound("grants").number()),
            read_delegations: types != 1,
            write_delegations: types != 0,
            delegable_files: delegable != 1,
            delegable_dirs: delegable != 0,
            threads: bound("threads").number(),
            unrelated: bound("unrelated").flag(),
            shared_opens: bound("shared_opens").flag(),
            references: bound("references").flag(),
            faults,
            rules: Rules::from(setup.rules),
            variants: Variants::from(setup.variants),
        })
    }

    /// The operation as the scenario describes it.
    #[inline]
    pub(super) fn spec(&self, o: OpId) -> &OpSpec {
        &self.ops[usize::from(o.0)]
    }

    /// Whether an object is a directory.
    #[inline]
    pub(super) fn is_dir(&self, x: ObjectId) -> bool {
        x.0 >= self.files
    }
}

impl OpSpec {
    fn from_value(
        value: &dyn Value,
        files: u8,
        dirs: u8,
        clients: u8,
    ) -> Result<Self, &'static str> {
        let kind = Kind::ALL[usize::from(value.get("kind").number())];
        let by = value.get("by").number().checked_sub(1).map(ClientId);
        if by.is_some_and(|c| c.0 >= clients) {
            return Err("an operation is asked for by a client that is not there");
        }
        let list = value.get("dirs");
        if (list.len() == 2) != kind.has_two_directories() {
            return Err("rename and link take two `dirs`, everything else takes one");
        }
        let dir = |index| list.item(index).number();
        let (from, to) = (dir(0), dir(list.len() - 1));
        if from.max(to) >= dirs {
            return Err("an operation names a directory that is not there: they count from 0");
        }
        let nfs = value.get("mode").number() == 1;
        Ok(Self { kind, nfs, by, from: ObjectId(files + from), to: ObjectId(files + to) })
    }
}
