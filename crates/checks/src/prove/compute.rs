//! Running one's code in compute that has a role already.

use rolecall_graph::{ComputeNode, NodeId};
use rolecall_iam::Assumptions;
use rolecall_source::{Assumption, Class, Span, Symbol, Text};

use super::proof::{Evidence, Proof};
use super::{Bound, Goal, Hop, Prover};
use crate::technique::{Technique, Through};

/// A role that compute runs with.
struct Running {
    role: NodeId,
    /// The compute that names it.
    by: usize,
    span: Span,
    assumes: Assumptions,
}

impl<'g> Prover<'g> {
    /// Every role of compute that `technique` takes over.
    pub(super) fn takes_over(&self, technique: &'static Technique, out: &mut Vec<Hop>) {
        let Some(through) = &technique.through else { return };
        if !self.may_need(technique) {
            return;
        }
        let graph = self.context.graph;
        for (index, compute) in graph.compute.iter().enumerate() {
            if through.has_kind(&compute.fact.kind) {
                self.takes_over_one(technique, through, index, compute, out);
            }
        }
    }

    /// The same for one piece of compute.
    pub(super) fn takes_over_at(&self, technique: &'static Technique, index: usize, out: &mut Vec<Hop>) {
        if let (Some(through), Some(compute)) = (&technique.through, self.context.graph.compute.get(index)) {
            self.takes_over_one(technique, through, index, compute, out);
        }
    }

    fn takes_over_one(
        &self,
        technique: &'static Technique,
        through: &Through,
        index: usize,
        compute: &'g ComputeNode,
        out: &mut Vec<Hop>,
    ) {
        let Some(here) = self.context.graph.in_account_of(compute, self.principal) else {
            return;
        };
        if technique.pass.is_none() && self.running(through, index).is_empty() {
            return;
        }
        for (link, linked, pinned) in self.links(through, index, compute) {
            let Some(taken) = self.taken(technique, index, compute, link) else {
                continue;
            };
            let foothold = match through.foothold {
                true => match self.foothold(technique, index, compute) {
                    Some(proof) => proof,
                    None => continue,
                },
                false => Proof::default(),
            };
            let taken = foothold.then(taken).then(linked).relying(&pinned).relying(&here);
            let taken = taken.relying(&compute.exists);
            for hop in self.gained(technique, through, index, &taken) {
                out.push(Hop { link, ..hop });
            }
        }
    }

    /// The roles gained by it: those the compute runs with, or where one is passed, every one that may be.
    fn gained(&self, technique: &'static Technique, through: &Through, index: usize, taken: &Proof) -> Vec<Hop> {
        let graph = self.context.graph;
        if technique.pass.is_some() {
            let roles = graph.node_ids().filter_map(|id| {
                let pass = self.passes_to(technique, id, graph.node(id)?)?;
                let proof = taken.clone().then(pass.proof.clone());
                Some(Hop {
                    proof,
                    through: Some(index),
                    ..pass
                })
            });
            return roles.collect();
        }
        let mut hops = Vec::new();
        for running in self.running(through, index) {
            let Some(role) = graph.node(running.role) else {
                continue;
            };
            let Some(managed) = self.role_may(technique, role) else {
                continue;
            };
            let runs = Evidence::RunsWith {
                compute: running.by,
                role: running.role,
                span: running.span,
            };
            let proof = taken.clone().with(runs).relying(&running.assumes).relying(&managed);
            let proof = proof.relying(&role.exists);
            hops.push(Hop {
                through: Some(index),
                ..self.hop(technique, Goal::Principal(running.role), proof)
            });
        }
        hops
    }

    /// What the technique needs on this compute.
    fn taken(
        &self,
        technique: &'static Technique,
        index: usize,
        compute: &'g ComputeNode,
        link: Option<usize>,
    ) -> Option<Proof> {
        let mut bound = Bound::default();
        bound
            .arns
            .insert("compute", self.arn_of(index, compute, technique, "@compute"));
        bound.compute.insert("compute", compute);
        if let Some(at) = link {
            let node = self.context.graph.compute.get(at)?;
            bound.arns.insert("link", self.arn_of(at, node, technique, "@link"));
            bound.compute.insert("link", node);
        }
        if let Some(profile) = self.context.profile_of(compute) {
            bound.arns.insert("profile", profile);
        }
        bound.region = self.context.region_of(compute);
        self.needs(technique, &bound)
    }

