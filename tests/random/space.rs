//! The reference's own search: breadth first, one state after the other, in plain maps. It knows
//! the data of a drawn model and nothing of the engine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use latchwork_model::kit::{Actions, Claim, Kind, Model, Param, Process, Step};

use super::draw::has_parameter;
use super::model::Drawn;
use super::table::{Arguments, Member, Outcome, Proc, State, Value};

/// What becomes of a step that a state offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// It leads to the state with this number.
    To(usize),
    /// It would exceed this bound.
    Exceeds(&'static str),
    /// The model panics in it.
    Panics,
    /// It is not enabled, but has changed the state.
    Slips,
}

/// All states that can be reached.
pub struct Space<'a> {
    /// The model.
    pub model: &'a Drawn,
    /// The states in the order in which they were found.
    pub states: Vec<State>,
    /// By state: its distance from the initial ones.
    pub depth: Vec<usize>,
    /// The initial states as they are handed over.
    pub initial: Vec<usize>,
    /// By state: what it offers, in the order of the steps.
    pub edges: Vec<Vec<(Step, Edge)>>,
    /// By state: those of fair lanes that are enabled; one whose step is cut off is.
    pub enabled: Vec<BTreeSet<Actor>>,
    /// The states from which neither a state can be reached in which the protocol is done, nor one
    /// behind which not all is known.
    pub stuck: BTreeSet<usize>,
    /// By property and by state: what each part says.
    claims: Vec<Vec<Vec<Option<Claim>>>>,
}

/// The bytes of a state, which have an order.
pub fn key(s: &State) -> Vec<u8> {
    let waits = s.queue.items().iter().map(|p| p.0 + 1);
    let marked = (0..8).filter(|p| s.marked.contains(Proc(*p))).map(|p| 1u8 << p).sum();
    let mut key = [s.at.entries().as_slice(), s.has.entries(), &s.shared].concat();
    key.extend([s.holder.0, marked]);
    key.extend(waits);
    key
}

/// Every step under the bounds of a model, in order.
pub fn all_steps(model: &Drawn) -> Vec<Step> {
    let mut steps = Vec::new();
    for (action, info) in (0u8..).zip(Drawn::ACTIONS) {
        let size = |kind: &str| match kind {
            Proc::KIND => model.limits.processes,
            Member::KIND => model.members,
            kind => {
                assert_eq!(kind, Value::KIND);
                2
            }
        };
        let sizes: Vec<u8> = info.params.iter().map(|param| size(param.kind)).collect();
        let [first, second] = [0, 1].map(|at| sizes.get(at).copied().unwrap_or(1));
        for one in 0..first {
            steps.extend((0..second).map(|other| Step { action, args: [one, other, 0] }));
        }
    }
    steps
}

/// What trying a step comes to, and the state behind it.
pub fn attempt(model: &Drawn, state: &State, step: Step) -> (Outcome, State) {
    let mut next = *state;
    let action = usize::from(step.action);
    let arguments = Drawn::arguments(action, &step.args);
    let outcome = model.limits.attempt(&mut next, &model.actions[action], arguments);
    (outcome, next)
}

impl<'a> Space<'a> {
    /// Searches the space of a model; `None` if it has more states than `most`.
    pub fn of(model: &'a Drawn, most: usize) -> Option<Self> {
        let mut space = Self {
            model,
            states: Vec::new(),
            depth: Vec::new(),
            initial: Vec::new(),
            edges: Vec::new(),
            enabled: Vec::new(),
            stuck: BTreeSet::new(),
            claims: Vec::new(),
        };
        let (mut known, mut queue) = (BTreeMap::new(), VecDeque::new());
        for state in &model.initial {
            let id = space.find(&mut known, &mut queue, state, 0);
            space.initial.push(id);
        }
        let steps = all_steps(model);
        while let Some(id) = queue.pop_front() {
            let (state, depth) = (space.states[id], space.depth[id]);
            let mut edges = Vec::new();
            for step in &steps {
                let edge = match attempt(model, &state, *step) {
                    (Outcome::Disabled, _) => continue,
                    (Outcome::Fires, next) => {
                        Edge::To(space.find(&mut known, &mut queue, &next, depth + 1))
                    }
                    (Outcome::Exceeds(what), _) => Edge::Exceeds(what),
                    (Outcome::Panics, _) => Edge::Panics,
                    (Outcome::Slips, _) => Edge::Slips,
                };
                edges.push((*step, edge));
            }
            space.edges.push(edges);
            if space.states.len() > most {
                return None;
            }
        }
        for edges in &space.edges {
            let actors = edges.iter().map(|(step, _)| actor(*step));
            space.enabled.push(actors.filter(|actor| must_act(*actor)).collect());
        }
        for property in 0..Drawn::PROPERTIES.len() {
            space.claims.push(space.all().map(|id| space.says(property, id)).collect());
        }
        space.stuck = space.find_stuck();
        Some(space)
    }

