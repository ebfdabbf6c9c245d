//! The rules of directory locking.

rules! {
    profiles {
        /// Everything.
        full;
    }
    rules {
        /// A rename from one directory into another takes the rename mutex first.
        rename_mutex "directory locking" [1];
        /// Of two directories, the one that is an ancestor of the other is locked first.
        ancestor_first "directory locking" [1];
        /// A directory that is renamed is locked only if it gets another parent.
        subdir_only_when_needed "directory locking" [1];
        /// Files are locked in the order of their addresses.
        nondir_by_address "directory locking" [1];
        /// A rename between directories without a common ancestor is refused.
        common_ancestor "directory locking" [1];
        /// A directory is not moved below itself, and no ancestor of the source is replaced.
        loop_check "directory locking" [1];
    }
    variants {}
}
