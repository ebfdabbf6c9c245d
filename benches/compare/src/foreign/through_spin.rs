//! Any model in SPIN, as a process whose steps are embedded C.
//!
//! The state of a model is a buffer in SPIN's state vector. Each step is one alternative of a loop: its
//! guard and effect are a call of the static library `models`, and each property that the successor
//! shows fails an assertion with its name. Search, storage, deadlocks and depths are SPIN's. It searches
//! breadth first, and stores states whole.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::answer::Answer;
use super::subjects::Subject;
use crate::Failure;

/// What the Promela text depends on. One verifier serves all models that need no more than this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Bytes in a state.
    pub size: usize,
    /// Initial states.
    pub initial: usize,
    /// Steps that the bounds allow.
    pub steps: usize,
    /// The names of the model's own properties, by their number in the library.
    pub properties: Vec<&'static str>,
}

impl Shape {
    /// Returns how many initial states are in a row of the table from which they are chosen.
    fn row(&self) -> usize {
        self.initial.isqrt().max(1)
    }

    /// Returns how many states come before the initial ones of a model that has so many.
    fn choices(&self, initial: usize) -> u64 {
        1 + initial.div_ceil(self.row()) as u64
    }

    /// Returns the smallest shape that serves both. Their properties must be the same.
    pub fn or(self, other: &Self) -> Self {
        assert_eq!(self.properties, other.properties, "they are of one protocol");
        Self {
            size: self.size.max(other.size),
            initial: self.initial.max(other.initial),
            steps: self.steps.max(other.steps),
            properties: self.properties,
        }
    }
}

/// A program that explores a model with SPIN.
pub struct Verifier {
    program: PathBuf,
    shape: Shape,
}

/// Returns a sentence about what is missing here to run SPIN; `None` if nothing is.
pub fn missing() -> Option<String> {
    let lacks = |program: &&str| Command::new(program).arg("--version").output().is_err();
    let lacking: Vec<&str> = ["spin", "gcc"].into_iter().filter(lacks).collect();
    (!lacking.is_empty()).then(|| format!("SPIN is left out: {} not found", lacking.join(" and ")))
}

/// Returns the version of SPIN.
pub fn version() -> Result<String, Failure> {
    let output = Command::new("spin").arg("-V").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = text.split_whitespace();
    let version = words.skip_while(|word| *word != "Version").nth(1);
    Ok(version.ok_or("spin -V names no version")?.to_string())
}

/// Builds the static library with the models beside this program; returns its path.
pub fn library() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("this program is in no target folder")?;
    let built = Command::new("cargo")
        .args(["build", "--release", "--locked", "--package", "foreign-models", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !built.success() {
        return Err("the static library of the models cannot be built".into());
    }
    Ok(target.join("release/libforeign_models.a"))
}

/// How a verifier searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Breadth first: what it finds first is a shortest run.
    Breadth,
    /// Depth first, which is SPIN's fastest.
    Depth,
}

/// The variable of the environment that names the subject.
pub const SUBJECT: &str = "LATCHWORK_SUBJECT";

impl Verifier {
    /// Makes a verifier in a folder.
    pub fn build(
        shape: Shape,
        order: Order,
        library: &Path,
        folder: &Path,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("latchwork.h"), header(&shape))?;
        std::fs::write(folder.join("model.pml"), promela(&shape))?;
        let library = library.display().to_string();
        let spin: &[&str] = &["-a", "model.pml"];
        let mut gcc = vec!["-O3", "-w", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=4096"];
        gcc.extend((order == Order::Breadth).then_some("-DBFS"));
        gcc.extend(["-DMEMLIM=16384", "-o", "pan", "pan.c", &library, "-lpthread", "-ldl", "-lm"]);
        for (program, arguments) in [("spin", spin), ("gcc", &gcc)] {
            let output = Command::new(program).args(arguments).current_dir(folder).output()?;
            if !output.status.success() {
                let text = [output.stdout, output.stderr].concat();
                let text = String::from_utf8_lossy(&text).into_owned();
                return Err(format!("{program} refuses the model: {text}").into());
            }
        }
        Ok(Self { program: folder.join("pan"), shape })
    }

