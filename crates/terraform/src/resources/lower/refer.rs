//! Principals that facts refer to and that nobody declares.

use rolecall_facts::{Configuration, Origin, PrincipalKind, PrincipalRef, ScopeId};
use rolecall_source::{Class, Symbol, Text, TextBuilder};

use rustc_hash::FxHashSet;

use super::context::stranger;

/// Adds one undeclared principal for every name or ARN that attachments, memberships and profiles refer to and that
/// is no principal's.
pub(super) fn add_undeclared(configuration: &mut Configuration) {
    let mut known: FxHashSet<(PrincipalKind, ScopeId, Text)> = FxHashSet::default();
    for p in &configuration.principals {
        known.insert((p.kind, p.scope, p.name.clone()));
        known.insert((p.kind, p.scope, p.arn.clone()));
    }
    let mut references: Vec<(PrincipalRef, Origin)> = Vec::new();
    let attachments = configuration.attachments.iter().map(|a| (&a.to, &a.origin));
    let users = configuration.memberships.iter().map(|m| (&m.user, &m.origin));
    let groups = configuration.memberships.iter().map(|m| (&m.group, &m.origin));
    let profiles = configuration.profiles.iter();
    let profiles = profiles.filter_map(|p| p.role.as_ref().map(|r| (r, &p.origin)));
    for (reference, origin) in attachments.chain(users).chain(groups).chain(profiles) {
        if known.insert((reference.kind, reference.scope, reference.by.clone())) {
            references.push((reference.clone(), origin.clone()));
        }
    }
    for (reference, origin) in references {
        let principal = undeclared(configuration, &reference, origin);
        configuration.principals.push(principal);
    }
}

fn undeclared(configuration: &Configuration, reference: &PrincipalRef, origin: Origin) -> rolecall_facts::Principal {
    let by = &reference.by;
    let (flat, _) = by.flat();
    let path = Text::symbol(
        Symbol::new(
            format!("{}:{}:{by}.path", configuration.id, reference.scope.0),
            format!("the path of {by}"),
            "is not in the configuration",
            Class::Any,
        ),
        by.span(),
    );
    if flat.starts_with("arn:") {
        let name = flat
            .rfind('/')
            .map_or_else(|| by.clone(), |at| by.slice(at + 1..flat.len()));
        return stranger(reference, origin, name, by.clone(), path);
    }
    let word = match reference.kind {
        PrincipalKind::User => ":user/",
        PrincipalKind::Group => ":group/",
        PrincipalKind::Role => ":role/",
        PrincipalKind::PermissionSet => return stranger(reference, origin, by.clone(), by.clone(), Text::plain("/")),
    };
    let mut arn = TextBuilder::default();
    let scope = configuration.scopes.get(reference.scope.0 as usize);
    arn.letters("arn:", by.span());
    if let Some(scope) = scope {
        arn.text(&scope.partition);
    }
    arn.letters(":iam::", by.span());
    if let Some(scope) = scope {
        arn.text(&scope.account);
    }
    arn.letters(word, by.span());
    arn.text(&path);
    arn.text(by);
    stranger(reference, origin, by.clone(), arn.finish(), path)
}
