//! JSON values that know their position in the file, so that every error has a line and a column.
//!
//! Scenarios and cases are read with this module. The parsing is done by `serde_json`.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The maximum size of a file, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// An error in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it.
    pub file: String,
    /// Line and column, both counted from 1; `None` if the error concerns the whole file.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// Creates an error about a whole file.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), position: None, message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// The text of a JSON file.
pub struct Document {
    file: String,
    text: String,
}

impl Document {
    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let file = path.display().to_string();
        let failed =
            |error: &dyn fmt::Display| Problem::of_file(&file, format!("cannot read: {error}"));
        let metadata = std::fs::metadata(path).map_err(|error| failed(&error))?;
        if metadata.is_dir() {
            return Err(Problem::of_file(&file, "is a directory, not a file"));
        }
        if metadata.len() > MAX_BYTES {
            return Err(Problem::of_file(&file, "is larger than 16 MiB, the limit for such files"));
        }
        let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Problem::of_file(&file, "is not JSON: it is not text in UTF-8"))?;
        Ok(Self { file, text })
    }

    /// Creates a document from text. `file` is its name in error messages.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: file.into(), text: text.into() }
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the root value.
    pub fn root(&self) -> Result<Json<'_>, Problem> {
        match serde_json::from_str::<&RawValue>(&self.text) {
            Ok(raw) => Ok(Json { raw: raw.get(), document: self }),
            Err(error) => Err(self.syntax(&error)),
        }
    }

    /// Deserializes the whole document.
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_str(&self.text).map_err(|error| self.syntax(&error))
    }

    fn syntax(&self, error: &serde_json::Error) -> Problem {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_string();
        let position = (error.line() > 0).then(|| (error.line(), error.column().max(1)));
        Problem { file: self.file.clone(), position, message, hint: None }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// A value of a document.
#[derive(Clone, Copy)]
pub struct Json<'a> {
    raw: &'a str,
    document: &'a Document,
}

/// A member of an object.
pub struct Member<'a> {
    /// Its key.
    pub key: Cow<'a, str>,
    /// Its value.
    pub value: Json<'a>,
    offset: usize,
}

impl<'a> Json<'a> {
    /// Creates an error at this value.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        self.at(self.offset(), message)
    }

    fn at(&self, offset: usize, message: impl Into<String>) -> Problem {
        Problem {
            file: self.document.file.clone(),
            position: Some(self.document.position(offset)),
            message: message.into(),
            hint: None,
        }
    }

    /// Returns the offset of the value, which is a slice of the text.
    fn offset(&self) -> usize {
        offset_in(&self.document.text, self.raw)
    }

    fn expected(&self, what: &str) -> Problem {
        let found = match self.raw.as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            _ => "a number",
        };
        self.problem(format!("expected {what}, found {found}"))
    }

    /// Returns the members of an object, in the order of the file. A repeated key is an error.
    pub fn members(&self) -> Result<Vec<Member<'a>>, Problem> {
        let mut deserializer = serde_json::Deserializer::from_str(self.raw);
        let pairs =
            (&mut deserializer).deserialize_map(Pairs).map_err(|_| self.expected("an object"))?;
        let mut members: Vec<Member<'a>> = Vec::with_capacity(pairs.len());
        for (key, raw) in pairs {
            let offset = match key {
                Cow::Borrowed(key) => offset_in(&self.document.text, key) - 1,
                Cow::Owned(_) => offset_in(&self.document.text, raw.get()),
            };
            if members.iter().any(|member| member.key == key) {
                return Err(self.at(offset, format!("the key `{key}` appears twice")));
            }
            members.push(Member { key, value: Json { raw: raw.get(), ..*self }, offset });
        }
        Ok(members)
    }

    /// Returns the items of a list.
    pub fn items(&self) -> Result<Vec<Self>, Problem> {
        let raws: Vec<&'a RawValue> =
            serde_json::from_str(self.raw).map_err(|_| self.expected("a list"))?;
        Ok(raws.into_iter().map(|raw| Self { raw: raw.get(), ..*self }).collect())
    }

    /// Reads a string.
    pub fn string(&self) -> Result<String, Problem> {
        serde_json::from_str(self.raw).map_err(|_| self.expected("a string"))
    }

    /// Reads a whole number, 0 or more.
    pub fn number(&self) -> Result<u64, Problem> {
        serde_json::from_str(self.raw).map_err(|_| self.expected("a whole number, 0 or more"))
    }

    /// Reads `true` or `false`.
    pub fn boolean(&self) -> Result<bool, Problem> {
        serde_json::from_str(self.raw).map_err(|_| self.expected("true or false"))
    }

    /// Returns the raw text of the value.
    pub fn text(&self) -> &'a str {
        self.raw
    }

    /// Returns whether it is a string.
    pub fn is_string(&self) -> bool {
        self.raw.starts_with('"')
    }

    /// Returns whether it is a list.
    pub fn is_list(&self) -> bool {
        self.raw.starts_with('[')
    }

    /// Returns whether it is an object.
    pub fn is_object(&self) -> bool {
        self.raw.starts_with('{')
    }

    /// Returns the members of an object, to be taken by key.
    pub fn object(&self) -> Result<Object<'a>, Problem> {
        Ok(Object { whole: *self, members: self.members()?, known: Vec::new() })
    }
}

