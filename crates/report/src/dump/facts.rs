use std::fmt::{self, Display, Write};

use rolecall_facts::{
    Assignment, Attachment, Compute, Configuration, ControlPolicy, InstanceProfile, Language, ManagedPolicy,
    Membership, OrganizationKind, OrganizationPart, Origin, PolicyRef, Principal, PrincipalRef, ResourcePolicy,
    RoleUseKind, Scope,
};
use rolecall_source::{Choice, Kind, Sources, Span, Value, json};

/// What the configurations state, one block of lines per fact, in the order the frontends give them.
#[must_use]
pub fn facts(configurations: &[Configuration], sources: &Sources) -> String {
    let mut page = Page {
        out: String::new(),
        sources,
    };
    for configuration in configurations {
        page.configuration(configuration);
    }
    page.out
}

struct Page<'a> {
    out: String,
    sources: &'a Sources,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, name: &str, value: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{:indent$}{name} {value}", "");
    }

    fn some(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.line(4, name, value);
        }
    }

    fn configuration(&mut self, c: &Configuration) {
        let language = match c.language {
            Language::Terraform => "terraform",
            Language::CloudFormation => "cloudformation",
        };
        self.line(0, language, &c.id);
        for (i, scope) in c.scopes.iter().enumerate() {
            self.scope(i, scope);
        }
        c.principals.iter().for_each(|p| self.principal(p));
        c.policies.iter().for_each(|p| self.policy(p));
        c.attachments.iter().for_each(|a| self.attachment(a));
        c.memberships.iter().for_each(|m| self.membership(m));
        c.profiles.iter().for_each(|p| self.profile(p));
        c.compute.iter().for_each(|r| self.compute(r));
        c.controls.iter().for_each(|p| self.control(p));
        c.organization.iter().for_each(|p| self.organization(p));
        c.resource_policies.iter().for_each(|p| self.resource_policy(p));
        c.assignments.iter().for_each(|a| self.assignment(a));
    }

    fn scope(&mut self, index: usize, scope: &Scope) {
        self.line(2, "scope", format_args!("{index} {}", scope.name));
        self.line(4, "account", &scope.account);
        self.line(4, "partition", &scope.partition);
        self.line(4, "region", &scope.region);
    }

    fn origin(&mut self, what: &str, origin: &Origin) {
        self.line(2, what, &origin.address);
        self.line(4, "at", self.place(origin.span));
        for call in &origin.calls {
            self.line(4, "called at", self.place(*call));
        }
        for assumption in &origin.exists {
            self.line(4, "exists if", assumption);
        }
        if origin.open {
            self.line(4, "open", "there may be more like it");
        }
    }

    fn place(&self, span: Span) -> String {
        if span.is_nowhere() {
            return "nowhere".into();
        }
        let at = self.sources.position(span);
        format!("{}:{}:{}", self.sources.path(span.file), at.line, at.column)
    }

    fn principal(&mut self, p: &Principal) {
        self.origin(p.kind.word(), &p.origin);
        self.line(4, "scope", p.scope.0);
        self.line(4, "name", &p.name);
        self.line(4, "path", &p.path);
        self.line(4, "arn", &p.arn);
        self.some("trust", p.trust.as_ref().map(Shown));
        self.some("boundary", p.boundary.as_ref().map(Shown));
        self.some("tags", p.tags.as_ref().map(Shown));
        if !p.declared {
            self.line(4, "declared", "elsewhere");
        }
    }

    fn policy(&mut self, p: &ManagedPolicy) {
        self.origin("policy", &p.origin);
        self.line(4, "scope", p.scope.0);
        self.line(4, "name", &p.name);
        self.line(4, "arn", &p.arn);
        self.line(4, "body", Shown(&p.body));
    }

    fn attachment(&mut self, a: &Attachment) {
        self.origin("attachment", &a.origin);
        self.line(4, "to", Named(&a.to));
        match &a.policy {
            PolicyRef::Inline { name, body } => {
                self.some("inline", name.as_ref());
                self.line(4, "body", Shown(body));
            }
            PolicyRef::Managed(arn) => self.line(4, "managed", Shown(arn)),
        }
    }

    fn membership(&mut self, m: &Membership) {
        self.origin("membership", &m.origin);
        self.line(4, "user", Named(&m.user));
        self.line(4, "group", Named(&m.group));
    }

    fn profile(&mut self, p: &InstanceProfile) {
        self.origin("profile", &p.origin);
        self.line(4, "scope", p.scope.0);
        self.line(4, "name", &p.name);
        self.line(4, "arn", &p.arn);
        self.some("role", p.role.as_ref().map(Named));
    }

    fn compute(&mut self, c: &Compute) {
        self.origin("compute", &c.origin);
        self.line(4, "scope", c.scope.0);
        self.line(4, "kind", &c.kind);
        self.some("arn", c.arn.as_ref());
        for name in &c.names {
            self.line(4, "name", name);
        }
        for used in &c.uses {
            let value = Shown(&used.value);
            self.line(
                4,
                "uses",
                format_args!("{} {} by {}", how(used.kind), value, used.property),
            );
        }
        for link in &c.links {
            let to = Shown(&link.to);
            match &link.version {
                Some(version) => self.line(4, "link", format_args!("{} {to} version {}", link.kind, Shown(version))),
                None => self.line(4, "link", format_args!("{} {to}", link.kind)),
            }
        }
        self.some("tags", c.tags.as_ref().map(Shown));
    }

    fn control(&mut self, p: &ControlPolicy) {
        self.origin("control policy", &p.origin);
        self.line(4, "body", Shown(&p.body));
        for target in &p.targets {
            self.line(4, "target", Shown(target));
        }
    }

    fn organization(&mut self, p: &OrganizationPart) {
        let kind = match p.kind {
            OrganizationKind::Root => "organization root",
            OrganizationKind::Unit => "organizational unit",
            OrganizationKind::Account => "organization account",
        };
        self.origin(kind, &p.origin);
        self.line(4, "scope", p.scope.0);
        self.line(4, "id", &p.id);
        self.some("parent", p.parent.as_ref().map(Shown));
    }

    fn resource_policy(&mut self, p: &ResourcePolicy) {
        self.origin("resource policy", &p.origin);
        self.line(4, "scope", p.scope.0);
        self.line(4, "resource", &p.resource);
        self.line(4, "body", Shown(&p.body));
    }

    fn assignment(&mut self, a: &Assignment) {
        self.origin("assignment", &a.origin);
        self.line(4, "permission set", Named(&a.permission_set));
        self.line(4, "account", Shown(&a.account));
    }
}

