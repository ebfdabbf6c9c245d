//! A package that `latchwork init` writes: it works as it is, and no existing file is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::program::{latchwork, path, refused};
use crate::{paths, repository};

/// Cargo in a folder, with what was built here already: nothing is fetched, and little is built.
pub fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .expect("cargo runs")
}

pub fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// Writes a package into a new folder of this name, with more arguments.
pub fn written(name: &str, more: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let above = tempfile::tempdir().expect("a folder");
    let folder = above.path().join(name);
    let checkout = repository("");
    let arguments = ["init", path(&folder), "--path", path(&checkout)];
    let output = latchwork(&[&arguments[..], more].concat()).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    (above, folder)
}

/// The text between backticks in a page that starts with a given prefix.
fn commands<'t>(page: &'t str, begin: &str) -> Vec<&'t str> {
    page.split('`').skip(1).step_by(2).filter_map(|text| text.strip_prefix(begin)).collect()
}

/// The tests of a package pass, and every command of its page does what the page says.
fn works(folder: &Path) {
    let tested = cargo(folder, &["test"]);
    assert!(tested.status.success(), "{}", said(&tested));
    assert!(said(&tested).contains("test result: ok. 2 passed"), "{}", said(&tested));
    let page = fs::read_to_string(folder.join("README.md")).expect("text");
    let mut case = None;
    // `dev` has no end.
    for command in commands(&page, "cargo run -- ").into_iter().filter(|command| *command != "dev")
    {
        let command = command.replace("FILE", case.as_deref().unwrap_or("FILE"));
        let words = ["run", "-q", "--"].into_iter().chain(command.split(' '));
        let output = cargo(folder, &words.collect::<Vec<_>>());
        let red = command.contains("--without") || command.starts_with("replay");
        assert_eq!(output.status.code(), Some(i32::from(red)), "{command}: {}", said(&output));
        let said = said(&output);
        let named = said.lines().find_map(|line| line.strip_prefix("case:    "));
        case = case.or(named.map(ToString::to_string));
    }
    assert!(case.is_some(), "one of the commands leaves a case");
}

#[test]
fn its_tests_pass_and_its_page_says_what_works() {
    let (_above, folder) = written("my-lock", &[]);
    works(&folder);
    let output = cargo(&folder, &["run", "-q", "--", "check", "--without", "return_late_grant"]);
    assert_eq!(output.status.code(), Some(2));
    let hint = " check lock --without return_late_grant";
    assert!(said(&output).contains(hint), "a hint speaks of this program: {}", said(&output));
    conforms(&folder);
    follows_the_tutorial(&folder);
}

/// Red if a package that starts from the gallery does not compile, if its known bug is not where its
/// page says, or if a command of the page does something else.
#[test]
fn a_package_from_the_gallery_works_as_its_page_says() {
    let (_above, folder) = written("my-glock", &["--from", "gfs2_glock"]);
    works(&folder);
    let page = fs::read_to_string(folder.join("README.md")).expect("text");
    assert!(page.contains("this violates `waiter_is_granted` after"), "{page}");
}

/// The fenced blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let (mut blocks, mut inside) = (Vec::new(), false);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if *kind == *language => {
                inside = true;
                blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => inside = false,
            Event::Text(text) if inside => blocks.last_mut().expect("a block").push_str(&text),
            _ => {}
        }
    }
    blocks
}

/// Follows the tutorial as a reader would: each block is used unchanged, and each command prints
/// what the tutorial shows.
fn follows_the_tutorial(folder: &Path) {
    let tutorial = fs::read_to_string(repository("docs/tutorial.md")).expect("text");
    let source = blocks(&tutorial, "rust").join("\n");
    assert_eq!(source, fs::read_to_string(repository("examples/lease/lease.rs")).expect("text"));
    let scenario = blocks(&tutorial, "json").concat();
    let committed = repository("examples/lease/scenarios/lease/two_clients.json");
    assert_eq!(scenario, fs::read_to_string(committed).expect("text"));
    fs::write(folder.join("src/lease.rs"), source).expect("written");
    fs::create_dir(folder.join("scenarios/lease")).expect("made");
    fs::write(folder.join("scenarios/lease/two_clients.json"), scenario).expect("written");
    let mut shown = blocks(&tutorial, "text").into_iter();
    let registered = shown.next().expect("a block");
    let (module, list) = registered.split_once("\n\n").expect("two parts");
    let main = fs::read_to_string(folder.join("src/main.rs")).expect("text");
    let old = "static PROTOCOLS: &[Entry] = &[Entry::of::<lock::Lock>()];\n";
    let main = main.replace(old, list).replace("mod lock;", &format!("mod lock;\n{module}"));
    fs::write(folder.join("src/main.rs"), main).expect("written");
    let mut commands = 0;
    for command in blocks(&tutorial, "").concat().lines() {
        let Some(command) = command.strip_prefix("cargo run -- ") else { continue };
        let words = ["run", "-q", "--"].into_iter().chain(command.split(' '));
        let output = said(&cargo(folder, &words.collect::<Vec<_>>()));
        let shown = shown.next().expect("the tutorial shows what comes out");
        assert!(output.contains(&shown), "{command}: {shown}{output}");
        commands += 1;
    }
    assert_eq!((commands, shown.next()), (3, None));
}

