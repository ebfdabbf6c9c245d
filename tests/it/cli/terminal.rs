//! What a person at a terminal sees: it fits, and it ends with what to type next.

use std::fs;

use crate::program::latchwork;
use crate::repository;

/// Runs the program with so many columns; the lines of stdout.
fn lines(columns: Option<&str>, arguments: &[&str]) -> Vec<String> {
    let mut command = latchwork(arguments);
    command.env_remove("COLUMNS").env("TERM", "dumb").env("NO_COLOR", "1");
    if let Some(columns) = columns {
        command.env("COLUMNS", columns);
    }
    let output = command.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.contains('\u{1b}'), "no escape sequences");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no progress in a pipe");
    text.lines().map(ToString::to_string).collect()
}

/// A folder with a scenario that is violated and one that is not.
fn scenarios() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let from = repository("scenarios/downconvert");
    let copy = |name: &str| {
        let text = fs::read_to_string(from.join(name)).expect("text");
        fs::write(folder.path().join(name), text).expect("written");
    };
    copy("ex_ex.json");
    let text = fs::read_to_string(from.join("two_apps_o2dlm.json")).expect("text");
    let rule = "\"without\": [\"pending_flag\"], \"expect\"";
    let text = text.replace("\"expect\"", rule);
    fs::write(folder.path().join("two_apps.json"), text).expect("written");
    folder
}

/// Checks these scenarios.
fn check(columns: Option<&str>, arguments: &[&str]) -> Vec<String> {
    let folder = scenarios();
    let path = folder.path().to_str().expect("UTF-8");
    lines(columns, &[&["check", path], arguments].concat())
}

#[test]
fn a_failing_check_fits_on_a_screen_and_says_what_to_type() {
    let shown = check(Some("80"), &[]);
    for (columns, most) in [("60", 30), ("80", 24), ("120", 24)] {
        let shown = check(Some(columns), &[]);
        let text = shown.join("\n");
        assert!(shown.len() <= most, "{} lines at {columns}:\n{text}", shown.len());
        // The step that decides, the top reason, and the sentence of the rule.
        for part in [
            "`pending_flag` from the start: not possible",
            "\nwhy:     dc@n0",
            "\nrule:    pending_flag: ",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let unfolded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unfolded.contains("unlock_action = Cancel"), "the culprit is not in\n{text}");
    }
    let last = shown.last().expect("a line");
    // The program stands there as it was called: the line can be typed where `check` was.
    let typed: Vec<&str> = last.strip_prefix("help:    ").expect(last).split(' ').collect();
    let mut again = std::process::Command::new(typed[0]);
    again.args(&typed[1..]).current_dir(repository(""));
    let again = again.output().expect("it runs");
    assert_eq!(again.status.code(), Some(1), "{last}");
    let folded =
        |line: &&String| line.starts_with("     ... ") && line.ends_with("(-v shows them)");
    assert_eq!(shown.iter().filter(folded).count(), 2, "{}", shown.join("\n"));
    let is_summary = |line: &&String| {
        line.starts_with("2 scenarios: 1 failed, 1 passed; ") && line.ends_with(" (-v lists all)")
    };
    assert_eq!(shown.iter().filter(is_summary).count(), 1, "{}", shown.join("\n"));
    let all = check(Some("80"), &["-v"]);
    assert!(!all.iter().any(|line| line.contains("(-v")), "{}", all.join("\n"));
    assert!(all.len() > shown.len());
}

