//! The ranks of a search that a cluster has started: who they are, from the environment.

use std::str::FromStr;
use std::time::Duration;

use super::Failure;

/// The shortest secret.
pub const SECRET: usize = 16;
/// Processes of a cluster start at different times.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// Rank 0 of a job on Slurm listens on one of `PORTS` ports from `FIRST_PORT`. They lie below the range from
/// which Linux assigns ports by default.
const FIRST_PORT: u64 = 20_000;
const PORTS: u64 = 10_000;
/// Every pod has all ports of its own.
const PORT_OF_POD: u64 = 4_000;

const HINT: &str = "it is a number of processes of this machine, 1 to 512; slurm, in a job step; or \
                    kubernetes/4, in an indexed job with four completions";
const HINT_SLURM: &str = "start all ranks with srun, as docs/ci/slurm-check.sh does";
const HINT_KUBERNETES: &str = "start all ranks as docs/ci/kubernetes-check.yml does";
const HINT_SECRET: &str =
    "set LATCHWORK_SECRET to the same word for all ranks, with at least 16 characters";

/// Who the ranks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crew {
    /// So many processes of this machine.
    Here(u16),
    /// The tasks of a job step.
    Slurm,
    /// The pods of an indexed job, with so many completions.
    Kubernetes(u16),
}

impl FromStr for Crew {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = |text: &str| text.parse().ok().filter(|count| (1..=512).contains(count));
        let crew = match text.split_once('/') {
            None if text == "slurm" => Some(Self::Slurm),
            None => count(text).map(Self::Here),
            Some(("kubernetes", of)) => count(of).map(Self::Kubernetes),
            Some(_) => None,
        };
        crew.ok_or_else(|| HINT.to_string())
    }
}

/// A rank among those that a cluster has started.
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    /// Its number.
    pub me: usize,
    /// The number of ranks.
    pub ranks: usize,
    /// The address of rank 0.
    pub first: String,
    /// The address that it binds.
    pub own: String,
    /// What all ranks know and nobody else.
    pub secret: String,
}

impl Member {
    /// The rank that this process is; `None` if no cluster has started it. `variable` looks into the
    /// environment.
    pub fn of(
        crew: Crew,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Failure> {
        let member = match crew {
            Crew::Here(_) => return Ok(None),
            Crew::Slurm => Self::of_slurm(&Environment { variable, hint: HINT_SLURM })?,
            Crew::Kubernetes(ranks) => {
                let environment = Environment { variable, hint: HINT_KUBERNETES };
                Self::of_kubernetes(ranks, &environment)?
            }
        };
        if member.secret.len() < SECRET {
            return failure("LATCHWORK_SECRET is not set, or too short", HINT_SECRET);
        }
        Ok(Some(member))
    }

    /// Reads the variables that srun sets for a task. Those of the step take precedence over those of the
    /// job.
    fn of_slurm(environment: &Environment<'_>) -> Result<Self, Failure> {
        let me = environment.number("SLURM_PROCID")?;
        let ranks = environment.number_of_any(&["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"])?;
        let (name, nodes) = environment.any(&["SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"])?;
        let Some(first) = first_host(&nodes) else {
            return failure(&format!("{name} is `{nodes}`, which names no node"), HINT_SLURM);
        };
        let job = environment.number("SLURM_JOB_ID")?;
        let port = environment.port(FIRST_PORT + job % PORTS)?;
        let first = format!("{first}:{port}");
        let own = match me {
            0 => first.clone(),
            _ => format!("{}:0", environment.text("SLURMD_NODENAME")?),
        };
        environment.member(me, ranks, first, own)
    }

    /// Reads the variables that an indexed job sets for a pod. The name of a pod ends with its index. The
    /// headless service has the name of the job.
    fn of_kubernetes(ranks: u16, environment: &Environment<'_>) -> Result<Self, Failure> {
        let me = environment.number("JOB_COMPLETION_INDEX")?;
        let name = environment.text("HOSTNAME")?;
        let Some(job) = name.strip_suffix(&format!("-{me}")).filter(|job| !job.is_empty()) else {
            let message = format!("HOSTNAME is `{name}`, which does not end with -{me}");
            return failure(&message, HINT_KUBERNETES);
        };
        let port = environment.port(PORT_OF_POD)?;
        // A pod knows its own name without the service.
        let (first, own) = match me {
            0 => (format!("{name}:{port}"), format!("{name}:{port}")),
            _ => (format!("{job}-0.{job}:{port}"), format!("{name}:0")),
        };
        environment.member(me, u64::from(ranks), first, own)
    }

    /// The addresses by rank. Rank 0 tells those of the others, when they have met.
    pub fn addresses(&self) -> Vec<String> {
        let address = |rank| match rank {
            0 => self.first.clone(),
            rank if rank == self.me => self.own.clone(),
            rank => format!("rank-{rank}"),
        };
        (0..self.ranks).map(address).collect()
    }
}

/// The environment of a process that a cluster has started.
struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    hint: &'a str,
}

