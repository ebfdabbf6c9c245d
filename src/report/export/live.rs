//! A schedule that `live/run --schedule` plays on a real kernel: who acts when, whose answers are
//! delayed, when the server restarts or a session is destroyed.
//!
//! The rival, the applications and the faults are played. What the returner, the manager and the
//! server do between them is up to the kernel; the calls that a fault waits for are those that the
//! server executes before it in the case.

use crate::files::case::{Case, CaseStep};
use crate::files::configuration::Tree;

/// The first line of a schedule.
pub const HEAD: &str = "latchwork live 1";
/// How long answers to the client are delayed while a fault is awaited, in milliseconds.
const DELAY: u32 = 2000;
/// How long they are delayed once it has happened: what follows must fit into the server's grace.
const SHORT_DELAY: u32 = 100;

/// What is played, line by line.
struct Player<'a> {
    case: &'a Case,
    lines: Vec<String>,
    /// Whether the rival has begun to open the file, and whether it has it open.
    rival: (bool, bool),
    /// The calls that the server executed for the client since it is watched.
    calls: Vec<&'static str>,
}

/// Returns the schedule of a case.
///
/// # Errors
///
/// If something in the case cannot be played.
pub fn to_schedule(case: &Case) -> Result<String, String> {
    let protocol = case.configuration.entry.name;
    if protocol != "delegation_return" {
        return Err(format!("only cases of delegation_return can be played, not of {protocol}"));
    }
    let mut player = Player { case, lines: Vec::new(), rival: (false, false), calls: Vec::new() };
    player.begin()?;
    for (at, step) in case.steps.iter().enumerate() {
        player.step(at, step)?;
    }
    player.end();
    let mut text = format!("{HEAD}\n");
    for line in player.lines {
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

impl Player<'_> {
    fn say(&mut self, line: &str) {
        self.lines.push(line.to_string());
    }

    /// The head, and the client with its delegation and its first open.
    fn begin(&mut self) -> Result<(), String> {
        let (set, verdict) = (self.case.configuration.rule_set(), &self.case.verdict);
        let (property, steps) = (&verdict.property, self.case.steps.len());
        self.say(&format!("about a case of delegation_return: {property} after {steps} steps"));
        self.say(&format!("profile {set}"));
        if verdict.violated {
            self.say(&format!("violates {property}"));
        }
        let kind = first_open(self.case);
        // The first open brings the delegation. The client closes it, or the server keeps it.
        self.say("c1 open a r");
        self.say("c1 read a");
        match kind {
            Some("cached") => self.say("c1 close a"),
            Some("known") => {}
            _ => {
                return Err("the first open of the case is neither cached nor known".to_string());
            }
        }
        self.say("wait 1");
        self.say("c1 open b r");
        Ok(())
    }

    fn step(&mut self, at: usize, step: &CaseStep) -> Result<(), String> {
        let (name, argument) = step.action.split_once('(').unwrap_or((&step.action, ""));
        let id = argument.trim_end_matches(')').get(1..).and_then(|id| id.parse::<u32>().ok());
        let lock = step.changes.iter().find_map(|change| lock_of(&change.path)).or(id);
        let first = lock.unwrap_or(0) * 100;
        let later = &self.case.steps[at + 1..];
        let note = format!("    # step {}: {}", at + 1, step.action);
        let played = match name {
            "app_lock_cached" => format!("c1 rdlck b {first} 10"),
            "app_unlock_cached" => format!("c1 unlck b {first} 10"),
            "app_open_cached" => "c1 open c r".to_string(),
            "app_read_cached" => "c1 read b".to_string(),
            "rival_open" if !self.rival.0 => {
                self.rival.0 = true;
                // From here on, the client returns the delegation.
                self.say("c1 watched");
                if later.iter().any(|later| later.action.starts_with("fault_")) {
                    self.say(&format!("c1 delayed {DELAY}"));
                }
                "c2 starts open w rw".to_string()
            }
            "rival_open" => {
                self.rival.1 = true;
                "c2 ends".to_string()
            }
            "rival_lock" => {
                if !self.rival.1 {
                    self.say("c2 ends");
                    self.rival.1 = true;
                }
                format!("c2 wrlck w {first} 10")
            }
            "rival_unlock" => format!("c2 unlck w {first} 10"),
            "fault_reboot" | "fault_session_lost" => {
                let fault = self.fault(at, name)?;
                self.say(&(fault.to_string() + &note));
                if self.rival.0 {
                    let again = later.iter().any(|later| later.action.starts_with("fault_"));
                    let delay = if again { DELAY } else { SHORT_DELAY };
                    self.say(&format!("c1 delayed {delay}"));
                }
                return Ok(());
            }
            _ => {
                if let Some(call) = call(name) {
                    self.calls.push(call);
                }
                let own = [
                    "ret_",
                    "mgr_",
                    "renew_notice",
                    "cb_send",
                    "cb_receive",
                    "cb_reply",
                    "srv_end_grace",
                ];
                if own.iter().any(|own| name.starts_with(own)) {
                    return Ok(());
                }
                return Err(format!("step {}, `{}`, cannot be played", at + 1, step.action));
            }
        };
        self.say(&(played + &note));
        Ok(())
    }

    /// A fault, once the calls before it have been executed. Whether the server forgets what it has
    /// recalled decides whether it grants the delegation again.
    fn fault(&mut self, at: usize, name: &str) -> Result<&'static str, String> {
        if self.rival.0 {
            self.await_calls(at)?;
        }
        if name == "fault_session_lost" {
            if !self.rival.0 {
                return Err(format!("step {}: nothing of the client is awaited before it", at + 1));
            }
            return Ok("c1 destroyed");
        }
        let refuses = |later: &CaseStep| later.action.starts_with("mgr_open_reclaim_refused");
        if !self.case.steps[at..].iter().any(refuses) {
            return Ok("server reloads");
        }
        if !self.rival.0 {
            let why = "the server refuses to grant the delegation again, but has not recalled it";
            return Err(why.to_string());
        }
        Ok("server restarts")
    }

    /// The fault follows the last call that the server has executed.
    fn await_calls(&mut self, at: usize) -> Result<(), String> {
        let Some(last) = self.calls.last().copied() else {
            return Err(format!("step {}: no call of the client comes before the fault", at + 1));
        };
        let number = self.calls.iter().filter(|call| **call == last).count();
        self.say(&format!("c1 calls {last} {number}"));
        Ok(())
    }

    /// The client uses the files that it believes to have open, and closes them.
    fn end(&mut self) {
        if self.rival.0 && !self.rival.1 {
            self.say("c2 ends");
        }
        if self.lines.iter().any(|line| line.starts_with("c1 delayed")) {
            self.say("c1 delayed 0");
        }
        self.say("wait 3");
        self.say("c1 read b");
        self.say("c1 close b");
        if self.rival.0 {
            self.say("c2 close w");
        }
    }
}

/// The kind of the first open.
fn first_open(case: &Case) -> Option<&'static str> {
    let Tree::Record(fields) = &case.configuration.bounds else { return None };
    fields.iter().find_map(|(name, value)| match value {
        Tree::Choice(_, kind) if *name == "first_open" => Some(*kind),
        _ => None,
    })
}

/// The number of the lock that a field belongs to: 1 for `lock.k1.believed`.
fn lock_of(field: &str) -> Option<u32> {
    field.strip_prefix("lock.k")?.split('.').next()?.parse().ok()
}

/// The call on the wire that an action executes.
fn call(action: &str) -> Option<&'static str> {
    Some(match action {
        "ret_open_send" | "mgr_open_reclaim" | "mgr_open_reclaim_refused" => "OPEN",
        "ret_lock_send" => "LOCK",
        "ret_delegreturn" => "DELEGRETURN",
        "mgr_exchange_id" => "CREATE_SESSION",
        "mgr_reclaim_complete" => "RECLAIM_COMPLETE",
        _ => return None,
    })
}
