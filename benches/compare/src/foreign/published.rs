//! Compares an answer with what is published of a model of the gallery.

use super::answer::Answer;
use super::gallery::known;

/// Lists every difference between an answer about the model with this name, for which these properties
/// were judged, and what is published.
pub fn differences(name: &str, judged: &[&str], answer: &Answer) -> Vec<String> {
    let Some(known) = known().into_iter().find(|known| known.name == name) else {
        return vec![format!("the gallery has no model `{name}`")];
    };
    let shown = answer.shown.iter().map(|(name, steps)| (name.as_str(), *steps as usize));
    let shown: Vec<_> = shown.collect();
    let generated = answer.generated.unwrap_or_default();
    let all = known.differences(answer.distinct, generated, answer.depth, judged, &shown);
    all.into_iter().map(|one| format!("{name}: {one} ({})", known.source)).collect()
}
