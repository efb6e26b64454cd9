//! Policy documents: which one a reference means, parsed once each.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_facts::{Configuration, Origin, PolicyRef};
use rolecall_iam::{Assumptions, Grant, Policy, PolicyKind, parse_policy};
use rolecall_source::{Assumption, Diagnostic, Kind, Piece, Span, Text, Value, json};
use rustc_hash::FxHashMap;

use crate::index::{At, Elsewhere, From, Index};
use crate::link::exists;
use crate::model::{Attached, Documents, GrantInfo, NodeId, PolicyGap, PolicySource};
use crate::references::{chosen, looked_up};

/// Managed policies, parsed once each, and where every grant came from.
#[derive(Default)]
pub(crate) struct Policies {
    /// The customer's, by configuration and fact.
    customer: FxHashMap<(usize, usize), Arc<Policy>>,
    aws: FxHashMap<String, Option<Arc<Policy>>>,
    pub(crate) grants: Vec<GrantInfo>,
    pub(crate) gaps: Vec<PolicyGap>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How far each document is understood, by address and place: the least of every time it is read.
    read: BTreeMap<(Arc<str>, Span), Understood>,
}

/// How far a document is understood.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Understood {
    Not,
    Partly,
    Whole,
}

impl Understood {
    fn of(policy: &Policy) -> Self {
        match (policy.open.is_empty(), policy.statements.is_empty()) {
            (true, _) => Self::Whole,
            (false, false) => Self::Partly,
            (false, true) => Self::Not,
        }
    }
}

/// Who attaches, and through which group.
#[derive(Clone)]
pub(crate) struct Via<'a> {
    pub(crate) attachment: &'a Origin,
    pub(crate) group: Option<(NodeId, Span)>,
    pub(crate) assumes: Assumptions,
}

impl Policies {
    /// Parses a document and notes what it does not tell.
    pub(crate) fn parse(&mut self, body: &Value, kind: PolicyKind, address: &Arc<str>, at: Span) -> Arc<Policy> {
        let policy = parse_policy(body, kind, &mut self.diagnostics);
        let understood = Understood::of(&policy);
        self.note(address, at, understood);
        for why in &policy.open {
            let span = if policy.span.is_nowhere() { at } else { policy.span };
            self.gap(address, &unknown(why), understood, span);
        }
        Arc::new(policy)
    }

    fn note(&mut self, address: &Arc<str>, at: Span, understood: Understood) {
        let least = self.read.entry((Arc::clone(address), at)).or_insert(understood);
        *least = understood.min(*least);
    }

    /// Notes a policy of which nothing is known.
    pub(crate) fn missing(&mut self, address: &Arc<str>, why: &str, span: Span) {
        self.note(address, span, Understood::Not);
        self.gap(address, why, Understood::Not, span);
    }

    fn gap(&mut self, address: &Arc<str>, why: &str, understood: Understood, span: Span) {
        self.gaps.push(PolicyGap {
            address: Arc::clone(address),
            why: why.to_owned(),
            partly: understood == Understood::Partly,
            span,
        });
    }

    /// Reads the customer's policies that nobody has, so that what is wrong with them is told as well.
    pub(crate) fn read_rest(&mut self, configurations: &[Configuration]) {
        for (at, configuration) in configurations.iter().enumerate() {
            for (fact, policy) in configuration.policies.iter().enumerate() {
                if !self.customer.contains_key(&(at, fact)) {
                    let origin = &policy.origin;
                    self.parse(&policy.body, PolicyKind::Identity, &origin.address, origin.span);
                }
            }
        }
    }

    /// How many documents are understood how far.
    pub(crate) fn documents(&self) -> Documents {
        let count = |wanted| self.read.values().filter(|u| **u == wanted).count();
        Documents {
            whole: count(Understood::Whole),
            partly: count(Understood::Partly),
            unknown: count(Understood::Not),
        }
    }