/// An object whose members are taken by key. Members that are not taken are unknown.
pub struct Object<'a> {
    whole: Json<'a>,
    members: Vec<Member<'a>>,
    known: Vec<&'static str>,
}

impl<'a> Object<'a> {
    /// Takes the value of an optional key.
    pub fn optional(&mut self, key: &'static str) -> Option<Json<'a>> {
        self.known.push(key);
        let at = self.members.iter().position(|member| member.key == key)?;
        Some(self.members.remove(at).value)
    }

    /// Takes the value of a required key.
    pub fn required(&mut self, key: &'static str) -> Result<Json<'a>, Problem> {
        self.optional(key).ok_or_else(|| self.whole.problem(format!("the key `{key}` is missing")))
    }

    /// Reports the first remaining member as an unknown key.
    pub fn finish(self) -> Result<(), Problem> {
        let Some(member) = self.members.first() else { return Ok(()) };
        let problem = self.whole.at(member.offset, format!("unknown key `{}`", member.key));
        Err(problem.hint(suggest(&member.key, self.known.iter().copied(), "keys")))
    }
}

/// Returns "did you mean ...?" if a known name is similar, and all known names otherwise.
pub fn suggest<'n>(given: &str, known: impl IntoIterator<Item = &'n str>, what: &str) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = known
        .iter()
        .map(|name| (strsim::osa_distance(given, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .min();
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None if known.is_empty() => format!("there are no {what} here"),
        None => format!(
            "the {what} are {}",
            known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// Reads the members of an object in order, including repeated keys.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            pairs.push((key.0, map.next_value()?));
        }
        Ok(pairs)
    }
}

/// A key, borrowed from the text if it contains no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_string())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    fn problem(text: &str, read: impl Fn(super::Json<'_>) -> Result<(), super::Problem>) -> String {
        let document = Document::new("x.json", text);
        document.root().and_then(read).expect_err("a problem").to_string()
    }

    #[test]
    fn an_unknown_key_is_found_where_it_stands() {
        let text = "{\n  \"faults\": {},\n  \"fault\": {}\n}";
        let message = problem(text, |json| {
            let mut object = json.object()?;
            object.optional("faults");
            object.finish()
        });
        assert_eq!(message, "x.json:3:3: unknown key `fault`\nhint: did you mean `faults`?");
    }

    #[test]
    fn a_key_that_is_there_twice() {
        let message = problem(r#"{"a":1,"b":2,"a":3}"#, |json| json.members().map(drop));
        assert_eq!(message, "x.json:1:14: the key `a` appears twice");
    }

    #[test]
    fn a_wrong_type_and_a_syntax_error_have_positions() {
        assert_eq!(
            problem("[1,\n {}]", |json| json.items()?[1].number().map(drop)),
            "x.json:2:2: expected a whole number, 0 or more, found an object"
        );
        assert_eq!(problem("{\"a\": [1, 2", |_| Ok(())), "x.json:1:11: EOF while parsing a list");
    }

    #[test]
    fn deep_nesting_is_no_panic() {
        let text = "[".repeat(1_000_000);
        let document = Document::new("x.json", text);
        assert!(document.root().is_err());
        let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let document = Document::new("x.json", text);
        assert!(document.root().is_ok_and(|json| json.number().is_err()));
    }
}
