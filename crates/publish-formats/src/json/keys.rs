//! The keys of objects, found fast where they come in the same order each time.

use std::collections::HashMap;

/// Names in order, each once. Remembers which were met in the object that is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// The object in which each was met last.
    met: Vec<u64>,
    object: u64,
    next: usize,
}

/// Where a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// At this place.
    At(usize),
    /// Nowhere.
    Unknown,
    /// It was met in this object before.
    Doubled,
}

impl Keys {
    /// Takes names. Of two that are the same, the first is found.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut keys = Self::default();
        for name in names {
            keys.insert(name);
        }
        keys
    }

    /// Adds a name, met in this object, and answers its place.
    pub(crate) fn insert(&mut self, name: String) -> usize {
        let place = self.names.len();
        self.places.entry(name.clone()).or_insert(place);
        self.names.push(name);
        self.met.push(self.object);
        self.next = place + 1;
        place
    }

    /// Starts an object.
    pub(crate) fn start(&mut self) {
        self.object += 1;
        self.next = 0;
    }

    /// Finds a key of the object.
    #[inline]
    pub(crate) fn find(&mut self, key: &str) -> Found {
        let place = match self.names.get(self.next) {
            Some(name) if name == key => self.next,
            _ => match self.places.get(key) {
                Some(place) => *place,
                None => return Found::Unknown,
            },
        };
        self.next = place + 1;
        if self.met[place] == self.object {
            return Found::Doubled;
        }
        self.met[place] = self.object;
        Found::At(place)
    }

    /// Whether the name at a place was met in this object.
    pub(crate) fn is_met(&self, place: usize) -> bool {
        self.met[place] == self.object
    }

    /// The name at a place.
    pub(crate) fn name(&self, place: usize) -> &str {
        &self.names[place]
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_order_and_once_an_object() {
        let mut keys = Keys::new(["a", "b", "c"].map(str::to_owned));
        for order in [["a", "b", "c"], ["c", "a", "b"]] {
            keys.start();
            for key in order {
                assert!(matches!(keys.find(key), Found::At(place) if keys.name(place) == key));
            }
            assert_eq!(keys.find("a"), Found::Doubled);
        }
        keys.start();
        assert_eq!(keys.find("d"), Found::Unknown);
        assert!(!keys.is_met(0));
        assert_eq!(keys.insert("d".to_owned()), 3);
        assert_eq!(keys.find("d"), Found::Doubled);
    }
}
