//! The live page: over plain HTTP, and in a browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use latchwork::files::case::Case;

use crate::axe::{Axe, findings};
use crate::browser::{Browser, Screen, key};
use crate::program::refused;
use crate::repository;

const PENDING_FLAG: &str = "scenarios/downconvert/cases/pending_flag.json";

/// The program while it serves.
struct Server {
    program: Child,
    port: u16,
}

impl Server {
    fn start(file: &str) -> Self {
        Self::start_with(file, &[])
    }

    fn start_with(file: &str, more: &[&str]) -> Self {
        let mut program = Command::new(assert_cmd::cargo::cargo_bin("latchwork"));
        program.args(["serve", file]).args(more).current_dir(repository("")).stdout(Stdio::piped());
        let mut program = program.spawn().expect("it runs");
        let mut lines = BufReader::new(program.stdout.take().expect("its words")).lines();
        let line = lines.next().expect("a line").expect("UTF-8");
        let port = line.strip_prefix("page:    http://127.0.0.1:").expect(&line);
        let port = port.trim_end_matches('/').parse().expect("a port");
        Self { program, port }
    }

    /// Sends a request as it is; the status and the rest of the answer.
    fn send(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer in UTF-8");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("{answer}")), answer)
    }

    fn get(&self, target: &str) -> (u16, String) {
        let port = self.port;
        self.send(&format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        ))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// The address of the first steps of the case.
fn along(steps: usize) -> String {
    let case = Case::open(&repository(PENDING_FLAG), false).expect("a case");
    let steps: Vec<String> =
        case.steps.iter().take(steps).map(|step| format!("do={}", step.action)).collect();
    format!("/?{}", steps.join("&"))
}

#[test]
fn a_run_is_chosen_step_by_step() {
    let server = Server::start("scenarios/downconvert/two_apps.json");
    let (status, page) = server.get("/");
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("after 0 steps") && page.contains("No step was taken yet."));
    // A possible step is a link; its effect is shown below.
    for app in ["a0", "a1", "a2"] {
        assert!(page.contains(&format!("<a href=\"/?do=app_lock({app})\">app_lock({app})</a>")));
    }
    assert!(!page.contains(">app_unlock("));
    // The choices stand by process, and the first nine have a key.
    let groups: Vec<&str> =
        page.split("<h3>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(groups, ["app@a0", "app@a1", "app@a2"]);
    assert!(page.contains("<kbd>3</kbd> <a href=\"/?do=app_lock(a2)\">"), "{page}");
    let (status, page) = server.get("/?do=app_lock(a0)");
    assert_eq!(status, 200);
    assert!(page.contains("<td class=\"now\">Call</td><td>Start</td>"), "{page}");
    assert!(page.contains("href=\"/?do=app_lock(a0)&amp;do=app_dlm_lock(a0)\""));
    // Looked at before its last step, the run stays whole, and another way can be chosen.
    let (_, page) = server.get("/?do=app_lock(a0)&do=app_dlm_lock(a0)&at=1");
    assert!(page.contains("◀ this run goes on so") && page.contains("after 1 step<"));
    assert!(page.contains("href=\"/?do=app_lock(a0)&amp;do=app_lock(a2)\""), "{page}");
    assert_eq!(server.get("/?do=app_lock%28a0%29").0, 200, "escaped, as some programs do");
    // Nothing is kept: the same address is the same page.
    assert_eq!(server.get("/").1, server.get("/").1);
}

#[test]
fn a_case_is_followed_to_its_end() {
    let server = Server::start(PENDING_FLAG);
    let (_, page) = server.get("/");
    assert!(page.contains("can_finish violated after 10 steps"));
    assert!(page.contains("◀ the case goes on so") && page.contains("for 0 of its 23 steps"));
    let (status, page) = server.get(&along(23));
    assert_eq!(status, 200);
    assert!(page.contains("This is its run.") && page.contains("Nothing can happen."), "{page}");
    assert!(page.contains("✕ broken: <b>deadlock</b>"));
    let (_, page) = server.get("/?do=app_lock(a1)&do=app_lock(a0)");
    assert!(page.contains("for 1 of its 23 steps"));
}

/// Red if the bounded search finds no way where there is one, or calls a state stuck too early or too
/// late: the point of no return of this case is step 10.
#[test]
fn each_state_says_whether_the_protocol_can_still_finish() {
    let server = Server::start(PENDING_FLAG);
    let (_, page) = server.get(&along(9));
    assert!(
        page.contains("✓ Can still finish: in ") && page.contains("Show a shortest way"),
        "{page}"
    );
    assert!(page.contains("✓ <code>can_finish</code>"), "{page}");
    let way = page.split("<a href=\"").find(|rest| rest.contains("Show a shortest way"));
    let way = way.and_then(|rest| rest.split('"').next()).expect("a link").replace("&amp;", "&");
    let (status, end) = server.get(&way);
    assert!(status == 200 && end.contains("✓ The protocol is done"), "{end}");
    let (_, page) = server.get(&along(10));
    assert!(page.contains("✕ Stuck from here: no continuation finishes"), "{page}");
    assert!(page.contains("✕ <code>can_finish</code>") && page.contains("✓ <code>deadlock</code>"));
    let (_, page) = server.get(&along(23));
    assert!(page.contains("✕ <code>deadlock</code> <span class=\"soft\">broken here"), "{page}");
}

/// Red if the switches are read and not used: with the rule on, the cancel is not possible.
#[test]
fn a_case_is_followed_under_other_rules() {
    let server = Server::start_with(PENDING_FLAG, &["--with", "pending_flag"]);
    let (_, page) = server.get("/");
    assert!(
        page.contains("its run is possible up to step 9: then <code>dc_cancel(n0)</code>"),
        "{page}"
    );
    let (status, page) = server.get(&along(10));
    assert!(status == 404 && page.contains("Step 10, dc_cancel(n0): it cannot happen there."));
}

#[test]
fn a_bad_address_has_a_page_that_says_so() {
    let server = Server::start(PENDING_FLAG);
    let cases = [
        ("/elsewhere", 404, "There is no page /elsewhere here."),
        (
            "/?do=app_lok(a1)",
            404,
            "Step 1, app_lok(a1): no action of this configuration; did you mean `app_lock(a1)`?",
        ),
        ("/?do=app_lock(a9)", 404, "no action of this configuration"),
        (
            "/?do=app_lock(a1)&do=app_unlock(a1)",
            404,
            "Step 2, app_unlock(a1): it cannot happen there.",
        ),
        ("/?do=app_lock(a1)&at=2", 400, "The run has 1 steps, and no step 2."),
        ("/?from=7", 400, "There are 1 initial states."),
        ("/?from=0", 400, "counted from 1"),
        ("/?at=-1", 400, "at=-1 is no number"),
        ("/?at=99999999999999999999", 400, "is no number"),
        ("/?go=1", 400, "the address has `go`"),
        ("/?do=%ff%00%3Cscript%3E", 404, "no action of this configuration"),
    ];
    for (target, expected, why) in cases {
        let (status, page) = server.get(target);
        assert_eq!(status, expected, "{target}");
        assert!(page.to_lowercase().contains(&why.to_lowercase()), "{target}: {page}");
        assert!(!page.contains("<script"), "{target}");
        assert!(
            page.contains("X-Content-Type-Options: nosniff")
                || page.contains("x-content-type-options: nosniff")
        );
    }
    // A step that cannot happen leads back to what came before it.
    let (_, page) = server.get("/?do=app_lock(a1)&do=app_unlock(a1)");
    assert!(page.contains("<a href=\"/?do=app_lock(a1)\">"), "{page}");
    let far = format!("/?{}", vec!["do=app_lock(a1)"; 151].join("&"));
    assert_eq!(server.get(&far).0, 400);
    let huge = format!("/?{}", vec!["do=app_lock(a1)"; 5000].join("&"));
    // Too long to be read at all: the connection may end before the answer is there.
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("it listens");
    let mut answer = String::new();
    let sent =
        stream.write_all(format!("GET {huge} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
    let read = stream.read_to_string(&mut answer);
    assert!(sent.is_err() || read.is_err() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(server.get("/").0, 200, "and it goes on");
}

/// A foreign page must not read this one through a host name that points to this machine.
#[test]
fn only_this_machine_is_answered() {
    let server = Server::start("scenarios/downconvert/ex_ex.json");
    let with = |head: &str| server.send(&format!("{head}\r\nConnection: close\r\n\r\n"));
    for host in ["example.org", "example.org:8417", "127.0.0.1.example.org", "10.0.0.1"] {
        let (status, page) = with(&format!("GET / HTTP/1.1\r\nHost: {host}"));
        assert_eq!(status, 403, "{host}");
        assert!(!page.contains("app_lock"), "{page}");
    }
    for host in ["localhost", "127.0.0.1", "LOCALHOST:80", "[::1]:9"] {
        assert_eq!(with(&format!("GET / HTTP/1.1\r\nHost: {host}")).0, 200, "{host}");
    }
    let (status, page) = with("GET / HTTP/1.0");
    assert!((400..500).contains(&status) && !page.contains("app_lock"), "no name at all: {page}");
    for method in ["POST", "DELETE", "PUT"] {
        let head = format!("{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0");
        assert_eq!(with(&head).0, 405, "{method}");
    }
    assert!((400..500).contains(&server.send("nonsense\r\n\r\n").0));
}

#[test]
fn what_cannot_be_served_is_refused() {
    assert!(refused(&["serve", "scenarios/none.json"]).contains("none.json"));
    assert!(refused(&["serve", "README.md"]).contains("README.md:1:1"));
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let said = refused(&["serve", "scenarios/downconvert/ex_ex.json", "--port", &port]);
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{said}");
}

#[test]
fn a_browser_chooses_and_goes_back() {
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    let server = Server::start(PENDING_FLAG);
    let site = format!("http://127.0.0.1:{}", server.port);
    browser.go(&format!("{site}/"));
    let title = "return document.querySelector('h1').textContent.split(': ')[1]";
    for steps in 1..=3 {
        browser.click(".choices a");
        let word = if steps == 1 { "step" } else { "steps" };
        assert_eq!(browser.text(title), format!("after {steps} {word}"));
    }
    let drawn = "return document.querySelectorAll('svg.lanes a.step').length";
    assert_eq!(browser.eval(drawn), 3);
    // A step of the drawing leads to the state after it; the run stays.
    browser.click("svg.lanes a.step:nth-of-type(1) .row");
    assert_eq!(browser.text(title), "after 1 step");
    assert_eq!(browser.eval(drawn), 3);
    assert_eq!(browser.eval("return document.querySelectorAll('svg .current').length"), 1);
    browser.go(&format!("{site}{}", along(23)));
    assert_eq!(browser.text(title), "after 23 steps");
    browser.shoot("live-light-desk");
    browser.go(&format!("{site}{}&at=4", along(23)));
    browser.shoot("live-middle-light-desk");
    assert_eq!(browser.errors(), [""; 0]);
    let requests = browser.requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.starts_with(&site)), "{requests:?}");
}

/// Red if a page of choices has a finding that axe-core calls serious.
#[test]
fn axe_finds_nothing_serious_on_the_live_page() {
    let Some(axe) = Axe::here() else { return };
    for (screen, word) in [(Screen::Desk, "desk"), (Screen::Phone, "phone")] {
        let Some(browser) = Browser::open(screen) else { return };
        axe.watch(&browser);
        let server = Server::start(PENDING_FLAG);
        for target in ["/".to_string(), along(10), along(23)] {
            for scheme in ["light", "dark"] {
                browser.prefer(scheme);
                browser.go(&format!("http://127.0.0.1:{}{target}", server.port));
                assert_eq!(findings(&browser), [""; 0], "{target}, {scheme}, {word}");
            }
        }
    }
}

/// Red if a key chooses another step than the one that it stands beside, or an arrow leaves the run.
#[test]
fn keys_choose_and_move() {
    let Some(browser) = Browser::open(Screen::Desk) else { return };
    let server = Server::start(PENDING_FLAG);
    browser.go(&format!("http://127.0.0.1:{}/", server.port));
    let address = "return location.search";
    let second =
        browser.text("return document.querySelectorAll('.choices .what > a')[1].textContent");
    browser.press("2");
    assert_eq!(browser.text(address), format!("?do={second}"));
    browser.press(key::LEFT);
    assert_eq!(browser.text(address), format!("?do={second}&at=0"));
    browser.press(key::RIGHT);
    assert_eq!(browser.text(address), format!("?do={second}"));
    assert_eq!(browser.errors(), [""; 0]);
}
