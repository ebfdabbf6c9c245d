//! Names of statuses: of NFS, of NLM, and of RPC for a call that did not reach its program.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What an answer says came of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A status of the protocol, by its name without prefix: `OK`, `DELAY`, `GRACE`.
    Named(&'static str),
    /// A number that the protocol does not know.
    Number(u32),
}

impl Status {
    /// It was done.
    pub const OK: Self = Self::Named("OK");

    /// Returns the status of NFSv4 with this number.
    pub fn nfs(number: u32) -> Self {
        match NFS.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => Self::Named(NFS[at].1),
            Err(_) => Self::Number(number),
        }
    }

    /// Returns the status of NLM with this number.
    pub fn nlm(number: u32) -> Self {
        let name = usize::try_from(number).ok().and_then(|at| NLM.get(at));
        name.map_or(Self::Number(number), |name| Self::Named(name))
    }

    /// Returns whether it has this name.
    pub fn is(self, name: &str) -> bool {
        matches!(self, Self::Named(own) if own == name)
    }

    fn of_name(text: &str) -> Option<Self> {
        let all = NFS.iter().map(|(_, name)| name).chain(&NLM).chain(&RPC);
        let named = all.copied().find(|name| *name == text).map(Self::Named);
        named.or_else(|| text.parse().ok().map(Self::Number))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Named(name) => to.serialize_str(name),
            Self::Number(_) => to.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        let unknown = || de::Error::custom(format_args!("no status is called `{text}`"));
        Self::of_name(&text).ok_or_else(unknown)
    }
}

impl JsonSchema for Status {
    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut names: Vec<&str> = NFS.iter().map(|(_, name)| *name).collect();
        names
            .extend(NLM.iter().chain(&RPC).filter(|name| !NFS.iter().any(|(_, nfs)| nfs == *name)));
        json_schema!({
            "description": "What an answer says came of an operation: a status of NFSv4 (RFC 8881, RFC 7862) or of NLM \
                            without its prefix, or of RPC. A number that the protocol does not know is written in digits.",
            "anyOf": [{ "enum": names }, { "type": "string", "pattern": "^[0-9]+$" }],
        })
    }
}

/// Statuses of NLM (X/Open XNFS, `nlm4_stats`), by number.
const NLM: [&str; 10] = [
    "GRANTED",
    "DENIED",
    "DENIED_NOLOCKS",
    "BLOCKED",
    "DENIED_GRACE_PERIOD",
    "DEADLCK",
    "ROFS",
    "STALE_FH",
    "FBIG",
    "FAILED",
];

/// Why RPC did not hand a call to its program (RFC 5531).
pub const RPC: [&str; 7] = [
    "RPC_PROG_UNAVAIL",
    "RPC_PROG_MISMATCH",
    "RPC_PROC_UNAVAIL",
    "RPC_GARBAGE_ARGS",
    "RPC_SYSTEM_ERR",
    "RPC_VERSION_MISMATCH",
    "RPC_AUTH_ERROR",
];

