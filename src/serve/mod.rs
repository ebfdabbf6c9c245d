//! The live page. Every request is answered from its address alone, which contains the run to show;
//! the server keeps no state between requests.

pub mod address;
mod page;

use latchwork_model::kit::Step;

use crate::encoding::json::suggest;
use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::{BuiltIn, Path, PropertyId, PropertyInfo, PropertyKind};
use crate::files::case::Case;
use crate::files::configuration::Configuration;
use crate::jobs::finish::{Finish, finish};
use crate::protocols::trace::{changes, process_of};
use crate::report::run::on_model::Run;
use crate::report::run::story::Telling;

use address::Address;
use page::{Choice, Next, Recorded, Status, View};

/// The maximum number of steps of a run that is shown, because its address must fit into a request.
pub const MOST_STEPS: usize = 150;

/// The maximum number of states that are searched for one in which the protocol is done.
const MOST_STATES: usize = 40_000;

/// The content of the site: a model, and a case of it if there is one.
pub struct Site {
    name: String,
    configuration: Configuration,
    model: Box<dyn Instance>,
    initial: Vec<StateBytes>,
    case: Option<Recorded>,
}

/// A response.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The page.
    pub page: String,
}

/// Why there is no page: a status, a sentence, and the longest valid part of the run.
struct Refused(u16, String, Option<Address>);

