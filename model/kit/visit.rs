//! The parts of a value by name.

/// What has items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// A set.
    Set,
    /// A list that somebody keeps, first one first.
    Queue,
    /// A channel: what one step puts in and another one takes out has travelled.
    Channel,
}

/// A value that can name its parts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a state",
    note = "a field is a `bool`, a `u8`, an array of fields, a type declared with `state!` or `ids!`, \
            or one of `Table`, `Set`, `Fifo`, `Queue` and `Bag`",
    note = "there is no `Option`: use an empty `Set`, a flag, or a first variant such as `None`"
)]
pub trait Visit {
    /// Shows every field with its value to `visitor`, in the order in which they stand.
    fn visit(&self, visitor: &mut dyn Visitor);
}

/// Someone who wants to see the fields of a state: state differences, cases, exports.
pub trait Visitor {
    /// Goes into the field `name`; [`leave`](Visitor::leave) comes out again. `doc` is its sentence.
    fn field(&mut self, name: &'static str, doc: &'static str);
    /// Goes into the entry `index` of a table over ids that are spelled `kind` and a number;
    /// false means that this entry is not in use under the bounds: it is neither shown nor left.
    fn entry(&mut self, kind: &'static str, index: u8) -> bool;
    /// Comes out of a field or an entry.
    fn leave(&mut self);
    /// A number; a flag is 0 or 1.
    fn number(&mut self, value: u8);
    /// A named value: the variant of an enum. `doc` is its sentence; many have none.
    fn name(&mut self, value: &'static str, doc: &'static str);
    /// An id, spelled `kind` and a number.
    fn id(&mut self, kind: &'static str, index: u8);
    /// What follows, up to [`end`](Visitor::end), are the items of one value.
    fn begin(&mut self, kind: Items);
    /// What follows, up to the next item or the end, is one item.
    fn item(&mut self);
    /// The end of a list of items.
    fn end(&mut self);
}

impl Visit for bool {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.number(u8::from(*self));
    }
}

impl Visit for u8 {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.number(*self);
    }
}

/// The items of an array are numbered.
impl<T: Visit, const N: usize> Visit for [T; N] {
    fn visit(&self, visitor: &mut dyn Visitor) {
        for (index, item) in (0u8..).zip(self) {
            if visitor.entry("", index) {
                item.visit(visitor);
                visitor.leave();
            }
        }
    }
}