impl Environment<'_> {
    fn text(&self, name: &str) -> Result<String, Failure> {
        self.any(&[name]).map(|(_, value)| value)
    }

    /// The first of some variables that is set, with its name.
    fn any(&self, names: &[&str]) -> Result<(String, String), Failure> {
        let set = |name: &&str| {
            let value = (self.variable)(name).filter(|value| !value.is_empty())?;
            Some((name.to_string(), value))
        };
        match names.iter().find_map(set) {
            Some(found) => Ok(found),
            None => failure(&format!("{} is not set", names[0]), self.hint),
        }
    }

    fn number(&self, name: &str) -> Result<u64, Failure> {
        self.number_of_any(&[name])
    }

    fn number_of_any(&self, names: &[&str]) -> Result<u64, Failure> {
        let (name, value) = self.any(names)?;
        match value.parse() {
            Ok(number) => Ok(number),
            Err(_) => failure(&format!("{name} is `{value}`, which is not a number"), self.hint),
        }
    }

    fn port(&self, default: u64) -> Result<u16, Failure> {
        const NAME: &str = "LATCHWORK_PORT";
        let port = match (self.variable)(NAME) {
            Some(_) => self.number(NAME)?,
            None => default,
        };
        match u16::try_from(port) {
            Ok(port) if port > 0 => Ok(port),
            _ => failure(&format!("{NAME} is {port}"), "a port is a number from 1 to 65535"),
        }
    }

    fn member(&self, me: u64, ranks: u64, first: String, own: String) -> Result<Member, Failure> {
        if ranks == 0 || ranks > 512 || me >= ranks {
            let message = format!("there is no rank {me} of {ranks}");
            return failure(&format!("{message}; at most 512 are counted from 0"), self.hint);
        }
        let secret = (self.variable)("LATCHWORK_SECRET").unwrap_or_default();
        Ok(Member { me: me as usize, ranks: ranks as usize, first, own, secret })
    }
}

fn failure<T>(message: &str, hint: &str) -> Result<T, Failure> {
    Err(Failure::Usage(format!("{message}\nhint: {hint}")))
}

