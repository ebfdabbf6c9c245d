//! Operations of NFSv4.1 and 4.2, by number and by name.

use crate::capture::names::Word;

macro_rules! operations {
    ($($(#[$doc:meta])+ mod $of:ident { $($name:ident = $number:literal $word:literal,)* })*) => { $(
        $(#[$doc])+
        pub mod $of {
            use super::Word;
            $(#[doc = concat!("The number of `", $word, "`.")]
            pub const $name: u32 = $number;)*

            /// The name of an operation; one that nobody knows is written in digits.
            pub fn name(op: u32) -> Word {
                match op {
                    $($number => $word.into(),)*
                    other => other.to_string().into(),
                }
            }
        }
    )* };
}

operations! {
    /// Operations of a client on a server (RFC 8881, RFC 7862, RFC 8276).
    mod op {
        ACCESS = 3 "access",
        CLOSE = 4 "close",
        COMMIT = 5 "commit",
        CREATE = 6 "create",
        DELEGPURGE = 7 "delegpurge",
        DELEGRETURN = 8 "delegreturn",
        GETATTR = 9 "getattr",
        GETFH = 10 "getfh",
        LINK = 11 "link",
        LOCK = 12 "lock",
        LOCKT = 13 "lockt",
        LOCKU = 14 "locku",
        LOOKUP = 15 "lookup",
        LOOKUPP = 16 "lookupp",
        NVERIFY = 17 "nverify",
        OPEN = 18 "open",
        OPENATTR = 19 "openattr",
        OPEN_CONFIRM = 20 "open_confirm",
        OPEN_DOWNGRADE = 21 "open_downgrade",
        PUTFH = 22 "putfh",
        PUTPUBFH = 23 "putpubfh",
        PUTROOTFH = 24 "putrootfh",
        READ = 25 "read",
        READDIR = 26 "readdir",
        READLINK = 27 "readlink",
        REMOVE = 28 "remove",
        RENAME = 29 "rename",
        RENEW = 30 "renew",
        RESTOREFH = 31 "restorefh",
        SAVEFH = 32 "savefh",
        SECINFO = 33 "secinfo",
        SETATTR = 34 "setattr",
        SETCLIENTID = 35 "setclientid",
        SETCLIENTID_CONFIRM = 36 "setclientid_confirm",
        VERIFY = 37 "verify",
        WRITE = 38 "write",
        RELEASE_LOCKOWNER = 39 "release_lockowner",
        BACKCHANNEL_CTL = 40 "backchannel_ctl",
        BIND_CONN_TO_SESSION = 41 "bind_conn_to_session",
        EXCHANGE_ID = 42 "exchange_id",
        CREATE_SESSION = 43 "create_session",
        DESTROY_SESSION = 44 "destroy_session",
        FREE_STATEID = 45 "free_stateid",
        GET_DIR_DELEGATION = 46 "get_dir_delegation",
        GETDEVICEINFO = 47 "getdeviceinfo",
        GETDEVICELIST = 48 "getdevicelist",
        LAYOUTCOMMIT = 49 "layoutcommit",
        LAYOUTGET = 50 "layoutget",
        LAYOUTRETURN = 51 "layoutreturn",
        SECINFO_NO_NAME = 52 "secinfo_no_name",
        SEQUENCE = 53 "sequence",
        SET_SSV = 54 "set_ssv",
        TEST_STATEID = 55 "test_stateid",
        WANT_DELEGATION = 56 "want_delegation",
        DESTROY_CLIENTID = 57 "destroy_clientid",
        RECLAIM_COMPLETE = 58 "reclaim_complete",
        ALLOCATE = 59 "allocate",
        COPY = 60 "copy",
        COPY_NOTIFY = 61 "copy_notify",
        DEALLOCATE = 62 "deallocate",
        IO_ADVISE = 63 "io_advise",
        LAYOUTERROR = 64 "layouterror",
        LAYOUTSTATS = 65 "layoutstats",
        OFFLOAD_CANCEL = 66 "offload_cancel",
        OFFLOAD_STATUS = 67 "offload_status",
        READ_PLUS = 68 "read_plus",
        SEEK = 69 "seek",
        WRITE_SAME = 70 "write_same",
        CLONE = 71 "clone",
        GETXATTR = 72 "getxattr",
        SETXATTR = 73 "setxattr",
        LISTXATTRS = 74 "listxattrs",
        REMOVEXATTR = 75 "removexattr",
    }
    /// Operations of a server on a client (RFC 8881, RFC 7862).
    mod cb {
        GETATTR = 3 "cb_getattr",
        RECALL = 4 "cb_recall",
        LAYOUTRECALL = 5 "cb_layoutrecall",
        NOTIFY = 6 "cb_notify",
        PUSH_DELEG = 7 "cb_push_deleg",
        RECALL_ANY = 8 "cb_recall_any",
        RECALLABLE_OBJ_AVAIL = 9 "cb_recallable_obj_avail",
        RECALL_SLOT = 10 "cb_recall_slot",
        SEQUENCE = 11 "cb_sequence",
        WANTS_CANCELLED = 12 "cb_wants_cancelled",
        NOTIFY_LOCK = 13 "cb_notify_lock",
        NOTIFY_DEVICEID = 14 "cb_notify_deviceid",
        OFFLOAD = 15 "cb_offload",
    }
}

/// Names of attributes that can be set, by number; other attributes are written in digits.
const ATTRS: [(u32, &str); 18] = [
    (4, "size"),
    (12, "acl"),
    (14, "archive"),
    (25, "hidden"),
    (32, "mimetype"),
    (33, "mode"),
    (36, "owner"),
    (37, "owner_group"),
    (46, "system"),
    (48, "time_access_set"),
    (49, "time_backup"),
    (50, "time_create"),
    (54, "time_modify_set"),
    (74, "mode_set_masked"),
    (80, "sec_label"),
    (81, "mode_umask"),
    (84, "time_deleg_access"),
    (85, "time_deleg_modify"),
];

/// Flags of `sr_status_flags`, from the lowest bit.
const FLAGS: [&str; 13] = [
    "cb_path_down",
    "cb_gss_contexts_expiring",
    "cb_gss_contexts_expired",
    "expired_all_state_revoked",
    "expired_some_state_revoked",
    "admin_state_revoked",
    "recallable_state_revoked",
    "lease_moved",
    "restart_reclaim_needed",
    "cb_path_down_session",
    "backchannel_fault",
    "devid_changed",
    "devid_deleted",
];

/// Kinds of objects that CB_RECALL_ANY asks for, by bit.
const KINDS: [&str; 4] = ["read_deleg", "write_deleg", "dir_deleg", "file_layout"];

/// Returns the name of an attribute.
pub fn attr(number: u32) -> Word {
    let found = ATTRS.iter().find(|(known, _)| *known == number);
    found.map_or_else(|| number.to_string().into(), |(_, name)| (*name).into())
}

/// Returns the names of the session flags.
pub fn flags(bits: u32) -> Vec<Word> {
    bits_of(&FLAGS, bits)
}

/// Returns the names of the kinds of objects that a server wants back.
pub fn kinds(bits: u32) -> Vec<Word> {
    bits_of(&KINDS, bits)
}

fn bits_of(names: &[&'static str], bits: u32) -> Vec<Word> {
    let set = (0..u32::BITS).filter(|bit| bits & (1 << bit) != 0);
    set.map(|bit| match names.get(bit as usize) {
        Some(name) => (*name).into(),
        None => format!("bit_{bit}").into(),
    })
    .collect()
}
