//! A check that is killed at any moment and resumed reports what an undisturbed one does.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::CommandCargoExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::repository;

/// A scenario whose check is killed, and how often it writes checkpoints.
struct Victim {
    scenario: PathBuf,
    every: &'static str,
    name: &'static str,
    folder: tempfile::TempDir,
}

/// All outputs of a check.
#[derive(PartialEq, Eq)]
struct Said {
    code: Option<i32>,
    out: Vec<u8>,
    /// The cases, by name.
    cases: Vec<(PathBuf, Vec<u8>)>,
}

/// Counts of what the kills interrupted.
#[derive(Debug, Default)]
struct Figures {
    kills: usize,
    /// Kills before the first checkpoint.
    early: usize,
    /// Kills while a file was being written.
    writing: usize,
    /// Checks that were killed and later finished.
    ends: usize,
}

impl Victim {
    /// A scenario of this repository; without what needs a graph, if that is to be left out.
    fn new(name: &'static str, scenario: &str, every: &'static str, leave_out: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let text = fs::read_to_string(repository(scenario)).expect("the scenario");
        let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        if !leave_out.is_empty() {
            json["ignore"] = leave_out.into();
            // A goal needs a run, for which states are searched once more.
            if json["reach"].is_null() {
                json["reach"] = ["late_grant_refused"].into();
            }
            json["expect"] = serde_json::json!({ "holds": true });
        }
        let path = folder.path().join(format!("{name}.json"));
        fs::write(&path, json.to_string()).expect("it can be written");
        Self { scenario: path, every, name, folder }
    }

    fn command(&self) -> Command {
        let mut command = Command::cargo_bin("latchwork").expect("the program is built");
        command.arg("check").arg(&self.scenario).args(["--json", "--threads", "2", "--out"]);
        command.arg(self.folder.path().join("out"));
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The command that starts the check, or resumes it if there is a checkpoint.
    fn again(&self) -> Command {
        let mut command = self.command();
        for flag in ["--checkpoint", "--resume"] {
            command.arg(flag).arg(self.kept());
        }
        command.args(["--checkpoint-every", self.every]);
        command
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    /// The files in which the check is kept whose names end so.
    fn kept_files(&self, ending: &str) -> usize {
        let Ok(files) = fs::read_dir(self.kept()) else { return 0 };
        let names = files.map(|file| file.expect("a file").path());
        names.filter(|path| path.extension().is_some_and(|found| found == ending)).count()
    }

    /// The final output of the command.
    fn said(&self, output: Output) -> Said {
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing is to be warned of");
        let out = self.folder.path().join("out");
        let cases = crate::paths(&out, ".json");
        let cases = cases.into_iter().map(|path| (path.clone(), fs::read(path).expect("a case")));
        let said = Said { code: output.status.code(), out: output.stdout, cases: cases.collect() };
        fs::remove_dir_all(out).expect("cases were written");
        said
    }

    /// Kills checks at moments drawn from `random`, until there were `kills` of them, and compares
    /// what they come to with what the undisturbed one says.
    fn kill(&self, kills: usize, random: &mut ChaCha8Rng) -> Figures {
        let undisturbed = self.said(self.command().output().expect("it runs"));
        assert!(!undisturbed.cases.is_empty(), "{}: there is a case to compare", self.name);
        let began = Instant::now();
        assert!(self.said(self.again().output().expect("it runs")) == undisturbed);
        let mut time = began.elapsed();
        fs::remove_dir_all(self.kept()).expect("a check was kept");
        let mut figures = Figures::default();
        while figures.kills < kills {
            let times = 1 + random.next_u32() % 3;
            let killed = (0..times).map(|_| self.killed(moment(time, random), &mut figures));
            // One that is done before it is killed will not be killed again.
            let killed = killed.take_while(|killed| *killed).count();
            let said = self.said(self.again().output().expect("it runs"));
            assert!(said == undisturbed, "{}: after {killed} kills, {figures:?}", self.name);
            figures.ends += usize::from(killed > 0);
            if killed == 0 {
                // It came too late: the machine was busy when the time was taken.
                time = time.mul_f64(0.75);
            }
            fs::remove_dir_all(self.kept()).expect("a check was kept");
        }
        figures
    }

    /// Runs the check up to a moment; whether it was still running then.
    fn killed(&self, moment: Duration, figures: &mut Figures) -> bool {
        let mut child: Child = self.again().spawn().expect("it runs");
        std::thread::sleep(moment);
        // On this system that is SIGKILL.
        child.kill().expect("it is ours");
        let killed = child.wait().expect("it has ended").code().is_none();
        figures.kills += usize::from(killed);
        figures.early += usize::from(killed && self.kept_files("search") == 0);
        figures.writing += usize::from(killed && self.kept_files("new") > 0);
        killed
    }
}

fn moment(time: Duration, random: &mut ChaCha8Rng) -> Duration {
    time.mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX))
}

/// The properties of `async_grant` that are judged on the graph of the whole space.
const OF_GRAPH: [&str; 6] = [
    "can_finish",
    "no_retry_storm",
    "request_settles",
    "waiter_granted",
    "late_grant_released",
    "grace_ends",
];

fn kill_all(victims: &[Victim], kills: usize, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for victim in victims {
        let figures = victim.kill(kills.div_ceil(victims.len()), &mut random);
        println!("{}: {figures:?}", victim.name);
        assert!(figures.ends > 0, "{}: none was killed", victim.name);
    }
}

#[cfg(unix)]
#[test]
fn ten_kills_change_nothing() {
    let ablation = "without_cancel_kick_and_upf_kick_cross_can_finish.json";
    let ablation = format!("scenarios/downconvert/ablations/{ablation}");
    let victims = [
        Victim::new("graph", &ablation, "1000", &[]),
        Victim::new("frontier", "scenarios/async_grant/two_try.json", "1000", &OF_GRAPH),
    ];
    kill_all(&victims, 10, 1);
}

/// `cargo test --test it -- --ignored two_hundred_kills --nocapture`, with `LATCHWORK_KILLS` and
/// `LATCHWORK_SEED` for other numbers.
#[cfg(unix)]
#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills_change_nothing() {
    let number =
        |name, default| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let victims = [
        Victim::new("graph", "scenarios/downconvert/stale_cancel.json", "20000", &[]),
        Victim::new("frontier", "scenarios/async_grant/deadlock_answer.json", "20000", &OF_GRAPH),
    ];
    kill_all(&victims, number("LATCHWORK_KILLS", 200) as usize, number("LATCHWORK_SEED", 1));
}
