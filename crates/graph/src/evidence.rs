//! Which configurations deploy to one account: those of which one refers to what only the other declares.
//!
//! An attachment, a data source, a profile's role, a resource that runs with a role: each names something of its own
//! account. A statement's resource or a trust policy's principal does not.

use rolecall_facts::{Attachment, Compute, Configuration, PolicyRef, PrincipalKind, PrincipalRef, RoleUse, ScopeId};
use rolecall_iam::Assumptions;
use rolecall_source::{Text, Value};

use crate::index::{Elsewhere, From, Index};
use crate::launch::alternatives;
use crate::policies::is_aws;
use crate::references::{is_profile, reference};

/// Two accounts and what their being one relies on.
pub(crate) type Pair = (usize, usize, Assumptions);

/// The accounts that references tell to be one.
pub(crate) fn pairs(index: &Index<'_>, configurations: &[Configuration]) -> Vec<Pair> {
    let mut out = Vec::new();
    for (configuration, c) in configurations.iter().enumerate() {
        let mut reader = Reader {
            index,
            configuration,
            out: &mut out,
        };
        for principal in &c.principals {
            if !principal.declared {
                reader.principal(&reference(principal));
            }
            if let Some(boundary) = &principal.boundary {
                reader.policies(boundary, principal.scope);
            }
        }
        c.attachments.iter().for_each(|a| reader.attachment(a));
        for membership in &c.memberships {
            reader.principal(&membership.user);
            reader.principal(&membership.group);
        }
        for profile in &c.profiles {
            if profile.declared {
                profile.role.iter().for_each(|r| reader.principal(r));
            } else {
                reader.profile(&profile.name, profile.scope);
            }
        }
        c.compute.iter().for_each(|c| reader.compute(c));
    }
    out
}

struct Reader<'a> {
    index: &'a Index<'a>,
    configuration: usize,
    out: &'a mut Vec<Pair>,
}

impl Reader<'_> {
    fn from(&self, scope: ScopeId) -> From {
        From {
            configuration: self.configuration,
            scope,
        }
    }

    fn note(&mut self, scope: ScopeId, found: Elsewhere) {
        if let Elsewhere::One { place, assumes, .. } = found {
            let from = self.index.accounts().place(self.configuration, scope);
            self.out.push((from, place, assumes));
        }
    }

    fn principal(&mut self, by: &PrincipalRef) {
        let from = self.from(by.scope);
        if !self.index.declares(from, by) {
            self.note(by.scope, self.index.principal_elsewhere(from, by));
        }
    }

    fn attachment(&mut self, attachment: &Attachment) {
        self.principal(&attachment.to);
        if let PolicyRef::Managed(value) = &attachment.policy {
            self.policies(value, attachment.to.scope);
        }
    }

    fn policies(&mut self, value: &Value, scope: ScopeId) {
        let from = self.from(scope);
        for arn in texts(value) {
            if self.index.own_policy(from, &arn).is_none() && !is_aws(&arn) {
                self.note(scope, self.index.policy_elsewhere(from, &arn));
            }
        }
    }

    fn profile(&mut self, by: &Text, scope: ScopeId) {
        let from = self.from(scope);
        if !self.index.own_profiles(from, by).any(|(_, p)| p.declared) {
            self.note(scope, self.index.profile_elsewhere(from, by));
        }
    }

    fn compute(&mut self, compute: &Compute) {
        for RoleUse { kind, value, .. } in &compute.uses {
            for by in texts(value) {
                if is_profile(*kind) {
                    self.profile(&by, compute.scope);
                } else {
                    self.principal(&PrincipalRef {
                        kind: PrincipalKind::Role,
                        by,
                        scope: compute.scope,
                    });
                }
            }
        }
        let from = self.from(compute.scope);
        for link in &compute.links {
            for by in texts(&link.to) {
                if self.index.own_compute(from, &link.kind, &by).is_none() {
                    self.note(compute.scope, self.index.compute_elsewhere(from, &link.kind, &by));
                }
            }
        }
    }
}

fn texts(value: &Value) -> Vec<Text> {
    let mut out = Vec::new();
    alternatives(value, &Assumptions::new(), &mut out);
    out.into_iter().map(|(text, _)| text).collect()
}
