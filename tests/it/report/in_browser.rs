//! The pages as people see them: in Chromium, on a desk and on a phone, light and dark, with scripts
//! and without.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use latchwork::files::case::Case;
use latchwork::report::run::html::case::page;
use latchwork::report::run::story::Story;

use crate::browser::{Browser, Screen, key, processes};
use crate::program::run;
use crate::repository;

const PENDING_FLAG: &str = "scenarios/downconvert/cases/pending_flag.json";
/// The longest story there is.
const LONGEST: &str = "reports/downconvert/stories/blocked_recheck.json";
/// A run with faults.
const FAULTS: &str = "reports/async_grant/stories/restart_flushes_ops.json";
/// One that goes round in a circle.
const CYCLE: &str = "reports/recall/stories/own_exempt.json";

/// Pages in a folder.
struct Pages(tempfile::TempDir);

impl Pages {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn address(file: &Path) -> String {
        format!("file://{}", file.display())
    }

    /// The address of the page that a command writes.
    fn made(&self, name: &str, arguments: &[&str]) -> String {
        let file = self.0.path().join(format!("{name}.html"));
        let html = ["--html", file.to_str().expect("a name")];
        let (code, out, said) = run(&[arguments, &html].concat());
        assert!(code == 0 || arguments[0] == "check", "{arguments:?}: {out}{said}");
        Self::address(&file)
    }

    fn case(&self, name: &str, case: &str) -> String {
        let file: PathBuf = self.0.path().join(format!("{name}.html"));
        fs::write(&file, page(&story(case), case)).expect("written");
        Self::address(&file)
    }
}

fn story(case: &str) -> Story {
    let case = Case::open(&repository(case), false).expect("a case");
    Story::of(&case).expect("the model takes it")
}

/// The numbers of the marked cards.
fn marked(browser: &Browser, class: &str) -> Vec<u64> {
    let script = format!(
        "return [...document.querySelectorAll('.steps > li.{class}')].map((card) => Number(card.id.slice(2)))"
    );
    let numbers = browser.eval(&script);
    numbers.as_array().expect("numbers").iter().filter_map(Value::as_u64).collect()
}

fn said(browser: &Browser) -> String {
    browser.text("return document.querySelector('.bar output').textContent")
}

/// Only the pages themselves are requested, and the console has no errors.
fn assert_alone(browser: &Browser) {
    assert_eq!(browser.errors(), [""; 0]);
    let requests = browser.requests();
    assert!(!requests.is_empty(), "the log of requests works");
    for request in requests {
        assert!(request.starts_with("file://") && request.contains(".html"), "{request}");
    }
}

#[test]
fn keys_slider_links_and_the_address_choose_a_step() {
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    let pages = Pages::new();
    let address = pages.case("pending_flag", PENDING_FLAG);
    browser.go(&format!("{address}#s=7"));
    assert_eq!(said(&browser), "step 7 of 23: cb_deliver(n0)");
    assert_eq!(marked(&browser, "current"), [7]);
    let steps = [(key::RIGHT, 8), (key::RIGHT, 9), (key::LEFT, 8), (key::END, 23), (key::HOME, 1)];
    for (pressed, step) in steps {
        browser.press(pressed);
        assert_eq!(marked(&browser, "current"), [step], "{pressed:?}");
        assert_eq!(browser.text("return location.hash"), format!("#s={step}"));
        assert_eq!(browser.eval("return Number(document.querySelector('.slider').value)"), step);
    }
    browser.press(key::ESCAPE);
    assert_eq!(marked(&browser, "current"), [0; 0]);
    assert_eq!(browser.text("return location.hash"), "");
    // The slider has keys of its own.
    browser.eval("document.querySelector('.slider').focus()");
    browser.press(key::RIGHT);
    browser.press(key::RIGHT);
    assert_eq!(marked(&browser, "current"), [2]);
    browser.click("button.on");
    assert_eq!(marked(&browser, "current"), [3]);
    // A click into the drawing: the step is marked there too, and what it needs is what the model says.
    let steps = story(PENDING_FLAG).run.steps;
    let needed = |at: usize| -> Vec<u64> {
        let mut from: Vec<u64> = steps[at].needs.iter().map(|need| need.from as u64 + 1).collect();
        from.sort_unstable();
        from.dedup();
        from
    };
    let some = |at: usize| needed(at).len() > 1 && needed(at).len() + 2 < at;
    let at = (0..steps.len()).find(|at| some(*at)).expect("a step that needs some of those before");
    browser.click(&format!("svg.lanes a.step[href='#s={}'] .number", at + 1));
    assert_eq!(marked(&browser, "current"), [at as u64 + 1]);
    let past = needed(at);
    assert_eq!(marked(&browser, "past"), past);
    let drawn = browser.eval(
        "return [...document.querySelectorAll('svg a.step.past')].map((step) => Number(step.getAttribute('href').slice(3)))",
    );
    assert_eq!(drawn, serde_json::json!(past));
    // The whole state is that after the step.
    browser.go(&format!("{address}#s=10"));
    let when = browser.text("return document.querySelector('.state .when').textContent");
    assert_eq!(when, "The state after step 10");
    let value = |field: &str| {
        browser
            .text(&format!("return document.querySelector('td[data-f=\"{field}\"]').textContent"))
    };
    assert_eq!((value("node.n0.blocking").as_str(), value("app.a0.at").as_str()), ("EX", "Call"));
    assert_alone(&browser);
}

