//! Attributes that take more than a template: data sources about the account, ARNs taken apart, values passed through.

use rolecall_source::{Class, Kind, List, Map, Text, TextBuilder, Value};

use super::values::{self, map_choice, stated};
use super::{attribute, document, shapes};
use crate::instance::{Instance, Mode};

/// The attribute `name` of an instance that is not written and that no template gives.
pub(super) fn attribute_of(instance: &Instance, name: &str) -> Option<Value> {
    match instance.mode {
        Mode::Data => data(instance, name),
        Mode::Managed => managed(instance, name),
    }
}

/// The attributes that [`attribute_of`] knows for a kind, as far as they belong into the whole object.
pub(super) fn names(mode: Mode, kind: &str) -> &'static [&'static str] {
    match (mode, kind) {
        (Mode::Data, "aws_caller_identity") => &["account_id", "id"],
        (Mode::Data, "aws_partition") => &["partition", "dns_suffix", "reverse_dns_prefix", "id"],
        (Mode::Data, "aws_region") => &["name", "region", "id", "endpoint"],
        (Mode::Data, "aws_iam_policy_document") => &["json", "minified_json", "version"],
        (Mode::Data, "aws_iam_policy") => &["arn", "name", "path", "id"],
        (Mode::Data, "aws_iam_session_context") => &["issuer_arn", "issuer_name"],
        (Mode::Data, "aws_arn") => &["partition", "service", "region", "account", "resource"],
        (Mode::Data, "aws_service_principal") => &["name", "suffix", "region", "id"],
        (Mode::Data, "null_data_source") => &["outputs"],
        (Mode::Managed, "terraform_data") => &["output"],
        (Mode::Managed, "random_string" | "random_password") => &["result"],
        _ => &[],
    }
}

fn data(instance: &Instance, name: &str) -> Option<Value> {
    let whole = |t: &Text| Some(Value::text(t.clone(), t.span()));
    let scope = &instance.account;
    let unless_endpoint = || stated(instance, "endpoint").is_none();
    match (&*instance.kind, name) {
        ("aws_caller_identity", "account_id" | "id") => whole(&scope.account),
        ("aws_partition", "partition" | "id") => whole(&scope.partition),
        ("aws_partition" | "aws_service_principal", "dns_suffix" | "suffix") => Some(shapes::dns_suffix(instance)),
        ("aws_partition", "reverse_dns_prefix") => Some(reverse(&shapes::dns_suffix(instance))),
        ("aws_region", "name" | "region" | "id") if unless_endpoint() => Some(region(instance)),
        ("aws_service_principal", "region") => Some(shapes::region(instance)),
        ("aws_service_principal", "name" | "id") => Some(service_principal(instance)),
        ("aws_iam_policy_document", "json" | "minified_json") => Some(document::json(instance)),
        ("aws_iam_policy_document", "version") => Some(document::version(instance)),
        ("aws_iam_policy", "id") => Some(attribute(instance, "arn")),
        ("aws_iam_policy", "arn") => Some(policy_arn(instance)),
        ("aws_iam_policy", "name" | "path") => arn_part(stated(instance, "arn")?, name),
        ("aws_iam_session_context", "issuer_arn") => issuer(stated(instance, "arn")?),
        ("aws_iam_session_context", "issuer_name") => arn_part(&issuer(stated(instance, "arn")?)?, "name"),
        ("aws_arn", part) => arn_part(stated(instance, "arn")?, part),
        ("null_data_source", "outputs") => stated(instance, "inputs").cloned(),
        ("aws_iam_roles" | "aws_iam_users", "arns" | "names") => {
            let symbol = values::symbol(instance, name, shapes::why(Mode::Data), Class::Any);
            let open = Some(symbol);
            let items = std::sync::Arc::default();
            Some(Value::new(Kind::List(List { items, open }), instance.origin.span))
        }
        _ => None,
    }
}

fn managed(instance: &Instance, name: &str) -> Option<Value> {
    match (&*instance.kind, name) {
        ("terraform_data", "output") => {
            let null = || Value::null(instance.origin.span);
            Some(instance.body.get("input").cloned().unwrap_or_else(null))
        }
        ("random_string" | "random_password", "result" | "id") => {
            let plain = stated(instance, "special").and_then(Value::as_bool) == Some(false);
            let class = if plain { Class::Id } else { Class::Any };
            let symbol = values::symbol(instance, "result", shapes::why(Mode::Managed), class);
            Some(Value::unknown(symbol, instance.origin.span))
        }
        _ => None,
    }
}

/// `data.aws_region`: the region that is asked for, else the provider's.
fn region(instance: &Instance) -> Value {
    let asked = stated(instance, "name").or_else(|| stated(instance, "region"));
    asked.map_or_else(|| shapes::region(instance), Value::clone)
}

fn reverse(suffix: &Value) -> Value {
    map_choice(suffix, &|v| match (v.as_str(), v.as_unknown()) {
        (Some(s), _) => {
            let parts: Vec<&str> = s.rsplit('.').collect();
            Value::string(&parts.join("."), v.span)
        }
        (None, Some(s)) => Value::unknown(s.part(" reversed"), v.span),
        (None, None) => v.clone(),
    })
}

