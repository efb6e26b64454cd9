use std::sync::Arc;

use rolecall_facts::{Configuration, RoleUseKind};
use rolecall_source::{Choice, Span, Symbol};

use super::*;
use crate::testing::{Uses, compute, configuration, instance_role, letters, unknown};
use crate::{Options, link};

const TEMPLATE: &str = "ec2:launch-template";
const GROUP: &str = "autoscaling:autoScalingGroup";

/// A role and profile `app`, a launch template `lt` that names it.
fn templated() -> Configuration {
    let mut c = configuration();
    instance_role(&mut c, "app");
    instance_role(&mut c, "other");
    c.compute
        .push(compute(TEMPLATE, "lt").with(RoleUseKind::ProfileName, letters("app")));
    c
}

fn linked(c: Configuration) -> Graph {
    link(vec![c], &Options::default(), &mut Vec::new())
}

/// The roles by name, the compute between by name, what is assumed.
fn roles(graph: &Graph, name: &str) -> Vec<(String, Vec<String>, usize)> {
    let named = |i: usize| graph.compute[i].fact.names[0].to_string();
    let at = (0..graph.compute.len()).find(|i| named(*i) == name).unwrap();
    let effective = graph.effective_roles(at).into_iter();
    effective
        .map(|e| {
            let role = graph.node(e.role).unwrap().fact.name.to_string();
            (role, e.via.iter().map(|i| named(*i)).collect(), e.assumes.len())
        })
        .collect()
}

fn pinned(version: Option<Value>) -> Option<Pin> {
    let mut c = templated();
    c.compute
        .push(compute(GROUP, "asg").to(TEMPLATE, letters("lt"), version));
    let graph = linked(c);
    assert_eq!(roles(&graph, "asg"), [("app".to_owned(), vec!["lt".to_owned()], 0)]);
    graph.compute[1].links[0].pin.clone()
}

#[test]
fn a_group_runs_with_the_role_of_its_template_whichever_version_it_takes() {
    assert_eq!(pinned(Some(letters("$Latest"))), Some(Pin::Latest));
    assert_eq!(pinned(Some(letters("$Default"))), Some(Pin::Default));
    assert_eq!(pinned(Some(letters("3"))), Some(Pin::Fixed(Text::plain("3"))));
    assert_eq!(pinned(None), Some(Pin::Default));
    // What the template's latest version is at deployment is one version.
    let latest = unknown("lt.latest_version", Class::Id);
    let text = latest.to_text().unwrap();
    assert_eq!(pinned(Some(latest)), Some(Pin::Fixed(text)));
    assert_eq!(pinned(Some(unknown("var.version", Class::Any))), Some(Pin::Unknown));
}

#[test]
fn a_profile_of_its_own_replaces_the_templates() {
    let mut c = templated();
    let instance = compute("ec2:instance", "i").with(RoleUseKind::ProfileName, letters("other"));
    c.compute.push(instance.to(TEMPLATE, letters("lt"), None));
    assert_eq!(roles(&linked(c), "i"), [("other".to_owned(), vec![], 0)]);
}

#[test]
fn a_profile_that_may_be_absent_does_not() {
    let mut c = templated();
    let on = Symbol::new("var.own", "var.own", "has no default", Class::Any);
    let options = vec![
        (Arc::from("true"), letters("other")),
        (Arc::from("false"), Value::null(Span::NOWHERE)),
    ];
    let maybe = Value::new(Kind::Choice(Arc::new(Choice { on, options })), Span::NOWHERE);
    let instance = compute("ec2:instance", "i").with(RoleUseKind::ProfileName, maybe);
    c.compute.push(instance.to(TEMPLATE, letters("lt"), None));
    let expected = [
        ("other".to_owned(), vec![], 1),
        ("app".to_owned(), vec!["lt".to_owned()], 0),
    ];
    assert_eq!(roles(&linked(c), "i"), expected);
}

#[test]
fn a_chosen_template_is_linked_under_what_chooses_it() {
    let mut c = templated();
    let on = Symbol::new("var.old", "var.old", "has no default", Class::Any);
    let options = vec![
        (Arc::from("true"), letters("gone")),
        (Arc::from("false"), letters("lt")),
    ];
    let to = Value::new(Kind::Choice(Arc::new(Choice { on, options })), Span::NOWHERE);
    let group = compute(GROUP, "asg").to(TEMPLATE, to, None);
    c.compute.push(group);
    let graph = linked(c.clone());
    assert_eq!(roles(&graph, "asg"), [("app".to_owned(), vec!["lt".to_owned()], 1)]);
    // A second link without a condition makes it certain.
    let group = c.compute.pop().unwrap().to(TEMPLATE, letters("lt"), Some(letters("2")));
    c.compute.push(group);
    let via = vec!["lt".to_owned()];
    let expected = [("app".to_owned(), via.clone(), 1), ("app".to_owned(), via, 0)];
    assert_eq!(roles(&linked(c), "asg"), expected);
}

#[test]
fn a_service_runs_with_the_roles_of_its_task_definition() {
    let mut c = configuration();
    instance_role(&mut c, "app");
    let task = compute("ecs:task-definition", "web");
    c.compute.push(task.with(RoleUseKind::RoleName, letters("app")));
    let revision = Symbol::new("web.revision", "web.revision", "is generated", Class::Id);
    let head = Text::plain("web:");
    let made = head.concat(&Text::symbol(revision.clone(), Span::NOWHERE));
    let services = [
        ("latest", letters("web")),
        ("third", letters("web:3")),
        ("made", Value::text(made, Span::NOWHERE)),
        ("other", letters("webs:3")),
    ];
    for (name, to) in services {
        let service = compute("ecs:service", name).to("ecs:task-definition", to, None);
        c.compute.push(service);
    }
    let graph = linked(c);
    let pins: Vec<_> = graph
        .compute
        .iter()
        .flat_map(|c| &c.links)
        .map(|l| l.pin.clone())
        .collect();
    let fixed = |t: Text| Some(Pin::Fixed(t));
    let made = Text::symbol(revision, Span::NOWHERE);
    assert_eq!(pins, [Some(Pin::Latest), fixed(Text::plain("3")), fixed(made)]);
    for name in ["latest", "third", "made"] {
        assert_eq!(roles(&graph, name), [("app".to_owned(), vec!["web".to_owned()], 0)]);
    }
    assert_eq!(roles(&graph, "other"), []);
}

#[test]
fn a_cluster_hands_no_role_on_and_a_circle_ends() {
    let mut c = configuration();
    instance_role(&mut c, "app");
    let cluster = compute("eks:cluster", "k").with(RoleUseKind::RoleName, letters("app"));
    c.compute.push(cluster);
    c.compute
        .push(compute("eks:nodegroup", "ng").to("eks:cluster", letters("k"), None));
    let one = compute("ec2:instance", "one").with(RoleUseKind::ProfileName, letters("app"));
    c.compute.push(one.to("ec2:instance", letters("two"), None));
    c.compute
        .push(compute("ec2:instance", "two").to("ec2:instance", letters("one"), None));
    let graph = linked(c);
    assert_eq!(roles(&graph, "ng"), []);
    assert_eq!(roles(&graph, "two"), [("app".to_owned(), vec!["one".to_owned()], 0)]);
}
