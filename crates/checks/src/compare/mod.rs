//! Two scans of one repository, compared: what is new, worse, gone and the same, and which edit made it so.

mod edits;
mod identity;
mod lines;

use crate::finding::{Analysis, Finding, GainSummary};

pub use edits::{Edit, Lines, Tree};
pub use identity::{Identity, Move, Named, Pair, Way, pair};

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It was not there, or was accepted.
    New,
    /// It is graver, surer, or gains more.
    Worsened,
    /// It is gone.
    Fixed,
    /// It was open and is accepted now.
    Accepted,
    /// It is as it was.
    Unchanged,
}

/// What became of one finding.
#[derive(Clone, Debug)]
pub struct Change {
    /// What.
    pub status: Status,
    /// Its index in the scan before.
    pub before: Option<usize>,
    /// Its index in the scan after.
    pub after: Option<usize>,
    /// How the two were recognised as one.
    pub way: Option<Way>,
    /// What differs, as clauses: `severity medium before, high now`.
    pub differences: Vec<String>,
    /// The edits that made it so; empty for what is unchanged.
    pub edits: Vec<Edit>,
}

/// One of the two scans.
pub struct Side<'a> {
    /// Its outcome.
    pub analysis: &'a Analysis,
    /// Its files.
    pub tree: Tree<'a>,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// New, worsened, fixed, accepted, unchanged; each in the order of its scan.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// The changes of one kind.
    pub fn of(&self, status: Status) -> impl Iterator<Item = &Change> + Clone {
        self.changes.iter().filter(move |c| c.status == status)
    }
}

/// Compares two scans. Findings that are accepted on both sides are left out.
#[must_use]
pub fn compare(before: &Side<'_>, after: &Side<'_>, moves: &[Move]) -> Comparison {
    let (old, new) = (&before.analysis.findings, &after.analysis.findings);
    let identities = |findings: &[Finding]| findings.iter().map(Identity::of).collect::<Vec<_>>();
    let pairs = pair(&identities(old), &identities(new), moves);
    let trees = edits::Trees::new(&before.tree, &after.tree);
    let mut changes = Vec::new();
    for (at, finding) in new.iter().enumerate() {
        let partner = pairs.iter().find(|p| p.after == at);
        let was = partner.and_then(|p| old.get(p.before));
        let Some((status, differences)) = judge(was, finding) else {
            continue;
        };
        let told = matches!(status, Status::New | Status::Worsened);
        changes.push(Change {
            status,
            before: partner.map(|p| p.before),
            after: Some(at),
            way: partner.map(|p| p.way),
            differences,
            edits: if told { trees.edits(finding, true) } else { Vec::new() },
        });
    }
    for (at, finding) in old.iter().enumerate() {
        if finding.suppressed.is_none() && !pairs.iter().any(|p| p.before == at) {
            changes.push(Change {
                status: Status::Fixed,
                before: Some(at),
                after: None,
                way: None,
                differences: Vec::new(),
                edits: trees.edits(finding, false),
            });
        }
    }
    changes.sort_by_key(|c| c.status);
    Comparison { changes }
}

/// What became of a finding that is there now; `None` for what nobody is told.
fn judge(was: Option<&Finding>, now: &Finding) -> Option<(Status, Vec<String>)> {
    match (was, &now.suppressed) {
        (None, None) => Some((Status::New, Vec::new())),
        (None, Some(_)) => None,
        (Some(was), Some(accepted)) => was
            .suppressed
            .is_none()
            .then(|| (Status::Accepted, vec![format!("accepted: {}", accepted.reason)])),
        (Some(was), None) if was.suppressed.is_some() => Some((
            Status::New,
            vec!["it was accepted before and is not any more".to_owned()],
        )),
        (Some(was), None) => {
            let (worse, differences) = differences(was, now);
            let status = if worse { Status::Worsened } else { Status::Unchanged };
            Some((status, differences))
        }
    }
}

/// What differs between a finding before and now, and whether it is worse.
fn differences(was: &Finding, now: &Finding) -> (bool, Vec<String>) {
    let mut told = Vec::new();
    let mut worse = now.severity > was.severity || now.confidence > was.confidence;
    if now.severity != was.severity {
        told.push(format!(
            "severity {} before, {} now",
            word(was.severity),
            word(now.severity)
        ));
    }
    if now.confidence != was.confidence {
        told.push(format!("{} before, {} now", word(was.confidence), word(now.confidence)));
    }
    let more = grown(&was.gain, &now.gain);
    if !more.is_empty() {
        worse = true;
        told.push(format!("gains more: {}", more.join(", ")));
    }
    if was.technique != now.technique {
        told.push(format!("technique `{}` before, `{}` now", was.technique, now.technique));
    }
    (worse, told)
}

fn word(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// What is gained now and was not before, by service.
fn grown(was: &GainSummary, now: &GainSummary) -> Vec<String> {
    match (was.administrator, now.administrator) {
        (true, _) => return Vec::new(),
        (false, true) => return vec!["every permission".to_owned()],
        (false, false) => {}
    }
    let more = now.by_service.iter().filter_map(|service| {
        let before = was.by_service.iter().find(|b| b.service == service.service);
        let known = before.map_or(0, |b| b.actions);
        let level = service
            .levels
            .iter()
            .find(|l| !before.is_some_and(|b| b.levels.contains(l)));
        match (service.actions > known, level) {
            (true, _) => Some(format!("{} more {} actions", service.actions - known, service.service)),
            (false, Some(level)) => Some(format!("{} of {}", level.to_lowercase(), service.service)),
            (false, None) => None,
        }
    });
    more.collect()
}
