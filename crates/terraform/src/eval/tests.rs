//! Evaluation of small configurations.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_source::{Kind, Sources, Value, json};

use super::Evaluator;
use crate::instance::{Instance, Mode};
use crate::module::World;
use crate::options::Options;

/// What the tests look at of one configuration.
struct Evaluated {
    locals: BTreeMap<String, Value>,
    instances: Vec<Instance>,
    messages: Vec<String>,
    scopes: Vec<rolecall_facts::Scope>,
    unresolved: Vec<rolecall_facts::Unresolved>,
}

fn evaluate(files: &[(&str, &str)]) -> Evaluated {
    evaluate_with(files, &Options::default(), "")
}

fn evaluate_with(files: &[(&str, &str)], options: &Options, root: &str) -> Evaluated {
    let sources = Sources::in_memory(files);
    std::thread::scope(|s| {
        let run = || run(&sources, options, root);
        let builder = std::thread::Builder::new().stack_size(crate::STACK);
        builder
            .spawn_scoped(s, run)
            .expect("a thread")
            .join()
            .expect("no panic")
    })
}

fn run(sources: &Sources, options: &Options, root: &str) -> Evaluated {
    let world = World::read(sources, options);
    let root: Arc<str> = root.into();
    let evaluator = Evaluator::new(&world, &root);
    let module = evaluator.root_instance(world.modules.get(&root).expect("a root module"));
    let local = |name: &Arc<str>| {
        (
            name.to_string(),
            evaluator.local(&module, name, rolecall_source::Span::NOWHERE),
        )
    };
    let locals = module.module.locals.keys().map(local).collect();
    let mut instances = Vec::new();
    let all = |_: Mode, _: &str| true;
    let mut messages: Vec<String> = world.diagnostics.iter().map(|d| d.headline.clone()).collect();
    if let Err(failure) = evaluator.collect(&module, &all, &mut instances) {
        messages.push(failure.message);
    }
    messages.extend(evaluator.diagnostics.take().into_iter().map(|d| d.headline));
    Evaluated {
        locals,
        instances: instances.iter().map(|i| Instance::clone(i)).collect(),
        messages,
        scopes: evaluator.scopes.take(),
        unresolved: evaluator.unresolved.take(),
    }
}

/// A value as people read it: JSON with symbols, alternatives in braces.
fn show(value: &Value) -> String {
    match &value.kind {
        Kind::Choice(c) => {
            let options: Vec<String> = c.options.iter().map(|(l, v)| format!("{l}: {}", show(v))).collect();
            format!("{{{}? {}}}", c.on.name, options.join(", "))
        }
        Kind::List(l) => {
            let mut items: Vec<String> = l.items.iter().map(show).collect();
            items.extend(l.open.iter().map(|s| format!("…{s}")));
            format!("[{}]", items.join(", "))
        }
        Kind::Map(m) => {
            let mut items: Vec<String> = m.iter().map(|(k, v)| format!("{k}={}", show(v))).collect();
            items.extend(m.open.iter().map(|s| format!("…{s}")));
            format!("{{{}}}", items.join(", "))
        }
        _ => json::write(value).to_string(),
    }
}

/// The values of `x = …` lines, one per line, as they are shown.
fn check(locals: &str, expected: &[(&str, &str)]) {
    let text = format!("variable \"u\" {{}}\nvariable \"c\" {{}}\nlocals {{\n{locals}\n}}\n");
    let evaluated = evaluate(&[("main.tf", &text)]);
    for (name, value) in expected {
        assert_eq!(
            show(&evaluated.locals[*name]),
            *value,
            "{name}: {:?}",
            evaluated.messages
        );
    }
}

#[test]
fn operators_convert_as_terraform_does() {
    check(
        r#"
        a = 1 + 2 * 3 - -4
        b = "1" + 1
        c = 1 == "1"
        d = "a" != "b" && !false
        e = 7 % 4 / 2
        f = true ? "x" : 1
        g = 0.1 + 0.2 == 0.3
        h = null == null
        i = [1, "a"] == [1, "a"]
        j = 1 < 2 == true
        k = [true ? 1 : "", false ? "a" : true]
        l = [for k, v in toset(["b", "a"]) : k]
        "#,
        &[
            ("a", "11"),
            ("b", "2"),
            ("c", "false"),
            ("d", "true"),
            ("e", "1.5"),
            ("f", "\"x\""),
            ("h", "true"),
            ("i", "true"),
            ("j", "true"),
            ("k", "[\"1\", \"true\"]"),
            ("l", "[\"a\", \"b\"]"),
        ],
    );
}

