use crate::finding::Rule;

pub(crate) const RULE: Rule = Rule {
    id: "launch-over-privileged-role",
    summary: "A principal can launch compute with a role that may do what the principal may not",
    page: include_str!("../../../../docs/rules/launch-over-privileged-role.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/launch-over-privileged-role.md",
};
