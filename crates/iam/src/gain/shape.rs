//! What an action works on and which keys its requests have.

use rolecall_catalog::ActionId;
use rolecall_source::Text;

use crate::pattern::{Arn, Pattern};

/// The resources of some actions, and the condition keys of their own.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Each a set of resources: a type of the action, or the literal `*`.
    pub(crate) domains: Vec<Pattern>,
    /// The keys of services, lower-cased, with placeholders as published; `None` when they are not known.
    keys: Option<Vec<&'static str>>,
}

impl Shape {
    /// The shape of an action of the catalogue, in an account.
    pub(crate) fn of(action: ActionId, account: Option<Text>) -> Self {
        let arn = Arn {
            account,
            ..Arn::default()
        };
        let mut domains: Vec<Pattern> = Vec::new();
        for resource in rolecall_catalog::resource_types(action) {
            let domain = arn.shape(resource.arn);
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        if domains.is_empty() {
            domains.push(Pattern::literal(&Text::plain("*")));
        }
        Self {
            domains,
            keys: Some(rolecall_catalog::condition_keys(action)),
        }
    }

    /// The shape of an action that the catalogue does not have: any resource, any keys.
    pub(crate) fn unknown() -> Self {
        Self {
            domains: vec![Pattern::like(&Text::plain("*"))],
            keys: None,
        }
    }

    /// True iff a request may have the key: global keys, and those AWS lists for the action.
    ///
    /// AWS does not list global keys throughout, so each counts as present for every action.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        let Some(keys) = &self.keys else { return true };
        if key.starts_with("aws:") || keys.binary_search(&key).is_ok() {
            return true;
        }
        rolecall_catalog::find_condition_key(key).is_some_and(|k| keys.binary_search(&k.lower).is_ok())
    }
}