    /// Returns the program, and how many of the states that it counts are not the model's, which has
    /// so many initial states.
    pub fn program(&self, initial: usize) -> (&Path, u64) {
        (&self.program, self.shape.choices(initial))
    }

    /// Explores the whole space of a subject, which has so many initial states.
    pub fn answer(&self, subject: &Subject, initial: usize) -> Result<Answer, Failure> {
        // Go on after an error, list nothing, a hash table of 2^22 entries.
        let output = Command::new(&self.program)
            .args(["-c0", "-n", "-w22"])
            .env(SUBJECT, subject.address())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("SPIN has failed on {}: {error}{text}", subject.address()).into());
        }
        read(&text, &self.shape, initial)
            .ok_or_else(|| format!("SPIN's report is not understood: {text}").into())
    }
}

/// Reads the report of a verifier; `None` if the search did not finish, or the report is another.
///
/// SPIN starts in one state, from which the initial ones are chosen in two steps ([`promela`]): that many
/// states and steps are not the model's. An assertion fails in the step to the state that shows the
/// property, a deadlock is found in its state.
fn read(text: &str, shape: &Shape, initial: usize) -> Option<Answer> {
    let before = |words: &str| -> Option<u64> {
        text.split_once(words)?.0.split_whitespace().next_back()?.parse().ok()
    };
    let unfinished = ["not completed", "too small", "out of memory", "MEMLIM"];
    if unfinished.iter().any(|word| text.contains(word)) {
        return None;
    }
    let mut shown = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("pan:")) {
        let Some((what, depth)) = line.split_once(" (at depth ") else { continue };
        let depth: u64 = depth.strip_suffix(')')?.parse().ok()?;
        let (name, steps) = if what.ends_with("invalid end state") {
            ("deadlock", depth.checked_sub(2)?)
        } else {
            let (_, name) = what.split_once(HOLDS)?;
            let name = name.split_whitespace().next()?;
            let mut known = shape.properties.iter().copied().chain(CUTS);
            (known.find(|known| *known == name)?, depth.checked_sub(1)?)
        };
        // Breadth first: the first one is a shortest one.
        shown.entry(name.to_string()).or_insert(steps);
    }
    let (_, reached) = text.split_once("depth reached ")?;
    let reached: u64 = reached.split(',').next()?.parse().ok()?;
    Some(Answer {
        distinct: before(" states, stored")?.checked_sub(shape.choices(initial))?,
        generated: None,
        depth: reached.checked_sub(2)?,
        shown,
    })
}

/// What the name of an assertion begins with.
const HOLDS: &str = "HOLDS_";

/// The properties that a step violates which is cut off, by their bit in the library.
const CUTS: [&str; 2] = ["bound_exceeded", "guards_first"];

/// Returns the declarations for C. An expression in Promela must not look like a call.
fn header(shape: &Shape) -> String {
    let mut text = String::from(
        "#include <stddef.h>\n\
         #include <string.h>\n\
         size_t lw_size(void);\n\
         _Bool lw_initial(unsigned char *state, size_t number);\n\
         _Bool lw_fire(const unsigned char *state, unsigned char *next, size_t number);\n\
         unsigned long long lw_shown(const unsigned char *state);\n\
         unsigned lw_cuts(const unsigned char *state);\n\
         _Bool lw_rests(const unsigned char *state);\n\
         static unsigned long long lw_bits;\n\
         static unsigned lw_cut;\n",
    );
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}");
    };
    line(format!("static unsigned char lw_next[{}];", shape.size));
    let row = shape.row();
    for number in 0..shape.initial.div_ceil(row) {
        line(format!("#define ROW_{number} lw_initial(lw_next, {})", number * row));
    }
    for number in 0..row {
        line(format!("#define INITIAL_{number} lw_initial(lw_next, now.row * {row} + {number})"));
    }
    for number in 0..shape.steps {
        line(format!("#define STEP_{number} lw_fire(now.lw, lw_next, {number})"));
    }
    for (number, name) in shape.properties.iter().enumerate() {
        line(format!("#define {HOLDS}{name} !(lw_bits >> {number} & 1)"));
    }
    for (number, name) in CUTS.iter().enumerate() {
        line(format!("#define {HOLDS}{name} !(lw_cut >> {number} & 1)"));
    }
    line("#define CUTS lw_cuts(now.lw)".into());
    line("#define RESTS lw_rests(now.lw)".into());
    text
}

