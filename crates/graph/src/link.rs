//! Facts to graph.

use std::sync::Arc;

use rolecall_facts::{
    Attachment, Configuration, ControlPolicy, Origin, Principal, PrincipalKind, PrincipalRef, Scope, ScopeId,
};
use rolecall_iam::{Assumptions, Authority, Caller, Grant, Policy, PolicyKind};
use rolecall_source::{Assumption, Class, Diagnostic, Kind, Span, Symbol, Text, Value};
use rustc_hash::FxHashMap;

use crate::account::Binding;
use crate::compute;
use crate::model::{Attached, GrantInfo, Graph, Node, NodeId, PolicySource, ProfileNode};
use crate::policies::{Policies, Via, same_arn};

/// What the user states of the accounts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The account that configurations deploy to, twelve digits.
    pub account: Option<String>,
}

/// Links configurations. What was wrong with a policy is told in `diagnostics`, once each.
#[must_use]
pub fn link(configurations: Vec<Configuration>, options: &Options, diagnostics: &mut Vec<Diagnostic>) -> Graph {
    let mut linker = Linker::default();
    for mut configuration in configurations {
        if let Some(binding) = Binding::of(&configuration, options.account.as_deref()) {
            binding.apply(&mut configuration);
        }
        linker.configuration(&configuration);
        linker.graph.configurations.push(configuration);
    }
    linker.graph.grants = linker.policies.grants;
    linker.policies.gaps.sort();
    linker.policies.gaps.dedup();
    linker.graph.gaps = linker.policies.gaps;
    diagnostics.append(&mut linker.policies.diagnostics);
    linker.graph
}

/// What must hold for a fact to be there.
pub(crate) fn exists(origin: &Origin) -> Assumptions {
    let mut assumes: Assumptions = origin.exists.iter().cloned().collect();
    if origin.open {
        assumes.insert(Assumption::new(format!(
            "`{}` has at least one instance",
            origin.address
        )));
    }
    assumes
}

/// The account of a scope; a configuration without scopes has none.
pub(crate) fn scope(configuration: &Configuration, id: ScopeId) -> Option<&Scope> {
    configuration.scopes.get(id.0 as usize)
}

#[derive(Default)]
struct Linker {
    graph: Graph,
    policies: Policies,
    /// The current configuration's principals by kind and name.
    names: FxHashMap<(PrincipalKind, Text), Vec<NodeId>>,
}

impl Linker {
    fn configuration(&mut self, configuration: &Configuration) {
        self.names.clear();
        self.policies.enter(configuration);
        let first = self.graph.nodes.len();
        let mut principals: Vec<&Principal> = configuration.principals.iter().collect();
        // Declared ones first: a data source for a role that is declared here is that role.
        principals.sort_by_key(|p| !p.declared);
        for fact in principals {
            if fact.declared || self.find(configuration, &reference(fact)).is_empty() {
                self.add(configuration, fact.clone());
            }
        }
        let mut attached: Vec<Attached> = Vec::new();
        for attachment in &configuration.attachments {
            self.attachment(configuration, attachment, first, &mut attached);
        }
        self.memberships(configuration, first, &mut attached);
        let controls = self.controls(configuration);
        for index in first..self.graph.nodes.len() {
            let own = attached.get_mut(index - first).map(std::mem::take).unwrap_or_default();
            self.finish(configuration, index, own, &controls);
        }
        self.profiles(configuration);
        compute::link(&mut self.graph, configuration, &self.names);
    }

    fn add(&mut self, configuration: &Configuration, fact: Principal) -> NodeId {
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        let place = scope(configuration, fact.scope);
        self.names.entry((fact.kind, fact.name.clone())).or_default().push(id);
        self.graph.nodes.push(Node {
            configuration: self.graph.configurations.len(),
            account: place.map_or_else(|| Text::plain(""), |s| s.account.clone()),
            partition: place.map_or_else(|| Text::plain("aws"), |s| s.partition.clone()),
            authority: Authority::default(),
            trust: None,
            groups: Vec::new(),
            members: 0,
            exists: exists(&fact.origin),
            fact,
        });
        id
    }

