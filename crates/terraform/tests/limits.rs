//! Every limit, reached: a diagnostic that points at what reached it, and what stands beside it is still understood.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "what fails here fails the test"
)]

use rolecall_facts::Output;
use rolecall_source::{Diagnostic, MemoryLoader, Sources};
use rolecall_terraform::{Options, analyze};

const USER: &str = "resource \"aws_iam_user\" \"beside\" {\n  name = \"beside\"\n}\n";

fn read(files: &[(String, String)]) -> (Sources, Output) {
    let own = files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let paths = files.iter().map(|(path, _)| path.clone()).collect();
    let sources = Sources::new(paths, Box::new(MemoryLoader(own.collect())));
    let output = analyze(&sources, &Options::default());
    (sources, output)
}

/// The text that a diagnostic points at.
fn marked<'s>(sources: &'s Sources, diagnostic: &Diagnostic) -> &'s str {
    let span = diagnostic.span();
    &sources.text(span.file).unwrap()[span.start as usize..span.end as usize]
}

/// Reads `text` as `main.tf`, with a user beside; what is told, and where that points.
fn told(text: &str, also: &[(String, String)]) -> Vec<(String, String)> {
    let mut files = vec![("main.tf".to_owned(), format!("{USER}{text}"))];
    files.extend_from_slice(also);
    let (sources, output) = read(&files);
    let beside = output.configurations.iter().flat_map(|c| &c.principals);
    assert!(
        beside.into_iter().any(|p| &*p.origin.address == "aws_iam_user.beside"),
        "what stands beside is lost"
    );
    let all = output.diagnostics.iter();
    all.map(|d| (d.headline.clone(), marked(&sources, d).to_owned()))
        .collect()
}

/// The limit is told once, in these words, at this text.
#[track_caller]
fn reaches(text: &str, also: &[(String, String)], words: &str, at: &str) {
    let told = told(text, also);
    let found = told.iter().find(|(headline, _)| headline.contains(words));
    let (_, place) = found.unwrap_or_else(|| panic!("{words} is not told: {told:?}"));
    assert!(place.contains(at), "{words} points at {place:?}, not at {at:?}");
}

fn named(value: &str) -> String {
    format!("resource \"aws_iam_user\" \"u\" {{\n  name = {value}\n}}\n")
}

#[test]
fn instances_of_count() {
    let text = "resource \"aws_iam_user\" \"u\" {\n  count = 5000\n  name  = \"u\"\n}\n";
    reaches(text, &[], "more than 4096 instances", "5000");
}

#[test]
fn instances_of_for_each() {
    let text = "resource \"aws_iam_user\" \"u\" {\n  for_each = toset([for i in range(1000) : \"${i}\"])\n  name     = each.key\n}\n";
    assert!(told(text, &[]).is_empty());
    let many = text
        .replace("range(1000)", "setproduct(range(100), range(50))")
        .replace("\"${i}\"", "\"${i[0]}-${i[1]}\"");
    reaches(&many, &[], "more than 4096 instances", "toset");
}

#[test]
#[ignore = "making a hundred thousand instances takes minutes in a debug build"]
fn instances_of_modules_within_modules() {
    let call = |to: &str| format!("module \"m\" {{\n  source = \"./{to}\"\n  count  = 1000\n}}\n");
    let inner = [
        ("a/main.tf".to_owned(), call("b")),
        ("a/b/main.tf".to_owned(), named("\"u\"")),
    ];
    reaches(&call("a"), &inner, "instances", "");
}

#[test]
fn numbers_of_range() {
    // Terraform's own limit.
    reaches(&named("length(range(5000))"), &[], "range", "5000");
}

#[test]
fn elements_of_a_list() {
    let thousand = "range(1000)";
    let product = format!("length(setproduct({thousand}, {thousand}, {thousand}))");
    reaches(&named(&product), &[], "setproduct", "setproduct");
}

#[test]
fn letters_of_a_text() {
    let long = "join(\"\", [for i in range(30) : format(\"%1000000d\", i)])";
    reaches(&named(long), &[], "too long", "join");
}

#[test]
fn letters_of_a_template() {
    let main = named("templatefile(\"a.tpl\", { n = range(30), x = format(\"%1000000d\", 0) })");
    let template = [("a.tpl".to_owned(), "%{ for a in n }${x}%{ endfor }".to_owned())];
    reaches(&main, &template, "longer than", "%{");
}

#[test]
fn modules_that_call_themselves() {
    let call = "module \"m\" {\n  source = \"./a\"\n}\n";
    let circle = [(
        "a/main.tf".to_owned(),
        format!("module \"again\" {{\n  source = \"../a\"\n}}\n{}", named("\"u\"")),
    )];
    reaches(call, &circle, "a module that it is part of", "again");
}

#[test]
fn modules_below_modules() {
    let call = |at: usize| format!("module \"m\" {{\n  source = \"./m{at}\"\n}}\n");
    let mut dir = String::new();
    let mut files = Vec::new();
    for at in 1..40 {
        dir.push_str(&format!("m{at}/"));
        files.push((format!("{dir}main.tf"), call(at + 1) + &named("\"u\"")));
    }
    reaches(&call(1), &files, "deeper than 32 levels", "module \"m\"");
}

#[test]
fn levels_of_an_expression() {
    let deep = format!("{}1{}", "[".repeat(2000), "]".repeat(2000));
    let told = told(&named(&deep), &[]);
    assert!(
        told.iter()
            .any(|(headline, _)| headline.contains("deep") || headline.contains("nest")),
        "{told:?}"
    );
}

#[test]
fn references_that_lead_to_each_other() {
    let text = "locals {\n  a = local.b\n  b = [local.a]\n}\n".to_owned() + &named("local.a[0]");
    reaches(&text, &[], "depends on itself", "a");
}

#[test]
fn a_chain_of_locals() {
    let mut text = String::from("locals {\n  l0 = \"x\"\n");
    for at in 1..3000 {
        text.push_str(&format!("  l{at} = local.l{}\n", at - 1));
    }
    text.push_str("}\n");
    let told = told(&(text + &named("local.l2999")), &[]);
    assert!(told.iter().all(|(headline, _)| headline.contains("nested")), "{told:?}");
}

#[test]
fn values_that_double() {
    let mut text = String::from("locals {\n  l0 = [\"x\", \"x\"]\n");
    for at in 1..40 {
        text.push_str(&format!("  l{at} = [local.l{0}, local.l{0}]\n", at - 1));
    }
    text.push_str("}\n");
    let told = told(&(text + &named("length(flatten(local.l39))")), &[]);
    assert!(told.iter().any(|(headline, _)| headline.contains("too")), "{told:?}");
}

#[test]
fn patterns() {
    reaches(
        &named("replace(\"a\", \"/(((a{100}){100}){100}){100}/\", \"b\")"),
        &[],
        "replace",
        "",
    );
    reaches(
        &named("regex(\"(((a{100}){100}){100}){100}\", \"a\")"),
        &[],
        "regex",
        "",
    );
    // Linear in the text, whatever the pattern.
    let slow = format!("replace(\"{}\", \"/(a|aa)+$/\", \"\")", "a".repeat(20_000) + "b");
    assert!(told(&named(&slow), &[]).is_empty());
}
