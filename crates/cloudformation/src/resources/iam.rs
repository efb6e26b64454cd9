//! `AWS::IAM::*`, after the
//! [resource reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html).

use rolecall_facts::{
    Configuration, InstanceProfile, ManagedPolicy, Membership, PolicyRef, Principal, PrincipalKind, PrincipalRef,
};
use rolecall_source::{Assumption, Kind, Text, Value};

use super::{Item, texts};

/// The properties that list principals a policy is attached to.
const LISTS: [(&str, PrincipalKind); 3] = [
    ("Users", PrincipalKind::User),
    ("Groups", PrincipalKind::Group),
    ("Roles", PrincipalKind::Role),
];

impl Item<'_, '_> {
    pub(super) fn iam(&self, kind: &str, out: &mut Configuration) {
        match kind {
            "AWS::IAM::User" => {
                self.iam_principal(PrincipalKind::User, out);
                self.groups_of_user(out);
            }
            "AWS::IAM::Group" => self.iam_principal(PrincipalKind::Group, out),
            "AWS::IAM::Role" => self.iam_principal(PrincipalKind::Role, out),
            "AWS::IAM::ManagedPolicy" => self.managed_policy(out),
            "AWS::IAM::Policy" => {
                let policy = self.inline();
                self.attach_to_lists(&policy, out);
            }
            "AWS::IAM::UserPolicy" => self.attach_to_one("UserName", PrincipalKind::User, out),
            "AWS::IAM::GroupPolicy" => self.attach_to_one("GroupName", PrincipalKind::Group, out),
            "AWS::IAM::RolePolicy" => self.attach_to_one("RoleName", PrincipalKind::Role, out),
            "AWS::IAM::UserToGroupAddition" => self.user_to_group_addition(out),
            "AWS::IAM::InstanceProfile" => self.instance_profile(out),
            _ => {}
        }
    }

    fn iam_principal(&self, kind: PrincipalKind, out: &mut Configuration) {
        let Some((name, arn)) = self.identity() else {
            return;
        };
        let itself = self.principal(kind, name.clone());
        out.principals.push(Principal {
            kind,
            origin: self.origin.clone(),
            scope: self.stack.place.scope,
            name,
            path: self.stack.path_text(self.id, self.resource),
            arn,
            trust: self.get("AssumeRolePolicyDocument"),
            boundary: self.get("PermissionsBoundary"),
            tags: self.tags(),
            declared: true,
        });
        for (exists, policy) in self.elements("ManagedPolicyArns") {
            self.attach(itself.clone(), PolicyRef::Managed(policy), &exists, out);
        }
        for (exists, policy) in self.elements("Policies") {
            self.inline_policies(&itself, &policy, &exists, out);
        }
    }

    /// An element of `Policies`, perhaps one of several.
    fn inline_policies(&self, to: &PrincipalRef, policy: &Value, exists: &[Assumption], out: &mut Configuration) {
        let policy_ref = match &policy.kind {
            Kind::Map(map) => PolicyRef::Inline {
                name: map.get("PolicyName").and_then(Value::to_text),
                body: match map.get("PolicyDocument") {
                    Some(body) => body.clone(),
                    None => return,
                },
            },
            _ => PolicyRef::Inline {
                name: None,
                body: policy.clone(),
            },
        };
        self.attach(to.clone(), policy_ref, exists, out);
    }

    fn groups_of_user(&self, out: &mut Configuration) {
        let Some((name, _)) = self.identity() else {
            return;
        };
        let Some(groups) = self.get("Groups") else {
            return;
        };
        for (exists, group) in texts(&groups) {
            out.memberships.push(Membership {
                origin: self.origin_if(&exists),
                user: self.principal(PrincipalKind::User, name.clone()),
                group: self.principal(PrincipalKind::Group, group),
            });
        }
    }

    fn managed_policy(&self, out: &mut Configuration) {
        let (Some((name, arn)), Some(body)) = (self.identity(), self.get("PolicyDocument")) else {
            return;
        };
        let by_arn = PolicyRef::Managed(Value::text(arn.clone(), self.resource.span));
        out.policies.push(ManagedPolicy {
            origin: self.origin.clone(),
            scope: self.stack.place.scope,
            name,
            arn,
            body,
        });
        self.attach_to_lists(&by_arn, out);
    }

    fn inline(&self) -> PolicyRef {
        let missing = || {
            self.stack.unknown(
                &format!("{}.PolicyDocument", self.id),
                "is not stated",
                self.resource.span,
            )
        };
        PolicyRef::Inline {
            name: self.text("PolicyName"),
            body: self.get("PolicyDocument").unwrap_or_else(missing),
        }
    }

    fn attach_to_lists(&self, policy: &PolicyRef, out: &mut Configuration) {
        for (property, kind) in LISTS {
            let Some(list) = self.get(property) else {
                continue;
            };
            for (exists, by) in texts(&list) {
                self.attach(self.principal(kind, by), policy.clone(), &exists, out);
            }
        }
    }

    fn attach_to_one(&self, property: &str, kind: PrincipalKind, out: &mut Configuration) {
        let Some(name) = self.get(property) else {
            return;
        };
        // Without a document these resources delete the policy of that name.
        if self.get("PolicyDocument").is_none() {
            return;
        }
        for (exists, by) in texts(&name) {
            self.attach(self.principal(kind, by), self.inline(), &exists, out);
        }
    }

    fn user_to_group_addition(&self, out: &mut Configuration) {
        let (Some(group), Some(users)) = (self.text("GroupName"), self.get("Users")) else {
            return;
        };
        for (exists, user) in texts(&users) {
            out.memberships.push(Membership {
                origin: self.origin_if(&exists),
                user: self.principal(PrincipalKind::User, user),
                group: self.principal(PrincipalKind::Group, group.clone()),
            });
        }
    }

    fn instance_profile(&self, out: &mut Configuration) {
        let Some((name, arn)) = self.identity() else {
            return;
        };
        let roles: Vec<(Vec<Assumption>, Text)> = self.get("Roles").map_or_else(Vec::new, |r| texts(&r));
        // A profile holds at most one role; alternatives of it are profiles of one name under each assumption.
        let mut state = |exists: &[Assumption], role: Option<Text>| {
            out.profiles.push(InstanceProfile {
                origin: self.origin_if(exists),
                scope: self.stack.place.scope,
                name: name.clone(),
                arn: arn.clone(),
                role: role.map(|by| self.principal(PrincipalKind::Role, by)),
                declared: true,
            });
        };
        if roles.is_empty() {
            state(&[], None);
        }
        for (exists, role) in roles {
            state(&exists, Some(role));
        }
    }
}
