//! What a technique needs of the one who acts: each need a question to the policy engine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolecall_catalog::ActionResource;
use rolecall_graph::{ComputeNode, Node};
use rolecall_iam::{Answer, Context as Keys, Found, Query, Request, evaluate, find};
use rolecall_source::{Kind, Text, Value};

use super::Prover;
use super::proof::{Proof, best};
use crate::region::regions;
use crate::technique::{Need, Technique};

/// What the names with `@` in a record stand for.
#[derive(Clone, Default)]
pub(crate) struct Bound<'g> {
    /// By name, without `@`: ARNs.
    pub(crate) arns: BTreeMap<&'static str, Text>,
    /// Existing compute by name, for its tags.
    pub(crate) compute: BTreeMap<&'static str, &'g ComputeNode>,
    /// Principals by name, for their permissions boundaries.
    pub(crate) principals: BTreeMap<&'static str, &'g Node>,
    /// The region of what exists already, where it is known.
    pub(crate) region: Option<Text>,
}

/// A need on one resource.
struct One<'t> {
    need: &'t Need,
    on: &'t str,
}

impl<'g> Prover<'g> {
    /// True unless some action that `technique` needs is certainly allowed on nothing.
    pub(crate) fn may_need(&self, technique: &Technique) -> bool {
        let may = |n: &Need| n.unless.is_some() || self.may(&n.action);
        let group = |g: &Vec<Vec<Need>>| g.iter().any(|needs| needs.iter().all(may));
        technique.needs.iter().all(may) && technique.one_of.iter().all(group)
    }

    /// May the one who acts do all that `technique` needs, in one region?
    pub(crate) fn needs(&self, technique: &Technique, bound: &Bound<'g>) -> Option<Proof> {
        if !self.may_need(technique) {
            return None;
        }
        let mut tried: Vec<Text> = Vec::new();
        let mut open = vec![bound.region.clone().unwrap_or_else(|| self.region.clone())];
        let mut found: Option<Proof> = None;
        while let Some(region) = open.pop() {
            tried.push(region.clone());
            match self.needs_in(technique, bound, &region) {
                Ok(proof) if proof.assumes.is_empty() => {
                    found = Some(proof);
                    break;
                }
                Ok(proof) => found = best(std::iter::once(proof).chain(found)),
                Err(failed) if bound.region.is_none() => {
                    // Nothing of this type is allowed here: ask where it is.
                    let anywhere = find(self.authority, &self.query(failed.need, failed.on, bound, None));
                    if anywhere.answer == Answer::No {
                        return None;
                    }
                    open.extend(regions(&anywhere).into_iter().filter(|r| !tried.contains(r)));
                }
                Err(_) => return None,
            }
        }
        let proof = found?;
        let proof = technique.assumes.iter().fold(proof, |p, a| p.assuming(a.shared()));
        self.service_linked_role(technique, proof)
    }

    fn needs_in<'t>(&self, technique: &'t Technique, bound: &Bound<'g>, region: &Text) -> Result<Proof, One<'t>> {
        let mut names = Names::default();
        let mut proof = self.all(&technique.needs, bound, region, &mut names)?;
        for group in &technique.one_of {
            let mut failed = None;
            let mut ways = Vec::new();
            for needs in group {
                match self.all(needs, bound, region, &mut names.clone()) {
                    Ok(way) => ways.push(way),
                    Err(one) => failed = failed.or(Some(one)),
                }
                if ways.last().is_some_and(|w| w.assumes.is_empty()) {
                    break;
                }
            }
            match (best(ways), failed) {
                (Some(way), _) => proof = proof.then(way),
                (None, Some(one)) => return Err(one),
                (None, None) => {}
            }
        }
        Ok(proof)
    }

