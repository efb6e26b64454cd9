//! Attributes that follow from the arguments by a template: ARNs, ids, generated names. The templates are in
//! `shapes.txt`, which says where they come from.

use std::sync::{Arc, OnceLock};

use rolecall_source::{Class, Kind, Span, Symbol, Text, TextBuilder, Value};
use rustc_hash::FxHashMap;

use super::values::{self, map_choice, settle, stated};
use crate::instance::{Instance, Mode};

/// Deepest reference of one template to the next.
const DEPTH: usize = 8;

/// The template of attribute `name`, as in the table.
fn template(mode: Mode, kind: &str, name: &str) -> Option<&'static str> {
    row(mode, kind)?
        .split_ascii_whitespace()
        .find_map(|pair| pair.split_once('=').filter(|(n, _)| *n == name))
        .map(|(_, t)| t)
}

/// The pairs of a kind, as they stand in the table.
fn row(mode: Mode, kind: &str) -> Option<&'static str> {
    type Table = FxHashMap<(Mode, &'static str), &'static str>;
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let lines = include_str!("shapes.txt").lines().filter(|l| !l.starts_with('#'));
        let entry = |line: &'static str| {
            let (kind, pairs) = line.split_once(' ')?;
            Some(match kind.strip_prefix("data.") {
                Some(kind) => ((Mode::Data, kind), pairs),
                None => ((Mode::Managed, kind), pairs),
            })
        };
        lines.filter_map(entry).collect()
    });
    table.get(&(mode, kind)).copied()
}

/// The names of the attributes that the table computes for a kind.
pub(super) fn computed(mode: Mode, kind: &str) -> impl Iterator<Item = &'static str> {
    row(mode, kind)
        .unwrap_or_default()
        .split_ascii_whitespace()
        .filter_map(|pair| pair.split_once('=').map(|(name, _)| name))
}

/// The attribute `name` as the table computes it, or `None` when the table does not know it.
pub(super) fn attribute(instance: &Instance, name: &str) -> Option<Value> {
    within(instance, name, DEPTH)
}

fn within(instance: &Instance, name: &str, depth: usize) -> Option<Value> {
    let template = template(instance.mode, &instance.kind, name)?;
    Some(render(instance, name, template, depth))
}

/// Why an attribute that the table leaves open is not known.
pub(super) fn why(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "is generated at deployment",
        Mode::Data => "is read at deployment",
    }
}

/// Fills a template. Choices in the holes make a choice of texts.
fn render(instance: &Instance, name: &str, template: &str, depth: usize) -> Value {
    let (prefix, mut rest) = expand(template);
    let mut done = Value::string("", Span::NOWHERE);
    for part in [prefix.as_str(), rest] {
        rest = part;
        while !rest.is_empty() {
            let (letters, after) = rest.split_once('{').unwrap_or((rest, ""));
            done = append(instance, name, &done, &Value::string(letters, instance.origin.span));
            let (hole, after) = after.split_once('}').unwrap_or(("", after));
            if !hole.is_empty() {
                done = append(instance, name, &done, &fill(instance, name, hole, depth));
            }
            rest = after;
        }
    }
    done
}

/// The beginning of an ARN that `@…:` stands for, and the template after it.
fn expand(template: &str) -> (String, &str) {
    let rest = template.trim_start_matches('@');
    let middle = match template.len() - rest.len() {
        1 => "{region}:{account}",
        2 => ":{account}",
        3 => ":",
        _ => return (String::new(), template),
    };
    let (service, rest) = rest.split_once(':').unwrap_or((rest, ""));
    (format!("arn:{{partition}}:{service}:{middle}:"), rest)
}

/// `a` followed by `b`, over all alternatives of both that can be true together.
fn append(instance: &Instance, name: &str, a: &Value, b: &Value) -> Value {
    if values::alternatives(a) * values::alternatives(b) > values::ALTERNATIVES {
        let symbol = values::symbol(instance, name, "depends on too many unknown conditions", Class::Any);
        return Value::unknown(symbol, instance.origin.span);
    }
    let join = |a: &Value, b: &Value| append(instance, name, a, b);
    match (&a.kind, &b.kind) {
        (Kind::Choice(c), _) => {
            let option = |(state, v): &(Arc<str>, Value)| (Arc::clone(state), join(v, &settle(b, &c.on, state)));
            values::choose(&c.on, c.options.iter().map(option).collect(), a.span)
        }
        (_, Kind::Choice(c)) => {
            let option = |(state, v): &(Arc<str>, Value)| (Arc::clone(state), join(a, v));
            values::choose(&c.on, c.options.iter().map(option).collect(), b.span)
        }
        _ => match (a.to_text(), b.to_text()) {
            (Some(a), Some(b)) if a.is_empty() => whole(b),
            (Some(a), Some(b)) if b.is_empty() => whole(a),
            (Some(a), Some(b)) => whole(a.concat(&b)),
            _ => b.clone(),
        },
    }
}

