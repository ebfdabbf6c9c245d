//! Pages of each kind before axe-core: light and dark, on a desk and on a phone.

use std::fs;
use std::path::PathBuf;

use crate::axe::{Axe, findings};
use crate::browser::{Browser, Screen};
use crate::program::{path, run};
use crate::{committed, repository};

use latchwork::report::run::html::case::page;

const PENDING_FLAG: &str = "scenarios/downconvert/cases/pending_flag.json";
/// The longest story there is.
const LONGEST: &str = "reports/downconvert/stories/blocked_recheck.json";
/// A run with faults.
const FAULTS: &str = "reports/async_grant/stories/restart_flushes_ops.json";
/// One that goes round in a circle.
const CYCLE: &str = "reports/recall/stories/own_exempt.json";
/// A scenario that holds, and does not without the rule `ancestor_first`.
const SMALL: &str = "scenarios/dirlock/up_and_rmdir.json";

/// Pages of each kind, written into a folder.
fn pages(folder: &tempfile::TempDir) -> Vec<(&'static str, PathBuf)> {
    let mut pages = Vec::new();
    for (name, case) in
        [("case", PENDING_FLAG), ("longest", LONGEST), ("faults", FAULTS), ("cycle", CYCLE)]
    {
        let file = folder.path().join(format!("{name}.html"));
        let story = committed::story(&committed::case(&repository(case)));
        fs::write(&file, page(&story, case)).expect("written");
        pages.push((name, file));
    }
    let out = folder.path().join("out");
    let made = |arguments: &[&str], to: &str| {
        let to = folder.path().join(to);
        let (code, said, why) = run(&[arguments, &["--html", path(&to)]].concat());
        assert!(code < 2, "{arguments:?}: {said}{why}");
    };
    let other = "reports/downconvert/stories/pending_gen.json";
    made(&["report", PENDING_FLAG, "--beside", other], "beside.html");
    made(&["report", PENDING_FLAG, "--under", "full"], "under.html");
    made(&["review", "dirlock"], "reviews");
    let check = ["check", SMALL, "--out", path(&out)];
    made(&[&check[..], &["--coverage"]].concat(), "green");
    made(&[&check[..], &["--without", "ancestor_first"]].concat(), "red");
    let written = [
        ("beside", "beside.html"),
        ("under", "under.html"),
        ("reviews", "reviews/index.html"),
        ("review", "reviews/dirlock/review.html"),
        ("green", "green/index.html"),
        ("red", "red/index.html"),
    ];
    for (name, file) in written {
        let file = folder.path().join(file);
        assert!(file.is_file(), "{}", file.display());
        pages.push((name, file));
    }
    pages
}

fn are_accessible(screen: Screen, word: &str) {
    let Some(axe) = Axe::here() else { return };
    let Some(browser) = Browser::open(screen) else { return };
    axe.watch(&browser);
    let folder = tempfile::tempdir().expect("a folder");
    let mut found = Vec::new();
    for (name, file) in pages(&folder) {
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            browser.go(&format!("file://{}", file.display()));
            browser.shoot(&format!("{name}-{scheme}-{word}"));
            let here = findings(&browser).into_iter();
            found.extend(here.map(|finding| format!("{name}, {scheme}, {word}: {finding}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Red if a page has text with too little contrast, a control without a name, a region that scrolls
/// and has no focus, or a list that is none.
#[test]
fn axe_finds_nothing_serious_on_a_desk() {
    are_accessible(Screen::Desk, "desk");
}

#[test]
fn axe_finds_nothing_serious_on_a_phone() {
    are_accessible(Screen::Phone, "phone");
}

/// Red if axe-core does not run at all: the two tests above would then find nothing.
#[test]
fn axe_finds_what_is_planted() {
    let Some(axe) = Axe::here() else { return };
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    axe.watch(&browser);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.html");
    let bad = "<!doctype html><html lang=en><title>Bad</title><main><h1>A</h1><img src=x></main>";
    fs::write(&file, bad).expect("written");
    browser.go(&format!("file://{}", file.display()));
    let found = findings(&browser);
    assert!(found.len() == 1 && found[0].starts_with("image-alt (critical)"), "{found:?}");
}
