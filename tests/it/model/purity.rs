//! The model crate cannot do what a deterministic model must not do.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{paths, repository};

const OFFENCES: [(&str, &str); 4] = [
    ("clock", "pub fn now() -> std::time::Instant { std::time::Instant::now() }"),
    ("map", "pub fn map() -> std::collections::HashMap<u8, u8> { Default::default() }"),
    ("print", "pub fn say() { println!(\"here\") }"),
    ("allocate", "pub fn list() -> Vec<u8> { Vec::new() }"),
];

/// The protocols of the model crate. What it refuses does not depend on them.
const PROTOCOLS: [&str; 4] = ["async_grant", "delegation_return", "downconvert", "recall"];

/// Checks a copy of the model crate with other modules in place of its protocols; what the compiler
/// says if it refuses it.
fn check_copy<C: AsRef<str>>(offences: &[(&str, C)]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&repository("model"), &folder.path().join("model"));
    fs::copy(repository("Cargo.lock"), folder.path().join("Cargo.lock")).expect("copied");
    let manifest = fs::read_to_string(repository("Cargo.toml")).expect("the manifest");
    let workspace = manifest.split("[package]").next().expect("a workspace comes first");
    let workspace = workspace.replace("[\".\", \"model\"]", "[\"model\"]");
    fs::write(folder.path().join("Cargo.toml"), workspace).expect("written");
    let library = folder.path().join("model/lib.rs");
    let mut text = fs::read_to_string(&library).expect("the library");
    for protocol in PROTOCOLS {
        let module = format!("pub mod {protocol};\n");
        assert_eq!(text.matches(&module).count(), 1, "{protocol}");
        text = text.replace(&module, "");
    }
    for (name, code) in offences {
        text.push_str(&format!("pub mod offence_{name};\n"));
        let file = folder.path().join(format!("model/offence_{name}.rs"));
        let code = code.as_ref();
        fs::write(file, format!("//! An offence.\n{code}\n")).expect("written");
    }
    fs::write(&library, text).expect("written");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--lib", "--manifest-path"])
        .arg(folder.path().join("model/Cargo.toml"))
        .env("CARGO_TARGET_DIR", repository("target/purity"))
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

