//! A protocol in one configuration: the part that scenarios and cases have in common.

use latchwork_model::kit::{Field, Setup, Shape, Switches, Value};

use crate::encoding::json::{Document, Json, Object, Problem, suggest};
use crate::engines::explore::{Options, Watch};
use crate::engines::instance::Instance;
use crate::engines::verdict::{BuiltIn, PropertyId, PropertyKind};
use crate::protocols::{self, Entry};

/// A protocol in one configuration: everything that determines its state space.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The protocol.
    pub entry: &'static Entry,
    /// A record with all bounds.
    pub bounds: Tree,
    /// A record with all fault budgets.
    pub faults: Tree,
    /// The position of the profile.
    pub profile: usize,
    /// The rules that are switched off in addition to those that the profile leaves off.
    pub without: Vec<usize>,
    /// The variants that are switched on in addition to those that the profile switches on.
    pub with: Vec<usize>,
}

impl Configuration {
    /// Returns the rules that are on.
    pub fn rules(&self) -> Switches {
        let (rules, _) = self.entry.switches(self.profile);
        self.without.iter().fold(rules, |on, rule| on.without(*rule))
    }

    /// Returns the variants that are on.
    pub fn variants(&self) -> Switches {
        let (_, variants) = self.entry.switches(self.profile);
        self.with.iter().fold(variants, |on, variant| on.with(*variant))
    }

    /// Returns the names of the rules that are switched off.
    pub fn rule_names(&self) -> Vec<&'static str> {
        self.without.iter().map(|at| self.entry.rules[*at].name).collect()
    }

    /// Returns the names of the variants that are switched on.
    pub fn variant_names(&self) -> Vec<&'static str> {
        self.with.iter().map(|at| self.entry.variants[*at].name).collect()
    }

    /// Returns its rules and variants in the form that [`rule_set`] reads:
    /// `full-pending_flag+other_traffic`.
    pub fn rule_set(&self) -> String {
        let profile = self.entry.profiles[self.profile].name.to_string();
        let without = self.rule_names().into_iter().map(|name| format!("-{name}"));
        let with = self.variant_names().into_iter().map(|name| format!("+{name}"));
        without.chain(with).fold(profile, |all, one| all + &one)
    }

    /// Returns the setup for a model of the protocol.
    pub fn setup(&self) -> Setup<'_> {
        Setup {
            bounds: &self.bounds,
            faults: &self.faults,
            rules: self.rules(),
            variants: self.variants(),
        }
    }

    /// Returns the model in this configuration. The error explains why its values are inconsistent.
    pub fn instance(&self) -> Result<Box<dyn Instance>, &'static str> {
        self.instance_with(self.rules())
    }

    /// Returns the model in this configuration, with other rules on.
    pub fn instance_with(&self, rules: Switches) -> Result<Box<dyn Instance>, &'static str> {
        (self.entry.instance)(&Setup { rules, ..self.setup() })
    }

    /// Returns, for each rule of `of`, the number of states of the space with `rules` in which it
    /// makes a difference: all 0 if one of them cannot be switched.
    pub fn decisive(
        &self,
        rules: Switches,
        of: &[usize],
        options: &Options,
        watch: &dyn Watch,
    ) -> Vec<u64> {
        let setup = Setup { rules, ..self.setup() };
        (self.entry.decisive)(&setup, of, options, watch).unwrap_or_else(|_| vec![0; of.len()])
    }
}

