//! Linking across configurations: what links, and what must not.

use rolecall_facts::{Configuration, Membership, PrincipalKind, RoleUseKind, ScopeId};
use rolecall_source::{Class, Span, Symbol, Text};

use super::*;
use crate::model::{PolicySource, RoleTarget};
use crate::testing::{
    Uses, by, compute, instance_role, letters, managed, named_configuration, origin, principal, profile,
};

const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const TOGETHER: &str = "`a` and `b` deploy to one account";

fn linked(configurations: Vec<Configuration>) -> Graph {
    link(configurations, &Options::default(), &mut Vec::new())
}

fn declaring(id: &str, kind: PrincipalKind, names: &[&str]) -> Configuration {
    let mut c = named_configuration(id);
    for name in names {
        c.principals.push(principal(&c, kind, name));
    }
    c
}

/// A configuration whose account is written in it.
fn stated(id: &str, account: &str, kind: PrincipalKind, names: &[&str]) -> Configuration {
    let mut c = named_configuration(id);
    c.scopes[0].account = Text::plain(account);
    for name in names {
        c.principals.push(principal(&c, kind, name));
    }
    c
}

fn data_source(c: &mut Configuration, name: &str) {
    let mut data = principal(c, PrincipalKind::Role, name);
    data.origin = origin("data");
    data.declared = false;
    c.principals.push(data);
}

fn node<'g>(graph: &'g Graph, name: &str) -> &'g Node {
    let named = |n: &&Node| n.fact.name.as_str() == Some(name);
    graph.nodes.iter().find(named).unwrap()
}

/// What two principals being in one account relies on.
fn same(graph: &Graph, a: &str, b: &str) -> Option<Vec<String>> {
    let assumes = graph.same_account(node(graph, a), node(graph, b))?;
    Some(assumes.iter().map(ToString::to_string).collect())
}

#[test]
fn an_attachment_reaches_the_role_that_only_another_configuration_declares() {
    let a = declaring("a", PrincipalKind::Role, &["app", "other"]);
    let mut b = declaring("b", PrincipalKind::User, &["ada"]);
    managed(&mut b, by(PrincipalKind::Role, "app"), READ);
    let graph = linked(vec![a, b]);
    assert_eq!(graph.nodes.len(), 3);
    let app = node(&graph, "app");
    assert_eq!(app.authority.identity.len(), 1);
    let assumes: Vec<String> = app.authority.identity[0]
        .exists
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(assumes, [TOGETHER]);
    // The reference tells that both are in one account, so all of their principals may be.
    assert_eq!(same(&graph, "ada", "other"), Some(vec![TOGETHER.to_owned()]));
    assert_eq!(node(&graph, "ada").account, node(&graph, "other").account);
}

#[test]
fn a_data_source_is_the_role_that_only_another_configuration_declares() {
    let a = declaring("a", PrincipalKind::Role, &["app"]);
    let mut b = named_configuration("b");
    data_source(&mut b, "app");
    b.profiles.push(profile(&b, "app"));
    let graph = linked(vec![a, b]);
    assert_eq!(graph.nodes.len(), 1);
    assert!(graph.nodes[0].authority.open.is_empty());
    assert_eq!(graph.profiles[0].role, Some(NodeId(0)));
    assert_eq!(graph.profiles[0].exists.len(), 1);
}

#[test]
fn what_several_configurations_declare_is_nobodys() {
    let dev = declaring("dev", PrincipalKind::Role, &["app"]);
    let prod = declaring("prod", PrincipalKind::Role, &["app"]);
    let mut shared = declaring("shared", PrincipalKind::User, &["ada"]);
    data_source(&mut shared, "app");
    managed(
        &mut shared,
        by(PrincipalKind::User, "ada"),
        "arn:aws:iam::123456789012:policy/corp",
    );
    let graph = linked(vec![dev, prod, shared]);
    assert_eq!(graph.nodes.len(), 4);
    assert_eq!(same(&graph, "ada", "app"), None);
}

#[test]
fn configurations_that_do_not_refer_to_each_other_are_apart() {
    let a = declaring("a", PrincipalKind::Role, &["app"]);
    let b = declaring("b", PrincipalKind::User, &["ada"]);
    assert_eq!(same(&linked(vec![a, b]), "ada", "app"), None);
}

