use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::Symbol;

/// Something an answer relies on, as a clause that reads well after "assuming": "`var.create` is true",
/// "123456789012 is the account this deploys to".
///
/// One that is about the state of a symbol knows that, so that assumptions which exclude each other are recognised:
/// see [`contradict`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Assumption {
    clause: Arc<str>,
    about: Option<Arc<About>>,
}

/// What an assumption says of a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct About {
    /// The symbol's id.
    subject: Arc<str>,
    /// It is one of these.
    among: Vec<Arc<str>>,
    /// It is none of these instead.
    negated: bool,
}

impl Assumption {
    /// An assumption of which nothing is known but its words.
    pub fn new(clause: impl Into<Arc<str>>) -> Self {
        Self {
            clause: clause.into(),
            about: None,
        }
    }

    /// The assumption that a symbol is in a state: the alternative of a [`Choice`](crate::Choice) that is taken.
    #[must_use]
    pub fn state(on: &Symbol, state: &str) -> Self {
        Self::any_state(on, &[state])
    }

    /// The assumption that a symbol is in one of several states.
    #[must_use]
    pub fn any_state(on: &Symbol, states: &[&str]) -> Self {
        let about = match (&on.test, states) {
            (Some(test), ["true" | "false"]) => About {
                subject: Arc::clone(&test.subject),
                among: test.among.clone(),
                negated: states == ["false"],
            },
            _ => About {
                subject: Arc::clone(&on.id),
                // A condition is false iff it is not true.
                among: if states == ["false"] { &["true"] } else { states }
                    .iter()
                    .map(|s| Arc::from(*s))
                    .collect(),
                negated: states == ["false"],
            },
        };
        let plural = about.subject.contains(Symbol::MANY);
        Self {
            clause: format!("`{}` is {}", on.name, states.join(" or ")).into(),
            about: (!plural).then(|| Arc::new(about)),
        }
    }

    /// The assumption that a symbol is exactly `value`, worded by `clause`.
    #[must_use]
    pub fn value(symbol: &Symbol, value: &str, clause: impl Into<Arc<str>>) -> Self {
        let about = About {
            subject: Arc::clone(&symbol.id),
            among: vec![value.into()],
            negated: false,
        };
        Self {
            clause: clause.into(),
            about: Some(Arc::new(about)),
        }
    }

    /// The assumption that this one is wrong, in other words.
    #[must_use]
    pub fn opposite(&self, clause: impl Into<Arc<str>>) -> Self {
        let about = self.about.as_ref().map(|a| {
            let mut about = About::clone(a);
            about.negated = !about.negated;
            Arc::new(about)
        });
        Self {
            clause: clause.into(),
            about,
        }
    }

    /// The same in other words.
    #[must_use]
    pub fn worded(self, clause: impl Into<Arc<str>>) -> Self {
        Self {
            clause: clause.into(),
            ..self
        }
    }

    /// True iff it is about the state of a symbol, so that others may exclude it.
    pub(crate) fn has_subject(&self) -> bool {
        self.about.is_some()
    }

    /// True iff it holds exactly where the other does not, as far as they say what they are about.
    pub(crate) fn is_opposite(&self, other: &Self) -> bool {
        match (&self.about, &other.about) {
            (Some(a), Some(b)) => a.subject == b.subject && a.among == b.among && a.negated != b.negated,
            _ => false,
        }
    }

    /// Its words.
    #[must_use]
    pub fn clause(&self) -> &str {
        &self.clause
    }
}

/// True iff the assumptions cannot all hold, as far as they say what they are about: `x` is `a` and is `b`, or is `a`
/// and is not.
pub fn contradict<'a>(assumptions: impl IntoIterator<Item = &'a Assumption>) -> bool {
    let abouts: Vec<&About> = assumptions.into_iter().filter_map(|a| a.about.as_deref()).collect();
    if abouts.len() < 2 {
        return false;
    }
    let mut subjects: BTreeMap<&str, Vec<&About>> = BTreeMap::new();
    for about in abouts {
        subjects.entry(&about.subject).or_default().push(about);
    }
    subjects.values().any(|abouts| impossible(abouts))
}

/// True iff no state is left.
fn impossible(abouts: &[&About]) -> bool {
    let Some(positive) = abouts.iter().find(|a| !a.negated) else {
        // Whatever is not named is left.
        return false;
    };
    let allows = |about: &About, state: &Arc<str>| about.among.contains(state) != about.negated;
    !positive.among.iter().any(|s| abouts.iter().all(|a| allows(a, s)))
}

/// True iff `on` being in `state` excludes that `other` is in `other_state`.
#[must_use]
pub fn excludes(on: &Symbol, state: &str, other: &Symbol, other_state: &str) -> bool {
    let may_meet = on == other || on.test.is_some() || other.test.is_some();
    may_meet && contradict([&Assumption::state(on, state), &Assumption::state(other, other_state)])
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.clause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;

    fn symbol(id: &str) -> Symbol {
        Symbol::new(id, id, "is not known", Class::Any)
    }

    #[test]
    fn states_of_one_symbol_exclude_each_other() {
        let (env, other) = (symbol("env"), symbol("other"));
        let is = |on: &Symbol, state: &str| Assumption::state(on, state);
        assert!(contradict(&[is(&env, "a"), is(&env, "b")]));
        assert!(!contradict(&[is(&env, "a"), is(&env, "a")]));
        assert!(!contradict(&[is(&env, "a"), is(&other, "b")]));
        let several = Assumption::any_state(&env, &["a", "b"]);
        assert!(!contradict(&[several.clone(), is(&env, "b")]));
        assert!(contradict(&[several.clone(), is(&env, "c")]));
        assert!(contradict(&[
            several.clone(),
            is(&env, "a").opposite("x"),
            is(&env, "b").opposite("y")
        ]));
        assert!(!contradict(&[several, is(&env, "a").opposite("x")]));
        assert!(!contradict(&[Assumption::new("a is b"), Assumption::new("a is c")]));
    }

    #[test]
    fn what_stands_for_many_excludes_nothing() {
        let key = symbol("var.all[*].each.key");
        assert!(!excludes(&key.is_among(&["a"]), "true", &key.is_among(&["b"]), "true"));
        assert!(!contradict(&[
            Assumption::state(&key, "true"),
            Assumption::state(&key, "false")
        ]));
    }

    #[test]
    fn conditions_on_one_symbol_are_about_it() {
        let env = symbol("env");
        let prod = env.is_among(&["prod"]);
        let dev = env.is_among(&["dev"]);
        let either = env.is_among(&["prod", "dev"]);
        assert!(excludes(&prod, "true", &dev, "true"));
        assert!(!excludes(&prod, "true", &dev, "false"));
        assert!(!excludes(&prod, "false", &dev, "false"));
        assert!(excludes(&prod, "true", &prod, "false"));
        assert!(excludes(&either, "false", &dev, "true"));
        let neither = [Assumption::state(&prod, "false"), Assumption::state(&dev, "false")];
        assert!(!contradict(&neither));
        let one = Assumption::state(&either, "true");
        assert!(contradict(neither.iter().chain([&one])));
        assert_eq!(env.is_among(&["dev", "prod"]), either);
        assert_eq!(
            Assumption::state(&prod, "true").to_string(),
            "`env == \"prod\"` is true"
        );
    }
}
