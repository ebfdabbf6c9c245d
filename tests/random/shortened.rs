//! Runs that are sampled, or found and made longer, and then minimized: they must still show what
//! they showed, and be no longer than before and no shorter than the shortest.

use latchwork::engines::explore::Watch;
use latchwork::engines::simulate::{Plan, Strategy, simulate};
use latchwork::engines::verdict::{BuiltIn, Discovery, End, Exploration, PropertySet};
use latchwork::files::case::Minimality;
use latchwork::jobs::shrink::{Shrunk, shrink};

use super::compare::Case;
use super::draw::Draws;
use super::judge::{judge, name};
use super::model::Drawn;

/// Lets no search of the whole space happen.
struct NoTime;

impl Watch for NoTime {
    fn interrupted(&self) -> bool {
        true
    }
}

/// Compares what sampling and shrinking come to.
pub fn compare(case: &mut Case<'_>, draws: &mut Draws<'_>, plain: &Exploration) {
    let strategies = [Strategy::Walk, Strategy::Pct { depth: 3 }, Strategy::Swarm];
    let plan = Plan {
        seed: draws.below(256) as u64,
        runs: 0..12,
        strategy: draws.one(&strategies).into(),
        steps: draws.between(1, 60),
        fair: draws.one(&[0, 60]),
        properties: PropertySet::ALL,
        ways: 1,
        paranoid: false,
        threads: 1,
    };
    let model = case.model;
    let sampled = match model.initial.is_empty() {
        true => None,
        false => case.guarded("simulate", || simulate(model, &plan, &())),
    };
    if let Some(simulation) = sampled {
        if let Some(run) = &simulation.nondeterminism {
            case.disagree("simulate: it says nondeterminism", format!("{run:?}"));
        }
        if let Some(failure) = simulation.failure {
            case.counts.add("sampled runs that fail");
            let found = failure.discovery;
            let property = name(found.property);
            if let Err(why) = judge(case.space, &found) {
                let class = format!("simulate: the run of {property} shows nothing: {why}");
                return case.disagree(class, format!("{found:?}"));
            }
            shorten(case, draws, "shrunk sample", &found);
        }
    }
    for found in &plain.discoveries {
        if let Some(longer) = longer(case, found)
            && draws.percent(30)
        {
            shorten(case, draws, "shrunk detour", &longer);
        }
    }
}

/// A lasso that goes round twice before its cycle begins.
fn longer(case: &Case<'_>, found: &Discovery) -> Option<Discovery> {
    let End::Stuck { prefix, cycle: Some(cycle), .. } = found.end else { return None };
    if prefix != cycle || found.property == BuiltIn::CanFinish.id::<Drawn>() {
        return None;
    }
    let (way, round) = found.path.steps.split_at(cycle);
    let mut longer = found.clone();
    longer.path.steps = [way, round, round, round].concat();
    longer.steps = way.len() + round.len();
    longer.end = End::Stuck { prefix: longer.steps, cycle: Some(longer.steps), proven: false };
    judge(case.space, &longer).is_ok().then_some(longer)
}

/// Makes a run short, with and without a search of the whole space.
fn shorten(case: &mut Case<'_>, draws: &mut Draws<'_>, way: &str, found: &Discovery) {
    let no_time = draws.percent(50);
    let watch: &dyn Watch = if no_time { &NoTime } else { &() };
    let model = case.model;
    let shrunk = case.guarded(way, || shrink(model, found, PropertySet::ALL, 1, watch));
    let Some(shrunk) = shrunk else { return };
    let property = name(found.property);
    let Some(Shrunk { discovery, minimality, shortened, others }) = shrunk else {
        // Only a search of the whole space can make such a run short.
        if !no_time || found.property != BuiltIn::CanFinish.id::<Drawn>() {
            case.disagree(format!("{way}: {property} is not shown"), format!("{found:?}"));
        }
        return;
    };
    case.counts.add("runs made short");
    let shortest = case.expected.shortest(found.property).unwrap_or(usize::MAX);
    if minimality == Minimality::Proven && discovery.steps != shortest {
        let detail = format!("{discovery:?}, reference {shortest}");
        case.disagree(format!("{way}: {property}: proven and not the shortest"), detail);
    }
    let all = shortened.iter().flat_map(|shortened| {
        let others = shortened.others.iter().map(|other| (other, usize::MAX));
        std::iter::once((&shortened.discovery, found.steps)).chain(others)
    });
    let all = all.chain(others.iter().map(|other| (other, usize::MAX)));
    let all: Vec<_> = all.chain([(&discovery, found.steps)]).collect();
    for (one, most) in all {
        let property = name(one.property);
        if let Err(why) = judge(case.space, one) {
            let class = format!("{way}: the run of {property} shows nothing: {why}");
            case.disagree(class, format!("{one:?}"));
        }
        if one.steps > most {
            let detail = format!("{one:?}, before {found:?}");
            case.disagree(format!("{way}: {property}: longer than before"), detail);
        }
        if case.expected.shortest(one.property).is_none_or(|shortest| one.steps < shortest) {
            let detail = format!("{one:?}, reference {:?}", case.expected.shortest(one.property));
            case.disagree(format!("{way}: {property}: shorter than the shortest"), detail);
        }
    }
}
