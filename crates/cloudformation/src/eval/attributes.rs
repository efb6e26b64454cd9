//! What AWS calls what a template makes: names, ids, ARNs, and what `Ref` and `Fn::GetAtt` return. The table is
//! `names.txt`, which says where it comes from.

use std::sync::OnceLock;

use rolecall_source::{Class, Span, Symbol, Text, TextBuilder};

use super::lookup::{collapse, names_only};
use super::respan;
use crate::stack::{Resource, Stack};

/// How a type names its resources: a line of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    /// The type.
    pub(crate) kind: &'static str,
    /// The property that names it, `-` when AWS makes up an id.
    name: &'static str,
    /// What `Ref` returns.
    reference: &'static str,
    /// Its ARN, `-` when its form is not known.
    arn: &'static str,
    /// `attribute=text`, separated by blanks.
    attributes: &'static str,
}

/// How `kind` names its resources, iff it is known.
pub(crate) fn naming_of(kind: &str) -> Option<&'static Naming> {
    static TABLE: OnceLock<Vec<Naming>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let lines = include_str!("names.txt").lines();
        lines.filter(|l| !l.starts_with('#')).filter_map(line).collect()
    });
    let at = table.binary_search_by(|n| n.kind.cmp(kind)).ok()?;
    table.get(at)
}

fn line(line: &'static str) -> Option<Naming> {
    let mut words = line.splitn(5, ' ');
    Some(Naming {
        kind: words.next()?,
        name: words.next()?,
        reference: words.next()?,
        arn: words.next()?,
        attributes: words.next().unwrap_or(""),
    })
}

impl Naming {
    /// The form of what `Ref` (`""`) or an attribute returns, iff it is known.
    fn template(&self, attribute: &str) -> Option<&'static str> {
        if attribute.is_empty() {
            return Some(self.reference);
        }
        let mut written = self.attributes.split(' ').filter_map(|pair| pair.split_once('='));
        if let Some((_, form)) = written.find(|(name, _)| *name == attribute) {
            return Some(form);
        }
        let last = self.kind.rsplit("::").next().unwrap_or("");
        let is = |what: &str| attribute == what || attribute.strip_suffix(what) == Some(last);
        if is("Arn") && self.arn != "-" {
            Some(self.arn)
        } else if is("Name") && self.name != "-" {
            Some("{N}")
        } else if attribute.strip_suffix("Id") == Some(last) && self.reference.contains("{~}") {
            Some(self.reference)
        } else {
            None
        }
    }

    /// True iff AWS makes up an id for it, not a name.
    pub(crate) fn is_id(&self) -> bool {
        self.name == "-"
    }
}

