//! Which construct a comment speaks for.

use std::ops::Range;

use rolecall_source::{Diagnostic, FileId, Span};

use crate::directive::{Directive, uncommented};

/// What a parser saw of a file that may hold directives.
#[derive(Clone, Debug, Default)]
pub struct Commented {
    /// The comments, their marks included. One may be there several times.
    pub comments: Vec<Range<usize>>,
    /// What a comment can speak for: attributes, blocks, elements of lists, pairs of maps.
    pub entries: Vec<Range<usize>>,
}

impl Commented {
    /// The directives among the comments.
    ///
    /// A comment at the end of a line speaks for the largest entry that begins on this line, one on a line of its own
    /// for the largest that begins on the next line that is no comment.
    pub fn directives(&self, text: &str, file: FileId, out: &mut Vec<Directive>, diagnostics: &mut Vec<Diagnostic>) {
        let mut comments = self.comments.clone();
        comments.sort_by_key(|c| (c.start, c.end));
        comments.dedup();
        for comment in comments {
            let Some(letters) = text.get(comment.clone()) else {
                continue;
            };
            let covered = self.covered(text, &comment);
            let around = self.around(&covered, &comment).map(|e| Span::at(file, e));
            let covers = Span::at(file, covered);
            match Directive::read(uncommented(letters), Span::at(file, comment), covers) {
                Some(Ok(directive)) => out.push(Directive { around, ..directive }),
                Some(Err(diagnostic)) => diagnostics.push(diagnostic),
                None => {}
            }
        }
    }

    /// The smallest entry that begins before the comment and holds it with what it covers.
    fn around(&self, covered: &Range<usize>, comment: &Range<usize>) -> Option<Range<usize>> {
        let start = covered.start.min(comment.start);
        let holds = |e: &&Range<usize>| e.start < start && covered.end.max(comment.end) <= e.end;
        self.entries.iter().filter(holds).min_by_key(|e| e.len()).cloned()
    }

    fn covered(&self, text: &str, comment: &Range<usize>) -> Range<usize> {
        let line = line_around(text, comment);
        let entries = self.entries.iter().filter(|e| line.contains(&e.start));
        let largest = entries.min_by_key(|e| (e.start, std::cmp::Reverse(e.end)));
        largest.cloned().unwrap_or(line)
    }
}

/// The part of a line that a comment speaks for.
fn line_around(text: &str, comment: &Range<usize>) -> Range<usize> {
    let before = text.get(..comment.start).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let blank = |range: Range<usize>| text.get(range).is_none_or(|t| t.trim().is_empty());
    if !blank(start..comment.start) {
        return start..comment.start;
    }
    let end_of = |from: usize| {
        let rest = text.get(from..).unwrap_or("");
        rest.find('\n').map_or(text.len(), |at| from + at)
    };
    let mut end = end_of(comment.end);
    if !blank(comment.end..end) {
        return comment.end..end;
    }
    while end < text.len() {
        let start = end + 1;
        end = end_of(start);
        let line = text.get(start..end).unwrap_or("").trim_start();
        if !(line.starts_with('#') || line.starts_with("//")) {
            return start..end;
        }
    }
    end..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the comment `rolecall: ignore[a]` in `text` covers, where entries are given by their text.
    fn covered(text: &str, entries: &[&str]) -> String {
        let at = |part: &str| text.find(part).map(|i| i..i + part.len()).unwrap();
        let commented = Commented {
            comments: vec![at("# rolecall: ignore[a]")],
            entries: entries.iter().map(|e| at(e)).collect(),
        };
        let (mut found, mut diagnostics) = (Vec::new(), Vec::new());
        commented.directives(text, FileId(0), &mut found, &mut diagnostics);
        assert!(diagnostics.is_empty() && found.len() == 1);
        let span = found[0].covers;
        text.get(span.start as usize..span.end as usize).unwrap().to_owned()
    }

    #[test]
    fn a_comment_speaks_for_its_line_or_the_next() {
        let text = "x {\n  a = 1 # rolecall: ignore[a]\n  b = 2\n}\n";
        assert_eq!(covered(text, &["a = 1", "b = 2"]), "a = 1");
        let text = "# rolecall: ignore[a]\n# why\nx {\n  b = 2\n}\n";
        assert_eq!(covered(text, &["x {\n  b = 2\n}", "b = 2"]), "x {\n  b = 2\n}");
        let text = "x { # rolecall: ignore[a]\n  b = 2\n}\n";
        assert_eq!(
            covered(text, &["x { # rolecall: ignore[a]\n  b = 2\n}", "b = 2"]).len(),
            35
        );
        let text = "# rolecall: ignore[a]\n\nx = 1\n";
        assert_eq!(covered(text, &["x = 1"]), "", "a line between them parts them");
        assert_eq!(covered("x = 1\n# rolecall: ignore[a]", &["x = 1"]), "");
    }
}
