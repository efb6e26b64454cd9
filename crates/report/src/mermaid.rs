//! A Mermaid flowchart of a path: a node for each party and each compute, an edge for each hop.

use std::collections::BTreeMap;
use std::fmt::Write;

use rolecall_checks::finding::{Finding, Hop, Party};

use crate::{place, words};

/// The picture, as a block of Markdown.
pub(crate) fn picture(finding: &Finding) -> String {
    let mut chart = Chart::default();
    let mut last = chart.party(&finding.principal);
    for (i, hop) in finding.hops.iter().enumerate() {
        last = chart.hop(i, hop, finding.hops.len());
    }
    if finding.hops.is_empty() {
        let open = chart.node("open", "([", "])", &["roles that match the pattern".to_owned()]);
        chart.edge(last, open, "-->", &finding.technique);
    }
    if let Some(witness) = &finding.witness {
        let request = format!("{} on {}", witness.action, witness.resource);
        let gained = chart.node("witness", "[/", "/]", &[request]);
        chart.edge(last, gained, "==>", "gains");
    }
    format!("```mermaid\nflowchart LR\n{}```\n", chart.out)
}

#[derive(Default)]
struct Chart<'a> {
    out: String,
    nodes: BTreeMap<&'a str, usize>,
}

impl<'a> Chart<'a> {
    /// The node of `id`, drawn where it is first named.
    fn node(&mut self, id: &'a str, open: &str, close: &str, lines: &[String]) -> usize {
        let n = self.nodes.len();
        if let Some(drawn) = self.nodes.get(id) {
            return *drawn;
        }
        self.nodes.insert(id, n);
        let _ = writeln!(self.out, "  n{n}{open}\"{}\"{close}", label(lines));
        n
    }

    fn party(&mut self, party: &'a Party) -> usize {
        self.node(&party.address, "[", "]", &[words::party(party)])
    }

    fn compute(&mut self, compute: &'a Party) -> usize {
        let lines = [compute.kind.to_string(), compute.address.to_string()];
        self.node(&compute.address, "[[", "]]", &lines)
    }

    fn edge(&mut self, from: usize, to: usize, arrow: &str, told: &str) {
        let told = label(&[told.to_owned()]);
        let _ = writeln!(self.out, "  n{from} {arrow}|\"{told}\"| n{to}");
    }

    /// A hop, by the compute that it goes through; whoever is gained by it.
    fn hop(&mut self, i: usize, hop: &'a Hop, of: usize) -> usize {
        let from = self.party(&hop.from);
        let steps = match hop.steps.len() {
            0 => String::new(),
            1 => format!(" (step {})", hop.steps.end),
            _ => format!(" (steps {} to {})", hop.steps.start + 1, hop.steps.end),
        };
        let nth = if of > 1 { format!("{}. ", i + 1) } else { String::new() };
        let told = format!("{nth}{}{steps}", words::does(hop));
        let Some(compute) = &hop.through else {
            let to = self.party(&hop.to);
            self.edge(from, to, "-->", &told);
            return to;
        };
        let compute = self.compute(compute);
        self.edge(from, compute, "-->", &told);
        let to = self.party(&hop.to);
        self.edge(compute, to, "-.->", "runs as");
        to
    }
}

/// Text inside a quoted Mermaid label: every letter that could mean something is written by its number.
pub(crate) fn label(lines: &[String]) -> String {
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push_str("<br/>");
        }
        for c in place::plain(line).chars().filter(|c| *c != '`') {
            match c {
                c if c.is_alphanumeric() || " .,-/_".contains(c) => out.push(c),
                c => {
                    let _ = write!(out, "#{};", u32::from(c));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_only_shown() {
        assert_eq!(
            label(&["a\"];click x \u{1b}".into(), "b".into()]),
            "a#34;#93;#59;click x #63;<br/>b"
        );
    }
}
