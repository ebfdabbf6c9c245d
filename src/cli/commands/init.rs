//! `latchwork init`: a package for a protocol of one's own.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::files::write_file;
use crate::cli::gallery::{MEMBERS, Member};
use crate::cli::{Exit, Failure, print};
use crate::encoding::json::{Problem, suggest};

/// Write a small package with a protocol of your own: a model, a scenario and tests
///
/// The package is a program with all commands of latchwork, for the protocols in it. It contains a
/// small protocol to start from: a lock is granted by a message, and clients may give up. With --from
/// it is a protocol of the gallery instead.
/// It depends on this version of latchwork in the registry; --git and --path name another origin.
#[derive(Args)]
pub struct Init {
    /// The folder: new, or empty
    folder: PathBuf,
    /// The name of the package [default: that of the folder]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Start from this protocol of the gallery: `latchwork gallery` lists them
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// Depend on this checkout of latchwork: the package builds on this machine only
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// Depend on a repository of latchwork
    #[arg(long, value_name = "URL", conflicts_with = "path")]
    git: Option<String>,
    /// Depend on this revision of the repository
    #[arg(long, value_name = "REVISION", requires = "git")]
    rev: Option<String>,
}

/// The small lock. It is an example of ours, so that it is compiled and read like the rest.
const LOCK: [(&str, &str); 4] = [
    ("README.md", include_str!("../../../examples/lock/README.md")),
    (
        "scenarios/lock/two_clients.json",
        include_str!("../../../examples/lock/scenarios/lock/two_clients.json"),
    ),
    ("src/lock.rs", include_str!("../../../examples/lock/src/lock.rs")),
    ("src/main.rs", include_str!("../../../examples/lock/src/main.rs")),
];

/// The files that are the same in every package.
const FILES: [(&str, &str); 3] = [
    (
        ".github/workflows/check.yml",
        include_str!("../../../examples/lock/.github/workflows/check.yml"),
    ),
    (".gitignore", "/target\n/latchwork-out\n"),
    // The versions with which latchwork was tested.
    ("Cargo.lock", include_str!("../../../Cargo.lock")),
];

const MANIFEST: &str = include_str!("init.toml");

