//! What a configuration would leave in an account, as other tools read it.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_facts::{
    Attachment, Configuration, InstanceProfile, PolicyRef, Principal, PrincipalKind, PrincipalRef, Scope,
};
use rolecall_source::{Choice, Kind, List, Map, Text, Value, json};
use serde_json::{Value as Json, json};

use super::letters::Letters;

/// Every resource was created at this moment.
const CREATED: &str = "2024-01-01T00:00:00+00:00";

/// A [GetAccountAuthorizationDetails](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html)
/// answer, and what had to be chosen to write one.
#[derive(Debug)]
pub struct Gaad {
    /// The answer, indented, with a line end.
    pub json: String,
    /// What the answer says although the configuration leaves it open, and what it leaves out.
    pub warnings: Vec<String>,
}

/// Writes the configurations as one account: what is not known is named, of alternatives the first is taken, and what may
/// exist exists. `account` is the id of the account where it is not known; `managed` gives the documents of AWS-managed
/// policies by ARN.
#[must_use]
pub fn gaad(configurations: &[Configuration], account: &str, managed: &dyn Fn(&str) -> Option<String>) -> Gaad {
    let mut writer = Writer {
        letters: Letters::new(account),
        managed,
        policies: BTreeMap::new(),
        lists: BTreeMap::new(),
        warnings: BTreeSet::new(),
    };
    for configuration in configurations {
        writer.configuration(configuration);
    }
    let mut details = serde_json::Map::new();
    for (name, kind) in LISTS {
        let list = writer.lists.remove(&kind).unwrap_or_default();
        details.insert(name.into(), list.into_values().collect());
    }
    details.insert("Policies".into(), writer.policies.into_values().collect());
    let mut text = serde_json::to_string_pretty(&Json::Object(details)).unwrap_or_default();
    text.push('\n');
    Gaad {
        json: text,
        warnings: writer.warnings.into_iter().collect(),
    }
}

const LISTS: [(&str, PrincipalKind); 3] = [
    ("UserDetailList", PrincipalKind::User),
    ("GroupDetailList", PrincipalKind::Group),
    ("RoleDetailList", PrincipalKind::Role),
];

struct Writer<'a> {
    letters: Letters,
    managed: &'a dyn Fn(&str) -> Option<String>,
    /// By ARN.
    policies: BTreeMap<String, Json>,
    /// By ARN, for each kind of principal that the answer has.
    lists: BTreeMap<PrincipalKind, BTreeMap<String, Json>>,
    warnings: BTreeSet<String>,
}

