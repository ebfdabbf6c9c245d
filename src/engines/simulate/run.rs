//! One run: from an initial state to a violation, or through both of its phases.

use latchwork_model::kit::Model;

use crate::engines::verdict::{Discovery, End, PropertyId, PropertySet};

use super::course::{Course, Sampler, Taken};
use super::fair;
use super::look::Looker;
use super::plan::Plan;
use super::rng::Draws;
use super::strategy::Picker;

/// The outcome of one run.
pub(super) struct Run {
    pub number: u64,
    /// The number of steps taken.
    pub steps: usize,
    /// Whether its first phase ended because it had no steps left.
    pub cut: bool,
    /// The property that still waits at the end of its fair phase.
    pub unsettled: Option<PropertyId>,
    /// By action: the number of steps in which it fired.
    pub fired: Vec<u64>,
    /// By property of the model: the number of visits to a state in which its antecedent was true.
    pub exercised: Vec<u64>,
    /// The fingerprints of the states that it visited.
    pub prints: Vec<u64>,
    /// The `reachable` properties that it reached.
    pub reached: PropertySet,
    /// The actions that were disabled in it.
    pub off: Vec<u8>,
    /// The violation, if any.
    pub discovery: Option<Discovery>,
    /// A digest after every state, if requested.
    pub digests: Vec<u64>,
    /// The step that the model offered and then refused.
    pub refused: Option<usize>,
}

impl<'a, M: Model> Sampler<'a, M> {
    /// Does the run with this number.
    pub fn run(&self, looker: &mut Looker<'a, M>, number: u64, keep_digests: bool) -> Run {
        let Plan { seed, strategy, steps: limit, .. } = self.plan;
        let draws = Draws::of(*seed, number);
        let mut picker = Picker::new::<M>(strategy.of(number), draws, &self.processes, *limit);
        let initial = picker.initial(self.initial.len());
        let off = picker.switched_off();
        let mut course = Course::begin(self, looker, initial, keep_digests);
        let mut cut = false;
        let ending = loop {
            if let Some(ending) = course.look() {
                break Some(ending);
            }
            let (at, enabled) = (course.path.steps.len(), course.looker.enabled());
            if at == *limit {
                cut = !enabled.is_empty();
                break None;
            }
            let Some(picked) = picker.pick(at, enabled) else { break None };
            let step = enabled[picked];
            match course.take(step) {
                Taken::Moved => {}
                Taken::StoodStill => picker.stood_still(step),
                Taken::Refused => break None,
            }
        };
        let (mut discovery, mut unsettled) = (ending.map(|ending| course.discovery(ending)), None);
        let goes_on = discovery.is_none() && course.refused.is_none();
        if goes_on && self.plan.fair > 0 {
            (discovery, unsettled) = fair::phase(&mut course, &mut picker.into_draws());
        }
        let taken = course.path.steps.len();
        let steps = discovery.as_ref().map_or(taken, |found| match found.end {
            // The steps of the continuation were not taken.
            End::Stuck { .. } => found.path.steps.len().min(taken),
            _ => found.path.steps.len(),
        });
        let Course { fired, exercised, prints, reached, digests, refused, .. } = course;
        Run {
            number,
            steps,
            cut,
            unsettled,
            fired,
            exercised,
            prints,
            reached,
            off,
            discovery,
            digests,
            refused,
        }
    }
}