/// A log of the new protocol is checked against it: that needs only a map.
fn conforms(folder: &Path) {
    let map = r#"{ "format": 1, "protocol": "lock", "bounds": { "clients": 2 },
        "lines": [{ "event": "", "do": "{did}" }] }"#;
    fs::write(folder.join("map.json"), map).expect("written");
    let log = |steps: &[&str]| {
        let line = |step: &&str| format!("{{\"did\": \"{step}\"}}\n");
        fs::write(folder.join("log.jsonl"), steps.iter().map(line).collect::<String>())
            .expect("written");
        let arguments = ["run", "-q", "--", "conform", "lock", "log.jsonl", "--map", "map.json"];
        let output = cargo(folder, &[&arguments[..], &["--profile", "full"]].concat());
        (output.status.code(), said(&output))
    };
    let good = ["client_ask(c0)", "server_grant(c0)", "client_take_grant(c0)"];
    let (code, out) = log(&good);
    assert_eq!((code, out.contains("admitted")), (Some(0), true), "{out}");
    let (code, out) = log(&[good[0], good[2], "client_unlock(c0)"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("why:      client_take_grant(c0) is not enabled"), "{out}");
    let grant = "closest:  put in server_grant(c0) behind client_ask(c0), log.jsonl:1";
    assert!(out.contains(grant), "{out}");
}

#[test]
fn it_depends_on_what_it_is_told_to() {
    let (_above, folder) = written("my_lock", &[]);
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("text");
    assert!(manifest.starts_with("[package]\nname = \"my_lock\"\n"), "{manifest}");
    let root = fs::canonicalize(repository("")).expect("a path");
    assert!(manifest.contains(&format!("latchwork = {{ path = \"{}\" }}", root.display())));
    assert!(folder.join("Cargo.lock").is_file());
    let folder = folder.with_file_name("other");
    let url = "https://forge.example/latchwork";
    let output = latchwork(&["init", path(&folder), "--name", "mine", "--git", url]).output();
    assert_eq!(output.expect("it runs").status.code(), Some(0));
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("text");
    assert!(manifest.starts_with("[package]\nname = \"mine\"\n"), "{manifest}");
    assert_eq!(manifest.matches(&format!("= {{ git = \"{url}\" }}")).count(), 2, "{manifest}");
    // Without a word it is this version, and no folder of this machine.
    let folder = folder.with_file_name("registry");
    assert_eq!(
        latchwork(&["init", path(&folder)]).output().expect("it runs").status.code(),
        Some(0)
    );
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("text");
    let version = format!("latchwork = \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(manifest.contains(&version) && !manifest.contains("path ="), "{manifest}");
}

#[test]
fn what_is_there_is_not_lost() {
    let above = tempfile::tempdir().expect("a folder");
    let at = |name: &str| above.path().join(name);
    fs::create_dir(at("full")).expect("made");
    fs::write(at("full/notes"), "mine").expect("written");
    assert!(refused(&["init", path(&at("full"))]).contains("full: the folder is not empty\nhint:"));
    let file = refused(&["init", path(&at("full/notes"))]);
    assert!(file.contains("a file with this name exists\nhint:"), "{file}");
    let name = |name: &str| refused(&["init", path(&at("new")), "--name", name]);
    assert!(name("2pc").contains("it must start with a letter\nhint: choose a name"));
    assert!(name("a b").contains("a character that Cargo does not accept"));
    assert!(name("loop").contains("the word is reserved") && name("test").contains("reserved"));
    let said = refused(&["init", path(&at("new")), "--path", path(&at("full"))]);
    assert!(said.contains("this is not a checkout of latchwork\nhint:"), "{said}");
    assert!(refused(&["init", path(&at("new")), "--path", ".", "--git", "x"]).contains("--git"));
    assert_eq!(paths(above.path(), ""), [at("full/notes")], "nothing else was written");
    // A folder that is there and empty will do.
    fs::create_dir(at("empty")).expect("made");
    let output = latchwork(&["init", path(&at("empty"))]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", self::said(&output));
}
