//! JUnit XML: one suite per scenario, one test case per property. It contains no times, so it is
//! the same for every run.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::report::Results;

use super::suites::{Item, Outcome, Suite, suites};

/// Returns the report as XML.
pub fn to_xml(results: Results<'_>) -> Result<String, String> {
    of_suites(&suites(results))
}

/// Returns suites as XML.
pub fn of_suites(suites: &[Suite]) -> Result<String, String> {
    let mut report = Report::new("latchwork");
    for suite in suites {
        let mut written = TestSuite::new(suite.name.as_str());
        for item in &suite.items {
            let mut case = TestCase::new(item.name.as_str(), status(item));
            case.set_classname(suite.name.as_str());
            written.add_test_case(case);
        }
        report.add_test_suite(written);
    }
    let xml = report.to_string().map_err(|error| error.to_string())?;
    // The first element is the whole report. The schema that Jenkins uses does not allow a count of
    // skipped cases there.
    Ok(xml.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1))
}

fn status(item: &Item) -> TestCaseStatus {
    let (mut status, kind) = match item.outcome {
        Outcome::Passed => return TestCaseStatus::success(),
        Outcome::Skipped => (TestCaseStatus::skipped(), None),
        // The format has no status for this; test runners write expected failures this way.
        Outcome::Known => (TestCaseStatus::skipped(), Some("known finding")),
        Outcome::Failed(kind) => (TestCaseStatus::non_success(NonSuccessKind::Failure), Some(kind)),
        Outcome::Undecided(kind) => {
            (TestCaseStatus::non_success(NonSuccessKind::Error), Some(kind))
        }
    };
    status.set_message(item.sentence.as_str());
    if let Some(kind) = kind {
        status.set_type(kind);
    }
    if let Some(story) = &item.story {
        status.set_description(story.as_str());
    }
    status
}
