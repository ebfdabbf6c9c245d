// Random models, and a naive reference with which every engine must agree.
//
// A model is generated from bytes: a few processes of every fairness, numbers that stay below a limit,
// guards, and properties of every kind, with and without a parameter. Some models exceed bounds,
// panic, change the state before a guard fails, begin in several states, or claim that processes
// are interchangeable, which may be wrong. The reference computes from the same data what a search
// must find, in the way of a textbook: plain maps, strongly connected components, and no code of
// the engine.
//
// `tests/it/engines/random.rs` compares a fixed thousand of models, `examples/random_models.rs` any number,
// `fuzz/fuzz_targets/model.rs` those of a fuzzer, and `src/engines/explore/planted.rs` shows that
// defects of the engine are noticed.
//
// | file | what it holds |
// |---|---|
// | `table` | the data of a model, and what it does |
// | `model` | the same model as engines see it |
// | `draw` | a model from bytes |
// | `space` | the reference: states and steps |
// | `fair` | the reference: fair runs |
// | `expected` | the reference: what a search must find |
// | `orbits` | the reference: interchangeable processes |
// | `judge` | whether a run that was found shows what it should |
// | `compare` | one model: the plain search, and all other ways to search |
// | `interrupted` | searches that are stopped and resumed |
// | `on_files` | searches that keep their levels in files: what these two share |
// | `on_disk` | searches on disk |
// | `on_ranks` | searches by several ranks |
// | `shortened` | runs that are sampled and minimized |
// | `counts` | what was compared |
// | `many` | many models on some threads |
//
// (No inner documentation: one of the users includes this file.)

pub mod compare;
mod counts;
mod draw;
mod expected;
mod fair;
mod interrupted;
mod judge;
pub mod many;
mod model;
mod on_disk;
mod on_files;
mod on_ranks;
mod orbits;
mod shortened;
mod space;
mod table;
