//! IAM Identity Center and Organizations.

use rolecall_facts::{
    Assignment, Configuration, ControlPolicy, OrganizationKind, OrganizationPart, PolicyRef, Principal, PrincipalKind,
};
use rolecall_source::{Span, Text, TextBuilder, Value};

use super::{Item, elements, texts};

impl Item<'_, '_> {
    /// [`AWS::SSO::*`](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SSO.html).
    pub(super) fn sso(&self, kind: &str, out: &mut Configuration) {
        match kind {
            "AWS::SSO::PermissionSet" => self.permission_set(out),
            "AWS::SSO::Assignment" => self.assignment(out),
            _ => {}
        }
    }

    fn permission_set(&self, out: &mut Configuration) {
        let Some((_, arn)) = self.identity() else {
            return;
        };
        let name = self
            .text("Name")
            .unwrap_or_else(|| Text::new(self.id, self.resource.span));
        let itself = self.principal(PrincipalKind::PermissionSet, arn.clone());
        let boundary = self.get("PermissionsBoundary").and_then(|b| {
            let customers = b.get("CustomerManagedPolicyReference").map(|r| self.customer_policy(r));
            b.get("ManagedPolicyArn").cloned().or(customers.flatten())
        });
        out.principals.push(Principal {
            kind: PrincipalKind::PermissionSet,
            origin: self.origin.clone(),
            scope: self.stack.place.scope,
            name,
            path: Text::plain("/"),
            arn,
            trust: None,
            boundary,
            tags: self.tags(),
            declared: true,
        });
        for (exists, policy) in self.elements("ManagedPolicies") {
            self.attach(itself.clone(), PolicyRef::Managed(policy), &exists, out);
        }
        for (exists, reference) in self.elements("CustomerManagedPolicyReferences") {
            if let Some(arn) = self.customer_policy(&reference) {
                self.attach(itself.clone(), PolicyRef::Managed(arn), &exists, out);
            }
        }
        if let Some(body) = self.get("InlinePolicy") {
            self.attach(itself, PolicyRef::Inline { name: None, body }, &[], out);
        }
    }

    /// The ARN of the customer-managed policy of this name and path in the account of the stack.
    fn customer_policy(&self, reference: &Value) -> Option<Value> {
        let name = reference.get("Name")?.to_text()?;
        let path = reference.get("Path").and_then(Value::to_text);
        let mut out = TextBuilder::default();
        out.letters("arn:", Span::NOWHERE);
        out.text(&self.stack.place.partition);
        out.letters(":iam::", Span::NOWHERE);
        out.text(&self.stack.place.account);
        out.letters(":policy", Span::NOWHERE);
        out.text(&path.unwrap_or_else(|| Text::plain("/")));
        out.text(&name);
        Some(Value::text(out.finish(), super::place(reference, self.resource)))
    }

    fn assignment(&self, out: &mut Configuration) {
        let (Some(set), Some(account)) = (self.get("PermissionSetArn"), self.get("TargetId")) else {
            return;
        };
        for (exists, by) in texts(&set) {
            out.assignments.push(Assignment {
                origin: self.origin_if(&exists),
                permission_set: self.principal(PrincipalKind::PermissionSet, by),
                account: account.clone(),
            });
        }
    }

    /// [`AWS::Organizations::*`](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Organizations.html).
    pub(super) fn organizations(&self, kind: &str, out: &mut Configuration) {
        match kind {
            "AWS::Organizations::Account" => self.part(OrganizationKind::Account, "", "ParentIds", out),
            "AWS::Organizations::Organization" => self.part(OrganizationKind::Root, "RootId", "", out),
            "AWS::Organizations::OrganizationalUnit" => self.part(OrganizationKind::Unit, "", "ParentId", out),
            "AWS::Organizations::Policy" => self.control(out),
            _ => {}
        }
    }

    /// A part of an organization: what its id is an attribute of (`""` for what `Ref` returns), what names its parent.
    fn part(&self, kind: OrganizationKind, id: &str, parent: &str, out: &mut Configuration) {
        let Some(id) = self.stack.attribute(self.id, id, self.resource.span).to_text() else {
            return;
        };
        let parents = if parent.is_empty() {
            Vec::new()
        } else {
            self.elements(parent)
        };
        out.organization.push(OrganizationPart {
            origin: self.origin.clone(),
            scope: self.stack.place.scope,
            kind,
            id,
            parent: parents.into_iter().next().map(|(_, p)| p),
        });
    }

    /// [`AWS::Organizations::Policy`](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-organizations-policy.html)
    /// of type `SERVICE_CONTROL_POLICY`.
    fn control(&self, out: &mut Configuration) {
        let kind = self.get("Type");
        if kind.as_ref().and_then(Value::as_str) != Some("SERVICE_CONTROL_POLICY") {
            return;
        }
        let Some(body) = self.get("Content") else {
            return;
        };
        let targets = self.get("TargetIds").map_or_else(Vec::new, |t| elements(&t));
        out.controls.push(ControlPolicy {
            origin: self.origin.clone(),
            body,
            targets: targets.into_iter().map(|(_, t)| t).collect(),
        });
    }
}