#[test]
fn configurations_that_declare_one_name_are_never_one_account() {
    let user = PrincipalKind::User;
    let dev = stated("dev", "123456789012", user, &["ada", "one"]);
    let prod = stated("prod", "123456789012", user, &["ada", "two"]);
    assert_eq!(same(&linked(vec![dev, prod]), "one", "two"), None);
    let dev = declaring("dev", user, &["ada", "one"]);
    let mut prod = declaring("prod", user, &["ada", "two"]);
    managed(&mut prod, by(user, "one"), READ);
    assert_eq!(same(&linked(vec![dev, prod]), "one", "two"), None);
}

#[test]
fn stated_accounts_decide() {
    let role = PrincipalKind::Role;
    let pair = |a: &str, b: &str| linked(vec![stated("a", a, role, &["app"]), stated("b", b, role, &["web"])]);
    assert_eq!(same(&pair("123456789012", "123456789012"), "app", "web"), Some(vec![]));
    assert_eq!(same(&pair("123456789012", "210987654321"), "app", "web"), None);
    // A reference does not say otherwise.
    let a = stated("a", "123456789012", role, &["app"]);
    let mut b = stated("b", "210987654321", role, &["web"]);
    data_source(&mut b, "app");
    let graph = linked(vec![a, b]);
    assert_eq!(graph.nodes.len(), 3);
    assert_eq!(same(&graph, "app", "web"), None);
}

#[test]
fn the_user_states_one_account_for_all() {
    let a = declaring("a", PrincipalKind::Role, &["app"]);
    let b = declaring("b", PrincipalKind::User, &["ada"]);
    let options = Options {
        account: Some("123456789012".into()),
    };
    let graph = link(vec![a, b], &options, &mut Vec::new());
    assert_eq!(same(&graph, "ada", "app"), Some(vec![]));
}

#[test]
fn an_account_that_both_mention_is_not_thereby_theirs() {
    let mention = |id: &str, name: &str| {
        let mut c = declaring(id, PrincipalKind::Role, &[name]);
        managed(
            &mut c,
            by(PrincipalKind::Role, name),
            "arn:aws:iam::123456789012:policy/central",
        );
        c
    };
    let graph = linked(vec![mention("a", "app"), mention("b", "web")]);
    assert_eq!(node(&graph, "app").account.as_str(), Some("123456789012"));
    assert_eq!(same(&graph, "app", "web"), None);
}

#[test]
fn two_accounts_of_one_configuration_are_two() {
    let mut a = declaring("a", PrincipalKind::Role, &["app"]);
    let mut other = a.scopes[0].clone();
    let symbol = Symbol::new("account:a.prod", "account", "is not known", Class::Account);
    other.account = Text::symbol(symbol, Span::NOWHERE);
    a.scopes.push(other);
    let mut there = principal(&a, PrincipalKind::Role, "there");
    there.scope = ScopeId(1);
    a.principals.push(there);
    // Both refer to what `b` declares: it may be in either, and they stay two.
    let b = declaring("b", PrincipalKind::Role, &["base"]);
    data_source(&mut a, "base");
    let last = a.principals.len() - 1;
    let mut again = a.principals[last].clone();
    again.scope = ScopeId(1);
    a.principals.push(again);
    let graph = linked(vec![a, b]);
    assert_eq!(same(&graph, "app", "there"), None);
    assert_ne!(node(&graph, "app").account, node(&graph, "there").account);
    assert_eq!(same(&graph, "app", "base"), Some(vec![TOGETHER.to_owned()]));
    assert_eq!(same(&graph, "there", "base"), Some(vec![TOGETHER.to_owned()]));
}

