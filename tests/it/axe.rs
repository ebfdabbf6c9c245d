//! Accessibility of a page that a browser shows: axe-core, fetched by `.ci/axe`.

use std::process::Command;

use serde_json::Value;

use crate::browser::Browser;
use crate::repository;

/// axe-core's script. `LATCHWORK_AXE` may name the file.
pub struct Axe(String);

impl Axe {
    /// Reads the script, which `.ci/axe` fetches once; reports why there is none and returns nothing.
    pub fn here() -> Option<Self> {
        let named = std::env::var("LATCHWORK_AXE").ok();
        let path = named.or_else(fetched)?;
        let script = std::fs::read_to_string(&path);
        Some(Self(script.unwrap_or_else(|error| panic!("{path}: {error}"))))
    }

    /// Makes the script known to all pages that the browser opens from now on.
    pub fn watch(&self, browser: &Browser) {
        browser.bring(&self.0);
    }
}

/// The path of the script that `.ci/axe` fetches.
fn fetched() -> Option<String> {
    let output = match Command::new(repository(".ci/axe")).output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: .ci/axe does not run here: {error}");
            return None;
        }
    };
    if !output.status.success() {
        println!("skipped: .ci/axe: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(String::from_utf8(output.stdout).expect("a path").trim().to_string())
}

/// What axe-core calls serious or critical on the page that is shown, with all of its parts open.
pub fn findings(browser: &Browser) -> Vec<String> {
    let found = browser.eval(
        "document.querySelectorAll('details').forEach((part) => { part.open = true; });
         const told = (rule) => rule.id + ' (' + rule.impact + '), ' + rule.nodes.length + ' times: ' + rule.nodes[0].html.slice(0, 200) + ' ' + (rule.nodes[0].failureSummary || '');
         return axe.run(document, { resultTypes: ['violations'], preload: false })
           .then((all) => all.violations.filter((rule) => ['serious', 'critical'].includes(rule.impact)).map(told))",
    );
    let found = found.as_array().unwrap_or_else(|| panic!("axe says {found}"));
    found.iter().filter_map(Value::as_str).map(ToString::to_string).collect()
}
