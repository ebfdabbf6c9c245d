//! The same models in foreign engines: every default scenario and the gallery, in Latchwork, Stateright
//! and SPIN.
//!
//! The engines share the model: its initial states, its steps, and what each property says about one
//! state. Each engine does its own search, storage and verdicts. Symmetry is off.
//!
//! | file | what it holds |
//! |---|---|
//! | `subjects`, `gallery` | typed models by address |
//! | `judge` | what single states show |
//! | `answer`, `published` | what an engine found, and comparison |
//! | `through_latchwork`, `through_stateright`, `through_spin` | one engine each |
//! | `report` | the table |

mod answer;
mod gallery;
mod judge;
mod published;
mod report;
pub mod subjects;
mod through_latchwork;
pub mod through_spin;
mod through_stateright;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use latchwork_model::kit::Model;

use crate::Failure;
use answer::Answer;
use judge::{Question, steps};
use report::{Row, Versions};
use subjects::{Subject, With};
use through_spin::{Order, Shape, Verifier};

/// The most states of a space that is compared.
const MOST: u64 = 1_000_000;

/// Compare counts and verdicts with those of foreign engines
#[derive(Args)]
pub struct Foreign {
    /// Scenario files, or `gallery:NAME`; the table of some is printed and not kept [default: every
    /// default scenario and the gallery]
    subjects: Vec<String>,
    /// The folder of the report
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reports"))]
    out: PathBuf,
    /// Leave SPIN out even where it is installed
    #[arg(long)]
    without_spin: bool,
}

impl Foreign {
    /// Runs the command. The error says where engines differ.
    pub fn run(self) -> Result<(), Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let subjects = match &self.subjects[..] {
            [] => defaults(&root)?,
            some => some.iter().map(|address| Subject::at(address)).collect(),
        };
        let spin = match self.without_spin {
            true => Some("SPIN is left out, as asked".into()),
            false => through_spin::missing(),
        };
        if let Some(sentence) = &spin {
            eprintln!("{sentence}");
        }
        if subjects.is_empty() {
            return Err("there is nothing to compare".into());
        }
        let mut rows = Vec::new();
        for subject in subjects {
            rows.push(compared(subject)?);
        }
        let versions = if spin.is_none() {
            explore_with_spin(&mut rows)?;
            Versions { spin: Some(through_spin::version()?) }
        } else {
            Versions { spin: None }
        };
        let text = report::text(&rows, &versions);
        if self.subjects.is_empty() {
            std::fs::create_dir_all(&self.out)?;
            std::fs::write(self.out.join("foreign.md"), &text)?;
            std::fs::write(self.out.join("foreign.json"), report::json(&rows, &versions)?)?;
        } else {
            print!("{text}");
        }
        let different: Vec<String> = rows.iter().flat_map(Row::differences).collect();
        if different.is_empty() { Ok(()) } else { Err(different.join("\n").into()) }
    }
}