/// Statuses of NFSv4.1 and 4.2 (RFC 8881 section 15, RFC 7862 section 11, RFC 8276), in order.
const NFS: [(u32, &str); 113] = [
    (0, "OK"),
    (1, "PERM"),
    (2, "NOENT"),
    (5, "IO"),
    (6, "NXIO"),
    (13, "ACCESS"),
    (17, "EXIST"),
    (18, "XDEV"),
    (20, "NOTDIR"),
    (21, "ISDIR"),
    (22, "INVAL"),
    (27, "FBIG"),
    (28, "NOSPC"),
    (30, "ROFS"),
    (31, "MLINK"),
    (63, "NAMETOOLONG"),
    (66, "NOTEMPTY"),
    (69, "DQUOT"),
    (70, "STALE"),
    (10001, "BADHANDLE"),
    (10003, "BAD_COOKIE"),
    (10004, "NOTSUPP"),
    (10005, "TOOSMALL"),
    (10006, "SERVERFAULT"),
    (10007, "BADTYPE"),
    (10008, "DELAY"),
    (10009, "SAME"),
    (10010, "DENIED"),
    (10011, "EXPIRED"),
    (10012, "LOCKED"),
    (10013, "GRACE"),
    (10014, "FHEXPIRED"),
    (10015, "SHARE_DENIED"),
    (10016, "WRONGSEC"),
    (10017, "CLID_INUSE"),
    (10018, "RESOURCE"),
    (10019, "MOVED"),
    (10020, "NOFILEHANDLE"),
    (10021, "MINOR_VERS_MISMATCH"),
    (10022, "STALE_CLIENTID"),
    (10023, "STALE_STATEID"),
    (10024, "OLD_STATEID"),
    (10025, "BAD_STATEID"),
    (10026, "BAD_SEQID"),
    (10027, "NOT_SAME"),
    (10028, "LOCK_RANGE"),
    (10029, "SYMLINK"),
    (10030, "RESTOREFH"),
    (10031, "LEASE_MOVED"),
    (10032, "ATTRNOTSUPP"),
    (10033, "NO_GRACE"),
    (10034, "RECLAIM_BAD"),
    (10035, "RECLAIM_CONFLICT"),
    (10036, "BADXDR"),
    (10037, "LOCKS_HELD"),
    (10038, "OPENMODE"),
    (10039, "BADOWNER"),
    (10040, "BADCHAR"),
    (10041, "BADNAME"),
    (10042, "BAD_RANGE"),
    (10043, "LOCK_NOTSUPP"),
    (10044, "OP_ILLEGAL"),
    (10045, "DEADLOCK"),
    (10046, "FILE_OPEN"),
    (10047, "ADMIN_REVOKED"),
    (10048, "CB_PATH_DOWN"),
    (10049, "BADIOMODE"),
    (10050, "BADLAYOUT"),
    (10051, "BAD_SESSION_DIGEST"),
    (10052, "BADSESSION"),
    (10053, "BADSLOT"),
    (10054, "COMPLETE_ALREADY"),
    (10055, "CONN_NOT_BOUND_TO_SESSION"),
    (10056, "DELEG_ALREADY_WANTED"),
    (10057, "BACK_CHAN_BUSY"),
    (10058, "LAYOUTTRYLATER"),
    (10059, "LAYOUTUNAVAILABLE"),
    (10060, "NOMATCHING_LAYOUT"),
    (10061, "RECALLCONFLICT"),
    (10062, "UNKNOWN_LAYOUTTYPE"),
    (10063, "SEQ_MISORDERED"),
    (10064, "SEQUENCE_POS"),
    (10065, "REQ_TOO_BIG"),
    (10066, "REP_TOO_BIG"),
    (10067, "REP_TOO_BIG_TO_CACHE"),
    (10068, "RETRY_UNCACHED_REP"),
    (10069, "UNSAFE_COMPOUND"),
    (10070, "TOO_MANY_OPS"),
    (10071, "OP_NOT_IN_SESSION"),
    (10072, "HASH_ALG_UNSUPP"),
    (10074, "CLIENTID_BUSY"),
    (10075, "PNFS_IO_HOLE"),
    (10076, "SEQ_FALSE_RETRY"),
    (10077, "BAD_HIGH_SLOT"),
    (10078, "DEADSESSION"),
    (10079, "ENCR_ALG_UNSUPP"),
    (10080, "PNFS_NO_LAYOUT"),
    (10081, "NOT_ONLY_OP"),
    (10082, "WRONG_CRED"),
    (10083, "WRONG_TYPE"),
    (10084, "DIRDELEG_UNAVAIL"),
    (10085, "REJECT_DELEG"),
    (10086, "RETURNCONFLICT"),
    (10087, "DELEG_REVOKED"),
    (10088, "PARTNER_NOTSUPP"),
    (10089, "PARTNER_NO_AUTH"),
    (10090, "UNION_NOTSUPP"),
    (10091, "OFFLOAD_DENIED"),
    (10092, "WRONG_LFS"),
    (10093, "BADLABEL"),
    (10094, "OFFLOAD_NO_REQS"),
    (10095, "NOXATTR"),
    (10096, "XATTR2BIG"),
];