    /// All of `needs`. Two needs on one type of resource mean one resource: where the one that the first finds will not
    /// do for the second, the second is asked first.
    fn all<'t>(
        &self,
        needs: &'t [Need],
        bound: &Bound<'g>,
        region: &Text,
        names: &mut Names,
    ) -> Result<Proof, One<'t>> {
        let mut order: Vec<One<'t>> = needs.iter().flat_map(ones).collect();
        let mut first = Vec::new();
        loop {
            let mut mine = names.clone();
            match self.in_order(&order, bound, region, &mut mine) {
                Ok(proof) => {
                    *names = mine;
                    return Ok(proof);
                }
                Err(at) if mine.0.contains_key(order.get(at).map_or("", |o| o.on)) && !first.contains(&at) => {
                    first.push(at);
                    let one = order.remove(at);
                    order.insert(0, one);
                }
                Err(at) => return Err(order.swap_remove(at)),
            }
        }
    }

    /// The proof, or the index of the need that fails.
    fn in_order(&self, order: &[One<'_>], bound: &Bound<'g>, region: &Text, names: &mut Names) -> Result<Proof, usize> {
        let mut proof = Proof::default();
        for (at, one) in order.iter().enumerate() {
            let mut query = self.query(one.need, one.on, bound, Some(region));
            if let Some(name) = names.0.get(one.on) {
                query.resource = name.clone();
            }
            let found = if one.on.starts_with('@') {
                self.found(&query)
            } else {
                find(self.authority, &query)
            };
            let shared = order.iter().filter(|o| o.on == one.on).count() > 1;
            if let Some(request) = found.request.as_ref().filter(|_| shared && !one.on.starts_with('@')) {
                names.0.insert(one.on.to_owned(), request.resource.clone());
            }
            proof = match (
                proof.clone().and_may(&found, &one.need.action.shared()),
                &one.need.unless,
            ) {
                (Some(proof), _) => proof,
                (None, Some(clause)) => proof.assuming(clause.shared()),
                (None, None) => return Err(at),
            };
        }
        Ok(proof)
    }

    /// The answer for one resource: most are plain, and told without a search.
    pub(super) fn found(&self, query: &Query) -> Found {
        if self.bare.certainly_not(&query.action, &query.resource) {
            return Found {
                answer: Answer::No,
                request: None,
                because: Vec::new(),
            };
        }
        let mut context = query.fixed.clone();
        let account = || vec![self.principal.account.clone()];
        context.entry("aws:resourceaccount".to_owned()).or_insert_with(account);
        let request = Request {
            action: query.action.clone(),
            resource: query.resource.clone(),
            context,
        };
        let plain = evaluate(self.authority, &request);
        if plain.answer.is_yes() {
            return Found {
                answer: plain.answer,
                request: Some(request),
                because: plain.because,
            };
        }
        find(self.authority, query)
    }

    fn query(&self, need: &Need, on: &str, bound: &Bound<'g>, region: Option<&Text>) -> Query {
        let mut fixed = Keys::new();
        let mut absent: BTreeSet<String> = need.absent.iter().map(|k| k.to_ascii_lowercase()).collect();
        if let Some(region) = region {
            fixed.insert("aws:requestedregion".to_owned(), vec![region.clone()]);
            fixed.insert("ec2:region".to_owned(), vec![region.clone()]);
        }
        for (key, value) in &need.keys {
            fixed.insert(key.to_ascii_lowercase(), vec![named(value, bound)]);
        }
        if let Some(type_) = &need.profile_key_on {
            match bound.arns.get("profile").filter(|_| **type_ == *on) {
                Some(profile) => {
                    fixed.insert("ec2:instanceprofile".to_owned(), vec![profile.clone()]);
                }
                None => {
                    absent.insert("ec2:instanceprofile".to_owned());
                }
            }
        }
        if let Some(compute) = on.strip_prefix('@').and_then(|name| bound.compute.get(name)) {
            self.tags(compute, &need.action, &mut fixed, &mut absent);
        }
        if let Some(node) = on.strip_prefix('@').and_then(|name| bound.principals.get(name)) {
            boundary(node, &need.action, &mut fixed, &mut absent);
        }
        let everywhere = Text::plain("*");
        let resource = match on {
            "*" => everywhere,
            on if on.starts_with('@') => named(on, bound),
            on if on.starts_with("arn:") => self.fill(on, region.unwrap_or(&everywhere)),
            on => self.shape(&need.action, on, region.unwrap_or(&everywhere)),
        };
        Query {
            action: need.action.to_string(),
            resource,
            fixed,
            absent,
        }
    }

    /// The tags of what exists already are facts: those it has, and that it has no others.
    fn tags(&self, compute: &ComputeNode, action: &str, fixed: &mut Keys, absent: &mut BTreeSet<String>) {
        let service = action.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let prefixes = ["aws:resourcetag/".to_owned(), format!("{service}:resourcetag/")];
        let Some(Kind::Map(map)) = compute.fact.tags.as_ref().map(|t| &t.kind) else {
            // No tags are stated, and none is added elsewhere that is known of.
            if compute.fact.tags.is_none() {
                absent.extend(
                    self.tag_keys
                        .iter()
                        .filter(|k| prefixes.iter().any(|p| k.starts_with(p)))
                        .cloned(),
                );
            }
            return;
        };
        for (key, value) in map.iter() {
            let (Some(key), Some(value)) = (key.as_str(), value.to_text()) else {
                continue;
            };
            for prefix in &prefixes {
                fixed.insert(format!("{prefix}{}", key.to_ascii_lowercase()), vec![value.clone()]);
            }
        }
        if map.open.is_none() {
            let other = |k: &&String| prefixes.iter().any(|p| k.starts_with(p)) && !fixed.contains_key(*k);
            absent.extend(self.tag_keys.iter().filter(other).cloned());
        }
    }

    /// The ARNs of a resource type, as the service authorization reference publishes them.
    pub(crate) fn shape(&self, action: &str, resource: &str, region: &Text) -> Text {
        let types = types(action);
        let template = types.iter().find(|t| t.name == resource).map_or("*", |t| t.arn);
        self.fill(template, region)
    }

    /// An ARN with `${…}`: what is known of the one who acts, and anything for the rest.
    pub(crate) fn fill(&self, template: &str, region: &Text) -> Text {
        let mut out = Text::plain("");
        let mut rest = template;
        while let Some((letters, more)) = rest.split_once("${") {
            let (name, after) = more.split_once('}').unwrap_or((more, ""));
            let filled = match name {
                "Partition" => self.principal.partition.clone(),
                "Region" => region.clone(),
                "Account" => self.principal.account.clone(),
                _ => Text::plain("*"),
            };
            out = out.concat(&Text::plain(letters)).concat(&filled);
            rest = after;
        }
        out.concat(&Text::plain(rest))
    }

    /// The service-linked role exists, or the principal may create it, or it is assumed to.
    fn service_linked_role(&self, technique: &Technique, proof: Proof) -> Option<Proof> {
        let Some(role) = &technique.service_linked_role else {
            return Some(proof);
        };
        let arn = self.arn("iam", &format!("role/aws-service-role/{}/{}", role.service, role.name));
        let fixed = Keys::from([("iam:awsservicename".to_owned(), vec![Text::plain(&role.service)])]);
        let action: Arc<str> = "iam:CreateServiceLinkedRole".into();
        let made = self.ask(&action, &arn, fixed);
        let assumed = proof
            .clone()
            .assuming(format!("the service-linked role {} exists", role.name));
        Some(assumed.better(proof.and_may(&made, &action)))
    }

    /// A request for one action on one resource, everything else free.
    pub(crate) fn ask(&self, action: &str, resource: &Text, fixed: Keys) -> Found {
        let query = Query {
            action: action.to_owned(),
            resource: resource.clone(),
            fixed,
            absent: BTreeSet::new(),
        };
        find(self.authority, &query)
    }

    /// `arn:<partition>:<service>::<account>:<resource>`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> Text {
        let head = Text::plain("arn:")
            .concat(&self.principal.partition)
            .concat(&Text::plain(&format!(":{service}::")));
        head.concat(&self.principal.account)
            .concat(&Text::plain(&format!(":{resource}")))
    }
}

