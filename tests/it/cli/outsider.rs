//! A package of one's own has every command of the tool, on its own protocol: refinements too.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::cli::init::{cargo, said, written};

/// Three specifications of the lock: one that it refines, one that it does not, and one that is
/// mapped so that nothing ever happens.
const SPECS: &str = r#"// Specifications of the lock.

use latchwork_model::kit::{FIRED, Fired, Model, Property, Refines, Set, Table, values, when};
use latchwork_model::{actions, domains, properties, state};

use super::lock::{self, At, ClientId, Lock};

state! {
    /// The clients that hold the lock.
    pub struct Holders {
        /// They.
        pub holders: Set<ClientId>,
    }
}

/// A lock without messages.
pub struct Mutex;

domains! { Mutex, self; ClientId: 3 }

actions! { Mutex, Holders;
    /// A client.
    fair client {
        /// Take the lock.
        client_take(c: ClientId);
        /// Give it back.
        client_drop(c: ClientId);
    }
}

impl Mutex {
    fn client_take(&self, s: &mut Holders, c: ClientId) -> Fired {
        when(s.holders.is_empty())?;
        s.holders.insert(c);
        FIRED
    }

    fn client_drop(&self, s: &mut Holders, c: ClientId) -> Fired {
        when(s.holders.contains(c))?;
        s.holders.remove(c);
        FIRED
    }
}

impl Model for Mutex {
    const PROPERTIES: &'static [Property<Self>] = properties! { Mutex; };

    fn initial(&self, emit: &mut dyn FnMut(&Holders)) {
        emit(&Holders::default());
    }

    fn done(&self, _: &Holders) -> bool {
        true
    }
}

impl Refines<Mutex> for Lock {
    const REFINEMENT: &'static str = "lock_refines_mutex";

    fn spec(&self) -> Mutex {
        Mutex
    }

    fn mapped(&self, own: &lock::State) -> Holders {
        let mut state = Holders::default();
        for c in values::<ClientId>(self).filter(|c| own.client[*c].at == At::Holding) {
            state.holders.insert(c);
        }
        state
    }
}

state! {
    /// How far the clients are.
    pub struct Ways {
        /// The clients.
        pub at: Table<ClientId, At, 3>,
    }
}

/// Clients that never give up.
pub struct Patient(u8);

domains! { Patient, self; ClientId: self.0 }

actions! { Patient, Ways;
    /// A client.
    fair client {
        /// Begin.
        client_begin(c: ClientId);
        /// Go one step further.
        client_go(c: ClientId);
    }
}

impl Patient {
    fn client_begin(&self, s: &mut Ways, c: ClientId) -> Fired {
        when(s.at[c] == At::Start)?;
        s.at[c] = At::ALL[1];
        FIRED
    }

    fn client_go(&self, s: &mut Ways, c: ClientId) -> Fired {
        when(s.at[c] != At::Start && s.at[c] != At::Done)?;
        s.at[c] = At::ALL[s.at[c] as usize + 1];
        FIRED
    }
}

impl Model for Patient {
    const PROPERTIES: &'static [Property<Self>] = properties! { Patient; };

    fn initial(&self, emit: &mut dyn FnMut(&Ways)) {
        emit(&Ways::default());
    }

    fn done(&self, _: &Ways) -> bool {
        true
    }
}

impl Refines<Patient> for Lock {
    const REFINEMENT: &'static str = "lock_refines_patient";

    fn spec(&self) -> Patient {
        Patient(values::<ClientId>(self).count() as u8)
    }

    fn mapped(&self, own: &lock::State) -> Ways {
        let mut state = Ways::default();
        values::<ClientId>(self).for_each(|c| state.at[c] = own.client[c].at);
        state
    }
}

/// A lock of which nothing is known.
pub struct Vague;

actions! { Vague, Holders;
    /// Somebody.
    fair client {
        /// Do something.
        client_act();
    }
}

impl Vague {
    fn client_act(&self, s: &mut Holders) -> Fired {
        when(s.holders.is_empty())?;
        s.holders.insert(ClientId(0));
        FIRED
    }
}

impl Model for Vague {
    const PROPERTIES: &'static [Property<Self>] = properties! { Vague; };

    fn initial(&self, emit: &mut dyn FnMut(&Holders)) {
        emit(&Holders::default());
    }

    fn done(&self, _: &Holders) -> bool {
        true
    }
}

impl Refines<Vague> for Lock {
    const REFINEMENT: &'static str = "lock_refines_vague";

    fn spec(&self) -> Vague {
        Vague
    }

    fn mapped(&self, _: &lock::State) -> Holders {
        Holders::default()
    }
}
"#;

