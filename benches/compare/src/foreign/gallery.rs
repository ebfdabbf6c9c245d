//! The models of `examples/gallery`, found by name.

use latchwork_model::kit::Model;

use super::subjects::With;

#[path = "../../../../examples/gallery/models/mod.rs"]
pub mod models;

use models::known::{Known, Visitor};

/// Returns what is published of all models.
pub fn known() -> Vec<Known> {
    struct All(Vec<Known>);
    impl Visitor for All {
        fn visit<M: Model>(&mut self, known: Known, _model: M) {
            self.0.push(known);
        }
    }
    let mut all = All(Vec::new());
    models::show(&mut all);
    all.0
}

/// Returns the names of all models.
pub fn names() -> Vec<&'static str> {
    known().into_iter().map(|known| known.name).collect()
}

/// Hands the model with this name to `what`.
pub fn find<W: With>(name: &str, what: W) -> Result<W::Answer, String> {
    let mut search = Search { name, what: Some(what), answer: None };
    models::show(&mut search);
    search.answer.ok_or_else(|| {
        format!("the gallery has no model `{name}`\nhint: it has {}", names().join(", "))
    })
}

struct Search<'a, W: With> {
    name: &'a str,
    what: Option<W>,
    answer: Option<W::Answer>,
}

impl<W: With> Visitor for Search<'_, W> {
    fn visit<M: Model>(&mut self, known: Known, model: M) {
        if known.name == self.name
            && let Some(what) = self.what.take()
        {
            self.answer = Some(what.with(model));
        }
    }
}
