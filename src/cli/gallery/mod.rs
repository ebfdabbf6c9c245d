//! The gallery: protocols that people run, as files that are part of the program.

/// A protocol of the gallery. What people read of it is the comment at the head of its file.
pub struct Member {
    /// Its name, which is that of its file and of its folder of scenarios.
    pub name: &'static str,
    /// The type of its model.
    pub model: &'static str,
    /// Its file.
    pub text: &'static str,
    /// The name of its scenario, without an ending.
    pub scenario: &'static str,
    /// Its scenario.
    pub setting: &'static str,
    /// The rule without which it has its known bug.
    pub rule: &'static str,
    /// The property that the bug violates in the scenario.
    pub property: &'static str,
    /// The length of the shortest run that shows it.
    pub steps: usize,
}

/// Declares the gallery: for each file its model, its scenario, and its known bug.
macro_rules! members {
    ($($name:ident: $model:ident in $scenario:ident, $rule:ident => $property:ident $steps:literal;)+) => {
        /// The gallery, in the order of the names.
        pub static MEMBERS: &[Member] = &[$(Member {
            name: stringify!($name),
            model: stringify!($model),
            text: include_str!(concat!(
                "../../../examples/gallery/protocols/", stringify!($name), ".rs"
            )),
            scenario: stringify!($scenario),
            setting: include_str!(concat!(
                "../../../examples/gallery/protocols/scenarios/",
                stringify!($name), "/", stringify!($scenario), ".json"
            )),
            rule: stringify!($rule),
            property: stringify!($property),
            steps: $steps,
        },)+];
    };
}

members! {
    afs_callbacks: AfsCallbacks in two_clients, delay_break => call_clears_old_copy 4;
    brick_locks: BrickLocks in two_clients, heal => one_holder 15;
    ceph_caps: CephCaps in two_reads, newer_release_counts => reader_is_served 7;
    client_records: ClientRecords in two_clients, sync_removal => reclaim_is_current 7;
    cluster_delegations: ClusterDelegations in two_nodes, recall_first => no_unseen_write 9;
    delegated_times: DelegatedTimes in two_writes, freeze_times => time_does_not_go_back 4;
    delegation_refs: DelegationRefs in two_opens, list_hashed_only => no_use_after_free 7;
    fencing_tokens: FencingTokens in two_clients, compare => writes_are_in_order 9;
    gfs2_glock: Gfs2Glock in two_nodes, keep_pending_demote => waiter_is_granted 13;
    ldlm_callback: LdlmCallback in two_clients, resend_callback => only_the_dead_are_evicted 6;
    smb2_lease: Smb2Lease in two_clients, refuse_late_ack => leased_cache_is_current 11;
    ttl_lock: TtlLock in two_clients, fence => writes_are_in_order 11;
    two_phase_commit: TwoPhaseCommit in two_participants, log_vote => same_outcome 6;
}

/// The files of a package that starts from a member, with places for names.
const FILES: [(&str, &str); 2] =
    [("README.md", include_str!("readme.txt")), ("src/main.rs", include_str!("main.txt"))];

impl Member {
    /// Returns the paragraph at the head of the file that begins with a word, without the word.
    fn paragraph(&self, begin: &str) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("//!"));
        let lines = lines.map(str::trim).skip_while(|line| !line.starts_with(begin));
        let starts = ["Source: ", "Known bug: "];
        let mut words = Vec::new();
        for (at, line) in lines.enumerate() {
            if at > 0 && (line.is_empty() || starts.iter().any(|start| line.starts_with(start))) {
                break;
            }
            words.push(line);
        }
        let joined = words.join(" ");
        joined.strip_prefix(begin).unwrap_or(&joined).to_string()
    }

    /// Returns what the protocol is.
    pub fn sentence(&self) -> String {
        self.paragraph("")
    }

    /// Returns where the protocol and its bug come from.
    pub fn source(&self) -> String {
        self.paragraph("Source: ")
    }

    /// Returns the known bug.
    pub fn bug(&self) -> String {
        self.paragraph("Known bug: ")
    }

    /// Returns the files of a package that starts from this protocol, each with its text.
    pub fn files(&self) -> Vec<(String, String)> {
        let written = |text: &str| {
            text.replace("{name}", self.name)
                .replace("{model}", self.model)
                .replace("{scenario}", self.scenario)
                .replace("{sentence}", &self.sentence())
                .replace("{source}", &self.source())
                .replace("{bug}", &self.bug())
                .replace("{rule}", self.rule)
                .replace("{property}", self.property)
                .replace("{steps}", &self.steps.to_string())
        };
        let own = [
            (format!("src/{}.rs", self.name), self.text.to_string()),
            (format!("scenarios/{}/{}.json", self.name, self.scenario), self.setting.to_string()),
        ];
        FILES.iter().map(|(file, text)| (file.to_string(), written(text))).chain(own).collect()
    }
}