/// A value of a configuration that has been checked against its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// A number.
    Number(u8),
    /// A flag.
    Flag(bool),
    /// A choice: its position and its name.
    Choice(u8, &'static str),
    /// A list.
    List(Vec<Tree>),
    /// A record.
    Record(Vec<(&'static str, Tree)>),
}

impl Value for Tree {
    fn number(&self) -> u8 {
        match self {
            Self::Number(number) | Self::Choice(number, _) => *number,
            Self::Flag(flag) => u8::from(*flag),
            Self::List(_) | Self::Record(_) => panic!("the protocol asks for a number of {self:?}"),
        }
    }

    fn len(&self) -> u8 {
        match self {
            Self::List(items) => items.len() as u8,
            _ => panic!("the protocol asks for the length of {self:?}"),
        }
    }

    fn item(&self, index: u8) -> &dyn Value {
        match self {
            Self::List(items) => &items[usize::from(index)],
            _ => panic!("the protocol asks for an item of {self:?}"),
        }
    }

    fn get(&self, key: &str) -> &dyn Value {
        match self {
            Self::Record(fields) => {
                fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value).unwrap_or_else(
                    || panic!("the protocol asks for a field `{key}` that it does not have"),
                )
            }
            _ => panic!("the protocol asks for a field of {self:?}"),
        }
    }
}

/// Reads the version of a format.
pub fn read_format(json: Json<'_>, known: u64) -> Result<(), Problem> {
    let format = json.number()?;
    if format == known {
        return Ok(());
    }
    let problem = json.problem(format!("unknown format {format}"));
    Err(problem.hint(format!("this version of latchwork reads and writes format {known}")))
}

/// Reads the keys that make up a configuration.
pub fn read_configuration(
    object: &mut Object<'_>,
    root: Json<'_>,
) -> Result<Configuration, Problem> {
    let protocol = object.required("protocol")?;
    let name = protocol.string()?;
    let entry = protocols::find(&name).ok_or_else(|| {
        let names = protocols::all().iter().map(|entry| entry.name);
        let problem = protocol.problem(format!("unknown protocol `{name}`"));
        problem.hint(suggest(&name, names, "protocols"))
    })?;
    let profile = match object.optional("profile") {
        Some(json) => read_name(json, |name| profile(entry, name))?,
        None => profile(entry, "full").map_err(|(message, _)| root.problem(message))?,
    };
    let without = match object.optional("without") {
        Some(list) => read_names(list, |name| rule(entry, name))?,
        None => Vec::new(),
    };
    let with = match object.optional("with") {
        Some(list) => read_names(list, |name| variant(entry, name))?,
        None => Vec::new(),
    };
    let bounds_json = object.optional("bounds");
    let bounds = read_record(bounds_json, entry.bounds, root, "bounds")?;
    let faults = read_record(object.optional("faults"), entry.faults, root, "faults")?;
    let configuration = Configuration { entry, bounds, faults, profile, without, with };
    match configuration.instance() {
        Ok(_) => Ok(configuration),
        Err(why) => Err(bounds_json.unwrap_or(root).problem(why)),
    }
}

/// The error of a failed name lookup: a message and a hint.
pub type Unknown = (String, String);

/// Returns the profile with this name.
pub fn profile(entry: &Entry, name: &str) -> Result<usize, Unknown> {
    let names = entry.profiles.iter().map(|profile| profile.name);
    entry.profile(name).ok_or_else(|| unknown(entry, "profile", name, names))
}

/// Returns the rule with this name.
pub fn rule(entry: &Entry, name: &str) -> Result<usize, Unknown> {
    let names = entry.rules.iter().map(|rule| rule.name);
    entry.rule(name).ok_or_else(|| unknown(entry, "rule", name, names))
}

/// Returns the variant with this name.
pub fn variant(entry: &Entry, name: &str) -> Result<usize, Unknown> {
    let names = entry.variants.iter().map(|variant| variant.name);
    entry.variant(name).ok_or_else(|| unknown(entry, "variant", name, names))
}

/// A rule or a variant, by position.
pub enum Switch {
    /// A rule.
    Rule(usize),
    /// A variant.
    Variant(usize),
}

/// Returns the rule or variant with this name.
pub fn switch(entry: &Entry, name: &str) -> Result<Switch, Unknown> {
    let rules = entry.rules.iter().map(|rule| rule.name);
    let names = rules.chain(entry.variants.iter().map(|variant| variant.name));
    let found = entry.rule(name).map(Switch::Rule);
    let found = found.or_else(|| entry.variant(name).map(Switch::Variant));
    found.ok_or_else(|| unknown(entry, "rule or variant", name, names))
}

/// Returns the configuration with exactly the rules and variants named by `profile-rule+variant`,
/// regardless of what `base` switches off or on.
pub fn rule_set(base: &Configuration, text: &str) -> Result<Configuration, Unknown> {
    let mut configuration = base.clone();
    let entry = base.entry;
    let end = text.find(['-', '+']).unwrap_or(text.len());
    configuration.profile = profile(entry, &text[..end])?;
    configuration.without.clear();
    configuration.with.clear();
    let mut rest = &text[end..];
    while let Some(sign) = rest.chars().next() {
        let name = &rest[1..];
        let end = name.find(['-', '+']).unwrap_or(name.len());
        if sign == '-' {
            configuration.without.push(rule(entry, &name[..end])?);
        } else {
            configuration.with.push(variant(entry, &name[..end])?);
        }
        rest = &name[end..];
    }
    Ok(configuration)
}

/// Returns the property with this name.
pub fn property(entry: &Entry, name: &str) -> Result<PropertyId, Unknown> {
    let properties = (entry.properties)();
    let names = properties.iter().map(|property| property.name);
    entry.property(name).ok_or_else(|| unknown(entry, "property", name, names))
}

/// Returns the property with this name, if it can be ignored. A property whose violation cuts off
/// steps cannot: no other property would then hold in the whole space.
pub fn ignorable(entry: &Entry, name: &str) -> Result<PropertyId, Unknown> {
    let id = property(entry, name)?;
    let (cut, remedy) = match (entry.properties)()[usize::from(id.0)].kind {
        PropertyKind::BuiltIn(BuiltIn::BoundExceeded) => ("step over a bound", "raise the bound"),
        PropertyKind::BuiltIn(BuiltIn::NoPanic) => ("panic", "correct the model"),
        PropertyKind::BuiltIn(BuiltIn::GuardsFirst) => {
            ("change before a guard", "move the guards to the front")
        }
        _ => return Ok(id),
    };
    let message = format!("`{name}` cannot be ignored: nothing is searched beyond a {cut}");
    let expect = format!("{{\"violates\": \"{name}\", \"steps\": ...}}");
    Err((message, format!("{remedy}, or expect it: {expect}")))
}

pub(super) fn unknown<'n>(
    entry: &Entry,
    what: &str,
    name: &str,
    names: impl Iterator<Item = &'n str>,
) -> Unknown {
    let plural = match what {
        "property" => "properties".to_string(),
        "rule or variant" => "rules and variants".to_string(),
        what => format!("{what}s"),
    };
    let hint = suggest(name, names, &format!("{plural} of {}", entry.name));
    (format!("{} has no {what} `{name}`", entry.name), hint)
}