impl Site {
    /// Creates a site for a model in one configuration. `name` is its name on the page.
    pub fn new(name: String, configuration: Configuration) -> Result<Self, &'static str> {
        let model = configuration.instance()?;
        let initial = model.initial();
        Ok(Self { name, configuration, model, initial, case: None })
    }

    /// Adds a case to follow, as far as its steps are possible under the rules of this site; `None` if
    /// the model does not have the initial state of the case.
    pub fn with_case(mut self, case: &Case) -> Option<Self> {
        let (from, taken) = match Run::of_case(case, self.model.as_ref()) {
            // The last step may be one that cannot be completed.
            Some(run) => (run.path.initial, case.steps.len()),
            None => {
                let run = Run::as_far_as(case, self.model.as_ref())?;
                (run.path.initial, run.path.steps.len())
            }
        };
        let steps = case.steps.iter().take(taken).map(|step| step.action.clone()).collect();
        let address = Address { from, steps, at: None };
        let refused = case.steps.get(taken).map(|step| step.action.clone());
        self.case = Some(Recorded {
            address,
            verdict: case.verdict.clone(),
            rules: case.configuration.rule_set(),
            same_rules: case.configuration.rule_set() == self.configuration.rule_set(),
            refused,
        });
        Some(self)
    }

    /// Answers a request. Only host names of this machine are answered, so that a foreign page that
    /// uses another name for this machine cannot read the site.
    pub fn answer(&self, host: Option<&str>, path: &str, query: &str) -> Reply {
        let reply = match self.page(host, path, query) {
            Ok(page) => return Reply { status: 200, page },
            Err(refused) => refused,
        };
        let Refused(status, why, prefix) = reply;
        let back = prefix.as_ref().map_or("/".to_string(), Address::to_link);
        Reply { status, page: page::refusal(&self.name, status, &why, &back) }
    }

    fn page(&self, host: Option<&str>, path: &str, query: &str) -> Result<String, Refused> {
        if !host.is_some_and(is_loopback) {
            let why = "This page answers to 127.0.0.1, ::1 and localhost, and to no other name.";
            return Err(Refused(403, why.to_string(), None));
        }
        if path != "/" {
            return Err(Refused(404, format!("There is no page {path} here."), None));
        }
        let address = Address::parse(query).map_err(|why| Refused(400, why, None))?;
        let run = self.run(&address)?;
        let at = address.at.unwrap_or(run.path.steps.len());
        if at > run.path.steps.len() {
            let why = format!("The run has {} steps, and no step {at}.", run.path.steps.len());
            return Err(Refused(400, why, Some(Address { at: None, ..address })));
        }
        Ok(self.view(&address, &run, at))
    }

    /// Returns the run that an address names.
    fn run(&self, address: &Address) -> Result<Run<'_>, Refused> {
        let entry = self.configuration.entry;
        if address.from >= self.initial.len() {
            let why = format!("There are {} initial states.", self.initial.len());
            return Err(Refused(400, why, None));
        }
        if address.steps.len() > MOST_STEPS {
            let why = format!("A run of more than {MOST_STEPS} steps is not shown here.");
            return Err(Refused(400, why, Some(address.first(MOST_STEPS))));
        }
        let known: Vec<(String, Step)> = self
            .model
            .all_steps()
            .into_iter()
            .map(|step| (step.spell(entry.actions).to_string(), step))
            .collect();
        let mut state = self.initial[address.from].clone();
        let mut steps = Vec::new();
        for (at, action) in address.steps.iter().enumerate() {
            let refused = |why: String| {
                let why = format!("Step {}, {action}: {why}", at + 1);
                Refused(404, why, Some(address.first(at)))
            };
            let Some((_, step)) = known.iter().find(|(name, _)| name == action) else {
                let names = known.iter().map(|(name, _)| name.as_str());
                let hint = suggest(action, names, "actions");
                return Err(refused(format!("no action of this configuration; {hint}.")));
            };
            state = self
                .model
                .fire(&state, *step)
                .map_err(|refusal| refused(format!("{}.", refusal.in_words())))?;
            steps.push(*step);
        }
        let path = Path { initial: address.from, steps };
        Ok(Run::new(entry, self.model.as_ref(), path))
    }

    fn view(&self, address: &Address, run: &Run<'_>, at: usize) -> String {
        let (model, state) = (self.model.as_ref(), &run.states[at]);
        let choices = model.enabled(state).into_iter().map(|step| self.choice(run, state, step));
        let finish = finish(run.entry, model, state, MOST_STATES);
        let ids = (0..).map(PropertyId).zip((self.configuration.entry.properties)());
        let status = |(id, info): (PropertyId, PropertyInfo)| {
            let status = self.status(run, at, id, &info, &finish);
            (info, status)
        };
        page::page(&View {
            name: &self.name,
            run: &Telling::of(&self.configuration, run),
            address,
            at,
            initial: self.initial.len(),
            choices: choices.collect(),
            fields: model.described(state),
            properties: ids.map(status).collect(),
            way: self.way(address, run, at, &finish),
            finish,
            done: model.done(state),
            case: self.case.as_ref(),
            full: address.steps.len() >= MOST_STEPS && at == address.steps.len(),
        })
    }

    /// Returns what is known of a property after some steps of a run.
    fn status(
        &self,
        run: &Run<'_>,
        at: usize,
        id: PropertyId,
        info: &PropertyInfo,
        finish: &Finish,
    ) -> Status {
        if info.kind == PropertyKind::BuiltIn(BuiltIn::CanFinish) {
            return match finish {
                Finish::Way { .. } => Status::NotShown,
                Finish::Stuck(_) => Status::Shown,
                Finish::Unknown(_) => Status::Unknown,
            };
        }
        if info.kind.is_of_runs() {
            return Status::OfRuns;
        }
        let shows = |state: &StateBytes| self.model.shows(state, id);
        if shows(&run.states[at]) {
            return Status::Shown;
        }
        run.states[..at].iter().position(shows).map_or(Status::NotShown, Status::ShownAfter)
    }

    /// Returns the run that goes on to a done state, if one was found and can be shown.
    fn way(&self, address: &Address, run: &Run<'_>, at: usize, finish: &Finish) -> Option<Address> {
        let Finish::Way { steps, .. } = finish else { return None };
        let fits = !steps.is_empty() && at + steps.len() <= MOST_STEPS;
        let mut way = address.first(at);
        way.steps.extend(steps.iter().map(|step| run.spell(*step)));
        fits.then_some(way)
    }

    fn choice(&self, run: &Run<'_>, state: &StateBytes, step: Step) -> Choice {
        let info = &run.entry.actions[usize::from(step.action)];
        let next = match self.model.fire(state, step) {
            Ok(next) => Next::Changes(changes(self.model.as_ref(), state, &next)),
            Err(refusal) => Next::Refused(refusal.in_words()),
        };
        let lane = &run.entry.lanes[usize::from(info.lane)];
        let action = run.spell(step);
        let process = process_of(run.entry, &action);
        Choice { action, process, sentence: info.doc, fairness: lane.fairness, next }
    }
}

/// Returns whether a `Host` header names this machine, on any port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in ["127.0.0.1:8417", "localhost", "LOCALHOST:1", "[::1]:8417", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "example.org:8417", "127.0.0.1.example.org", "localhost.example.org", "::1"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
