//! The folder of a probe, in one mount or two.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files::probe_case::Place;

/// The folders of a probe; they are removed at the end.
pub struct Folders {
    /// Owns the folder in the first mount.
    _owner: tempfile::TempDir,
    /// The folder, as each mount has it.
    pub paths: Vec<PathBuf>,
}

/// Makes a folder in the first mount, writes to it, and finds it in the second one.
pub fn prepare(place: &Place) -> Result<Folders, String> {
    let dir = Path::new(&place.dir);
    check_folder(dir)?;
    let owner = tempfile::Builder::new()
        .prefix(".latchwork-probe-")
        .tempdir_in(dir)
        // The whole error has the name of the folder, which is random.
        .map_err(|error| {
            format!("{}: cannot create a folder there: {}", dir.display(), error.kind())
        })?;
    let token = "latchwork".repeat(1000);
    let file = owner.path().join("token");
    let written = File::create(&file).and_then(|mut created| {
        created.write_all(token.as_bytes())?;
        created.sync_all()
    });
    written.map_err(|error| format!("{}: cannot write there: {error}", dir.display()))?;
    let mut paths = vec![owner.path().to_path_buf()];
    if let (Some(second), Some(name)) = (&place.second, owner.path().file_name()) {
        let second = Path::new(second);
        check_folder(second)?;
        let other = second.join(name);
        // Another client may look at the folder a moment later.
        let found = (0..20).any(|_| {
            let same = std::fs::read_to_string(other.join("token")).is_ok_and(|text| text == token);
            if !same {
                std::thread::sleep(Duration::from_millis(50));
            }
            same
        });
        if !found {
            return Err(format!(
                "{} and {} are not the same folder: a file written to one is not in the other",
                dir.display(),
                second.display()
            ));
        }
        paths.push(other);
    }
    Ok(Folders { _owner: owner, paths })
}

fn check_folder(dir: &Path) -> Result<(), String> {
    match std::fs::metadata(dir) {
        Err(error) => Err(format!("{}: {error}", dir.display())),
        Ok(metadata) if !metadata.is_dir() => Err(format!("{}: not a folder", dir.display())),
        Ok(_) => Ok(()),
    }
}

/// The type of the filesystem that a folder is on.
pub fn filesystem(dir: &Path) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let of_line = |line: &str| {
        let (mount, rest) = line.split_once(" - ")?;
        let point = PathBuf::from(mount.split(' ').nth(4)?);
        let kind = rest.split(' ').next()?.to_string();
        dir.starts_with(&point).then_some((point.components().count(), kind))
    };
    // Of two mounts at the same point the later one covers the other.
    mounts.lines().filter_map(of_line).max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}