/// A package with the lock and its specifications, and its program.
struct Package {
    folder: PathBuf,
    program: PathBuf,
    _above: tempfile::TempDir,
}

impl Package {
    fn new() -> Self {
        let (above, folder) = written("outsider", &[]);
        fs::write(folder.join("src/spec.rs"), SPECS).expect("written");
        let main = folder.join("src/main.rs");
        let text = fs::read_to_string(&main).expect("text");
        let entries = "&[\n    Entry::of::<lock::Lock>(),\n    \
            Entry::refinement::<lock::Lock, spec::Mutex>(),\n    \
            Entry::refinement::<lock::Lock, spec::Patient>(),\n    \
            Entry::refinement::<lock::Lock, spec::Vague>(),\n]";
        let text = text.replace("&[Entry::of::<lock::Lock>()]", entries);
        let text = text.replace("mod lock;\n", "mod lock;\nmod spec;\n");
        fs::write(&main, text).expect("written");
        let built = cargo(&folder, &["build"]);
        assert!(built.status.success(), "{}", said(&built));
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
        Self { folder, program: target.join("debug/outsider"), _above: above }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder);
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        command
    }

    fn output(&self, arguments: &str) -> Output {
        let words: Vec<&str> = arguments.split(' ').collect();
        self.command(&words).output().expect("it runs")
    }

    /// Runs a command that must end with this code, and returns what it prints.
    fn runs(&self, arguments: &str, code: i32) -> String {
        let output = self.output(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {}", said(&output));
        said(&output)
    }

    /// Runs a command that prints JSON.
    fn facts(&self, arguments: &str, code: i32) -> serde_json::Value {
        let output = self.output(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {}", said(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn has(&self, file: &str) -> bool {
        fs::metadata(self.folder.join(file)).is_ok_and(|file| file.len() > 0)
    }
}

/// Red if a command does not know the protocol of a package, or knows only ours.
#[test]
fn a_package_has_every_command_on_its_own_protocol() {
    let package = Package::new();
    let rule = "return_late_grant";
    refines(&package);
    package.runs("check lock", 0);
    let red = package.runs(&format!("check lock --without {rule} --html red.html"), 1);
    let case = red.lines().find_map(|line| line.strip_prefix("case:    ")).expect("a case");
    assert!(package.has("red.html"));
    assert!(package.runs("list lock", 0).contains(rule));
    assert!(package.runs("ablate lock", 0).contains(rule));
    package.runs(&format!("compare scenarios/lock/two_clients.json full full-{rule}"), 0);
    package.runs(&format!("replay {case}"), 1);
    package.runs(&format!("shrink {case}"), 0);
    package.runs(&format!("report {case} --html case.html"), 0);
    assert!(package.has("case.html"));
    for format in ["svg", "mermaid"] {
        let text = package.output(&format!("export {case} --format {format}"));
        assert!(!text.stdout.is_empty(), "{format}: {}", said(&text));
    }
    assert!(package.runs("review lock", 0).contains(rule));
    package.runs("simulate lock --runs 0..200", 0);
    package.runs(&format!("simulate lock --runs 0..200 --without {rule}"), 1);
    package.runs(&format!("corpus add {case}"), 0);
    assert!(package.runs("corpus run", 0).contains("1 case, all the same"));
    package.runs("predict full", 0);
    package.runs("selfcheck", 0);
    package.runs("schema case", 0);
    package.runs("completions bash", 0);
    package.runs("man", 0);
    assert!(package.runs("gallery", 0).contains("gfs2_glock"));
    conforms(&package);
    serves(&package, case);
    // It has no threaded form, and its messages are not NFS: that is said.
    assert!(package.runs("check lock --engine loom", 2).contains("lock"));
    edit_loop(&package);
}

/// Red if the counts of a refinement, the steps of the specification at a stray step, or the code of
/// a vacuous map are missing.
fn refines(package: &Package) {
    let holds = package.runs("check lock --refines mutex", 0);
    assert!(holds.contains("stutters; steps of the specification: client_take "), "{holds}");
    let facts = package.facts("check lock --refines mutex --json", 0);
    let refinement = &facts["scenarios"][0]["refinement"];
    assert_eq!(refinement["strays"], 0);
    let steps = |at: usize| refinement["actions"][at]["steps"].as_u64().expect("a number");
    assert!(steps(0) > 0 && steps(1) > 0, "{refinement}");
    let scenario = &facts["scenarios"][0];
    let all = refinement["stutters"].as_u64().expect("a number") + steps(0) + steps(1);
    assert_eq!(scenario["generated"].as_u64(), Some(all + 1), "each step is counted once");

    let stray = package.runs("check lock --refines patient", 1);
    assert!(stray.contains("VIOLATED refines after 2 steps"), "{stray}");
    assert!(stray.contains("stray steps"), "{stray}");
    let instead =
        "At step 2 these steps of the specification were enabled: client_begin(c1), client_go(c0).";
    let joined = stray.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains(instead), "{stray}");
    let facts = package.facts("check lock --refines patient --json", 1);
    let run = &facts["scenarios"][0]["counterexample"];
    assert_eq!(run["instead"], serde_json::json!(["client_begin(c1)", "client_go(c0)"]));
    assert_eq!(run["trace"][1]["action"], "fault_give_up(c0)");

    let vague = package.runs("check lock --refines vague", 5);
    assert!(vague.contains("all of them stutter"), "{vague}");
    let facts = package.facts("check lock --refines vague --json", 5);
    assert_eq!(facts["scenarios"][0]["standing"], "vacuous");
    assert_eq!(facts["scenarios"][0]["refinement"]["actions"][0]["steps"], 0);
}

