//! The committed report on foreign engines is about the scenarios and counts that there are now.

use std::collections::BTreeMap;
use std::path::Path;

use latchwork::protocols::PROTOCOLS;
use serde_json::Value;

use crate::{paths, repository};

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("text");
    serde_json::from_str(&text).expect("JSON")
}

/// `baselines` compares the pages of the scenarios with what is found now; this compares the report
/// with those pages.
#[test]
fn the_report_on_foreign_engines_is_fresh() {
    const AGAIN: &str = ".ci/foreign";
    let report = read(&repository("reports/foreign.json"));
    let models = report["models"].as_array().expect("a list");
    let mut compared = BTreeMap::new();
    for model in models {
        assert_eq!(model["equal"], true, "{model}");
        compared.insert(model["name"].as_str().expect("a name"), model);
    }
    for protocol in PROTOCOLS {
        let folder = repository("reports").join(protocol.name).join("scenarios");
        for path in paths(&folder, ".json") {
            let page = read(&path);
            let name = format!("{}/{}", protocol.name, page["scenario"].as_str().expect("a name"));
            let model = compared.remove(&*name);
            let model = model.unwrap_or_else(|| panic!("{name} is not in the report: {AGAIN}"));
            let found = &model["latchwork"];
            if found.is_null() {
                assert!(page["distinct"].as_u64() > Some(1_000_000), "{name}: {AGAIN}");
                continue;
            }
            for figure in ["distinct", "generated", "depth"] {
                assert_eq!(found[figure], page[figure], "{figure} of {name}: {AGAIN}");
            }
            for engine in ["stateright", "spin"] {
                assert_eq!(
                    model[engine]["distinct"], page["distinct"],
                    "{name}, {engine}: {AGAIN}"
                );
            }
        }
    }
    let others: Vec<_> = compared.keys().filter(|name| !name.starts_with("gallery/")).collect();
    assert!(others.is_empty(), "{others:?} are no default scenarios: {AGAIN}");
    assert!(compared.len() > 20, "the gallery is missing: {AGAIN}");
}