    /// The ARN of compute: as stated, or of its kind's shape with a name that is not known.
    fn arn_of(&self, index: usize, compute: &ComputeNode, technique: &Technique, on: &str) -> Text {
        if let Some(arn) = &compute.fact.arn {
            return arn.clone();
        }
        let needs = technique.needs.iter().find(|n| n.on.iter().any(|o| **o == *on));
        let kind = compute.fact.kind.split(':').nth(1).unwrap_or_default();
        let region = self.context.region_of(compute).unwrap_or_else(|| self.region.clone());
        let shape = needs.map_or_else(|| Text::plain("*"), |n| self.shape(&n.action, kind, &region));
        let name = compute.fact.names.first().cloned().unwrap_or_else(|| {
            let id = format!("{}#{index}", compute.fact.origin.address);
            Text::symbol(Symbol::new(id, "name", "is made up by AWS", Class::Name), Span::NOWHERE)
        });
        with_name(&shape, &name)
    }

    /// What is changed instead of the compute itself: itself, or what it refers to with a version of the right kind.
    fn links(
        &self,
        through: &Through,
        index: usize,
        compute: &ComputeNode,
    ) -> Vec<(Option<usize>, Proof, Assumptions)> {
        let Some(kind) = &through.link else {
            return vec![(None, Proof::default(), Assumptions::new())];
        };
        let mut out = Vec::new();
        for linked in &compute.links {
            let meant = compute.fact.links.get(linked.link).is_some_and(|l| *l.kind == **kind);
            if !meant {
                continue;
            }
            if !through.pin.is_empty() && !linked.pin.as_ref().is_some_and(|p| through.takes(p)) {
                continue;
            }
            let refers = Evidence::Refers {
                from: index,
                to: linked.to,
                span: compute.fact.origin.span,
            };
            out.push((Some(linked.to), Proof::default().with(refers), linked.assumes.clone()));
        }
        out
    }

    /// The roles that compute runs with, by itself or through what it refers to; or those of what it reaches.
    fn running(&self, through: &Through, index: usize) -> Vec<Running> {
        let graph = self.context.graph;
        let Some(kind) = &through.reaches else {
            return self.runs_with(through, index);
        };
        let Some(from) = graph.compute.get(index) else {
            return Vec::new();
        };
        let reached = graph.compute.iter().enumerate().filter(|(_, node)| {
            *node.fact.kind == **kind && node.configuration == from.configuration && node.account == from.account
        });
        let mut out = Vec::new();
        for (at, node) in reached {
            let clause = format!("`{}` reaches `{}`", from.fact.origin.address, node.fact.origin.address);
            for mut running in self.runs_with(through, at) {
                running.assumes.insert(Assumption::new(clause.clone()));
                out.push(running);
            }
        }
        out
    }

    fn runs_with(&self, through: &Through, index: usize) -> Vec<Running> {
        let graph = self.context.graph;
        let wanted = |property: &str| {
            let property: String = property.chars().filter(char::is_ascii_alphanumeric).collect();
            let property = property.to_ascii_lowercase();
            through.role.is_empty() || through.role.iter().any(|r| property.contains(&**r))
        };
        let roles = graph.effective_roles(index).into_iter();
        let running = roles.filter_map(|effective| {
            let named_by = effective.via.last().copied().unwrap_or(index);
            let wiring = graph.compute.get(named_by)?.runs_with.get(effective.wiring)?;
            wanted(&wiring.property).then_some(Running {
                role: effective.role,
                by: named_by,
                span: wiring.span,
                assumes: effective.assumes,
            })
        });
        running.collect()
    }

    /// A way to run code on this compute by a technique that passes no role.
    fn foothold(&self, of: &Technique, index: usize, compute: &'g ComputeNode) -> Option<Proof> {
        let others = self
            .context
            .techniques
            .iter()
            .copied()
            .filter(|t| t.id != of.id && t.pass.is_none());
        let mut ways = others.filter_map(|t| {
            let through = t.through.as_ref().filter(|x| !x.foothold && x.link.is_none())?;
            let fits = through.has_kind(&compute.fact.kind) && self.may_need(t);
            let taken = fits.then(|| self.taken(t, index, compute, None)).flatten()?;
            let managed = self
                .running(through, index)
                .into_iter()
                .find_map(|r| self.role_may(t, self.context.graph.node(r.role)?));
            match (managed, t.role_may.is_empty()) {
                (Some(managed), _) => Some(taken.relying(&managed)),
                (None, true) => Some(taken),
                (None, false) => None,
            }
        });
        let first = ways.next()?;
        Some(ways.fold(first, |best, way| best.better(Some(way))))
    }
}

/// An ARN whose last wildcard is a name.
fn with_name(shape: &Text, name: &Text) -> Text {
    let (flat, _) = shape.flat();
    match flat.rfind('*') {
        Some(at) => shape.slice(0..at).concat(name).concat(&shape.slice(at + 1..flat.len())),
        None => shape.clone(),
    }
}
