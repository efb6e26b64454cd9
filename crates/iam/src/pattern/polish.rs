//! Texts that read like the real thing.

use rolecall_source::{Span, Text, TextBuilder};

use super::witness::verdict;
use super::{Pattern, Set, Step};

/// The account that AWS's documentation uses.
const ACCOUNT: &str = "123456789012";
/// What people expect in the fields of an ARN, by field.
const FIELDS: [(usize, &str); 3] = [(1, "aws"), (3, "us-east-1"), (4, ACCOUNT)];

/// A text of the pattern, wildcards filled with what people expect there.
pub(crate) fn sample(p: &Pattern) -> Text {
    let mut out = TextBuilder::default();
    let (mut colons, mut before, mut at) = (0, None, 0);
    while at <= p.steps.len() {
        let run = Run::at(p, at);
        at += run.ones;
        let after = p.step(at);
        let fill = run.fill(colons, before, after);
        out.letters(&fill, Span::NOWHERE);
        before = fill.chars().last().or(before);
        match after {
            Some(Step::Letter(c)) => {
                out.letters(c.encode_utf8(&mut [0; 4]), Span::NOWHERE);
                colons += usize::from(c == ':');
                before = Some(c);
            }
            Some(step @ (Step::Piece(s, _) | Step::Rest(s))) => {
                if let Some(symbol) = p.symbol(s).filter(|_| p.begins_symbol(step)) {
                    out.symbol(symbol.clone(), Span::NOWHERE);
                }
                before = Some('x');
            }
            Some(Step::One(_)) | None => {}
        }
        at += 1;
    }
    out.finish()
}

/// A run of wildcards: `ones` letters, of the sets of its steps, and more where it has a loop.
struct Run {
    ones: usize,
    set: Option<Set>,
    open: bool,
}

impl Run {
    fn at(p: &Pattern, at: usize) -> Self {
        let mut run = Self {
            ones: 0,
            set: None,
            open: p.loop_at(at).is_some(),
        };
        while let Some(Step::One(set)) = p.step(at + run.ones) {
            // Two placeholders side by side are two runs.
            if run.set.is_some_and(|s| s != set) {
                break;
            }
            run.set = Some(set);
            run.ones += 1;
            run.open |= p.loop_at(at + run.ones).is_some();
        }
        run
    }

    fn fill(&self, colons: usize, before: Option<char>, after: Option<Step>) -> String {
        let ends = |c: char| ":/-_.".contains(c);
        let end_of_field = match after {
            Some(Step::Letter(c)) => c == ':',
            _ => after.is_none(),
        };
        let whole_field = before == Some(':') && end_of_field;
        let expected = match self.set {
            Some(Set::Digit) => Some(ACCOUNT),
            Some(Set::Region) => Some("us-east-1"),
            Some(Set::Partition) => Some("aws"),
            _ if whole_field => FIELDS
                .iter()
                .find(|(field, _)| *field == colons)
                .map(|(_, value)| *value),
            _ => None,
        };
        let fits = |v: &&str| v.len() == self.ones || (self.open && v.len() > self.ones);
        if let Some(value) = expected.filter(fits) {
            return value.to_owned();
        }
        let alone = before.is_none_or(ends)
            && match after {
                Some(Step::Letter(c)) => ends(c),
                _ => after.is_none(),
            };
        let letter = if self.set == Some(Set::Digit) { "1" } else { "x" };
        letter.repeat(if self.open && alone {
            self.ones.max(1)
        } else {
            self.ones
        })
    }
}

/// The text with its ARN's partition, region and account as people expect them, where that is still wanted for as
/// much.
pub(crate) fn polish(inside: &[&Pattern], outside: &[&Pattern], text: Text) -> Text {
    let (flat, holes) = text.flat();
    let fields: Vec<&str> = flat.splitn(6, ':').collect();
    if fields.len() < 6 || flat.matches(Text::HOLE).count() != holes.len() {
        return text;
    }
    let mut fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
    let mut best = text;
    for (at, expected) in FIELDS {
        let Some(field) = fields.get_mut(at).filter(|f| !f.is_empty() && !f.contains(Text::HOLE)) else {
            continue;
        };
        let old = std::mem::replace(field, expected.to_owned());
        let mut holes = holes.iter();
        let mut out = TextBuilder::default();
        for (at, letters) in fields.join(":").split(Text::HOLE).enumerate() {
            if let Some((_, symbol)) = (at > 0).then(|| holes.next()).flatten() {
                out.symbol(symbol.clone(), Span::NOWHERE);
            }
            out.letters(letters, Span::NOWHERE);
        }
        let candidate = out.finish();
        if verdict(inside, outside, &candidate).is_yes() {
            best = candidate;
        } else if let Some(field) = fields.get_mut(at) {
            *field = old;
        }
    }
    best
}
