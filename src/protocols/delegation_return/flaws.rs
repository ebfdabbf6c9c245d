//! What can be wrong with the code.

flaws! {
    /// The returner has no fence between looking at what it has claimed and looking at the reclaim
    /// counter again.
    no_fence_in_check Ordering;
    /// The manager has no fence between making the reclaim counter odd and what it recovers.
    no_fence_in_reclaim Ordering;
    /// An open looks at RETURNING, drops the lock, and takes it again to add itself.
    test_before_lock Planted;
}