    fn find_stuck(&self) -> BTreeSet<usize> {
        let mut back = vec![Vec::new(); self.states.len()];
        for from in self.all() {
            self.successors(from).for_each(|(_, to)| back[to].push(from));
        }
        let mut stuck: BTreeSet<usize> = self.all().collect();
        let may_end = |id: &usize| self.is_done(*id) != Some(false) || self.is_cut(*id);
        let mut work: Vec<usize> = self.all().filter(may_end).collect();
        while let Some(id) = work.pop() {
            if stuck.remove(&id) {
                work.extend(&back[id]);
            }
        }
        stuck
    }

    /// The number of a state, which is new if it has none.
    fn find(
        &mut self,
        known: &mut BTreeMap<Vec<u8>, usize>,
        queue: &mut VecDeque<usize>,
        state: &State,
        depth: usize,
    ) -> usize {
        *known.entry(key(state)).or_insert_with(|| {
            self.states.push(*state);
            self.depth.push(depth);
            queue.push_back(self.states.len() - 1);
            self.states.len() - 1
        })
    }

    /// The numbers of all states.
    pub fn all(&self) -> std::ops::Range<usize> {
        0..self.states.len()
    }

    /// The steps of a state that happen, and where they lead.
    pub fn successors(&self, id: usize) -> impl Iterator<Item = (Step, usize)> + '_ {
        self.edges[id].iter().filter_map(|(step, edge)| match edge {
            Edge::To(target) => Some((*step, *target)),
            _ => None,
        })
    }

    /// Whether a step of a state is cut off: what can follow is not all known.
    pub fn is_cut(&self, id: usize) -> bool {
        self.edges[id].iter().any(|(_, edge)| !matches!(edge, Edge::To(_)))
    }

    /// The steps that a state offers, those that are cut off included.
    pub fn offers(&self, id: usize) -> impl Iterator<Item = Step> + '_ {
        self.edges[id].iter().map(|(step, _)| *step)
    }

    /// Whether a claim that is made of a state panics, or asking whether the protocol is done.
    pub fn claims_panic(&self, id: usize) -> bool {
        let mut own = Drawn::PROPERTIES.iter().enumerate();
        let is_made = |kind| kind != Kind::AtRest || !self.is_busy(id);
        self.is_done(id).is_none()
            || own.any(|(at, own)| is_made(own.kind) && self.claim(at, id).is_none())
    }

    /// Whether a process of a fair lane is enabled.
    pub fn is_busy(&self, id: usize) -> bool {
        !self.enabled[id].is_empty()
    }

    /// What each part of a property says of a state; nothing of any part if one panics.
    pub fn claims(&self, property: usize, id: usize) -> &[Option<Claim>] {
        &self.claims[property][id]
    }

    fn says(&self, property: usize, id: usize) -> Vec<Option<Claim>> {
        let statement = &self.model.claims[property];
        let parts = if has_parameter(property) { self.model.limits.processes } else { 1 };
        let claim = |part| {
            let arguments = Arguments { processes: [part, 0], other: 0 };
            self.model.limits.claim(&self.states[id], statement, arguments)
        };
        let claims: Vec<_> = (0..parts).map(claim).collect();
        match claims.contains(&None) {
            true => vec![None; claims.len()],
            false => claims,
        }
    }

    /// What all parts of a property say together; `None` if one panics.
    pub fn claim(&self, property: usize, id: usize) -> Option<Claim> {
        let claims = self.claims(property, id);
        match claims {
            _ if claims.contains(&None) => None,
            _ if claims.contains(&Some(Claim::Violated)) => Some(Claim::Violated),
            _ if claims.contains(&Some(Claim::Holds)) => Some(Claim::Holds),
            _ => Some(Claim::Vacuous),
        }
    }

    /// Whether the protocol is done; `None` if that panics.
    pub fn is_done(&self, id: usize) -> Option<bool> {
        let limits = &self.model.limits;
        let done = limits.claim(&self.states[id], &self.model.done, Arguments::default())?;
        Some(done == Claim::Holds)
    }
}

/// Of whom fairness is said: a process, or one action of it where each of them is fair.
pub type Actor = (Process, Option<u8>);

/// Who takes a step.
pub fn actor(step: Step) -> Actor {
    let process = step.process(Drawn::ACTIONS);
    let each = Drawn::LANES[usize::from(process.lane)].each;
    (process, each.then_some(step.action))
}

/// Whether somebody belongs to a fair lane, weakly or strongly.
pub fn must_act(actor: Actor) -> bool {
    use latchwork_model::kit::Fairness::{Fair, Strong};
    matches!(Drawn::LANES[usize::from(actor.0.lane)].fairness, Fair | Strong)
}

/// Whether somebody belongs to a strongly fair lane.
pub fn is_strong(actor: Actor) -> bool {
    use latchwork_model::kit::Fairness::Strong;
    Drawn::LANES[usize::from(actor.0.lane)].fairness == Strong
}