fn policy(c: &mut Configuration, name: &str) {
    let arn = Text::plain("arn:aws:iam::").concat(&c.scopes[0].account);
    c.policies.push(rolecall_facts::ManagedPolicy {
        origin: origin(name),
        scope: ScopeId(0),
        name: Text::plain(name),
        arn: arn.concat(&Text::plain(&format!(":policy/{name}"))),
        body: letters(r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#),
    });
}

#[test]
fn a_policy_and_a_boundary_are_found_where_they_are_declared() {
    let mut a = named_configuration("a");
    policy(&mut a, "corp");
    let mut b = declaring("b", PrincipalKind::User, &["ada", "bea"]);
    managed(
        &mut b,
        by(PrincipalKind::User, "ada"),
        "arn:aws:iam::123456789012:policy/corp",
    );
    b.principals[1].boundary = Some(letters("arn:aws:iam::123456789012:policy/corp"));
    let graph = linked(vec![a, b]);
    assert!(graph.gaps.is_empty(), "{:?}", graph.gaps);
    let ada = node(&graph, "ada");
    assert_eq!(ada.authority.identity[0].policy.statements.len(), 1);
    assert_eq!(ada.authority.identity[0].exists.len(), 1);
    assert_eq!(
        node(&graph, "bea")
            .authority
            .boundary
            .as_ref()
            .unwrap()
            .policy
            .statements
            .len(),
        1
    );
}

#[test]
fn a_policy_of_several_configurations_is_a_gap_that_names_them() {
    let declaring = |id: &str| {
        let mut c = named_configuration(id);
        policy(&mut c, "corp");
        c
    };
    let mut b = super::across::declaring("use", PrincipalKind::User, &["ada"]);
    managed(
        &mut b,
        by(PrincipalKind::User, "ada"),
        "arn:aws:iam::123456789012:policy/corp",
    );
    let graph = linked(vec![declaring("dev"), declaring("prod"), b]);
    let expected = "policy `arn:aws:iam::123456789012:policy/corp` may be that of `dev` or `prod`";
    assert_eq!(
        graph.gaps.iter().map(|g| g.why.as_str()).collect::<Vec<_>>(),
        [expected]
    );
}

#[test]
fn a_policy_of_ones_own_is_not_that_of_aws() {
    let mut a = declaring("a", PrincipalKind::User, &["ada"]);
    policy(&mut a, "ReadOnlyAccess");
    managed(&mut a, by(PrincipalKind::User, "ada"), READ);
    let graph = linked(vec![a]);
    let grant = &node(&graph, "ada").authority.identity[0];
    let source = &graph.grant(grant.id).unwrap().source;
    assert!(matches!(source, PolicySource::Aws(_)), "{source:?}");
    assert!(grant.exists.is_empty());
}

#[test]
fn members_profiles_and_compute_reach_across() {
    let mut a = declaring("a", PrincipalKind::Group, &["ops"]);
    instance_role(&mut a, "app");
    managed(&mut a, by(PrincipalKind::Group, "ops"), READ);
    a.compute
        .push(compute("ec2:launch-template", "web").with(RoleUseKind::ProfileName, letters("app")));
    let mut b = declaring("b", PrincipalKind::User, &["ada"]);
    b.memberships.push(Membership {
        origin: origin("membership"),
        user: by(PrincipalKind::User, "ada"),
        group: by(PrincipalKind::Group, "ops"),
    });
    let arn = letters("arn:aws:iam::123456789012:instance-profile/app");
    b.compute
        .push(compute("ec2:instance", "i").with(RoleUseKind::ProfileArn, arn));
    let group = compute("autoscaling:autoScalingGroup", "asg");
    b.compute
        .push(group.to("ec2:launch-template", letters("web"), Some(letters("$Latest"))));
    let graph = linked(vec![a, b]);
    assert_eq!(node(&graph, "ada").authority.identity.len(), 1);
    let [template, instance, group] = graph.compute.as_slice() else {
        panic!("{:?}", graph.compute);
    };
    assert!(template.runs_with[0].assumes.is_empty());
    assert_eq!(instance.runs_with[0].target, RoleTarget::Profile(0));
    assert_eq!(instance.runs_with[0].assumes.len(), 1);
    assert_eq!(group.links[0].to, 0);
    let effective = graph.effective_roles(2);
    assert_eq!(effective.len(), 1);
    assert_eq!(effective[0].assumes.len(), 1);
    let app = node(&graph, "app");
    assert_eq!(graph.in_account_of(group, app).map(|a| a.len()), Some(1));
}

#[test]
fn a_template_of_another_region_is_not_meant() {
    let mut a = named_configuration("a");
    a.compute.push(compute("ec2:launch-template", "web"));
    let mut b = named_configuration("b");
    b.scopes[0].region = Text::plain("us-east-1");
    let group = compute("autoscaling:autoScalingGroup", "asg");
    b.compute.push(group.to("ec2:launch-template", letters("web"), None));
    assert!(linked(vec![a, b]).compute[1].links.is_empty());
}
