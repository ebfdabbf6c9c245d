//! The first screen of all committed cases: the drawing beside the step and the state, and nothing
//! that moves while a reader steps through the run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use latchwork::files::case::Case;
use latchwork::protocols::PROTOCOLS;
use latchwork::report::run::html::case::page;
use latchwork::report::run::messages::ids_in;
use latchwork::report::run::needs::Need;
use latchwork::report::run::picture::Picture;
use latchwork::report::run::story::Story;

use crate::browser::{Browser, Screen, key};
use crate::committed::{case, checked, story};
use crate::{paths, repository};

const PENDING_FLAG: &str = "scenarios/downconvert/cases/pending_flag.json";
/// The longest run.
const LONGEST: &str = "reports/downconvert/stories/blocked_recheck.json";

/// All committed cases.
fn cases() -> Vec<Case> {
    let is_case = |path: &PathBuf| {
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        folder == "stories" || folder == "cases"
    };
    let all = [repository("reports"), repository("scenarios")];
    let all = all.iter().flat_map(|folder| paths(folder, ".json")).filter(is_case);
    let cases: Vec<Case> = all.map(|path| case(&path)).collect();
    assert!(cases.len() > 150, "{}", cases.len());
    cases
}

/// Pages in a folder, opened one after the other.
struct Shelf {
    folder: tempfile::TempDir,
    browser: Browser,
}

impl Shelf {
    fn new(screen: Screen) -> Option<Self> {
        let browser = Browser::open(screen)?;
        Some(Self { folder: tempfile::tempdir().expect("a folder"), browser })
    }

    fn open(&self, case: &Case) {
        let file = self.folder.path().join("page.html");
        fs::write(&file, page(&story(case), "case.json")).expect("written");
        self.browser.go(&format!("file://{}", file.display()));
    }

    fn number(&self, script: &str) -> f64 {
        self.browser.eval(script).as_f64().unwrap_or_else(|| panic!("{script}: no number"))
    }
}

/// Where the row of the current step is in the window.
const ROW: &str = "const row = document.querySelector('svg a.step.current .row').getBoundingClientRect(); \
     const box = document.querySelector('.drawing').getBoundingClientRect(); \
     return row.top >= box.top && row.bottom <= Math.min(box.bottom, window.innerHeight)";

/// A drawing that begins below the first screen, a step that is out of sight after `End`, or a page
/// that moves under a key makes this red.
#[test]
fn the_first_screen_has_the_drawing_and_stays_while_stepping() {
    let Some(shelf) = Shelf::new(Screen::Wide) else { return };
    for case in cases() {
        let name = format!("{} {:?}", case.configuration.entry.name, case.configuration.without);
        shelf.open(&case);
        let top = "return document.querySelector('svg.lanes').getBoundingClientRect().top";
        assert!(shelf.number(top) < 450.0, "{name}: {}", shelf.number(top));
        let beside = "const [a, b] = ['.drawing', '.side'].map((s) => document.querySelector(s).getBoundingClientRect()); return b.left >= a.right && Math.abs(a.top - b.top) < 4";
        assert_eq!(shelf.browser.eval(beside), true, "{name}: the state is not beside the drawing");
        for pressed in [key::END, key::LEFT, key::HOME, key::RIGHT] {
            shelf.browser.press(pressed);
            assert_eq!(
                shelf.browser.eval(ROW),
                true,
                "{name}: {pressed:?} leaves the row out of sight"
            );
            assert_eq!(shelf.number("return window.scrollY"), 0.0, "{name}: the page moves");
        }
        let reasons = "return [...document.querySelectorAll('.chain > li, .blame > li')].filter((e) => e.checkVisibility()).length";
        // The last one says how many there are besides.
        assert!(shelf.number(reasons) <= 6.0, "{name}: too many reasons");
        let cards = "return [...document.querySelectorAll('.side .steps > li')].filter((e) => e.checkVisibility()).length";
        assert_eq!(shelf.number(cards), 1.0, "{name}: one step is shown");
    }
    assert_eq!(shelf.browser.errors(), [""; 0]);
}

/// A drawing of eight lanes that is wider than its half of the screen makes this red.
#[test]
fn eight_lanes_fit_without_scrolling_to_the_side() {
    let Some(shelf) = Shelf::new(Screen::Desk) else { return };
    let mut narrow = 0;
    for case in cases() {
        let told = story(&case);
        let lanes = Picture::of(&told.run, &told.run.processes).lanes.len();
        shelf.open(&case);
        let page =
            "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(shelf.browser.eval(page), true, "{}", told.case);
        if lanes <= 8 {
            narrow += 1;
            let drawing = "const box = document.querySelector('.drawing'); return box.scrollWidth <= box.clientWidth";
            assert_eq!(shelf.browser.eval(drawing), true, "{lanes} lanes: {}", told.case);
        }
    }
    assert!(narrow > 100, "{narrow}");
}

