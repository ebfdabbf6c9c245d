//! The parts of a value by name.

/// A kind of value that has items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// A set.
    Set,
    /// A list kept by a process, in order.
    Queue,
    /// A channel: an item that one step puts in and another takes out has travelled.
    Channel,
}

/// A value that can name its parts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a state",
    note = "a field is a `bool`, a `u8`, an array of fields, a type declared with `state!` or `ids!`, \
            or one of `Table`, `Set`, `Fifo`, `Queue`, `Bag`, `Timer`, `Clock`, `Stamp`, `Refs` and `Durable`",
    note = "there is no `Option`: use an empty `Set`, a flag, or a first variant such as `None`"
)]
pub trait Visit {
    /// Passes every field with its value to `visitor`, in order.
    fn visit(&self, visitor: &mut dyn Visitor);
}

/// A visitor of the fields of a state, for state differences, cases and exports.
pub trait Visitor {
    /// Enters the field `name`; [`leave`](Visitor::leave) leaves it again. `doc` is its doc
    /// comment.
    fn field(&mut self, name: &'static str, doc: &'static str);
    /// Enters the entry `index` of a table over ids that are spelled `kind` and a number. Returns
    /// `false` if this entry is not in use under the bounds; it is then neither shown nor left.
    fn entry(&mut self, kind: &'static str, index: u8) -> bool;
    /// Leaves a field or an entry.
    fn leave(&mut self);
    /// Shows a number; a flag is 0 or 1.
    fn number(&mut self, value: u8);
    /// Shows a named value: the variant of an enum. `doc` is its doc comment, which may be empty.
    fn name(&mut self, value: &'static str, doc: &'static str);
    /// Shows an id, spelled `kind` and a number.
    fn id(&mut self, kind: &'static str, index: u8);
    /// Begins the items of one value. They end with [`end`](Visitor::end).
    fn begin(&mut self, kind: Items);
    /// Begins an item, which ends at the next item or at the end.
    fn item(&mut self);
    /// Ends the items.
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
