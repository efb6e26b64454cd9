//! Held against brute force: every question about short patterns is also answered by trying all short texts.

use proptest::prelude::*;
use rolecall_source::{Assumption, Class, Span, Symbol, Text, TextBuilder};

use super::*;
use crate::Answer;

/// The definition of a wildcard pattern, and nothing else.
fn slow(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((&'*', rest)) => (0..=text.len()).any(|n| slow(rest, &text[n..])),
        Some((&c, rest)) => text
            .split_first()
            .is_some_and(|(&t, after)| (c == '?' || c == t) && slow(rest, after)),
    }
}

fn words(alphabet: &[char], longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let until = all.len();
        for at in from..until {
            for c in alphabet {
                let word = format!("{}{c}", all[at]);
                all.push(word);
            }
        }
        from = until;
    }
    all
}

fn like(pattern: &str) -> Pattern {
    Pattern::like(&Text::plain(pattern))
}

fn chars(s: &str) -> Vec<char> {
    s.chars().collect()
}

/// Patterns, and for each the set of texts it matches, as bits.
struct Universe {
    texts: Vec<String>,
    patterns: Vec<(Pattern, Vec<u64>)>,
}

fn universe(patterns: Vec<String>, texts: Vec<String>) -> Universe {
    let letters: Vec<Vec<char>> = texts.iter().map(|t| chars(t)).collect();
    let patterns = patterns
        .into_iter()
        .map(|p| {
            let mut bits = vec![0u64; texts.len().div_ceil(64)];
            for (at, text) in letters.iter().enumerate() {
                if slow(&chars(&p), text) {
                    bits[at / 64] |= 1 << (at % 64);
                }
            }
            (like(&p), bits)
        })
        .collect();
    Universe { texts, patterns }
}

#[test]
fn short_patterns_match_exactly_what_the_definition_says() {
    let u = universe(words(&['a', 'b', '*', '?'], 4), words(&['a', 'b', 'c'], 6));
    for (p, bits) in &u.patterns {
        for (at, text) in u.texts.iter().enumerate() {
            let expected = Answer::from_bool(bits[at / 64] >> (at % 64) & 1 == 1);
            assert_eq!(matches(p, &Text::plain(text)), expected, "{p:?} matches {text:?}");
        }
    }
}

#[test]
fn all_pairs_of_short_patterns_are_compared_exactly() {
    // One letter that no pattern mentions stands for all such.
    let u = universe(words(&['a', 'b', '*', '?'], 4), words(&['a', 'b', 'c'], 7));
    for (a, in_a) in &u.patterns {
        for (b, in_b) in &u.patterns {
            let covers_all = in_a.iter().zip(in_b).all(|(a, b)| b & !a == 0);
            let meet = in_a.iter().zip(in_b).any(|(a, b)| a & b != 0);
            assert_eq!(covers(a, b), Answer::from_bool(covers_all), "{a:?} covers {b:?}");
            assert_eq!(meets(a, b), Answer::from_bool(meet), "{a:?} meets {b:?}");
        }
    }
}

#[test]
fn a_witness_is_found_iff_there_is_one() {
    let u = universe(words(&['a', 'b', '*', '?'], 3), words(&['a', 'b', 'c'], 7));
    for (a, in_a) in &u.patterns {
        for (b, in_b) in &u.patterns {
            let exists = in_a.iter().zip(in_b).any(|(a, b)| a & !b != 0);
            match witness(&[a], &[b], 1_000) {
                Search::Found(text, answer) => {
                    assert!(exists && answer.is_yes(), "{a:?} without {b:?}: {text:?}");
                    assert!(
                        matches(a, &text).is_yes() && matches(b, &text).is_no(),
                        "{a:?} without {b:?}: {text:?}"
                    );
                }
                Search::None => assert!(!exists, "{a:?} without {b:?}"),
                Search::Budget => panic!("{a:?} without {b:?}: over budget"),
            }
        }
    }
}