/// Turns red if a green check lists every scenario, or has no summary.
#[test]
fn a_green_check_is_a_few_lines_with_a_summary() {
    for columns in ["60", "80", "120"] {
        let shown = lines(Some(columns), &["check", "dirlock", "recall"]);
        let text = shown.join("\n");
        assert!(shown.len() <= 12, "{} lines at {columns}:\n{text}", shown.len());
        let marks = shown.iter().filter(|line| line.starts_with("ok "));
        assert_eq!(marks.count(), 2, "a line per protocol:\n{text}");
        let is_summary = |line: &&String| line.contains(" scenarios: ") && line.contains(" hold");
        assert_eq!(shown.iter().filter(is_summary).count(), 1, "{text}");
        assert!(!text.contains(" s;") && !text.contains(" s ("), "no time in a pipe: {text}");
        let whole = lines(Some(columns), &["check", "dirlock", "recall", "-v"]);
        assert!(whole.len() > shown.len() * 2, "-v lists all");
    }
}

/// Turns red if a terminal gets no colours, or if `NO_COLOR` or a dumb one gets them.
#[test]
fn a_terminal_has_colours_unless_nobody_wants_them() {
    let out = tempfile::tempdir().expect("a folder");
    let out = out.path().to_str().expect("UTF-8");
    let green = ["check", "scenarios/downconvert/ex_ex.json", "--out", out];
    let Some(text) = on_a_terminal("xterm", &green) else { return };
    assert!(text.contains("\u{1b}[32mok\u{1b}[0m"), "{text}");
    let red = ["replay", "scenarios/downconvert/cases/pending_flag.json"];
    let text = on_a_terminal("xterm", &red).expect("a terminal");
    assert!(text.contains("\u{1b}[31;1mVIOLATED\u{1b}[0m"), "{text}");
    let plain = on_a_terminal("dumb", &red).expect("a terminal");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let plain = on_a_terminal_with("xterm", &[("NO_COLOR", "1")], &red).expect("a terminal");
    assert!(!plain.contains("\u{1b}[31"), "{plain}");
}

/// Turns red if a progress line is left behind between two results.
#[test]
fn progress_of_a_campaign_leaves_nothing_behind() {
    let out = tempfile::tempdir().expect("a folder");
    let out = out.path().to_str().expect("UTF-8");
    let campaign = ["simulate", "dirlock", "--runs=0..200", "--out", out];
    let Some(text) = on_a_terminal("xterm", &campaign) else { return };
    for line in text.split('\n').filter(|line| line.contains("no violation in")) {
        let shown = line.rsplit(['\r', 'K']).next().unwrap_or(line);
        assert!(!shown.contains("/s: "), "{line:?}");
    }
}

#[test]
fn lines_are_as_narrow_as_the_terminal() {
    for (columns, most) in [("60", 60), ("80", 80), ("120", 120)] {
        for detail in ["-v", "--threads=1"] {
            for line in check(Some(columns), &[detail]) {
                // A path is there to be copied and is not broken.
                let is_path = line.starts_with("case:") || line.starts_with("help:");
                assert!(is_path || line.chars().count() <= most, "{columns}: {line}");
            }
        }
    }
}

#[test]
fn a_row_is_a_line_in_a_pipe() {
    let shown = check(None, &["-v"]);
    let marks: Vec<&str> =
        shown[1..3].iter().filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(marks, ["ok", "FAIL"], "{shown:?}");
    assert!(shown[2].contains(" downconvert/two_apps "));
}

#[test]
fn quiet_says_only_what_is_wrong() {
    let arguments = ["check", "-q", "scenarios/downconvert/ex_ex.json"];
    assert_eq!(lines(None, &arguments), [""; 0]);
    let shown = check(None, &["-q"]);
    assert!(!shown.iter().any(|line| line.starts_with("ok ")));
    assert!(shown.iter().any(|line| line.starts_with("VIOLATED ")));
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let text = |arguments: &[&str]| lines(None, arguments).join("\n");
    for shell in ["bash", "zsh", "fish"] {
        let completions = text(&["completions", shell]);
        assert!(completions.contains("ablate") && completions.contains("sarif"), "{shell}");
    }
    assert!(text(&["man"]).contains(".TH latchwork 1"));
    assert!(text(&["man", "check"]).contains("\\-\\-sarif"));
}

