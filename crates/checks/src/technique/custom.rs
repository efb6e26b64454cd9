//! What can be wrong with techniques of the user, each with its place in their file.
//!
//! The catalogue's own records are held to the same by tests.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{Technique, Way, techniques};

/// What is wrong, and where.
pub type Problem = (String, Range<usize>);

/// Names with `@` that a need may stand on.
const NAMES: [&str; 6] = ["@compute", "@link", "@profile", "@role", "@target", "@self"];

/// The records of a file as they were read, with the places of what can be wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Places {
    technique: Vec<Spanned<Place>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Place {
    id: Option<Spanned<String>>,
    does: Option<Spanned<String>>,
    pass: Option<Passed>,
    also_pass: Vec<Passed>,
    through: Option<Spanned<Through>>,
    needs: Vec<Need>,
    one_of: Vec<Vec<Vec<Need>>>,
    role_may: Vec<Spanned<String>>,
    variant_of: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Passed {
    to: Vec<Spanned<String>>,
    passed_to: Vec<Spanned<String>>,
    federated: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Through {
    kinds: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
struct Need {
    action: Spanned<String>,
    #[serde(default)]
    on: Vec<Spanned<String>>,
}

/// What is wrong with the `[[technique]]` tables of `text`, whose shape has been read as `read`.
#[must_use]
pub fn problems(text: &str, read: &[Technique]) -> Vec<Problem> {
    let places = toml::from_str::<Places>(text).unwrap_or_default();
    let mut problems = Vec::new();
    let mut known: BTreeSet<&str> = techniques().iter().map(|t| &*t.id).collect();
    known.extend(crate::rules().iter().map(|r| r.id));
    let all: BTreeSet<&str> = techniques().iter().chain(read).map(|t| &*t.id).collect();
    for (place, technique) in places.technique.iter().zip(read) {
        let mut found = Found {
            whole: place.span(),
            problems: &mut problems,
        };
        found.id(place.as_ref(), &mut known);
        found.needs(place.as_ref());
        found.services(place.as_ref());
        found.shape(place.as_ref(), technique);
        if let Some(of) = place
            .as_ref()
            .variant_of
            .as_ref()
            .filter(|of| !all.contains(of.as_ref().as_str()))
        {
            found.say(format!("there is no technique `{}`", of.as_ref()), of.span());
        }
    }
    problems
}

struct Found<'a> {
    whole: Range<usize>,
    problems: &'a mut Vec<Problem>,
}

impl Found<'_> {
    fn say(&mut self, what: String, at: Range<usize>) {
        self.problems.push((what, at));
    }

    fn id<'p>(&mut self, place: &'p Place, known: &mut BTreeSet<&'p str>) {
        let Some(id) = &place.id else { return };
        let text = id.as_ref().as_str();
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || !text.chars().all(kebab) {
            self.say("an id is written in small letters, digits and `-`".into(), id.span());
        }
        if !known.insert(text) {
            self.say(format!("the id `{text}` is taken"), id.span());
        }
    }

    fn needs(&mut self, place: &Place) {
        for need in place.needs.iter().chain(place.one_of.iter().flatten().flatten()) {
            let name = need.action.as_ref();
            let Some(action) = rolecall_catalog::find_action(name) else {
                self.no_action(&need.action);
                continue;
            };
            let types = rolecall_catalog::resources(action.id);
            for on in &need.on {
                let text = on.as_ref().as_str();
                let other = text == "*" || text.starts_with("arn:") || NAMES.contains(&text);
                if !other && !types.iter().any(|t| t.name == text) {
                    let mut names: Vec<&str> = types.iter().map(|t| t.name).collect();
                    names.dedup();
                    let names = match names.as_slice() {
                        [] => "it takes no resource".to_owned(),
                        names => format!("its resource types are {}", names.join(", ")),
                    };
                    self.say(format!("{name} is not decided on `{text}`: {names}"), on.span());
                }
            }
        }
        for action in &place.role_may {
            if rolecall_catalog::find_action(action.as_ref()).is_none() {
                self.no_action(action);
            }
        }
    }

    fn no_action(&mut self, action: &Spanned<String>) {
        self.say(format!("AWS publishes no action `{}`", action.as_ref()), action.span());
    }

    fn services(&mut self, place: &Place) {
        let passes = place.pass.iter().chain(&place.also_pass).filter(|p| !p.federated);
        for service in passes.flat_map(|p| p.to.iter().chain(&p.passed_to)) {
            if !rolecall_catalog::is_service_principal(service.as_ref()) {
                let told = format!("no service principal `{}` is known", service.as_ref());
                self.say(told, service.span());
            }
        }
        let kinds = place.through.iter().flat_map(|t| &t.as_ref().kinds);
        for kind in kinds {
            let service = kind.as_ref().split_once(':').map_or("", |(service, _)| service);
            if !rolecall_catalog::services().any(|s| s.prefix == service) {
                let told = format!(
                    "`{}` is no kind of compute: write SERVICE:TYPE, as ec2:instance",
                    kind.as_ref()
                );
                self.say(told, kind.span());
            }
        }
    }

    /// What the record says fits its way of working.
    fn shape(&mut self, place: &Place, technique: &Technique) {
        let whole = self.whole.clone();
        if technique.needs.is_empty() && technique.one_of.is_empty() {
            self.say("a technique needs at least one action".into(), whole.clone());
        }
        if technique.pass.is_none() && technique.through.is_none() && technique.change.is_none() {
            let told = "say with `pass`, `through` or `change` who is acted as in the end";
            self.say(told.into(), whole.clone());
        }
        if technique.change.is_some() && (technique.pass.is_some() || technique.through.is_some()) {
            self.say("`change` stands without `pass` and `through`".into(), whole.clone());
        }
        let link = technique.through.as_ref().is_some_and(|t| t.link.is_some());
        let needs = technique
            .needs
            .iter()
            .chain(technique.one_of.iter().flatten().flatten());
        if needs.flat_map(|n| &n.on).any(|on| &**on == "@link") != link {
            let told = "`through.link` and a need on `@link` go together";
            self.say(told.into(), place.through.as_ref().map_or(whole.clone(), Spanned::span));
        }
        let meant: &[&str] = match technique.way() {
            Way::TakeOver => &["compute", "link"],
            Way::Change => &["target"],
            Way::Pass | Way::Assume => &[],
        };
        let mut rest = &*technique.does;
        while let Some((name, after)) = rest.split_once('{').and_then(|(_, after)| after.split_once('}')) {
            if !meant.contains(&name) {
                let at = place.does.as_ref().map_or(whole.clone(), Spanned::span);
                self.say(format!("`{{{name}}}` stands for nothing here"), at);
            }
            rest = after;
        }
    }
}