fn whole(text: Text) -> Value {
    let span = text.span();
    match text.as_symbol() {
        Some(s) => Value::unknown(s.clone(), span),
        None => Value::text(text, span),
    }
}

/// The value of one hole.
fn fill(instance: &Instance, name: &str, hole: &str, depth: usize) -> Value {
    let span = instance.origin.span;
    let text = |t: &Text| Value::text(t.clone(), t.span());
    match hole {
        "partition" => return text(&instance.account.partition),
        "account" => return text(&instance.account.account),
        "region" => return region(instance),
        "suffix" => return dns_suffix(instance),
        "space" => return Value::string(" ", span),
        _ => {}
    }
    if let Some(class) = hole.strip_prefix('~') {
        return Value::unknown(generated(instance, name, class), span);
    }
    if let Some((argument, default)) = hole.split_once('|') {
        return or_default(instance, argument, default);
    }
    if let Some((argument, letters)) = hole.split_once('?') {
        return match stated(instance, argument) {
            Some(v) => append(instance, name, v, &Value::string(letters, span)),
            None => Value::string("", span),
        };
    }
    if let Some((attribute, letters)) = hole.split_once('-') {
        let value = text_of(instance, attribute, depth);
        return map_choice(&value, &|v| without_start(v, letters));
    }
    text_of(instance, hole, depth)
}

/// The attribute as text: as written, else as computed, else its symbol. Alternatives that are null or empty are
/// computed too.
fn text_of(instance: &Instance, name: &str, depth: usize) -> Value {
    let computed = || {
        let shaped = if depth == 0 {
            None
        } else {
            within(instance, name, depth - 1)
        };
        shaped.unwrap_or_else(|| {
            let symbol = values::symbol(instance, name, why(instance.mode), Class::Any);
            Value::unknown(symbol, instance.origin.span)
        })
    };
    let Some(written) = stated(instance, name) else {
        return computed();
    };
    map_choice(written, &|v| match v.to_text() {
        Some(t) if t.is_empty() => computed(),
        Some(t) => whole(t),
        None if v.is_null() => computed(),
        None => Value::text(values::text(instance, name, v), v.span),
    })
}

fn or_default(instance: &Instance, argument: &str, default: &str) -> Value {
    let default = Value::string(default, instance.origin.span);
    let Some(written) = stated(instance, argument) else {
        return default;
    };
    map_choice(written, &|v| match v.to_text() {
        Some(t) if !t.is_empty() => whole(t),
        _ => default.clone(),
    })
}

/// `value` without `letters` at its start. Where a symbol stands at the start, the result starts with another one.
fn without_start(value: &Value, letters: &str) -> Value {
    let Some(text) = value.to_text() else {
        return value.clone();
    };
    let (flat, holes) = text.flat();
    if flat.starts_with(letters) {
        return whole(text.slice(letters.len()..text.flat_len()));
    }
    match (holes.first(), letters.chars().next()) {
        (Some((0, symbol)), Some(first)) if symbol.class.may_contain(first) => {
            let mut out = TextBuilder::default();
            out.symbol(symbol.part(&format!("-{letters}")), text.span_of(0..1));
            out.text(&text.slice(Text::HOLE.len_utf8()..text.flat_len()));
            whole(out.finish())
        }
        _ => value.clone(),
    }
}

/// The region of an instance: its own `region` argument, else its provider's.
pub(super) fn region(instance: &Instance) -> Value {
    let provider = &instance.account.region;
    match stated(instance, "region") {
        Some(v) if instance.kind.starts_with("aws") => v.clone(),
        _ => Value::text(provider.clone(), provider.span()),
    }
}

/// The DNS suffix of the partition an instance is in.
pub(super) fn dns_suffix(instance: &Instance) -> Value {
    let partition = &instance.account.partition;
    let span = partition.span();
    match (partition.as_str(), partition.as_symbol()) {
        (Some("aws-cn"), _) => Value::string("amazonaws.com.cn", span),
        (Some(_), _) => Value::string("amazonaws.com", span),
        (None, Some(s)) => Value::unknown(s.part(".dns_suffix"), span),
        (None, None) => {
            let symbol = values::symbol(instance, "dns_suffix", "depends on the partition", Class::Any);
            Value::unknown(symbol, span)
        }
    }
}

