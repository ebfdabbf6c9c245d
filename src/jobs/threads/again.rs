//! Repeats a recorded run under the engine that did it.

use crate::engines::schedule::Schedule;
use crate::engines::threads::refine::{Judgement, Refinement};
use crate::engines::threads::runs::Ran;
use crate::engines::threads::{under_loom, under_shuttle};
use crate::files::case::Case;
use crate::files::thread_run::ThreadRun;
use crate::protocols::form::Code;
use crate::protocols::form_of;

/// Repeats the run with these decisions; `None` if that is not possible, or if it goes another way.
pub fn again(code: &Code, schedule: &Schedule) -> Result<Option<Ran>, String> {
    match schedule {
        Schedule::None => Ok(None),
        Schedule::Tasks(tasks) => Ok(under_shuttle::again(&code.on_shuttle, tasks)),
        Schedule::Path(path) => {
            under_loom::starts()?;
            under_loom::again(&code.on_loom, path)
                .map_err(|error| format!("cannot pass the decisions to loom: {error}"))
        }
    }
}

/// Repeats the threads of a case and checks them against the model. The error explains how they
/// differ from the case.
pub fn redo(case: &Case, threads: &ThreadRun) -> Result<(), String> {
    let configuration = &case.configuration;
    let form = form_of(configuration.entry.name)?;
    let flaws: Vec<&str> = threads.flaws.iter().map(String::as_str).collect();
    let code = configuration.entry.code(form, &configuration.setup(), &flaws)?;
    if threads.schedule == Schedule::None {
        return Ok(());
    }
    let Some(ran) = again(&code, &threads.schedule)? else {
        return Err("the decisions of the scheduler are no longer possible".to_string());
    };
    let mut refinement = Refinement::new(configuration.instance()?, form.silent);
    let log: Vec<String> = ran.log.iter().map(|entry| refinement.spell(entry)).collect();
    if let Some(at) =
        (0..log.len().max(threads.log.len())).find(|at| log.get(*at) != threads.log.get(*at))
    {
        let word = |entry: Option<&String>| entry.map_or("nothing", String::as_str).to_string();
        let (now, then) = (word(log.get(at)), word(threads.log.get(at)));
        return Err(format!("action {} of the log is {now}, recorded {then}", at + 1));
    }
    let ends = ran.ending.to_string();
    if ends != threads.ends {
        return Err(format!("the run ends with {ends}, recorded {}", threads.ends));
    }
    let refused = match refinement.judge(&ran.log, &ran.ending) {
        Judgement::Refused(_, refusal) => Some(refusal.to_string()),
        _ => None,
    };
    if refused != threads.refused {
        let word = |refused: Option<String>| refused.unwrap_or("a run of the model".to_string());
        let (now, then) = (word(refused), word(threads.refused.clone()));
        return Err(format!("against the model: {now}, recorded {then}"));
    }
    Ok(())
}
