//! What a function's body sees: its arguments, converted as Terraform converts them.

use std::sync::Arc;

use rolecall_source::{Class, Kind, List, Map, Number, Piece, Span, Symbol, Text, Value, limits};
use sha2::{Digest, Sha256};

use super::{Env, FnError};
use crate::convert::{self, Type};

/// Why a body ends early.
pub(super) enum Stop {
    /// The call is wrong.
    Error(FnError),
    /// The result depends on something unknown.
    Unknown(Symbol),
}

pub(super) type Outcome = Result<Value, Stop>;

/// One call.
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    pub(super) args: &'a [Value],
    pub(super) span: Span,
    pub(super) env: &'a Env<'a>,
}

static NULL: Value = Value::null(Span::NOWHERE);

impl Call<'_> {
    /// An argument; null beyond the last.
    pub(super) fn arg(&self, i: usize) -> &Value {
        self.args.get(i).unwrap_or(&NULL)
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T, Stop> {
        Err(Stop::Error(FnError {
            message: message.into(),
            argument: None,
        }))
    }

    pub(super) fn error_at<T>(&self, argument: usize, message: impl Into<String>) -> Result<T, Stop> {
        Err(Stop::Error(FnError {
            message: message.into(),
            argument: Some(argument),
        }))
    }

    /// The argument as `ty`, not null. Unknown stays unknown.
    fn converted(&self, i: usize, ty: &Type) -> Result<Value, Stop> {
        let arg = self.arg(i);
        if arg.is_null() {
            return self.error_at(i, "the argument must not be null");
        }
        convert::convert(arg, ty).or_else(|message| self.error_at(i, message))
    }

    /// The argument as text, perhaps with symbols.
    pub(super) fn text(&self, i: usize) -> Result<Text, Stop> {
        match self.converted(i, &Type::String)?.to_text() {
            Some(text) if text.flat_len() <= limits::TEXT_BYTES => Ok(text),
            Some(_) => self.error_at(i, "the text is too long"),
            None => Err(self.unknown()),
        }
    }

    /// The argument's letters, all of them known.
    pub(super) fn letters(&self, i: usize) -> Result<String, Stop> {
        let text = self.text(i)?;
        text.as_str().map(str::to_owned).ok_or_else(|| self.unknown())
    }

    pub(super) fn number(&self, i: usize) -> Result<Number, Stop> {
        match self.converted(i, &Type::Number)?.kind {
            Kind::Number(n) => Ok(n),
            _ => Err(self.unknown()),
        }
    }

    /// The argument as a whole number.
    pub(super) fn whole(&self, i: usize) -> Result<i64, Stop> {
        match self.number(i)?.to_i64() {
            Some(n) => Ok(n),
            None => self.error_at(i, "a whole number is required"),
        }
    }

    /// The list of an argument: list, tuple or set. An unknown argument is an open list without known elements.
    pub(super) fn list(&self, i: usize) -> Result<List, Stop> {
        let arg = self.arg(i);
        match &arg.kind {
            Kind::List(list) => Ok(list.clone()),
            Kind::Unknown(symbol) => Ok(List {
                items: Arc::default(),
                open: Some(symbol.clone()),
            }),
            Kind::Choice(_) => Err(self.unknown()),
            Kind::Null => self.error_at(i, "the argument must not be null"),
            _ => self.error_at(i, "a list is required"),
        }
    }

    /// The elements of an argument all of which are there.
    pub(super) fn closed_list(&self, i: usize) -> Result<Arc<Vec<Value>>, Stop> {
        let list = self.list(i)?;
        if list.open.is_some() {
            Err(self.unknown())
        } else {
            Ok(list.items)
        }
    }

    /// The list of an argument with its elements converted to one type, as Terraform does for functions that take a
    /// `list(any)`.
    pub(super) fn unified_list(&self, i: usize) -> Result<List, Stop> {
        self.elements(i, Type::Any)
    }

    /// The list of an argument with its elements converted to texts.
    pub(super) fn text_list(&self, i: usize) -> Result<List, Stop> {
        self.elements(i, Type::String)
    }

    fn elements(&self, i: usize, of: Type) -> Result<List, Stop> {
        let list = self.list(i)?;
        let value = Value::new(Kind::List(list.clone()), self.arg(i).span);
        match convert::convert(&value, &Type::List(Box::new(of))) {
            Ok(v) => Ok(v.as_list().cloned().unwrap_or(list)),
            Err(message) => self.error_at(i, message),
        }
    }

    /// The map of an argument. An unknown argument is an open map without known entries.
    pub(super) fn map(&self, i: usize) -> Result<Map, Stop> {
        match &self.arg(i).kind {
            Kind::Map(map) => Ok(map.clone()),
            Kind::Unknown(symbol) => Ok(Map {
                entries: Arc::default(),
                open: Some(symbol.clone()),
            }),
            Kind::Choice(_) => Err(self.unknown()),
            Kind::Null => self.error_at(i, "the argument must not be null"),
            _ => self.error_at(i, "a map is required"),
        }
    }

    // Results.

    pub(super) fn of_text(&self, text: Text) -> Outcome {
        if text.flat_len() > limits::TEXT_BYTES {
            return self.error("the text would be too long");
        }
        Ok(Value::text(text, self.span))
    }

    pub(super) fn of_letters(&self, letters: &str) -> Outcome {
        Ok(Value::text(Text::plain(letters), self.span))
    }

    pub(super) fn of_number(&self, n: impl Into<Number>) -> Outcome {
        Ok(Value::new(Kind::Number(n.into()), self.span))
    }

    pub(super) fn of_bool(&self, b: bool) -> Outcome {
        Ok(Value::bool(b, self.span))
    }

    pub(super) fn of_list(&self, items: Vec<Value>, open: Option<Symbol>) -> Outcome {
        if items.len() > limits::ELEMENTS {
            return self.error("the list would be too long");
        }
        let items = Arc::new(items);
        Ok(Value::new(Kind::List(List { items, open }), self.span))
    }

    pub(super) fn of_map(&self, entries: impl IntoIterator<Item = (Text, Value)>, open: Option<Symbol>) -> Outcome {
        let mut value = Value::map(entries, self.span);
        if let Kind::Map(map) = &mut value.kind {
            map.open = open;
        }
        Ok(value)
    }

    // Unknowns.

    /// Ends the call with the symbol that stands for its result.
    pub(super) fn unknown(&self) -> Stop {
        Stop::Unknown(self.symbol(""))
    }

    /// The symbol for the result of the call, or for a part of it.
    pub(super) fn symbol(&self, part: &str) -> Symbol {
        let mut names = Names::default();
        for (i, arg) in self.args.iter().enumerate() {
            names.both(if i > 0 { ", " } else { "" });
            names.value(arg);
        }
        names.symbol(self.name, part)
    }

    /// The symbol for what the function makes of one symbol.
    pub(super) fn symbol_of(&self, of: &Symbol) -> Symbol {
        let mut names = Names::default();
        names.piece(of);
        for arg in self.args {
            if arg.to_text().is_none_or(|t| t.is_known()) {
                names.both(", ");
                names.value(arg);
            }
        }
        names.symbol(self.name, "")
    }
}

