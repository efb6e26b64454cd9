//! Provider configurations: which account and region a resource is in.

use std::rc::Rc;
use std::sync::Arc;

use rolecall_facts::{Scope, ScopeId};
use rolecall_source::{Class, Kind, Span, Symbol, Text, Value};

use super::{Cx, Evaluator, ModuleInstance};
use crate::plan::{Evidence, passed};
use crate::syntax::ast::{Block, ExprKind};

impl<'a> Evaluator<'a> {
    /// The account scope of a resource.
    pub(crate) fn scope_of(&self, module: &Rc<ModuleInstance<'a>>, block: &Block, kind: &str) -> ScopeId {
        let stated = block.body.get("provider").and_then(|e| e.as_path());
        let name = match stated {
            Some(path) => path.join("."),
            None => kind.split('_').next().unwrap_or("aws").to_owned(),
        };
        self.scope(module, &name)
    }

    pub(crate) fn scope(&self, module: &Rc<ModuleInstance<'a>>, name: &str) -> ScopeId {
        let known = module.providers.borrow().get(name).copied();
        match known {
            Some(Some(scope)) => return scope,
            Some(None) => return self.default_scope(),
            None => {}
        }
        module.providers.borrow_mut().insert(name.to_owned(), None);
        let scope = self.find_scope(module, name);
        module.providers.borrow_mut().insert(name.to_owned(), Some(scope));
        scope
    }

    fn find_scope(&self, module: &Rc<ModuleInstance<'a>>, name: &str) -> ScopeId {
        if let Some(caller) = &module.caller {
            if let Some(passed) = passed(caller.call, name) {
                return self.scope(&caller.module, &passed);
            }
            if !module.module.providers.contains_key(name) {
                return self.scope(&caller.module, name);
            }
        }
        match module.module.providers.get(name) {
            Some(block) => self.configured(module, name, Some(block)),
            None => match name.split_once('.') {
                Some(_) => self.configured(module, name, None),
                None if name == "awscc" => self.scope(module, "aws"),
                None => self.configured(module, name, None),
            },
        }
    }

    /// The scope of whatever has no provider configuration of its own.
    fn default_scope(&self) -> ScopeId {
        let evidence = self.overlay.evidence("", "aws");
        let account = self.account("aws", &[], &evidence);
        let region = planned_region(&evidence).unwrap_or_else(|| {
            let id = format!("region:{}:aws", self.id);
            Text::symbol(
                Symbol::new(id, "region", "is not configured", Class::Region),
                Span::NOWHERE,
            )
        });
        self.keep_scope(Scope {
            name: "provider aws".into(),
            account,
            partition: planned_partition(&evidence).unwrap_or_else(|| Text::plain(partition_of(&region))),
            region,
        })
    }

    fn configured(&self, module: &Rc<ModuleInstance<'a>>, name: &str, block: Option<&'a Block>) -> ScopeId {
        let Some(block) = block else {
            return if name == "aws" {
                self.default_scope()
            } else {
                self.unconfigured(name)
            };
        };
        let value = |attribute: &str| self.provider_value(module, block, attribute);
        let text = |attribute: &str| {
            value(attribute)
                .as_ref()
                .and_then(Value::to_text)
                .filter(|t| !t.is_empty())
        };
        let role = self.assumed_role(module, block);
        let allowed = value("allowed_account_ids").as_ref().and_then(only_element);
        let label = if module.address.is_empty() {
            name.to_owned()
        } else {
            format!("{}{name}", module.prefix())
        };
        let identity: Vec<Text> = [
            "profile",
            "access_key",
            "shared_credentials_files",
            "shared_config_files",
        ]
        .iter()
        .filter_map(|a| text(a))
        .chain(role.clone())
        .collect();
        let evidence = self.overlay.evidence(module.key(), name);
        let pinned = allowed.or_else(|| role.as_ref().and_then(account_in));
        let pinned = pinned.filter(|a| a.is_known() || evidence.account.is_none());
        let account = pinned.unwrap_or_else(|| self.account(&label, &identity, &evidence));
        let written = text("region").filter(|r| r.is_known() || evidence.region.is_none());
        let region = written.or_else(|| planned_region(&evidence)).unwrap_or_else(|| {
            let id = format!("region:{}:{label}", self.id);
            Text::symbol(
                Symbol::new(id, "region", "is not configured", Class::Region),
                block.header,
            )
        });
        self.keep_scope(Scope {
            name: format!("provider {label}").into(),
            account,
            partition: planned_partition(&evidence).unwrap_or_else(|| Text::plain(partition_of(&region))),
            region: retagged(region),
        })
    }

    /// An alias that nobody configures: an account and region of its own.
    fn unconfigured(&self, name: &str) -> ScopeId {
        let kind = name.split('.').next().unwrap_or(name);
        if kind != "aws" && kind != "awscc" {
            return self.default_scope();
        }
        let account = self.account(name, &[Text::plain(name)], &self.overlay.evidence("", name));
        let region = Symbol::new(
            format!("region:{}:{name}", self.id),
            "region",
            "is not configured",
            Class::Region,
        );
        self.keep_scope(Scope {
            name: format!("provider {name}").into(),
            account,
            partition: Text::plain("aws"),
            region: Text::symbol(region, Span::NOWHERE),
        })
    }

