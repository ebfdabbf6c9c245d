//! The page of a case: whole, alone, and the same every time.

use std::fs;
use std::path::Path;

use latchwork::files::case::Case;
use latchwork::report::run::html::case::page;
use latchwork::report::run::story::Story;

use crate::committed::checked;
use crate::program::{path, refused, run};
use crate::{paths, repository};

const PENDING_FLAG: &str = "scenarios/downconvert/cases/pending_flag.json";

fn case(path: &Path) -> Case {
    Case::open(path, false).expect("a case")
}

fn page_of(case: &Case) -> String {
    page(&Story::of(case).expect("the model takes it"), "case.json")
}

/// The committed cases with the most steps, and those that go round in a circle.
fn telling_cases() -> Vec<Case> {
    let mut cases: Vec<Case> = paths(&repository("reports"), ".json")
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("stories")))
        .map(|path| case(path))
        .collect();
    cases.sort_by_key(|case| (case.verdict.cycle.is_none(), usize::MAX - case.steps.len()));
    let circles = cases.iter().filter(|case| case.verdict.cycle.is_some()).count();
    assert!(circles > 0 && cases.len() > circles + 3, "both kinds are there");
    let longest = cases.split_off(circles).into_iter().take(3);
    cases.into_iter().take(2).chain(longest).collect()
}

#[test]
fn a_page_is_small_and_loads_nothing() {
    for case in telling_cases() {
        let page = page_of(&case);
        assert!(page.len() < 150_000, "{} steps take {} bytes", case.steps.len(), page.len());
        assert!(!page.contains("http://") && !page.contains("https://"));
        for attribute in ["src=", "style=", "onclick=", "<link", "@import", "url("] {
            assert!(!page.contains(attribute), "{attribute}");
        }
        assert!(page.split("href=\"").skip(1).all(|rest| rest.starts_with('#')));
        assert!(page.contains("content=\"default-src 'none'; base-uri 'none'"));
        assert!(!page.contains("unsafe-"));
        assert_eq!(page, page_of(&case), "the same bytes each time");
    }
}

#[test]
fn every_step_is_in_the_list_and_in_the_drawing() {
    for case in telling_cases() {
        let page = page_of(&case);
        for (at, step) in case.steps.iter().enumerate() {
            let number = at + 1;
            assert!(page.contains(&format!("id=\"s={number}\"")), "card {number}");
            assert!(page.contains(&format!("<a class=\"step\" href=\"#s={number}\"")));
            assert!(page.contains(&format!("<b>{}</b>", step.action)));
            for change in &step.changes {
                let (old, new) = (change.old.word(), change.new.word());
                let words = format!("{} <s>{old}</s> <b>{new}</b>", change.path);
                assert!(page.contains(&words), "{words}");
            }
        }
        assert_eq!(page.contains("class=\"cycle\""), case.verdict.cycle.is_some());
        let embedded = case.to_text().replace('&', "&amp;").replace('<', "&lt;");
        assert!(page.contains(&embedded), "the case is in it");
    }
}

/// Red if the case of a known finding, its page or its replay keeps silent about what is known.
#[test]
fn a_known_finding_is_told_with_its_case() {
    let checked = checked("scenarios/recall/linux_6_12_acl.json", 1);
    let finding = checked.scenario.finding.clone().expect("a finding");
    let case = checked.case(checked.main_violation().expect("a violation"));
    assert_eq!(case.finding.as_ref(), Some(&finding));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("case.json");
    fs::write(&file, case.to_text()).expect("written");
    let read = Case::open(&file, false).expect("it is read");
    assert_eq!(read.to_text(), case.to_text());
    assert!(page_of(&read).contains(&format!("A known finding: {finding}")));
    let (_, out, _) = run(&["replay", path(&file)]);
    let words: Vec<&str> = out.split_whitespace().collect();
    assert!(words.join(" ").contains(&format!("known finding: {finding}")), "{out}");
}

