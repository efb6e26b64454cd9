//! `rolecall rules` and `rolecall explain`.

use std::fmt::Write;

use rolecall_checks::{Technique, rules, techniques};

use crate::args::ConfigArgs;
use crate::config::Config;
use crate::console::{self, Failure};
use crate::exit::Exit;

/// Prints every rule and technique with one line on each.
pub(crate) fn list(args: &ConfigArgs) -> Result<Exit, Failure> {
    let config = Config::here(args)?;
    let own = &config.file.technique;
    let mut out = String::from("Rules\n");
    let width = rules()
        .iter()
        .map(|r| r.id.len())
        .chain(techniques().iter().chain(own).map(|t| t.id.len()))
        .max()
        .unwrap_or(0);
    for rule in rules() {
        let _ = writeln!(out, "  {:width$}  {}", rule.id, rule.summary);
    }
    out.push_str("\nTechniques\n");
    for technique in techniques() {
        let _ = writeln!(out, "  {:width$}  {}", technique.id, technique.in_general());
    }
    if !own.is_empty() {
        let _ = writeln!(out, "\nTechniques of {}", config.path);
    }
    for technique in own {
        let _ = writeln!(out, "  {:width$}  {}", technique.id, technique.in_general());
    }
    out.push_str("\nrolecall explain ID shows more of each.\n");
    console::print(out.as_bytes())?;
    Ok(Exit::Clean)
}

/// Prints the page of a rule, or what is known of a technique.
pub(crate) fn explain(id: &str, args: &ConfigArgs) -> Result<Exit, Failure> {
    let page = rules().iter().find(|r| r.id == id).map(|r| r.page.to_owned());
    let page = page.or_else(|| page_of(id, techniques()));
    let page = match page {
        Some(page) => Some(page),
        None => page_of(id, &Config::here(args)?.file.technique),
    };
    let page = page.ok_or_else(|| Failure::NoSuchRule(id.to_owned()))?;
    console::print(page.as_bytes())?;
    Ok(Exit::Clean)
}

fn page_of(id: &str, techniques: &[Technique]) -> Option<String> {
    techniques.iter().find(|t| *t.id == *id).map(Technique::page)
}
