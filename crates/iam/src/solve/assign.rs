//! Values for keys that patterns refer to: the rest of a problem is then without variables.

use std::collections::BTreeSet;

use rolecall_source::Text;

use super::{Known, Side};
use crate::condition::{Comparison, Condition, KeyValue};
use crate::pattern::{Search, witness};

/// Most values that are tried for one key.
const VALUES: usize = 6;
/// Most automaton states of a look for a value.
const STATES: usize = 1_000;

impl Known {
    /// This, once for each way to give a value, or none, to each of `keys`; at most about `limit` ways. The values are
    /// those that the conditions compare the key with, and one that nothing names.
    pub(crate) fn assign(
        &self,
        keys: &BTreeSet<&str>,
        conditions: &[(&Condition, Side<'_>)],
        limit: usize,
    ) -> Vec<Self> {
        let mut ways = vec![self.clone()];
        for key in keys {
            let mut values = values(key, conditions);
            values.truncate((limit / ways.len()).saturating_sub(1).min(VALUES));
            let mut next = Vec::with_capacity(ways.len() * (values.len() + 1));
            for value in &values {
                next.extend(ways.iter().map(|w| w.with(key, value)));
            }
            next.extend(ways.into_iter().map(|w| w.without(key)));
            ways = next;
        }
        ways
    }

    fn without(mut self, key: &str) -> Self {
        self.absent.insert(key.to_owned());
        self
    }

    fn with(&self, key: &str, value: &Text) -> Self {
        let mut with = self.clone();
        let clause = super::circumstance(key, std::slice::from_ref(value));
        with.assigned.extend(clause);
        with.fixed.insert(key.to_owned(), vec![value.clone()]);
        with
    }
}

/// Values for a key, those that are compared with others first.
fn values(key: &str, conditions: &[(&Condition, Side<'_>)]) -> Vec<Text> {
    let mut out = Vec::new();
    for (condition, side) in conditions {
        let refers = |t: &crate::Template| t.is_variable(key);
        if condition.values.iter().any(refers)
            && let Some(other) = condition.key.as_str()
        {
            match side.key(other) {
                Some(KeyValue::Values(values)) => out.extend(values),
                Some(_) => {}
                None => named(other, conditions, &mut out),
            }
        }
    }
    named(key, conditions, &mut out);
    out.push(Text::plain("any-value"));
    let mut seen = BTreeSet::new();
    out.retain(|v| seen.insert(v.clone()));
    out
}

/// The values that conditions on `key` name.
fn named(key: &str, conditions: &[(&Condition, Side<'_>)], out: &mut Vec<Text>) {
    for (condition, _) in conditions.iter().filter(|(c, _)| c.key.as_str() == Some(key)) {
        for template in &condition.values {
            match condition.operator.comparison {
                Comparison::StringLike | Comparison::ArnLike => {
                    if let Some(pattern) = template.wild()
                        && let Search::Found(text, _) = witness(&[pattern], &[], STATES)
                    {
                        out.push(text);
                    }
                }
                Comparison::Null => {}
                _ => out.extend(template.as_pattern().cloned()),
            }
        }
    }
}
