//! What a partial-order reduction could save in the protocols, at best.
//!
//! `cargo bench --bench reduction` searches every small scenario whole, and derives from its space what a
//! reduction would have to know: which steps commute and leave one another enabled. Where one step
//! of a process that must act does so with everything that can happen before it, it may be taken
//! alone (a singleton ample set): all else is found behind it. Nothing can know more than the whole
//! space does, so what is left of the states here is the least that a reduction by single steps leaves.
//!
//! Three figures: how far that goes if only deadlocks are looked for; if the step must also change
//! nothing that a property or `done` says; and if moreover it must be so for all states, which is what
//! could be declared of a step in a list.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use latchwork::engines::explore::fingerprint::fingerprint;
use latchwork::engines::explore::steps;
use latchwork::engines::explore::visited::{Inserted, Visited};
use latchwork::files::scenario::Scenario;
use latchwork_model::async_grant::AsyncGrant;
use latchwork_model::delegation_return::DelegationReturn;
use latchwork_model::downconvert::Downconvert;
use latchwork_model::kit::{Claim, Kind, Model, Property, Protocol, Step};
use latchwork_model::recall::{Recall, dirlock::DirLock};

/// Spaces with more states are skipped.
const STATES: usize = 300_000;

fn main() {
    println!(
        "| protocol | scenarios | states | deadlocks | and properties | declared | steps so |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    of::<AsyncGrant>();
    of::<Recall>();
    of::<DirLock>();
    of::<Downconvert>();
    of::<DelegationReturn>();
}

/// The small scenarios of a protocol, added up.
fn of<M: Protocol>() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(M::NAME);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{error}"));
    let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    let (mut scenarios, mut sums, mut alone, mut steps) = (0, [0; 4], 0, 0);
    for file in files {
        let scenario = Scenario::open(&file).unwrap_or_else(|problem| panic!("{problem}"));
        let model = M::new(&scenario.configuration.setup()).unwrap_or_else(|why| panic!("{why}"));
        let Some(space) = Space::of(&model) else { continue };
        let never_conflicts = space.never_conflicting();
        let may = space.may_go_first();
        let declared = |edge: usize| never_conflicts[space.edges[edge].0] && space.hidden[edge];
        let sizes = [
            space.states,
            space.reduced(|edge| may[edge]),
            space.reduced(|edge| may[edge] && space.hidden[edge]),
            space.reduced(declared),
        ];
        scenarios += 1;
        sums.iter_mut().zip(sizes).for_each(|(sum, size)| *sum += size);
        alone += (0..space.edges.len()).filter(|edge| may[*edge] && space.hidden[*edge]).count();
        steps += space.edges.len();
    }
    let [whole, deadlocks, hidden, declared] = sums;
    let share = |part: usize| format!("{part} (× {:.2})", whole as f64 / part as f64);
    println!(
        "| {} | {scenarios} | {whole} | {} | {} | {} | {:.1} % |",
        M::NAME,
        share(deadlocks),
        share(hidden),
        share(declared),
        100.0 * alone as f64 / steps as f64,
    );
}

/// A whole space.
struct Space {
    states: usize,
    initial: usize,
    /// By state: where its edges begin; one more at the end.
    offsets: Vec<usize>,
    /// The step, as a position among all steps, and the state to which it leads.
    edges: Vec<(usize, usize)>,
    /// By edge: whether it belongs to a process that must act.
    fair: Vec<bool>,
    /// By edge: whether properties and `done` say the same before it and after.
    hidden: Vec<bool>,
}

impl Space {
    /// The space of a model; nothing if it is too large, or a bound is exceeded in it.
    fn of<M: Model>(model: &M) -> Option<Self> {
        let all: Vec<Step> = steps::all(model);
        let must_act = |step: &Step| {
            let lane = M::ACTIONS[usize::from(step.action)].lane;
            M::LANES[usize::from(lane)].fairness.is_fair()
        };
        let mut visited = Visited::new(true);
        let mut states: Vec<M::State> = Vec::new();
        let add = |visited: &mut Visited, states: &mut Vec<M::State>, state: &M::State| {
            while states.len() >= visited.limit() {
                visited.grow(1);
            }
            match visited.insert(fingerprint(state), true) {
                Inserted::Seen(slot) => visited.id(slot) as usize,
                Inserted::New(_, id) => {
                    states.push(*state);
                    id as usize
                }
            }
        };
        model.initial(&mut |state| {
            add(&mut visited, &mut states, state);
        });
        let initial = states.len();
        let (mut offsets, mut edges, mut fair) = (vec![0], Vec::new(), Vec::new());
        while offsets.len() <= states.len() {
            let state = states[offsets.len() - 1];
            let mut exceeds = false;
            model.successors(&state, |step, next| match next {
                Err(_) => exceeds = true,
                Ok(next) => {
                    let target = add(&mut visited, &mut states, next);
                    edges.push((all.binary_search(&step).unwrap_or(all.len()), target));
                    fair.push(must_act(&step));
                }
            });
            if exceeds || states.len() > STATES {
                return None;
            }
            offsets.push(edges.len());
        }
        let says: Vec<Vec<bool>> = states.iter().map(|state| said(model, state)).collect();
        let from = |edge: usize| offsets.partition_point(|first| *first <= edge) - 1;
        let hidden = edges.iter().enumerate().map(|(at, (_, to))| says[from(at)] == says[*to]);
        let hidden = hidden.collect();
        Some(Self { states: states.len(), initial, offsets, edges, fair, hidden })
    }

