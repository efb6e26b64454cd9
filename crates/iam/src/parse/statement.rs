use rolecall_source::{Kind, Map, Span, Text, Value};

use super::Parser;
use crate::{Alternative, Effect, Patterns, PolicyKind, Statement};

const ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

impl Parser<'_> {
    /// Reads a statement without choices. One that is not legal is told and left out; unless it certainly was an
    /// Allow, the policy becomes open.
    pub(super) fn statement(&mut self, value: &Value, when: Vec<Alternative>) {
        let Some(map) = value.as_map() else { return };
        let effect = self.effect(map, value.span);
        let known = self.known_elements(map);
        let before = self.policy.open.len();
        let parts = effect.and_then(|effect| Some((effect, self.parts(map, value.span)?)));
        match parts {
            Some((effect, parts)) if known => {
                let sid = self.sid(map, value.span);
                self.policy.statements.push(Statement {
                    sid,
                    effect,
                    when,
                    ..parts
                });
            }
            _ if effect == Some(Effect::Allow) => {}
            _ if self.policy.open.len() > before => {}
            _ => self.lost("a statement"),
        }
    }

    fn known_elements(&mut self, map: &Map) -> bool {
        let mut all = true;
        for (key, entry) in &*map.entries {
            if key.as_str().is_some_and(|k| ELEMENTS.contains(&k)) {
                continue;
            }
            let close = ELEMENTS.iter().find(|e| e.eq_ignore_ascii_case(&key.to_string()));
            let hint = close.map_or_else(
                || format!("the elements are {}", ELEMENTS.join(", ")),
                |e| format!("write `{e}`"),
            );
            self.warn(
                format!("`{key}` is not an element of a statement: {hint}"),
                entry.key_span,
            );
            all = false;
        }
        if let Some(symbol) = &map.open {
            self.open(symbol);
            all = false;
        }
        all
    }

    fn effect(&mut self, map: &Map, span: Span) -> Option<Effect> {
        let Some(value) = map.get("Effect") else {
            if map.open.is_none() {
                self.error(
                    "the statement has no Effect element: AWS requires `Allow` or `Deny`",
                    span,
                );
            }
            return None;
        };
        match (&value.kind, value.as_str()) {
            (_, Some("Allow")) => Some(Effect::Allow),
            (_, Some("Deny")) => Some(Effect::Deny),
            (Kind::Unknown(symbol), _) => {
                self.open(symbol);
                None
            }
            (Kind::Text(text), None) => {
                if let Some(symbol) = text.symbols().next() {
                    self.open(symbol);
                }
                None
            }
            _ => {
                self.error("invalid effect: `Effect` is `Allow` or `Deny`", value.span);
                None
            }
        }
    }

    fn sid(&mut self, map: &Map, statement: Span) -> Option<Text> {
        let value = map.get("Sid").filter(|v| !v.is_null())?;
        if !matches!(value.kind, Kind::Text(_) | Kind::Unknown(_)) {
            self.warn("Sid must be a string", value.span);
        }
        let sid = value.to_text()?;
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric());
        if self.kind != PolicyKind::Resource && sid.as_str().is_some_and(|s| !plain(s)) {
            self.warn("statement ids (Sid) must be letters and digits", value.span);
        }
        if !sid.is_empty() && self.sids.iter().any(|(s, at)| *s == sid && *at != statement) {
            self.warn("statement ids (Sid) in a single policy must be unique", value.span);
        }
        self.sids.push((sid.clone(), statement));
        Some(sid)
    }

    /// Everything but effect, id and alternatives; `None` when it is not legal.
    fn parts(&mut self, map: &Map, span: Span) -> Option<Statement> {
        let actions = self.either(map, "Action", "NotAction", span, Self::actions);
        if self.kind == PolicyKind::Trust {
            actions.iter().flatten().for_each(|a| self.assume_role_actions(a));
        }
        let resources = self.resources_of(map, span);
        let principals = self.principals_of(map, span);
        let conditions = self.conditions(map);
        Some(Statement {
            sid: None,
            effect: Effect::Allow,
            span,
            actions: actions??,
            resources: resources?,
            principals: principals?,
            conditions: conditions?,
            when: Vec::new(),
        })
    }

    /// Reads one of two elements that exclude each other: `Some(None)` when neither is there.
    fn either(
        &mut self,
        map: &Map,
        plain: &str,
        negated: &str,
        span: Span,
        read: fn(&mut Self, &Value) -> Option<Patterns>,
    ) -> Option<Option<Patterns>> {
        let present = |name: &str| map.entry(name).filter(|e| !e.value.is_null());
        let (entry, is_negated) = match (present(plain), present(negated)) {
            (Some(_), Some(n)) => {
                self.error(
                    format!("a statement has either {plain} or {negated}, not both"),
                    n.key_span,
                );
                return None;
            }
            (Some(e), None) => (e, false),
            (None, Some(e)) => (e, true),
            (None, None) => {
                if plain == "Action" && map.open.is_none() {
                    self.error("policy statement must contain actions", span);
                }
                return Some(None);
            }
        };
        let mut patterns = read(self, &entry.value)?;
        patterns.negated = is_negated;
        patterns.span = Some(entry.key_span.join(entry.value.span));
        Some(Some(patterns))
    }

    /// Says which actions a trust policy cannot have.
    fn assume_role_actions(&mut self, actions: &Patterns) {
        for item in &actions.items {
            let service = item
                .text
                .as_str()
                .and_then(|a| a.split_once(':'))
                .map(|(service, _)| service);
            if service.is_some_and(|s| !s.contains(['*', '?']) && !s.eq_ignore_ascii_case("sts")) {
                self.warn("AssumeRole policy may only specify STS AssumeRole actions", item.span());
            }
        }
    }

    fn resources_of(&mut self, map: &Map, span: Span) -> Option<Option<Patterns>> {
        let read = self.either(map, "Resource", "NotResource", span, Self::resources)?;
        match (self.kind, &read) {
            (PolicyKind::Trust, Some(patterns)) => {
                self.error(
                    "a trust policy has the prohibited field Resource",
                    patterns.span.unwrap_or(span),
                );
                None
            }
            // Some resources' policies name none: what they are attached to is meant (a repository's, a queue's).
            (PolicyKind::Trust | PolicyKind::Resource, None) => Some(None),
            (_, None) => {
                if map.open.is_none() {
                    self.error("policy statement must contain resources", span);
                }
                None
            }
            (_, Some(_)) => Some(read),
        }
    }
}