    /// Adds what `policy` means to `out`.
    pub(crate) fn attach(
        &mut self,
        index: &Index<'_>,
        from: From,
        policy: &PolicyRef,
        via: &Via<'_>,
        out: &mut Attached,
    ) {
        match policy {
            PolicyRef::Inline { name, body } => {
                let parsed = self.parse(body, PolicyKind::Identity, &via.attachment.address, via.attachment.span);
                self.grant(parsed, PolicySource::Inline(name.clone()), via, out);
            }
            PolicyRef::Managed(value) => self.attach_managed(index, from, value, via, out),
        }
    }

    fn attach_managed(&mut self, index: &Index<'_>, from: From, value: &Value, via: &Via<'_>, out: &mut Attached) {
        match &value.kind {
            Kind::Text(arn) => match self.managed(index, from, arn) {
                Some((policy, source, assumes)) => {
                    if matches!(source, PolicySource::Aws(_)) {
                        self.note(&via.attachment.address, value.span, Understood::Whole);
                    }
                    let mut via = via.clone();
                    via.assumes.extend(assumes);
                    self.grant(policy, source, &via, out);
                }
                None => self.outside(&missing(index, from, arn), arn, value.span, via, out),
            },
            Kind::Choice(choice) => {
                for (state, option) in &choice.options {
                    let mut via = via.clone();
                    via.assumes.insert(chosen(&choice.on, state));
                    self.attach_managed(index, from, option, &via, out);
                }
            }
            Kind::Null => {}
            Kind::List(list) => {
                list.items
                    .iter()
                    .for_each(|v| self.attach_managed(index, from, v, via, out));
                if let Some(symbol) = &list.open {
                    let arn = Text::symbol(symbol.clone(), value.span);
                    self.outside(&not_stated(&arn), &arn, value.span, via, out);
                }
            }
            _ => {
                let text = value.to_text().unwrap_or_else(|| Text::plain("?"));
                self.outside(&not_stated(&text), &text, value.span, via, out);
            }
        }
    }

    /// A managed policy that nothing here states: the principal may hold more than is known.
    fn outside(&mut self, why: &str, arn: &Text, span: Span, via: &Via<'_>, out: &mut Attached) {
        let span = if span.is_nowhere() { via.attachment.span } else { span };
        self.missing(&via.attachment.address, why, span);
        out.open.insert(Assumption::new(format!(
            "policy `{arn}`, which is not in the scan, changes nothing"
        )));
    }

    fn grant(&mut self, policy: Arc<Policy>, source: PolicySource, via: &Via<'_>, out: &mut Attached) {
        if via.assumes.are_impossible() {
            return;
        }
        let same = |g: &Grant| Arc::ptr_eq(&g.policy, &policy) && g.exists.is_subset(&via.assumes);
        if out.grants.iter().any(same) {
            return;
        }
        let id = u32::try_from(self.grants.len()).unwrap_or(u32::MAX);
        self.grants.push(GrantInfo {
            attachment: via.attachment.clone(),
            source,
            group: via.group,
        });
        out.grants.push(Grant {
            policy,
            id,
            exists: via.assumes.clone(),
        });
    }

    /// The managed policy with this ARN, and what that relies on: the configuration's own, AWS's, or one that another
    /// configuration declares.
    pub(crate) fn managed(
        &mut self,
        index: &Index<'_>,
        from: From,
        arn: &Text,
    ) -> Option<(Arc<Policy>, PolicySource, Assumptions)> {
        if let Some((at, assumes)) = index.own_policy(from, arn) {
            return self.customer(index, at, assumes);
        }
        let stated = aws_managed_arn(arn).or_else(|| aws_managed_by_name(arn));
        if let Some(policy) = stated.and_then(|stated| self.aws(&stated)) {
            return Some((policy, PolicySource::Aws(arn.clone()), Assumptions::new()));
        }
        let (facts, assumes) = index.policy_elsewhere(from, arn).one()?;
        let at = facts.first().copied()?;
        self.customer(index, at, assumes)
    }

