//! A map that forgets entries that were not used for a long time, so that memory does not grow with
//! a recording.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::mem;

/// A map of bounded size. It keeps at least the `most` entries used last, and at most twice as
/// many.
pub struct Recent<K, V> {
    young: BTreeMap<K, V>,
    old: BTreeMap<K, V>,
    most: usize,
}

impl<K: Ord, V> Recent<K, V> {
    /// Returns an empty map that keeps at least this many entries.
    pub const fn new(most: usize) -> Self {
        Self { young: BTreeMap::new(), old: BTreeMap::new(), most }
    }

    /// Returns the value of a key, which counts as a use of it.
    pub fn get<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.insert(key, value);
        }
        self.young.get_mut(key)
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.most && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// Removes a key and returns its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Returns all entries; those used last come last.
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
