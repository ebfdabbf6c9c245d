//! What can be wrong with the code.

flaws! {
    /// An open has no fence between counting itself and looking for leases.
    no_fence_in_open Ordering;
    /// A grant has no fence between inserting its lease and looking at the counts.
    no_fence_in_grant Ordering;
    /// The fence of a grant orders loads and stores, but not a load behind a store.
    weak_fence_in_grant Ordering;
    /// A grant looks at the counts and then inserts its lease: two swapped steps.
    insert_after_retest Planted;
}
