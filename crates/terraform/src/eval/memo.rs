//! Values that are computed when first asked for, and once; and how large a value may be.

use std::cell::RefCell;
use std::hash::Hash;

use rolecall_source::{Kind, Value, limits};
use rustc_hash::FxHashMap;

/// Computed values by key.
pub(crate) struct Memo<K, V>(RefCell<FxHashMap<K, Option<V>>>);

/// What a [`Memo`] says about a key.
pub(crate) enum Slot<V> {
    Done(V),
    /// It is being computed: whoever asks is part of a circle.
    Busy,
    /// Nobody asked before. It is busy from now on.
    New,
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Hash + Eq, V: Clone> Memo<K, V> {
    /// What is known about `key`; marks it busy when it is new.
    pub(crate) fn ask(&self, key: K) -> Slot<V> {
        match self.0.borrow_mut().entry(key) {
            std::collections::hash_map::Entry::Occupied(e) => match e.get() {
                Some(v) => Slot::Done(v.clone()),
                None => Slot::Busy,
            },
            std::collections::hash_map::Entry::Vacant(e) => {
                e.insert(None);
                Slot::New
            }
        }
    }

    /// Keeps a value.
    pub(crate) fn keep(&self, key: K, value: V) {
        self.0.borrow_mut().insert(key, Some(value));
    }
}

/// True iff a value is nested no deeper than values may be, and has no more parts than they may have.
pub(crate) fn is_bounded(value: &Value) -> bool {
    let mut parts = limits::ELEMENTS;
    bounded(value, limits::NESTING, &mut parts)
}

fn bounded(value: &Value, depth: usize, parts: &mut usize) -> bool {
    if *parts == 0 || depth == 0 {
        return false;
    }
    *parts -= 1;
    match &value.kind {
        Kind::List(l) => l.items.iter().all(|v| bounded(v, depth - 1, parts)),
        Kind::Map(m) => m.entries.values().all(|e| bounded(&e.value, depth - 1, parts)),
        Kind::Choice(c) => c.options.iter().all(|(_, v)| bounded(v, depth - 1, parts)),
        Kind::Encoded(e) => bounded(&e.value, depth - 1, parts),
        Kind::Text(_) | Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Unknown(_) => true,
    }
}
