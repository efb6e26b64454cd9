use super::*;
use crate::testing::{by, configuration, managed, origin, principal};
use rolecall_facts::{Attachment, Membership, PolicyRef};
use rolecall_source::{Class, Kind, Span, Symbol, Value, json};

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
    assert_eq!(documents(&graph), (0, 0, 1));
}

fn documents(graph: &Graph) -> (usize, usize, usize) {
    let of = graph.documents;
    (of.whole, of.partly, of.unknown)
}

#[test]
fn documents_are_counted_once_by_how_far_they_are_understood() {
    let mut c = configuration();
    c.principals.push(principal(&c, PrincipalKind::User, "ada"));
    let symbol = |id: &str| Symbol::new(id, id, "is not known", Class::Any);
    let text = r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
    let whole = json::read_text(&Text::plain(text)).unwrap().value;
    let mut partly = whole.clone();
    if let Kind::Map(map) = &mut partly.kind {
        map.open = Some(symbol("more"));
    }
    let bodies = [whole, partly, Value::unknown(symbol("all"), Span::NOWHERE)];
    for (at, body) in bodies.into_iter().enumerate() {
        // Attached twice: counted once.
        for _ in 0..2 {
            c.attachments.push(Attachment {
                origin: origin(&format!("attachment{at}")),
                to: by(PrincipalKind::User, "ada"),
                policy: PolicyRef::Inline {
                    name: None,
                    body: body.clone(),
                },
            });
        }
    }
    let graph = link(vec![c], &Options::default(), &mut Vec::new());
    assert_eq!(documents(&graph), (1, 1, 1));
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
