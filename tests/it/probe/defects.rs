//! Every planted defect is found, minimized, kept, replayed and drawn.

use std::fs;

use latchwork::encoding::json::Document;
use latchwork::files::probe_case::ProbeCase;
use latchwork::report::schema;

use crate::program::{path, run};

/// Finds a defect; its case.
fn found(defect: &str, folder: &tempfile::TempDir) -> (ProbeCase, std::path::PathBuf) {
    let out = folder.path().join("out");
    let arguments =
        ["probe", path(folder.path()), "--planted", defect, "--hang", "0.5", "--out", path(&out)];
    let (code, printed, said) = run(&arguments);
    assert_eq!(code, 1, "{defect}: {printed}{said}");
    assert!(printed.contains("DISAGREES: "), "{printed}");
    let files: Vec<_> = fs::read_dir(out.join("probe")).expect("a folder").collect();
    let [Ok(file)] = files.as_slice() else { panic!("{files:?}") };
    let case = ProbeCase::open(&file.path()).unwrap_or_else(|problem| panic!("{problem}"));
    (case, file.path())
}

/// A check that does not bite, or a minimizer that leaves calls in, fails here.
#[test]
fn each_planted_defect_is_found_and_minimized() {
    let schema = jsonschema::validator_for(&schema::probe()).expect("a schema");
    for (defect, kinds) in [
        ("no-merge", &["answer"][..]),
        ("kept-after-close", &["answer", "table", "not_woken"]),
        ("not-woken", &["not_woken"]),
        ("late-grant", &["answer", "table", "not_woken", "woken"]),
        ("lost-lock", &["answer", "table", "woken"]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let (case, file) = found(defect, &folder);
        assert!(kinds.contains(&case.failure.kind.as_str()), "{defect}: {case:?}");
        assert!((1..=6).contains(&case.steps.len()), "{defect}: {case:?}");
        assert!(case.rate.failed > 0, "{defect}: {case:?}");
        let text = fs::read_to_string(&file).expect("text");
        assert!(schema.is_valid(&serde_json::from_str(&text).expect("JSON")), "{text}");
        let again = ProbeCase::read(&Document::new("case", text.clone()), "case");
        assert_eq!(again.expect("a case").to_text(), text);
    }
}

/// The case of a defect fails again where the defect is, and not on the filesystem as it is.
#[test]
fn a_case_is_replayed_and_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let (case, file) = found("kept-after-close", &folder);
    let (code, out, said) = run(&["replay", path(&file)]);
    assert_eq!(code, 1, "{out}{said}");
    assert!(out.contains("the disagreement is still there"), "{out}");
    let mut sound = case.clone();
    sound.probe.planted = None;
    let sound_file = folder.path().join("sound.json");
    fs::write(&sound_file, sound.to_text()).expect("a file");
    let (code, out, said) = run(&["replay", path(&sound_file), "--dir", path(folder.path())]);
    assert_eq!(code, 4, "{out}{said}");
    assert!(out.contains("DIVERGED: in 10 runs of these calls, none shows it"), "{out}");
    let page = folder.path().join("page.html");
    let (code, out, said) = run(&["report", path(&file), "--html", path(&page)]);
    assert_eq!(code, 0, "{out}{said}");
    let html = fs::read_to_string(&page).expect("a page");
    assert!(html.contains("<svg class=\"chart\"") && html.contains("close(fd"), "{html}");
    assert!(!html.contains("style="), "the policy of the page allows no inline styles");
}