    fn of_state(&self, state: usize) -> std::ops::Range<usize> {
        self.offsets[state]..self.offsets[state + 1]
    }

    /// The edge of a state that takes a step.
    fn taking(&self, state: usize, step: usize) -> Option<usize> {
        self.of_state(state).find(|edge| self.edges[*edge].0 == step)
    }

    /// Whether two steps of a state commute, and neither disables the other.
    fn independent(&self, one: usize, other: usize) -> bool {
        let ((a, after_a), (b, after_b)) = (self.edges[one], self.edges[other]);
        match (self.taking(after_a, b), self.taking(after_b, a)) {
            (Some(ab), Some(ba)) => self.edges[ab].1 == self.edges[ba].1,
            _ => false,
        }
    }

    /// By edge: whether it is independent of all others of its state.
    fn calm(&self) -> Vec<bool> {
        let calm = |state: usize| {
            let all = self.of_state(state);
            all.clone().map(move |edge| {
                all.clone().all(|other| other == edge || self.independent(edge, other))
            })
        };
        (0..self.states).flat_map(calm).collect()
    }

    /// By step: whether it is independent of all others wherever it is enabled.
    fn never_conflicting(&self) -> Vec<bool> {
        let mut never = vec![true; self.edges.iter().map(|(step, _)| step + 1).max().unwrap_or(0)];
        for (calm, (step, _)) in self.calm().into_iter().zip(&self.edges) {
            never[*step] &= calm;
        }
        never
    }

    /// By edge: whether it is independent of all that can happen before the same step is taken.
    fn may_go_first(&self) -> Vec<bool> {
        let mut may = self.calm();
        let mut before = vec![Vec::new(); self.states];
        for state in 0..self.states {
            self.of_state(state).for_each(|edge| before[self.edges[edge].1].push((state, edge)));
        }
        let mut work: Vec<(usize, usize)> = Vec::new();
        for state in 0..self.states {
            work.extend(self.of_state(state).filter(|edge| !may[*edge]).map(|edge| (state, edge)));
        }
        while let Some((state, edge)) = work.pop() {
            let step = self.edges[edge].0;
            for (from, by) in &before[state] {
                if self.edges[*by].0 != step
                    && let Some(same) = self.taking(*from, step)
                    && std::mem::replace(&mut may[same], false)
                {
                    work.push((*from, same));
                }
            }
        }
        may
    }

    /// The states that are left if one step is taken alone wherever it may be: not if it leads to a
    /// state that was expanded before, or everything else could be postponed permanently.
    fn reduced(&self, alone: impl Fn(usize) -> bool) -> usize {
        let (mut found, mut expanded) = (vec![false; self.states], vec![false; self.states]);
        let mut queue: VecDeque<usize> = (0..self.initial).collect();
        queue.iter().for_each(|state| found[*state] = true);
        let mut count = queue.len();
        while let Some(state) = queue.pop_front() {
            expanded[state] = true;
            let fits =
                |edge: &usize| self.fair[*edge] && alone(*edge) && !expanded[self.edges[*edge].1];
            let all = self.of_state(state);
            let chosen = all.clone().find(fits).map_or(all, |edge| edge..edge + 1);
            for (_, target) in &self.edges[chosen] {
                if !std::mem::replace(&mut found[*target], true) {
                    count += 1;
                    queue.push_back(*target);
                }
            }
        }
        count
    }
}

/// What properties and `done` say of a state; those of fair runs are left out.
fn said<M: Model>(model: &M, state: &M::State) -> Vec<bool> {
    let own = M::PROPERTIES.iter().filter(|property| !property.kind.is_temporal());
    let says = |property: &Property<M>| match property.kind {
        Kind::Invariant | Kind::AtRest => (property.check)(model, state) == Claim::Violated,
        _ => (property.check)(model, state) == Claim::Holds,
    };
    own.map(says).chain([model.done(state)]).collect()
}
