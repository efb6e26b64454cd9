//! What the source leaves open, filled with what a plan says. What both know keeps the structure and spans of the
//! source.

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Encoded, Entry, Kind, List, Map, Piece, Span, Text, TextBuilder, Value, json};

use super::json::{Fields, Json};

/// Most pairs of elements that are compared to find which is which.
const PAIRS: usize = 250_000;

/// What an attribute is that the provider computes: as the plan says, with what is known of it from the source.
pub(crate) fn complete(own: &Value, plan: &Json, span: Span) -> Value {
    if let (Json::Null, false) = (plan, matches!(own.kind, Kind::Unknown(_))) {
        return own.clone();
    }
    fit(own, plan).unwrap_or_else(|| match own.kind {
        // A document keeps its structure.
        Kind::Encoded(_) => own.clone(),
        _ => plan.to_value(span),
    })
}

/// `own` with what is open in it as `plan` says; `None` when the two cannot both be true.
pub(crate) fn fit(own: &Value, plan: &Json) -> Option<Value> {
    Fit { document: false }.value(own, plan)
}

/// How two values are compared.
#[derive(Clone, Copy)]
struct Fit {
    /// Inside a policy document: one element and a list of it are the same.
    document: bool,
}

impl Fit {
    fn value(self, own: &Value, plan: &Json) -> Option<Value> {
        let kind = match &own.kind {
            Kind::Unknown(_) => return Some(plan.to_value(own.span)),
            Kind::Choice(choice) => {
                return choice.options.iter().find_map(|(_, option)| self.value(option, plan));
            }
            // What is not stated may be computed.
            Kind::Null => return Some(own.clone()),
            Kind::Text(text) => return self.text(own, text, plan),
            Kind::Bool(_) | Kind::Number(_) => {
                let same = own.to_text()?.as_str() == self.one(plan).letters();
                return same.then(|| own.clone());
            }
            Kind::Encoded(encoded) => {
                let inside = Json::parse(plan.as_str()?)?;
                let value = Self { document: true }.value(&encoded.value, &inside)?;
                Kind::Encoded(Arc::new(Encoded { value }))
            }
            Kind::List(list) => Kind::List(self.list(list, plan, own.span)?),
            Kind::Map(map) => Kind::Map(self.map(map, plan.as_map()?, own.span)?),
        };
        Some(Value::new(kind, own.span))
    }

    /// The only element of a list inside a document.
    fn one(self, plan: &Json) -> &Json {
        match plan {
            Json::List(items) if self.document => match &**items {
                [one] => one,
                _ => plan,
            },
            _ => plan,
        }
    }

    fn text(self, own: &Value, text: &Text, plan: &Json) -> Option<Value> {
        let letters = self.one(plan).letters()?;
        if let Some(filled) = fill(text, letters) {
            return Some(Value::text(filled, own.span));
        }
        if !json::looks_like_json(letters) {
            return None;
        }
        // A policy that the provider has written in its own way.
        let document = json::read_text(text).ok()?.value;
        let value = Self { document: true }.value(&document, &Json::parse(letters)?)?;
        Some(if text.is_known() {
            own.clone()
        } else {
            Value::encoded(value, own.span)
        })
    }

    fn list(self, own: &List, plan: &Json, span: Span) -> Option<List> {
        let single;
        let plan: &[Json] = match plan {
            Json::List(items) => items,
            Json::Null => &[],
            // A block of which there is one, or one element of a document.
            other => {
                single = [other.clone()];
                &single
            }
        };
        if own.open.is_none() && own.items.len() == plan.len() {
            let pairs = own.items.iter().zip(plan);
            if let Some(items) = pairs.map(|(a, b)| self.value(a, b)).collect::<Option<Vec<_>>>() {
                return Some(closed(items));
            }
        }
        if own.items.len().saturating_mul(plan.len()) > PAIRS {
            return Some(own.clone());
        }
        self.set(own, plan, span)
    }

