use std::sync::Arc;

use indexmap::IndexMap;

use crate::{Number, Span, Symbol, Text};

/// A value of a configuration, with the span it was written at.
///
/// Cloning is cheap: everything large is shared.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Where it was written: for a reference, the place of what it refers to.
    pub span: Span,
}

/// What a [`Value`] is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Absent on purpose: Terraform's and JSON's `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number of any size.
    Number(Number),
    /// Text, perhaps with unknown parts.
    Text(Text),
    /// A list, tuple or set.
    List(List),
    /// A map or object.
    Map(Map),
    /// A document that is still structured although the language sees text: `jsonencode`, a policy document data
    /// source, a CloudFormation policy object.
    Encoded(Arc<Encoded>),
    /// One of several values, depending on a condition that is not known.
    Choice(Arc<Choice>),
    /// Not known at all, and of unknown type. Interpolated into text it becomes its symbol.
    Unknown(Symbol),
}

/// A list that may be open: there may be more elements than are known.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The elements that are there for certain.
    pub items: Arc<Vec<Value>>,
    /// Why there may be more.
    pub open: Option<Symbol>,
}

/// A map that may be open: there may be more entries than are known.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// The entries, in the order they were written. Keys may have unknown parts.
    pub entries: Arc<IndexMap<Text, Entry>>,
    /// Why there may be more.
    pub open: Option<Symbol>,
}

/// One entry of a [`Map`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key was written.
    pub key_span: Span,
    /// The value.
    pub value: Value,
}

/// A structured document that the language sees as text.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The document.
    pub value: Value,
}

/// Alternatives of which one is real.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What decides: a condition's symbol. Equal symbols decide alike.
    pub on: Symbol,
    /// The alternatives, each with the state of `on` that selects it ("true", "false", a parameter's value).
    pub options: Vec<(Arc<str>, Value)>,
}

impl Value {
    /// A value.
    #[must_use]
    pub const fn new(kind: Kind, span: Span) -> Self {
        Self { kind, span }
    }

    /// Null.
    #[must_use]
    pub const fn null(span: Span) -> Self {
        Self::new(Kind::Null, span)
    }

    /// A truth value.
    #[must_use]
    pub const fn bool(b: bool, span: Span) -> Self {
        Self::new(Kind::Bool(b), span)
    }

    /// Known letters written at `span`.
    #[must_use]
    pub fn string(letters: &str, span: Span) -> Self {
        Self::new(Kind::Text(Text::new(letters, span)), span)
    }

    /// A text, with its own span.
    #[must_use]
    pub fn text(text: Text, span: Span) -> Self {
        Self::new(Kind::Text(text), span)
    }

    /// A list with nothing unknown about its length.
    #[must_use]
    pub fn list(items: Vec<Self>, span: Span) -> Self {
        Self::new(
            Kind::List(List {
                items: Arc::new(items),
                open: None,
            }),
            span,
        )
    }

    /// A map with nothing unknown about its keys. Of equal keys the last wins.
    #[must_use]
    pub fn map(entries: impl IntoIterator<Item = (Text, Self)>, span: Span) -> Self {
        let entry = |(key, value): (Text, Self)| {
            let key_span = key.span();
            (key, Entry { key_span, value })
        };
        Self::new(
            Kind::Map(Map {
                entries: Arc::new(entries.into_iter().map(entry).collect()),
                open: None,
            }),
            span,
        )
    }

    /// Not known, for the reason the symbol gives.
    #[must_use]
    pub const fn unknown(symbol: Symbol, span: Span) -> Self {
        Self::new(Kind::Unknown(symbol), span)
    }

    /// A document that the language sees as text.
    #[must_use]
    pub fn encoded(value: Self, span: Span) -> Self {
        Self::new(Kind::Encoded(Arc::new(Encoded { value })), span)
    }

    /// True iff this is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// The symbol of a value that is not known at all.
    #[must_use]
    pub const fn as_unknown(&self) -> Option<&Symbol> {
        match &self.kind {
            Kind::Unknown(s) => Some(s),
            _ => None,
        }
    }

    /// The truth value, iff it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// This value as text: text itself; an unknown as its symbol; a document as JSON; numbers and truth values as
    /// written. `None` for null, lists, maps and choices.
    #[must_use]
    pub fn to_text(&self) -> Option<Text> {
        match &self.kind {
            Kind::Text(t) => Some(t.clone()),
            Kind::Unknown(s) => Some(Text::symbol(s.clone(), self.span)),
            Kind::Bool(b) => Some(Text::new(if *b { "true" } else { "false" }, self.span)),
            Kind::Number(n) => Some(Text::new(&n.to_string(), self.span)),
            Kind::Encoded(e) => Some(crate::json::write(&e.value)),
            Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Choice(_) => None,
        }
    }

    /// The known letters, iff this is text without unknown parts.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(t) => t.as_str(),
            _ => None,
        }
    }

    /// The list, iff it is one.
    #[must_use]
    pub const fn as_list(&self) -> Option<&List> {
        match &self.kind {
            Kind::List(l) => Some(l),
            _ => None,
        }
    }

    /// The map, iff it is one.
    #[must_use]
    pub const fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The value at `key` of a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }
}

impl Map {
    /// The value at `key`. Keys with unknown parts never equal a known key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|e| &e.value)
    }

    /// The entry at `key`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(&crate::text::Known(key))
    }

    /// Keys and values in the order they were written.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Value)> {
        self.entries.iter().map(|(k, e)| (k, &e.value))
    }
}

/// Equality of what the values are, spans aside. Symbols equal themselves.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Number(a), Kind::Number(b)) => a == b,
            (Kind::Text(a), Kind::Text(b)) => a == b,
            (Kind::List(a), Kind::List(b)) => {
                (Arc::ptr_eq(&a.items, &b.items) || a.items == b.items) && a.open == b.open
            }
            (Kind::Map(a), Kind::Map(b)) => {
                let same = |(k, e): (&Text, &Entry)| b.entries.get(k).is_some_and(|o| o.value == e.value);
                let alike = || a.entries.len() == b.entries.len() && a.entries.iter().all(same);
                a.open == b.open && (Arc::ptr_eq(&a.entries, &b.entries) || alike())
            }
            (Kind::Encoded(a), Kind::Encoded(b)) => Arc::ptr_eq(a, b) || a.value == b.value,
            (Kind::Choice(a), Kind::Choice(b)) => Arc::ptr_eq(a, b) || a.on == b.on && a.options == b.options,
            (Kind::Unknown(a), Kind::Unknown(b)) => a == b,
            _ => false,
        }
    }
}