#[test]
fn the_page_says_what_is_to_blame() {
    let page = page_of(&case(&repository(PENDING_FLAG)));
    assert!(page.contains("<h1>Stuck after 10 steps: no continuation finishes"));
    // What the rule would have done, at the step where it would have acted.
    let first =
        page.split("id=\"s=1\"").nth(1).and_then(|rest| rest.split("</li><li class").next());
    let first = first.expect("the first card");
    assert!(
        first.contains("With the rule <b>pending_flag</b> on") && first.contains("node.n0.pending")
    );
    // Where the run would have gone another way.
    assert!(page.contains("step <a href=\"#s=10\">10</a> is not possible."));
    // Who they are, and what it is all about.
    assert!(page.contains("The downconvert thread of a node"));
    assert!(page.contains("That window is what the flag PENDING is for."));
    assert!(page.contains("latchwork replay case.json"));
}

/// What a reader sees of a page, with a space for each tag: neither the style, the script nor the file
/// of the case.
fn words_of(page: &str) -> String {
    let body = page.split("<body>").nth(1).expect("a body");
    let body = body.split("<script>").next().expect("what is before the script");
    let mut words = String::new();
    for (at, part) in body.split("<pre").enumerate() {
        let seen = if at == 0 { part } else { part.split("</pre>").nth(1).expect("its end") };
        for (at, text) in seen.split('<').enumerate() {
            words.push_str(if at == 0 {
                text
            } else {
                text.split_once('>').map_or("", |(_, text)| text)
            });
            words.push(' ');
        }
    }
    words
}

/// The names of a model are code on a page, and no backtick is left.
#[test]
fn no_page_has_a_raw_backtick() {
    for path in committed_cases() {
        let page = page_of(&case(&path));
        let words = words_of(&page);
        assert!(words.len() > 1000 && words.contains("Reproduce it"), "{}", path.display());
        let at = words.find('`');
        assert!(at.is_none(), "{}: {:?}", path.display(), at.map(|at| words.split_at(at).0));
    }
}

/// All committed cases.
fn committed_cases() -> Vec<std::path::PathBuf> {
    let is_case = |path: &std::path::PathBuf| {
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        folder == "stories" || folder == "cases"
    };
    let all = [repository("reports"), repository("scenarios")];
    all.iter().flat_map(|folder| paths(folder, ".json")).filter(is_case).collect()
}

/// In these protocols no message travels through a channel: the arrows are the declared targets.
#[test]
fn every_drawing_of_recall_and_delegation_return_has_arrows() {
    let mut seen = 0;
    for path in committed_cases() {
        let case = case(&path);
        if !["recall", "delegation_return"].contains(&case.configuration.entry.name) {
            continue;
        }
        seen += 1;
        let page = page_of(&case);
        let arrows = page.matches("<path class=\"call\"").count()
            + page.matches("<path class=\"tip\"").count();
        assert!(arrows > 0, "{}", path.display());
        // The processes are at places.
        assert!(page.contains(">server</text>"), "{}", path.display());
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn the_command_writes_the_page_or_says_why_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let html = file.to_str().expect("a name");
    let (code, out, said) = run(&["report", PENDING_FLAG, "--html", html]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    let page = fs::read_to_string(&file).expect("the page");
    assert!(page.contains(&format!("latchwork replay {PENDING_FLAG}")));

    assert!(refused(&["report", "scenarios/none.json", "--html", html]).contains("none.json"));
    let text = fs::read_to_string(repository(PENDING_FLAG)).expect("the case");
    let edited = folder.path().join("edited.json");
    fs::write(&edited, text.replace("cb_deliver(n0)", "cb_deliver(n1)")).expect("written");
    let said = refused(&["report", edited.to_str().expect("a name"), "--html", html]);
    assert!(said.contains("the digest does not match"), "{said}");
}

/// The review as a page of its own: all of it is there, its links have targets, it runs nothing.
#[test]
fn a_review_is_a_page_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("review.html");
    let (code, out, said) = run(&["review", "recall", "--html", file.to_str().expect("a name")]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    let page = fs::read_to_string(&file).expect("the page");
    assert!(page.contains("script-src 'none'") && !page.contains("<script"));
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
    assert!(page.contains("<svg class=\"lanes\"") && !page.contains("sequenceDiagram"));
    let entry = latchwork::protocols::PROTOCOLS.iter().find(|entry| entry.name == "recall");
    for rule in entry.expect("it is there").rules {
        assert!(page.contains(&format!("<tr id=\"{0}\"", rule.name)));
    }
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "#{target}");
    }
    // Nothing leads out of the page: what is there stays when it is moved.
    assert!(page.split("href=\"").skip(1).all(|rest| rest.starts_with('#')), "a link out of it");
    let (contents, findings) = (page.find("#findings\""), page.find("id=\"findings\""));
    assert!(contents < findings && findings < page.find("id=\"purpose-and-sources\""));
    assert!(refused(&["review", "all", "--html", "x.html"]).contains("one protocol"));
}