/// Collects how a symbol is identified and how people see it.
#[derive(Default)]
pub(super) struct Names {
    id: String,
    name: String,
    why: Option<Arc<str>>,
}

/// Longer identities are replaced by their digest, longer names are cut.
const ID: usize = 200;
const NAME: usize = 80;
/// Identities stop growing here.
const MOST: usize = 64 * 1024;

impl Names {
    fn both(&mut self, letters: &str) {
        self.id.push_str(letters);
        if self.name.len() <= NAME {
            self.name.push_str(letters);
        }
    }

    fn piece(&mut self, symbol: &Symbol) {
        self.id.push('\u{27e8}');
        self.id.push_str(&symbol.id);
        self.id.push('\u{27e9}');
        if self.name.len() <= NAME {
            self.name.push_str(&symbol.name);
        }
        self.why.get_or_insert_with(|| {
            if symbol.why.starts_with("depends on ") {
                Arc::clone(&symbol.why)
            } else {
                format!("depends on `{}`, which {}", symbol.name, symbol.why).into()
            }
        });
    }

    fn text(&mut self, text: &Text) {
        self.both("\"");
        for piece in text.pieces() {
            match piece {
                Piece::Letters(l) => self.both(&l.replace('"', "\\\"")),
                Piece::Symbol(s) => self.piece(s),
            }
        }
        self.both("\"");
    }

    pub(super) fn value(&mut self, value: &Value) {
        if self.id.len() > MOST {
            return;
        }
        match &value.kind {
            Kind::Null => self.both("null"),
            Kind::Bool(b) => self.both(if *b { "true" } else { "false" }),
            Kind::Number(n) => self.both(&n.to_string()),
            Kind::Text(t) => match t.as_symbol() {
                Some(s) => self.piece(s),
                None => self.text(t),
            },
            Kind::Unknown(s) => self.piece(s),
            Kind::Encoded(e) => {
                self.both("jsonencode(");
                self.value(&e.value);
                self.both(")");
            }
            Kind::List(l) => self.sequence("[", "]", &l.items, l.open.as_ref()),
            Kind::Map(m) => {
                self.both("{");
                for (key, value) in m.iter() {
                    self.text(key);
                    self.both(" = ");
                    self.value(value);
                    self.both(", ");
                }
                self.open(m.open.as_ref());
                self.both("}");
            }
            Kind::Choice(c) => {
                self.piece(&c.on);
                self.id.push('?');
                for (label, option) in &c.options {
                    self.id.push_str(label);
                    self.id.push(':');
                    let name = std::mem::take(&mut self.name);
                    self.value(option);
                    self.name = name;
                }
            }
        }
    }

    fn sequence(&mut self, from: &str, to: &str, items: &[Value], open: Option<&Symbol>) {
        self.both(from);
        for (i, item) in items.iter().enumerate() {
            self.both(if i > 0 { ", " } else { "" });
            self.value(item);
        }
        self.open(open);
        self.both(to);
    }

    fn open(&mut self, open: Option<&Symbol>) {
        if let Some(symbol) = open {
            self.both("\u{2026}");
            self.piece(symbol);
        }
    }

    pub(super) fn symbol(self, function: &str, part: &str) -> Symbol {
        let mut id = self.id;
        if id.len() > ID {
            let digest = Sha256::digest(id.as_bytes());
            id.clear();
            for byte in digest {
                id.extend([byte >> 4, byte & 15].map(|d| char::from_digit(u32::from(d), 16).unwrap_or('0')));
            }
        }
        let mut name = self.name;
        if let Some((at, _)) = name.char_indices().nth(NAME) {
            name.truncate(at);
            name.push('\u{2026}');
        }
        let why = self.why.unwrap_or_else(|| "is not known before deployment".into());
        Symbol::new(
            format!("{function}({id}){part}"),
            format!("{function}({name}){part}"),
            why,
            Class::Any,
        )
    }
}