#[test]
fn unknown_values_stay_symbols() {
    check(
        r#"
        a = "x-${var.u}-y"
        b = var.u == "p" ? "yes" : "no"
        c = var.u != "p" ? "no" : "yes"
        d = var.u.name.first
        e = "x-${var.u}" == "y"
        f = "x-${var.u}" == ""
        g = "${var.c ? "a" : "b"}/${var.c ? 1 : 2}"
        h = var.c && true
        i = var.c && false
        j = var.c ? "same" : "same"
        k = [for x in var.u : x]
        l = { for k in ["p", "q"] : k => 1 if var.u == "p" || k == "q" }
        m = length([for k in ["p", "q"] : k if var.c])
        n = merge({ a = 1 }, { b = 2 }, var.u...)["b"]
        o = concat(["a"], var.u...)
        "#,
        &[
            ("a", "\"x-⟨var.u⟩-y\""),
            ("b", "{var.u == \"p\"? true: \"yes\", false: \"no\"}"),
            ("c", "{var.u == \"p\"? true: \"yes\", false: \"no\"}"),
            ("d", "⟨var.u.name.first⟩"),
            ("e", "false"),
            ("f", "false"),
            ("g", "{var.c? true: \"a/1\", false: \"b/2\"}"),
            ("h", "⟨var.c⟩"),
            ("i", "false"),
            ("j", "\"same\""),
            ("k", "⟨[for x in var.u : x]⟩"),
            ("l", "{var.u == \"p\"? true: {p=1, q=1}, false: {q=1}}"),
            ("m", "{var.c? true: 2, false: 0}"),
            ("n", "{var.u has \"b\"? false: 2, true: ⟨var.u[\"b\"]⟩}"),
            ("o", "[\"a\", …⟨var.u⟩]"),
        ],
    );
}

#[test]
fn collections() {
    check(
        r#"
        list = ["a", "b"]
        map = { y = 2, "x" = 1, (local.list[0]) = 3, x = 4 }
        a = [for i, v in local.list : "${i}${v}"]
        b = { for k, v in local.map : k => v... if v > 1 }
        c = local.list[*]
        d = [{ n = 1 }, { n = 2 }][*].n
        e = [{ n = [1, 2] }].*.n[0]
        f = null[*]
        g = "z"[*]
        h = local.map.x + local.map["y"]
        i = { for s in ["p", "q", "p"] : s => 1 }
        j = try(local.map.none, local.list[9], "fallback")
        k = can(local.map.none)
        l = [for s in local.list : s if s != "a"]
        m = { for k, v in { z = 1, a = 2 } : v => k... }
        "#,
        &[
            ("map", "{y=2, x=4, a=3}"),
            ("a", "[\"0a\", \"1b\"]"),
            ("b", "{a=[3], x=[4], y=[2]}"),
            ("c", "[\"a\", \"b\"]"),
            ("d", "[1, 2]"),
            ("e", "[1, 2]"),
            ("f", "[]"),
            ("g", "[\"z\"]"),
            ("h", "6"),
            ("i", "{p=1, q=1}"),
            ("j", "\"fallback\""),
            ("k", "false"),
            ("l", "[\"b\"]"),
            ("m", "{2=[\"a\"], 1=[\"z\"]}"),
        ],
    );
}

#[test]
fn templates() {
    check(
        r#"
        a = "%{ if true }yes%{ else }no%{ endif }"
        b = "%{ for x in ["a", "b"] ~} ${x} %{~ endfor }."
        c = <<-EOT
            one
              two ${1 + 1}

            three
            EOT
        d = <<EOT
%{ for k, v in { a = 1, b = 2 } ~}
${k}=${v}
%{ endfor ~}
end
EOT
        e = "$${x} %%{y} \u00e9\t\"q\""
        f = "${[1]}"
        g = "%{ if var.c }x%{ endif }y"
        "#,
        &[
            ("a", "\"yes\""),
            ("b", "\"ab.\""),
            ("c", "\"one\\n  two 2\\n\\nthree\\n\""),
            ("d", "\"a=1\\nb=2\\nend\\n\""),
            ("e", "\"${x} %{y} é\\t\\\"q\\\"\""),
            ("f", "[1]"),
            ("g", "{var.c? true: \"xy\", false: \"y\"}"),
        ],
    );
}

