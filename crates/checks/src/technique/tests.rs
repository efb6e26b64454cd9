use std::collections::BTreeSet;

use super::*;

fn needs(technique: &Technique) -> impl Iterator<Item = &Need> {
    technique
        .needs
        .iter()
        .chain(technique.one_of.iter().flatten().flatten())
}

#[test]
fn every_file_is_read() {
    for (name, text) in FILES {
        let read = parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!read.is_empty(), "{name}");
    }
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut seen = BTreeSet::new();
    for technique in techniques() {
        assert!(seen.insert(&technique.id), "{} twice", technique.id);
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(technique.id.chars().all(kebab), "{}", technique.id);
        assert!(!technique.references.is_empty(), "{} has no reference", technique.id);
        assert!(technique.grade.is_some(), "{} has no grade", technique.id);
    }
    for technique in techniques() {
        if let Some(of) = &technique.variant_of {
            assert!(seen.contains(of), "{}: no technique {of}", technique.id);
        }
    }
}

#[test]
fn every_action_exists_and_supports_what_it_is_asked_on() {
    for technique in techniques() {
        for need in needs(technique) {
            let action = rolecall_catalog::find_action(&need.action)
                .unwrap_or_else(|| panic!("{}: no action {}", technique.id, need.action));
            let types = rolecall_catalog::resources(action.id);
            for on in need
                .on
                .iter()
                .filter(|on| !on.starts_with(['@', '*']) && !on.starts_with("arn:"))
            {
                assert!(
                    types.iter().any(|t| t.name == &**on),
                    "{}: {} on {on}",
                    technique.id,
                    need.action
                );
            }
        }
        for action in &technique.role_may {
            assert!(
                rolecall_catalog::find_action(action).is_some(),
                "{}: no action {action}",
                technique.id
            );
        }
    }
}

/// An action is asked on every type that AWS says it requires, but for what is bound to existing compute.
#[test]
fn every_required_type_is_asked() {
    for technique in techniques() {
        let actions: BTreeSet<&str> = needs(technique).map(|n| &*n.action).collect();
        for name in actions {
            let asked: Vec<&str> = needs(technique)
                .filter(|n| &*n.action == name)
                .flat_map(|n| &n.on)
                .map(|on| &**on)
                .collect();
            let bound = asked
                .iter()
                .any(|on| on.starts_with(['@', '*']) || on.starts_with("arn:"));
            if asked.is_empty() || bound {
                continue;
            }
            let action = rolecall_catalog::find_action(name).unwrap();
            // The types of a code interpreter or browser that AWS makes are listed beside those of one's own.
            let types = rolecall_catalog::resources(action.id);
            let twins = |t: &str| types.iter().any(|o| o.name == format!("{t}-custom"));
            for required in types.iter().filter(|t| t.required && !twins(t.name)) {
                assert!(
                    asked.contains(&required.name),
                    "{}: {name} needs {}",
                    technique.id,
                    required.name
                );
            }
        }
    }
}

#[test]
fn every_service_principal_exists() {
    for technique in techniques() {
        let passed = technique
            .pass
            .iter()
            .filter(|p| !p.federated)
            .flat_map(|p| p.to.iter().chain(&p.passed_to));
        for service in passed.chain(technique.also_pass.iter().flat_map(|p| &p.to)) {
            assert!(
                rolecall_catalog::is_service_principal(service),
                "{}: {service}",
                technique.id
            );
        }
    }
}

/// What a record says fits its way of working.
#[test]
fn records_are_whole() {
    for technique in techniques() {
        let id = &technique.id;
        let named = |name: &str| technique.does.contains(name);
        match technique.way() {
            Way::TakeOver => assert!(named("{compute}") || named("{link}"), "{id}"),
            Way::Pass => assert!(!named("{"), "{id}"),
            Way::Change => assert!(technique.pass.is_none() && technique.through.is_none(), "{id}"),
            Way::Assume => assert!(technique.needs.is_empty(), "{id}"),
        }
        let asks = |name: &str| needs(technique).any(|n| n.on.iter().any(|on| &**on == name));
        assert_eq!(
            asks("@link"),
            technique.through.as_ref().is_some_and(|t| t.link.is_some()),
            "{id}"
        );
        if technique.way() != Way::Assume {
            assert!(needs(technique).next().is_some(), "{id} needs nothing");
        }
        let page = technique.page();
        assert!(page.contains(&**id), "{page}");
        for name in ["{compute}", "{link}", "{target}", "@"] {
            assert!(!page.contains(name), "{page}");
        }
    }
}
