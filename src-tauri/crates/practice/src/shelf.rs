//! A map that forgets its oldest entries, so that no client can fill the memory.

use std::collections::{HashMap, VecDeque};

/// At most `limit` values by name, the oldest given up first.
#[derive(Debug)]
pub(crate) struct Shelf<V> {
    limit: usize,
    values: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Shelf<V> {
    /// An empty shelf.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, values: HashMap::new(), order: VecDeque::new() }
    }

    /// Puts a value there, in place of one of the same name.
    pub(crate) fn put(&mut self, key: impl Into<String>, value: V) {
        let key = key.into();
        if self.values.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.values.len() > self.limit || self.order.len() > 2 * self.limit {
            let Some(oldest) = self.order.pop_front() else { break };
            self.values.remove(&oldest);
        }
    }

    /// Takes a value away.
    pub(crate) fn take(&mut self, key: &str) -> Option<V> {
        let value = self.values.remove(key)?;
        self.order.retain(|k| k != key);
        Some(value)
    }

    /// Looks at a value.
    pub(crate) fn find(&self, key: &str) -> Option<&V> {
        self.values.get(key)
    }

    /// Looks at a value to change it.
    pub(crate) fn find_mut(&mut self, key: &str) -> Option<&mut V> {
        self.values.get_mut(key)
    }

    /// All names and values, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &V)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// All values, the oldest name first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &V> {
        self.order.iter().filter_map(|key| self.values.get(key))
    }

    /// All values, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.values.values()
    }

    /// All values to change, in no order.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.values.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut shelf = Shelf::new(2);
        for name in ["a", "b", "c"] {
            shelf.put(name, name.len());
        }
        assert!(shelf.find("a").is_none() && shelf.find("b").is_some() && shelf.find("c").is_some());
    }

    #[test]
    fn what_is_taken_is_gone_and_makes_room() {
        let mut shelf = Shelf::new(2);
        shelf.put("a", 1);
        shelf.put("b", 2);
        assert_eq!(shelf.take("a"), Some(1));
        assert_eq!(shelf.take("a"), None);
        shelf.put("c", 3);
        assert_eq!(shelf.find("b"), Some(&2));
        assert_eq!(shelf.values().sum::<i32>(), 5);
        assert!(shelf.in_order().eq([&2, &3]));
    }

    #[test]
    fn a_name_put_twice_takes_one_place() {
        let mut shelf = Shelf::new(2);
        (0..10).for_each(|i| shelf.put("a", i));
        shelf.put("b", 0);
        assert_eq!(shelf.find("a"), Some(&9));
        shelf.values_mut().for_each(|v| *v += 1);
        assert_eq!(shelf.find("b"), Some(&1));
    }
}