/// Returns the model: a process that chooses an initial state, and then step after step.
///
/// Some models have thousands of initial states. They are chosen by row and column of a table, so that
/// there are fewer alternatives.
fn promela(shape: &Shape) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}");
    };
    line("c_decl { \\#include \"latchwork.h\" }".into());
    line(format!("c_state \"unsigned char lw[{}]\" \"Global\"", shape.size));
    line("short row;".into());
    line("inline take() {".into());
    line("  c_code { memcpy(now.lw, lw_next, lw_size()); lw_bits = lw_shown(now.lw); }".into());
    for name in &shape.properties {
        line(format!("  ; assert(c_expr {{ {HOLDS}{name} }})"));
    }
    line("}".into());
    line("init {".into());
    line("  if".into());
    for number in 0..shape.initial.div_ceil(shape.row()) {
        line(format!("  :: d_step {{ c_expr {{ ROW_{number} }} -> row = {number} }}"));
    }
    line("  fi;".into());
    line("  if".into());
    for number in 0..shape.row() {
        line(format!("  :: d_step {{ c_expr {{ INITIAL_{number} }} -> row = 0; take() }}"));
    }
    line("  fi;".into());
    line("  do".into());
    for number in 0..shape.steps {
        line(format!("  :: d_step {{ c_expr {{ STEP_{number} }} -> take() }}"));
    }
    // A step that is cut off leads nowhere; a protocol that is done may rest.
    line("  :: d_step { c_expr { CUTS } -> c_code { lw_cut = lw_cuts(now.lw); }".into());
    for name in CUTS {
        line(format!("     ; assert(c_expr {{ {HOLDS}{name} }})"));
    }
    line("     }".into());
    line("  :: c_expr { RESTS }".into());
    line("  od".into());
    line("}".into());
    text
}

#[cfg(test)]
mod tests {
    use super::{Shape, read};

    /// What SPIN 6.5.2 prints about a model with two initial states and two properties of its own.
    const REPORT: &str = "\
pan:1: assertion violated ( HOLDS_one ) (at depth 1)
pan:8: assertion violated ( HOLDS_bound_exceeded ) (at depth 4)
pan:9: assertion violated ( HOLDS_one ) (at depth 4)
pan:15: assertion violated ( HOLDS_other ) (at depth 5)
pan:25: invalid end state (at depth 7)

(Spin Version 6.5.2 -- 6 December 2019)
\t+ Breadth-First Search

Full statespace search for:
\tnever claim         \t- (none specified)
\tassertion violations\t+
\tcycle checks       \t- (disabled by -DSAFETY)
\tinvalid end states\t+

State-vector 20 byte, depth reached 8, errors: 26
       28 states, stored
\t      28 nominal states (stored-atomic)
       15 states, matched
       43 transitions (= stored+matched)
";

    fn shape(properties: &[&'static str]) -> Shape {
        Shape { size: 8, initial: 2, steps: 3, properties: properties.to_vec() }
    }

    #[test]
    fn a_report_is_read() {
        let answer = read(REPORT, &shape(&["one", "other"]), 2).expect("it is understood");
        assert_eq!((answer.distinct, answer.generated, answer.depth), (25, None, 6));
        let shown: Vec<_> = answer.shown.iter().map(|(name, steps)| (&**name, *steps)).collect();
        assert_eq!(shown, [("bound_exceeded", 3), ("deadlock", 5), ("one", 0), ("other", 4)]);
    }

    #[test]
    fn a_search_that_did_not_finish_is_no_answer() {
        for sentence in ["Warning: Search not completed", "error: max search depth too small"] {
            assert_eq!(read(&format!("{sentence}\n{REPORT}"), &shape(&["one", "other"]), 2), None);
        }
        assert_eq!(read(REPORT, &shape(&["one"]), 2), None, "a property that nobody knows");
    }
}
