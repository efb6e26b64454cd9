use std::fmt;
use std::sync::Arc;

/// What is known of the letters a [`Symbol`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Any text, the empty one included.
    Any,
    /// An AWS account id: twelve digits.
    Account,
    /// A partition: `aws`, `aws-cn`, `aws-us-gov`, …: letters and `-`, not empty.
    Partition,
    /// A region: lower-case letters, digits and `-`, not empty.
    Region,
    /// A name as IAM allows it: letters, digits and `+=,.@_-`, not empty (no `/`, no `:`, no `*`).
    Name,
    /// An id that AWS generates: letters, digits and `-`, not empty.
    Id,
}

impl Class {
    /// True iff some text of this class contains `c`.
    #[must_use]
    pub fn may_contain(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Account => c.is_ascii_digit(),
            Self::Partition => c.is_ascii_lowercase() || c == '-',
            Self::Region => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
            Self::Name => c.is_ascii_alphanumeric() || "+=,.@_-".contains(c),
            Self::Id => c.is_ascii_alphanumeric() || c == '-',
        }
    }

    /// The fewest and the most letters a text of this class has (`None`: no bound).
    #[must_use]
    pub fn length(self) -> (usize, Option<usize>) {
        match self {
            Self::Any => (0, None),
            Self::Account => (12, Some(12)),
            Self::Partition | Self::Region | Self::Id => (1, None),
            Self::Name => (1, Some(128)),
        }
    }
}

/// A known unknown: text that nobody knows before deployment, with an identity.
///
/// Two symbols are equal iff their `id`s are: the same symbol stands for the same text everywhere in a scan.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// Identity, unique per scan, for example `network/var.env` or `account:network`.
    pub id: Arc<str>,
    /// How people see it, for example `var.env` or `account`.
    pub name: Arc<str>,
    /// Why it is not known, as a clause: "has no default", "is generated at deployment".
    pub why: Arc<str>,
    /// What is known of its letters.
    pub class: Class,
    /// True: AWS makes the value up for one thing, and no other symbol that is unique has the same value.
    pub unique: bool,
    /// Set iff this is the truth of a condition on another symbol.
    pub test: Option<Arc<Test>>,
}

/// A condition on a symbol: true iff that is one of some texts.
#[derive(Debug)]
pub struct Test {
    /// The id of the symbol it is about.
    pub subject: Arc<str>,
    /// The texts, sorted.
    pub among: Vec<Arc<str>>,
}

impl Symbol {
    /// What the id of a symbol contains that stands for many texts at once, such as the key of every instance of a
    /// set that is not known. Assumptions about it exclude nothing: one may hold here and the other there.
    pub const MANY: &'static str = "[*]";

    /// A symbol; see the fields.
    pub fn new(id: impl Into<Arc<str>>, name: impl Into<Arc<str>>, why: impl Into<Arc<str>>, class: Class) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            why: why.into(),
            class,
            unique: false,
            test: None,
        }
    }

    /// The truth of this symbol's being one of `texts`: the same symbol for the same texts, whoever asks.
    #[must_use]
    pub fn is_among(&self, texts: &[&str]) -> Self {
        let mut among: Vec<Arc<str>> = texts.iter().map(|t| Arc::from(*t)).collect();
        among.sort();
        among.dedup();
        let quoted: Vec<String> = among.iter().map(|t| format!("{t:?}")).collect();
        let name = match quoted.as_slice() {
            [one] => format!("{} == {one}", self.name),
            several => format!("{} in [{}]", self.name, several.join(", ")),
        };
        let test = Test {
            subject: Arc::clone(&self.id),
            among,
        };
        Self {
            test: Some(Arc::new(test)),
            ..Self::new(
                format!("{}=={}", self.id, quoted.join("|")),
                name,
                format!("depends on {}", self.name),
                Class::Any,
            )
        }
    }

    /// The same symbol as one that stands for a value of its own.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// True only if the two stand for different values.
    #[must_use]
    pub fn differs(&self, other: &Self) -> bool {
        self.unique && other.unique && self != other
    }

    /// The symbol for a part of what this one stands for: `part` is written as a path step (`.arn`, `[0]`).
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        Self::new(
            format!("{}{part}", self.id),
            format!("{}{part}", self.name),
            Arc::clone(&self.why),
            Class::Any,
        )
    }

    /// The same symbol with what is known of its letters.
    #[must_use]
    pub fn with_class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Symbol {}
impl std::hash::Hash for Symbol {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(&other.id)
    }
}
impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\u{27e8}{}\u{27e9}", self.name)
    }
}
