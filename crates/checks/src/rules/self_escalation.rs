use rolecall_source::Severity;

use crate::candidates::Candidate;
use crate::finding::Rule;
use crate::prove::Goal;
use crate::technique::Family;

pub(crate) const RULE: Rule = Rule {
    id: "self-escalation",
    summary: "A principal can change identities or their permissions so that it may do what it may not",
    page: include_str!("../../../../docs/rules/self-escalation.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/self-escalation.md",
};

/// Who can give itself every permission for certain has every other change as well: one finding tells it.
pub(crate) fn keep_one(candidates: &mut Vec<Candidate>) {
    let is_one = |c: &Candidate| c.family() == Some(Family::SelfEscalation);
    let own = |c: &Candidate| {
        let only = c.reach.path.first().filter(|_| c.reach.path.len() == 1);
        let goal = only.is_some_and(|(_, e)| matches!(e.goal, Goal::Made) || e.goal == Goal::Administrator(c.start));
        goal && c.severity == Severity::Critical && c.reach.assumes() == 0
    };
    let Some(first) = candidates.iter().position(|c| is_one(c) && own(c)) else {
        return;
    };
    let mut at = 0;
    candidates.retain(|c| {
        at += 1;
        !is_one(c) || at - 1 == first
    });
}