impl Writer<'_> {
    fn configuration(&mut self, c: &Configuration) {
        for policy in &c.policies {
            let document = self.document(&policy.body, &policy.origin.address);
            let (arn, name) = (self.letters.of(&policy.arn), self.letters.of(&policy.name));
            self.policies.insert(arn.clone(), version(&arn, &name, document));
        }
        for principal in c.principals.iter().filter(|p| p.declared) {
            let written = self.principal(c, principal);
            let kind = match principal.kind {
                PrincipalKind::PermissionSet => PrincipalKind::Role,
                kind => kind,
            };
            let arn = written.get("Arn").and_then(Json::as_str).unwrap_or_default().to_owned();
            if self
                .lists
                .entry(kind)
                .or_default()
                .insert(arn.clone(), written)
                .is_some()
            {
                self.warnings
                    .insert(format!("{arn} is stated more than once; the last is written"));
            }
        }
        let lost = |a: &&Attachment| !c.principals.iter().any(|p| p.declared && names(c, &a.to, p));
        for attachment in c.attachments.iter().filter(lost) {
            let told = format!("{}: attached to nobody that is stated here", attachment.origin.address);
            self.warnings.insert(told);
        }
    }

    fn principal(&mut self, c: &Configuration, p: &Principal) -> Json {
        let (prefix, mut arn) = (prefix(p.kind), self.letters.of(&p.arn));
        let mut name = self.letters.of(&p.name);
        let mut path = self.letters.of(&p.path);
        let mut trust = p.trust.as_ref().map(|t| self.document(t, &p.origin.address));
        if p.kind == PrincipalKind::PermissionSet {
            // A role of this form is made in each account that the permission set is assigned to:
            // https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
            let account = c
                .scopes
                .get(p.scope.0 as usize)
                .map(|s| self.letters.of(&s.account))
                .unwrap_or_default();
            name = format!("AWSReservedSSO_{name}_0123456789abcdef");
            path = "/aws-reserved/sso.amazonaws.com/".into();
            arn = format!("arn:aws:iam::{account}:role{path}{name}");
            trust = Some(json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                "Principal": {"Federated": format!("arn:aws:iam::{account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE")},
                "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}]}));
        }
        let mut out = serde_json::Map::new();
        out.insert("Arn".into(), arn.clone().into());
        out.insert(format!("{prefix}Name"), name.into());
        out.insert(format!("{prefix}Id"), arn.into());
        out.insert("Path".into(), path.into());
        out.insert("CreateDate".into(), CREATED.into());
        self.attached(c, p, prefix, &mut out);
        if let Some(boundary) = p.boundary.as_ref().and_then(|b| self.arn(b, &p.origin.address)) {
            self.reference(&boundary, &p.origin.address);
            let about = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary});
            out.insert("PermissionsBoundary".into(), about);
        }
        if p.kind != PrincipalKind::Group {
            out.insert("Tags".into(), self.tags(p.tags.as_ref()));
        }
        match p.kind {
            PrincipalKind::User => {
                out.insert("GroupList".into(), self.groups(c, p));
            }
            PrincipalKind::Role | PrincipalKind::PermissionSet => {
                out.insert("AssumeRolePolicyDocument".into(), trust.unwrap_or_else(empty));
                out.insert("InstanceProfileList".into(), self.profiles(c, p));
            }
            PrincipalKind::Group => {}
        }
        Json::Object(out)
    }

    fn attached(&mut self, c: &Configuration, p: &Principal, prefix: &str, out: &mut serde_json::Map<String, Json>) {
        let (mut inline, mut managed) = (Vec::new(), Vec::new());
        let attachments: Vec<&Attachment> = c.attachments.iter().filter(|a| names(c, &a.to, p)).collect();
        for (i, attachment) in attachments.into_iter().enumerate() {
            let address = &attachment.origin.address;
            match &attachment.policy {
                PolicyRef::Inline { name, body } => {
                    let name = name
                        .as_ref()
                        .map_or_else(|| format!("policy-{}", i + 1), |n| self.letters.of(n));
                    inline.push(json!({"PolicyName": name, "PolicyDocument": self.document(body, address)}));
                }
                PolicyRef::Managed(value) => {
                    if let Some(arn) = self.arn(value, address) {
                        let name = self.reference(&arn, address);
                        managed.push(json!({"PolicyName": name, "PolicyArn": arn}));
                    }
                }
            }
        }
        out.insert(format!("{prefix}PolicyList"), inline.into());
        managed.sort_by_key(Json::to_string);
        managed.dedup();
        out.insert("AttachedManagedPolicies".into(), managed.into());
    }

    /// The name of a managed policy, which is in the answer from now on.
    fn reference(&mut self, arn: &str, address: &str) -> String {
        let last = arn.rsplit('/').next().unwrap_or(arn).to_owned();
        if let Some(known) = self.policies.get(arn) {
            return known
                .get("PolicyName")
                .and_then(Json::as_str)
                .map_or(last, ToOwned::to_owned);
        }
        let document = (self.managed)(arn).and_then(|d| serde_json::from_str(&d).ok());
        if document.is_none() {
            let told = format!("{address}: the document of {arn} is not known; it is written without statements");
            self.warnings.insert(told);
        }
        let policy = version(arn, &last, document.unwrap_or_else(empty));
        self.policies.insert(arn.to_owned(), policy);
        last
    }

    fn groups(&self, c: &Configuration, p: &Principal) -> Json {
        let mut names_of: BTreeSet<String> = BTreeSet::new();
        for membership in c.memberships.iter().filter(|m| names(c, &m.user, p)) {
            let group = c.principals.iter().find(|g| names(c, &membership.group, g));
            names_of.insert(group.map_or_else(|| self.letters.of(&membership.group.by), |g| self.letters.of(&g.name)));
        }
        names_of.into_iter().map(Json::from).collect()
    }

    fn profiles(&self, c: &Configuration, p: &Principal) -> Json {
        let of = |i: &&InstanceProfile| i.role.as_ref().is_some_and(|r| names(c, r, p));
        let write = |i: &InstanceProfile| {
            let arn = self.letters.of(&i.arn);
            json!({"InstanceProfileName": self.letters.of(&i.name), "InstanceProfileId": arn, "Arn": arn,
                   "Path": "/", "CreateDate": CREATED, "Roles": []})
        };
        c.profiles.iter().filter(of).map(write).collect()
    }

    fn tags(&mut self, tags: Option<&Value>) -> Json {
        let Some(map) = tags.and_then(Value::as_map) else {
            return Json::Array(Vec::new());
        };
        let tag = |(key, value): (&Text, &Value)| {
            let value = value.to_text().map(|t| self.letters.of(&t)).unwrap_or_default();
            json!({"Key": self.letters.of(key), "Value": value})
        };
        map.iter().map(tag).collect()
    }

    /// The ARN that a value gives: of alternatives the first that gives one.
    fn arn(&mut self, value: &Value, address: &str) -> Option<String> {
        match &value.kind {
            Kind::Text(text) => Some(self.letters.of(text)),
            Kind::Unknown(symbol) => {
                self.warnings.insert(format!("{address}: {symbol} {}", symbol.why));
                None
            }
            Kind::Choice(choice) => {
                self.chosen(choice, address);
                choice.options.iter().find_map(|(_, v)| self.arn(v, address))
            }
            _ => None,
        }
    }

    fn chosen(&mut self, choice: &Choice, address: &str) {
        let told = format!(
            "{address}: {} decides between {} values; the first is written",
            choice.on,
            choice.options.len()
        );
        self.warnings.insert(told);
    }

    /// A policy document; one that is not known has no statement.
    fn document(&mut self, body: &Value, address: &str) -> Json {
        let read = match &body.kind {
            Kind::Text(text) => match json::read_text(text) {
                Ok(document) => document.value,
                Err(error) => {
                    self.warnings.insert(format!("{address}: {}", error.message));
                    return empty();
                }
            },
            Kind::Encoded(encoded) => encoded.value.clone(),
            Kind::Choice(choice) => {
                self.chosen(choice, address);
                let first = choice.options.iter().find(|(_, v)| !v.is_null());
                return first.map_or_else(empty, |(_, v)| self.document(v, address));
            }
            _ => body.clone(),
        };
        match self.plain(&read, address) {
            Json::Object(map) => Json::Object(map),
            _ => {
                self.warnings.insert(format!(
                    "{address}: the document is not known; it is written without statements"
                ));
                empty()
            }
        }
    }

    fn plain(&mut self, value: &Value, address: &str) -> Json {
        match &value.kind {
            Kind::Null => Json::Null,
            Kind::Bool(b) => Json::Bool(*b),
            Kind::Number(n) => n
                .to_string()
                .parse::<serde_json::Number>()
                .map_or(Json::Null, Json::Number),
            Kind::Text(text) => self.letters.of(text).into(),
            Kind::Unknown(symbol) => self.letters.symbol(symbol).into(),
            Kind::Encoded(encoded) => self.letters.of(&json::write(&encoded.value)).into(),
            Kind::List(list) => self.plain_list(list, address),
            Kind::Map(map) => self.plain_map(map, address),
            Kind::Choice(choice) => {
                self.chosen(choice, address);
                choice
                    .options
                    .first()
                    .map_or(Json::Null, |(_, v)| self.plain(v, address))
            }
        }
    }

    fn plain_list(&mut self, list: &List, address: &str) -> Json {
        if let Some(symbol) = &list.open {
            self.warnings
                .insert(format!("{address}: {symbol} may add more, which is left out"));
        }
        list.items.iter().map(|v| self.plain(v, address)).collect()
    }

    fn plain_map(&mut self, map: &Map, address: &str) -> Json {
        if let Some(symbol) = &map.open {
            self.warnings
                .insert(format!("{address}: {symbol} may add more, which is left out"));
        }
        let entries: serde_json::Map<String, Json> = map
            .iter()
            .map(|(k, v)| (self.letters.of(k), self.plain(v, address)))
            .collect();
        Json::Object(entries)
    }
}