#[test]
fn two_runs_are_moved_through_together() {
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    let pages = Pages::new();
    let other = "reports/downconvert/stories/pending_gen.json";
    let address = pages.made("beside", &["report", PENDING_FLAG, "--beside", other]);
    browser.go(&format!("{address}#s=8"));
    assert_eq!(said(&browser), "step 8 of 23: dc_wake(n0) | app_dlm_lock_ret(a1)");
    let current = "return document.querySelectorAll('svg.lanes a.step.current').length";
    assert_eq!(browser.eval(current), 2);
    browser.press(key::RIGHT);
    assert_eq!(browser.eval(current), 2);
    assert_eq!(
        browser.text("return document.querySelector('.pair .card.current b').textContent"),
        "dc_unblock(n0)"
    );
    // Beside each other on a desk: the second drawing is right of the first, at the same height.
    let beside = "const [a, b] = [...document.querySelectorAll('svg.lanes')].map((d) => d.getBoundingClientRect()); return b.left > a.right - 40 && Math.abs(a.top - b.top) < 2";
    assert_eq!(browser.eval(beside), true);
    browser.shoot("beside-light-desk");
    // Under other rules the run goes on to the end, and is longer: what is missing is said.
    let address = pages.made("under", &["report", PENDING_FLAG, "--under", "full"]);
    browser.go(&format!("{address}#s=27"));
    assert!(said(&browser).contains("it has ended | "), "{}", said(&browser));
    assert_eq!(browser.eval(current), 1);
    assert_alone(&browser);
}

#[test]
fn without_scripts_everything_can_be_read() {
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    let pages = Pages::new();
    browser.forbid_scripts();
    browser.go(&format!("{}#s=7", pages.case("pending_flag", PENDING_FLAG)));
    assert_eq!(browser.eval("return document.querySelector('.bar').hidden"), true);
    let visible = "return [...document.querySelectorAll('.steps > li')].filter((row) => row.offsetHeight > 20).length";
    // And the line that says that from there nothing helps.
    assert_eq!(browser.eval(visible), 24);
    let opaque = "return [...document.querySelectorAll('.card')].every((card) => getComputedStyle(card).opacity === '1')";
    assert_eq!(browser.eval(opaque), true);
    // The address still marks the step, and the state at the end is there.
    assert_eq!(browser.text("return document.querySelector(':target').id"), "s=7");
    let all_seen =
        "return [...document.querySelectorAll('.part td')].every((cell) => cell.checkVisibility())";
    assert_eq!(browser.eval(all_seen), true);
    let address = pages.made("under", &["report", PENDING_FLAG, "--under", "full"]);
    browser.go(&address);
    assert_eq!(browser.eval("return document.querySelectorAll('svg.lanes .parting').length"), 4);
    assert_eq!(browser.eval(visible), 29);
    assert_alone(&browser);
}

/// Pages of each kind.
fn all_kinds(pages: &Pages) -> Vec<(&'static str, String)> {
    let out = pages.0.path().join("out");
    let out = out.to_str().expect("a name");
    vec![
        ("pending_flag", pages.case("pending_flag", PENDING_FLAG)),
        ("longest", pages.case("longest", LONGEST)),
        ("faults", pages.case("faults", FAULTS)),
        ("cycle", pages.case("cycle", CYCLE)),
        ("under", pages.made("under", &["report", PENDING_FLAG, "--under", "full"])),
        ("review", pages.made("review", &["review", "dirlock"])),
        ("check", pages.made("check", &["check", "dirlock", "--coverage", "--out", out])),
    ]
}

