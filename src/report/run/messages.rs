//! The messages of a run: items that one step puts into a channel and another takes out.

use crate::engines::fields::FieldValue;
use crate::engines::instance::Instance;
use crate::protocols::trace::Change;

/// An item that went through a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The path of the channel.
    pub channel: String,
    /// What was sent.
    pub item: String,
    /// The step that sent it, counted from 0.
    pub sent: usize,
    /// The step that received it; `None` if it is still in transit at the end.
    pub taken: Option<usize>,
}

/// Returns the fields through which messages travel.
pub fn channels(instance: &dyn Instance) -> Vec<String> {
    let initial = instance.initial();
    let fields = initial.first().map_or(Vec::new(), |state| instance.described(state));
    fields.into_iter().filter(|field| field.channel).map(|field| field.path).collect()
}

/// Returns the messages of a run, derived from what its steps change, in the order in which they
/// were sent. Items that were in a channel from the beginning, and were not sent by any step, are
/// left out.
pub fn messages<'a>(
    steps: impl Iterator<Item = &'a [Change]>,
    channels: &[String],
) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for (at, changes) in steps.enumerate() {
        for change in changes.iter().filter(|change| channels.contains(&change.path)) {
            let (FieldValue::List(old), FieldValue::List(new)) = (&change.old, &change.new) else {
                continue;
            };
            for item in difference(old, new) {
                let mut open = messages.iter_mut().filter(|message| message.taken.is_none());
                let first =
                    open.find(|message| message.channel == change.path && message.item == item);
                if let Some(message) = first {
                    message.taken = Some(at);
                }
            }
            let channel = &change.path;
            messages.extend(difference(new, old).into_iter().map(|item| Message {
                channel: channel.clone(),
                item,
                sent: at,
                taken: None,
            }));
        }
    }
    messages
}

/// Returns the multiset difference of `of` and `without`.
fn difference(of: &[String], without: &[String]) -> Vec<String> {
    let mut without = without.to_vec();
    let is_extra = |item: &&String| match without.iter().position(|other| other == *item) {
        Some(at) => {
            without.remove(at);
            false
        }
        None => true,
    };
    of.iter().filter(is_extra).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{Change, FieldValue, Message, messages};

    fn step(path: &str, old: &[&str], new: &[&str]) -> Vec<Change> {
        let list =
            |items: &[&str]| FieldValue::List(items.iter().map(ToString::to_string).collect());
        vec![Change { path: path.to_string(), old: list(old), new: list(new) }]
    }

    #[test]
    fn a_message_is_taken_once_and_the_first_of_equal_ones_goes_first() {
        let steps = [
            step("net", &[], &["a"]),
            step("net", &["a"], &["a", "a"]),
            step("net", &["a", "a"], &["a", "b"]),
            step("net", &["a", "b"], &["b", "a"]),
            // Waiting in a queue is not travelling.
            step("waiting", &[], &["a"]),
        ];
        let message = |item: &str, sent, taken| Message {
            channel: "net".to_string(),
            item: item.to_string(),
            sent,
            taken,
        };
        assert_eq!(
            messages(steps.iter().map(Vec::as_slice), &["net".to_string()]),
            [message("a", 0, Some(2)), message("a", 1, None), message("b", 2, None)]
        );
    }
}
