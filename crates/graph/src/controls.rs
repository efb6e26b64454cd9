//! What bounds a principal from above: permissions boundaries and service control policies.

use std::sync::Arc;

use rolecall_facts::{Configuration, ControlPolicy, Origin, Principal};
use rolecall_iam::{Answer, Assumptions, Grant, Policy, PolicyKind};
use rolecall_source::{Assumption, Span, Text, Value};
use rustc_hash::FxHashMap;

use crate::index::From;
use crate::link::{Linker, exists};
use crate::model::{GrantInfo, PolicySource};
use crate::organization::Above;

/// A service control policy of a configuration.
pub(crate) struct Control {
    configuration: usize,
    targets: Vec<Text>,
    grant: Grant,
}

impl Linker<'_> {
    pub(crate) fn boundary(&mut self, at: usize, value: &Value, fact: &Principal) -> Option<Grant> {
        if value.is_null() || value.as_str() == Some("") {
            return None;
        }
        let text = value.to_text();
        let from = From {
            configuration: at,
            scope: fact.scope,
        };
        let found = text
            .as_ref()
            .and_then(|arn| self.policies.managed(&self.index, from, arn));
        let name = text.map_or_else(|| "?".to_owned(), |t| t.to_string());
        let (policy, source, exists) = found.unwrap_or_else(|| {
            self.policies.missing(
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

    /// The service control policies of a scan.
    pub(crate) fn controls(&mut self, configurations: &[Configuration]) -> Vec<Control> {
        let mut out = Vec::new();
        for (configuration, c) in configurations.iter().enumerate() {
            for ControlPolicy { origin, body, targets } in &c.controls {
                let policy = self
                    .policies
                    .parse(body, PolicyKind::Control, &origin.address, origin.span);
                let id = u32::try_from(self.policies.grants.len()).unwrap_or(u32::MAX);
                self.policies.grants.push(GrantInfo {
                    attachment: origin.clone(),
                    source: PolicySource::Customer(origin.clone()),
                    group: None,
                });
                let exists = exists(origin);
                out.push(Control {
                    configuration,
                    targets: targets.iter().filter_map(Value::to_text).collect(),
                    grant: Grant { policy, id, exists },
                });
            }
        }
        out
    }

    /// The levels of service control policies over an account. AWS attaches `FullAWSAccess` to every root, unit and
    /// account; what a policy is attached to is above this account where the configuration states so, and otherwise by
    /// assumption. The policies of another configuration count where it states this account.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>
    pub(crate) fn levels(&mut self, at: usize, place: usize, account: &Text, controls: &[Control]) -> Vec<Vec<Grant>> {
        if let Some(known) = self.levels.get(&place) {
            return known.clone();
        }
        let mut levels: Vec<Vec<Grant>> = Vec::new();
        let mut organizations: FxHashMap<usize, Option<Above>> = FxHashMap::default();
        for control in controls {
            let of = control.configuration;
            let above = organizations.entry(of).or_insert_with(|| {
                let configuration = self.index.configuration(of)?;
                let manages = |s| self.index.accounts().place(of, s) == place;
                Above::of(configuration, account, manages)
            });
            let Some(above) = above else { continue };
            for target in &control.targets {
                let exists = match above.has(target) {
                    Answer::Yes => above.exists.clone(),
                    Answer::Depends(assumes) if of == at => assumes,
                    Answer::Depends(_) | Answer::No => continue,
                };
                let mut grant = control.grant.clone();
                grant.exists.extend(exists);
                let mut level = self.full_access();
                level.push(grant);
                levels.push(level);
            }
        }
        self.levels.insert(place, levels.clone());
        levels
    }

    fn full_access(&mut self) -> Vec<Grant> {
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
