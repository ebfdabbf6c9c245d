//! The documents: paths that they name exist, links lead somewhere, and commands parse.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::program::latchwork;
use crate::{paths, repository};

/// The documents that people read first, and the book.
fn documents() -> Vec<PathBuf> {
    let first = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(repository);
    first.into_iter().chain(paths(&repository("docs"), ".md")).collect()
}

/// All pages that link to something.
fn pages() -> Vec<PathBuf> {
    let folders = ["model", "reports", "tests/captures"];
    let below = folders.iter().flat_map(|folder| paths(&repository(folder), ".md"));
    documents().into_iter().chain([repository("CHANGELOG.md")]).chain(below).collect()
}

fn text(page: &Path) -> String {
    fs::read_to_string(page).expect("text")
}

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// The headings of a page as links name them: small letters, digits, and hyphens for spaces.
fn anchors(text: &str) -> BTreeSet<String> {
    let (mut all, mut heading) = (BTreeSet::new(), None::<String>);
    for event in events(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&part);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let lower = heading.take().unwrap_or_default().to_lowercase();
                let kept = lower.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
                all.insert(kept.collect::<String>().replace(' ', "-"));
            }
            _ => {}
        }
    }
    all
}

#[test]
fn no_link_is_broken() {
    let (mut links, mut broken) = (0, Vec::new());
    for page in pages() {
        let text = text(&page);
        for event in events(&text) {
            let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event
            else {
                continue;
            };
            if dest_url.contains("://") {
                continue;
            }
            links += 1;
            let (file, anchor) = dest_url.split_once('#').unwrap_or((&dest_url, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().expect("a folder").join(file),
            };
            // The book has no pages but its own.
            let book = repository("docs");
            let outside = target.canonicalize().is_ok_and(|target| !target.starts_with(&book));
            let leaves_the_book = page.starts_with(&book) && outside;
            let has_anchor = || anchors(&self::text(&target)).contains(anchor);
            if leaves_the_book || !target.exists() || !(anchor.is_empty() || has_anchor()) {
                broken.push(format!("{}: {dest_url}", page.display()));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
    assert!(links > 100, "only {links} links were found");
}

/// A path between backticks that contains a slash exists.
#[test]
fn documents_name_files_that_exist() {
    let mut named = 0;
    for document in documents() {
        let text = text(&document);
        for event in events(&text) {
            let Event::Code(word) = event else { continue };
            let is_path = word.contains('/')
                && !word.contains([' ', '<', '*', '{', ':', '$', '='])
                && !["latchwork-out/", "target/", "/", "../", "fs/"]
                    .iter()
                    .any(|begin| word.starts_with(begin));
            if is_path {
                named += 1;
                assert!(repository(&word).exists(), "{} names `{word}`", document.display());
            }
        }
    }
    assert!(named > 50, "only {named} paths were found");
}

#[test]
fn the_summary_lists_every_chapter() {
    let summary = text(&repository("docs/SUMMARY.md"));
    let linked = events(&summary).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    let linked: BTreeSet<String> = linked.collect();
    let docs = repository("docs");
    let chapters = paths(&docs, ".md").into_iter().filter_map(|page| {
        let name = page.strip_prefix(&docs).ok()?.to_str()?.to_string();
        (name != "SUMMARY.md").then_some(name)
    });
    assert_eq!(linked, chapters.collect());
}

/// Red if a command on the page of a finding ends with another code than the page says.
#[test]
fn findings_can_be_done_again() {
    let mut seen = 0;
    for page in paths(&repository("docs/findings"), ".md") {
        let text = text(&page);
        let lines = text.lines().filter_map(|line| line.strip_prefix("latchwork "));
        for line in lines {
            let (command, code) = line.rsplit_once("# exit ").expect("a code");
            let words: Vec<&str> = command.split_whitespace().collect();
            let output = latchwork(&words).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(
                output.status.code(),
                code.parse().ok(),
                "{}: {line}: {said}",
                page.display()
            );
            seen += 1;
        }
    }
    assert!(seen >= 6, "only {seen} commands were found");
}

/// The commands of a page, without the words that start the program.
fn commands(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut block) = (Vec::new(), false);
    let starts = ["cargo run --release -- ", "latchwork ", "$ latchwork "];
    for event in events(text) {
        let lines = match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                block = kind.is_empty();
                continue;
            }
            Event::End(TagEnd::CodeBlock) => {
                block = false;
                continue;
            }
            Event::Text(lines) if block => lines.replace("\\\n", " "),
            Event::Code(line) => line.to_string(),
            _ => continue,
        };
        for line in lines.lines() {
            let line = line.split(" #").next().unwrap_or(line).split(" > ").next().unwrap_or(line);
            let command = starts.iter().find_map(|start| line.strip_prefix(start));
            all.extend(
                command.map(|rest| rest.split_whitespace().map(ToString::to_string).collect()),
            );
        }
    }
    all
}

/// The program accepts each command: with `--help` appended it prints the help of its subcommand,
/// after it has parsed everything before that.
#[test]
fn every_command_in_the_documents_is_one() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for document in documents() {
        for words in commands(&text(&document)) {
            seen += 1;
            let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
            // What a reader puts in.
            let in_capitals = |word: &str| word.chars().all(|c| c.is_ascii_uppercase());
            if words.first().is_some_and(|word| in_capitals(word)) {
                continue;
            }
            for word in &mut words {
                if word.contains('|') {
                    *word = word.split('|').next().unwrap_or(word);
                }
            }
            words.push("--help");
            let output = latchwork(&words).output().expect("it runs");
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                wrong.push(format!("{}: {words:?}: {said}", document.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(seen > 30, "only {seen} commands were found");
}

/// The table of features states how many crates are built; Cargo confirms the numbers.
#[test]
#[cfg(target_os = "linux")]
fn the_crates_of_each_feature_are_counted() {
    let library = text(&repository("docs/library.md"));
    let rows = library.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, feature, _, crates, _] = cells[..] else { return None };
        Some((feature.trim_matches('`').replace("none", ""), crates.parse::<usize>().ok()?))
    });
    let mut counted = 0;
    for (feature, crates) in rows {
        let output = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--package", "latchwork", "--edges", "normal,build", "--prefix", "none"])
            .args(["--offline", "--no-default-features", "--features", &feature])
            .current_dir(repository(""))
            .output()
            .expect("cargo runs");
        let tree = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let all: BTreeSet<String> = tree.lines().map(names).collect();
        assert_eq!(all.len(), crates, "the feature `{feature}`");
        counted += 1;
    }
    assert_eq!(counted, 6);
}