    /// Elements in any order.
    fn set(self, own: &List, plan: &[Json], span: Span) -> Option<List> {
        let mut items = (*own.items).clone();
        let mut taken = vec![false; plan.len()];
        let mut ambiguous = 0;
        for known in [true, false] {
            for item in items.iter_mut().filter(|i| is_known(i) == known) {
                let fits = plan
                    .iter()
                    .enumerate()
                    .filter_map(|(at, p)| Some((at, self.value(item, p)?)));
                let mut fits: Vec<(usize, Value)> = fits.collect();
                let again = known && !fits.is_empty();
                fits.retain(|(at, _)| taken.get(*at) == Some(&false));
                match (fits.len(), fits.into_iter().next()) {
                    (1, Some((at, value))) => {
                        if let Some(t) = taken.get_mut(at) {
                            *t = true;
                        }
                        *item = value;
                    }
                    (0, _) if again => {}
                    (0, _) => return None,
                    (_, Some((at, _))) if known => {
                        if let Some(t) = taken.get_mut(at) {
                            *t = true;
                        }
                    }
                    _ => ambiguous += 1,
                }
            }
        }
        let left: Vec<&Json> = plan.iter().zip(&taken).filter(|(_, t)| !**t).map(|(p, _)| p).collect();
        if own.open.is_some() && ambiguous == 0 {
            items.extend(left.into_iter().map(|p| p.to_value(span)));
            return Some(closed(items));
        }
        let items = Arc::new(items);
        let fits = left.len() <= ambiguous || own.open.is_some();
        fits.then(|| List {
            items,
            open: own.open.clone(),
        })
    }

    fn map(self, own: &Map, plan: &Fields, span: Span) -> Option<Map> {
        let mut entries = IndexMap::new();
        let mut open = Vec::new();
        for (key, entry) in own.entries.iter() {
            let Some(name) = key.as_str() else {
                open.push((key, entry));
                continue;
            };
            // What a plan does not say is known after it was applied.
            let value = match plan.get(name) {
                Some(json) => self.value(&entry.value, json)?,
                None => entry.value.clone(),
            };
            entries.insert(key.clone(), Entry { value, ..entry.clone() });
        }
        let free = |entries: &IndexMap<Text, Entry>| -> Vec<(Arc<str>, Json)> {
            let stated = |name: &str| own.get(name).is_some() || entries.contains_key(&Text::plain(name));
            let left = plan.iter().filter(|(name, _)| !stated(name));
            left.map(|(n, v)| (Arc::clone(n), v.clone())).collect()
        };
        for (key, entry) in open {
            let left = free(&entries);
            let fits = left.iter().filter_map(|(name, json)| {
                let key = fill(key, name)?;
                let value = self.value(&entry.value, json)?;
                Some((key, value))
            });
            let fits: Vec<(Text, Value)> = fits.take(2).collect();
            match fits.into_iter().collect::<Vec<_>>().as_slice() {
                [(key, value)] => entries.insert(
                    key.clone(),
                    Entry {
                        value: value.clone(),
                        ..entry.clone()
                    },
                ),
                _ => entries.insert(key.clone(), entry.clone()),
            };
        }
        if own.open.is_some() {
            for (name, json) in free(&entries) {
                let value = json.to_value(span);
                entries.insert(Text::new(&name, span), Entry { key_span: span, value });
            }
        }
        let entries = Arc::new(entries);
        Some(Map { entries, open: None })
    }
}

fn closed(items: Vec<Value>) -> List {
    List {
        items: Arc::new(items),
        open: None,
    }
}

/// True iff nothing in it is open.
fn is_known(value: &Value) -> bool {
    match &value.kind {
        Kind::Text(t) => t.is_known(),
        Kind::Unknown(_) | Kind::Choice(_) => false,
        Kind::List(l) => l.open.is_none() && l.items.iter().all(is_known),
        Kind::Map(m) => m.open.is_none() && m.entries.iter().all(|(k, e)| k.is_known() && is_known(&e.value)),
        Kind::Encoded(e) => is_known(&e.value),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => true,
    }
}

