//! The fields of a state by name.

use std::fmt::{self, Write as _};

use latchwork_model::kit::{Items, Model, Visit, Visitor};

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldValue {
    /// A number; a flag is 0 or 1.
    Number(u8),
    /// A name, an id, or the members of a set separated by spaces.
    Text(String),
    /// The items of a channel or a queue, in order.
    List(Vec<String>),
}

impl FieldValue {
    /// Returns the value as a word in a sentence: an empty list is `empty`, and no name `nothing`.
    pub fn word(&self) -> String {
        match self {
            Self::Text(text) if text.is_empty() => "nothing".to_string(),
            Self::List(items) if items.is_empty() => "empty".to_string(),
            value => value.to_string(),
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) if text.is_empty() => f.write_str("-"),
            Self::Text(text) => f.write_str(text),
            Self::List(items) if items.is_empty() => f.write_str("-"),
            Self::List(items) => f.write_str(&items.join(" ")),
        }
    }
}

/// A field of a state with its documentation in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The path to the field, separated by dots: `node.n0.busy`.
    pub path: String,
    /// Its value.
    pub value: FieldValue,
    /// The doc comment of the field.
    pub doc: &'static str,
    /// The doc comment of the value, if it is one of the named values.
    pub value_doc: &'static str,
    /// Whether the field is a channel: an item that one step puts in and another takes out has
    /// travelled.
    pub channel: bool,
    /// The number of parts of the path, after the first, that are ids of table entries.
    pub ids: usize,
}

/// Returns all fields of a state that are in use under the bounds of `model`, in order.
pub fn described<M: Model>(model: &M, state: &M::State) -> Vec<Described> {
    let mut collector = Collector {
        size: &|kind| model.domain_size(kind),
        path: Vec::new(),
        ids: Vec::new(),
        docs: Vec::new(),
        items: None,
        kind: Items::Set,
        fields: Vec::new(),
    };
    state.visit(&mut collector);
    collector.fields
}

/// The values of all fields of a state as text, in the order of [`described`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    text: String,
    /// The end of each value in the text.
    ends: Vec<usize>,
}

impl Values {
    /// Returns the value of a field by its position; `-` if it is empty. For a list, returns its
    /// items separated by spaces.
    pub fn at(&self, field: usize) -> &str {
        let begin = field.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[begin..self.ends[field]]
    }
}

/// Returns the values of all fields of a state, as [`described`] does, without their names.
pub fn values<M: Model>(model: &M, state: &M::State) -> Values {
    let values = Values { text: String::new(), ends: Vec::new() };
    let mut writer =
        Writer { size: &|kind| model.domain_size(kind), values, items: None, parts: 0 };
    state.visit(&mut writer);
    writer.values
}

struct Writer<'a> {
    size: &'a dyn Fn(&str) -> Option<u8>,
    values: Values,
    /// Inside a queue or a set: the number of items so far.
    items: Option<usize>,
    /// The number of values in the last item so far.
    parts: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: fmt::Arguments<'_>) {
        if self.items.is_some() && self.parts > 0 {
            self.values.text.push(':');
        }
        self.parts += 1;
        // Writing to a string does not fail.
        let _ = self.values.text.write_fmt(value);
        if self.items.is_none() {
            self.values.ends.push(self.values.text.len());
        }
    }
}

impl Visitor for Writer<'_> {
    fn field(&mut self, _: &'static str, _: &'static str) {}

    fn entry(&mut self, kind: &'static str, index: u8) -> bool {
        (self.size)(kind).is_none_or(|size| index < size)
    }

    fn leave(&mut self) {}

    fn number(&mut self, value: u8) {
        self.value(format_args!("{value}"));
    }

    fn name(&mut self, value: &'static str, _: &'static str) {
        self.value(format_args!("{}", if value.is_empty() { "-" } else { value }));
    }

    fn id(&mut self, kind: &'static str, index: u8) {
        self.value(format_args!("{kind}{index}"));
    }

    fn begin(&mut self, _: Items) {
        self.items = Some(0);
    }

    fn item(&mut self) {
        if let Some(items) = &mut self.items {
            *items += 1;
            self.parts = 0;
            if *items > 1 {
                self.values.text.push(' ');
            }
        }
    }

    fn end(&mut self) {
        if self.items.take() == Some(0) {
            self.values.text.push('-');
        }
        self.values.ends.push(self.values.text.len());
    }
}

struct Collector<'a> {
    size: &'a dyn Fn(&str) -> Option<u8>,
    path: Vec<String>,
    /// Which parts of the path are ids of table entries.
    ids: Vec<bool>,
    /// The doc comments of the enclosing fields.
    docs: Vec<&'static str>,
    /// Inside a queue or a set: its items so far. The fields of an item are separated by colons.
    items: Option<Vec<String>>,
    kind: Items,
    fields: Vec<Described>,
}

impl Collector<'_> {
    fn value(&mut self, value: FieldValue, value_doc: &'static str) {
        match &mut self.items {
            Some(items) => {
                let Some(item) = items.last_mut() else { return };
                if !item.is_empty() {
                    item.push(':');
                }
                item.push_str(&value.to_string());
            }
            None => {
                let (path, doc) = (self.path.join("."), self.docs.last().copied().unwrap_or(""));
                let channel = self.kind == Items::Channel && matches!(value, FieldValue::List(_));
                let ids = self.ids.iter().skip(1).take_while(|is_id| **is_id).count();
                self.fields.push(Described { path, value, doc, value_doc, channel, ids });
            }
        }
    }
}

impl Visitor for Collector<'_> {
    fn field(&mut self, name: &'static str, doc: &'static str) {
        self.path.push(name.to_string());
        self.ids.push(false);
        self.docs.push(doc);
    }

    fn entry(&mut self, kind: &'static str, index: u8) -> bool {
        let used = (self.size)(kind).is_none_or(|size| index < size);
        if used {
            self.path.push(format!("{kind}{index}"));
            self.ids.push(true);
            self.docs.push(self.docs.last().copied().unwrap_or(""));
        }
        used
    }

    fn leave(&mut self) {
        self.path.pop();
        self.ids.pop();
        self.docs.pop();
    }

    fn number(&mut self, value: u8) {
        self.value(FieldValue::Number(value), "");
    }

    fn name(&mut self, value: &'static str, doc: &'static str) {
        self.value(FieldValue::Text(value.to_string()), doc);
    }

    fn id(&mut self, kind: &'static str, index: u8) {
        self.value(FieldValue::Text(format!("{kind}{index}")), "");
    }

    fn begin(&mut self, kind: Items) {
        self.items = Some(Vec::new());
        self.kind = kind;
    }

    fn item(&mut self) {
        if let Some(items) = &mut self.items {
            items.push(String::new());
        }
    }

    fn end(&mut self) {
        let items = self.items.take().unwrap_or_default();
        let whole = match self.kind {
            Items::Channel | Items::Queue => FieldValue::List(items),
            Items::Set => FieldValue::Text(items.join(" ")),
        };
        self.value(whole, "");
    }
}
