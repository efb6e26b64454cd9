use crate::finding::Rule;

pub(crate) const RULE: Rule = Rule {
    id: "take-over-compute",
    summary: "A principal can run its code in compute whose role may do what the principal may not",
    page: include_str!("../../../../docs/rules/take-over-compute.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/take-over-compute.md",
};
