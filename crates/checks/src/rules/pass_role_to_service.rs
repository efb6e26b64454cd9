use crate::finding::Rule;

pub(crate) const RULE: Rule = Rule {
    id: "pass-role-to-service",
    summary: "A principal can start a service with a role that may do what the principal may not",
    page: include_str!("../../../../docs/rules/pass-role-to-service.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/pass-role-to-service.md",
};