fn pattern_text(longest: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![3 => Just('a'), 3 => Just('b'), 2 => Just('*'), 2 => Just('?'), 1 => Just(':')],
        0..=longest,
    )
    .prop_map(|v| v.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn several_patterns_in_and_out(
        inside in proptest::collection::vec(pattern_text(6), 1..3),
        outside in proptest::collection::vec(pattern_text(5), 0..4),
    ) {
        let (i, o): (Vec<_>, Vec<_>) = (inside.iter().map(|p| like(p)).collect(), outside.iter().map(|p| like(p)).collect());
        let wanted = |t: &[char]| inside.iter().all(|p| slow(&chars(p), t)) && !outside.iter().any(|p| slow(&chars(p), t));
        match witness(&i.iter().collect::<Vec<_>>(), &o.iter().collect::<Vec<_>>(), 10_000) {
            Search::Found(text, _) => prop_assert!(wanted(&chars(text.as_str().unwrap())), "{:?}", text),
            Search::None => {
                let texts = words(&['a', 'b', ':', 'c'], 6);
                prop_assert!(!texts.iter().any(|t| wanted(&chars(t))));
            }
            Search::Budget => prop_assert!(false, "over budget"),
        }
    }

    #[test]
    fn long_patterns_agree_with_the_definition(p in pattern_text(14), text in "[ab:c]{0,16}") {
        prop_assert_eq!(matches(&like(&p), &Text::plain(&text)), Answer::from_bool(slow(&chars(&p), &chars(&text))));
    }

    #[test]
    fn covers_and_witness_agree(a in pattern_text(12), b in pattern_text(12)) {
        let (a, b) = (like(&a), like(&b));
        let difference = search::search(&[&b], &[&a], 100_000, &Budget::unlimited());
        match difference {
            search::Outcome::None => prop_assert_eq!(covers(&a, &b), Answer::Yes),
            search::Outcome::Certain(_) => prop_assert_eq!(covers(&a, &b), Answer::No),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn meets_and_witness_agree(a in pattern_text(12), b in pattern_text(12)) {
        let (a, b) = (like(&a), like(&b));
        match search::search(&[&a, &b], &[], 100_000, &Budget::unlimited()) {
            search::Outcome::None => prop_assert_eq!(meets(&a, &b), Answer::No),
            search::Outcome::Certain(_) => prop_assert_eq!(meets(&a, &b), Answer::Yes),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn fields_of_an_arn_are_compared_one_by_one(
        fields in proptest::collection::vec("[ab*?]{0,3}", 6),
        text in proptest::collection::vec("[ab]{0,3}", 6),
        tail in "(:[ab]{0,2})?",
    ) {
        let expected = fields.iter().take(5).zip(&text).all(|(p, t)| slow(&chars(p), &chars(t)))
            && slow(&chars(&fields[5]), &chars(&format!("{}{tail}", text[5])));
        let p = Pattern::arn_like(&Text::plain(&fields.join(":")));
        prop_assert_eq!(matches(&p, &Text::plain(&(text.join(":") + &tail))), Answer::from_bool(expected));
    }

    /// Symbols of a class are tried with several values each: what holds for certain holds for each of them.
    #[test]
    fn answers_with_symbols_hold_for_every_value(a in symbolic(), b in symbolic(), c in symbolic()) {
        let (pa, pb, pc) = (Pattern::like(&a), Pattern::like(&b), Pattern::like(&c));
        let text = letters_only(&b);
        let answers = [matches(&pa, &text), covers(&pa, &pb), meets(&pa, &pb)];
        let found = witness(&[&pa, &pb], &[&pc], 2_000);
        let possible = search::search(&[&pa, &pb], &[&pc], 2_000, &Budget::unlimited());
        for x in VALUES {
            for y in VALUES {
                let known = |t: &Text| Pattern::like(&filled(t, x, y));
                let (ka, kb, kc) = (known(&a), known(&b), known(&c));
                let truth = [matches(&ka, &filled(&text, x, y)), covers(&ka, &kb), meets(&ka, &kb)];
                for (answer, truth) in answers.iter().zip(&truth) {
                    prop_assert!(answer == truth || matches!(answer, Answer::Depends(_)), "{:?}, {x} {y}: {:?}", answers, truth);
                }
                let there = witness(&[&ka, &kb], &[&kc], 10_000);
                match (&found, &possible) {
                    (Search::Found(t, Answer::Yes), _) => {
                        let t = filled(t, x, y);
                        prop_assert!(matches(&ka, &t).is_yes() && matches(&kb, &t).is_yes() && matches(&kc, &t).is_no());
                    }
                    (Search::None, _) => prop_assert_eq!(&there, &Search::None, "{} {}", x, y),
                    _ => {}
                }
            }
        }
    }
}

proptest! {
    /// The same of symbols that never have one value.
    #[test]
    fn answers_with_unique_symbols_hold_for_every_two_values(a in unique_text(), b in unique_text()) {
        let (pa, pb) = (Pattern::like(&a), Pattern::like(&b));
        let text = letters_only(&b);
        let answers = [matches(&pa, &text), covers(&pa, &pb), meets(&pa, &pb)];
        for x in VALUES {
            for y in VALUES.into_iter().filter(|y| *y != x) {
                let known = |t: &Text| Pattern::like(&filled(t, x, y));
                let (ka, kb) = (known(&a), known(&b));
                let truth = [matches(&ka, &filled(&text, x, y)), covers(&ka, &kb), meets(&ka, &kb)];
                for (answer, truth) in answers.iter().zip(&truth) {
                    prop_assert!(answer == truth || matches!(answer, Answer::Depends(_)), "{:?}, {x} {y}: {:?}", answers, truth);
                }
            }
        }
    }
}

#[test]
fn symbols_that_never_have_one_value_are_told_apart_where_they_stand_whole() {
    let key = |id: &str, tail: &str| text(&[Ok("key/"), Err(symbol(id).unique()), Ok(tail)]);
    let like = |id: &str, tail: &str| Pattern::like(&key(id, tail));
    assert!(matches(&like("x", ""), &key("y", "")).is_no());
    assert!(meets(&like("x", "/*"), &like("y", "/*")).is_no());
    assert!(covers(&like("x", "/*"), &like("y", "/")).is_no());
    assert!(matches!(meets(&like("x", "*"), &like("y", "")), Answer::Depends(_)));
    assert!(matches!(meets(&like("x", "a"), &like("y", "b")), Answer::No));
    assert!(matches!(meets(&like("x", "a"), &like("y", "a")), Answer::Depends(_)));
    assert!(matches(&like("x", ""), &key("x", "")).is_yes());
}

fn unique_text() -> impl Strategy<Value = Text> {
    let piece = prop_oneof![Just("a"), Just(":"), Just("*"), Just("?"), Just("X"), Just("Y")];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| {
        let mut b = TextBuilder::default();
        for piece in pieces {
            match piece {
                "X" => b.symbol(symbol("x").unique(), Span::NOWHERE),
                "Y" => b.symbol(symbol("y").unique(), Span::NOWHERE),
                letters => b.letters(letters, Span::NOWHERE),
            }
        }
        b.finish()
    })
}

const VALUES: [&str; 6] = ["a", "b", "ab", "ba", "c", "acb"];

fn symbol(id: &str) -> Symbol {
    Symbol::new(id, format!("var.{id}"), "has no default", Class::Name)
}

fn symbolic() -> impl Strategy<Value = Text> {
    let piece = prop_oneof![Just("a"), Just("b"), Just("*"), Just("?"), Just("X"), Just("Y")];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| {
        let mut b = TextBuilder::default();
        for piece in pieces {
            match piece {
                "X" => b.symbol(symbol("x"), Span::NOWHERE),
                "Y" => b.symbol(symbol("y"), Span::NOWHERE),
                letters => b.letters(letters, Span::NOWHERE),
            }
        }
        b.finish()
    })
}

fn filled(text: &Text, x: &str, y: &str) -> Text {
    Text::plain(
        &text
            .to_string()
            .replace("\u{27e8}var.x\u{27e9}", x)
            .replace("\u{27e8}var.y\u{27e9}", y),
    )
}

fn letters_only(text: &Text) -> Text {
    let mut b = TextBuilder::default();
    for piece in text.pieces() {
        match piece {
            rolecall_source::Piece::Letters(l) => b.letters(&l.replace(['*', '?'], "c"), Span::NOWHERE),
            rolecall_source::Piece::Symbol(s) => b.symbol(s.clone(), Span::NOWHERE),
        }
    }
    b.finish()
}

fn text(pieces: &[Result<&str, Symbol>]) -> Text {
    let mut b = TextBuilder::default();
    for piece in pieces {
        match piece {
            Ok(letters) => b.letters(letters, Span::NOWHERE),
            Err(symbol) => b.symbol(symbol.clone(), Span::NOWHERE),
        }
    }
    b.finish()
}

fn account() -> Symbol {
    Symbol::new(
        "account:network",
        "account",
        "is not known before deployment",
        Class::Account,
    )
}

#[test]
fn an_account_that_is_not_known() {
    let role = text(&[Ok("arn:aws:iam::"), Err(account()), Ok(":role/app")]);
    assert_eq!(matches(&like("arn:aws:iam::*:role/app*"), &role), Answer::Yes);
    assert_eq!(matches(&like("arn:aws:iam::????????????:role/app"), &role), Answer::Yes);
    assert_eq!(matches(&like("arn:aws:iam::???????????:role/app"), &role), Answer::No);
    assert_eq!(matches(&like("arn:aws:iam::x*:role/app"), &role), Answer::No);
    assert_eq!(matches(&like("arn:aws:iam::123456789012:role/db"), &role), Answer::No);
    assert_eq!(matches(&Pattern::like(&role), &role), Answer::Yes);
    let own = like("arn:aws:iam::123456789012:role/*");
    let clause = "123456789012 is the account this deploys to";
    let depends = Answer::under([Assumption::value(&account(), "123456789012", clause)].into());
    assert_eq!(matches(&own, &role), depends);
    assert_eq!(meets(&own, &Pattern::like(&role)), depends);
    assert_eq!(covers(&own, &Pattern::like(&role)), depends);
    assert_eq!(
        matches(
            &Pattern::like(&role),
            &Text::plain("arn:aws:iam::123456789012:role/app")
        ),
        depends
    );
}

#[test]
fn what_an_answer_relies_on_is_worded() {
    let any = |id: &str| Symbol::new(id, format!("var.{id}"), "has no default", Class::Any);
    let role = text(&[Ok("role/app-"), Err(any("env"))]);
    assert_eq!(matches(&like("role/app-*"), &role), Answer::Yes);
    assert_eq!(
        matches(&like("role/app-prod"), &role),
        Answer::assuming("\u{27e8}var.env\u{27e9} is `prod`")
    );
    assert_eq!(
        matches(&like("role/app-pro*"), &role),
        Answer::assuming("\u{27e8}var.env\u{27e9} matches `pro*`")
    );
    assert_eq!(
        matches(&like("role/app-"), &role),
        Answer::assuming("\u{27e8}var.env\u{27e9} is empty")
    );
    let other = text(&[Ok("role/app-"), Err(any("stage"))]);
    let same = Answer::assuming("\u{27e8}var.env\u{27e9} is \u{27e8}var.stage\u{27e9}");
    assert_eq!(meets(&Pattern::like(&role), &Pattern::like(&other)), same);
    assert_eq!(
        matches(&Pattern::like(&role), &Text::plain("role/web-prod")),
        Answer::No
    );
}

#[test]
fn a_gain_on_the_same_unknown_name_is_none() {
    let env = Symbol::new("env", "var.env", "has no default", Class::Name);
    let app = |end: &str| Pattern::like(&text(&[Ok("arn:aws:s3:::app-"), Err(env.clone()), Ok(end)]));
    assert_eq!(witness(&[&app("/*")], &[&app("/*")], 1_000), Search::None);
    assert_eq!(witness(&[&app("/*")], &[&app("*")], 1_000), Search::None);
    let Search::Found(found, Answer::Yes) = witness(&[&app("*")], &[&app("/*")], 1_000) else {
        panic!()
    };
    assert_eq!(found.to_string(), "arn:aws:s3:::app-\u{27e8}var.env\u{27e9}");
    let Search::Found(found, Answer::Depends(why)) = witness(&[&app("/*")], &[&like("arn:aws:s3:::app-prod/*")], 1_000)
    else {
        panic!()
    };
    assert_eq!(found.to_string(), "arn:aws:s3:::app-\u{27e8}var.env\u{27e9}/x");
    assert_eq!(
        why.iter().next().unwrap().to_string(),
        "\u{27e8}var.env\u{27e9} is not `prod`"
    );
}

#[test]
fn witnesses_read_like_arns() {
    let arn = Arn::default();
    let instance = arn.shape("arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}");
    let object = arn.shape("arn:${Partition}:s3:::${BucketName}/${ObjectName}");
    let found = |inside: &[&Pattern], outside: &[&Pattern]| match witness(inside, outside, 10_000) {
        Search::Found(text, Answer::Yes) => text.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(
        found(&[&instance, &like("*")], &[]),
        "arn:aws:ec2:us-east-1:123456789012:instance/x"
    );
    let own = like("arn:aws:ec2:*:111122223333:*");
    assert_eq!(
        found(&[&instance, &own], &[]),
        "arn:aws:ec2:us-east-1:111122223333:instance/x"
    );
    assert_eq!(
        found(&[&object, &like("arn:aws:s3:::logs*")], &[&like("*/*.txt")]),
        "arn:aws:s3:::logs/y"
    );
    let not_east = found(&[&instance, &like("*")], &[&like("arn:aws:ec2:us-east-1:*")]);
    assert!(
        not_east.starts_with("arn:aws:ec2:") && not_east.ends_with(":123456789012:instance/x"),
        "{not_east}"
    );
    assert_eq!(
        witness(&[&object, &like("arn:aws:s3:::bucket")], &[], 10_000),
        Search::None
    );
}

#[test]
fn an_image_has_no_account() {
    let image = Arn::default().shape("arn:${Partition}:ec2:${Region}::image/${ImageId}");
    assert_eq!(meets(&like("arn:aws:ec2:*:*:image/*"), &image), Answer::Yes);
    assert_eq!(meets(&like("arn:aws:ec2:*::image/*"), &image), Answer::Yes);
    assert_eq!(meets(&like("arn:aws:ec2:*:123456789012:image/*"), &image), Answer::No);
    assert_eq!(covers(&like("*"), &image), Answer::Yes);
    assert_eq!(covers(&like("arn:*:ec2:*:*:*/*"), &image), Answer::Yes);
}

#[test]
fn actions_ignore_case() {
    let p = Pattern::action("IAM:Pass*");
    assert_eq!(p.matches_str("iam:PassRole"), Answer::Yes);
    assert_eq!(p.matches_str("iam:pass"), Answer::Yes);
    assert_eq!(p.matches_str("iam:Get"), Answer::No);
    assert_eq!(Pattern::action("*:?assROLE").matches_str("iam:PassRole"), Answer::Yes);
    assert_eq!(covers(&Pattern::action("iam:*"), &p), Answer::Yes);
    assert_eq!(
        meets(&Pattern::action("iam:*ROLE"), &Pattern::action("iam:passr*")),
        Answer::Yes
    );
    assert_eq!(covers(&like("iam:*"), &p), Answer::No);
}

#[test]
fn a_literal_star_is_not_a_wildcard() {
    let star = Pattern::from_tokens([Token::Letter('a'), Token::Letter('*')], false);
    assert_eq!(star.matches_str("a*"), Answer::Yes);
    assert_eq!(star.matches_str("ab"), Answer::No);
    assert_eq!(covers(&star, &like("a*")), Answer::No);
    assert_eq!(covers(&like("a*"), &star), Answer::Yes);
}

#[test]
fn hostile_patterns_stay_within_bounds() {
    let stars = "a*".repeat(1_000) + "b";
    let p = like(&stars);
    assert_eq!(p.matches_str(&"a".repeat(10_000)), Answer::No);
    assert_eq!(covers(&p, &like(&("a*".repeat(999) + "b"))), Answer::No);
    assert_eq!(covers(&like(&("a*".repeat(999) + "b")), &p), Answer::Yes);
    assert_eq!(meets(&p, &like(&("*a".repeat(900) + "c*"))), Answer::Yes);
    // The automaton of "an `a` n letters before the end" has 2^n states.
    let blown: Vec<Pattern> = (16..20).map(|n| like(&format!("*a{}", "?".repeat(n)))).collect();
    let inside = like("*c????????????????????????????????????????????????");
    assert_eq!(
        witness(&[&like("*b*"), &inside], &blown.iter().collect::<Vec<_>>(), 50).clone(),
        Search::Budget
    );
}