    fn customer(
        &mut self,
        index: &Index<'_>,
        at: At,
        mut assumes: Assumptions,
    ) -> Option<(Arc<Policy>, PolicySource, Assumptions)> {
        let fact = index.policy(at)?;
        assumes.extend(exists(&fact.origin));
        let key = (at.configuration, at.fact);
        let policy = if let Some(p) = self.customer.get(&key) {
            Arc::clone(p)
        } else {
            let p = self.parse(&fact.body, PolicyKind::Identity, &fact.origin.address, fact.origin.span);
            self.customer.insert(key, Arc::clone(&p));
            p
        };
        Some((policy, PolicySource::Customer(fact.origin.clone()), assumes))
    }

    /// The AWS-managed policy with this ARN.
    pub(crate) fn aws(&mut self, arn: &str) -> Option<Arc<Policy>> {
        if let Some(known) = self.aws.get(arn) {
            return known.clone();
        }
        let parsed = rolecall_catalog::managed_policy(arn).and_then(|p| {
            let document = json::read_text(&Text::plain(&p.document)).ok()?;
            Some(Arc::new(parse_policy(
                &document.value,
                PolicyKind::Identity,
                &mut Vec::new(),
            )))
        });
        self.aws.insert(arn.to_owned(), parsed.clone());
        parsed
    }
}

/// What is not known, out of the assumption that it adds nothing.
fn unknown(assumption: &Assumption) -> String {
    let clause = assumption.clause();
    let part = clause
        .strip_prefix("what ")
        .and_then(|c| c.strip_suffix(" adds does not change this"));
    part.map_or_else(|| clause.to_owned(), |part| format!("{part} is not known"))
}

/// `arn:aws:iam::aws:policy/…` of an AWS-managed policy's ARN, whatever its partition.
fn aws_managed_arn(arn: &Text) -> Option<String> {
    let parts = arn.split(":")?;
    let [head, _partition, service, _region, account, resource] = parts.as_slice() else {
        return None;
    };
    let is = |t: &Text, s: &str| t.as_str() == Some(s);
    let policy = resource.as_str().filter(|r| r.starts_with("policy/"))?;
    (is(head, "arn") && is(service, "iam") && is(account, "aws")).then(|| format!("arn:aws:iam::aws:{policy}"))
}

/// The ARN of the AWS-managed policy that a look-up by name finds. A look-up leaves open whose the policy is and its
/// path; any other ARN says at least one of them.
fn aws_managed_by_name(arn: &Text) -> Option<String> {
    let Some(Piece::Letters(name)) = arn.pieces().last().filter(|_| looked_up(arn)) else {
        return None;
    };
    let all = rolecall_catalog::managed_policy_arns();
    let mut named = all.iter().filter(|a| a.rsplit('/').next() == Some(name));
    named.next().filter(|_| named.next().is_none()).map(|a| (*a).to_owned())
}

/// True iff this is the ARN of a policy of AWS's.
pub(crate) fn is_aws(arn: &Text) -> bool {
    let stated = aws_managed_arn(arn).or_else(|| aws_managed_by_name(arn));
    stated.is_some_and(|arn| rolecall_catalog::managed_policy(&arn).is_some())
}

/// Why a managed policy is not known.
pub(crate) fn missing(index: &Index<'_>, from: From, arn: &Text) -> String {
    let Elsewhere::Several(declared) = index.policy_elsewhere(from, arn) else {
        return not_stated(arn);
    };
    let id = |i: &usize| index.configuration(*i).map(|c| format!("`{}`", c.id));
    let (mut ids, more) = (
        declared.iter().filter_map(id).collect::<Vec<_>>(),
        declared.len().saturating_sub(3),
    );
    ids.truncate(3);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("policy `{arn}` may be that of {}{more}", ids.join(" or "))
}

fn not_stated(arn: &Text) -> String {
    format!("policy `{arn}` is not in the scan")
}