#[test]
fn line_breaks_where_terraform_allows_them() {
    check(
        r#"
        a = (1 +
          2)
        b = { for k in ["a"] : k => k ==
          "a"
          ? 1
          : 2 }
        c = (true
          ? 1
          : 2)
        d = [
          1, # comment
          2 /* here */,
        ]
        e = {
          a : 1, b = 2
          "c" = 3
        }
        "#,
        &[
            ("a", "3"),
            ("b", "{a=1}"),
            ("c", "1"),
            ("d", "[1, 2]"),
            ("e", "{a=1, b=2, c=3}"),
        ],
    );
}

#[test]
fn a_syntax_error_costs_one_attribute() {
    let e = evaluate(&[(
        "main.tf",
        "locals {\n  a = 1\n  b = [1, 2\n  c = }\n  d = 4\n}\nresource \"aws_x\" \"y\" {\n  name = \"n\"\n  bad = (\n}\n\nlocals { z = 5 }\n",
    )]);
    assert_eq!(show(&e.locals["a"]), "1");
    assert_eq!(show(&e.locals["z"]), "5");
    assert_eq!(e.instances[0].body.get("name").and_then(Value::as_str), Some("n"));
    assert!(!e.messages.is_empty());
}

#[test]
fn instances_of_count_and_for_each() {
    let e = evaluate(&[(
        "main.tf",
        r#"
        variable "on" {}
        variable "n" {}
        variable "m" {}
        resource "a_a" "x" { count = 2 }
        resource "a_b" "x" {
          for_each = { b = 1, a = 2 }
          name = "${each.key}${each.value}"
        }
        resource "a_c" "x" { count = var.on ? 1 : 0 }
        resource "a_d" "x" { count = var.n }
        resource "a_e" "x" {
          for_each = merge_me
        }
        resource "a_f" "x" {
          for_each = var.m
          name = each.value.name
        }
        resource "a_g" "x" { count = 0 }
        resource "a_h" "x" {
          c = a_c.x[*].id
          f = a_f.x
          b = a_b.x["a"].name
          all = [for k, v in a_b.x : v.name]
        }
        "#,
    )]);
    let shown: Vec<String> = e
        .instances
        .iter()
        .map(|i| {
            let exists: Vec<&str> = i.origin.exists.iter().map(|a| a.clause()).collect();
            let open = if i.origin.open { " open" } else { "" };
            format!("{}{open} {}", i.origin.address, exists.join(";"))
                .trim_end()
                .to_owned()
        })
        .collect();
    assert_eq!(
        shown,
        [
            "a_a.x[0]",
            "a_a.x[1]",
            "a_b.x[\"a\"]",
            "a_b.x[\"b\"]",
            "a_c.x[0] `var.on` is true",
            "a_d.x[*] open",
            "a_e.x[*] open",
            "a_f.x[*] open",
            "a_h.x",
        ]
    );
    let h = &e.instances[8].body;
    assert_eq!(show(h.get("b").unwrap()), "\"a2\"");
    assert_eq!(show(h.get("all").unwrap()), "[\"a2\", \"b1\"]");
    assert_eq!(show(h.get("c").unwrap()), "{var.on? true: [⟨a_c.x[0].id⟩], false: []}");
}

#[test]
fn dynamic_blocks() {
    let e = evaluate(&[(
        "main.tf",
        r#"
        variable "more" {}
        resource "a" "x" {
          s { n = 0 }
          dynamic "s" {
            for_each = { b = [1, 2], a = [] }
            iterator = it
            content {
              n = it.key
              dynamic "t" {
                for_each = it.value
                content { v = "${it.key}${t.value}" }
              }
            }
          }
          dynamic "o" {
            for_each = var.more
            content { n = o.value }
          }
        }
        "#,
    )]);
    let body = &e.instances[0].body;
    assert_eq!(
        show(body.get("s").unwrap()),
        "[{n=0}, {n=\"a\", t=[]}, {n=\"b\", t=[{v=\"b1\"}, {v=\"b2\"}]}]"
    );
    assert_eq!(show(body.get("o").unwrap()), "[…⟨var.more⟩]");
}