    /// The principals that `by` means, with what that relies on.
    fn find(&self, configuration: &Configuration, by: &PrincipalRef) -> Vec<(NodeId, Assumptions)> {
        find_principal(&self.graph, &self.names, configuration, by)
    }

    /// The principals that `by` means; one that is only named here is made, since it may hold what is attached to it.
    fn find_or_add(
        &mut self,
        configuration: &Configuration,
        by: &PrincipalRef,
        at: &Origin,
    ) -> Vec<(NodeId, Assumptions)> {
        let found = self.find(configuration, by);
        if !found.is_empty() {
            return found;
        }
        let name = last_segment(&by.by);
        if name.is_empty() {
            let why = format!("it is attached to a {} without a name", by.kind.word());
            self.policies.gap(&at.address, &why, at.span);
            return Vec::new();
        }
        let (account, partition) = scope(configuration, by.scope).map_or_else(
            || (Text::plain(""), Text::plain("aws")),
            |s| (s.account.clone(), s.partition.clone()),
        );
        let arn = if starts_with_arn(&by.by) {
            by.by.clone()
        } else {
            principal_arn(by.kind, &partition, &account, &name)
        };
        let fact = Principal {
            kind: by.kind,
            origin: Origin {
                address: at.address.clone(),
                exists: Vec::new(),
                open: false,
                ..at.clone()
            },
            scope: by.scope,
            name,
            path: Text::plain("/"),
            arn,
            trust: None,
            boundary: None,
            tags: None,
            declared: false,
        };
        vec![(self.add(configuration, fact), Assumptions::new())]
    }

    fn attachment(
        &mut self,
        configuration: &Configuration,
        fact: &Attachment,
        first: usize,
        attached: &mut Vec<Attached>,
    ) {
        for (node, mut assumes) in self.find_or_add(configuration, &fact.to, &fact.origin) {
            assumes.extend(exists(&fact.origin));
            if let Some(principal) = self.graph.node(node) {
                // What the principal itself states exists with it.
                if principal.fact.origin.address == fact.origin.address {
                    assumes.retain(|a| !principal.exists.contains(a));
                }
            }
            let via = Via {
                attachment: &fact.origin,
                group: None,
                assumes,
            };
            let slot = slot(attached, node, first);
            self.policies.attach(configuration, &fact.policy, &via, slot);
        }
    }

    fn memberships(&mut self, configuration: &Configuration, first: usize, attached: &mut Vec<Attached>) {
        for fact in &configuration.memberships {
            let users = self.find_or_add(configuration, &fact.user, &fact.origin);
            let groups = self.find_or_add(configuration, &fact.group, &fact.origin);
            for (user, from_user) in &users {
                for (group, from_group) in &groups {
                    let mut assumes: Assumptions = from_user.union(from_group).cloned().collect();
                    assumes.extend(exists(&fact.origin));
                    let span = fact.origin.span;
                    if let Some(node) = self.graph.nodes.get_mut(group.0 as usize) {
                        node.members += 1;
                        assumes.extend(node.exists.iter().cloned());
                    }
                    if let Some(node) = self.graph.nodes.get_mut(user.0 as usize) {
                        node.groups.push((*group, span));
                    }
                    self.inherit(*user, *group, span, &assumes, first, attached);
                }
            }
        }
    }

    /// Gives a user what its group has.
    fn inherit(
        &mut self,
        user: NodeId,
        group: NodeId,
        span: Span,
        assumes: &Assumptions,
        first: usize,
        attached: &mut Vec<Attached>,
    ) {
        let from = slot(attached, group, first).clone();
        let to = slot(attached, user, first);
        for grant in from.grants {
            let Some(info) = self.policies.grants.get(grant.id as usize).cloned() else {
                continue;
            };
            let id = u32::try_from(self.policies.grants.len()).unwrap_or(u32::MAX);
            self.policies.grants.push(GrantInfo {
                group: Some((group, span)),
                ..info
            });
            let exists = grant.exists.union(assumes).cloned().collect();
            to.grants.push(Grant { id, exists, ..grant });
        }
        to.open.extend(from.open);
    }