fn service_principal(instance: &Instance) -> Value {
    let Some(service) = stated(instance, "service_name") else {
        let symbol = values::symbol(instance, "name", "has no service", Class::Any);
        return Value::unknown(symbol, instance.origin.span);
    };
    let suffix = shapes::dns_suffix(instance).to_text();
    map_choice(service, &|v| {
        let mut out = TextBuilder::default();
        out.text(&values::text(instance, "service_name", v));
        out.letters(".", instance.origin.span);
        if let Some(suffix) = &suffix {
            out.text(suffix);
        }
        Value::text(out.finish(), v.span)
    })
}

/// `data.aws_iam_policy` by name: AWS's own policies and the account's are looked for, under every path, so that the
/// owner and the path stay open.
fn policy_arn(instance: &Instance) -> Value {
    let symbol = |name: &str, why: &str| values::symbol(instance, name, why, Class::Any);
    let Some(name) = stated(instance, "name") else {
        let symbol = symbol("arn", shapes::why(Mode::Data));
        return Value::unknown(symbol, instance.origin.span);
    };
    let span = instance.origin.span;
    let path = stated(instance, "path_prefix").and_then(Value::to_text);
    map_choice(name, &|v| {
        let mut out = TextBuilder::default();
        out.letters("arn:", span);
        out.text(&instance.account.partition);
        out.letters(":iam::", span);
        out.symbol(
            symbol("owner", "is AWS or the account, whoever has a policy of this name"),
            span,
        );
        out.letters(":policy", span);
        match &path {
            Some(path) => out.text(path),
            None => out.letters("/", span),
        }
        out.symbol(symbol("path", shapes::why(Mode::Data)), span);
        out.text(&values::text(instance, "name", v));
        Value::text(out.finish(), v.span)
    })
}

/// A part of an ARN, where its separators are known.
fn arn_part(arn: &Value, part: &str) -> Option<Value> {
    let arn = arn.to_text()?;
    let (flat, _) = arn.flat();
    let mut ends = flat.match_indices(':').map(|(at, _)| at);
    let bounds: Vec<usize> = std::iter::once(usize::MAX).chain(ends.by_ref().take(5)).collect();
    if bounds.len() < 6 || !clear_of(&arn, bounds.last().copied()?) {
        return None;
    }
    let from = |i: usize| bounds.get(i).map(|at| at.wrapping_add(1));
    let to = |i: usize| bounds.get(i + 1).copied();
    let whole = |t: Text| {
        let span = t.span();
        Some(Value::text(t, span))
    };
    let field = |i: usize| whole(arn.slice(from(i)?..to(i)?));
    let resource = arn.slice(from(5)?..arn.flat_len());
    match part {
        "partition" => field(1),
        "service" => field(2),
        "region" => field(3),
        "account" => field(4),
        "resource" => whole(resource),
        "name" | "path" => {
            let (flat, _) = resource.flat();
            let (first, last) = (flat.find('/')?, flat.rfind('/')?);
            if resource.symbols().any(|s| s.class.may_contain('/')) {
                return None;
            }
            if part == "name" {
                whole(resource.slice(last + 1..flat.len()))
            } else {
                whole(resource.slice(first..last + 1))
            }
        }
        _ => None,
    }
}

/// True iff no symbol before `end` may hide a colon.
fn clear_of(text: &Text, end: usize) -> bool {
    let (_, holes) = text.flat();
    holes.iter().all(|(at, s)| *at > end || !s.class.may_contain(':'))
}

/// The role behind a session's ARN, the ARN itself when it is no session's.
fn issuer(arn: &Value) -> Option<Value> {
    let text = arn.to_text()?;
    let letters = text.as_str()?;
    if !letters.contains(":assumed-role/") {
        return Some(arn.clone());
    }
    None
}

/// Everything that is known of an instance by name: the arguments and what the provider computes, open for the rest.
pub(super) fn object(instance: &Instance) -> Value {
    let written = instance.body.as_map().cloned().unwrap_or_default();
    let mut entries = (*written.entries).clone();
    let computed = shapes::computed(instance.mode, &instance.kind);
    for name in computed.chain(names(instance.mode, &instance.kind).iter().copied()) {
        let value = attribute(instance, name);
        let key_span = instance.origin.span;
        entries.insert(Text::plain(name), rolecall_source::Entry { key_span, value });
    }
    for (name, _) in instance.planned.iter().flat_map(|fields| fields.iter()) {
        let (key, key_span) = (Text::plain(name), instance.origin.span);
        let value = || attribute(instance, name);
        entries.entry(key).or_insert_with(|| rolecall_source::Entry {
            key_span,
            value: value(),
        });
    }
    let why = shapes::why(instance.mode);
    let rest = rolecall_source::Symbol::new(
        std::sync::Arc::clone(&instance.symbol_base),
        std::sync::Arc::clone(&instance.origin.address),
        why,
        Class::Any,
    );
    let map = Map {
        entries: std::sync::Arc::new(entries),
        open: written.open.or(Some(rest)),
    };
    Value::new(Kind::Map(map), instance.origin.span)
}
