use rolecall_source::{Span, Text};

use super::World;
use crate::condition::Lookup;
use crate::pattern::{Word, matches_word};
use crate::{Answer, Patterns, Reason, Request, Statement, Template};

/// How a statement applies to a request.
pub(crate) struct Match {
    pub(crate) answer: Answer,
    action: Span,
    resource: Span,
}

impl Match {
    pub(crate) fn reason(&self, grant: u32, index: usize, statement: &Statement) -> Reason {
        Reason {
            grant,
            statement: index,
            effect: statement.effect,
            span: statement.span,
            action: self.action,
            resource: self.resource,
        }
    }
}

const NEVER: Match = Match {
    answer: Answer::No,
    action: Span::NOWHERE,
    resource: Span::NOWHERE,
};

/// Does a statement apply to a request, principals aside?
pub(crate) fn applies(statement: &Statement, request: &Request, facts: &dyn Lookup, world: &World) -> Match {
    if !world.admits(&statement.when) {
        return NEVER;
    }
    let (by_action, action) = action_matches(&statement.actions, &request.action);
    if by_action.is_no() {
        return NEVER;
    }
    let (by_resource, resource) = match &statement.resources {
        Some(resources) => patterns_match(resources, &request.resource, facts),
        None => (Answer::Yes, Span::NOWHERE),
    };
    let mut answer = by_action.and(by_resource);
    for condition in &statement.conditions {
        if answer.is_no() {
            return NEVER;
        }
        answer = answer.and(condition.holds(facts));
    }
    Match {
        answer,
        action,
        resource,
    }
}

/// Does an `Action` or `NotAction` element name the action? With the span of what matched.
pub(crate) fn action_matches(patterns: &Patterns, action: &str) -> (Answer, Span) {
    element(patterns, patterns.for_action(action), |item| {
        item.action().matches_str(action)
    })
}

/// Does a `Resource` or `NotResource` element name the resource? With the span of what matched.
///
/// A variable without a value matches nothing; in a `NotResource` it makes
/// [the statement invalid](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
pub(crate) fn patterns_match(patterns: &Patterns, resource: &Text, facts: &dyn Lookup) -> (Answer, Span) {
    let resolved = |item: &Template| item.wild().is_some() || item.pattern(&mut |key| facts.variable(key)).is_some();
    if patterns.negated && !patterns.items.iter().all(resolved) {
        return (Answer::No, Span::NOWHERE);
    }
    let resource = Word::new(resource);
    element(patterns, patterns.items.iter(), |item| match item.wild() {
        Some(pattern) => matches_word(pattern, &resource),
        None => item
            .pattern(&mut |key| facts.variable(key))
            .map_or(Answer::No, |p| matches_word(&p, &resource)),
    })
}

fn element<'p>(
    patterns: &'p Patterns,
    items: impl Iterator<Item = &'p Template>,
    mut answer: impl FnMut(&Template) -> Answer,
) -> (Answer, Span) {
    let mut result = (Answer::No, Span::NOWHERE);
    for item in items {
        let answer = answer(item);
        if settle(&mut result, answer, || item.span()) {
            break;
        }
    }
    finish(patterns, result)
}

/// Takes one more item into the result; true when nothing can change any more.
fn settle(result: &mut (Answer, Span), answer: Answer, span: impl FnOnce() -> Span) -> bool {
    if answer.is_no() {
        return false;
    }
    if result.0.is_no() || answer.is_yes() {
        result.1 = span();
    }
    let before = std::mem::replace(&mut result.0, Answer::No);
    result.0 = before.or(answer);
    result.0.is_yes()
}

fn finish(patterns: &Patterns, (listed, span): (Answer, Span)) -> (Answer, Span) {
    let listed = if patterns.open.is_empty() {
        listed
    } else {
        listed.or(Answer::Depends(patterns.open.clone()))
    };
    let whole = patterns.span.unwrap_or(Span::NOWHERE);
    if patterns.negated {
        (listed.not(), whole)
    } else {
        (listed, if span.is_nowhere() { whole } else { span })
    }
}
