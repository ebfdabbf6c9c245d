//! What can be wrong with the code.

flaws! {
    /// Callbacks are let in again before the block is put aside: two swapped steps.
    return_before_aside Planted;
    /// The callback does not wake the lock manager: a missing wake-up.
    silent_callback Planted;
    /// The callback looks at the block, drops the lock, and takes it again to write the answer down.
    stale_block Planted;
}