impl Init {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let name = self.name()?;
        let member = self.member()?;
        let origin = self.origin()?;
        self.refuse_what_is_there()?;
        let manifest = MANIFEST
            .replace("{name}", &name)
            .replace("{latchwork}", &origin.dependency(""))
            .replace("{model}", &origin.dependency("model"));
        write_file(&self.folder.join("Cargo.toml"), &manifest)?;
        for (file, text) in FILES {
            write_file(&self.folder.join(file), text)?;
        }
        let lock = || LOCK.map(|(file, text)| (file.to_string(), text.to_string())).to_vec();
        for (file, text) in member.map_or_else(lock, Member::files) {
            write_file(&self.folder.join(file), &text)?;
        }
        if let Origin::Checkout(root) = &origin {
            let root = root.display();
            writeln!(
                print::stderr(),
                "warning: the package builds only on a machine that has {root}"
            )?;
        }
        self.write_next(&mut print::stdout(), &name, member)?;
        Ok(Exit::Expected)
    }

    /// The protocol of the gallery that is asked for.
    fn member(&self) -> Result<Option<&'static Member>, Failure> {
        let Some(from) = &self.from else { return Ok(None) };
        let found = MEMBERS.iter().find(|member| member.name == from);
        let hint = || suggest(from, MEMBERS.iter().map(|member| member.name), "protocols in it");
        let missing = || format!("the gallery has no protocol `{from}`\nhint: {}", hint());
        found.map(Some).ok_or_else(|| Failure::Usage(missing()))
    }

    fn write_next(
        &self,
        out: &mut dyn Write,
        name: &str,
        member: Option<&Member>,
    ) -> io::Result<()> {
        let lock = ("lock", "return_late_grant");
        let (protocol, rule) = member.map_or(lock, |member| (member.name, member.rule));
        let folder = self.folder.display();
        writeln!(
            out,
            "created the package {name} in {folder}; its protocol is in {folder}/src/{protocol}.rs"
        )?;
        writeln!(out, "\nnext:    cd {folder}")?;
        writeln!(out, "         cargo test")?;
        writeln!(out, "         cargo run -- check")?;
        writeln!(out, "         cargo run -- check {protocol} --without {rule}")
    }

    /// The name of the package.
    fn name(&self) -> Result<String, Failure> {
        let hint = "hint: choose a name with --name: letters, digits, - and _";
        let folder = std::path::absolute(&self.folder)?;
        let name = match &self.name {
            Some(name) => name.clone(),
            None => match folder.file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => return Err(Failure::Usage(format!("the folder has no name\n{hint}"))),
            },
        };
        match refused(&name) {
            Some(why) => {
                Err(Failure::Usage(format!("a package cannot be called `{name}`: {why}\n{hint}")))
            }
            None => Ok(name),
        }
    }

    /// What is there already must not be lost.
    fn refuse_what_is_there(&self) -> Result<(), Failure> {
        let problem =
            |message: String| Problem::of_file(self.folder.display().to_string(), message);
        let hint = "name a new or an empty folder";
        match fs::read_dir(&self.folder) {
            Ok(mut entries) => match entries.next() {
                None => Ok(()),
                Some(_) => Err(problem("the folder is not empty".into()).hint(hint).into()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Err(problem("a file with this name exists".into()).hint(hint).into())
            }
            Err(error) => Err(problem(format!("cannot read: {error}")).into()),
        }
    }

    /// Where the new package takes latchwork from.
    fn origin(&self) -> Result<Origin, Failure> {
        if let Some(url) = &self.git {
            return Ok(Origin::Repository(url.clone(), self.rev.clone()));
        }
        let Some(path) = &self.path else { return Ok(Origin::Registry) };
        if !is_checkout(path) {
            let message = "this is not a checkout of latchwork";
            let problem = Problem::of_file(path.display().to_string(), message);
            return Err(problem.hint("a checkout contains model/Cargo.toml and src/lib.rs").into());
        }
        let root = fs::canonicalize(path)?;
        match root.to_str() {
            Some(_) => Ok(Origin::Checkout(root)),
            None => Err(Failure::Usage(format!(
                "the path of the checkout is not UTF-8, which Cargo.toml cannot name: {}",
                root.display()
            ))),
        }
    }
}

/// Where latchwork comes from.
enum Origin {
    /// The version of this program, from a registry.
    Registry,
    /// A folder of this machine.
    Checkout(PathBuf),
    /// A repository, and the revision if one is named.
    Repository(String, Option<String>),
}

impl Origin {
    /// The dependency on the package in a folder of it, as Cargo.toml spells it. A string of JSON
    /// is one of TOML.
    fn dependency(&self, folder: &str) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Checkout(root) => {
                let path = if folder.is_empty() { root.clone() } else { root.join(folder) };
                format!("{{ path = {} }}", quoted(&path.to_string_lossy()))
            }
            // Cargo finds the package by its name.
            Self::Repository(url, None) => format!("{{ git = {} }}", quoted(url)),
            Self::Repository(url, Some(revision)) => {
                format!("{{ git = {}, rev = {} }}", quoted(url), quoted(revision))
            }
            Self::Registry => quoted(env!("CARGO_PKG_VERSION")),
        }
    }
}

fn is_checkout(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("model/Cargo.toml")).unwrap_or_default();
    manifest.contains("name = \"latchwork-model\"") && folder.join("src/lib.rs").is_file()
}

/// Words that Cargo does not take for the name of a program.
const RESERVED: [&str; 12] = [
    "test",
    "core",
    "std",
    "alloc",
    "proc_macro",
    "build",
    "deps",
    "examples",
    "incremental",
    "latchwork",
    "latchwork-model",
    "latchwork_model",
];

/// Why a package cannot have this name.
fn refused(name: &str) -> Option<&'static str> {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !begins_well {
        Some("it must start with a letter")
    } else if !name.chars().all(is_in_name) {
        Some("it contains a character that Cargo does not accept")
    } else if RESERVED.contains(&name) || KEYWORDS.contains(&name) {
        Some("the word is reserved")
    } else {
        None
    }
}

/// The keywords of the language.
const KEYWORDS: [&str; 51] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while",
];