/// Red if a log is not checked against the protocol of a package.
fn conforms(package: &Package) {
    let map = r#"{ "format": 1, "protocol": "lock", "bounds": { "clients": 2 },
        "lines": [{ "event": "", "do": "{did}" }] }"#;
    fs::write(package.folder.join("map.json"), map).expect("written");
    fs::write(package.folder.join("log.jsonl"), "{\"did\": \"client_ask(c0)\"}\n")
        .expect("written");
    let said = package.runs("conform lock log.jsonl --map map.json --profile full", 0);
    assert!(said.contains("admitted"), "{said}");
}

/// A program that runs until it is dropped, and the lines that it prints.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let out = BufReader::new(child.stdout.take().expect("its words"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// Reads lines up to one that contains these words; all of them.
    fn until(&self, words: &str) -> String {
        let mut read = String::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(300));
            let line = line.unwrap_or_else(|_| panic!("no `{words}` in: {read}"));
            read += &(line.clone() + "\n");
            if line.contains(words) {
                return read;
            }
        }
    }

    /// Nothing is printed for some seconds.
    fn is_quiet(&self) {
        let line = self.lines.recv_timeout(Duration::from_secs(5));
        assert_eq!(line, Err(RecvTimeoutError::Timeout), "nothing was saved");
    }

    /// Interrupts it. It ends, with exit code 0.
    fn interrupt(mut self) {
        let ended = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(ended.expect("it runs").success());
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                return assert!(status.success(), "{status}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("Ctrl-C did not end it");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Red if the live page of a case of a package is not served.
fn serves(package: &Package, case: &str) {
    let server = Running::start(&mut package.command(&["serve", case]));
    let line = server.until("page:    http://127.0.0.1:");
    let port = line.trim().trim_end_matches('/').rsplit(':').next().expect("a port").to_string();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
    let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("client_ask"), "{answer}");
}

/// Red if `dev` misses an edit, prints what did not change, builds without an edit, dies of an error of
/// the compiler, or does not end when it is interrupted.
fn edit_loop(package: &Package) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let mut command = package.command(&["dev", "lock"]);
    command.env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true");
    let dev = Running::start(&mut command);
    let first = dev.until("of which the build took");
    assert!(first.contains("1 scenario, as expected"), "{first}");
    dev.is_quiet();
    let model = package.folder.join("src/lock.rs");
    let good = fs::read_to_string(&model).expect("text");
    let edit = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        fs::write(&model, good.replace(from, to)).expect("written");
    };
    edit("self.rules.return_late_grant", "false");
    let red = dev.until("of which the build took");
    assert!(
        red.contains("lock/two_clients: owner_knows: holds -> violated after 4 steps"),
        "{red}"
    );
    assert!(red.contains("1 scenario, 1 not as expected"), "{red}");
    assert!(!red.contains("one_holder"), "it holds as before: {red}");
    edit("self.rules.return_late_grant", "false +");
    let broken = dev.until("not built");
    assert!(broken.contains("error") && broken.contains("src/lock.rs:"), "{broken}");
    fs::write(&model, &good).expect("written");
    let fixed = dev.until("of which the build took");
    assert!(fixed.contains("owner_knows: violated after 4 steps -> holds"), "{fixed}");
    // A scenario alone needs no build.
    let scenario = package.folder.join("scenarios/lock/two_clients.json");
    let text = fs::read_to_string(&scenario).expect("text");
    fs::write(&scenario, text.replace("\"give_up\": 1", "\"give_up\": 0")).expect("written");
    let vacuous = dev.until("of which the build took");
    assert!(vacuous.contains("grant_comes_late"), "{vacuous}");
    dev.interrupt();
}
