//! What bounds a principal from above: permissions boundaries and service control policies.

use std::sync::Arc;

use rolecall_facts::{Configuration, ControlPolicy, Origin, Principal};
use rolecall_iam::{Assumptions, Grant, Policy, PolicyKind};
use rolecall_source::{Assumption, Span, Text, Value};

use crate::link::{Linker, exists};
use crate::model::{GrantInfo, PolicySource};

impl Linker {
    pub(crate) fn boundary(&mut self, configuration: &Configuration, value: &Value, fact: &Principal) -> Option<Grant> {
        if value.is_null() || value.as_str() == Some("") {
            return None;
        }
        let text = value.to_text();
        let found = text.as_ref().and_then(|arn| self.policies.managed(configuration, arn));
        let name = text.map_or_else(|| "?".to_owned(), |t| t.to_string());
        let (policy, source, exists) = found.unwrap_or_else(|| {
            self.policies.gap(
                &fact.origin.address,
                &format!("permissions boundary `{name}` is not in the scan"),
                value.span,
            );
            let why = Assumption::new(format!(
                "permissions boundary `{name}`, which is not in the scan, allows it"
            ));
            let policy = Policy {
                statements: Vec::new(),
                span: value.span,
                open: Assumptions::from([why]),
            };
            (
                Arc::new(policy),
                PolicySource::Outside(Text::plain(&name)),
                Assumptions::new(),
            )
        });
        let id = u32::try_from(self.policies.grants.len()).unwrap_or(u32::MAX);
        self.policies.grants.push(GrantInfo {
            attachment: fact.origin.clone(),
            source,
            group: None,
        });
        Some(Grant { policy, id, exists })
    }

    /// The service control policies of a configuration, with what they are attached to.
    pub(crate) fn controls(&mut self, configuration: &Configuration) -> Vec<(Vec<Value>, Grant)> {
        let mut grants = Vec::new();
        for ControlPolicy { origin, body, targets } in &configuration.controls {
            let policy = self
                .policies
                .parse(body, PolicyKind::Control, &origin.address, origin.span);
            let id = u32::try_from(self.policies.grants.len()).unwrap_or(u32::MAX);
            let info = GrantInfo {
                attachment: origin.clone(),
                source: PolicySource::Customer(origin.clone()),
                group: None,
            };
            self.policies.grants.push(info);
            grants.push((
                targets.clone(),
                Grant {
                    policy,
                    id,
                    exists: exists(origin),
                },
            ));
        }
        grants
    }

    /// The levels of service control policies over an account. AWS attaches `FullAWSAccess` to every root, unit and
    /// account; whether a root or unit is above this account is not stated, so its policies are an assumption.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>
    pub(crate) fn levels(&mut self, account: &Text, controls: &[(Vec<Value>, Grant)]) -> Vec<Vec<Grant>> {
        let mut levels: Vec<Vec<Grant>> = Vec::new();
        for (targets, grant) in controls {
            for target in targets.iter().filter_map(Value::to_text) {
                let mut grant = grant.clone();
                if target != *account {
                    if target
                        .as_str()
                        .is_some_and(|t| t.len() == 12 && t.bytes().all(|b| b.is_ascii_digit()))
                        && account.is_known()
                    {
                        continue;
                    }
                    grant.exists.insert(Assumption::new(format!(
                        "`{target}` is above the account this deploys to"
                    )));
                }
                let mut level = self.full_access();
                level.push(grant);
                levels.push(level);
            }
        }
        levels
    }

    pub(crate) fn full_access(&mut self) -> Vec<Grant> {
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        let Some(policy) = self.policies.aws(arn) else {
            return Vec::new();
        };
        let id = u32::try_from(self.policies.grants.len()).unwrap_or(u32::MAX);
        let attachment = Origin {
            address: "FullAWSAccess".into(),
            span: Span::NOWHERE,
            calls: Vec::new(),
            exists: Vec::new(),
            open: false,
        };
        self.policies.grants.push(GrantInfo {
            attachment,
            source: PolicySource::Aws(Text::plain("FullAWSAccess")),
            group: None,
        });
        vec![Grant {
            policy,
            id,
            exists: Assumptions::new(),
        }]
    }
}
