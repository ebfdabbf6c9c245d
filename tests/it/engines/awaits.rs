//! What a `leads_to` property waits for: `awaits` can express it, `implies` cannot, and a check warns
//! about a property that tried.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{PropertyId, PropertySet};
use latchwork::files::configuration::{Configuration, Tree};
use latchwork::files::scenario::{Expect, Scenario};
use latchwork::jobs::check::{Checked, check};
use latchwork::model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup,
    VariantInfo, awaits, implies, when,
};
use latchwork::model::{actions, properties, rules, state};
use latchwork::protocols::Entry;
use latchwork::report::check::{json, text};
use latchwork::report::layout::Layout;

rules! {
    profiles {
        /// Everything.
        full;
    }
    rules {}
    variants {}
}

state! {
    /// A guest and a server.
    pub struct State {
        /// The guest has asked, and was not served yet.
        pub waiting: bool,
        /// The guest was served.
        pub served: bool,
    }
}

/// A guest who asks, again and again, and is served.
struct Inn;

actions! { Inn, State;
    optional guest {
        /// Ask.
        guest_asks();
    }
    fair server {
        /// Serve the guest.
        server_serves();
    }
}

impl Inn {
    fn guest_asks(&self, s: &mut State) -> Fired {
        when(!s.waiting)?;
        *s = State { waiting: true, served: false };
        FIRED
    }

    fn server_serves(&self, s: &mut State) -> Fired {
        when(s.waiting)?;
        *s = State { waiting: false, served: true };
        FIRED
    }

    fn is_served(&self, s: &State) -> Claim {
        awaits(s.waiting, s.served)
    }

    fn is_served_while_waiting(&self, s: &State) -> Claim {
        implies(s.waiting, s.served)
    }

    fn is_served_without_asking(&self, s: &State) -> Claim {
        implies(s.waiting && s.served, false)
    }
}

impl Model for Inn {
    const PROPERTIES: &'static [Property<Self>] = properties! { Inn;
        /// Whoever asks is served.
        leads_to is_served;
        /// The same, as it must not be written.
        leads_to is_served_while_waiting;
        /// Nothing is asked.
        leads_to is_served_without_asking;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        !s.waiting
    }
}

impl Protocol for Inn {
    const NAME: &'static str = "inn";
    const SUMMARY: &'static str = "a guest is served";
    const BOUNDS: &'static [Field] = &[];
    const FAULTS: &'static [Field] = &[];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        let _: (Rules, Variants) = (setup.rules.into(), setup.variants.into());
        Ok(Self)
    }
}

static ENTRY: Entry = Entry::of::<Inn>();

const WHILE_WAITING: PropertyId = PropertyId(1);

fn checked(ignore: PropertySet) -> Checked {
    let configuration = Configuration {
        entry: &ENTRY,
        bounds: Tree::Record(Vec::new()),
        faults: Tree::Record(Vec::new()),
        profile: 0,
        without: Vec::new(),
        with: Vec::new(),
    };
    let scenario = Scenario {
        name: "one".to_string(),
        configuration,
        ignore,
        reach: Vec::new(),
        expect: Expect::Holds,
        finding: None,
    };
    check(scenario, &Options::default(), &()).expect("an instance")
}

#[test]
fn it_holds_where_it_is_there_and_is_violated_where_it_waits() {
    assert_eq!(awaits(false, false), Claim::Vacuous);
    assert_eq!(awaits(true, false), Claim::Violated);
    assert_eq!(awaits(false, true), Claim::Holds);
    assert_eq!(awaits(true, true), Claim::Holds, "who waits for more has it all the same");
}

/// The guest is served whenever it asks. Written with `implies` the property is violated, and would be
/// so whatever the server did; that is said, of this one and of no other.
#[test]
fn a_property_that_holds_in_no_state_is_warned_of() {
    let found = explore(&Inn, &Options::default(), &());
    let violated: Vec<PropertyId> = found.discoveries.iter().map(|found| found.property).collect();
    assert_eq!(violated, [WHILE_WAITING]);
    assert_eq!(found.unanswered, [WHILE_WAITING].into_iter().collect());
    let checked = checked(PropertySet::EMPTY);
    let facts: serde_json::Value =
        serde_json::from_str(&json::scenario_text(&checked)).expect("JSON");
    let warnings = facts["properties"].as_array().expect("properties").iter();
    let warnings: Vec<&str> = warnings.filter_map(|one| one["warning"].as_str()).collect();
    let sentence = "`is_served_while_waiting` waits for something that exists in no state: is it \
                    written with `implies`, and not with `awaits`?";
    assert_eq!(warnings, [sentence]);
    let mut terminal = Vec::new();
    text::write_check(&mut terminal, &[checked], None, Layout::WHOLE).expect("memory");
    let terminal = String::from_utf8(terminal).expect("UTF-8");
    assert_eq!(terminal.matches("warning: ").count(), 1);
    assert!(terminal.contains(&format!("\nwarning: inn/one: {sentence}\n")), "{terminal}");
    let mut terminal = Vec::new();
    let both = [self::checked(PropertySet::EMPTY), self::checked(PropertySet::EMPTY)];
    text::write_check(&mut terminal, &both, None, Layout::WHOLE).expect("memory");
    let terminal = String::from_utf8(terminal).expect("UTF-8");
    assert_eq!(terminal.matches("warning: ").count(), 1, "once for both scenarios: {terminal}");
}

/// There is no warning about ignored properties, nor after an incomplete search.
#[test]
fn nothing_is_warned_of_that_was_not_looked_at() {
    let ignored = checked([WHILE_WAITING].into_iter().collect());
    assert_eq!(ignored.warnings(), Vec::new());
    let unfinished = explore(&Inn, &Options { states: Some(2), ..Options::default() }, &());
    assert!(unfinished.stopped.is_some() && unfinished.unanswered.is_empty());
}