    fn provider_value(&self, module: &Rc<ModuleInstance<'a>>, block: &'a Block, attribute: &str) -> Option<Value> {
        let expr = block.body.get(attribute)?;
        let cx = Cx::of(module);
        let result = self.eval(cx, expr);
        Some(self.settle(cx, result, expr.span)).filter(|v| !v.is_null())
    }

    /// The role of the last `assume_role` of a provider.
    fn assumed_role(&self, module: &Rc<ModuleInstance<'a>>, block: &'a Block) -> Option<Text> {
        let cx = Cx::of(module);
        let in_block = || block.body.blocks("assume_role").last()?.body.get("role_arn");
        let in_object = || match &block.body.get("assume_role")?.kind {
            ExprKind::Object(items) => items
                .iter()
                .find(|i| i.key.as_str() == Some("role_arn"))
                .map(|i| &i.value),
            _ => None,
        };
        let expr = in_block().or_else(in_object)?;
        let result = self.eval(cx, expr);
        let value = self.settle(cx, result, expr.span);
        match &value.kind {
            Kind::Null => None,
            Kind::Choice(c) => Some(Text::symbol(c.on.clone(), expr.span)),
            _ => value.to_text().filter(|t| !t.is_empty()),
        }
    }

    /// The account of a provider configuration: as a plan knows it, else the symbol of those that sign in in the same
    /// way, named after the first of them.
    fn account(&self, label: &str, identity: &[Text], evidence: &Evidence) -> Text {
        let mut accounts = self.accounts.borrow_mut();
        if let Some(id) = &evidence.account {
            let account = Text::plain(id);
            if !accounts.iter().any(|(i, _)| i == identity) {
                accounts.push((identity.to_vec(), account.clone()));
            }
            return account;
        }
        if let Some((_, account)) = accounts.iter().find(|(i, _)| i == identity) {
            return account.clone();
        }
        let symbol = Symbol::new(
            format!("account:{}:{label}", self.id),
            "account",
            "is not known before deployment",
            Class::Account,
        );
        let account = Text::symbol(symbol, Span::NOWHERE);
        accounts.push((identity.to_vec(), account.clone()));
        account
    }

    fn keep_scope(&self, scope: Scope) -> ScopeId {
        let mut scopes = self.scopes.borrow_mut();
        let same = |s: &Scope| s.account == scope.account && s.partition == scope.partition && s.region == scope.region;
        let at = scopes.iter().position(same).unwrap_or_else(|| {
            scopes.push(scope);
            scopes.len() - 1
        });
        ScopeId(u32::try_from(at).unwrap_or(u32::MAX))
    }
}

fn planned_region(evidence: &Evidence) -> Option<Text> {
    evidence.region.as_deref().map(Text::plain)
}

fn planned_partition(evidence: &Evidence) -> Option<Text> {
    evidence.partition.as_deref().map(Text::plain)
}

/// The element of a list that has exactly one.
fn only_element(value: &Value) -> Option<Text> {
    match &value.as_list()?.items.as_slice() {
        [one] if value.as_list()?.open.is_none() => one.to_text(),
        _ => None,
    }
}

/// The account in a role's ARN.
fn account_in(arn: &Text) -> Option<Text> {
    let (flat, holes) = arn.flat();
    let mut at = 0;
    for (i, field) in flat.split(':').enumerate() {
        // A hole before the account field may hide colons.
        let here = at..at + field.len();
        if i == 4 {
            return Some(arn.slice(here)).filter(|t| !t.is_empty() && is_account(t));
        }
        let hides = |(p, s): &(usize, Symbol)| here.contains(p) && s.class.may_contain(':');
        if holes.iter().any(hides) && i < 4 {
            return None;
        }
        at += field.len() + 1;
    }
    None
}

/// Twelve digits, or one symbol.
fn is_account(text: &Text) -> bool {
    match text.as_str() {
        Some(s) => s.len() == 12 && s.bytes().all(|b| b.is_ascii_digit()),
        None => text.as_symbol().is_some(),
    }
}

fn partition_of(region: &Text) -> &'static str {
    match region.as_str() {
        Some(r) if r.starts_with("cn-") => "aws-cn",
        Some(r) if r.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// A region that is one symbol of any class is known to be a region.
fn retagged(region: Text) -> Text {
    match region.as_symbol() {
        Some(symbol) => Text::symbol(symbol.clone().with_class(Class::Region), region.span()),
        None => region,
    }
}

/// Accounts by how providers sign in.
pub(crate) type Accounts = Vec<(Vec<Text>, Text)>;

/// An account scope that is empty; never used to look anything up.
pub(crate) fn empty_scope() -> Scope {
    Scope {
        name: Arc::from(""),
        account: Text::plain(""),
        partition: Text::plain(""),
        region: Text::plain(""),
    }
}
