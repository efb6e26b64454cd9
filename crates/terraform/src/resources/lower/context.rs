//! What all lowering functions share.

use rolecall_facts::{
    Attachment, Configuration, ControlPolicy, Membership, Origin, PolicyRef, Principal, PrincipalKind, PrincipalRef,
};
use rolecall_source::{Assumption, Class, Diagnostic, Kind, Symbol, Text, Value};

use super::super::values::{self, Case, argument, cases, elements};
use super::super::{attribute, shapes};
use super::refer;
use crate::instance::{Instance, Mode};

/// The facts of one configuration as they grow, and what can be decided only when all instances were seen.
pub(super) struct Lowering<'a> {
    pub(super) configuration: &'a mut Configuration,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
    /// Service control policies by id.
    pub(super) controls: Vec<(Text, ControlPolicy)>,
    /// Attachments of service control policies: what, and to what.
    pub(super) targets: Vec<(Origin, Value, Value)>,
    /// Boundaries of permission sets, each with the set it is of.
    pub(super) boundaries: Vec<(PrincipalRef, Origin, Value)>,
    /// Inline policies that are only named.
    pub(super) named: Vec<Attachment>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(configuration: &'a mut Configuration, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            configuration,
            diagnostics,
            controls: Vec::new(),
            targets: Vec::new(),
            boundaries: Vec::new(),
            named: Vec::new(),
        }
    }

    /// What follows when all instances were seen.
    pub(super) fn finish(mut self) {
        super::organizations::link(&mut self);
        super::attachments::add_named(&mut self);
        super::sso::link_boundaries(&mut self);
        refer::add_undeclared(self.configuration);
    }

    /// Tells that an argument which names somebody is missing.
    fn check(&mut self, instance: &Instance, to: &Target<'_>) {
        if to.value.as_ref().is_none_or(Value::is_null) {
            let headline = format!("`{}` does not say which `{}`", instance.origin.address, to.argument);
            let span = instance.origin.span;
            self.diagnostics
                .push(Diagnostic::warning("terraform-argument", headline, span));
        }
    }

    /// Attaches `policy` to whoever `to` names, one fact for each alternative.
    pub(super) fn attach(&mut self, instance: &Instance, to: &Target<'_>, policy: &PolicyRef) {
        self.check(instance, to);
        for (origin, to) in to.refs(instance) {
            self.configuration.attachments.push(Attachment {
                origin,
                to,
                policy: policy.clone(),
            });
        }
    }

    /// Attaches every managed policy of a list.
    pub(super) fn attach_list(&mut self, instance: &Instance, to: &Target<'_>, list: &Value) {
        for (case, open) in each(list) {
            let mut to = to.clone();
            to.assumes.extend(case.assumes);
            to.open |= open;
            self.attach(instance, &to, &PolicyRef::Managed(case.value));
        }
    }

    /// Puts `user` into `group`.
    pub(super) fn join(&mut self, instance: &Instance, user: &Target<'_>, group: &Target<'_>) {
        self.check(instance, user);
        self.check(instance, group);
        for (outer, user) in user.refs(instance) {
            for (inner, group) in group.refs(instance) {
                let mut origin = outer.clone();
                for assumption in inner.exists {
                    assume(&mut origin, assumption);
                }
                origin.open |= inner.open;
                self.configuration.memberships.push(Membership {
                    origin,
                    user: user.clone(),
                    group,
                });
            }
        }
    }
}

/// Who a fact is about, as the configuration names it.
#[derive(Clone, Debug)]
pub(super) struct Target<'v> {
    pub(super) kind: PrincipalKind,
    /// The argument that names it.
    pub(super) argument: &'v str,
    /// Its name or ARN: text, a choice or an unknown; `None` when the argument is missing.
    pub(super) value: Option<Value>,
    pub(super) assumes: Vec<Assumption>,
    pub(super) open: bool,
}

impl<'v> Target<'v> {
    /// Who the argument `name` names.
    pub(super) fn argument(instance: &Instance, kind: PrincipalKind, name: &'v str) -> Self {
        let value = argument(instance, name).cloned();
        Self::value(kind, name, value)
    }

    /// Whom `value` names.
    pub(super) fn value(kind: PrincipalKind, argument: &'v str, value: Option<Value>) -> Self {
        Self {
            kind,
            argument,
            value,
            assumes: Vec::new(),
            open: false,
        }
    }

