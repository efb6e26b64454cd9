//! What decides about an action, its name and spans aside: equal contents allow equal requests.

use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use rolecall_source::{Class, Piece, Symbol, Text};

use crate::condition::{Condition, Operator};
use crate::evaluate::{is_of_caller, patterns_match};
use crate::solve::{Resources, Rule, Side};
use crate::{Alternative, Answer, Assumptions, Caller, Patterns, Statement, Template};

/// A statement without its actions.
#[derive(Clone, Debug)]
pub(crate) struct RuleBody {
    pub(crate) resources: Option<Patterns>,
    /// It applies to these resources at most.
    pub(crate) scope: Option<Arc<Patterns>>,
    pub(crate) conditions: Vec<Condition>,
    /// What must hold for it to be there and to name the action.
    pub(crate) exists: Assumptions,
    when: Vec<Alternative>,
    /// It asks for facts about the caller.
    pub(crate) personal: bool,
}

type ConditionKey<'a> = (&'a Operator, &'a Text, &'a Vec<Template>, &'a Assumptions);

impl RuleBody {
    pub(crate) fn of(statement: &Statement, exists: &Assumptions) -> Self {
        let keys = statement.conditions.iter().filter_map(|c| c.key.as_str());
        Self {
            personal: keys.chain(statement.variables()).any(is_of_caller)
                || statement.conditions.iter().any(|c| !c.key.is_known()),
            resources: statement.resources.clone(),
            scope: None,
            conditions: statement.conditions.clone(),
            exists: exists.clone(),
            when: statement.when.clone(),
        }
    }

    /// The rule that applies to everything.
    pub(crate) fn everything() -> Self {
        Self {
            resources: None,
            scope: None,
            conditions: Vec::new(),
            exists: Assumptions::new(),
            when: Vec::new(),
            personal: false,
        }
    }

    /// The same where it is not known whether it names the action.
    pub(crate) fn doubted(&self) -> Self {
        let mut doubted = self.clone();
        doubted
            .exists
            .insert(rolecall_source::Assumption::new("the statement names the action"));
        doubted
    }

    /// The keys of its policy variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let values = self.conditions.iter().flat_map(|c| &c.values);
        let resources = self.resources.iter().flat_map(|r| &r.items);
        values.chain(resources).flat_map(Template::variables)
    }

    /// The rule without variables, applying to no less (`more`) or to no more; `None` when that is to nothing.
    fn relaxed(self: &Arc<Self>, more: bool) -> Option<Arc<Self>> {
        if self.variables().all(is_of_caller) {
            return Some(Arc::clone(self));
        }
        if !more {
            return None;
        }
        let mut rule = Self::clone(self);
        let free = |t: &Template| !t.variables().all(is_of_caller);
        rule.conditions.retain(|c| !c.values.iter().any(free));
        if rule.resources.as_ref().is_some_and(|r| r.items.iter().any(free)) {
            rule.resources = None;
        }
        Some(Arc::new(rule))
    }

    pub(crate) fn certain(&self) -> bool {
        self.exists.is_empty() && self.when.is_empty()
    }

    /// True iff it applies to every resource in every context, for certain.
    pub(crate) fn is_everything(&self) -> bool {
        let everything = |p: &Patterns| !p.negated && p.items.iter().any(|t| t.text.as_str() == Some("*"));
        self.certain()
            && self.conditions.is_empty()
            && self.scope.is_none()
            && self.resources.as_ref().is_none_or(everything)
    }

    /// True iff something in it is not known.
    pub(crate) fn is_symbolic(&self) -> bool {
        let open = |p: &Patterns| !p.open.is_empty() || p.items.iter().any(|t| !t.text.is_known());
        let values =
            |c: &Condition| !c.open.is_empty() || !c.key.is_known() || c.values.iter().any(|t| !t.text.is_known());
        !self.certain() || self.elements().any(open) || self.conditions.iter().any(values)
    }

    /// The symbols that its resources begin with and that may be any text: ARNs nothing is known of.
    pub(crate) fn leading_symbols(&self) -> impl Iterator<Item = &Symbol> {
        let resources = self.resources.iter().filter(|r| !r.negated);
        let first = resources.flat_map(|r| &r.items).filter_map(|t| t.text.pieces().first());
        first.filter_map(|piece| match piece {
            Piece::Symbol(symbol) if symbol.class == Class::Any => Some(symbol),
            Piece::Symbol(_) | Piece::Letters(_) => None,
        })
    }

    /// As a rule of a problem, with or without its conditions.
    pub(crate) fn rule(&self, resources: Rc<[Resources]>, index: usize, bare: bool) -> Rule<'_> {
        Rule {
            resources,
            conditions: if bare { &[] } else { &self.conditions },
            side: index,
            certain: self.certain(),
        }
    }

    /// Its resources as a side has them.
    pub(crate) fn resources(&self, side: &Side<'_>) -> Rc<[Resources]> {
        self.elements().map(|e| Resources::of(e, side)).collect()
    }

    /// About how much there is to read in it.
    pub(crate) fn size(&self) -> usize {
        let text = |t: &Template| 16 + t.text.as_str().map_or(16, str::len);
        let values = self.conditions.iter().flat_map(|c| &c.values);
        16 + self
            .elements()
            .flat_map(|e| &e.items)
            .chain(values)
            .map(text)
            .sum::<usize>()
    }

    fn applies(&self, side: &Side<'_>, resource: &Text) -> Answer {
        let mut answer = Answer::Yes;
        for element in self.elements() {
            answer = answer.and(patterns_match(element, resource, side).0);
        }
        for condition in &self.conditions {
            if answer.is_no() {
                return answer;
            }
            answer = answer.and(condition.holds(side));
        }
        if self.certain() {
            return answer;
        }
        let mut exists = self.exists.clone();
        exists.extend(self.when.iter().map(|a| crate::evaluate::clause(&a.on, &a.state)));
        answer.and(Answer::under(exists))
    }

    /// What says which resources it applies to: in all of these.
    fn elements(&self) -> impl Iterator<Item = &Patterns> {
        self.resources.iter().chain(self.scope.as_deref())
    }

    fn resource_keys(&self) -> impl Iterator<Item = (bool, &Vec<Template>, &Assumptions)> {
        self.elements().map(|p| (p.negated, &p.items, &p.open))
    }

    fn condition_keys(&self) -> impl Iterator<Item = ConditionKey<'_>> {
        self.conditions
            .iter()
            .map(|c| (&c.operator, &c.key, &c.values, &c.open))
    }
}

