//! Memory for the visited table: one range of zeroes that grows in place, in huge pages, and a
//! cache prefetch. The only file of the crate with `unsafe`.
#![allow(unsafe_code, reason = "neither a shared view of a mapping nor a prefetch has a safe form")]

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, AtomicU64};

use memmap2::{MmapOptions, MmapRaw};

/// The bytes of address space to reserve; the system backs only touched pages with memory. If fewer
/// addresses are available, all of them are reserved.
const RESERVE: usize = if cfg!(all(unix, target_pointer_width = "64")) { 1 << 38 } else { 1 << 28 };

/// A type that can be shared between threads and is valid as zeroes.
pub trait Word: Sync {}
impl Word for AtomicU32 {}
impl Word for AtomicU64 {}

/// A long slice of zeroes. Only touched parts use memory, so a table that fills it from the front
/// can grow without moving anything.
pub struct Zeroes<T> {
    map: MmapRaw,
    words: PhantomData<T>,
}

impl<T: Word> Zeroes<T> {
    /// Reserves address space for as many words as the system allows.
    ///
    /// # Panics
    /// If the system has no addresses for a mebibyte. Nothing else would work either.
    pub fn reserve() -> Self {
        let mut bytes = RESERVE;
        loop {
            match MmapOptions::new().len(bytes).no_reserve_swap().map_anon() {
                Ok(map) => {
                    // Random access to ordinary pages misses the TLB each time. A system without
                    // huge pages refuses this, and is slower.
                    #[cfg(target_os = "linux")]
                    let _ = map.advise(memmap2::Advice::HugePage);
                    return Self { map: MmapRaw::from(map), words: PhantomData };
                }
                Err(error) => assert!(bytes > 1 << 20, "no memory: {error}"),
            }
            bytes /= 2;
        }
    }
}

impl<T: Word> Deref for Zeroes<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        let words = self.map.len() / size_of::<T>();
        // SAFETY: the mapping is ours alone, lives as long as `self`, is aligned to a page, and is
        // `words` words long. A `Word` is valid as zeroes and is changed by atomic operations only.
        unsafe { std::slice::from_raw_parts(self.map.as_mut_ptr().cast_const().cast(), words) }
    }
}

/// Prefetches a word into the cache.
#[inline(always)]
pub fn prefetch<T>(word: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch neither reads nor writes anything that the program can see.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(word).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = word;
}
