//! A profile that is named after a version has the rules of that version, as far as the tables of
//! functions say.

use latchwork::model::kit::SourceInfo;
use latchwork::protocols::{Entry, PROTOCOLS};

/// The parts of a version, or nothing.
fn parts(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// The version of a profile: the first number in the sentence of one that is called `linux_...`.
fn version(name: &str, doc: &str) -> Option<Vec<u32>> {
    name.strip_prefix("linux_")?;
    let words = doc.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words.map(|word| word.trim_matches('.')).find_map(parts)
}

fn has(sources: &[SourceInfo], version: &[u32]) -> bool {
    sources.iter().any(|source| {
        let at = |text: &str| parts(text).unwrap_or_else(|| panic!("{text} is no version"));
        let until = source.until.map(at);
        at(source.since).as_slice() <= version
            && until.is_none_or(|until| version < until.as_slice())
    })
}

/// What a profile of a version has on, and what its version has by the tables; a column of a profile
/// whose version stands only in the sentence of the one before is that of the same version.
fn wrong(entry: &Entry) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last = None;
    for (at, profile) in entry.profiles.iter().enumerate() {
        if !profile.name.starts_with("linux_") {
            continue;
        }
        let version = version(profile.name, profile.doc).or(last.clone()).expect("a version");
        last = Some(version.clone());
        let rules =
            entry.rules.iter().map(|rule| (rule.name, rule.source, rule.sources, rule.profiles));
        let variants = entry.variants.iter().map(|one| (one.name, "", one.sources, one.profiles));
        for (name, source, sources, profiles) in rules.chain(variants) {
            // What the environment does is no matter of the version of the client.
            let on = profiles[at];
            let checked = !sources.is_empty() && source != "environment" && profile_matters(name);
            if on && sources.is_empty() {
                wrong.push(format!("{name} is on in {} and has no table", profile.name));
            } else if checked && on != has(sources, &version) {
                wrong.push(format!("{name} is {on} in {} and not by its table", profile.name));
            }
        }
    }
    wrong
}

/// A variant that an administrator or a server chooses, or that says where a cluster keeps its locks,
/// exists in a version and is off nevertheless.
fn profile_matters(name: &str) -> bool {
    !["recover_lost_locks", "courtesy", "o2dlm", "remote_cancel"].contains(&name)
}

#[test]
fn profiles_of_versions_are_those_versions() {
    let checked: Vec<_> = PROTOCOLS
        .iter()
        .filter(|entry| entry.profiles.iter().any(|profile| profile.name.starts_with("linux_")))
        .collect();
    assert!(!checked.is_empty(), "no protocol has a profile that is a version");
    for entry in checked {
        let wrong = wrong(entry);
        assert!(wrong.is_empty(), "{}: {}", entry.name, wrong.join("\n"));
    }
}

/// The test above can fail.
#[test]
fn a_version_before_or_after_is_not_in_a_table() {
    let row = SourceInfo { function: "f", since: "3.10", until: Some("6.1.192") };
    let version = |text: &str| parts(text).expect("a version");
    assert!(has(&[row], &version("6.1.176")) && has(&[row], &version("3.10")));
    assert!(!has(&[row], &version("3.6")) && !has(&[row], &version("6.1.192")));
}