/// A folder of reviews has an index, and every link in it leads to a page that is there. Red if a story
/// is linked and not written, or a link to the repository is left.
#[test]
fn a_folder_of_reviews_has_no_dead_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, _) = run(&["review", "dirlock", "--html", path(folder.path())]);
    assert_eq!(code, 0, "{out}");
    let mut open = vec![folder.path().join("index.html")];
    let mut seen = Vec::new();
    while let Some(file) = open.pop() {
        let page =
            fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} is linked", file.display()));
        let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for link in links.filter(|link| !link.starts_with('#')) {
            let target = file.parent().expect("a folder").join(link);
            let target = target.canonicalize().unwrap_or_else(|_| panic!("{link} is dead"));
            if !seen.contains(&target) {
                seen.push(target.clone());
                open.push(target);
            }
        }
    }
    assert!(seen.len() > 6, "the review, its stories, and the way back: {seen:?}");
}

/// A red check shows first what is wrong: the step, the sentence, the drawing, and a page for it. Red if
/// the violation is not drawn, or a page that is linked is not written.
#[test]
fn a_red_check_shows_what_is_wrong_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("pages");
    let ask = ["check", "scenarios/dirlock/up_and_rmdir.json", "--without", "ancestor_first"];
    let (code, out, _) =
        run(&[&ask[..], &["--html", path(&pages), "--out", path(folder.path())]].concat());
    assert_eq!(code, 1, "{out}");
    let page = fs::read_to_string(pages.join("index.html")).expect("the index");
    assert!(page.contains("<h1>1 of 1 not as expected</h1>"), "{page}");
    let drawn = page.find("<svg class=\"lanes\"").expect("a drawing");
    assert!(page.find("Not as expected").expect("a section") < drawn);
    assert!(drawn < page.find("<h2>Scenarios</h2>").expect("the table"));
    let links: Vec<&str> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| !link.starts_with('#'))
        .collect();
    assert!(!links.is_empty());
    for link in links {
        assert!(pages.join(link).is_file(), "{link}");
    }
}

/// The page of a case beside something else; what the program says if there is none.
fn beside(arguments: &[&str]) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let html = ["--html", file.to_str().expect("a name")];
    match run(&[&["report", PENDING_FLAG], arguments, &html].concat()) {
        (0, ..) => Ok(fs::read_to_string(&file).expect("the page")),
        (2, _, said) => Err(said),
        (code, out, said) => panic!("{code}: {out}{said}"),
    }
}

/// The same steps under all rules: where they first do something else, and where they end.
#[test]
fn a_run_stands_beside_its_steps_under_other_rules() {
    let page = beside(&["--under", "full"]).expect("a page");
    assert!(
        page.contains("<h1 class=\"neutral\">The case breaks: can_finish is violated after 10 steps. full does not: the run can finish")
    );
    assert!(page.contains("The same for 9 steps, with other values since step 1."));
    assert!(page.contains("<th>node.n0.pending</th><td>0</td><td>1</td>"));
    assert!(page.contains("In <b>full</b> that cannot happen here."));
    assert!(page.contains("After step 9, <code>dc_cancel(n0)</code> cannot happen here."));
    // And from there it goes on to the end, as far as nothing is shorter.
    assert!(page.contains("the same 9 steps, then a shortest way to the end: 18 steps"), "{page}");
    assert_eq!(page.matches("<svg class=\"lanes\"").count(), 2);
    assert_eq!(page.matches("<line class=\"parting\"").count(), 2);
    assert_eq!(page.matches("<li class=\"pair\"").count(), 27, "a row a step, from the first on");
    assert!(page.len() < 150_000 && page.contains("default-src 'none'"));
    let same = beside(&["--under", "full-pending_flag+o2dlm"]).expect("a page");
    assert!(same.contains("The same to the end: 23 steps") && !same.contains("class=\"pair\""));
}

