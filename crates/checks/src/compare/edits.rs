//! Which edits opened or closed a path.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use rolecall_source::{FileId, Sources, Span};

use super::lines::{Hunk, hunks, lines};
use crate::finding::Finding;

/// Most edits that are told of one finding.
const TOLD: usize = 6;
/// Most lines of an edit that are shown.
const SHOWN: usize = 24;
/// Most files that are compared to find one that was renamed.
const RENAMES: usize = 200;

/// One of two scans, as far as edits go.
pub struct Tree<'a> {
    /// Its files.
    pub sources: &'a Sources,
    /// The constructs of a file: attributes, blocks, pairs, elements. They say how far a statement goes.
    pub entries: &'a dyn Fn(FileId) -> Vec<Range<usize>>,
}

/// Lines of a file, from 1. `count` may be 0: then `first` is the line before which something was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The file's path.
    pub path: String,
    /// The first line.
    pub first: usize,
    /// How many.
    pub count: usize,
}

/// An edit between the two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The steps of the finding that it touches, from 0. Empty when it touches none.
    pub steps: Vec<usize>,
    /// What was there; `None` when the file was not.
    pub before: Option<Lines>,
    /// What is there; `None` when the file is not.
    pub after: Option<Lines>,
    /// The lines, each with `-` or `+` before it; of long edits the first.
    pub text: Vec<String>,
}

/// The lines of a file's entries, by side and file.
type Entries = BTreeMap<(bool, FileId), Rc<Vec<Range<usize>>>>;

/// Two trees, and what was found out about their files.
pub(super) struct Trees<'a> {
    before: &'a Tree<'a>,
    after: &'a Tree<'a>,
    /// By the file of the side that a finding is on: its twin on the other side, and where they differ.
    known: RefCell<BTreeMap<(bool, FileId), Rc<Twin>>>,
    entries: RefCell<Entries>,
}

/// A file's counterpart in the other tree.
struct Twin {
    other: Option<FileId>,
    hunks: Vec<Hunk>,
}

impl<'a> Trees<'a> {
    pub(super) fn new(before: &'a Tree<'a>, after: &'a Tree<'a>) -> Self {
        Self {
            before,
            after,
            known: RefCell::default(),
            entries: RefCell::default(),
        }
    }

    fn tree(&self, after: bool) -> &'a Tree<'a> {
        if after { self.after } else { self.before }
    }

    /// The edits that touch the steps of a finding of the tree after (or before) in order of the steps; where none does,
    /// those that may decide it all the same, its own files first.
    pub(super) fn edits(&self, finding: &Finding, after: bool) -> Vec<Edit> {
        let mut found: Vec<Edit> = Vec::new();
        for (number, step) in finding.steps.iter().enumerate().filter(|(_, s)| !s.span.is_nowhere()) {
            let twin = self.twin(step.span.file, after);
            let whole = step.within.statement.filter(|s| s.file == step.span.file);
            let range = self.lines_of(whole.unwrap_or(step.span), after);
            for hunk in twin.hunks.iter().filter(|h| touches(mine(h, after), &range)) {
                let edit = self.edit(step.span.file, &twin, &clipped(hunk, &range, after), after);
                let same = found
                    .iter_mut()
                    .find(|e| e.before == edit.before && e.after == edit.after);
                match same {
                    Some(known) => known.steps.push(number),
                    None => found.push(Edit {
                        steps: vec![number],
                        ..edit
                    }),
                }
            }
        }
        if found.is_empty() {
            found = self.elsewhere(finding, after);
        }
        found.truncate(TOLD);
        found
    }

    fn elsewhere(&self, finding: &Finding, after: bool) -> Vec<Edit> {
        let tree = self.tree(after);
        let own: Vec<FileId> = finding.steps.iter().map(|s| s.span.file).collect();
        let mut files: Vec<(bool, FileId)> = tree.sources.ids().map(|f| (!own.contains(&f), f)).collect();
        files.retain(|(_, f)| configures(tree.sources.path(*f)));
        files.sort_unstable();
        let mut found = Vec::new();
        for (_, file) in files {
            let twin = self.twin(file, after);
            found.extend(twin.hunks.iter().map(|h| self.edit(file, &twin, h, after)));
            if found.len() > TOLD {
                return found;
            }
        }
        // What is gone altogether has no file on this side.
        let other = self.tree(!after).sources;
        for file in other.ids().filter(|f| configures(other.path(*f))) {
            if tree.sources.find(other.path(file)).is_none() && found.len() <= TOLD {
                let twin = self.twin(file, !after);
                if twin.other.is_none() {
                    found.extend(twin.hunks.iter().map(|h| self.edit(file, &twin, h, !after)));
                }
            }
        }
        found
    }

