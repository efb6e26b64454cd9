//! Random requests that two callers' policies have something to say about.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_catalog::Action;
use rolecall_iam::pattern::{Arn, Pattern, matches};
use rolecall_iam::{Context, Request};
use rolecall_source::Text;
use serde_json::Value;

use super::dice::Dice;
use super::subjects::{ACCOUNT, Subject};

/// Most characters of a text that is made.
const LONGEST: usize = 200;

/// What requests of a pair are made from.
pub(super) struct Pool {
    actions: Vec<Action>,
    /// Resource patterns, as written.
    resources: Vec<String>,
    /// What stands between wildcards.
    fragments: Vec<String>,
    /// Condition keys that do not belong to the caller, with the values that policies compare them with.
    keys: BTreeMap<String, Vec<String>>,
    teams: Vec<&'static str>,
}

impl Pool {
    pub(super) fn of(subjects: [&Subject; 2]) -> Self {
        let mut actions = BTreeSet::new();
        let (mut resources, mut keys) = (BTreeSet::new(), BTreeMap::<String, BTreeSet<String>>::new());
        for document in subjects.iter().flat_map(|s| s.documents()) {
            super::each_statement(&mut document.clone(), &mut |statement| {
                for element in ["Action", "NotAction"] {
                    actions.extend(strings(statement.get(element)).map(str::to_ascii_lowercase));
                }
                for element in ["Resource", "NotResource"] {
                    resources.extend(strings(statement.get(element)).map(str::to_owned));
                }
                let operators = statement.get("Condition").and_then(Value::as_object);
                for (key, values) in operators
                    .into_iter()
                    .flatten()
                    .filter_map(|(_, b)| b.as_object())
                    .flatten()
                {
                    let values = strings(Some(values)).map(str::to_owned);
                    keys.entry(key.to_ascii_lowercase()).or_default().extend(values);
                }
            });
        }
        keys.retain(|key, _| !key.starts_with("aws:principal") && key != "aws:username" && key != "aws:userid");
        let fragments: BTreeSet<String> = resources
            .iter()
            .flat_map(|r| r.split(['*', '?', '/']))
            .filter(|f| !f.contains("${") && f.len() < 30 && !f.starts_with("arn:"))
            .map(str::to_owned)
            .collect();
        Self {
            actions: named(&actions),
            resources: resources.into_iter().collect(),
            fragments: fragments.into_iter().collect(),
            keys: keys.into_iter().map(|(k, v)| (k, v.into_iter().collect())).collect(),
            teams: subjects.iter().filter_map(|s| s.team).collect(),
        }
    }

    /// A request that AWS has: a resource of a type that the action works on, and keys that its requests have.
    pub(super) fn request(&self, dice: &mut Dice) -> Option<Request> {
        let action = dice.pick(&self.actions)?;
        let types = rolecall_catalog::resources(action.id);
        let resource = if types.is_empty() {
            "*".to_owned()
        } else {
            let template = dice.pick(&types)?.arn;
            let made = match dice.pick(&self.resources) {
                Some(pattern) if dice.often(70) => self.filled(pattern, dice),
                _ => self.placed(template, dice),
            };
            types.iter().any(|t| is_of(t.arn, &made)).then_some(made)?
        };
        Some(Request {
            action: format!("{}:{}", action.service, action.name),
            resource: Text::plain(&resource),
            context: self.context(action, dice),
        })
    }

    /// A pattern with its wildcards and variables replaced.
    fn filled(&self, pattern: &str, dice: &mut Dice) -> String {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if let Some((_, after)) = rest.strip_prefix("${").and_then(|r| r.split_once('}')) {
                out.push_str(if dice.often(50) { "dana" } else { self.team(dice) });
                rest = after;
                continue;
            }
            match c {
                '*' => out.push_str(&self.stretch(dice)),
                '?' => out.push(if dice.often(80) { 'd' } else { '/' }),
                c => out.push(c),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        out.chars().take(LONGEST).collect()
    }

    fn team(&self, dice: &mut Dice) -> &'static str {
        dice.pick(&self.teams).copied().unwrap_or("none")
    }

