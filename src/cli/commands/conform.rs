//! `latchwork conform`: a recording checked against a protocol.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::files::{entry_named, write_file};
use crate::cli::json::{Json, to_text};
use crate::cli::print::write_next;
use crate::cli::switches::Switches;
use crate::cli::{Exit, Failure, print};
use crate::conform::client_log::ClientLog;
use crate::conform::map_file::MapFile;
use crate::conform::mapped::{self, Log};
use crate::conform::slice::Slice;
use crate::conform::{log, recording};
use crate::encoding::json::{Document, Problem};
use crate::engines::follow::outcome::Followed;
use crate::files::configuration::Configuration;
use crate::jobs::conform::{self as laying, Conformed, Outcome, case, diagnose};
use crate::protocols::Entry;
use crate::report::conform::facts::{FORMAT, Facts, SliceFacts, SliceResult, Verdict};
use crate::report::conform::{suites, text};
use crate::report::hosts::junit;
use crate::report::layout::Detail;

/// Check whether a recording of a real system is a run of a protocol
///
/// The recording is network traffic (pcap, pcapng, or the output of `import`), or a log of your own
/// (kernel tracepoints, or JSON Lines) with a map that defines what its lines mean. Exit code 0: some
/// run of the model explains it and violates nothing. 1: no run explains it, or every run that does
/// violates something. 3: there are too many possible explanations. 5: it contains nothing to check.
#[derive(Args)]
pub struct Conform {
    /// The protocol
    protocol: String,
    /// The recording. With several logs, each belongs to the host its file is named after, or NAME=FILE
    #[arg(required = true, value_name = "FILE")]
    recording: Vec<String>,
    /// What the lines of the logs mean; without it the recording is network traffic
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// What the processes of a client did, and what they were told. NAME is part of the client's owner
    /// string
    #[arg(long, value_name = "NAME=LOG", conflicts_with = "map")]
    client: Vec<String>,
    /// The most milliseconds by which the clocks of two hosts differ
    #[arg(long, value_name = "MS", default_value_t = 0)]
    skew: u64,
    #[command(flatten)]
    switches: Switches,
    /// Also report what some run that explains the recording violates
    #[arg(long)]
    may: bool,
    #[command(flatten)]
    json: Json,
    /// Write the verdicts as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Where to write the cases of runs that explain the recording
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
}

