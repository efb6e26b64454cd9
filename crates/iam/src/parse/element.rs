use rolecall_source::{Class, Kind, Map, Span, Symbol, Text, Value};

use super::{Parser, unchanged_by};
use crate::template::Template;
use crate::{Patterns, PolicyKind, PrincipalName, PrincipalType, Principals};

impl Parser<'_> {
    /// Reads one text or a list of texts, choices gone; `None` when something else stands there.
    fn texts(&mut self, value: &Value, what: &str) -> Option<(Vec<(Text, Span)>, crate::Assumptions)> {
        let mut open = crate::Assumptions::new();
        let items = match &value.kind {
            Kind::List(list) => {
                open.extend(list.open.as_ref().map(unchanged_by));
                list.items.as_slice()
            }
            _ => std::slice::from_ref(value),
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match &item.kind {
                Kind::Text(text) => texts.push((text.clone(), item.span)),
                Kind::Unknown(symbol) => texts.push((Text::symbol(symbol.clone(), item.span), item.span)),
                Kind::Null => {}
                _ => {
                    self.error(format!("{what} must be a string or a list of strings"), item.span);
                    return None;
                }
            }
        }
        Some((texts, open))
    }

    pub(super) fn actions(&mut self, value: &Value) -> Option<Patterns> {
        let (texts, open) = self.texts(value, "Action")?;
        if texts.is_empty() && open.is_empty() {
            self.error("policy statement must contain actions", value.span);
            return None;
        }
        let mut items = Vec::with_capacity(texts.len());
        for (text, span) in texts {
            if text.as_str().is_some_and(|a| !is_action(a)) {
                self.error(
                    "actions must be prefaced by a vendor, for example `iam:`, `ec2:`, or be `*`",
                    or(text.span(), span),
                );
                return None;
            }
            items.push(Template::parse(&text, false));
        }
        Some(Patterns {
            items,
            open,
            ..Patterns::default()
        })
    }

    pub(super) fn resources(&mut self, value: &Value) -> Option<Patterns> {
        let (texts, open) = self.texts(value, "Resource")?;
        if texts.is_empty() && open.is_empty() {
            self.error("policy statement must contain resources", value.span);
            return None;
        }
        let mut items = Vec::with_capacity(texts.len());
        for (text, span) in texts {
            if text.as_str().is_some_and(|r| !is_resource(r)) {
                self.warn(
                    format!("resource `{text}` must be in ARN format or `*`"),
                    or(text.span(), span),
                );
            } else if text.as_str().is_some_and(is_cut_short) {
                self.warn(
                    format!("resource `{text}` must have six fields: `arn:partition:service:region:account:resource`"),
                    or(text.span(), span),
                );
            }
            items.push(Template::parse(&of_an_account(text), self.variables));
        }
        Some(Patterns {
            items,
            open,
            ..Patterns::default()
        })
    }

    /// Reads `Principal` or `NotPrincipal`: `Some(None)` where the policy's kind has none.
    pub(super) fn principals_of(&mut self, map: &Map, span: Span) -> Option<Option<Principals>> {
        let present = |name: &str| map.entry(name).filter(|e| !e.value.is_null());
        let (entry, negated) = match (present("Principal"), present("NotPrincipal")) {
            (Some(_), Some(n)) => {
                self.error("a statement has either Principal or NotPrincipal, not both", n.key_span);
                return None;
            }
            (Some(e), None) => (e, false),
            (None, Some(e)) => (e, true),
            (None, None) => return self.no_principal(map, span),
        };
        if matches!(self.kind, PolicyKind::Identity | PolicyKind::Control) {
            self.error("policy document should not specify a principal", entry.key_span);
            return None;
        }
        let mut principals = self.principals(&entry.value)?;
        principals.negated = negated;
        Some(Some(principals))
    }

    fn no_principal(&mut self, map: &Map, span: Span) -> Option<Option<Principals>> {
        if matches!(self.kind, PolicyKind::Identity | PolicyKind::Control) {
            return Some(None);
        }
        if map.open.is_none() {
            self.error("missing required field Principal", span);
        }
        None
    }

    /// A principal's name is no pattern. (`*` alone names everyone, or everyone that an identity provider knows.)
    fn wildcards(&mut self, kind: PrincipalType, name: &Text, span: Span) {
        let everyone = kind != PrincipalType::Service && name.as_str() == Some("*");
        if !everyone && name.as_str().is_some_and(|n| n.contains(['*', '?'])) {
            self.warn(
                format!("invalid principal in policy: `{name}` has a wildcard, which stands for no letters here"),
                or(name.span(), span),
            );
        }
    }

    fn principals(&mut self, value: &Value) -> Option<Principals> {
        let mut principals = Principals::default();
        match &value.kind {
            Kind::Map(map) => {
                principals.open.extend(map.open.as_ref().map(unchanged_by));
                for (key, entry) in &*map.entries {
                    let Some(kind) = principal_type(key) else {
                        self.error(
                            format!("invalid principal type `{key}`: AWS, Service, Federated and CanonicalUser exist"),
                            entry.key_span,
                        );
                        return None;
                    };
                    let (texts, open) = self.texts(&entry.value, "Principal")?;
                    principals.open.extend(open);
                    texts.iter().for_each(|(name, span)| self.wildcards(kind, name, *span));
                    principals
                        .items
                        .extend(texts.into_iter().map(|(name, _)| named(kind, of_an_account(name))));
                }
            }
            Kind::Text(text) if text.as_str() == Some("*") => {
                principals.items.push(named(PrincipalType::Everyone, text.clone()));
            }
            Kind::Text(text) if !text.is_known() => {
                principals.open.extend(text.symbols().map(unchanged_by));
            }
            Kind::Unknown(symbol) => {
                principals.open.insert(unchanged_by(symbol));
            }
            _ => {
                self.error("invalid principal in policy: `\"*\"` or an object", value.span);
                return None;
            }
        }
        Some(principals)
    }
}

