//! What a scenario can set, and the model that comes of it.

use crate::kit::{Field, Param, Setup, Shape, Value};

use super::rules::{Rules, Variants};
use super::state::{APPS, AppId, Budget, CALLBACKS, ENTRIES, Level, NODES, NodeId};

/// One entry of an application's program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// Take the lock shared, and give it up.
    #[default]
    Pr,
    /// Take it exclusively, and give it up.
    Ex,
    /// Take it shared and ask for it exclusively while holding it.
    PrThenEx,
    /// Take it shared and ask for it shared again while holding it.
    PrThenPr,
}

/// An application as the scenario describes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppSpec {
    /// Where it runs.
    pub node: NodeId,
    /// What it does.
    pub program: [Entry; ENTRIES],
    /// How many entries its program has.
    pub entries: u8,
    /// It does not wait on the glue, and goes away instead.
    pub nonblock: bool,
    /// It tells the DLM not to queue its request.
    pub noqueue: bool,
}

/// The downconvert protocol in one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Downconvert {
    /// How many nodes there are.
    pub nodes: u8,
    /// The applications.
    pub apps: [AppSpec; APPS],
    /// How many there are.
    pub app_count: u8,
    /// How many callbacks may be on their way to one node.
    pub cb_capacity: u8,
    /// The nodes that may die, a bit each.
    pub mortal: u8,
    /// The nodes that have had no lock at the master before, a bit each.
    pub new: u8,
    /// The lock has a value block, which carries the metadata.
    pub value_block: bool,
    /// The budgets of the faults.
    pub faults: Budget,
    /// The rules that are on.
    pub rules: Rules,
    /// The variants that are on.
    pub variants: Variants,
}

/// The entries, in the order of the names below.
const ENTRY_OF: [Entry; 4] = [Entry::Pr, Entry::Ex, Entry::PrThenEx, Entry::PrThenPr];
const ENTRY: Shape = Shape::Choice { names: &["PR", "EX", "PR>EX", "PR>PR"], default: None };
const NODE: Shape = Shape::Number { min: 0, max: NODES as u8 - 1, default: None };

const APP: Shape = Shape::Record(&[
    Field { name: "node", doc: "The node on which it runs.", shape: NODE },
    Field {
        name: "program",
        doc: "What it does, one entry after the other.",
        shape: Shape::List { min: 1, max: ENTRIES as u8, item: &ENTRY, default: None },
    },
    Field {
        name: "nonblock",
        doc: "It does not wait on the glue, and goes away instead.",
        shape: Shape::Flag,
    },
    Field {
        name: "noqueue",
        doc: "It tells the DLM not to queue its request.",
        shape: Shape::Flag,
    },
]);

/// The keys of `bounds`.
pub const BOUNDS: &[Field] = &[
    Field::number("nodes", "Nodes of the cluster.", 2, NODES as u8, 2),
    Field {
        name: "apps",
        doc: "The applications.",
        shape: Shape::List { min: 1, max: APPS as u8, item: &APP, default: None },
    },
    Field::number(
        "cb_capacity",
        "Callbacks on their way to one node.",
        1,
        CALLBACKS as u8,
        CALLBACKS as u8,
    ),
    Field {
        name: "mortal",
        doc: "The nodes that may die.",
        shape: Shape::List { min: 0, max: NODES as u8, item: &NODE, default: Some("[0, 1, 2]") },
    },
    Field {
        name: "new",
        doc: "The nodes whose first lock is a new one; the others begin with a lock at NL.",
        shape: Shape::List { min: 0, max: NODES as u8, item: &NODE, default: Some("[]") },
    },
    Field {
        name: "value_block",
        doc: "The lock has a value block: metadata are read from it if it is valid.",
        shape: Shape::Flag,
    },
];

/// The keys of `faults`.
pub const FAULTS: &[Field] = &[
    Field::budget("late_bast", "A blocking callback is overtaken by the callback behind it.", 2),
    Field::budget("dup_bast", "A blocking callback arrives twice.", 2),
    Field::budget("lost_bast", "A blocking callback does not arrive.", 2),
    Field::budget("requester_dies", "A node dies.", 1),
    Field::budget("dlm_error", "The DLM call fails.", 2),
    Field::budget("signal", "A signal is pending at the top of the lock path.", 2),
];

impl Downconvert {
    pub(super) fn from_setup(setup: &Setup<'_>) -> Result<Self, &'static str> {
        let variants = Variants::from(setup.variants);
        if variants.remote_cancel && variants.o2dlm {
            return Err("the variant `remote_cancel` belongs to fs/dlm and excludes `o2dlm`");
        }
        if variants.sees_cancelgrant && !variants.o2dlm {
            return Err(
                "the variant `sees_cancelgrant` needs `o2dlm`: fs/dlm has no such callback",
            );
        }
        let nodes = setup.bounds.get("nodes").number();
        let list = setup.bounds.get("apps");
        let mut apps = [AppSpec::default(); APPS];
        for index in 0..list.len() {
            apps[usize::from(index)] = AppSpec::from_value(list.item(index), nodes)?;
        }
        let set = |name| {
            let list = setup.bounds.get(name);
            (0..list.len()).fold(0, |set, at| set | 1 << list.item(at).number())
        };
        let fault = |name| setup.faults.get(name).number();
        Ok(Self {
            nodes,
            apps,
            app_count: list.len(),
            cb_capacity: setup.bounds.get("cb_capacity").number(),
            mortal: set("mortal"),
            new: set("new"),
            value_block: setup.bounds.get("value_block").flag(),
            faults: Budget {
                late_bast: fault("late_bast"),
                dup_bast: fault("dup_bast"),
                lost_bast: fault("lost_bast"),
                requester_dies: fault("requester_dies"),
                dlm_error: fault("dlm_error"),
                signal: fault("signal"),
            },
            rules: Rules::from(setup.rules),
            variants,
        })
    }

    /// The application as the scenario describes it.
    #[inline]
    pub(super) fn spec(&self, a: AppId) -> &AppSpec {
        &self.apps[usize::from(a.index())]
    }

    /// The node on which an application runs.
    #[inline]
    pub(super) fn node(&self, a: AppId) -> NodeId {
        self.spec(a).node
    }
}

impl AppSpec {
    fn from_value(value: &dyn Value, nodes: u8) -> Result<Self, &'static str> {
        let node = value.get("node").number();
        if node >= nodes {
            return Err("an application runs on a node that is not there: `node` counts from 0");
        }
        let list = value.get("program");
        let mut program = [Entry::Pr; ENTRIES];
        for index in 0..list.len() {
            program[usize::from(index)] = ENTRY_OF[usize::from(list.item(index).number())];
        }
        let (nonblock, noqueue) = (value.get("nonblock").flag(), value.get("noqueue").flag());
        if nonblock && noqueue {
            return Err("an application is `nonblock` or `noqueue`, not both");
        }
        Ok(Self { node: NodeId(node), program, entries: list.len(), nonblock, noqueue })
    }

    /// The level that an entry asks for at a stage.
    pub(super) fn wants(&self, entry: u8, stage: u8) -> Level {
        match self.program[usize::from(entry)] {
            Entry::Pr | Entry::PrThenPr => Level::PR,
            Entry::Ex => Level::EX,
            Entry::PrThenEx if stage == 0 => Level::PR,
            Entry::PrThenEx => Level::EX,
        }
    }

    /// Whether an entry is a nested one.
    pub(super) fn is_nested(&self, entry: u8) -> bool {
        matches!(self.program[usize::from(entry)], Entry::PrThenEx | Entry::PrThenPr)
    }
}