    /// What a `*` may stand for.
    fn stretch(&self, dice: &mut Dice) -> String {
        const PLAIN: &[&str] = &["", "a", "us-east-1", ACCOUNT, "x/y", "instance/i-1", "dana", "data"];
        match dice.pick(&self.fragments) {
            Some(fragment) if dice.often(50) => fragment.clone(),
            _ => dice.word(PLAIN).to_owned(),
        }
    }

    /// An ARN template with its placeholders replaced.
    fn placed(&self, template: &str, dice: &mut Dice) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            match name {
                "Partition" => out.push_str("aws"),
                "Region" => out.push_str(dice.word(&["us-east-1", "eu-west-1"])),
                "Account" => out.push_str(ACCOUNT),
                _ => out.push_str(&format!("{}{}", self.stretch(dice), dice.word(&["", "a", "-ec2", "1"]))),
            }
            rest = tail;
        }
        out + rest
    }

    fn context(&self, action: &Action, dice: &mut Dice) -> Context {
        let listed = rolecall_catalog::condition_keys(action.id);
        let mut context = Context::new();
        for (key, values) in &self.keys {
            let published = rolecall_catalog::find_condition_key(key);
            let has = published.is_some_and(|p| listed.binary_search(&p.lower).is_ok())
                || key.starts_with("aws:") && !published.is_some_and(|p| p.lower.contains("tag"));
            if !has || dice.often(40) {
                continue;
            }
            let many = rolecall_catalog::condition_key_type(key).is_some_and(|t| t.starts_with("ArrayOf"));
            let count = if many { dice.roll(3) } else { 1 };
            let values: BTreeSet<String> = (0..count).map(|_| self.value(key, values, dice)).collect();
            if !values.is_empty() {
                context.insert(key.clone(), values.iter().map(|v| Text::plain(v)).collect());
            }
        }
        context
    }

    fn value(&self, key: &str, values: &[String], dice: &mut Dice) -> String {
        let kind = rolecall_catalog::condition_key_type(key).unwrap_or("String");
        let compared = dice.pick(values).map_or("", String::as_str);
        if kind.contains("Bool") {
            return dice.word(&["true", "false"]).to_owned();
        }
        if key == "aws:sourceip" {
            return dice
                .word(&["10.0.0.5", "10.1.2.3", "203.0.113.9", "198.51.100.1"])
                .to_owned();
        }
        if kind.contains("Date") {
            let dates = [
                "2025-06-01T00:00:00Z",
                "2026-01-01T00:00:00Z",
                "2026-06-01T00:00:00Z",
                "2028-01-01T00:00:00Z",
            ];
            return dice.word(&dates).to_owned();
        }
        if let (true, Ok(number)) = (kind.contains("Numeric"), compared.parse::<i64>()) {
            let step = i64::try_from(dice.roll(3)).unwrap_or(0) - 1;
            return number.saturating_add(step).to_string();
        }
        match dice.roll(10) {
            0 if !kind.contains("ARN") => "other".to_owned(),
            1 if !kind.contains("ARN") => compared.to_ascii_uppercase().replace(['*', '?', '$'], "x"),
            _ => self.filled(compared, dice),
        }
    }
}

/// The actions of the catalogue that patterns name; where they name none, those of a few services.
fn named(patterns: &BTreeSet<String>) -> Vec<Action> {
    let of = |pattern: &str| Pattern::like(&Text::plain(pattern));
    let mut patterns: Vec<Pattern> = patterns.iter().filter(|p| *p != "*").map(|p| of(p)).collect();
    patterns.push(of("s3:GetObject*"));
    let is_named = |a: &Action| {
        let name = Text::plain(&format!("{}:{}", a.service, a.name).to_ascii_lowercase());
        patterns.iter().any(|p| matches(p, &name).is_yes())
    };
    rolecall_catalog::all_actions().filter(is_named).collect()
}

/// Is a resource one that an ARN template stands for?
fn is_of(template: &str, resource: &str) -> bool {
    let arn = Arn {
        account: Some(Text::plain(ACCOUNT)),
        ..Arn::default()
    };
    matches(&arn.shape(template), &Text::plain(resource)).is_yes()
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    items.iter().filter_map(Value::as_str)
}