pub(crate) fn read_name<T>(
    json: Json<'_>,
    look_up: impl Fn(&str) -> Result<T, Unknown>,
) -> Result<T, Problem> {
    let name = json.string()?;
    look_up(&name).map_err(|(message, hint)| json.problem(message).hint(hint))
}

pub(crate) fn read_names<T: PartialEq>(
    json: Json<'_>,
    look_up: impl Fn(&str) -> Result<T, Unknown>,
) -> Result<Vec<T>, Problem> {
    let mut found = Vec::new();
    for item in json.items()? {
        let value = read_name(item, &look_up)?;
        if found.contains(&value) {
            return Err(item.problem(format!("`{}` is listed twice", item.string()?)));
        }
        found.push(value);
    }
    Ok(found)
}

/// Reads a record with these fields. Missing fields get their defaults.
fn read_record(
    json: Option<Json<'_>>,
    fields: &'static [Field],
    root: Json<'_>,
    what: &str,
) -> Result<Tree, Problem> {
    let Some(json) = json else {
        let defaults = fields.iter().map(|field| default(field).map(|tree| (field.name, tree)));
        return match defaults.collect::<Option<Vec<_>>>() {
            Some(record) => Ok(Tree::Record(record)),
            None => Err(root.problem(format!("the key `{what}` is missing"))),
        };
    };
    let mut object = json.object()?;
    let mut record = Vec::with_capacity(fields.len());
    for field in fields {
        let value = match object.optional(field.name) {
            Some(value) => read_shape(value, &field.shape, field.name)?,
            None => default(field).ok_or_else(|| {
                json.problem(format!("the key `{}` is missing", field.name)).hint(field.doc)
            })?,
        };
        record.push((field.name, value));
    }
    object.finish()?;
    Ok(Tree::Record(record))
}

fn read_shape(json: Json<'_>, shape: &'static Shape, name: &str) -> Result<Tree, Problem> {
    match shape {
        Shape::Number { min, max, .. } => match u8::try_from(json.number()?) {
            Ok(number) if (*min..=*max).contains(&number) => Ok(Tree::Number(number)),
            _ => Err(json.problem(format!("`{name}` is a number from {min} to {max}"))),
        },
        Shape::Flag => Ok(Tree::Flag(json.boolean()?)),
        Shape::Choice { names, .. } => {
            let given = json.string()?;
            match names.iter().position(|name| *name == given) {
                Some(at) => Ok(Tree::Choice(at as u8, names[at])),
                None => Err(json.problem(format!("`{name}` cannot be `{given}`")).hint(suggest(
                    &given,
                    names.iter().copied(),
                    "values",
                ))),
            }
        }
        Shape::List { min, max, item, .. } => {
            let items = json.items()?;
            if items.len() < usize::from(*min) || items.len() > usize::from(*max) {
                let message =
                    format!("`{name}` has from {min} to {max} items, not {}", items.len());
                return Err(json.problem(message));
            }
            let items = items.into_iter().map(|json| read_shape(json, item, name));
            Ok(Tree::List(items.collect::<Result<_, _>>()?))
        }
        Shape::Record(fields) => read_record(Some(json), fields, json, name),
    }
}

/// Returns the default of a missing field; `None` if the field is required.
pub(crate) fn default(field: &'static Field) -> Option<Tree> {
    match &field.shape {
        Shape::Number { default, .. } => default.map(Tree::Number),
        Shape::Flag => Some(Tree::Flag(false)),
        Shape::Choice { names, default } => {
            default.map(|at| Tree::Choice(at, names[usize::from(at)]))
        }
        Shape::List { default, .. } => default.map(|text| {
            let document = Document::new(field.name, text);
            let tree = document.root().and_then(|json| read_shape(json, &field.shape, field.name));
            tree.unwrap_or_else(|problem| panic!("a protocol has a bad default: {problem}"))
        }),
        Shape::Record(_) => None,
    }
}
