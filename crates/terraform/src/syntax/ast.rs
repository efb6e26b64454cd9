//! The tree that `.tf` and `.tf.json` files are read into. Every node has its span in the original file.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use rolecall_source::{Diagnostic, FileId, Number, Span, Text};

/// An expression.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

/// What an [`Expr`] is.
#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    Number(Number),
    /// A string of letters that stand for themselves: between quotes, or a bare key (the span is as long then).
    Letters(Box<str>),
    /// A string without interpolation.
    Text(Text),
    /// A string with interpolations or directives.
    Template(Vec<Part>),
    List(Vec<Expr>),
    Object(Vec<Item>),
    /// A name or expression followed by attributes, indexes and splats.
    Traversal(Box<Traversal>),
    Unary(Unary, Box<Expr>),
    /// Operators of one precedence, from left to right.
    Binary(Box<Chain>),
    /// Condition, value if true, value if false.
    Conditional(Box<[Expr; 3]>),
    Call(Box<Call>),
    For(Box<For>),
    Parens(Box<Expr>),
    /// Something that could not be parsed; its diagnostic is out.
    Invalid,
}

/// One item of an object expression.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) key: Expr,
    pub(crate) value: Expr,
}

/// A root and the steps from there.
#[derive(Clone, Debug)]
pub(crate) struct Traversal {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Step>,
}

/// Where a [`Traversal`] begins.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    Name(Arc<str>),
    Expr(Expr),
}

/// One step of a [`Traversal`].
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// `.name`
    Attribute(Arc<str>),
    /// `[expression]`, or `.0`
    Index(Expr),
    /// `.*`: the attributes that follow apply to each element.
    AttributeSplat,
    /// `[*]`: all steps that follow apply to each element.
    FullSplat,
}

/// An operator with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unary {
    Not,
    Negate,
}

/// `first op operand op operand …`
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) first: Expr,
    pub(crate) rest: Vec<(Operator, Expr)>,
}

/// An operator with two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// How tightly it binds, from 0.
    pub(crate) const fn precedence(self) -> u8 {
        match self {
            Self::Or => 0,
            Self::And => 1,
            Self::Equal | Self::NotEqual => 2,
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual => 3,
            Self::Add | Self::Subtract => 4,
            Self::Multiply | Self::Divide | Self::Remainder => 5,
        }
    }
}

/// A function call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<Expr>,
    /// The last argument is followed by `...`.
    pub(crate) expand: bool,
}

/// `[for k, v in c : value if condition]` or `{for k, v in c : key => value... if condition}`
#[derive(Clone, Debug)]
pub(crate) struct For {
    pub(crate) key_name: Option<Arc<str>>,
    pub(crate) value_name: Arc<str>,
    pub(crate) collection: Expr,
    /// Present iff it makes an object.
    pub(crate) key: Option<Expr>,
    pub(crate) value: Expr,
    pub(crate) condition: Option<Expr>,
    pub(crate) group: bool,
}

/// One part of a template.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Literal(Text),
    Interpolation(Expr),
    If(Box<IfPart>),
    For(Box<ForPart>),
}

/// `%{ if … }…%{ else }…%{ endif }`
#[derive(Clone, Debug)]
pub(crate) struct IfPart {
    pub(crate) condition: Expr,
    pub(crate) then: Vec<Part>,
    pub(crate) otherwise: Vec<Part>,
}

/// `%{ for … }…%{ endfor }`
#[derive(Clone, Debug)]
pub(crate) struct ForPart {
    pub(crate) key_name: Option<Arc<str>>,
    pub(crate) value_name: Arc<str>,
    pub(crate) collection: Expr,
    pub(crate) body: Vec<Part>,
}

/// The content of a file or block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Block>,
}

/// `name = value`
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Arc<str>,
    pub(crate) name_span: Span,
    pub(crate) value: Expr,
}

/// `kind "label" … { … }`
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: Arc<str>,
    pub(crate) labels: Vec<Arc<str>>,
    pub(crate) body: Content,
    /// The kind and the labels.
    pub(crate) header: Span,
}

/// The content of a block: read, or read when it is first asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    ready: OnceLock<Body>,
    later: Option<Arc<Later>>,
}