/// What each command prints normally, with `-q` and with `-v`, or that it refuses both.
#[test]
fn quiet_and_verbose_are_obeyed_or_refused() {
    let red = scenarios();
    let red = red.path().to_str().expect("UTF-8");
    let out = tempfile::tempdir().expect("a folder");
    let case = "scenarios/downconvert/cases/pending_flag.json";
    let obeyed: [&[&str]; 5] = [
        &["check", red],
        &["ablate", "dirlock", "--sets=1"],
        &["simulate", "scenarios/downconvert/two_apps_o2dlm.json", "--without=pending_flag"],
        &["shrink", case],
        &["corpus", "run"],
    ];
    let folder = out.path().to_str().expect("UTF-8");
    for words in obeyed {
        let out = ["--out", folder];
        let out = if words[0] == "corpus" { &out[..0] } else { &out[..] };
        let count = |flag: &[&str]| lines(None, &[words, out, flag].concat()).len();
        let (quiet, normal, verbose) = (count(&["-q"]), count(&[]), count(&["-v"]));
        assert!(quiet < normal && normal < verbose, "{words:?}: {quiet} {normal} {verbose}");
    }
    let mut refused = vec![vec!["corpus", "add"]];
    let help = lines(None, &["help"]);
    let listed = help.iter().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    for name in listed.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = name.split_whitespace().next().expect("a word");
        if name != "help" && !obeyed.iter().any(|words| words[0] == name) {
            refused.push(vec![name]);
        }
    }
    assert!(refused.len() > 10, "{refused:?}");
    for words in refused {
        for flag in ["-q", "-v"] {
            let said = crate::program::refused(&[&words[..], &[flag]].concat());
            assert!(said.contains(&format!("unexpected argument '{flag}'")), "{words:?}: {said}");
        }
    }
}

/// What the program writes on a terminal, if there is a program that makes one.
fn on_a_terminal(term: &str, arguments: &[&str]) -> Option<String> {
    on_a_terminal_with(term, &[], arguments)
}

/// The same with these variables.
fn on_a_terminal_with(
    term: &str,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Option<String> {
    let program = assert_cmd::cargo::cargo_bin("latchwork");
    let command = [&[program.to_str().expect("UTF-8")], arguments].concat().join(" ");
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(repository("")).env("TERM", term);
    script.env_remove("COLUMNS").env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    script.env_remove("NO_COLOR").envs(variables.iter().copied());
    let Ok(output) = script.stdin(std::process::Stdio::null()).output() else {
        eprintln!("skipped: no program `script` is here, which makes a terminal");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_terminal_shows_how_far_it_is() {
    let out = tempfile::tempdir().expect("a folder");
    let out = out.path().to_str().expect("UTF-8");
    let shown = |words: &[&str]| on_a_terminal("xterm", &[words, &["--out", out]].concat());
    let check = ["check", "scenarios/downconvert/two_apps.json"];
    let Some(text) = shown(&check) else { return };
    for word in ["1/1", "level ", " states, frontier ", "iB, ", "/s: downconvert/two_a"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    let text = shown(&["ablate", "dirlock", "--sets=1"]).expect("a terminal");
    assert!(text.contains("dirlock without "), "{text}");
    let campaign = ["simulate", "scenarios/downconvert/ex_ex.json", "--runs=0..20000"];
    let text = shown(&campaign).expect("a terminal");
    assert!(text.contains("run ") && text.contains("/s: downconvert/ex_ex"), "{text}");
    // It is taken away again, and is not there if nothing is to be said, or cannot be taken away.
    for words in [&[&check[..], &["-q"]].concat(), &[&check[..], &["--json"]].concat()] {
        assert!(!shown(words).expect("a terminal").contains("frontier "), "{words:?}");
    }
    let dumb = on_a_terminal("dumb", &[&check[..], &["--out", out]].concat()).expect("a terminal");
    assert!(!dumb.contains('\u{1b}') && !dumb.contains("frontier "), "{dumb}");
}