/// True iff `reference` names `principal`: by kind, by name or ARN, and in the same account.
fn names(c: &Configuration, reference: &PrincipalRef, principal: &Principal) -> bool {
    let account = |scope: rolecall_facts::ScopeId| c.scopes.get(scope.0 as usize).map(|s: &Scope| &s.account);
    reference.kind == principal.kind
        && (reference.by == principal.name || reference.by == principal.arn)
        && account(reference.scope) == account(principal.scope)
}

fn prefix(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::User => "User",
        PrincipalKind::Group => "Group",
        PrincipalKind::Role | PrincipalKind::PermissionSet => "Role",
    }
}

fn empty() -> Json {
    json!({"Version": "2012-10-17", "Statement": []})
}

fn version(arn: &str, name: &str, document: Json) -> Json {
    let path = arn
        .split_once(":policy")
        .and_then(|(_, p)| p.strip_suffix(name))
        .unwrap_or("/");
    json!({"PolicyName": name, "PolicyId": arn, "Arn": arn, "Path": path, "DefaultVersionId": "v1", "IsAttachable": true,
           "CreateDate": CREATED, "PolicyVersionList": [
               {"Document": document, "VersionId": "v1", "IsDefaultVersion": true, "CreateDate": CREATED}]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_facts::{Language, Membership, Origin, ScopeId};
    use rolecall_source::{Class, Span, Symbol};
    use std::sync::Arc;

    fn origin(address: &str) -> Origin {
        Origin {
            address: address.into(),
            span: Span::NOWHERE,
            calls: Vec::new(),
            exists: Vec::new(),
            open: false,
        }
    }

    fn text(letters: &str) -> Text {
        Text::plain(letters)
    }

    fn principal(kind: PrincipalKind, name: &str, arn: Text) -> Principal {
        Principal {
            kind,
            origin: origin(name),
            scope: ScopeId(0),
            name: text(name),
            path: text("/"),
            arn,
            trust: None,
            boundary: None,
            tags: None,
            declared: true,
        }
    }

    fn by(kind: PrincipalKind, name: &str) -> PrincipalRef {
        PrincipalRef {
            kind,
            by: text(name),
            scope: ScopeId(0),
        }
    }

    fn string(letters: &str) -> Value {
        Value::string(letters, Span::NOWHERE)
    }

    #[test]
    fn attachments_join_by_name_and_what_is_chosen_is_told() {
        let account = Text::symbol(Symbol::new("a", "account", "", Class::Account), Span::NOWHERE);
        let arn = |rest: &str| text("arn:aws:iam::").concat(&account).concat(&text(rest));
        let mut c = Configuration::new(".", Language::Terraform);
        c.scopes.push(Scope {
            name: "aws".into(),
            account: account.clone(),
            partition: text("aws"),
            region: text("us-east-1"),
        });
        c.principals
            .push(principal(PrincipalKind::User, "alice", arn(":user/alice")));
        c.principals
            .push(principal(PrincipalKind::Group, "ops", arn(":group/ops")));
        let mut role = principal(PrincipalKind::Role, "app", arn(":role/app"));
        role.trust = Some(string("{\"Statement\":[{\"Effect\":\"Allow\"}]}"));
        c.principals.push(role);
        c.memberships.push(Membership {
            origin: origin("m"),
            user: by(PrincipalKind::User, "alice"),
            group: by(PrincipalKind::Group, "ops"),
        });
        c.profiles.push(InstanceProfile {
            origin: origin("p"),
            scope: ScopeId(0),
            name: text("app"),
            arn: arn(":instance-profile/app"),
            role: Some(by(PrincipalKind::Role, "app")),
            declared: true,
        });
        let on = Symbol::new("v", "var.wide", "has no default", Class::Any);
        let options = vec![
            (Arc::from("true"), string("arn:aws:iam::aws:policy/Known")),
            (Arc::from("false"), string("arn:aws:iam::aws:policy/Other")),
        ];
        for (address, to, policy) in [
            (
                "one",
                by(PrincipalKind::Role, "app"),
                PolicyRef::Managed(Value::new(
                    Kind::Choice(Arc::new(Choice { on, options })),
                    Span::NOWHERE,
                )),
            ),
            (
                "two",
                by(PrincipalKind::Group, "ops"),
                PolicyRef::Inline {
                    name: Some(text("in")),
                    body: string("nonsense"),
                },
            ),
            (
                "three",
                by(PrincipalKind::User, "bob"),
                PolicyRef::Inline {
                    name: None,
                    body: string("{}"),
                },
            ),
        ] {
            c.attachments.push(Attachment {
                origin: origin(address),
                to,
                policy,
            });
        }
        let managed = |arn: &str| (arn == "arn:aws:iam::aws:policy/Known").then(|| "{\"Statement\":[1]}".to_owned());
        let gaad = gaad(&[c], "123456789012", &managed);
        let json: Json = serde_json::from_str(&gaad.json).unwrap();
        let role = &json["RoleDetailList"][0];
        assert_eq!(role["Arn"], "arn:aws:iam::123456789012:role/app");
        assert_eq!(role["AssumeRolePolicyDocument"]["Statement"][0]["Effect"], "Allow");
        assert_eq!(role["InstanceProfileList"][0]["InstanceProfileName"], "app");
        assert_eq!(role["AttachedManagedPolicies"][0]["PolicyName"], "Known");
        assert_eq!(
            json["Policies"][0]["PolicyVersionList"][0]["Document"]["Statement"][0],
            1
        );
        assert_eq!(json["UserDetailList"][0]["GroupList"], json!(["ops"]));
        assert_eq!(
            json["GroupDetailList"][0]["GroupPolicyList"][0]["PolicyDocument"],
            empty()
        );
        assert_eq!(
            gaad.warnings,
            [
                "one: \u{27e8}var.wide\u{27e9} decides between 2 values; the first is written",
                "three: attached to nobody that is stated here",
                "two: expected a JSON value",
            ]
        );
    }
}
