//! A map that forgets entries that were not used for a long time, so that memory does not grow with
//! a recording.

use std::hash::Hash;
use std::mem;

use foldhash::fast::FixedState;
use indexmap::{Equivalent, IndexMap};

/// A map with an order of its own: that of insertion, where the last entry takes the place of a
/// removed one. Neither the hash nor the machine has a part in it.
pub type Map<K, V> = IndexMap<K, V, FixedState>;

/// Returns an empty map.
pub const fn map<K, V>() -> Map<K, V> {
    Map::with_hasher(FixedState::with_seed(0))
}

/// A map of bounded size. It keeps at least the `most` entries used last, and at most twice as
/// many.
pub struct Recent<K, V> {
    young: Map<K, V>,
    old: Map<K, V>,
    most: usize,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// Returns an empty map that keeps at least this many entries.
    pub const fn new(most: usize) -> Self {
        Self { young: map(), old: map(), most }
    }

    /// Returns the value of a key, which counts as a use of it.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<&mut V> {
        let at = match self.young.get_index_of(key) {
            Some(at) => at,
            None => {
                let (key, value) = self.old.swap_remove_entry(key)?;
                self.insert(key, value);
                self.young.len() - 1
            }
        };
        self.young.get_index_mut(at).map(|(_, value)| value)
    }

    /// Returns the value of a key. This does not count as a use of it.
    pub fn peek<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.most && !self.young.contains_key(&key) {
            mem::swap(&mut self.old, &mut self.young);
            self.young.clear();
        }
        self.old.swap_remove(&key);
        self.young.insert(key, value);
    }

    /// Removes a key and returns its value.
    pub fn remove<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<V> {
        self.young.swap_remove(key).or_else(|| self.old.swap_remove(key))
    }

    /// Returns all entries; those used last come last.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.old.iter().chain(&self.young)
    }

    /// Returns all entries, to be changed; those used last come last.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.old.iter_mut().chain(self.young.iter_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let mut map = Recent::new(10);
        map.insert(0, "kept");
        for key in 1..1000 {
            map.insert(key, "passing");
            assert_eq!(map.get(&0), Some(&mut "kept"), "after {key}");
            assert!(map.iter_mut().count() <= 20, "after {key}");
            let oldest = key.max(9) - 8;
            assert!(map.iter_mut().any(|(found, _)| *found == oldest), "{oldest} after {key}");
        }
        assert_eq!(map.get(&500), None);
        assert_eq!(map.remove(&0), Some("kept"));
        assert_eq!(map.get(&0), None);
    }
}
