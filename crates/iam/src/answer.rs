use std::collections::BTreeSet;

use rolecall_source::{Assumption, Assumptions};

/// Yes for every value of what is not known, No for every value, or it depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// For every value of the symbols.
    Yes,
    /// For no value of the symbols.
    No,
    /// Yes under these assumptions.
    Depends(Assumptions),
}

impl Answer {
    /// Yes iff `is`, else No.
    #[must_use]
    pub fn from_bool(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }

    /// Yes under these assumptions: Yes without any, No where they cannot all hold.
    #[must_use]
    pub fn under(assumptions: Assumptions) -> Self {
        match () {
            () if assumptions.is_empty() => Self::Yes,
            () if assumptions.are_impossible() => Self::No,
            () => Self::Depends(assumptions),
        }
    }

    /// Depends on one clause (see [`Assumption`]).
    #[must_use]
    pub fn assuming(clause: impl Into<std::sync::Arc<str>>) -> Self {
        Self::Depends([Assumption::new(clause)].into())
    }

    /// True iff the answer is [`Answer::Yes`].
    #[must_use]
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes)
    }

    /// True iff the answer is [`Answer::No`].
    #[must_use]
    pub fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }

    /// Both. What two answers depend on is joined; what cannot hold together is No.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, answer) | (answer, Self::Yes) => answer,
            (Self::Depends(a), Self::Depends(b)) => a.and(b).map_or(Self::No, Self::Depends),
        }
    }

    /// At least one. Of two answers that depend, the one that relies on less (the first of equals): either set of
    /// assumptions is enough.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, answer) | (answer, Self::No) => answer,
            (Self::Depends(a), Self::Depends(b)) => a.or(b).map_or(Self::Yes, Self::Depends),
        }
    }

    /// The opposite. What depends on assumptions depends on their not all being true.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "stands beside `and` and `or`; `!answer` would read as if it were a bool"
    )]
    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Depends(assumptions) => assumptions.sets().fold(Self::Yes, |answer, set| {
                answer.and(Self::Depends([negated(set)].into()))
            }),
        }
    }
}

const NOT_TRUE: &str = "it is not true that ";

/// What is true iff the assumptions are not all true. Undoes itself on a clause of its own.
fn negated(assumptions: &BTreeSet<Assumption>) -> Assumption {
    let mut all = assumptions.iter();
    match (all.next(), all.next()) {
        (Some(only), None) => only.opposite(negated_clause(only.clause())),
        _ => {
            let all: Vec<&str> = assumptions.iter().map(Assumption::clause).collect();
            Assumption::new(format!("{NOT_TRUE}{}", all.join(" and ")))
        }
    }
}

/// Verbs and their negations; a negation stands before the verb it contains.
const VERBS: [(&str, &str); 4] = [
    (" is not ", " is "),
    (" does not match ", " matches "),
    (" is ", " is not "),
    (" matches ", " does not match "),
];

/// Negates the only verb of a clause; a clause with several, or with none that is known, is negated as a whole.
fn negated_clause(clause: &str) -> String {
    if let Some(inner) = clause.strip_prefix(NOT_TRUE) {
        return inner.to_owned();
    }
    let plain = without_quotations(clause);
    let several = plain.contains(" and ") || plain.contains(" or ");
    let verb = VERBS
        .iter()
        .find(|(positive, _)| plain.contains(positive))
        .filter(|_| !several);
    if let Some((positive, negative)) = verb {
        let mut at = plain.match_indices(positive);
        if let (Some((at, _)), None) = (at.next(), at.next())
            && let (Some(before), Some(after)) = (clause.get(..at), clause.get(at + positive.len()..))
        {
            return format!("{before}{negative}{after}");
        }
    }
    format!("{NOT_TRUE}{clause}")
}

/// The clause with everything between backticks or `⟨⟩` blanked, byte for byte.
fn without_quotations(clause: &str) -> String {
    let (mut quoted, mut out) = (false, String::with_capacity(clause.len()));
    for c in clause.chars() {
        match c {
            '`' => quoted = !quoted,
            '\u{27e8}' => quoted = true,
            '\u{27e9}' => quoted = false,
            _ if !quoted => {
                out.push(c);
                continue;
            }
            _ => {}
        }
        out.extend(std::iter::repeat_n('.', c.len_utf8()));
    }
    out
}

#[cfg(test)]
mod tests {
    use rolecall_source::{Class, Symbol};

    use super::*;

    fn on(clauses: &[&str]) -> Answer {
        Answer::Depends(clauses.iter().map(|c| Assumption::new(*c)).collect())
    }

    #[test]
    fn unknown_never_becomes_yes_or_no_by_joining() {
        let (a, b) = (on(&["a is b"]), on(&["c is d"]));
        assert_eq!(a.clone().and(b.clone()), on(&["a is b", "c is d"]));
        assert_eq!(a.clone().and(Answer::Yes), a);
        assert_eq!(a.clone().and(Answer::No), Answer::No);
        assert_eq!(a.clone().or(Answer::Yes), Answer::Yes);
        assert_eq!(a.clone().or(Answer::No), a);
        assert_eq!(on(&["a is b", "x is y"]).or(b.clone()), b);
    }

    #[test]
    fn what_cannot_hold_together_is_no() {
        let env = Symbol::new("env", "env", "is not known", Class::Any);
        let is = |text: &str, state: &str| Answer::under([Assumption::state(&env.is_among(&[text]), state)].into());
        assert_eq!(is("a", "true").and(is("b", "true")), Answer::No);
        assert!(matches!(is("a", "true").and(is("b", "false")), Answer::Depends(_)));
        assert_eq!(is("a", "true").and(is("a", "true").not()), Answer::No);
        assert_eq!(is("a", "true").not().not(), is("a", "true"));
        assert_eq!(Answer::under(Assumptions::new()), Answer::Yes);
    }

    #[test]
    fn not_words_the_opposite() {
        assert_eq!(on(&["var.a is `x`"]).not(), on(&["var.a is not `x`"]));
        assert_eq!(on(&["var.a is `x`"]).not().not(), on(&["var.a is `x`"]));
        assert_eq!(on(&["var.a matches `x*`"]).not(), on(&["var.a does not match `x*`"]));
        assert_eq!(
            on(&["`a is b` matches `x is y`"]).not(),
            on(&["`a is b` does not match `x is y`"])
        );
        let two = on(&["a is b", "c is d"]).not();
        assert_eq!(two, on(&["it is not true that a is b and c is d"]));
        assert_eq!(two.not(), on(&["a is b and c is d"]));
        assert_eq!(
            on(&["a is b and c is d"]).not(),
            on(&["it is not true that a is b and c is d"])
        );
    }
}
