//! The page itself: its first and last parts, and the order of the parts in between.

use std::fmt::{Result, Write};
use std::path::Path;

use crate::jobs::check::{Checked, Standing, Verdict};
use crate::report::introduction;

use super::material::{Review, SOUND, steps};
use super::matrix::Facts;
use super::{covered, parties, rules, runs};

impl Review {
    /// Returns the page.
    pub fn to_markdown(&self) -> String {
        self.parts().concat()
    }

    /// Returns the page in three parts: what is before the rules, the rules one by one, and the rest.
    pub(super) fn parts(&self) -> [String; 3] {
        let [mut before, mut each, mut after] = [const { String::new() }; 3];
        // Writing to a string cannot fail.
        let _ = self.write_before(&mut before);
        let _ = rules::write_each(&mut each, self);
        let _ = self.write_after(&mut after);
        let text = format!("{before}{each}{after}");
        [before.replacen(CONTENTS, &contents(&text), 1), each, after]
    }

    fn write_before(&self, page: &mut String) -> Result {
        let entry = self.entry;
        writeln!(page, "# Review: {}\n\n{}.\n", entry.name, capital(entry.summary))?;
        self.write_glance(page)?;
        writeln!(page, "{CONTENTS}")?;
        runs::write_findings(page, self)?;
        self.write_purpose(page)?;
        parties::write(page, self)?;
        rules::write_table(page, self)
    }

    fn write_after(&self, page: &mut String) -> Result {
        rules::write_rest(page, self)?;
        runs::write(page, self)?;
        covered::write(page, self)?;
        self.write_again(page)
    }

    /// Writes the summary.
    fn write_glance(&self, page: &mut String) -> Result {
        writeln!(page, "| at a glance | |\n|---|---|")?;
        writeln!(page, "| rules | {} |", self.rules_in_words())?;
        writeln!(page, "| default scenarios | {} |", self.scenarios_in_words())?;
        let states: u64 = self.distinct().sum();
        writeln!(page, "| states looked at in them | {states} |")?;
        if let Some(cell) = self.matrix.as_ref().and_then(Facts::shortest) {
            writeln!(
                page,
                "| shortest counterexample | without `{}`: `{}` after {}, \
                 [drawn below](#the-shortest-counterexample) |",
                cell.without.join("`, `"),
                cell.property,
                steps(cell.steps)
            )?;
        }
        writeln!(page)
    }

    pub(super) fn distinct(&self) -> impl Iterator<Item = u64> {
        self.checked.iter().map(|one| one.exploration.statistics.distinct)
    }

    pub(super) fn rules_in_words(&self) -> String {
        let all = self.entry.rules.len();
        let Some(matrix) = &self.matrix else { return format!("{all}: none was switched off yet") };
        let mut parts: Vec<(&str, usize)> =
            SOUND.iter().map(|(ruling, words)| (*words, matrix.count(ruling))).collect();
        let sound: usize = parts.iter().map(|(_, count)| count).sum();
        parts.push(("**for which no reason was found**", matrix.rows.len() - sound));
        parts.push(("not on where rules were switched off", all - matrix.rows.len()));
        in_words(all, &parts)
    }

    pub(super) fn scenarios_in_words(&self) -> String {
        let count =
            |is_it: &dyn Fn(&Checked) -> bool| self.checked.iter().filter(|one| is_it(one)).count();
        let holds = count(&|one| one.standing == Standing::Met && one.verdict == Verdict::Holds);
        let within =
            count(&|one| one.standing == Standing::Met && one.verdict == Verdict::HoldsWithin);
        let met = count(&|one| one.standing == Standing::Met) - holds - within;
        let findings = count(&|one| matches!(one.standing, Standing::Finding(_)));
        let all = self.checked.len();
        let parts = [
            ("in which everything holds", holds),
            ("in which everything holds within the constraint", within),
            ("broken without a rule, as expected", met),
            ("with a known finding", findings),
            ("**not as expected**", all - holds - within - met - findings),
        ];
        in_words(all, &parts)
    }

    fn write_purpose(&self, page: &mut String) -> Result {
        let entry = self.entry;
        writeln!(page, "## Purpose and sources\n")?;
        let introduction = introduction(entry.readme);
        if !introduction.is_empty() {
            writeln!(page, "{introduction}\n")?;
        }
        let mut sources: Vec<(&str, usize)> = Vec::new();
        for rule in entry.rules {
            match sources.iter_mut().find(|(source, _)| *source == rule.source) {
                Some((_, count)) => *count += 1,
                None => sources.push((rule.source, 1)),
            }
        }
        let sources: Vec<String> =
            sources.iter().map(|(source, count)| format!("{source} ({count})")).collect();
        writeln!(page, "Where the rules come from, and how many: {}.\n", sources.join("; "))?;
        self.write_links(page)
    }

    /// Writes the links to the model. Assumes that the folder of the reports is in the root of the
    /// repository.
    fn write_links(&self, page: &mut String) -> Result {
        let file = self.entry.file.replace('\\', "/");
        if Path::new(&file).is_absolute() {
            return Ok(());
        }
        write!(page, "The model: [the list of its actions](../../{file})")?;
        match file.rsplit_once('/') {
            Some((folder, _)) if !self.entry.readme.is_empty() => {
                writeln!(page, ", [its own page](../../{folder}/README.md).\n")
            }
            _ => writeln!(page, ".\n"),
        }
    }

    fn write_again(&self, page: &mut String) -> Result {
        let name = self.entry.name;
        writeln!(page, "## How to find every number again\n\n| what | command |\n|---|---|")?;
        writeln!(page, "| this page | `latchwork review {name} --reports reports` |")?;
        writeln!(page, "| the counts, verdicts and goals | `latchwork check {name}` |")?;
        writeln!(page, "| one scenario | `latchwork check scenarios/{name}/NAME.json` |")?;
        writeln!(
            page,
            "| how often an action fires and a property says something | \
             `latchwork check {name} --coverage` |"
        )?;
        let mut sets: Vec<&str> = self.others.iter().map(|other| other.set.as_str()).collect();
        sets.dedup();
        for set in sets {
            writeln!(page, "| the set `{set}` | `latchwork check scenarios/{name}/{set}` |")?;
        }
        if self.matrix.is_some() {
            writeln!(
                page,
                "| the matrix and the stories | `latchwork ablate {name} --reports reports` |"
            )?;
            let story = format!("reports/{name}/stories/NAME.json");
            writeln!(page, "| a story, step by step | `latchwork replay {story}` |")?;
            writeln!(
                page,
                "| a story, as a page to look at together | \
                 `latchwork report {story} --html page.html` |"
            )?;
        }
        writeln!(page, "\nNone of the numbers depends on the machine or on the number of threads.")
    }
}

/// What stands for the contents until all headings are known. No text of a model has it.
const CONTENTS: &str = "<contents>";

/// Returns links to all sections of a page.
fn contents(text: &str) -> String {
    let titles = text.lines().filter_map(|line| line.strip_prefix("## "));
    let link = |title: &str| format!("[{title}](#{})", title.to_lowercase().replace(' ', "-"));
    titles.map(link).collect::<Vec<_>>().join(" · ") + "\n"
}

/// Describes a count, and the parts it is made of.
fn in_words(all: usize, parts: &[(&str, usize)]) -> String {
    let parts = parts.iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = parts.map(|(words, count)| format!("{count} {words}")).collect();
    format!("{all}: {}", parts.join("; "))
}

/// Capitalizes the first letter.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