/// A template filled from the attributes of an instance; `name` is what its made-up parts are called.
pub(super) fn fill_template(instance: &Instance, name: &str, template: &str) -> Value {
    render(instance, name, template, DEPTH)
}

/// The ARN of a customer-managed policy in whatever account it is used.
pub(super) fn policy_arn_anywhere(instance: &Instance, name: &Text, path: Option<&Text>) -> Value {
    let span = instance.origin.span;
    let why = "is each account the permission set is assigned to";
    let account = values::symbol(instance, "account", why, Class::Account);
    let mut out = TextBuilder::default();
    out.letters("arn:", span);
    out.text(&instance.account.partition);
    out.letters(":iam::", span);
    out.symbol(account, span);
    out.letters(":policy", span);
    match path {
        Some(path) => out.text(path),
        None => out.letters("/", span),
    }
    out.text(name);
    Value::text(out.finish(), span)
}

/// An ARN of which only the partition is known.
pub(super) fn some_arn(instance: &Instance, rest: Symbol) -> Value {
    let mut out = TextBuilder::default();
    out.letters("arn:", instance.origin.span);
    out.text(&instance.account.partition);
    out.letters(":", instance.origin.span);
    out.symbol(rest, instance.origin.span);
    Value::text(out.finish(), instance.origin.span)
}

/// The symbol for what is made up at deployment: `class` or `class.part`.
fn generated(instance: &Instance, name: &str, class: &str) -> Symbol {
    let (class, part) = class.split_once('.').unwrap_or((class, ""));
    let class = match class {
        "id" => Class::Id,
        "name" => Class::Name,
        "account" => Class::Account,
        _ => Class::Any,
    };
    let symbol = values::symbol(instance, name, why(instance.mode), class);
    let symbol = if part.is_empty() {
        symbol
    } else {
        symbol.part(&format!(".{part}")).with_class(class)
    };
    if is_unique(instance, name, class) {
        symbol.unique()
    } else {
        symbol
    }
}

