use crate::finding::Rule;
use rolecall_source::Severity;
pub(crate) const RULE: Rule = Rule {
    id: "assume-role",
    summary: "A principal can assume a role that may do what the principal may not",
    page: include_str!("../../../../docs/rules/assume-role.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/assume-role.md",
};

/// What both sides say in full is what somebody meant: it is told, but fails no run.
pub(crate) fn at_most(agreed: bool) -> Severity {
    if agreed { Severity::Low } else { Severity::High }
}
