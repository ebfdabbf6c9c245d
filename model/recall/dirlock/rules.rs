//! The rules of directory locking.
//!
//! Functions are those of `fs/namei.c` and `fs/inode.c`. Versions are those of trees that were read:
//! 6.1.192 ("6.1") and 6.12.117 ("6.12").

rules! {
    profiles {
        /// Linux 6.1.192.
        linux_6_1;
        /// Linux 6.12.117: it has all rules.
        linux_6_12;
        /// All rules.
        full;
    }
    rules {
        /// A rename from one directory into another takes the rename mutex first.
        rename_mutex "directory locking" [1 1 1] {
            "lock_rename" since "6.1"
        };
        /// Of two directories, the one that is an ancestor of the other is locked first.
        ancestor_first "directory locking" [1 1 1] {
            "lock_two_directories" since "6.1"
        };
        /// A directory that is renamed is locked only if it gets another parent.
        subdir_only_when_needed "directory locking" [1 1 1] {
            "vfs_rename (lock_old_subdir)" since "6.1"
        };
        /// Files are locked in the order of their addresses.
        nondir_by_address "directory locking" [1 1 1] {
            "lock_two_nondirectories" since "6.1"
        };
        /// A rename between directories without a common ancestor is refused.
        common_ancestor "directory locking" [0 1 1] {
            "lock_two_directories" since "6.12"
        };
        /// A directory is not moved below itself, and no ancestor of the source is replaced.
        loop_check "directory locking" [1 1 1] {
            "do_renameat2 (trap)" since "6.1"
        };
    }
    variants {}
}