fn copy(from: &Path, to: &Path) {
    for file in paths(from, "") {
        let target = to.join(file.strip_prefix(from).expect("below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        fs::copy(&file, target).expect("copied");
    }
}

#[test]
fn a_model_with_a_clock_a_map_output_or_a_list_does_not_compile() {
    check_copy::<&str>(&[])
        .unwrap_or_else(|said| panic!("without an offence it must compile: {said}"));
    let said = check_copy(&OFFENCES).expect_err("the offences are refused");
    for (name, _) in OFFENCES {
        assert!(said.contains(&format!("offence_{name}.rs")), "{name} is let through: {said}");
    }
}

/// `extern crate std` would compile, and bring all of it back. Only the mutants may have it, which
/// no build without their feature compiles.
#[test]
fn no_model_links_another_crate() {
    let mut standard = Vec::new();
    for file in paths(&repository("model"), ".rs") {
        let text = fs::read_to_string(&file).expect("text");
        for line in text.lines().filter(|line| line.contains("extern crate")) {
            match line.trim() {
                "extern crate self as latchwork_model;" => {}
                "extern crate std;" => standard.push(file.clone()),
                _ => panic!("{}: {line}", file.display()),
            }
        }
    }
    assert_eq!(standard, [repository("model/kit/mutants.rs")]);
    let kit = fs::read_to_string(repository("model/kit/mod.rs")).expect("text");
    assert!(kit.contains("#[cfg(feature = \"mutants\")]\npub mod mutants;"), "without its feature");
    let manifest = fs::read_to_string(repository("model/Cargo.toml")).expect("text");
    assert!(!manifest.contains("default ="), "a feature is on by default");
}

/// A model in which every name is right.
const LAMP: &str = "
use crate::kit::{Actions, Claim, Declared, FIRED, Fired, Model, Property, claim};
state! {
    /// A lamp.
    pub struct State {
        /// Whether it is lit.
        pub lit: bool,
    }
}
/// A lamp.
pub struct Lamp;
actions! { Lamp, State;
    fair hand {
        /// Switch the lamp on.
        hand_lights() => lamp;
    }
    fair lamp {
        /// Go out.
        lamp_darkens();
    }
}
rules! {
    profiles {
        /// Everything.
        full;
    }
    rules {
        /// The lamp has a wire.
        wire \"here\" [1] => Declared::RedundantGiven { rules: &[\"battery\"], why: \"one is enough\" };
        /// The lamp has a battery.
        battery \"here\" [1];
    }
    variants {}
}
/// What a lamp promises.
pub const PROPERTIES: &[Property<Lamp>] = properties! { Lamp;
    /// It is lit in the end.
    eventually is_lit;
    /// Whenever it is out, it is lit in the end.
    leads_to is_lit_again;
};
impl Model for Lamp {
    const PROPERTIES: &'static [Property<Self>] = PROPERTIES;
    fn initial(&self, emit: &mut dyn FnMut(&<Self as Actions>::State)) {
        emit(&State { lit: false });
    }
    fn done(&self, _: &State) -> bool {
        true
    }
}
impl Lamp {
    fn hand_lights(&self, s: &mut State) -> Fired {
        s.lit = true;
        FIRED
    }
    fn lamp_darkens(&self, s: &mut State) -> Fired {
        s.lit = false;
        FIRED
    }
    fn is_lit(&self, s: &State) -> Claim {
        claim(s.lit)
    }
    fn is_lit_again(&self, s: &State) -> Claim {
        claim(s.lit)
    }
}";

/// Slips in names: what is written instead of what, and what the compiler says.
const SLIPS: [(&str, &str, &str, &str); 5] = [
    ("arrow", "=> lamp;", "=> lamb;", "calls or sends to a lane that is not there: `lamb`"),
    ("lane", "fair lamp {", "fair hand {", "two lanes are called `hand`"),
    ("action", "lamp_darkens();", "hand_lights();", "two actions are called `hand_lights`"),
    (
        "property",
        "leads_to is_lit_again;",
        "leads_to is_lit;",
        "two properties are called `is_lit`",
    ),
    (
        "declared",
        "&[\"battery\"]",
        "&[\"batery\"]",
        "redundant given one that is not there: `batery`",
    ),
];

/// What is missing or does not belong there: what is written instead of what, and what the compiler says.
/// The compiler gives up after the first kind, so each is tried alone.
const MISTAKES: [(&str, &str, &str, &str); 4] = [
    ("action", "/// Go out.", "", "the action `lamp_darkens` needs a sentence"),
    ("property", "/// It is lit in the end.", "", "the property `is_lit` needs a sentence"),
    ("rule", "/// The lamp has a battery.", "", "the rule `battery` needs a sentence"),
    (
        "field",
        "pub lit: bool,",
        "pub lit: bool, pub by: Option<u8>,",
        "`Option<u8>` cannot be part of a state",
    ),
];

#[test]
fn a_mistake_in_a_list_is_named() {
    for (name, from, to, message) in MISTAKES {
        assert_eq!(LAMP.matches(from).count(), 1, "{from}");
        let said = check_copy(&[(name, LAMP.replace(from, to))]).expect_err("it is refused");
        assert!(said.contains(message), "{name}: {said}");
    }
}

#[test]
fn a_name_that_stands_for_two_things_or_for_nothing_does_not_compile() {
    check_copy(&[("fine", LAMP)]).unwrap_or_else(|said| panic!("it must compile: {said}"));
    let slips = SLIPS.map(|(name, from, to, _)| {
        assert_eq!(LAMP.matches(from).count(), 1, "{from}");
        (name, LAMP.replace(from, to))
    });
    let said = check_copy(&slips).expect_err("the slips are refused");
    for (name, _, _, message) in SLIPS {
        assert!(said.contains(message), "{name} is let through: {said}");
        assert!(said.contains(&format!("offence_{name}.rs")), "{said}");
    }
}