/// The first host of a list of Slurm's: `node01` of `node[01-03,07],big[1-2]`.
fn first_host(list: &str) -> Option<String> {
    let (mut host, mut rest) = (String::new(), list);
    loop {
        let end = rest.find([',', '[']).unwrap_or(rest.len());
        host.push_str(&rest[..end]);
        rest = &rest[end..];
        let Some(inside) = rest.strip_prefix('[') else { break };
        let (numbers, after) = inside.split_once(']')?;
        let first = numbers.split([',', '-']).next().filter(|first| !first.is_empty())?;
        host.push_str(first);
        rest = after;
    }
    let valid = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (!host.is_empty() && host.chars().all(valid)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::{Crew, Failure, Member, first_host};

    const SECRET: (&str, &str) = ("LATCHWORK_SECRET", "0123456789abcdef");

    /// The member of an environment, or what is wrong with it.
    fn member(crew: &str, environment: &[(&str, &str)]) -> Result<Member, String> {
        let crew: Crew = crew.parse()?;
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_string())
        };
        match Member::of(crew, &variable) {
            Ok(member) => Ok(member.expect("a cluster")),
            Err(Failure::Usage(why)) => Err(why),
            Err(_) => Err("another failure".to_string()),
        }
    }

    #[test]
    fn the_first_host_of_a_list_is_found() {
        for (list, first) in [
            ("node01", Some("node01")),
            ("node[01-03,07],big[1-2]", Some("node01")),
            ("a,b", Some("a")),
            ("rack[2-3]node[10-12].local", Some("rack2node10.local")),
            ("n[7]", Some("n7")),
            ("", None),
            ("n[1", None),
            ("n[]", None),
            (",a", None),
            ("a b", None),
        ] {
            assert_eq!(first_host(list).as_deref(), first, "{list}");
        }
    }

    #[test]
    fn who_the_ranks_are_is_one_of_three() {
        assert_eq!("3".parse(), Ok(Crew::Here(3)));
        assert_eq!("slurm".parse(), Ok(Crew::Slurm));
        assert_eq!("kubernetes/8".parse(), Ok(Crew::Kubernetes(8)));
        for wrong in ["0", "513", "-1", "kubernetes", "kubernetes/0", "slurm/2", "x/3", "", "/"] {
            assert!(wrong.parse::<Crew>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_task_of_slurm_is_a_rank() {
        let step = [
            ("SLURM_PROCID", "3"),
            ("SLURM_STEP_NUM_TASKS", "4"),
            ("SLURM_STEP_NODELIST", "n[07-08]"),
            ("SLURM_JOB_ID", "123456"),
            ("SLURMD_NODENAME", "n08"),
            SECRET,
            // Of the job, not of the step.
            ("SLURM_NTASKS", "9"),
            ("SLURM_JOB_NODELIST", "n[01-08]"),
        ];
        let found = member("slurm", &step).expect("a rank");
        assert_eq!((found.me, found.ranks), (3, 4));
        assert_eq!(found.addresses(), ["n07:23456", "rank-1", "rank-2", "n08:0"]);
        let mut first = step;
        first[0].1 = "0";
        let found = member("slurm", &first).expect("a rank");
        assert_eq!((found.own.as_str(), found.me), ("n07:23456", 0));
        // Each of the first six is needed, and what is no number is none.
        for without in 0..6 {
            let mut less = step[..6].to_vec();
            let (name, _) = less.remove(without);
            let why = member("slurm", &less).expect_err(name);
            assert!(why.starts_with(&format!("{name} is not set")), "{why}");
            assert!(why.contains("\nhint: "), "{why}");
        }
        for (at, value, why) in [
            (0, "4", "there is no rank 4 of 4"),
            (0, "x", "SLURM_PROCID is `x`, which is not a number"),
            (1, "100000", "there is no rank 3 of 100000"),
            (2, "n[07", "SLURM_STEP_NODELIST is `n[07`, which names no node"),
            (5, "short", "LATCHWORK_SECRET is not set, or too short"),
        ] {
            let mut wrong = step;
            wrong[at].1 = value;
            let said = member("slurm", &wrong).expect_err(why);
            assert!(said.starts_with(why), "{said}");
        }
        let older = [step[0], step[6], step[7], step[3], step[4], SECRET];
        assert_eq!(member("slurm", &older).expect("a rank").first, "n01:23456");
    }

    #[test]
    fn a_pod_of_an_indexed_job_is_a_rank() {
        let pod = [("JOB_COMPLETION_INDEX", "2"), ("HOSTNAME", "proof-2"), SECRET];
        let found = member("kubernetes/3", &pod).expect("a rank");
        assert_eq!(found.addresses(), ["proof-0.proof:4000", "rank-1", "proof-2:0"]);
        let first = [("JOB_COMPLETION_INDEX", "0"), ("HOSTNAME", "proof-0"), SECRET];
        let port = [&first[..], &[("LATCHWORK_PORT", "77")]].concat();
        assert_eq!(member("kubernetes/3", &port).expect("a rank").own, "proof-0:77");
        for (name, why) in [("proof", "does not end with -2"), ("-2", "does not end with -2")] {
            let said = member("kubernetes/3", &[pod[0], ("HOSTNAME", name), SECRET]);
            assert!(said.expect_err(why).contains(why));
        }
        assert!(member("kubernetes/2", &pod).expect_err("2 of 2").contains("no rank 2 of 2"));
        for port in ["0", "65536", "http", ""] {
            let wrong = [&first[..], &[("LATCHWORK_PORT", port)]].concat();
            assert!(member("kubernetes/3", &wrong).expect_err(port).contains("LATCHWORK_PORT"));
        }
    }
}
