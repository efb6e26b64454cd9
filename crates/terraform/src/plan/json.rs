//! JSON as a plan holds it: small in memory, without spans.

use std::fmt;
use std::sync::Arc;

use rolecall_source::{Kind, Number, Span, Text, Value};
use rustc_hash::FxHashSet;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Most bytes of values that are kept of one plan.
const KEPT: usize = 256 * 1024 * 1024;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As it is written in decimal.
    Number(Box<str>),
    Text(Box<str>),
    List(Box<[Self]>),
    Map(Fields),
}

/// The entries of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields(Box<[(Arc<str>, Json)]>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(n, _)| **n == *name).map(|(_, v)| v)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Json)> {
        self.0.iter().map(|(n, v)| (n, v))
    }
}

impl FromIterator<(Arc<str>, Json)> for Fields {
    fn from_iter<T: IntoIterator<Item = (Arc<str>, Json)>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl Json {
    /// The document in a text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let value = Tree(&mut Keeper::default()).deserialize(&mut reader).ok()?;
        reader.end().ok().map(|()| value)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Fields> {
        match self {
            Self::Map(m) => Some(m),
            _ => None,
        }
    }

    /// A text, number or truth value as text.
    pub(crate) fn letters(&self) -> Option<&str> {
        match self {
            Self::Text(t) | Self::Number(t) => Some(t),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// The value, all of it at `span`.
    pub(crate) fn to_value(&self, span: Span) -> Value {
        match self {
            Self::Null => Value::null(span),
            Self::Bool(b) => Value::bool(*b, span),
            Self::Number(n) => match Number::parse(n) {
                Some(n) => Value::new(Kind::Number(n), span),
                None => Value::string(n, span),
            },
            Self::Text(t) => Value::string(t, span),
            Self::List(l) => Value::list(l.iter().map(|v| v.to_value(span)).collect(), span),
            Self::Map(m) => Value::map(m.iter().map(|(k, v)| (Text::new(k, span), v.to_value(span))), span),
        }
    }
}

/// What is kept of a document, and how much more may be.
pub(crate) struct Keeper {
    names: FxHashSet<Arc<str>>,
    left: usize,
    /// True iff something was left out because there was too much.
    pub(crate) full: bool,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            names: FxHashSet::default(),
            left: KEPT,
            full: false,
        }
    }
}

impl Keeper {
    pub(crate) fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        self.take(name.len() + size_of::<[usize; 4]>());
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }

    /// Counts bytes; false when there is no room for them.
    fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.full = true;
                false
            }
        }
    }

    fn text(&mut self, text: &str) -> Box<str> {
        if self.take(text.len()) { text.into() } else { "".into() }
    }
}

/// Reads a value and keeps it.
pub(crate) struct Tree<'k>(pub(crate) &'k mut Keeper);

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Json, E> {
        Ok(Json::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(Json::Number(self.0.text(&n.to_string())))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(Json::Number(self.0.text(&n.to_string())))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Json, E> {
        Ok(Json::Number(self.0.text(&n.to_string())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(self.0.text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while self.0.take(size_of::<Json>()) {
            match seq.next_element_seed(Tree(self.0))? {
                Some(item) => items.push(item),
                None => return Ok(Json::List(items.into())),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::List(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while self.0.take(size_of::<(Arc<str>, Json)>()) {
            let Some(name) = map.next_key_seed(Name(self.0))? else {
                return Ok(Json::Map(entries.into_iter().collect()));
            };
            entries.push((name, map.next_value_seed(Tree(self.0))?));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Json::Map(entries.into_iter().collect()))
    }
}

/// Reads a key and keeps each once.
pub(crate) struct Name<'k>(pub(crate) &'k mut Keeper);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Arc<str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Arc<str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Arc<str>, E> {
        Ok(self.0.name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_left_out() {
        let read = |text: &str, left: usize| {
            let mut keeper = Keeper {
                left,
                ..Keeper::default()
            };
            let mut reader = serde_json::Deserializer::from_str(text);
            let value = Tree(&mut keeper).deserialize(&mut reader).unwrap();
            reader.end().unwrap();
            (value, keeper.full)
        };
        let text = r#"[1, "two", {"three": [null, true]}, 4]"#;
        assert_eq!(read(text, 10_000), (Json::parse(text).unwrap(), false));
        let (value, full) = read(text, 80);
        assert!(full);
        assert!(matches!(value, Json::List(items) if items.len() < 4));
    }
}
