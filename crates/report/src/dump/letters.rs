//! Letters for what is not known, where a format has no place for the unknown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_source::{Class, Piece, Symbol, Text};

/// Gives each symbol letters that its class allows: the same symbol the same letters, different symbols different ones.
pub(super) struct Letters {
    account: String,
    given: RefCell<BTreeMap<String, Arc<str>>>,
}

impl Letters {
    pub(super) fn new(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            given: RefCell::default(),
        }
    }

    pub(super) fn of(&self, text: &Text) -> String {
        let mut out = String::new();
        for piece in text.pieces() {
            match piece {
                Piece::Letters(letters) => out.push_str(letters),
                Piece::Symbol(symbol) => out.push_str(&self.symbol(symbol)),
            }
        }
        out
    }

    pub(super) fn symbol(&self, symbol: &Symbol) -> String {
        match symbol.class {
            Class::Account => return self.account.clone(),
            Class::Partition => return "aws".into(),
            Class::Region => return "us-east-1".into(),
            Class::Any | Class::Name | Class::Id => {}
        }
        let dot = if symbol.class == Class::Id { '-' } else { '.' };
        let letter = |c: char| match c {
            c if c.is_ascii_alphanumeric() => c,
            '.' | '_' => dot,
            _ => '-',
        };
        let base: String = symbol.name.chars().map(letter).collect();
        let base = base.trim_matches(['-', '.']);
        let base = if base.is_empty() { "unknown" } else { base };
        let mut given = self.given.borrow_mut();
        for n in 1_u32.. {
            let name = if n == 1 { base.to_owned() } else { format!("{base}-{n}") };
            let id = given.entry(name.clone()).or_insert_with(|| Arc::clone(&symbol.id));
            if *id == symbol.id {
                return name;
            }
        }
        base.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_told_apart() {
        let letters = Letters::new("123456789012");
        let symbol = |id: &str, name: &str, class| Symbol::new(id, name, "", class);
        assert_eq!(letters.symbol(&symbol("a", "account", Class::Account)), "123456789012");
        assert_eq!(letters.symbol(&symbol("m1/var.env", "var.env", Class::Any)), "var.env");
        assert_eq!(
            letters.symbol(&symbol("m2/var.env", "var.env", Class::Any)),
            "var.env-2"
        );
        assert_eq!(letters.symbol(&symbol("m1/var.env", "var.env", Class::Any)), "var.env");
        assert_eq!(
            letters.symbol(&symbol("i", "aws_instance.x[0].id", Class::Id)),
            "aws-instance-x-0--id"
        );
    }
}