/// Where a content stands that was not asked for yet.
#[derive(Debug)]
struct Later {
    text: Arc<str>,
    file: FileId,
    open: usize,
    errors: OnceLock<Vec<Diagnostic>>,
}

impl Content {
    /// The content that begins at `open`.
    pub(crate) fn later(text: Arc<str>, file: FileId, open: usize) -> Self {
        let later = Later {
            text,
            file,
            open,
            errors: OnceLock::new(),
        };
        Self {
            ready: OnceLock::new(),
            later: Some(Arc::new(later)),
        }
    }

    /// What was wrong with it, as far as it was asked for.
    pub(crate) fn errors(&self) -> &[Diagnostic] {
        let errors = self.later.as_ref().and_then(|l| l.errors.get());
        errors.map_or(&[], Vec::as_slice)
    }

    /// The content itself.
    pub(crate) fn into_body(self) -> Body {
        self.read();
        self.ready.into_inner().unwrap_or_default()
    }

    /// The content, to change.
    pub(crate) fn body_mut(&mut self) -> Option<&mut Body> {
        self.read();
        self.ready.get_mut()
    }

    fn read(&self) -> &Body {
        self.ready.get_or_init(|| {
            let Some(later) = &self.later else {
                return Body::default();
            };
            let mut errors = Vec::new();
            let body = super::read_content(&later.text, later.file, later.open, &mut errors);
            later.errors.get_or_init(|| errors);
            body
        })
    }
}

impl Deref for Content {
    type Target = Body;

    fn deref(&self) -> &Body {
        self.read()
    }
}

impl From<Body> for Content {
    fn from(body: Body) -> Self {
        Self {
            ready: OnceLock::from(body),
            later: None,
        }
    }
}

impl Body {
    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&Expr> {
        self.attributes.iter().find(|a| &*a.name == name).map(|a| &a.value)
    }

    /// The blocks of a kind.
    pub(crate) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| &*b.kind == kind)
    }
}

impl Expr {
    /// An expression.
    pub(crate) const fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// The letters of a string without interpolation.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Letters(s) => Some(s),
            ExprKind::Text(t) => t.as_str(),
            _ => None,
        }
    }

    /// The text of a string without interpolation.
    pub(crate) fn as_text(&self) -> Option<Text> {
        match &self.kind {
            ExprKind::Letters(s) => Some(Text::new(s, self.letters_span(s))),
            ExprKind::Text(t) => Some(t.clone()),
            _ => None,
        }
    }

    /// True only if it is certainly a set, whose elements are their own keys.
    pub(crate) fn is_set(&self) -> bool {
        const SETS: [&str; 6] = [
            "fileset",
            "setintersection",
            "setproduct",
            "setsubtract",
            "setunion",
            "toset",
        ];
        match &self.kind {
            ExprKind::Call(call) => SETS.contains(&&*call.name),
            ExprKind::Parens(e) => e.is_set(),
            ExprKind::Conditional(parts) => parts.iter().skip(1).any(Self::is_set),
            _ => false,
        }
    }

    /// Where the letters of a [`ExprKind::Letters`] stand.
    pub(crate) fn letters_span(&self, letters: &str) -> Span {
        let quoted = self.span.len() as usize == letters.len() + 2;
        let inset = u32::from(quoted);
        Span::new(
            self.span.file,
            self.span.start + inset,
            self.span.end.saturating_sub(inset),
        )
    }

    /// The names of `a.b.c`; also of the string `"a.b.c"`, as `.tf.json` and old configurations write references.
    pub(crate) fn as_path(&self) -> Option<Vec<Arc<str>>> {
        match &self.kind {
            ExprKind::Letters(_) | ExprKind::Text(_) => self.as_str().map(|s| s.split('.').map(Arc::from).collect()),
            ExprKind::Traversal(t) => {
                let Root::Name(root) = &t.root else { return None };
                let step = |s: &Step| match s {
                    Step::Attribute(name) => Some(Arc::clone(name)),
                    _ => None,
                };
                std::iter::once(Some(Arc::clone(root)))
                    .chain(t.steps.iter().map(step))
                    .collect()
            }
            ExprKind::Template(parts) => match parts.as_slice() {
                [Part::Interpolation(e)] => e.as_path(),
                _ => None,
            },
            ExprKind::Parens(e) => e.as_path(),
            _ => None,
        }
    }
}