/// Red is for what is broken, brown for rules, blue for what is chosen, green for goals. A red goal,
/// a red fault, or a rule in blue makes this red.
#[test]
fn colours_mean_one_thing() {
    let Some(shelf) = Shelf::new(Screen::Wide) else { return };
    // By colour: the classes of what is drawn in it, each with those of its parents.
    let script = "const names = ['bad', 'good', 'rule'], all = Object.fromEntries(names.map((name) => [name, []])), colour = {}; \
         for (const name of names) { const probe = document.createElement('p'); probe.style.color = `var(--${name})`; document.body.append(probe); colour[getComputedStyle(probe).color] = name; probe.remove(); } \
         for (const leaf of document.querySelectorAll('main *')) { \
           if (leaf.children.length || !leaf.checkVisibility()) continue; \
           const s = getComputedStyle(leaf), own = leaf.ownerSVGElement ? [s.fill, s.stroke] : [s.color, s.borderLeftColor]; \
           for (const name of new Set(own.map((one) => colour[one]).filter(Boolean))) { \
             const classes = []; for (let e = leaf; e; e = e.parentElement) classes.push(e.tagName.toLowerCase() + '.' + (e.getAttribute('class') || '')); \
             all[name].push(classes.join(' < ')); } } \
         return all";
    let (mut goals, mut violations) = (0, 0);
    let goal =
        checked("scenarios/downconvert/cross_nonblock.json", 1).witnesses().into_iter().next();
    for case in cases().into_iter().chain(goal) {
        shelf.open(&case);
        let found = shelf.browser.eval(script);
        let drawn = |name: &str| -> Vec<String> {
            let all = found[name].as_array().expect("elements").iter();
            all.map(|one| one.as_str().expect("a text").to_string()).collect()
        };
        let red = drawn("bad");
        if case.verdict.violated {
            violations += 1;
            let is_broken = |one: &String| {
                one.contains("h1") || one.contains("broken") || one.contains("culprit")
            };
            assert!(!red.is_empty() && red.iter().all(is_broken), "{red:#?}");
            assert_eq!(drawn("good"), [""; 0]);
        } else {
            goals += 1;
            assert_eq!(red, [""; 0]);
            assert!(drawn("good").iter().any(|one| one.starts_with("h1")));
        }
        let is_rule = |one: &String| one.contains("rule");
        assert!(drawn("rule").iter().all(is_rule), "{:#?}", drawn("rule"));
    }
    assert!(goals > 0 && violations > 140, "{goals} goals, {violations} violations");
}

/// What is shown of the state after each step is what the model has.
#[test]
fn the_table_shows_the_state_after_the_step() {
    let Some(shelf) = Shelf::new(Screen::Wide) else { return };
    for path in [PENDING_FLAG, LONGEST] {
        let case = case(&repository(path));
        shelf.open(&case);
        shelf.browser.press(key::HOME);
        let told = story(&case);
        let view = &case.configuration.entry.view;
        let mut fields: Vec<(String, String)> =
            told.run.initial.iter().map(|one| (one.path.clone(), one.value.to_string())).collect();
        for step in &told.run.steps {
            for change in &step.changes {
                let field = fields.iter_mut().find(|field| field.0 == change.path);
                field.expect("a field").1 = change.new.to_string();
            }
            let shown = shelf.browser.eval(
                "return [...document.querySelectorAll('td[data-f]')].map((c) => [c.dataset.f, c.lastChild.textContent.replace(' → ', '') || '', c.classList.contains('moved')])",
            );
            let shown = shown.as_array().expect("cells");
            assert_eq!(shown.len(), fields.len());
            for one in shown {
                let path = one[0].as_str().expect("a path");
                let value = &fields.iter().find(|field| field.0 == path).expect("it is there").1;
                let empty = ["0", "-", "None"].contains(&value.as_str())
                    || view.nothing.contains(&value.as_str());
                let expected = if empty { "·" } else { value.as_str() };
                assert!(
                    one[1].as_str().is_some_and(|text| text.ends_with(expected)),
                    "{one}: {value}"
                );
                let moved = step.changes.iter().any(|change| change.path == path);
                assert_eq!(one[2], Value::Bool(moved), "{path} in {}", step.action);
            }
            shelf.browser.press(key::RIGHT);
        }
    }
}

