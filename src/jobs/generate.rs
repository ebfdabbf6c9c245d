//! Random configurations: sizes, workloads and fault budgets, generated from the shapes that a
//! protocol allows. A failing configuration is minimized.
//!
//! proptest generates and minimizes the values. The value itself is saved, as a scenario file: with
//! another version of proptest the same seed may generate another value.

use latchwork_model::kit::{Field, Shape};
use proptest::collection::vec;
use proptest::strategy::{BoxedStrategy, Just, Strategy, Union, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::engines::explore::Watch;
use crate::engines::verdict::PropertyId;
use crate::files::configuration::{Configuration, Tree, default};

/// The maximum number of values generated per configuration, because many are inconsistent.
const DRAWS: u64 = 50;
/// The maximum number of steps for minimizing a failing configuration.
const ATTEMPTS: u64 = 2_000;

/// The result of trying random configurations.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The number of configurations tried.
    pub tried: u64,
    /// The number of generated values that were inconsistent.
    pub refused: u64,
    /// The number of configurations tried to minimize the failing one.
    pub attempts: u64,
    /// The smallest failing configuration, and the property that it violates.
    pub smallest: Option<(Configuration, PropertyId)>,
    /// Whether the search was interrupted.
    pub interrupted: bool,
}

/// Tries up to `count` random configurations with the rules of `base`, up to the first that fails,
/// and minimizes it. The minimized configuration violates the same property.
pub fn generate(
    base: &Configuration,
    count: u64,
    seed: u64,
    fails: &dyn Fn(&Configuration) -> Option<PropertyId>,
    watch: &dyn Watch,
) -> Generated {
    let values = (record(base.entry.bounds), record(base.entry.faults));
    let configuration = |(bounds, faults): (Tree, Tree)| {
        let drawn = Configuration { bounds, faults, ..base.clone() };
        drawn.instance().is_ok().then_some(drawn)
    };
    let mut runner = runner(seed);
    let mut generated =
        Generated { tried: 0, refused: 0, attempts: 0, smallest: None, interrupted: false };
    let most = count.saturating_mul(DRAWS);
    while generated.tried < count
        && generated.tried + generated.refused < most
        && generated.smallest.is_none()
    {
        if watch.interrupted() {
            generated.interrupted = true;
            break;
        }
        let tree = values.new_tree(&mut runner).ok();
        let drawn = tree.and_then(|tree| Some((configuration(tree.current())?, tree)));
        let Some((drawn, mut tree)) = drawn else {
            generated.refused += 1;
            continue;
        };
        generated.tried += 1;
        let Some(property) = fails(&drawn) else { continue };
        let mut smallest = drawn;
        let mut moved = tree.simplify();
        while moved && generated.attempts < ATTEMPTS {
            generated.attempts += 1;
            let smaller = configuration(tree.current());
            let still = smaller.filter(|smaller| fails(smaller) == Some(property));
            moved = match still {
                Some(smaller) => {
                    smallest = smaller;
                    tree.simplify()
                }
                None => tree.complicate(),
            };
        }
        generated.smallest = Some((smallest, property));
    }
    generated
}

/// Returns a random source that depends on the seed only.
fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    // proptest must not write files of its own: the result is saved as a scenario.
    let config = Config { failure_persistence: None, source_file: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Generates records with these fields. With probability one half a field has its default, and
/// minimization prefers the default too.
fn record(fields: &'static [Field]) -> BoxedStrategy<Tree> {
    let value = |field: &'static Field| match default(field) {
        Some(default) => Union::new([Just(default).boxed(), shape(&field.shape)]).boxed(),
        None => shape(&field.shape),
    };
    let values: Vec<BoxedStrategy<Tree>> = fields.iter().map(value).collect();
    let named = |values: Vec<Tree>| {
        Tree::Record(fields.iter().map(|field| field.name).zip(values).collect())
    };
    values.prop_map(named).boxed()
}

/// Generates the values of a shape.
fn shape(shape: &'static Shape) -> BoxedStrategy<Tree> {
    match shape {
        Shape::Number { min, max, .. } => (*min..=*max).prop_map(Tree::Number).boxed(),
        Shape::Flag => proptest::bool::ANY.prop_map(Tree::Flag).boxed(),
        Shape::Choice { names, .. } => {
            (0..names.len()).prop_map(|at| Tree::Choice(at as u8, names[at])).boxed()
        }
        Shape::List { min, max, item, .. } => {
            let items = vec(self::shape(item), usize::from(*min)..=usize::from(*max));
            items.prop_map(Tree::List).boxed()
        }
        Shape::Record(fields) => record(fields),
    }
}