/// Resources that were found for a type, and that the other needs on it mean as well.
#[derive(Clone, Default)]
struct Names(BTreeMap<String, Text>);

fn types(action: &str) -> Vec<ActionResource> {
    rolecall_catalog::find_action(action)
        .map(|a| rolecall_catalog::resources(a.id))
        .unwrap_or_default()
}

/// The resources of a need: as written, or the types that the action requires, or any.
fn ones(need: &Need) -> Vec<One<'_>> {
    if !need.on.is_empty() {
        return need.on.iter().map(|on| One { need, on }).collect();
    }
    let mut required: Vec<&'static str> = types(&need.action)
        .iter()
        .filter(|t| t.required)
        .map(|t| t.name)
        .collect();
    required.dedup();
    if required.is_empty() {
        required.push("*");
    }
    required.into_iter().map(|on| One { need, on }).collect()
}

/// The key of the boundary that a user or role has, for the actions that have the key: its ARN, or none.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_PermissionsBoundary>
fn boundary(of: &Node, action: &str, fixed: &mut Keys, absent: &mut BTreeSet<String>) {
    const KEY: &str = "iam:permissionsboundary";
    let has_key =
        rolecall_catalog::find_action(action).is_some_and(|a| rolecall_catalog::condition_keys(a.id).contains(&KEY));
    if !has_key || !of.fact.declared {
        return;
    }
    match of.fact.boundary.as_ref().map(Value::to_text) {
        None => {
            absent.insert(KEY.to_owned());
        }
        Some(Some(arn)) => {
            fixed.insert(KEY.to_owned(), vec![arn]);
        }
        // There is one, and nothing is known of it.
        Some(None) => {}
    }
}

/// What a name with `@` stands for; other letters stand for themselves.
fn named(name: &str, bound: &Bound<'_>) -> Text {
    match name.strip_prefix('@') {
        Some(at) => bound.arns.get(at).cloned().unwrap_or_else(|| Text::plain("*")),
        None => Text::plain(name),
    }
}
