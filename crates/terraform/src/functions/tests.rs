use rolecall_source::{Class, FileId, Kind, List, Symbol, json};

use super::*;

fn env_with<T>(sources: &Sources, f: impl FnOnce(&Env<'_>) -> T) -> T {
    let render = |text: &Text, _: &Map| Ok(Value::text(text.clone(), Span::NOWHERE));
    f(&Env {
        sources,
        module_dir: "modules/a",
        root_dir: "live",
        render: &render,
    })
}

fn run(name: &str, args: &[Value]) -> Result<Value, FnError> {
    let sources = Sources::in_memory(&[
        ("live/policies/a.json", "{\"Version\":\"2012-10-17\"}"),
        ("live/policies/b.tpl", "b"),
        ("modules/a/c.json", "[]"),
    ]);
    env_with(&sources, |env| call(name, args, Span::new(FileId(0), 900, 999), env))
}

fn ok(name: &str, args: &[Value]) -> Value {
    run(name, args).unwrap_or_else(|e| panic!("{name}: {}", e.message))
}

fn shown(v: &Value) -> String {
    match &v.kind {
        Kind::Choice(c) => {
            let options: Vec<String> = c.options.iter().map(|(l, v)| format!("{l}: {}", shown(v))).collect();
            format!("{} ? {}", c.on, options.join(", "))
        }
        Kind::List(l) if l.open.is_some() => {
            let items: Vec<String> = l.items.iter().map(shown).collect();
            format!("[{}, …]", items.join(", "))
        }
        Kind::Text(t) => t.to_string(),
        _ => json::write(v).to_string(),
    }
}

fn at(letters: &str, start: u32) -> Value {
    let end = start + u32::try_from(letters.len()).unwrap();
    Value::string(letters, Span::new(FileId(0), start, end))
}

fn var(name: &str, class: Class) -> Value {
    Value::unknown(symbol(name, class), Span::new(FileId(0), 500, 510))
}

fn symbol(name: &str, class: Class) -> Symbol {
    Symbol::new(format!("x:{name}"), name, "has no default", class)
}

/// `letters` with `%` for the symbol.
fn mixed(letters: &str, symbol: &Symbol) -> Value {
    let mut b = rolecall_source::TextBuilder::default();
    for (i, part) in letters.split('%').enumerate() {
        if i > 0 {
            b.symbol(symbol.clone(), Span::NOWHERE);
        }
        b.letters(part, Span::NOWHERE);
    }
    Value::text(b.finish(), Span::NOWHERE)
}

fn list(items: &[Value]) -> Value {
    Value::list(items.to_vec(), Span::NOWHERE)
}

fn open(items: &[Value]) -> Value {
    let list = List {
        items: items.to_vec().into(),
        open: Some(symbol("var.more", Class::Any)),
    };
    Value::new(Kind::List(list), Span::NOWHERE)
}

fn choice(on: &str, yes: Value, no: Value) -> Value {
    let options = vec![("true".into(), yes), ("false".into(), no)];
    let on = symbol(on, Class::Any);
    Value::new(
        Kind::Choice(std::sync::Arc::new(rolecall_source::Choice { on, options })),
        Span::NOWHERE,
    )
}

fn s(letters: &str) -> Value {
    Value::string(letters, Span::NOWHERE)
}

fn n(number: i64) -> Value {
    Value::new(Kind::Number(number.into()), Span::NOWHERE)
}

#[test]
fn the_table_is_in_order() {
    assert!(FUNCTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
    assert!(exists("core::upper") && exists("upper") && !exists("provider::upper"));
}

#[test]
fn an_action_keeps_its_place_through_lists() {
    let (a, b) = (at("s3:GetObject", 100), at("s3:PutObject", 200));
    let lists = list(&[list(std::slice::from_ref(&a)), list(&[b.clone(), a.clone()])]);
    let flat = ok("flatten", &[lists]);
    let distinct = ok("distinct", &[flat]);
    let concat = ok("concat", &[distinct, list(&[s("x")])]);
    let items = &concat.as_list().unwrap().items;
    assert_eq!(items.len(), 3);
    assert_eq!(items[1].span, b.span);
    let formatted = ok("formatlist", &[s("%s*"), concat.clone()]);
    let text = formatted.as_list().unwrap().items[1].to_text().unwrap();
    assert_eq!((text.as_str(), text.span_of(0..12)), (Some("s3:PutObject*"), b.span));
    let document = ok("jsonencode", &[concat]);
    let written = document.to_text().unwrap();
    let from = written.as_str().unwrap().find("s3:Put").unwrap();
    assert_eq!(written.span_of(from..from + 12), b.span);
    let split = ok("split", &[s(","), ok("join", &[s(","), list(&[a, b.clone()])])]);
    assert_eq!(split.as_list().unwrap().items[1].to_text().unwrap().span(), b.span);
    let decoded = ok("jsondecode", &[at("{\"Action\":\"s3:*\"}", 300)]);
    assert_eq!(
        decoded.get("Action").unwrap().to_text().unwrap().span(),
        Span::new(FileId(0), 311, 315)
    );
    let decoded = ok("yamldecode", &[at("Action:\n- s3:*\n- |\n  ec2:*\n", 300)]);
    let actions = &decoded.get("Action").unwrap().as_list().unwrap().items;
    assert_eq!(actions[0].to_text().unwrap().span(), Span::new(FileId(0), 310, 314));
    assert_eq!(
        actions[1].to_text().unwrap().span_of(0..5),
        Span::new(FileId(0), 321, 326)
    );
}

#[test]
fn texts_keep_every_known_letter() {
    let account = symbol("account", Class::Account);
    let any = symbol("var.x", Class::Any);
    let arn = mixed("arn:aws:iam::%:role/Name", &account);
    for (name, args, want) in [
        ("lower", vec![arn.clone()], "arn:aws:iam::⟨account⟩:role/name"),
        ("upper", vec![mixed("a-%", &any)], "A-⟨upper(var.x)⟩"),
        (
            "replace",
            vec![arn.clone(), s("role/"), s("")],
            "arn:aws:iam::⟨account⟩:Name",
        ),
        (
            "replace",
            vec![mixed("a-%-b", &any), s("-"), s("_")],
            "a_⟨replace(var.x, \"-\", \"_\")⟩_b",
        ),
        (
            "trimprefix",
            vec![arn.clone(), s("arn:aws:")],
            "iam::⟨account⟩:role/Name",
        ),
        (
            "trimsuffix",
            vec![arn.clone(), s("/Name")],
            "arn:aws:iam::⟨account⟩:role",
        ),
        ("trimspace", vec![mixed(" a % b ", &any)], "a ⟨var.x⟩ b"),
        ("substr", vec![arn.clone(), n(0), n(20)], "⟨substr("),
        ("substr", vec![arn.clone(), n(25), n(5)], ":role"),
        (
            "format",
            vec![s("%s/%d"), arn.clone(), var("var.n", Class::Any)],
            "arn:aws:iam::⟨account⟩:role/Name/⟨var.n⟩",
        ),
        (
            "join",
            vec![s("-"), list(&[s("a"), var("var.x", Class::Any)])],
            "a-⟨var.x⟩",
        ),
        ("indent", vec![n(2), mixed("a\n%", &any)], "a\n  ⟨indent(var.x, 2)⟩"),
        ("basename", vec![mixed("a/%/c.json", &any)], "c.json"),
        ("urlencode", vec![mixed("a b%", &account)], "a+b⟨account⟩"),
        ("chomp", vec![mixed("%a\n", &any)], "⟨var.x⟩a"),
        (
            "provider::aws::trim_iam_role_path",
            vec![mixed("arn:aws:iam::%:role/a/b", &account)],
            "arn:aws:iam::⟨account⟩:role/b",
        ),
    ] {
        let got = shown(&ok(name, &args));
        assert!(got.starts_with(want), "{name}: {got} is not {want}");
    }
    let parts = ok("split", &[s(":"), arn.clone()]);
    assert_eq!(parts.as_list().unwrap().items.len(), 6);
    assert_eq!(shown(&ok("split", &[s(","), mixed("a,b,c%", &any)])), "[a, b, …]");
    assert_eq!(shown(&ok("length", &[arn])), "35");
    let parsed = ok(
        "provider::aws::arn_parse",
        &[mixed("arn:aws:iam::%:role/a:b", &account)],
    );
    assert_eq!(shown(parsed.get("resource").unwrap()), "role/a:b");
}

#[test]
fn equal_calls_give_equal_symbols_with_reasons() {
    let a = ok("upper", &[var("var.x", Class::Any)]);
    let b = ok("upper", &[var("var.x", Class::Any)]);
    let c = ok("upper", &[var("var.y", Class::Any)]);
    assert_eq!(a, b);
    assert_ne!(a, c);
    let text = a.to_text().unwrap();
    let symbol = text.as_symbol().unwrap();
    assert_eq!(
        (&*symbol.name, &*symbol.why),
        ("upper(var.x)", "depends on `var.x`, which has no default")
    );
    let deep = ok("md5", &[a]);
    assert_eq!(
        &*deep.as_unknown().unwrap().why,
        "depends on `var.x`, which has no default"
    );
    let many: Vec<Value> = (0..200).map(|i| var(&format!("var.v{i}"), Class::Any)).collect();
    let long = ok("max", &many);
    assert!(long.as_unknown().unwrap().id.len() < 100 && long.as_unknown().unwrap().name.chars().count() < 100);
}

#[test]
fn answers_that_do_not_depend_on_the_symbol_are_known() {
    let account = symbol("account", Class::Account);
    let any = symbol("var.x", Class::Any);
    let yes = |name: &str, args: &[Value]| assert_eq!(ok(name, args).as_bool(), Some(true), "{name}");
    let no = |name: &str, args: &[Value]| assert_eq!(ok(name, args).as_bool(), Some(false), "{name}");
    let open_answer = |name: &str, args: &[Value]| assert!(ok(name, args).as_unknown().is_some(), "{name}");
    yes("startswith", &[mixed("ab%", &any), s("ab")]);
    no("startswith", &[mixed("ab%", &any), s("ac")]);
    no("startswith", &[mixed("%ab", &account), s("x")]);
    open_answer("startswith", &[mixed("a%", &any), s("ab")]);
    yes("endswith", &[mixed("%-prod", &any), s("prod")]);
    yes("strcontains", &[mixed("%abc%", &any), s("b")]);
    open_answer("strcontains", &[mixed("%abc%", &any), s("x")]);
    no("strcontains", &[mixed("%abc", &account), s("x")]);
    yes("contains", &[open(&[s("a")]), s("a")]);
    open_answer("contains", &[open(&[s("a")]), s("b")]);
    no("contains", &[list(&[mixed("a-%", &any)]), s("b-c")]);
    open_answer("contains", &[list(&[mixed("a-%", &any)]), s("a-c")]);
    no(
        "alltrue",
        &[list(&[var("var.x", Class::Any), Value::bool(false, Span::NOWHERE)])],
    );
    open_answer("alltrue", &[list(&[var("var.x", Class::Any)])]);
    yes("anytrue", &[open(&[Value::bool(true, Span::NOWHERE)])]);
}

#[test]
fn open_lists_and_maps_stay_open() {
    let x = var("var.x", Class::Any);
    assert_eq!(shown(&ok("concat", &[list(&[s("a")]), x.clone()])), "[a, …]");
    assert_eq!(shown(&ok("flatten", &[list(&[list(&[s("a")]), x.clone()])])), "[a, …]");
    assert_eq!(shown(&ok("compact", &[list(&[s("a"), s(""), x.clone()])])), "[a, …]");
    assert_eq!(shown(&ok("setunion", &[open(&[s("b")]), list(&[s("a")])])), "[a, b, …]");
    assert_eq!(
        shown(&ok("setsubtract", &[list(&[s("a"), s("b")]), open(&[s("a")])])),
        "[, …]"
    );
    assert_eq!(shown(&ok("toset", &[open(&[s("b"), s("b")])])), "[b, …]");
    assert_eq!(shown(&ok("one", &[open(&[s("b")])])), "b");
    assert!(ok("length", &[open(&[s("b")])]).as_unknown().is_some());
    let map = |key: &str, value: &str| Value::map([(Text::plain(key), s(value))], Span::NOWHERE);
    let merged = ok("merge", &[map("a", "1"), x.clone(), map("b", "2")]);
    assert!(merged.as_map().unwrap().open.is_some());
    assert_eq!(shown(merged.get("b").unwrap()), "2");
    assert_eq!(
        shown(merged.get("a").unwrap()),
        "⟨var.x has \"a\"⟩ ? false: 1, true: ⟨var.x[\"a\"]⟩"
    );
    assert_eq!(shown(&ok("keys", &[ok("merge", &[map("b", "1"), x])])), "[b, …]");
}

#[test]
fn alternatives_are_computed_case_by_case() {
    let yes_no = choice("var.c", list(&[s("a")]), list(&[]));
    let both = ok("concat", &[yes_no.clone(), list(&[s("z")])]);
    assert_eq!(shown(&both), "⟨var.c⟩ ? true: [\"a\",\"z\"], false: [\"z\"]");
    let same_condition = ok("concat", &[yes_no.clone(), yes_no.clone()]);
    assert_eq!(shown(&same_condition), "⟨var.c⟩ ? true: [\"a\",\"a\"], false: []");
    let inside = ok("join", &[s("-"), list(&[s("x"), choice("var.c", s("a"), s("b"))])]);
    assert_eq!(shown(&inside), "⟨var.c⟩ ? true: x-a, false: x-b");
    assert_eq!(shown(&ok("upper", &[choice("var.c", s("a"), s("A"))])), "A");
    let fails = ok("tonumber", &[choice("var.c", s("a"), s("1"))]);
    assert_eq!(shown(&fails), "⟨var.c⟩ ? true: ⟨tonumber(var.c)⟩, false: 1");
    let many: Vec<Value> = (0..12).map(|i| choice(&format!("var.c{i}"), s("a"), s("b"))).collect();
    let text = ok("join", &[s(","), list(&many)]);
    fn leaves(v: &Value) -> usize {
        match &v.kind {
            Kind::Choice(c) => c.options.iter().map(|(_, o)| leaves(o)).sum(),
            _ => 1,
        }
    }
    assert!((2..=64).contains(&leaves(&text)));
}

#[test]
fn an_unknown_key_or_argument_gives_the_alternatives() {
    let map = Value::map(
        [(Text::plain("dev"), s("*")), (Text::plain("prod"), s("x"))],
        Span::NOWHERE,
    );
    let found = ok("lookup", &[map.clone(), var("var.env", Class::Any), s("d")]);
    assert_eq!(shown(&found), "⟨var.env⟩ ? dev: *, prod: x, another: d");
    let found = ok("lookup", &[map, mixed("p%", &symbol("var.env", Class::Any)), s("d")]);
    assert!(shown(&found).ends_with("? prod: x, another: d"), "{}", shown(&found));
    let first = ok("coalesce", &[var("var.name", Class::Any), s("default")]);
    assert_eq!(shown(&first), "⟨var.name is set⟩ ? true: ⟨var.name⟩, false: default");
    assert_eq!(
        shown(&ok("coalesce", &[mixed("a%", &symbol("v", Class::Any)), s("b")])),
        "a⟨v⟩"
    );
    assert_eq!(
        shown(&ok(
            "element",
            &[list(&[s("a"), s("a")]), var("count.index", Class::Any)]
        )),
        "a"
    );
}

#[test]
fn files_are_found_from_the_root_module_then_from_the_calling_one() {
    assert_eq!(
        shown(&ok("file", &[s("policies/a.json")])),
        "{\"Version\":\"2012-10-17\"}"
    );
    let text = ok("file", &[s("./policies/../policies/a.json")]).to_text().unwrap();
    assert_eq!(text.span_of(2..9), Span::new(FileId(0), 2, 9));
    assert_eq!(shown(&ok("file", &[s("c.json")])), "[]");
    assert_eq!(shown(&ok("file", &[s("../modules/a/c.json")])), "[]");
    assert_eq!(
        shown(&ok("fileset", &[s("policies"), s("*.{json,tpl}")])),
        "[\"a.json\",\"b.tpl\"]"
    );
    assert_eq!(ok("fileexists", &[s("nothing")]).as_bool(), Some(false));
    assert!(
        run("file", &[s("nothing")])
            .unwrap_err()
            .message
            .contains("there is no file")
    );
    let package = ok("filebase64sha256", &[s("package.zip")]);
    assert!(package.as_unknown().unwrap().why.contains("not in the repository"));
    for path in ["../../x", "/etc/passwd", "~/.ssh/id_rsa.pub"] {
        let value = ok("file", &[s(path)]);
        assert!(value.as_unknown().unwrap().why.contains("outside"), "{path}");
    }
    assert_eq!(
        shown(&ok(
            "templatefile",
            &[s("policies/b.tpl"), Value::map([], Span::NOWHERE)]
        )),
        "b"
    );
}

#[test]
fn what_could_grow_is_bounded() {
    assert!(run("range", &[n(1_000_000_000)]).is_err());
    let letters: Vec<Value> = (0..2_000).map(n).collect();
    assert!(run("setproduct", &[list(&letters), list(&letters)]).is_err());
    assert!(run("format", &[s("%99999999d"), n(1)]).is_err());
    let long = s(&"a".repeat(8_000_000));
    assert!(run("join", &[s(""), list(&[long.clone(), long.clone(), long.clone()])]).is_err());
    assert!(run("replace", &[long, s(&"a".repeat(1_000)), s(&"b".repeat(4_000))]).is_err());
    assert!(run("indent", &[n(1_000_000_000), s("a\n\nb")]).is_err());
    assert!(run("regexall", &[s(&"(a{900}){900}".repeat(3)), s("a")]).is_err());
    assert!(run("regex", &[s(&"a".repeat(100_000)), s("a")]).is_err());
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned()
        + &(0..12)
            .map(|i| {
                format!(
                    "b{i}: &b{i} [{}]\n",
                    vec![if i == 0 { "*a".into() } else { format!("*b{}", i - 1) }; 10].join(",")
                )
            })
            .collect::<String>();
    assert!(run("yamldecode", &[s(&bomb)]).is_err());
    assert!(run("yamldecode", &[s(&"[".repeat(100_000))]).is_err());
    assert!(run("jsondecode", &[s(&"[".repeat(100_000))]).is_err());
}

#[test]
fn arguments_are_counted_and_checked() {
    assert_eq!(
        run("upper", &[]).unwrap_err().message,
        "`upper` takes 1 arguments, not 0"
    );
    assert_eq!(
        run("lookup", &[s("a")]).unwrap_err().message,
        "`lookup` takes 2 to 3 arguments, not 1"
    );
    assert_eq!(run("upper", &[list(&[])]).unwrap_err().argument, Some(0));
    assert!(run("nothing", &[]).is_err());
}