impl Stack<'_> {
    /// What `Ref` (`""`) or an attribute of a resource returns, iff its form is known.
    pub(crate) fn returned(&self, id: &str, resource: &Resource, naming: &Naming, attribute: &str) -> Option<Text> {
        let form = naming.template(attribute).filter(|form| *form != "-")?;
        let mut out = TextBuilder::default();
        self.write_form(form, &(id, resource, naming), &mut out);
        Some(respan(&out.finish(), resource.span))
    }

    /// The physical name or id of a resource.
    pub(crate) fn name_text(&self, id: &str, resource: &Resource, naming: &Naming) -> Text {
        let generated = self.made_up(id, if naming.is_id() { "" } else { ".name" }, naming.is_id());
        let generated = generated.unique();
        let stated = match naming.name {
            "-" => None,
            name => self.eval_some(resource.property(name)),
        };
        let text = stated.map_or_else(
            || Text::symbol(generated.clone(), resource.span),
            |v| collapse(&v, &generated),
        );
        if naming.kind.starts_with("AWS::IAM::") {
            names_only(&text)
        } else {
            text
        }
    }

    fn made_up(&self, id: &str, step: &str, is_id: bool) -> Symbol {
        Symbol::new(
            format!("{}:{id}{step}", self.place.base),
            format!("{id}{step}"),
            "is generated at deployment",
            if is_id { Class::Id } else { Class::Name },
        )
    }

    /// The IAM path of a resource, `/` unless stated.
    pub(crate) fn path_text(&self, id: &str, resource: &Resource) -> Text {
        self.property_text(id, resource, "Path")
            .unwrap_or_else(|| Text::plain("/"))
    }

    /// The ARN of a resource, iff its form is known.
    pub(crate) fn arn_text(&self, id: &str, resource: &Resource, naming: &Naming) -> Option<Text> {
        self.returned(id, resource, naming, "Arn")
    }

    /// A property as text, `None` when it is not written.
    fn property_text(&self, id: &str, resource: &Resource, name: &str) -> Option<Text> {
        let symbol = Symbol::new(
            format!("{}:{id}.{name}", self.place.base),
            format!("{id}.{name}"),
            "depends on a condition",
            Class::Any,
        );
        let value = self.eval_some(resource.property(name))?;
        Some(collapse(&value, &symbol))
    }

    /// Writes a form out; `names.txt` says what stands in braces.
    fn write_form(&self, form: &str, of: &(&str, &Resource, &Naming), out: &mut TextBuilder) {
        let mut rest = self.write_head(form, out);
        while let Some((before, after)) = rest.split_once('{') {
            out.letters(before, Span::NOWHERE);
            let Some((hole, after)) = after.split_once('}') else {
                return;
            };
            self.write_hole(hole, of, out);
            rest = after;
        }
        out.letters(rest, Span::NOWHERE);
    }

    /// The start of an ARN that is written with `@`; returns the rest.
    fn write_head<'f>(&self, form: &'f str, out: &mut TextBuilder) -> &'f str {
        let short = form.trim_start_matches('@');
        let marks = form.len() - short.len();
        let Some((service, rest)) = short.split_once(':').filter(|_| marks > 0) else {
            return form;
        };
        out.letters("arn:", Span::NOWHERE);
        out.text(&self.place.partition);
        out.letters(&format!(":{service}:"), Span::NOWHERE);
        if marks == 1 {
            out.text(&self.place.region);
        }
        out.letters(":", Span::NOWHERE);
        if marks < 3 {
            out.text(&self.place.account);
        }
        out.letters(":", Span::NOWHERE);
        rest
    }

    fn write_hole(&self, hole: &str, of: &(&str, &Resource, &Naming), out: &mut TextBuilder) {
        let (id, resource, naming) = *of;
        match hole {
            "P" => out.text(&self.place.partition),
            "R" => out.text(&self.place.region),
            "N" => out.text(&self.name_text(id, resource, naming)),
            "path" => out.text(&self.path_text(id, resource)),
            "~" => out.symbol(self.made_up(id, "", true).unique(), resource.span),
            "?" => out.symbol(self.made_up(id, ".suffix", true), resource.span),
            "ref" => self.write_form(naming.reference, of, out),
            "arn" => self.write_form(naming.arn, of, out),
            "url" => self.queue_url(&self.name_text(id, resource, naming), out),
            _ => self.write_property(hole, of, out),
        }
    }

    fn write_property(&self, hole: &str, of: &(&str, &Resource, &Naming), out: &mut TextBuilder) {
        let (id, resource, naming) = *of;
        if let Some(strip) = hole.strip_prefix("N-") {
            let name = self.name_text(id, resource, naming);
            let (flat, _) = name.flat();
            let from = flat.len() - flat.strip_prefix(strip).unwrap_or(&flat).len();
            return out.text(&name.slice(from..flat.len()));
        }
        let at = hole.find(['|', '?']).unwrap_or(hole.len());
        let (name, option) = hole.split_at(at);
        let (name, last) = name.strip_suffix('/').map_or((name, false), |n| (n, true));
        let text = self.property_text(id, resource, name);
        let text = text.map(|t| if last { last_step(&t) } else { t });
        match (text, option.get(..1), option.get(1..).unwrap_or("")) {
            (Some(text), Some("?"), more) => {
                out.text(&text);
                out.letters(more, Span::NOWHERE);
            }
            (Some(text), ..) => out.text(&text),
            (None, Some("?"), _) => {}
            (None, Some(_), letters) => out.letters(letters, Span::NOWHERE),
            (None, None, _) => out.symbol(self.made_up(id, &format!(".{name}"), false), resource.span),
        }
    }

    fn queue_url(&self, name: &Text, out: &mut TextBuilder) {
        out.letters("https://sqs.", Span::NOWHERE);
        out.text(&self.place.region);
        out.letters(".amazonaws.com/", Span::NOWHERE);
        out.text(&self.place.account);
        out.letters("/", Span::NOWHERE);
        out.text(name);
    }
}

/// What stands behind the last slash.
fn last_step(text: &Text) -> Text {
    let (flat, _) = text.flat();
    match flat.rfind('/') {
        Some(at) => text.slice(at + 1..flat.len()),
        None => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_well_formed() {
        let lines = include_str!("names.txt").lines().filter(|l| !l.starts_with('#'));
        let namings: Vec<Naming> = lines.map(|l| line(l).expect(l)).collect();
        assert!(namings.is_sorted_by(|a, b| a.kind < b.kind));
        for naming in &namings {
            assert!(!naming.reference.contains("{ref}"), "{}", naming.kind);
            assert!(!naming.arn.contains("{arn}"), "{}", naming.kind);
            assert!(
                naming.arn == "-" || naming.arn.starts_with(['@', 'a']),
                "{}",
                naming.kind
            );
            let holes = [naming.reference, naming.arn, naming.attributes].join(" ");
            assert_eq!(
                holes.matches('{').count(),
                holes.matches('}').count(),
                "{}",
                naming.kind
            );
            if naming.name == "-" {
                let named = holes.contains("{N}") || holes.contains("{N-");
                assert!(!named, "{}", naming.kind);
            }
        }
    }
}
