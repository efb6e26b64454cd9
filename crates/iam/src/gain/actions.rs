//! Which actions an `Action` or `NotAction` element names.

use std::sync::Arc;

use rolecall_source::Text;
use rustc_hash::{FxHashMap, FxHashSet};

use super::bits::Bits;
use crate::pattern::Pattern;
use crate::resource::service_of_type;
use crate::{Answer, Patterns, Template};

/// Actions that are named for certain, and those that may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Named {
    pub(crate) yes: Bits,
    /// Named for some values of the symbols; none of `yes`.
    pub(crate) maybe: Option<Bits>,
}

impl Named {
    /// What is named and not in `bits`.
    pub(crate) fn without(&self, bits: &Bits) -> Self {
        let minus = |from: &Bits| {
            let mut left = from.clone();
            left.remove(bits);
            left
        };
        Self {
            yes: minus(&self.yes),
            maybe: self.maybe.as_ref().map(minus).filter(|m| !m.is_empty()),
        }
    }
}

/// Remembers what each pattern names.
#[derive(Default)]
pub(crate) struct Actions {
    patterns: FxHashMap<Text, Arc<Vec<(u16, bool)>>>,
    known: FxHashSet<Arc<Named>>,
    services: FxHashMap<&'static str, Bits>,
}

impl Actions {
    /// The actions of the catalogue that an element names: the same address for equal ones.
    pub(crate) fn named(&mut self, element: &Patterns) -> Arc<Named> {
        let named = self.name(element);
        self.shared(named)
    }

    /// The one that is equal to `named`.
    pub(crate) fn shared(&mut self, named: Named) -> Arc<Named> {
        if let Some(known) = self.known.get(&named) {
            return Arc::clone(known);
        }
        let named = Arc::new(named);
        self.known.insert(Arc::clone(&named));
        named
    }

    fn name(&mut self, element: &Patterns) -> Named {
        let (mut yes, mut maybe) = (Bits::none(), Bits::none());
        for item in &element.items {
            if item.text.as_str() == Some("*") {
                yes = Bits::all();
                break;
            }
            for (id, certain) in self.matching(item).iter() {
                if *certain { &mut yes } else { &mut maybe }.insert(usize::from(*id));
            }
        }
        if !element.open.is_empty() {
            maybe = Bits::all();
        }
        maybe.remove(&yes);
        if element.negated {
            yes.add(&maybe);
            yes = yes.complement();
        }
        Named {
            yes,
            maybe: (!maybe.is_empty()).then_some(maybe),
        }
    }

    /// The actions that have a type of resources whose ARNs are of this service, or of any.
    pub(crate) fn on_resources_of(&mut self, service: &str) -> Bits {
        if self.services.is_empty() {
            self.services = by_service();
        }
        let mut on = self.services.get(service).cloned().unwrap_or_else(Bits::none);
        if let Some(any) = self.services.get("") {
            on.add(any);
        }
        on
    }

    /// The actions that a pattern names, and whether for certain.
    fn matching(&mut self, item: &Template) -> Arc<Vec<(u16, bool)>> {
        if let Some(known) = self.patterns.get(&item.text) {
            return Arc::clone(known);
        }
        let found = Arc::new(search(item));
        self.patterns.insert(item.text.clone(), Arc::clone(&found));
        found
    }
}

/// Actions by the services of the resources that they may be on: `""` where that is open.
fn by_service() -> FxHashMap<&'static str, Bits> {
    let mut all: FxHashMap<&'static str, Bits> = FxHashMap::default();
    for at in 0..rolecall_catalog::action_count() {
        let id = rolecall_catalog::ActionId(u16::try_from(at).unwrap_or(u16::MAX));
        for resource in rolecall_catalog::resource_types(id) {
            let service = service_of_type(resource.arn);
            let bits = all.entry(service.unwrap_or_default()).or_insert_with(Bits::none);
            bits.insert(at);
        }
    }
    all
}

fn search(item: &Template) -> Vec<(u16, bool)> {
    let written = item.text.as_str().unwrap_or_default();
    if let Some((service, name)) = written.split_once(':')
        && !service.contains(['*', '?'])
    {
        if !name.contains(['*', '?']) {
            return rolecall_catalog::find_action(written)
                .map(|a| (a.id.0, true))
                .into_iter()
                .collect();
        }
        let name = Pattern::action(name);
        return among(rolecall_catalog::service_actions(service), |action| {
            name.matches_str(action.name)
        });
    }
    let count = u16::try_from(rolecall_catalog::action_count()).unwrap_or(u16::MAX);
    among(0..count, |action| {
        item.action()
            .matches_str(&format!("{}:{}", action.service, action.name))
    })
}

fn among(ids: std::ops::Range<u16>, matches: impl Fn(rolecall_catalog::Action) -> Answer) -> Vec<(u16, bool)> {
    ids.filter_map(
        |id| match matches(rolecall_catalog::action(rolecall_catalog::ActionId(id))?) {
            Answer::Yes => Some((id, true)),
            Answer::Depends(_) => Some((id, false)),
            Answer::No => None,
        },
    )
    .collect()
}

/// Actions that a policy names and the catalogue does not have: names in full, and one for each pattern of a service
/// that the catalogue does not have.
pub(crate) fn literals(element: &Patterns) -> impl Iterator<Item = String> + '_ {
    element.items.iter().filter_map(|item| {
        let written = item.text.as_str()?;
        let (service, name) = written.split_once(':')?;
        if service.contains(['*', '?']) {
            return None;
        }
        if !name.contains(['*', '?']) {
            return rolecall_catalog::find_action(written)
                .is_none()
                .then(|| written.to_owned());
        }
        let unknown = rolecall_catalog::service_actions(service).is_empty();
        unknown.then(|| written.replace('*', "Any").replace('?', "x"))
    })
}