/// Hidden rows take no room, and the current one is never hidden.
#[test]
fn filters_fold_the_drawing() {
    let Some(shelf) = Shelf::new(Screen::Wide) else { return };
    let case = case(&repository(PENDING_FLAG));
    shelf.open(&case);
    let steps = case.steps.len() as f64;
    let height = "return Number(document.querySelector('svg.lanes').getAttribute('height'))";
    let rows = "return [...document.querySelectorAll('svg a.step')].filter((e) => !e.classList.contains('away')).length";
    let whole = shelf.number(height);
    assert_eq!(shelf.number(rows), steps);
    shelf.browser.click("input.fold");
    let folded = shelf.number(rows);
    assert!(folded > 5.0 && folded < steps, "{folded}");
    assert_eq!(whole - shelf.number(height), (steps - folded) * 25.0);
    shelf.browser.click("input.fold");
    assert_eq!(shelf.number(height), whole);
    // A word in the search, which `/` goes to.
    shelf.browser.press("/");
    for letter in ["c", "a", "n", "c", "e", "l"] {
        shelf.browser.press(letter);
    }
    let found = shelf.number(rows);
    assert!(found >= 1.0 && found < steps, "{found}");
    let current = "return document.querySelector('svg a.step.current').classList.contains('away')";
    assert_eq!(shelf.browser.eval(current), false);
    shelf.browser.press(key::ESCAPE);
    assert_eq!(shelf.number(rows), steps);
    // A process whose box is not ticked.
    shelf.browser.click(".who_acts summary");
    shelf.browser.click(".who_acts label input");
    assert!(shelf.number(rows) < steps);
}

/// What a step needs directly: the field, its value, and the step that set it; not the causal past.
#[test]
fn a_step_needs_the_fields_that_it_reads() {
    let told = story(&case(&repository(PENDING_FLAG)));
    let cancel = told.run.steps.iter().find(|step| step.action == "dc_cancel(n0)");
    let cancel = cancel.expect("it cancels");
    let need = |from: usize, path: &str, value: &str| Need {
        from,
        path: path.to_string(),
        value: value.to_string(),
    };
    assert_eq!(cancel.needs[0], need(8, "node.n0.dc", "CallCancel"));
    assert!(cancel.needs.len() < cancel.causes.len());
    let first = &told.run.steps[0];
    assert!(first.needs.is_empty());
}

/// Places, lanes and arrows of a run.
#[test]
fn lanes_are_grouped_by_node() {
    let told: Story = story(&case(&repository(PENDING_FLAG)));
    let picture = Picture::of(&told.run, &told.run.processes);
    let places: Vec<(&str, usize)> =
        picture.places.iter().map(|place| (place.name.as_str(), place.lanes)).collect();
    assert_eq!(places, [("node 0", 4), ("DLM", 1), ("node 1", 1)]);
    let lanes: Vec<&str> = picture.lanes.iter().map(|lane| lane.name.as_str()).collect();
    assert_eq!(lanes, ["a0", "a1", "cb", "dc", "master", "a2"]);
    // The request goes to the DLM, and the AST comes from there.
    let arrows: Vec<_> = picture.arrows.iter().filter(|arrow| arrow.start == 1).collect();
    let ends: Vec<_> = arrows.iter().map(|arrow| (arrow.from, arrow.to, arrow.end)).collect();
    assert_eq!(ends, [(4, Some(2), 4), (1, Some(4), 1)]);
    let busy: Vec<_> = picture.spans.iter().filter(|span| span.label == "BUSY").collect();
    assert_eq!((busy[0].from, busy[0].to), (Some(0), Some(4)));
    assert_eq!((busy[1].from, busy[1].to), (Some(5), None));
}

/// A lane, a place or a field that a protocol declares for its drawings and does not have makes this
/// red: a typing error would only make an arrow or a bar disappear.
#[test]
fn what_is_declared_for_drawings_exists() {
    let cases = cases();
    for entry in PROTOCOLS {
        let view = &entry.view;
        let is_lane = |name: &str| entry.lanes.iter().any(|lane| lane.name == name);
        let own = cases.iter().filter(|case| case.configuration.entry.name == entry.name);
        let paths: BTreeSet<String> = own
            .flat_map(|case| story(case).run.initial.into_iter().map(|field| field.path))
            .collect();
        let is_field = |pattern: &str| paths.iter().any(|path| ids_in(pattern, path).is_some());
        assert!(!view.seats.is_empty() && !paths.is_empty(), "{}", entry.name);
        for seat in view.seats {
            assert!(is_lane(seat.lane), "{}: lane {}", entry.name, seat.lane);
        }
        for lane in entry.lanes {
            assert!(view.seat(lane.name).is_some(), "{}: {} has no place", entry.name, lane.name);
        }
        for bar in view.bars {
            assert!(is_field(bar.field), "{}: {}", entry.name, bar.field);
            assert!(view.seats.iter().any(|seat| seat.place == bar.place), "{}", bar.place);
        }
        for mail in view.mail {
            assert!(is_field(mail.field), "{}: {}", entry.name, mail.field);
            assert!(is_lane(mail.from) && is_lane(mail.to), "{}: {mail:?}", entry.name);
        }
    }
}