/// Only elements that scroll sideways are wider than the window.
fn assert_fits(browser: &Browser, name: &str) {
    let over = browser.eval(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
    assert!(over[0].as_u64() <= over[1].as_u64(), "{name} is too wide: {over}");
}

/// Text is legible on its background: WCAG asks for a contrast of 4.5.
fn assert_readable(browser: &Browser, name: &str) {
    let colours = browser.eval(
        "const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'none'; };
         return [...document.querySelectorAll('p, a, h1, h2, b, li, td, th, code, span, summary, dt, svg text')]
           .filter((e) => e.checkVisibility() && e.textContent.trim())
           .filter((e) => !e.ownerSVGElement || e.tagName === 'text')
           .map((e) => { const s = getComputedStyle(e); return [e.ownerSVGElement ? s.fill : s.color, behind(e), e.textContent.slice(0, 20)]; })",
    );
    let colours = colours.as_array().expect("colours");
    assert!(colours.len() > 5, "{name}");
    for one in colours {
        let [ink, paper] = [0, 1].map(|at| luminance(one[at].as_str().expect("a colour")));
        let contrast = (ink.max(paper) + 0.05) / (ink.min(paper) + 0.05);
        assert!(contrast >= 4.5, "{name}: {one} has a contrast of {contrast:.2}");
    }
}

/// How light a colour is, as WCAG counts it.
fn luminance(colour: &str) -> f64 {
    let numbers = colour.split(['(', ')']).nth(1).unwrap_or_else(|| panic!("{colour}"));
    let channel = |text: &str| {
        let value = text.trim().parse::<f64>().expect("a number") / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let channels: Vec<f64> = numbers.split(',').take(3).map(channel).collect();
    0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
}

fn fit_and_are_readable(screen: Screen, word: &str) {
    let Some(browser) = Browser::open(screen) else { return };
    let pages = Pages::new();
    for (name, address) in all_kinds(&pages) {
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            browser.go(&address);
            assert_fits(&browser, name);
            assert_readable(&browser, &format!("{name}, {scheme}"));
            browser.shoot(&format!("{name}-{scheme}-{word}"));
        }
        let paper = "return getComputedStyle(document.body).backgroundColor";
        assert!(luminance(&browser.text(paper)) < 0.1, "{name} is dark where it is liked dark");
    }
    assert_alone(&browser);
}

#[test]
fn pages_fit_on_a_desk_and_can_be_read_light_and_dark() {
    fit_and_are_readable(Screen::Desk, "desk");
}

#[test]
fn pages_fit_on_a_phone_and_can_be_read_light_and_dark() {
    fit_and_are_readable(Screen::Phone, "phone");
}

/// In a drawing no label of an arrow covers another label, and none is cut off.
#[test]
fn labels_of_a_drawing_stand_apart() {
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    let pages = Pages::new();
    for case in [PENDING_FLAG, FAULTS, CYCLE] {
        browser.go(&pages.case("case", case));
        let boxes = browser.eval(
            "return [...document.querySelectorAll('svg.lanes text')].filter((t) => !t.closest('.span')).map((t) => { const b = t.getBBox(); return [b.x, b.x + b.width, b.y, b.y + b.height, t.textContent, t.closest('.message') ? 1 : 0]; })",
        );
        let width =
            browser.eval("return document.querySelector('svg.lanes').viewBox.baseVal.width");
        let boxes = boxes.as_array().expect("boxes");
        let side = |one: &Value, at: usize| one[at].as_f64().expect("a number");
        for one in boxes {
            assert!(
                side(one, 0) >= 0.0 && side(one, 1) <= width.as_f64().expect("a width"),
                "{one}"
            );
        }
        let mut messages = 0;
        for (at, one) in boxes.iter().enumerate().filter(|(_, one)| one[5] == 1) {
            messages += 1;
            for other in boxes.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, o)| o)
            {
                let wide = side(one, 1).min(side(other, 1)) - side(one, 0).max(side(other, 0));
                let high = side(one, 3).min(side(other, 3)) - side(one, 2).max(side(other, 2));
                // Letters are a little lower than their boxes.
                assert!(wide <= 2.0 || high <= 5.0, "{case}: {one} and {other}");
            }
        }
        assert_eq!(messages, story(case).run.messages.len());
    }
}

#[test]
fn a_browser_leaves_no_process() {
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    browser.go("about:blank");
    let mark = browser.mark();
    assert!(processes(&mark).len() > 2, "the driver, the browser and its page");
    drop(browser);
    assert_eq!(processes(&mark), [""; 0]);
}
