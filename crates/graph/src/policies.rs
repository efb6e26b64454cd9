//! Policy documents: which one a reference means, parsed once each.

use std::sync::Arc;

use rolecall_facts::{Configuration, Origin, PolicyRef};
use rolecall_iam::{Assumptions, Grant, Policy, PolicyKind, parse_policy};
use rolecall_source::{Assumption, Diagnostic, Kind, Span, Text, Value, json};
use rustc_hash::FxHashMap;

use crate::link::exists;
use crate::model::{Attached, GrantInfo, NodeId, PolicyGap, PolicySource};
use crate::references::{chosen, same_arn};

/// The managed policies of one configuration and of AWS, and where every grant came from.
#[derive(Default)]
pub(crate) struct Policies {
    /// The current configuration's, by ARN: the fact's index.
    customer: FxHashMap<Text, usize>,
    customer_parsed: FxHashMap<usize, Arc<Policy>>,
    aws: FxHashMap<String, Option<Arc<Policy>>>,
    pub(crate) grants: Vec<GrantInfo>,
    pub(crate) gaps: Vec<PolicyGap>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Who attaches, and through which group.
#[derive(Clone)]
pub(crate) struct Via<'a> {
    pub(crate) attachment: &'a Origin,
    pub(crate) group: Option<(NodeId, Span)>,
    pub(crate) assumes: Assumptions,
}

impl Policies {
    /// Turns to another configuration.
    pub(crate) fn enter(&mut self, configuration: &Configuration) {
        self.customer = configuration
            .policies
            .iter()
            .enumerate()
            .map(|(i, p)| (p.arn.clone(), i))
            .collect();
        self.customer_parsed.clear();
    }

    /// Parses a document and notes what it does not tell.
    pub(crate) fn parse(&mut self, body: &Value, kind: PolicyKind, address: &Arc<str>, at: Span) -> Arc<Policy> {
        let policy = parse_policy(body, kind, &mut self.diagnostics);
        for why in &policy.open {
            self.gap(
                address,
                &unknown(why),
                if policy.span.is_nowhere() { at } else { policy.span },
            );
        }
        Arc::new(policy)
    }

    pub(crate) fn gap(&mut self, address: &Arc<str>, why: &str, span: Span) {
        self.gaps.push(PolicyGap {
            address: Arc::clone(address),
            why: why.to_owned(),
            span,
        });
    }

    /// Adds what `policy` means to `out`.
    pub(crate) fn attach(
        &mut self,
        configuration: &Configuration,
        policy: &PolicyRef,
        via: &Via<'_>,
        out: &mut Attached,
    ) {
        match policy {
            PolicyRef::Inline { name, body } => {
                let parsed = self.parse(body, PolicyKind::Identity, &via.attachment.address, via.attachment.span);
                self.grant(parsed, PolicySource::Inline(name.clone()), via, out);
            }
            PolicyRef::Managed(value) => self.attach_managed(configuration, value, via, out),
        }
    }

    fn attach_managed(&mut self, configuration: &Configuration, value: &Value, via: &Via<'_>, out: &mut Attached) {
        match &value.kind {
            Kind::Text(arn) => match self.managed(configuration, arn) {
                Some((policy, source, assumes)) => {
                    let mut via = via.clone();
                    via.assumes.extend(assumes);
                    self.grant(policy, source, &via, out);
                }
                None => self.outside(arn, value.span, via, out),
            },
            Kind::Choice(choice) => {
                for (state, option) in &choice.options {
                    let mut via = via.clone();
                    via.assumes.insert(chosen(&choice.on, state));
                    self.attach_managed(configuration, option, &via, out);
                }
            }
            Kind::Null => {}
            Kind::List(list) => {
                list.items
                    .iter()
                    .for_each(|v| self.attach_managed(configuration, v, via, out));
                if let Some(symbol) = &list.open {
                    self.outside(&Text::symbol(symbol.clone(), value.span), value.span, via, out);
                }
            }
            _ => {
                let text = value.to_text().unwrap_or_else(|| Text::plain("?"));
                self.outside(&text, value.span, via, out);
            }
        }
    }

    /// A managed policy that nothing here states: the principal may hold more than is known.
    fn outside(&mut self, arn: &Text, span: Span, via: &Via<'_>, out: &mut Attached) {
        let span = if span.is_nowhere() { via.attachment.span } else { span };
        self.gap(
            &via.attachment.address,
            &format!("policy `{arn}` is not in the scan"),
            span,
        );
        out.open.insert(Assumption::new(format!(
            "policy `{arn}`, which is not in the scan, changes nothing"
        )));
    }

    fn grant(&mut self, policy: Arc<Policy>, source: PolicySource, via: &Via<'_>, out: &mut Attached) {
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

    /// The managed policy with this ARN, and what that relies on.
    pub(crate) fn managed(
        &mut self,
        configuration: &Configuration,
        arn: &Text,
    ) -> Option<(Arc<Policy>, PolicySource, Assumptions)> {
        let exact = self.customer.get(arn).map(|i| (*i, Assumptions::new()));
        let similar = || {
            configuration
                .policies
                .iter()
                .enumerate()
                .find_map(|(i, p)| Some((i, same_arn(arn, &p.arn)?)))
        };
        if let Some((index, mut assumes)) = exact.or_else(similar) {
            let fact = configuration.policies.get(index)?;
            assumes.extend(exists(&fact.origin));
            let policy = if let Some(p) = self.customer_parsed.get(&index) {
                Arc::clone(p)
            } else {
                let p = self.parse(&fact.body, PolicyKind::Identity, &fact.origin.address, fact.origin.span);
                self.customer_parsed.insert(index, Arc::clone(&p));
                p
            };
            return Some((policy, PolicySource::Customer(fact.origin.clone()), assumes));
        }
        let stated = aws_managed_arn(arn).or_else(|| aws_managed_by_name(arn))?;
        let policy = self.aws(&stated)?;
        Some((policy, PolicySource::Aws(arn.clone()), Assumptions::new()))
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
    let clause = &*assumption.0;
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

/// The ARN of the AWS-managed policy that a look-up by name finds: its ARN is not known, but for the name at its end.
fn aws_managed_by_name(arn: &Text) -> Option<String> {
    let (flat, holes) = arn.flat();
    let (at, _) = holes.last()?;
    let name = flat
        .get(at + Text::HOLE.len_utf8()..)
        .filter(|n| !n.is_empty() && !n.contains(['/', ':']))?;
    let mut named = rolecall_catalog::managed_policy_arns()
        .iter()
        .filter(|a| a.rsplit('/').next() == Some(name));
    // A look-up by name leaves open whose the policy is and its path; any other ARN says at least one of them.
    let looked_up = holes.len() == 2 && arn.split(":").is_none();
    named
        .next()
        .filter(|_| looked_up && named.next().is_none())
        .map(|a| (*a).to_owned())
}