/// An ARN whose account is a symbol that may be any text: what stands there
/// [is an account](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html), and no colon is in it.
fn of_an_account(text: Text) -> Text {
    let (flat, holes) = text.flat();
    if !flat.starts_with("arn:") {
        return text;
    }
    let is_account = |at: usize, symbol: &Symbol| {
        let before = flat
            .get(..at)
            .is_some_and(|b| b.ends_with(':') && b.matches(':').count() == 4);
        let after = flat
            .get(at + Text::HOLE.len_utf8()..)
            .is_some_and(|a| a.starts_with(':'));
        symbol.class == Class::Any && before && after
    };
    let Some(which) = holes.iter().position(|(at, symbol)| is_account(*at, symbol)) else {
        return text;
    };
    let mut seen = 0;
    text.map(
        |letter, out| out.push(letter),
        |symbol| {
            seen += 1;
            let class = if seen - 1 == which {
                Class::Account
            } else {
                symbol.class
            };
            symbol.clone().with_class(class)
        },
    )
}

fn named(kind: PrincipalType, name: Text) -> PrincipalName {
    let everyone = kind == PrincipalType::Aws && name.as_str() == Some("*");
    PrincipalName {
        kind: if everyone { PrincipalType::Everyone } else { kind },
        name,
    }
}

fn principal_type(key: &Text) -> Option<PrincipalType> {
    Some(match key.as_str()? {
        "AWS" => PrincipalType::Aws,
        "Service" => PrincipalType::Service,
        "Federated" => PrincipalType::Federated,
        "CanonicalUser" => PrincipalType::Canonical,
        _ => return None,
    })
}

/// `*`, or `service:name` of the letters that AWS allows there.
fn is_action(action: &str) -> bool {
    let letters = |s: &str| {
        !s.is_empty()
            && s.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'?' | b'-' | b'_' | b'.'))
    };
    action.bytes().all(|b| b == b'*') && !action.is_empty()
        || action.split_once(':').is_some_and(|(s, n)| letters(s) && letters(n))
}

fn is_resource(resource: &str) -> bool {
    resource.starts_with("arn:") || resource.starts_with("${") || resource.starts_with('*')
}

/// An ARN without wildcards that has fewer fields than ARNs have.
fn is_cut_short(resource: &str) -> bool {
    resource.starts_with("arn:") && !resource.contains(['*', '?', '$']) && resource.split(':').count() < 6
}

/// `span`, or `other` when nothing is known of it.
fn or(span: Span, other: Span) -> Span {
    if span.is_nowhere() { other } else { span }
}