/// True iff no other resource has the value of this attribute. The key of a replica is the key it replicates, and the
/// `aws_default_` resources take what is there.
fn is_unique(instance: &Instance, name: &str, class: Class) -> bool {
    let makes = instance.mode == Mode::Managed
        && instance.kind.starts_with("aws_")
        && !instance.kind.starts_with("aws_default_")
        && &*instance.kind != "aws_kms_replica_key";
    let is_id = class == Class::Id && (name == "id" || name == "arn" || name.ends_with("_id"));
    let is_name = class == Class::Name && name == "name" && instance.kind.starts_with("aws_iam_");
    makes && (is_id || is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_templates_are_well_formed() {
        let lines: Vec<&str> = include_str!("shapes.txt")
            .lines()
            .filter(|l| !l.starts_with('#'))
            .collect();
        assert!(lines.len() > 200);
        for pair in lines.windows(2) {
            let kind = |l: &str| l.split(' ').next().unwrap().to_owned();
            assert!(kind(pair[0]) < kind(pair[1]), "{} is out of order", pair[1]);
        }
        for line in lines {
            for pair in line.split(' ').skip(1) {
                let (name, template) = pair.split_once('=').expect(line);
                assert!(
                    name.chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                );
                let open = template.matches('{').count();
                assert_eq!(open, template.matches('}').count(), "{line}");
            }
        }
    }

    use crate::resources::attribute;
    use crate::resources::testing::{choice, instance, show, value};

    fn shown(address: &str, body: &str, name: &str) -> String {
        show(&attribute(&instance(address, value(body)), name))
    }

    #[test]
    fn arns_ids_and_names_follow_from_the_arguments() {
        let role = r#"{"name": "app-<var.env>", "path": "/ci/"}"#;
        let role_arn = "arn:aws:iam::\u{27e8}account\u{27e9}:role/ci/app-\u{27e8}var.env\u{27e9}";
        assert_eq!(shown("aws_iam_role.x", role, "arn"), role_arn);
        assert_eq!(shown("aws_iam_role.x", role, "id"), "app-\u{27e8}var.env\u{27e9}");
        let policy = r#"{"name_prefix": "p-", "path": null}"#;
        let policy_arn = "arn:aws:iam::\u{27e8}account\u{27e9}:policy/p-\u{27e8}aws_iam_policy.x.name\u{27e9}";
        assert_eq!(shown("aws_iam_policy.x", policy, "id"), policy_arn);
        assert_eq!(shown("aws_iam_policy.x", policy, "path"), "/");
        assert_eq!(
            shown("aws_s3_bucket.b", r#"{"bucket": "logs"}"#, "arn"),
            "arn:aws:s3:::logs"
        );
        let parameter = "arn:aws:ssm:eu-west-1:\u{27e8}account\u{27e9}:parameter/a/b";
        assert_eq!(shown("aws_ssm_parameter.p", r#"{"name": "/a/b"}"#, "arn"), parameter);
        assert_eq!(shown("aws_ssm_parameter.p", r#"{"name": "a/b"}"#, "arn"), parameter);
        let queue = r#"{"name": "jobs", "region": "us-east-1"}"#;
        let queue_arn = "arn:aws:sqs:us-east-1:\u{27e8}account\u{27e9}:jobs";
        assert_eq!(shown("aws_sqs_queue.q", queue, "arn"), queue_arn);
        let rule = r#"{"name": "r", "event_bus_name": "bus"}"#;
        let rule_arn = "arn:aws:events:eu-west-1:\u{27e8}account\u{27e9}:rule/bus/r";
        assert_eq!(shown("aws_cloudwatch_event_rule.r", rule, "arn"), rule_arn);
    }

    #[test]
    fn what_is_generated_is_one_symbol_wherever_it_appears() {
        let key = instance("aws_kms_key.k", value("{}"));
        let (id, arn) = (attribute(&key, "key_id"), attribute(&key, "arn"));
        let symbol = id.as_unknown().expect("an unknown");
        assert_eq!(symbol.class, Class::Id);
        assert_eq!(arn.to_text().unwrap().symbols().last(), Some(symbol));
        assert_eq!(attribute(&key, "id").as_unknown(), Some(symbol));
    }

    #[test]
    fn what_is_generated_for_two_resources_differs() {
        let id = |address: &str, name: &str| {
            let found = attribute(&instance(address, value("{}")), name);
            found.to_text().unwrap().symbols().last().cloned().unwrap()
        };
        let differ = |a: (&str, &str), b: (&str, &str)| id(a.0, a.1).differs(&id(b.0, b.1));
        assert!(differ(("aws_kms_key.a", "key_id"), ("aws_kms_key.b", "arn")));
        assert!(!differ(("aws_kms_key.a", "key_id"), ("aws_kms_key.a", "id")));
        assert!(!differ(
            ("aws_kms_key.a", "key_id"),
            ("aws_kms_replica_key.a", "key_id")
        ));
        assert!(!differ(("aws_default_vpc.a", "id"), ("aws_default_vpc.b", "id")));
        assert!(!differ(
            ("aws_batch_job_definition.a", "revision"),
            ("aws_batch_job_definition.b", "revision")
        ));
    }

    #[test]
    fn an_unknown_condition_in_a_name_is_a_choice_of_arns() {
        let name = choice("var.long", value(r#""long""#), value("null"));
        let body = Value::map([(Text::plain("name"), name)], Span::NOWHERE);
        let role = instance("aws_iam_role.x", body);
        let arn = "arn:aws:iam::\u{27e8}account\u{27e9}:role/";
        let generated = "terraform-\u{27e8}aws_iam_role.x.name\u{27e9}";
        assert_eq!(
            show(&attribute(&role, "arn")),
            format!("var.long ? true: {arn}long | false: {arn}{generated}")
        );
        assert_eq!(
            show(&attribute(&role, "name")),
            format!("var.long ? true: long | false: {generated}")
        );
    }

    #[test]
    fn an_issuer_loses_its_scheme() {
        let arn = "arn:aws:iam::\u{27e8}account\u{27e9}:oidc-provider/";
        let github = r#"{"url": "https://token.actions.githubusercontent.com"}"#;
        let kind = "aws_iam_openid_connect_provider.x";
        assert_eq!(
            shown(kind, github, "arn"),
            format!("{arn}token.actions.githubusercontent.com")
        );
        let unknown = shown(kind, r#"{"url": "<var.url>"}"#, "arn");
        assert_eq!(unknown, format!("{arn}\u{27e8}var.url-https://\u{27e9}"));
    }

    #[test]
    fn an_unlisted_kind_has_an_arn_in_its_partition() {
        let arn = shown("aws_new_thing.x", "{}", "arn");
        assert_eq!(arn, "arn:aws:\u{27e8}aws_new_thing.x.arn\u{27e9}");
    }
}
