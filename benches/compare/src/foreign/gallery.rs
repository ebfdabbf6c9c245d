//! The models of `examples/gallery`, found by name.

use latchwork_model::kit::Model;

use super::subjects::With;

// Not every figure in it is used here.
#[allow(dead_code, reason = "the figures are compared by the example")]
#[path = "../../../../examples/gallery/models/mod.rs"]
mod models;

use models::known::{Known, Visitor};

/// Returns the names of all models.
pub fn names() -> Vec<&'static str> {
    struct Names(Vec<&'static str>);
    impl Visitor for Names {
        fn visit<M: Model>(&mut self, known: Known, _model: M) {
            self.0.push(known.name);
        }
    }
    let mut names = Names(Vec::new());
    models::show(&mut names);
    names.0
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
