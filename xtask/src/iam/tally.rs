//! How our answers compare with a judge's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::faults::FAULTS;
use super::{GUIDE, Judge, Options, ours, say};

/// Disagreements with a judge so far.
pub(super) struct Tally {
    judge: Judge,
    requests: usize,
    /// Requests that it does not answer, by the reason.
    unread: BTreeMap<&'static str, usize>,
    differing: usize,
    /// By the faults that account for them.
    explained: BTreeMap<String, usize>,
    /// What no fault accounts for.
    open: Vec<Value>,
}

impl Tally {
    pub(super) fn new(judge: Judge) -> Self {
        Self {
            judge,
            requests: 0,
            unread: BTreeMap::new(),
            differing: 0,
            explained: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    /// Asks the judge too, and for each disagreement whether our answer to the request as the judge misreads it is the
    /// judge's.
    pub(super) fn add(
        &mut self,
        options: &Options,
        requests: &[Value],
        answers: &[Value],
    ) -> Result<(), Box<dyn std::error::Error>> {
        let judge = self.judge;
        let theirs = judge.answers(options, requests)?;
        for reason in theirs.iter().filter_map(|t| judge.unread(t)) {
            *self.unread.entry(reason).or_default() += 1;
        }
        let differing: Vec<(&Value, &Value)> = requests
            .iter()
            .zip(answers)
            .zip(&theirs)
            .filter(|(_, their)| judge.unread(their).is_none())
            .filter(|((_, answer), their)| !judge.agrees(answer, their))
            .map(|((request, _), their)| (request, their))
            .collect();
        let (rewritten, faults): (Vec<Value>, Vec<Vec<&str>>) = differing
            .iter()
            .map(|(request, their)| judge.misread(request, their))
            .unzip();
        let again = ours(options, &rewritten)?;
        self.requests += requests.len();
        self.differing += differing.len();
        for (((request, their), faults), answer) in differing.iter().zip(&faults).zip(&again) {
            if !faults.is_empty() && judge.agrees(answer, their) {
                *self.explained.entry(faults.join(" + ")).or_default() += 1;
            } else {
                let mut request = (*request).clone();
                if let Some(fields) = request.as_object_mut() {
                    fields.insert("theirs".into(), (*their).clone());
                }
                self.open.push(request);
            }
        }
        Ok(())
    }

    /// Prints it; how many disagreements no fault explains.
    pub(super) fn say(mut self, what: &str) -> usize {
        say(&format!(
            "{what}, {:?}: {} requests, {} disagreements, {} not explained",
            self.judge,
            self.requests,
            self.differing,
            self.open.len()
        ));
        for (reason, count) in &self.unread {
            say(&format!("  {count:>5} not answered: {reason}"));
        }
        for (faults, count) in &self.explained {
            say(&format!("  {count:>5} {faults}"));
        }
        let seen = |id: &str| self.explained.keys().any(|k| k.split(" + ").any(|f| f == id));
        for fault in FAULTS.iter().filter(|f| f.judge == self.judge && seen(f.id)) {
            say(&format!("        {}: {} ({GUIDE}{})", fault.id, fault.what, fault.page));
        }
        self.open.sort_by_key(|r| r.to_string().len());
        self.open
            .iter()
            .take(5)
            .for_each(|r| say(&format!("  not explained: {r}")));
        self.open.len()
    }
}