    /// One element of a list.
    pub(super) fn element(kind: PrincipalKind, argument: &'v str, case: Case, open: bool) -> Self {
        Self {
            kind,
            argument,
            value: Some(case.value),
            assumes: case.assumes,
            open,
        }
    }

    /// The references, one for each alternative, each with the origin of the fact that holds it.
    fn refs(&self, instance: &Instance) -> Vec<(Origin, PrincipalRef)> {
        let missing = || Value::unknown(unknown(instance, self.argument), instance.origin.span);
        let value = self.value.clone().filter(|v| !v.is_null()).unwrap_or_else(missing);
        let to = |case: Case| {
            let mut origin = instance.origin.clone();
            for assumption in self.assumes.iter().cloned().chain(case.assumes) {
                assume(&mut origin, assumption);
            }
            origin.open |= self.open;
            let by = values::text(instance, self.argument, &case.value);
            let (kind, scope) = (self.kind, instance.scope);
            (origin, PrincipalRef { kind, by, scope })
        };
        let known = cases(&value).into_iter().filter(|c| !c.value.is_null());
        known.map(to).collect()
    }
}

/// The elements of a list and, when it is open, one unknown that stands for the rest (marked).
pub(super) fn each(list: &Value) -> Vec<(Case, bool)> {
    let (items, open) = elements(list);
    let rest = open.map(|symbol| {
        let value = Value::unknown(symbol.part("[*]"), list.span);
        let assumes = Vec::new();
        (Case { assumes, value }, true)
    });
    items.into_iter().map(|c| (c, false)).chain(rest).collect()
}

/// Adds what must hold, once.
pub(super) fn assume(origin: &mut Origin, assumption: Assumption) {
    if !origin.exists.contains(&assumption) {
        origin.exists.push(assumption);
    }
}

/// The symbol of an argument that is not written although the provider demands it.
pub(super) fn unknown(instance: &Instance, name: &str) -> Symbol {
    let why = match instance.mode {
        Mode::Managed => "is not written",
        Mode::Data => shapes::why(Mode::Data),
    };
    values::symbol(instance, name, why, Class::Any)
}

/// The argument `name`, or an unknown.
pub(super) fn written(instance: &Instance, name: &str) -> Value {
    argument(instance, name)
        .cloned()
        .unwrap_or_else(|| Value::unknown(unknown(instance, name), instance.origin.span))
}

/// The attribute `name` as text.
pub(super) fn text(instance: &Instance, name: &str) -> Text {
    values::text(instance, name, &attribute(instance, name))
}

/// The instance once for each alternative of the arguments `names`, which decide what it is called.
pub(super) fn settled(instance: &Instance, names: &[&str]) -> Vec<Instance> {
    let mut out = Vec::new();
    split(instance.clone(), names, values::ALTERNATIVES, &mut out);
    out
}

fn split(instance: Instance, names: &[&str], budget: usize, out: &mut Vec<Instance>) {
    let choice = names
        .iter()
        .find_map(|name| match instance.body.get(name).map(|v| &v.kind) {
            Some(Kind::Choice(c)) if c.options.len() <= budget => Some(std::sync::Arc::clone(c)),
            _ => None,
        });
    let Some(choice) = choice else {
        out.push(instance);
        return;
    };
    let share = budget / choice.options.len().max(1);
    for (state, _) in &choice.options {
        let mut one = instance.clone();
        one.body = values::settle(&instance.body, &choice.on, state);
        assume(&mut one.origin, values::assumption(&choice.on, state));
        split(one, names, share, out);
    }
}

/// A principal that the configuration only refers to.
pub(super) fn stranger(reference: &PrincipalRef, origin: Origin, name: Text, arn: Text, path: Text) -> Principal {
    let trust = (reference.kind == PrincipalKind::Role).then(|| {
        let of = |part: &str| format!("{}:{arn}{part}", reference.scope.0);
        let symbol = Symbol::new(
            of(".trust"),
            format!("the trust policy of {name}"),
            "is not in the configuration",
            Class::Any,
        );
        Value::unknown(symbol, origin.span)
    });
    Principal {
        kind: reference.kind,
        origin,
        scope: reference.scope,
        name,
        path,
        arn,
        trust,
        boundary: None,
        tags: None,
        declared: false,
    }
}