impl Conform {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let entry = entry_named(&self.protocol)?;
        let (slices, without) = self.slices(entry)?;
        let mut all = Vec::new();
        let mut shown = None;
        for slice in &slices {
            let mut facts = SliceFacts::new(slice);
            let configurations = self.configurations(slice)?;
            let alone = configurations.len() == 1;
            for configuration in configurations {
                let conformed =
                    laying::conform(slice, configuration, self.may).map_err(Failure::Usage)?;
                let diagnosis = match alone {
                    true => diagnose_rejected(slice, &conformed)?,
                    false => None,
                };
                let mut result = SliceResult::new(slice, &conformed, diagnosis.as_ref());
                if let Some(path) = self.keep(slice, &conformed, &result)? {
                    result.case = Some(path.display().to_string());
                    shown = shown.or((result.verdict == Verdict::Violates).then_some(path));
                }
                facts.results.push(result);
            }
            all.push(facts);
        }
        let facts = Facts { format: FORMAT, protocol: entry.name, without, slices: all };
        if let Some(path) = &self.junit {
            let xml = junit::of_suites(&suites::suites(&facts)).map_err(Failure::Usage)?;
            write_file(path, &xml)?;
        }
        self.json.write(&to_text(&facts)?)?;
        if !self.json.prints() {
            let mut out = print::stdout();
            text::write(&mut out, &facts, print::layout(Detail::Verbose))?;
            if let Some(path) = shown {
                writeln!(out)?;
                write_next(&mut out, &path)?;
            }
        }
        let exit = |slice: &SliceFacts| match slice.verdict() {
            Verdict::Admitted => Exit::Expected,
            Verdict::Violates | Verdict::Rejected => Exit::Violated,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::NoModel | Verdict::Vacuous => Exit::Vacuous,
        };
        Ok(facts.slices.iter().map(exit).max().unwrap_or(Exit::Vacuous))
    }

    /// What is recorded, in the words of the protocol.
    fn slices(&self, entry: &'static Entry) -> Result<Slices, Failure> {
        let Some(map) = &self.map else { return self.slices_of_traffic(entry) };
        let map = MapFile::read(&Document::open(map)?, entry)?;
        let mut logs = Vec::new();
        for recording in &self.recording {
            let (host, path) = named(recording)?;
            let lines = log::open(Path::new(path), &host)?;
            logs.push(Log { file: path.to_string(), lines });
        }
        let slice = mapped::slice(&map, &logs, self.skew.saturating_mul(1_000_000))?;
        Ok((vec![slice], BTreeMap::new()))
    }

    fn slices_of_traffic(&self, entry: &'static Entry) -> Result<Slices, Failure> {
        let [recording] = self.recording.as_slice() else {
            return Err(Failure::Usage(
                "only one recording of traffic at a time can be checked".to_string(),
            ));
        };
        let Some(map) = recording::map_of_traffic(entry.name) else {
            let hint = format!("hint: --map translates the lines of a log to {}", entry.name);
            return Err(Failure::Usage(format!("{} has no map of traffic\n{hint}", entry.name)));
        };
        let events = recording::events(Path::new(recording))?;
        let mut logs = Vec::new();
        for log in &self.client {
            let Some((client, path)) = log.split_once('=') else {
                let hint = "hint: --client NAME=LOG";
                return Err(Failure::Usage(format!("`{log}` names no client\n{hint}")));
            };
            logs.push(ClientLog::open(client, Path::new(path))?);
        }
        Ok(map(&events, &logs))
    }

    /// The configurations that a slice is checked against: the one that was asked for, or that of
    /// every profile.
    fn configurations(&self, slice: &Slice) -> Result<Vec<Configuration>, Failure> {
        let mut one = slice.configuration.clone();
        self.switches.apply_to(&mut one)?;
        if self.switches.names_profile() {
            return Ok(vec![one]);
        }
        let profiles = 0..one.entry.profiles.len();
        Ok(profiles.map(|profile| Configuration { profile, ..one.clone() }).collect())
    }

    /// Writes the case of an explaining run.
    fn keep(
        &self,
        slice: &Slice,
        conformed: &Conformed,
        result: &SliceResult,
    ) -> Result<Option<PathBuf>, Failure> {
        let configuration = &conformed.configuration;
        let (run, property) = match &conformed.outcome {
            Outcome::Followed(Followed::Admitted { run, .. }) => (run, None),
            Outcome::Followed(Followed::Violates { run, every, some, .. }) => {
                (run, every.iter().chain(some.iter()).next())
            }
            _ => return Ok(None),
        };
        let Some(case) = case(slice, configuration, run, property) else { return Ok(None) };
        let what = if property.is_some() { &case.verdict.property } else { "admitted" };
        let recording = self.recording.first().map(Path::new).and_then(Path::file_stem);
        let recording = recording.map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let stem: String = format!("{recording}-{}", slice.name).chars().map(plain).collect();
        let folder = self.out.join("conform").join(configuration.entry.name);
        let path = folder.join(format!("{stem}-{}-{what}.json", result.profile));
        write_file(&path, &case.to_text())?;
        Ok(Some(path))
    }
}

/// Slices, and what there is none for.
type Slices = (Vec<Slice>, BTreeMap<String, u64>);

fn diagnose_rejected(
    slice: &Slice,
    conformed: &Conformed,
) -> Result<Option<crate::jobs::conform::Diagnosis>, Failure> {
    match &conformed.outcome {
        Outcome::Followed(Followed::Rejected(_)) => {
            diagnose(slice, &conformed.configuration).map_err(Failure::Usage)
        }
        _ => Ok(None),
    }
}

/// A character of a file name.
fn plain(letter: char) -> char {
    if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' }
}

/// The host and the file of `NAME=FILE`, or of a file that is named after its host.
fn named(recording: &str) -> Result<(String, &str), Failure> {
    if let Some((host, path)) = recording.split_once('=') {
        return Ok((host.to_string(), path));
    }
    let stem = Path::new(recording).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let problem = || Problem::of_file(recording, "is no file");
    Ok((stem.ok_or_else(problem)?, recording))
}