impl PartialEq for RuleBody {
    fn eq(&self, other: &Self) -> bool {
        self.resource_keys().eq(other.resource_keys())
            && self.condition_keys().eq(other.condition_keys())
            && self.exists == other.exists
            && self.when == other.when
    }
}
impl Eq for RuleBody {}
impl Hash for RuleBody {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.resource_keys().for_each(|k| k.hash(state));
        self.condition_keys().for_each(|c| c.hash(state));
        self.exists.hash(state);
        self.when.iter().for_each(|a| (&a.on, &a.state).hash(state));
    }
}

/// The rules that decide about an action for one authority.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// Identity policies, the boundary, each level of control policies: each must allow. Levels that allow everything
    /// are left out, unless that leaves none; no level at all means that nothing is allowed.
    pub(crate) levels: Vec<Vec<Arc<RuleBody>>>,
    pub(crate) denies: Vec<Arc<RuleBody>>,
    /// Whose, where a rule asks for that.
    pub(crate) caller: Arc<Caller>,
}

impl Content {
    /// The content that allows nothing.
    pub(crate) fn nothing() -> Self {
        Self {
            levels: Vec::new(),
            denies: Vec::new(),
            caller: Arc::default(),
        }
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = &Arc<RuleBody>> {
        self.levels.iter().flatten().chain(&self.denies)
    }

    /// True iff nothing is allowed.
    pub(crate) fn is_nothing(&self) -> bool {
        self.levels.is_empty()
    }

    /// A content without variables of free keys: one that allows no less (`more`), or no more.
    pub(crate) fn relaxed(&self, more: bool) -> Self {
        let change = |rules: &[Arc<RuleBody>], more: bool| -> Vec<Arc<RuleBody>> {
            rules.iter().filter_map(|r| r.relaxed(more)).collect()
        };
        Self {
            levels: self.levels.iter().map(|l| change(l, more)).collect(),
            denies: change(&self.denies, !more),
            caller: Arc::clone(&self.caller),
        }
    }

    /// Is a request allowed whose keys are those of `side`?
    pub(crate) fn allows(&self, side: &Side<'_>, resource: &Text) -> Answer {
        if self.is_nothing() {
            return Answer::No;
        }
        let any = |rules: &[Arc<RuleBody>]| {
            rules.iter().fold(
                Answer::No,
                |a, r| {
                    if a.is_yes() { a } else { a.or(r.applies(side, resource)) }
                },
            )
        };
        let mut answer = Answer::Yes;
        for level in &self.levels {
            answer = answer.and(any(level));
            if answer.is_no() {
                return answer;
            }
        }
        answer.and(any(&self.denies).not())
    }
}