/// Returns every default scenario in the order of `latchwork check`, then the gallery.
fn defaults(root: &Path) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    for entry in latchwork::protocols::all() {
        let mut paths = Vec::new();
        for file in std::fs::read_dir(root.join("scenarios").join(entry.name))? {
            paths.push(file?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        subjects.extend(paths.into_iter().map(Subject::Scenario));
    }
    let gallery = gallery::names().into_iter();
    subjects.extend(gallery.map(|name| Subject::Gallery(name.into())));
    Ok(subjects)
}

/// Asks Latchwork and Stateright about a subject.
fn compared(subject: Subject) -> Result<Row, Failure> {
    eprintln!("{}", subject.name());
    let (shape, judged, answers) = subject.with(Compare)?;
    let (latchwork, stateright) = answers.unzip();
    if let (Subject::Gallery(name), Some(answer)) = (&subject, &latchwork) {
        let different = published::differences(name, &judged, answer);
        if !different.is_empty() {
            return Err(different.join("\n").into());
        }
    }
    Ok(Row { subject, shape, latchwork, stateright, spin: None })
}

/// Returns what SPIN must know of a model.
fn shape_of<M: Model>(model: &M) -> Shape {
    let mut initial = 0;
    model.initial(&mut |_| initial += 1);
    Shape {
        size: size_of::<M::State>(),
        initial,
        steps: steps(model).len(),
        properties: Question::own::<M>(),
    }
}

/// Asks for the shape of a subject.
pub struct ShapeOf;

impl With for ShapeOf {
    type Answer = Shape;

    fn with<M: Model>(self, model: M) -> Shape {
        shape_of(&model)
    }
}

struct Compare;

impl With for Compare {
    /// The shape, the properties that are judged, and the answers of Latchwork and Stateright.
    type Answer = (Shape, Vec<&'static str>, Option<(Answer, Answer)>);

    fn with<M: Model>(self, model: M) -> Self::Answer {
        let shape = shape_of(&model);
        let model = Arc::new(model);
        let answers = through_latchwork::answer(&*model, MOST)
            .map(|latchwork| (latchwork, through_stateright::answer(&model)));
        let judged = Question::all::<M>().into_iter().map(Question::name::<M>).collect();
        (shape, judged, answers)
    }
}

/// Asks SPIN about all rows: one verifier serves the scenarios of a protocol.
fn explore_with_spin(rows: &mut [Row]) -> Result<(), Failure> {
    let library = through_spin::library()?;
    let folder = tempfile::tempdir()?;
    let groups = rows.chunk_by_mut(|one, other| one.shape.properties == other.shape.properties);
    for (number, group) in groups.enumerate() {
        let shape = group.iter().map(|row| row.shape.clone()).reduce(|one, other| one.or(&other));
        let Some(shape) = shape else { continue };
        eprintln!("SPIN for {}: {} steps", group[0].subject.name(), shape.steps);
        let own = folder.path().join(number.to_string());
        let verifier = Verifier::build(shape, Order::Breadth, &library, &own)?;
        for row in group.iter_mut().filter(|row| row.latchwork.is_some()) {
            row.spin = Some(verifier.answer(&row.subject, row.shape.initial)?);
        }
    }
    Ok(())
}

/// One search of one subject by one engine, in a process whose time and memory can be measured
///
/// SPIN's verifiers are processes of their own anyway.
#[derive(Args)]
pub struct Search {
    /// Which engine
    engine: Engine,
    /// A scenario file, or `gallery:NAME`
    subject: String,
    /// How many threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Latchwork,
    /// Latchwork, with `can_finish` and the properties of fair runs
    Everything,
    Stateright,
}

impl Search {
    /// Runs the command: prints how many states there are.
    pub fn run(self) -> Result<(), Failure> {
        let distinct = Subject::at(&self.subject).with(self)?;
        println!("{distinct} distinct");
        Ok(())
    }
}

impl With for Search {
    type Answer = u64;

    fn with<M: Model>(self, model: M) -> u64 {
        match self.engine {
            Engine::Latchwork => through_latchwork::distinct(&model, self.threads),
            Engine::Everything => through_latchwork::everything(&model, self.threads),
            Engine::Stateright => through_stateright::distinct(model, self.threads),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::sync::Arc;

    use latchwork_model::kit::{
        Claim, FIRED, Fifo, Fired, Model, Property, claim, exceeded, implies,
    };
    use latchwork_model::{actions, properties, state};

    use super::subjects::Subject;
    use super::{MOST, compared, through_latchwork, through_stateright};

    /// A scenario of every protocol, and models of the gallery in which something is found.
    const SOME: [&str; 9] = [
        "scenarios/async_grant/plain.json",
        "scenarios/recall/one_local.json",
        "scenarios/dirlock/below_itself.json",
        "scenarios/downconvert/ex_ex.json",
        "scenarios/delegation_return/sync.json",
        "gallery:philosophers/5",
        "gallery:ewd840/never_black",
        "gallery:paxos",
        "gallery:two_phase",
    ];

    #[test]
    fn stateright_finds_the_same() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = BTreeSet::new();
        for address in SOME {
            let subject = match Subject::at(address) {
                Subject::Scenario(path) => Subject::Scenario(root.join(path)),
                gallery => gallery,
            };
            let row = compared(subject).expect("there is such a model");
            assert!(row.stateright.is_some(), "{address} was not compared");
            assert_eq!(row.differences(), [""; 0], "{address}");
            found.extend(row.latchwork.expect("an answer").shown.into_keys());
        }
        // An invariant, a deadlock and a goal are among what both have found.
        for name in ["detection_is_right", "deadlock", "a_value_is_chosen"] {
            assert!(found.contains(name), "nothing has shown `{name}`: {found:?}");
        }
    }

    state! {
        /// Messages that nobody receives.
        struct Sent {
            queue: Fifo<u8, 2>,
            stopped: bool,
        }
    }

    /// Sends until the queue is full, and may stop.
    struct Sender;

    actions! { Sender, Sent;
        fair sender {
            /// Send a message.
            send();
        }
        optional user {
            /// Stop sending.
            stop();
        }
    }

    impl Sender {
        fn send(&self, s: &mut Sent) -> Fired {
            when_going(s)?;
            s.queue.push(1).or(exceeded("messages"))
        }

        fn stop(&self, s: &mut Sent) -> Fired {
            when_going(s)?;
            s.stopped = true;
            FIRED
        }

        fn sends_one(&self, s: &Sent) -> Claim {
            claim(s.queue.len() != 1)
        }

        fn both_are_sent(&self, s: &Sent) -> Claim {
            implies(s.queue.len() == 2, true)
        }
    }

    fn when_going(s: &Sent) -> Fired {
        latchwork_model::kit::when(!s.stopped)
    }

    impl Model for Sender {
        const PROPERTIES: &'static [Property<Self>] = properties! { Sender;
            /// Who rests has not sent exactly one.
            at_rest sends_one;
            /// Two are sent.
            reachable both_are_sent;
        };

        fn initial(&self, emit: &mut dyn FnMut(&Sent)) {
            emit(&Sent::default());
        }

        fn done(&self, s: &Sent) -> bool {
            s.queue.len() != 2
        }
    }

    /// Each kind of property, found where it must be: the sender rests only once it is stopped.
    #[test]
    fn both_judge_every_kind_of_property() {
        let own = through_latchwork::answer(&Sender, MOST).expect("a small space");
        let expected =
            [("both_are_sent", 2), ("bound_exceeded", 3), ("deadlock", 3), ("sends_one", 2)];
        let shown: Vec<_> = own.shown.iter().map(|(name, steps)| (&**name, *steps)).collect();
        assert_eq!(shown, expected);
        assert_eq!(own.distinct, 6);
        assert_eq!(own.differences(&through_stateright::answer(&Arc::new(Sender))), [""; 0]);
        assert_eq!(through_latchwork::answer(&Sender, 5), None, "a space that is too large");
    }
}
