//! A process that ends when the program is interrupted.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// How often an interruption is looked for.
const PAUSE: Duration = Duration::from_millis(20);

/// A process that has ended by itself.
pub struct Ended {
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub out: String,
    /// What it wrote to stderr.
    pub err: String,
}

/// Runs a command to its end. If the program is interrupted, ends the command with all processes
/// that it has started, and returns `None`.
pub fn run(command: &mut Command, interrupted: &dyn Fn() -> bool) -> io::Result<Option<Ended>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own: rustc processes end with Cargo.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn()?;
    let out = thread::spawn(reader(child.stdout.take()));
    let err = thread::spawn(reader(child.stderr.take()));
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if interrupted() {
            end(&mut child)?;
            break None;
        }
        thread::sleep(PAUSE);
    };
    let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
    Ok(status.map(|status| Ended { code: status.code(), out, err }))
}

/// Returns a function that reads a stream to its end.
fn reader(stream: Option<impl Read>) -> impl FnOnce() -> String {
    move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before an error is kept.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Ends a process and its group, and waits for it.
fn end(child: &mut Child) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // It may have ended by itself meanwhile.
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    #[cfg(not(unix))]
    child.kill()?;
    child.wait().map(|_| ())
}
