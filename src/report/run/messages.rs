//! The messages of a run: items that one step puts into a channel and another takes out, and values
//! of fields that the protocol declares to be messages.

use latchwork_model::kit::{Mail, View};

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

/// Returns the ids that the `*` of a pattern stand for in a path; `None` if the path does not match.
pub fn ids_in<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut ids = Vec::new();
    let (mut parts, mut own) = (pattern.split('.'), path.split('.'));
    loop {
        match (parts.next(), own.next()) {
            (None, None) => return Some(ids),
            (Some("*"), Some(id)) => ids.push(id),
            (Some(part), Some(name)) if part == name => {}
            _ => return None,
        }
    }
}

/// Returns whether a value means that there is nothing: zero, an empty list, `None`, or one of the
/// names that a protocol declares.
pub fn is_nothing(view: &View, value: &FieldValue) -> bool {
    match value {
        FieldValue::Number(number) => *number == 0,
        FieldValue::List(items) => items.is_empty(),
        FieldValue::Text(text) => {
            text.is_empty() || text == "None" || view.nothing.contains(&text.as_str())
        }
    }
}

/// Returns the declaration of the messages in a field, if there is one.
pub fn mail_in(view: &View, path: &str) -> Option<&'static Mail> {
    view.mail.iter().find(|mail| ids_in(mail.field, path).is_some())
}

/// Returns the messages of a run, derived from what its steps change, in the order in which they
/// were sent. Items that were in a channel from the beginning, and were not sent by any step, are
/// left out.
pub fn messages<'a>(
    steps: impl Iterator<Item = &'a [Change]>,
    channels: &[String],
    view: &View,
) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for (at, changes) in steps.enumerate() {
        for change in changes {
            let Some((old, new)) = items(change, channels, view) else { continue };
            for item in difference(&old, &new) {
                let mut open = messages.iter_mut().filter(|message| message.taken.is_none());
                let first =
                    open.find(|message| message.channel == change.path && message.item == item);
                if let Some(message) = first {
                    message.taken = Some(at);
                }
            }
            let channel = &change.path;
            messages.extend(difference(&new, &old).into_iter().map(|item| Message {
                channel: channel.clone(),
                item,
                sent: at,
                taken: None,
            }));
        }
    }
    messages
}

/// Returns the items that are on their way in a field before and after a change; `None` if it holds
/// no messages.
fn items(change: &Change, channels: &[String], view: &View) -> Option<(Vec<String>, Vec<String>)> {
    let is_channel = channels.contains(&change.path);
    let mail = mail_in(view, &change.path);
    if !is_channel && mail.is_none() {
        return None;
    }
    let label = mail.map_or("", |mail| mail.label);
    let items = |value: &FieldValue| match value {
        FieldValue::List(items) => items.clone(),
        _ if is_nothing(view, value) => Vec::new(),
        FieldValue::Number(copies) => vec![label.to_string(); usize::from(*copies)],
        FieldValue::Text(text) => vec![format!("{label} {text}").trim_start().to_string()],
    };
    Some((items(&change.old), items(&change.new)))
}

/// Returns the multiset difference of `of` and `without`.
pub fn difference(of: &[String], without: &[String]) -> Vec<String> {
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
    use latchwork_model::kit::{Mail, View};

    use super::{Change, FieldValue, Message, ids_in, messages};

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
            messages(steps.iter().map(Vec::as_slice), &["net".to_string()], &View::NONE),
            [message("a", 0, Some(2)), message("a", 1, None), message("b", 2, None)]
        );
    }
    #[test]
    fn a_declared_field_is_a_message_while_it_holds_something() {
        const MAIL: &[Mail] = &[
            Mail { field: "client.*.lock_n", label: "LOCK", from: "client", to: "lm" },
            Mail { field: "client.*.reply", label: "", from: "lm", to: "client" },
        ];
        let view = View { mail: MAIL, ..View::NONE };
        let number = |old, new| Change {
            path: "client.c0.lock_n".to_string(),
            old: FieldValue::Number(old),
            new: FieldValue::Number(new),
        };
        let text = |old: &str, new: &str| Change {
            path: "client.c0.reply".to_string(),
            old: FieldValue::Text(old.to_string()),
            new: FieldValue::Text(new.to_string()),
        };
        let steps = [
            vec![number(0, 1)],
            vec![number(1, 2)],
            vec![number(2, 1), text("None", "Blocked")],
            vec![text("Blocked", "None")],
        ];
        let found = messages(steps.iter().map(Vec::as_slice), &[], &view);
        let found: Vec<(&str, usize, Option<usize>)> =
            found.iter().map(|one| (one.item.as_str(), one.sent, one.taken)).collect();
        assert_eq!(found, [("LOCK", 0, Some(2)), ("LOCK", 1, None), ("Blocked", 2, Some(3))]);
    }

    #[test]
    fn a_star_stands_for_one_part_of_a_path() {
        assert_eq!(ids_in("lease.*.*.kind", "lease.c0.x1.kind"), Some(vec!["c0", "x1"]));
        assert_eq!(ids_in("lease.*.kind", "lease.c0.x1.kind"), None);
        assert_eq!(ids_in("lock.*", "lock.i1.x"), None);
        assert_eq!(ids_in("grace", "grace"), Some(Vec::new()));
    }
}