#[test]
fn modules_pass_values_and_providers() {
    let e = evaluate(&[
        (
            "main.tf",
            r#"
            provider "aws" { region = "eu-west-1" }
            provider "aws" {
              alias = "prod"
              region = "us-east-1"
              assume_role { role_arn = "arn:aws:iam::111122223333:role/x" }
            }
            provider "aws" {
              alias  = "other"
              region = "us-east-1"
            }
            module "a" {
              source = "./m"
              for_each = { k = "v" }
              name = "${each.key}-${each.value}"
              providers = { aws = aws.prod }
            }
            module "r" {
              source  = "terraform-aws-modules/vpc/aws"
            }
            locals {
              out = module.a["k"].out
              all = module.a
              remote = module.r.vpc_id
            }
            resource "aws_x" "o" { provider = aws.other }
            "#,
        ),
        (
            "m/main.tf",
            r#"
            variable "name" {}
            variable "extra" { default = "d" }
            variable "unset" {}
            resource "aws_x" "y" { name = "${var.name}/${var.extra}/${var.unset}/${path.module}" }
            output "out" { value = aws_x.y.name }
            "#,
        ),
    ]);
    assert_eq!(show(&e.locals["out"]), "\"k-v/d/⟨module.a[\"k\"].var.unset⟩/m\"");
    assert_eq!(show(&e.locals["remote"]), "⟨module.r.vpc_id⟩");
    assert_eq!(&*e.unresolved[0].source, "terraform-aws-modules/vpc/aws");
    assert_eq!(e.unresolved[0].help.as_deref(), Some("terraform get"));
    let y = e
        .instances
        .iter()
        .find(|i| i.origin.address.starts_with("module.a"))
        .unwrap();
    assert_eq!(&*y.origin.address, "module.a[\"k\"].aws_x.y");
    assert_eq!(y.account.account.as_str(), Some("111122223333"));
    let o = e.instances.iter().find(|i| &*i.origin.address == "aws_x.o").unwrap();
    assert_eq!(&*o.account.account.as_symbol().unwrap().id, "account:.:aws.other");
    assert_eq!(e.scopes.len(), 2);
}

#[test]
fn variables_take_files_and_options() {
    let files = [
        (
            "main.tf",
            "variable \"a\" {}\nvariable \"b\" { default = 1 }\nvariable \"l\" { type = list(string) }\nlocals {\n x = var.a\n y = var.b\n z = var.l[1]\n}\n",
        ),
        ("terraform.tfvars", "a = \"file\"\n"),
        ("x.auto.tfvars.json", "{\"b\": 2}"),
        ("env/prod.tfvars", "b = 3"),
    ];
    let options = Options {
        vars: vec![("l".into(), "[\"p\", \"q\"]".into())],
        var_files: vec!["env/prod.tfvars".into()],
        workspace: None,
        ..Options::default()
    };
    let e = evaluate_with(&files, &options, "");
    assert_eq!(show(&e.locals["x"]), "\"file\"");
    assert_eq!(show(&e.locals["y"]), "3");
    assert_eq!(show(&e.locals["z"]), "\"q\"");
}

#[test]
fn json_configurations_are_the_same() {
    let e = evaluate(&[(
        "main.tf.json",
        r#"{"locals": {"a": "x${1 + 1}", "b": [true, null]},
            "variable": {"v": {"type": "list(string)", "default": ["q"]}},
            "resource": {"aws_x": {"y": {"name": "${local.a}-${var.v[0]}", "count": 1,
              "dynamic": {"s": {"for_each": [1], "content": {"n": "${s.value}"}}}}}}}"#,
    )]);
    assert_eq!(show(&e.locals["a"]), "\"x2\"");
    assert_eq!(show(&e.locals["b"]), "[true, null]");
    let y = &e.instances[0];
    assert_eq!(&*y.origin.address, "aws_x.y[0]");
    assert_eq!(y.body.get("name").and_then(Value::as_str), Some("x2-q"));
    assert_eq!(show(y.body.get("s").unwrap()), "[{n=1}]");
}