/// `text` with letters for its symbols, so that it is `letters`; `None` when it cannot be. Each symbol but the last of
/// a run takes as few letters as it may.
fn fill(text: &Text, letters: &str) -> Option<Text> {
    let pieces = text.pieces();
    let (mut out, mut rest, mut at) = (TextBuilder::default(), letters, 0);
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Letters(known) => {
                rest = rest.strip_prefix(&**known)?;
                out.text(&text.slice(at..at + known.len()));
                at += known.len();
            }
            Piece::Symbol(_) => {
                let end = match (pieces.get(i + 1), pieces.get(i + 2..)) {
                    (None, _) => rest.len(),
                    // The last letters stand at the end.
                    (Some(Piece::Letters(next)), Some([])) => rest.strip_suffix(&**next)?.len(),
                    (Some(Piece::Letters(next)), _) => rest.find(&**next)?,
                    (Some(Piece::Symbol(_)), _) => 0,
                };
                let len = Text::HOLE.len_utf8();
                let (known, after) = rest.split_at_checked(end)?;
                out.letters(known, text.span_of(at..at + len));
                rest = after;
                at += len;
            }
        }
    }
    rest.is_empty().then(|| out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::testing::{choice, show, value};

    fn fitted(own: &str, plan: &str) -> String {
        fit(&value(own), &Json::parse(plan).unwrap()).map_or_else(|| "no".to_owned(), |v| show(&v))
    }

    #[test]
    fn what_is_open_is_filled_and_what_contradicts_is_told() {
        for (own, plan, filled) in [
            (r#""a-<x>-b""#, r#""a-prod-b""#, "a-prod-b"),
            (r#""<x>/<y>""#, r#""a/b/c""#, "a/b/c"),
            (r#""<x><y>""#, r#""ab""#, "ab"),
            (r#""a-<x>-b""#, r#""a-prod-c""#, "no"),
            (r#""a<x>""#, "null", "no"),
            ("<x>", r#"{"k": [1, true]}"#, r#"{"k":[1,true]}"#),
            ("1", r#""1""#, "1"),
            ("1", "2", "no"),
            ("null", r#""computed""#, "null"),
            (r#"["a", "<x>"]"#, r#"["a", "b"]"#, r#"["a","b"]"#),
            (r#"["b", "<x>"]"#, r#"["a", "b"]"#, r#"["b","a"]"#),
            (r#"["b", "b"]"#, r#"["b"]"#, r#"["b","b"]"#),
            (r#"["a"]"#, r#"["a", "b"]"#, "no"),
            (r#"["a"]"#, "[]", "no"),
            (
                r#"{"a": "<x>", "b": "<y>"}"#,
                r#"{"a": "1", "c": "2"}"#,
                "{\"a\":\"1\",\"b\":\"⟨y⟩\"}",
            ),
            (r#"{"<x>:sub": "v"}"#, r#"{"host:sub": "v"}"#, r#"{"host:sub":"v"}"#),
        ] {
            assert_eq!(fitted(own, plan), filled, "{own} with {plan}");
        }
    }

    #[test]
    fn two_elements_of_which_nobody_can_tell_which_is_which_stay_open() {
        assert_eq!(
            fitted(r#"["<x>", "<y>", "c"]"#, r#"["c", "a", "b"]"#),
            "[\"⟨x⟩\",\"⟨y⟩\",\"c\"]"
        );
    }

    #[test]
    fn a_document_is_compared_as_a_document() {
        let own = Value::encoded(
            value(r#"{"Statement": [{"Action": ["s3:*"], "Resource": "arn:<a>:x"}]}"#),
            Span::NOWHERE,
        );
        let plan = |text: &str| Json::Text(text.into());
        let filled = fit(&own, &plan(r#"{"Statement":{"Resource":["arn:b:x"],"Action":"s3:*"}}"#)).unwrap();
        assert_eq!(
            show(&filled),
            r#"{"Statement":[{"Action":["s3:*"],"Resource":"arn:b:x"}]}"#
        );
        assert!(
            fit(
                &own,
                &plan(r#"{"Statement":{"Resource":"arn:b:x","Action":"s3:Get*"}}"#)
            )
            .is_none()
        );
        let heredoc = value(r#""{\"Statement\": [\"<a>\"]}\n""#);
        assert_eq!(
            show(&fit(&heredoc, &plan(r#"{"Statement":["b"]}"#)).unwrap()),
            r#"{"Statement":["b"]}"#
        );
    }

    #[test]
    fn the_alternative_that_fits_is_taken() {
        let own = choice("prod", value(r#""a-<x>""#), value(r#""b""#));
        let plan = |text: &str| Json::Text(text.into());
        assert_eq!(show(&fit(&own, &plan("a-1")).unwrap()), "a-1");
        assert_eq!(show(&fit(&own, &plan("b")).unwrap()), "b");
        assert!(fit(&own, &plan("c")).is_none());
    }

    #[test]
    fn computed_attributes_are_as_the_plan_says() {
        let plan = |text: &str| Json::parse(text).unwrap();
        let done = |own: &str, with: &str| show(&complete(&value(own), &plan(with), Span::NOWHERE));
        assert_eq!(done(r#""arn:<a>:role/x""#, r#""arn:1:role/y""#), "arn:1:role/y");
        assert_eq!(done(r#""/""#, "null"), "/");
        assert_eq!(done("<x>", "null"), "null");
    }
}
