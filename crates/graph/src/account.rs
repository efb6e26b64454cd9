//! Which account a configuration deploys to, where the configuration itself tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_facts::{Configuration, PolicyRef};
use rolecall_source::{Choice, Encoded, Entry, Kind, List, Map, Piece, Span, Symbol, Text, TextBuilder, Value};

/// The account ids written in the IAM ARNs of a configuration's identity policies and references.
///
/// Trust and resource policies are not looked at: they name the accounts of others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LiteralAccounts(pub BTreeSet<String>);

impl LiteralAccounts {
    /// Reads them.
    #[must_use]
    pub fn of(configuration: &Configuration) -> Self {
        let mut found = Self::default();
        for scope in &configuration.scopes {
            if let Some(account) = scope.account.as_str().filter(|a| is_account(a)) {
                found.0.insert(account.to_owned());
            }
        }
        for policy in &configuration.policies {
            found.value(&policy.body);
        }
        for attachment in &configuration.attachments {
            found.text(&attachment.to.by);
            match &attachment.policy {
                PolicyRef::Inline { body, .. } => found.value(body),
                PolicyRef::Managed(arn) => found.value(arn),
            }
        }
        found
    }

    fn value(&mut self, value: &Value) {
        match &value.kind {
            Kind::Text(t) => self.text(t),
            Kind::List(l) => l.items.iter().for_each(|v| self.value(v)),
            Kind::Map(m) => m.iter().for_each(|(_, v)| self.value(v)),
            Kind::Encoded(e) => self.value(&e.value),
            Kind::Choice(c) => c.options.iter().for_each(|(_, v)| self.value(v)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Unknown(_) => {}
        }
    }

    /// Every `:iam::<twelve digits>:` in the letters.
    fn text(&mut self, text: &Text) {
        for piece in text.pieces() {
            let Piece::Letters(letters) = piece else { continue };
            for (at, marker) in letters.match_indices(":iam::") {
                let rest = letters.get(at + marker.len()..).unwrap_or("");
                if let Some(account) = rest
                    .get(..12)
                    .filter(|a| is_account(a) && rest.as_bytes().get(12) == Some(&b':'))
                {
                    self.0.insert(account.to_owned());
                }
            }
        }
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Replaces account symbols wherever they stand in a configuration.
pub(crate) struct Binding {
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) account: Text,
}

impl Binding {
    /// The account is `stated` by the user, or the only one that occurs; and exactly one account is unknown.
    pub(crate) fn of(configuration: &Configuration, stated: Option<&str>) -> Option<Self> {
        let symbol = |t: &Text| t.as_symbol().cloned();
        let symbols: BTreeSet<Symbol> = configuration.scopes.iter().filter_map(|s| symbol(&s.account)).collect();
        if symbols.is_empty() {
            return None;
        }
        let account = match stated {
            Some(a) => a.to_owned(),
            None if symbols.len() == 1 => {
                let mut literals = LiteralAccounts::of(configuration).0.into_iter();
                literals.next().filter(|_| literals.next().is_none())?
            }
            None => return None,
        };
        // A stated account is that of the first scope: the provider without an alias.
        let symbols: Vec<Symbol> = if stated.is_some() {
            configuration
                .scopes
                .iter()
                .find_map(|s| symbol(&s.account))
                .into_iter()
                .collect()
        } else {
            symbols.into_iter().collect()
        };
        Some(Self {
            symbols,
            account: Text::plain(&account),
        })
    }

    /// An account that is called by another symbol.
    pub(crate) fn renamed(from: &Text, to: &Text) -> Option<Self> {
        Some(Self {
            symbols: vec![from.as_symbol()?.clone()],
            account: to.clone(),
        })
    }

    pub(crate) fn apply(&self, configuration: &mut Configuration) {
        for scope in &mut configuration.scopes {
            self.text(&mut scope.account);
        }
        for p in &mut configuration.principals {
            self.texts([&mut p.name, &mut p.path, &mut p.arn]);
            for value in [&mut p.trust, &mut p.boundary, &mut p.tags].into_iter().flatten() {
                self.value(value);
            }
        }
        for p in &mut configuration.policies {
            self.texts([&mut p.name, &mut p.arn]);
            self.value(&mut p.body);
        }
        for a in &mut configuration.attachments {
            self.text(&mut a.to.by);
            match &mut a.policy {
                PolicyRef::Inline { body, .. } => self.value(body),
                PolicyRef::Managed(arn) => self.value(arn),
            }
        }
        for m in &mut configuration.memberships {
            self.texts([&mut m.user.by, &mut m.group.by]);
        }
        self.wiring(configuration);
    }

    fn wiring(&self, configuration: &mut Configuration) {
        for p in &mut configuration.profiles {
            self.texts([&mut p.name, &mut p.arn]);
            if let Some(role) = &mut p.role {
                self.text(&mut role.by);
            }
        }
        for c in &mut configuration.compute {
            self.texts(c.arn.iter_mut().chain(&mut c.names));
            c.uses.iter_mut().for_each(|u| self.value(&mut u.value));
            c.links.iter_mut().for_each(|l| self.value(&mut l.to));
            c.tags.iter_mut().for_each(|t| self.value(t));
        }
        for c in &mut configuration.controls {
            self.value(&mut c.body);
            c.targets.iter_mut().for_each(|t| self.value(t));
        }
        for o in &mut configuration.organization {
            self.text(&mut o.id);
            o.parent.iter_mut().for_each(|p| self.value(p));
        }
        for r in &mut configuration.resource_policies {
            self.text(&mut r.resource);
            self.value(&mut r.body);
        }
        for a in &mut configuration.assignments {
            self.text(&mut a.permission_set.by);
            self.value(&mut a.account);
        }
    }

    fn texts<'a>(&self, texts: impl IntoIterator<Item = &'a mut Text>) {
        texts.into_iter().for_each(|t| self.text(t));
    }

    fn text(&self, text: &mut Text) {
        if !text.symbols().any(|s| self.symbols.contains(s)) {
            return;
        }
        let mut out = TextBuilder::default();
        let mut at = 0;
        for piece in text.pieces() {
            let len = match piece {
                Piece::Letters(l) => l.len(),
                Piece::Symbol(_) => Text::HOLE.len_utf8(),
            };
            match piece {
                Piece::Symbol(s) if self.symbols.contains(s) => self.write(&mut out, text.span_of(at..at + len)),
                _ => out.text(&text.slice(at..at + len)),
            }
            at += len;
        }
        *text = out.finish();
    }

    fn write(&self, out: &mut TextBuilder, span: Span) {
        for piece in self.account.pieces() {
            match piece {
                Piece::Letters(letters) => out.letters(letters, span),
                Piece::Symbol(symbol) => out.symbol(symbol.clone(), span),
            }
        }
    }

    fn value(&self, value: &mut Value) {
        if self.occurs(value) {
            *value = self.replaced(value);
        }
    }

    fn occurs(&self, value: &Value) -> bool {
        match &value.kind {
            Kind::Text(t) => t.symbols().any(|s| self.symbols.contains(s)),
            Kind::Unknown(s) => self.symbols.contains(s),
            Kind::List(l) => l.items.iter().any(|v| self.occurs(v)),
            Kind::Map(m) => m
                .iter()
                .any(|(k, v)| k.symbols().any(|s| self.symbols.contains(s)) || self.occurs(v)),
            Kind::Encoded(e) => self.occurs(&e.value),
            Kind::Choice(c) => c.options.iter().any(|(_, v)| self.occurs(v)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => false,
        }
    }

    fn replaced(&self, value: &Value) -> Value {
        let kind = match &value.kind {
            Kind::Text(t) => {
                let mut text = t.clone();
                self.text(&mut text);
                Kind::Text(text)
            }
            Kind::Unknown(s) if self.symbols.contains(s) => {
                let mut out = TextBuilder::default();
                self.write(&mut out, value.span);
                Kind::Text(out.finish())
            }
            Kind::List(l) => {
                let items = l.items.iter().map(|v| self.replaced(v)).collect();
                Kind::List(List {
                    items: Arc::new(items),
                    open: l.open.clone(),
                })
            }
            Kind::Map(m) => Kind::Map(self.map(m)),
            Kind::Encoded(e) => Kind::Encoded(Arc::new(Encoded {
                value: self.replaced(&e.value),
            })),
            Kind::Choice(c) => {
                let options = c
                    .options
                    .iter()
                    .map(|(k, v)| (Arc::clone(k), self.replaced(v)))
                    .collect();
                Kind::Choice(Arc::new(Choice {
                    on: c.on.clone(),
                    options,
                }))
            }
            other => other.clone(),
        };
        Value::new(kind, value.span)
    }

    fn map(&self, map: &Map) -> Map {
        let entry = |(key, e): (&Text, &Entry)| {
            let mut key = key.clone();
            self.text(&mut key);
            (
                key,
                Entry {
                    key_span: e.key_span,
                    value: self.replaced(&e.value),
                },
            )
        };
        Map {
            entries: Arc::new(map.entries.iter().map(entry).collect()),
            open: map.open.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_source::Class;

    #[test]
    fn accounts_are_read_from_iam_arns_only() {
        let mut found = LiteralAccounts::default();
        found.text(&Text::plain(
            "arn:aws:iam::123456789012:role/x arn:aws:ecr:us-east-1:602401143452:repository/y",
        ));
        found.text(&Text::plain("arn:aws:iam::12345678901:role/x"));
        assert_eq!(found.0.into_iter().collect::<Vec<_>>(), ["123456789012"]);
    }

    #[test]
    fn a_binding_reaches_keys_and_documents() {
        let symbol = Symbol::new("account:x", "account", "is not known before deployment", Class::Account);
        let text = Text::plain("arn:aws:iam::").concat(&Text::symbol(symbol.clone(), Span::NOWHERE));
        let value = Value::encoded(
            Value::map([(text.clone(), Value::text(text, Span::NOWHERE))], Span::NOWHERE),
            Span::NOWHERE,
        );
        let binding = Binding {
            symbols: vec![symbol],
            account: Text::plain("123456789012"),
        };
        let mut bound = value;
        binding.value(&mut bound);
        assert_eq!(
            bound.to_text().unwrap().as_str(),
            Some(r#"{"arn:aws:iam::123456789012":"arn:aws:iam::123456789012"}"#)
        );
    }
}