#[test]
fn override_files_change_blocks() {
    let e = evaluate(&[
        (
            "main.tf",
            "resource \"a\" \"x\" {\n name = \"old\"\n keep = 1\n b { n = 1 }\n b { n = 2 }\n}\n",
        ),
        (
            "override.tf",
            "resource \"a\" \"x\" {\n name = \"new\"\n b { n = 3 }\n}\n",
        ),
    ]);
    assert_eq!(show(&e.instances[0].body), "{name=\"new\", keep=1, b=[{n=3}]}");
}

#[test]
fn circles_and_depth_end() {
    let e = evaluate(&[(
        "main.tf",
        "locals {\n a = local.b\n b = local.a\n}\nresource \"a\" \"x\" { n = a.x.m }\n",
    )]);
    assert_eq!(show(&e.locals["a"]), "⟨local.a⟩");
    assert!(
        e.messages.iter().any(|m| m.contains("depends on itself")),
        "{:?}",
        e.messages
    );
    let deep = format!("locals {{ a = {}1{} }}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(evaluate(&[("main.tf", &deep)]).messages[0].starts_with("nested deeper"));
    let chain: String = (0..3_000).map(|i| format!(" a{i} = [local.a{}]\n", i + 1)).collect();
    let e = evaluate(&[("main.tf", &format!("locals {{\n{chain} a3000 = 1\n}}\n"))]);
    assert!(!e.messages.is_empty());
    let sum = format!("locals {{ a = {}1 }}", "1 + ".repeat(20_000));
    assert_eq!(show(&evaluate(&[("main.tf", &sum)]).locals["a"]), "20001");
    let double: String = (1..60)
        .map(|i| format!(" a{i} = \"${{local.a{0}}}${{local.a{0}}}\"\n", i - 1))
        .collect();
    let e = evaluate(&[("main.tf", &format!("locals {{\n a0 = \"xxxxxxxxxx\"\n{double}}}\n"))]);
    assert!(e.messages.iter().any(|m| m.contains("longer than")), "{:?}", e.messages);
    let fork: String = (1..60)
        .map(|i| format!(" a{i} = [local.a{0}, local.a{0}]\n", i - 1))
        .collect();
    let e = evaluate(&[("main.tf", &format!("locals {{\n a0 = 1\n{fork}}}\n"))]);
    assert!(e.messages.iter().any(|m| m.contains("too large")), "{:?}", e.messages);
}

#[test]
fn every_beginning_of_a_file_ends_well() {
    let text = "variable \"a\" { default = [1, { b = \"x${1 + 1}\" }] }\nresource \"a\" \"x\" {\n  for_each = toset([\"k\"])\n  \
        d = <<-EOT\n    a ${each.key ~} b %{ if true }c%{ endif }\n  EOT\n  e = { for k, v in var.a : k => v... if k != 0 }\n  \
        f = a.x[*].b[0] ? !(1 < -2) : null /* c */\n  dynamic \"s\" {\n    for_each = []\n    content {}\n  }\n}\n";
    for end in (0..text.len()).filter(|e| text.is_char_boundary(*e)) {
        let sources = Sources::in_memory(&[("main.tf", text.get(..end).unwrap())]);
        let options = Options::default();
        let world = World::read(&sources, &options);
        assert_eq!(world.files, 1);
    }
}

#[test]
fn letters_keep_their_places() {
    let text = "locals {\n  a = <<-EOT\n    {\"Action\": \"s3:Get*\"}\n  EOT\n  b = \"x\\n${local.a}\"\n}\n";
    let e = evaluate(&[("main.tf", text)]);
    let Kind::Text(t) = &e.locals["b"].kind else {
        panic!("text")
    };
    let at = t.as_str().unwrap().find("s3:Get*").unwrap();
    let span = t.span_of(at..at + 7);
    assert_eq!(text.get(span.start as usize..span.end as usize), Some("s3:Get*"));
}