/// The other rules are those that are named: a variant of the case that is not among them is off.
#[test]
fn a_variant_that_is_not_named_is_off_beside_a_case_that_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = "scenarios/downconvert/two_apps_other_traffic.json";
    let out = folder.path().to_str().expect("a name");
    let (code, said, _) = run(&["check", scenario, "--out", out]);
    assert_eq!(code, 0, "{said}");
    let stem = "two_apps_other_traffic-with-other_traffic-environment_other_lock_wakes_dc";
    let case = format!("{out}/downconvert/{stem}.json");
    let page = |rules: &str| {
        let file = folder.path().join("page.html");
        let html = file.to_str().expect("a name");
        let (code, _, said) = run(&["report", &case, "--under", rules, "--html", html]);
        assert_eq!(code, 0, "{said}");
        fs::read_to_string(&file).expect("the page")
    };
    assert!(page("full+other_traffic").contains("The same to the end"));
    assert!(page("full").contains("In <b>full</b> that cannot happen here."));
}

/// Two cases: what both do is listed once; at the first difference each goes its way.
#[test]
fn two_cases_stand_side_by_side() {
    let other = "reports/downconvert/stories/pending_gen.json";
    let page = beside(&["--beside", other]).expect("a page");
    assert!(page.contains("The same for 6 steps, with other values since step 1"), "{page}");
    assert!(page.contains(
        "<td>without pending_flag, with o2dlm</td><td>without pending_gen, with o2dlm</td>"
    ));
    let mirrored = beside(&["--beside", PENDING_FLAG]).expect("a page");
    assert!(mirrored.contains("Nowhere: every step does the same in both."));
    assert_eq!(mirrored.matches("id=\"s=").count(), 23);
    let foreign = "reports/recall/stories/own_exempt.json";
    assert!(beside(&["--beside", foreign]).is_err_and(|said| said.contains("of downconvert")));
    assert!(beside(&["--under", "ful"]).is_err_and(|said| said.contains("did you mean `full`?")));
}

/// The page of a check: its numbers are those of the facts, and all but one section of it is the same
/// in every run, whatever the number of threads.
#[test]
fn the_page_of_a_check_reads_a_clock_in_one_section() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("check.html");
    let (html, out) = (file.to_str().expect("a name"), folder.path().to_str().expect("a name"));
    let mut pages = Vec::new();
    for threads in ["1", "2"] {
        let path = "scenarios/dirlock/second_root.json";
        let words =
            ["check", path, "--html", html, "--out", out, "--coverage", "--json", "--threads"];
        let (code, facts, said) = run(&[&words[..], &[threads]].concat());
        assert_eq!((code, said.as_str()), (0, ""));
        let facts: serde_json::Value = serde_json::from_str(&facts).expect("facts");
        let page = fs::read_to_string(&file).expect("the page");
        let one = &facts["scenarios"][0];
        for figure in ["distinct", "generated", "depth"] {
            assert!(
                page.contains(&format!("<td class=\"count\">{}</td>", one[figure])),
                "{figure}"
            );
        }
        let cut = page.find("<section class=\"clock\">").expect("the rate");
        let end = cut + page[cut..].find("</section>").expect("its end");
        assert!(page[cut..end].contains("another run gives other figures"));
        assert!(page.contains("<svg class=\"chart\"") && page.contains("script-src 'none'"));
        assert!(page.contains("<th>common_ancestor</th><td class=\"count\">"));
        pages.push(format!("{}{}", &page[..cut], &page[end..]));
    }
    assert_eq!(pages[0], pages[1]);
    let (code, facts, _) =
        run(&["check", "scenarios/dirlock/second_root.json", "--json", "--out", out]);
    assert!(code == 0 && !facts.contains("seconds"));
}
