//! Facts for tests.

use std::sync::Arc;

use rolecall_facts::{
    Attachment, Compute, Configuration, InstanceProfile, Language, Link, Origin, PolicyRef, Principal, PrincipalKind,
    PrincipalRef, RoleUse, RoleUseKind, Scope, ScopeId,
};
use rolecall_source::{Class, Span, Symbol, Text, Value};

use crate::references::principal_arn;

pub(crate) fn origin(address: &str) -> Origin {
    Origin {
        address: address.into(),
        span: Span::NOWHERE,
        calls: Vec::new(),
        exists: Vec::new(),
        open: false,
    }
}

pub(crate) fn configuration() -> Configuration {
    named_configuration(".")
}

pub(crate) fn named_configuration(id: &str) -> Configuration {
    let mut c = Configuration::new(id, Language::Terraform);
    let account = Symbol::new(
        format!("account:{id}"),
        "account",
        "is not known before deployment",
        Class::Account,
    );
    c.scopes.push(Scope {
        name: "provider aws".into(),
        account: Text::symbol(account, Span::NOWHERE),
        partition: Text::plain("aws"),
        region: Text::plain("eu-west-1"),
    });
    c
}

pub(crate) fn principal(c: &Configuration, kind: PrincipalKind, name: &str) -> Principal {
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

pub(crate) fn by(kind: PrincipalKind, by: &str) -> PrincipalRef {
    PrincipalRef {
        kind,
        by: Text::plain(by),
        scope: ScopeId(0),
    }
}

pub(crate) fn managed(c: &mut Configuration, to: PrincipalRef, arn: &str) {
    c.attachments.push(Attachment {
        origin: origin("attachment"),
        to,
        policy: PolicyRef::Managed(Value::string(arn, Span::NOWHERE)),
    });
}

/// An instance profile with a role of the same name.
pub(crate) fn profile(c: &Configuration, name: &str) -> InstanceProfile {
    let scope = &c.scopes[0];
    let head = Text::plain("arn:aws:iam::").concat(&scope.account);
    InstanceProfile {
        origin: origin(name),
        scope: ScopeId(0),
        name: Text::plain(name),
        arn: head.concat(&Text::plain(&format!(":instance-profile/{name}"))),
        role: Some(by(PrincipalKind::Role, name)),
        declared: true,
    }
}

/// A role with a profile around it.
pub(crate) fn instance_role(c: &mut Configuration, name: &str) {
    c.principals.push(principal(c, PrincipalKind::Role, name));
    c.profiles.push(profile(c, name));
}

pub(crate) fn compute(kind: &str, name: &str) -> Compute {
    Compute {
        origin: origin(name),
        scope: ScopeId(0),
        kind: kind.into(),
        arn: None,
        names: vec![Text::plain(name)],
        uses: Vec::new(),
        links: Vec::new(),
        tags: None,
    }
}

impl Uses for Compute {
    fn with(mut self, kind: RoleUseKind, value: Value) -> Self {
        let property: Arc<str> = "role".into();
        self.uses.push(RoleUse { kind, value, property });
        self
    }

    fn to(mut self, kind: &str, to: Value, version: Option<Value>) -> Self {
        let kind = kind.into();
        self.links.push(Link { kind, to, version });
        self
    }
}

/// Compute, put together.
pub(crate) trait Uses {
    fn with(self, kind: RoleUseKind, value: Value) -> Self;
    fn to(self, kind: &str, to: Value, version: Option<Value>) -> Self;
}

pub(crate) fn letters(letters: &str) -> Value {
    Value::string(letters, Span::NOWHERE)
}

pub(crate) fn unknown(id: &str, class: Class) -> Value {
    Value::unknown(Symbol::new(id, id, "is not known", class), Span::NOWHERE)
}