    fn finish(&mut self, configuration: &Configuration, index: usize, own: Attached, controls: &[(Vec<Value>, Grant)]) {
        let Some(node) = self.graph.nodes.get(index) else {
            return;
        };
        let (fact, account, partition) = (node.fact.clone(), node.account.clone(), node.partition.clone());
        let mut open = own.open;
        if !fact.declared {
            open.insert(Assumption::new(format!(
                "{} `{}` has no policies but those stated here",
                fact.kind.word(),
                fact.name
            )));
        }
        let boundary = fact
            .boundary
            .as_ref()
            .and_then(|b| self.boundary(configuration, b, &fact));
        let trust = fact.trust.as_ref().map(|t| {
            self.policies
                .parse(t, PolicyKind::Trust, &fact.origin.address, fact.origin.span)
        });
        let caller = caller(&fact, &account, &partition);
        let levels = self.levels(&account, controls);
        let assigned = unassigned(configuration, &fact, &account);
        if let Some(node) = self.graph.nodes.get_mut(index) {
            node.authority = Authority {
                caller,
                identity: own.grants,
                boundary,
                controls: levels,
                open,
            };
            node.trust = trust;
            node.exists.extend(assigned);
        }
    }

    fn boundary(&mut self, configuration: &Configuration, value: &Value, fact: &Principal) -> Option<Grant> {
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
    fn controls(&mut self, configuration: &Configuration) -> Vec<(Vec<Value>, Grant)> {
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
    fn levels(&mut self, account: &Text, controls: &[(Vec<Value>, Grant)]) -> Vec<Vec<Grant>> {
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

    fn profiles(&mut self, configuration: &Configuration) {
        for fact in &configuration.profiles {
            let found = fact
                .role
                .as_ref()
                .map(|r| self.find(configuration, r))
                .unwrap_or_default();
            let mut exists = exists(&fact.origin);
            let role = found.into_iter().next().map(|(node, assumes)| {
                exists.extend(assumes);
                node
            });
            let account = scope(configuration, fact.scope).map_or_else(|| Text::plain(""), |s| s.account.clone());
            let configuration = self.graph.configurations.len();
            self.graph.profiles.push(ProfileNode {
                configuration,
                fact: fact.clone(),
                account,
                role,
                exists,
            });
        }
    }
}

fn slot(attached: &mut Vec<Attached>, node: NodeId, first: usize) -> &mut Attached {
    let index = (node.0 as usize).saturating_sub(first);
    if attached.len() <= index {
        attached.resize_with(index + 1, Attached::default);
    }
    // INVARIANT: the vector was just made long enough.
    #[expect(clippy::indexing_slicing, reason = "the vector was just made long enough")]
    &mut attached[index]
}

fn reference(fact: &Principal) -> PrincipalRef {
    PrincipalRef {
        kind: fact.kind,
        by: fact.name.clone(),
        scope: fact.scope,
    }
}

/// The principals of the current configuration that `by` means: by name, or by ARN.
pub(crate) fn find_principal(
    graph: &Graph,
    names: &FxHashMap<(PrincipalKind, Text), Vec<NodeId>>,
    configuration: &Configuration,
    by: &PrincipalRef,
) -> Vec<(NodeId, Assumptions)> {
    let is_arn = starts_with_arn(&by.by);
    let name = if is_arn { last_segment(&by.by) } else { by.by.clone() };
    let account = scope(configuration, by.scope).map(|s| &s.account);
    let candidates = names.get(&(by.kind, name)).map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for id in candidates {
        let Some(node) = graph.node(*id) else { continue };
        if is_arn {
            found.extend(same_arn(&by.by, &node.fact.arn).map(|a| (*id, a)));
        } else if account.is_none_or(|a| *a == node.account) {
            found.push((*id, Assumptions::new()));
        }
    }
    found
}

pub(crate) fn starts_with_arn(text: &Text) -> bool {
    matches!(text.pieces().first(), Some(rolecall_source::Piece::Letters(l)) if l.starts_with("arn:"))
}

/// What follows the last `/` of the known letters: the name in an ARN with a path.
pub(crate) fn last_segment(text: &Text) -> Text {
    let (flat, _) = text.flat();
    let from = flat.rfind('/').map_or_else(
        || {
            if starts_with_arn(text) {
                flat.rfind(':').map_or(0, |i| i + 1)
            } else {
                0
            }
        },
        |i| i + 1,
    );
    text.slice(from..flat.len())
}

fn principal_arn(kind: PrincipalKind, partition: &Text, account: &Text, name: &Text) -> Text {
    let word = match kind {
        PrincipalKind::User => "user",
        PrincipalKind::Group => "group",
        PrincipalKind::Role | PrincipalKind::PermissionSet => "role",
    };
    let head = Text::plain("arn:").concat(partition).concat(&Text::plain(":iam::"));
    head.concat(account)
        .concat(&Text::plain(&format!(":{word}/")))
        .concat(name)
}

/// The facts of a caller. A permission set acts as the role that IAM Identity Center makes from it:
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html>
fn caller(fact: &Principal, account: &Text, partition: &Text) -> Caller {
    let arn = match fact.kind {
        PrincipalKind::PermissionSet => {
            let suffix = Symbol::new(
                format!("{}#sso", fact.origin.address),
                "suffix",
                "is generated by IAM Identity Center",
                Class::Id,
            );
            let name = Text::plain("aws-reserved/sso.amazonaws.com/AWSReservedSSO_")
                .concat(&fact.name)
                .concat(&Text::plain("_"));
            principal_arn(
                fact.kind,
                partition,
                account,
                &name.concat(&Text::symbol(suffix, Span::NOWHERE)),
            )
        }
        _ => fact.arn.clone(),
    };
    let is_user = matches!(fact.kind, PrincipalKind::User | PrincipalKind::Group);
    Caller {
        arn: (fact.kind != PrincipalKind::Group).then_some(arn),
        account: Some(account.clone()),
        username: (fact.kind == PrincipalKind::User).then(|| fact.name.clone()),
        kind: Some(if is_user { "User" } else { "AssumedRole" }),
        tags: fact.tags.as_ref().and_then(|t| match &t.kind {
            Kind::Map(m) => Some(m.clone()),
            _ => None,
        }),
    }
}

/// What must hold for a permission set to act in `account`.
fn unassigned(configuration: &Configuration, fact: &Principal, account: &Text) -> Option<Assumption> {
    if fact.kind != PrincipalKind::PermissionSet {
        return None;
    }
    let mine = |by: &Text| *by == fact.arn || *by == fact.name;
    let mut accounts = configuration
        .assignments
        .iter()
        .filter(|a| mine(&a.permission_set.by))
        .filter_map(|a| a.account.to_text());
    if accounts.any(|a| a == *account) {
        return None;
    }
    Some(Assumption::new(format!(
        "permission set `{}` is assigned in the account of the role",
        fact.name
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_facts::{Language, Membership, PolicyRef};

    fn origin(address: &str) -> Origin {
        Origin {
            address: address.into(),
            span: Span::NOWHERE,
            calls: Vec::new(),
            exists: Vec::new(),
            open: false,
        }
    }

    fn configuration() -> Configuration {
        let mut c = Configuration::new(".", Language::Terraform);
        let account = Symbol::new("account:.", "account", "is not known before deployment", Class::Account);
        c.scopes.push(Scope {
            name: "provider aws".into(),
            account: Text::symbol(account, Span::NOWHERE),
            partition: Text::plain("aws"),
            region: Text::plain("eu-west-1"),
        });
        c
    }

    fn principal(c: &Configuration, kind: PrincipalKind, name: &str) -> Principal {
        let s = &c.scopes[0];
        Principal {
            kind,
            origin: origin(name),
            scope: ScopeId(0),
            name: Text::plain(name),
            path: Text::plain("/"),
            arn: principal_arn(kind, &s.partition, &s.account, &Text::plain(name)),
            trust: None,
            boundary: None,
            tags: None,
            declared: true,
        }
    }

    fn by(kind: PrincipalKind, by: &str) -> PrincipalRef {
        PrincipalRef {
            kind,
            by: Text::plain(by),
            scope: ScopeId(0),
        }
    }

    fn managed(c: &mut Configuration, to: PrincipalRef, arn: &str) {
        c.attachments.push(Attachment {
            origin: origin("attachment"),
            to,
            policy: PolicyRef::Managed(Value::string(arn, Span::NOWHERE)),
        });
    }

    #[test]
    fn a_user_has_what_its_group_has() {
        let mut c = configuration();
        c.principals.push(principal(&c, PrincipalKind::User, "ada"));
        c.principals.push(principal(&c, PrincipalKind::Group, "ops"));
        managed(
            &mut c,
            by(PrincipalKind::Group, "ops"),
            "arn:aws:iam::aws:policy/AdministratorAccess",
        );
        c.memberships.push(Membership {
            origin: origin("membership"),
            user: by(PrincipalKind::User, "ada"),
            group: by(PrincipalKind::Group, "ops"),
        });
        let graph = link(vec![c], &Options::default(), &mut Vec::new());
        let ada = graph
            .nodes
            .iter()
            .find(|n| n.fact.name.as_str() == Some("ada"))
            .unwrap();
        assert_eq!(ada.authority.identity.len(), 1);
        assert!(graph.grants[ada.authority.identity[0].id as usize].group.is_some());
    }

    #[test]
    fn an_attachment_to_a_role_that_is_only_named_makes_the_role() {
        let mut c = configuration();
        managed(
            &mut c,
            by(PrincipalKind::Role, "elsewhere"),
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        );
        let graph = link(vec![c], &Options::default(), &mut Vec::new());
        assert!(!graph.nodes[0].fact.declared);
        assert_eq!(graph.nodes[0].authority.open.len(), 1);
    }

    #[test]
    fn a_look_up_by_name_finds_the_policy_of_aws() {
        let mut c = configuration();
        c.principals.push(principal(&c, PrincipalKind::User, "ada"));
        let symbol = |id: &str| Text::symbol(Symbol::new(id, id, "is looked up", Class::Any), Span::NOWHERE);
        let head = Text::plain("arn:aws:iam::")
            .concat(&symbol("owner"))
            .concat(&Text::plain(":policy/"));
        let arn = head.concat(&symbol("path")).concat(&Text::plain("ReadOnlyAccess"));
        c.attachments.push(Attachment {
            origin: origin("attachment"),
            to: by(PrincipalKind::User, "ada"),
            policy: PolicyRef::Managed(Value::text(arn, Span::NOWHERE)),
        });
        let graph = link(vec![c], &Options::default(), &mut Vec::new());
        assert!(graph.gaps.is_empty());
        assert!(graph.nodes[0].authority.open.is_empty());
        assert_eq!(graph.nodes[0].authority.identity.len(), 1);
    }

    #[test]
    fn a_policy_outside_the_scan_is_a_gap_not_silence() {
        let mut c = configuration();
        c.principals.push(principal(&c, PrincipalKind::User, "ada"));
        managed(
            &mut c,
            by(PrincipalKind::User, "ada"),
            "arn:aws:iam::123456789012:policy/corp",
        );
        let graph = link(vec![c], &Options::default(), &mut Vec::new());
        assert_eq!(graph.gaps.len(), 1);
        assert_eq!(graph.nodes[0].authority.open.len(), 1);
    }

    #[test]
    fn a_literal_account_is_this_one_when_it_is_the_only_one() {
        let mut c = configuration();
        c.principals.push(principal(&c, PrincipalKind::Role, "app"));
        managed(
            &mut c,
            by(PrincipalKind::Role, "arn:aws:iam::123456789012:role/app"),
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        );
        let graph = link(vec![c.clone()], &Options::default(), &mut Vec::new());
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.nodes[0].account.as_str(), Some("123456789012"));
        assert!(graph.nodes[0].authority.identity[0].exists.is_empty());
        // Two accounts occur: which one this is stays an assumption.
        managed(
            &mut c,
            by(PrincipalKind::Role, "arn:aws:iam::210987654321:role/app"),
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        );
        let graph = link(vec![c], &Options::default(), &mut Vec::new());
        assert_eq!(graph.nodes[0].authority.identity[0].exists.len(), 1);
    }
}