    fn edit(&self, file: FileId, twin: &Twin, hunk: &Hunk, after: bool) -> Edit {
        let at = |tree: &Tree<'_>, file: FileId, range: &Range<usize>| Lines {
            path: tree.sources.path(file).to_owned(),
            first: range.start + 1,
            count: range.len(),
        };
        let (mine, its) = (self.tree(after), self.tree(!after));
        let here = Some(at(mine, file, self::mine(hunk, after)));
        let there = twin.other.map(|f| at(its, f, self::mine(hunk, !after)));
        let shown = |tree: &Tree<'_>, file: Option<FileId>, range: &Range<usize>, mark: char| -> Vec<String> {
            let text = file.and_then(|f| tree.sources.text(f).ok()).unwrap_or("");
            let lines = text.lines().skip(range.start).take(range.len().min(SHOWN));
            lines.map(|l| format!("{mark}{l}")).collect()
        };
        let (old, new) = if after {
            (twin.other, Some(file))
        } else {
            (Some(file), twin.other)
        };
        let mut text = shown(self.before, old, &hunk.old, '-');
        text.extend(shown(self.after, new, &hunk.new, '+'));
        let (before, after) = if after { (there, here) } else { (here, there) };
        Edit {
            steps: Vec::new(),
            before,
            after,
            text,
        }
    }

    fn twin(&self, file: FileId, after: bool) -> Rc<Twin> {
        if let Some(known) = self.known.borrow().get(&(after, file)) {
            return Rc::clone(known);
        }
        let twin = Rc::new(self.find_twin(file, after));
        self.known.borrow_mut().insert((after, file), Rc::clone(&twin));
        twin
    }

    fn find_twin(&self, file: FileId, after: bool) -> Twin {
        let (mine, its) = (self.tree(after).sources, self.tree(!after).sources);
        let path = mine.path(file);
        let other = its.find(path).or_else(|| renamed(mine, file, its));
        let text = |sources: &'a Sources, file: Option<FileId>| file.and_then(|f| sources.text(f).ok()).unwrap_or("");
        let (here, there) = (lines(text(mine, Some(file))), lines(text(its, other)));
        let hunks = if after {
            hunks(&there, &here)
        } else {
            hunks(&here, &there)
        };
        Twin { other, hunks }
    }

    /// The lines of the construct that begins with `span`, from 0.
    fn lines_of(&self, span: Span, after: bool) -> Range<usize> {
        let tree = self.tree(after);
        let key = (after, span.file);
        let known = self.entries.borrow().get(&key).cloned();
        let entries = known.unwrap_or_else(|| {
            let read = Rc::new((tree.entries)(span.file));
            self.entries.borrow_mut().insert(key, Rc::clone(&read));
            read
        });
        let (start, end) = (span.start as usize, span.end as usize);
        let whole = entries.iter().filter(|e| e.start == start && e.end >= end);
        let end = whole.map(|e| e.end).max().unwrap_or(end);
        let whole = Span::at(span.file, start..end);
        let range = tree.sources.positions(whole);
        let first = (range.start.line as usize).saturating_sub(1);
        first..(range.end.line as usize).max(first + 1)
    }
}

/// The lines of a hunk in the tree after (or before).
fn mine(hunk: &Hunk, after: bool) -> &Range<usize> {
    if after { &hunk.new } else { &hunk.old }
}

/// True iff a hunk changes some of these lines, or takes something out between them.
fn touches(hunk: &Range<usize>, lines: &Range<usize>) -> bool {
    if hunk.is_empty() {
        return lines.start < hunk.start && hunk.start < lines.end;
    }
    hunk.start < lines.end && lines.start < hunk.end
}

/// Of a hunk that only adds (or only takes out), the part that is in these lines: a new file is one hunk.
fn clipped(hunk: &Hunk, lines: &Range<usize>, after: bool) -> Hunk {
    let (mine, its) = (mine(hunk, after), mine(hunk, !after));
    if !its.is_empty() || mine.len() <= SHOWN {
        return hunk.clone();
    }
    let part = mine.start.max(lines.start)..mine.end.min(lines.end);
    if after {
        Hunk {
            old: its.clone(),
            new: part,
        }
    } else {
        Hunk {
            old: part,
            new: its.clone(),
        }
    }
}

/// True iff a file of this name may be part of a configuration.
fn configures(path: &str) -> bool {
    const ENDS: [&str; 9] = [
        ".tf",
        ".tofu",
        ".tfvars",
        ".json",
        ".yaml",
        ".yml",
        ".template",
        ".tftpl",
        ".tpl",
    ];
    ENDS.iter().any(|e| path.ends_with(e)) && !path.split('/').any(|p| p == ".terraform")
}

/// The file of the other tree that this one was: not in this tree any more, and more than half of the lines the same.
fn renamed(mine: &Sources, file: FileId, its: &Sources) -> Option<FileId> {
    let text = mine.text(file).ok()?;
    let extension = |path: &str| path.rsplit_once('.').map(|(_, e)| e.to_owned());
    let wanted = extension(mine.path(file));
    let gone = its
        .ids()
        .filter(|f| extension(its.path(*f)) == wanted && mine.find(its.path(*f)).is_none());
    let mut best: Option<(usize, FileId)> = None;
    for candidate in gone.take(RENAMES) {
        let common = alike(text, its.text(candidate).unwrap_or(""));
        if common > 50 && best.is_none_or(|(most, _)| common > most) {
            best = Some((common, candidate));
        }
    }
    best.map(|(_, file)| file)
}

/// How many of a hundred lines two texts have in common, in whatever order.
fn alike(a: &str, b: &str) -> usize {
    let count = |text: &'_ str| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
            *counts.entry(line.to_owned()).or_insert(0) += 1;
        }
        counts
    };
    let (a, b) = (count(a), count(b));
    let common: usize = a.iter().map(|(line, n)| *n.min(b.get(line).unwrap_or(&0))).sum();
    let all = a.values().sum::<usize>().max(b.values().sum());
    (common * 100).checked_div(all).unwrap_or(0)
}