fn how(kind: RoleUseKind) -> &'static str {
    match kind {
        RoleUseKind::ProfileName => "profile name",
        RoleUseKind::ProfileArn => "profile arn",
        RoleUseKind::ProfileNameOrArn => "profile",
        RoleUseKind::RoleName => "role name",
        RoleUseKind::RoleArn => "role arn",
        RoleUseKind::RoleNameOrArn => "role",
    }
}

/// A reference, as `user deployer` (in another scope than the first: `user deployer in scope 1`).
struct Named<'a>(&'a PrincipalRef);

impl Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.kind.word(), self.0.by)?;
        match self.0.scope.0 {
            0 => Ok(()),
            scope => write!(f, " in scope {scope}"),
        }
    }
}

/// A value as compact JSON, symbols in angle brackets; a text that holds JSON as that JSON, whatever its layout; a
/// choice with its alternatives.
struct Shown<'a>(&'a Value);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Choice(choice) => show_choice(choice, f),
            Kind::Encoded(encoded) => write!(f, "{}", json::write(&encoded.value)),
            Kind::Text(text) => match text
                .as_str()
                .is_none_or(json::looks_like_json)
                .then(|| json::read_text(text))
            {
                Some(Ok(document)) if document.value.as_map().is_some() => {
                    write!(f, "{}", json::write(&document.value))
                }
                _ => write!(f, "{}", json::write(self.0)),
            },
            _ => write!(f, "{}", json::write(self.0)),
        }
    }
}

fn show_choice(choice: &Choice, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} ?", choice.on)?;
    for (i, (state, value)) in choice.options.iter().enumerate() {
        write!(f, "{} {state}: {}", if i == 0 { "" } else { " |" }, Shown(value))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use rolecall_facts::{PrincipalKind, ScopeId};
    use rolecall_source::{Assumption, Class, Symbol, Text};

    fn origin(address: &str, span: Span) -> Origin {
        Origin {
            address: address.into(),
            span,
            calls: Vec::new(),
            exists: Vec::new(),
            open: false,
        }
    }

    #[test]
    fn a_role_with_a_policy() {
        let sources = Sources::in_memory(&[("main.tf", "resource \"aws_iam_role\" \"app\" {}\n\n{ }\n")]);
        let file = sources.ids().next().unwrap();
        let at = Span::new(file, 0, 30);
        let account = Symbol::new("account:.", "account", "is not known", Class::Account);
        let mut c = Configuration::new(".", Language::Terraform);
        c.scopes.push(Scope {
            name: "provider aws".into(),
            account: Text::symbol(account.clone(), Span::NOWHERE),
            partition: Text::plain("aws"),
            region: Text::plain("eu-west-1"),
        });
        let trust = "{ \"Version\": \"2012-10-17\",\n  \"Statement\": [] }";
        c.principals.push(Principal {
            kind: PrincipalKind::Role,
            origin: Origin {
                exists: vec![Assumption::new("`var.create` is true")],
                open: true,
                calls: vec![Span::new(file, 35, 38)],
                ..origin("aws_iam_role.app", at)
            },
            scope: ScopeId(0),
            name: Text::plain("app"),
            path: Text::plain("/"),
            arn: Text::plain("arn:aws:iam::").concat(&Text::symbol(account.clone(), Span::NOWHERE)),
            trust: Some(Value::string(trust, at)),
            boundary: None,
            tags: None,
            declared: true,
        });
        let on = Symbol::new("v", "var.wide", "has no default", Class::Any);
        let options = vec![
            (
                Arc::from("true"),
                Value::string("arn:aws:iam::aws:policy/AdministratorAccess", at),
            ),
            (Arc::from("false"), Value::null(at)),
        ];
        c.attachments.push(Attachment {
            origin: origin("aws_iam_role_policy_attachment.app", at),
            to: PrincipalRef {
                kind: PrincipalKind::Role,
                by: Text::plain("app"),
                scope: ScopeId(1),
            },
            policy: PolicyRef::Managed(Value::new(Kind::Choice(Arc::new(Choice { on, options })), at)),
        });
        insta::assert_snapshot!(facts(&[c], &sources), @r#"
        terraform .
          scope 0 provider aws
            account ⟨account⟩
            partition aws
            region eu-west-1
          role aws_iam_role.app
            at main.tf:1:1
            called at main.tf:3:2
            exists if `var.create` is true
            open there may be more like it
            scope 0
            name app
            path /
            arn arn:aws:iam::⟨account⟩
            trust {"Version":"2012-10-17","Statement":[]}
          attachment aws_iam_role_policy_attachment.app
            at main.tf:1:1
            to role app in scope 1
            managed ⟨var.wide⟩ ? true: "arn:aws:iam::aws:policy/AdministratorAccess" | false: null
        "#);
    }
}
