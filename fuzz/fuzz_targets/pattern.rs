//! Patterns from few letters: the answers agree with each other and with the definition of a wildcard.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_iam::pattern::{Pattern, Search, covers, matches, meets, witness};
use rolecall_source::{Class, Span, Symbol, Text, TextBuilder};

const LONGEST: usize = 24;

/// Letters, wildcards and symbols, one a byte.
fn text(bytes: &[u8]) -> Text {
    let mut out = TextBuilder::default();
    for byte in bytes.iter().take(LONGEST) {
        match byte % 12 {
            0 | 1 => out.letters("a", Span::NOWHERE),
            2 | 3 => out.letters("b", Span::NOWHERE),
            4 => out.letters(":", Span::NOWHERE),
            5 => out.letters("7", Span::NOWHERE),
            6 | 7 => out.letters("*", Span::NOWHERE),
            8 => out.letters("?", Span::NOWHERE),
            9 => out.letters("\u{e9}", Span::NOWHERE),
            10 => out.symbol(Symbol::new("x", "var.x", "has no default", Class::Name), Span::NOWHERE),
            _ => out.symbol(Symbol::new("account:", "account", "is not known", Class::Account), Span::NOWHERE),
        }
    }
    out.finish()
}

/// The definition, for texts without symbols.
fn slow(pattern: &[char], text: &[char]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for p in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            match p {
                '*' => next[at] = reached[at] || (at > 0 && next[at - 1]),
                _ => next[at] = at > 0 && reached[at - 1] && (*p == '?' || *p == text[at - 1]),
            }
        }
        reached = next;
    }
    reached[text.len()]
}

fuzz_target!(|data: &[u8]| {
    let parts: Vec<Text> = data.split(|b| *b == 255).take(4).map(text).collect();
    let [a, b, rest @ ..] = parts.as_slice() else { return };
    let (pa, pb) = (Pattern::like(a), Pattern::like(b));
    let known = a.is_known() && b.is_known();
    if let (Some(pattern), Some(word)) = (a.as_str(), b.as_str()) {
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), word.chars().collect());
        assert_eq!(matches(&pa, b).is_yes(), slow(&p, &t), "{pattern} matches {word}");
    }
    let (cover, meeting) = (covers(&pa, &pb), meets(&pa, &pb));
    assert!(!known || ((cover.is_yes() || cover.is_no()) && (meeting.is_yes() || meeting.is_no())));
    assert!(!(cover.is_yes() && meeting.is_no()), "{pa:?} covers {pb:?} and does not meet it");
    let field = Pattern::arn_like(a);
    assert!(!known || !(matches(&field, b).is_yes() && matches(&pa, b).is_no()), "{a:?} field by field, {b:?}");
    let outside: Vec<Pattern> = rest.iter().map(Pattern::like).collect();
    let outside: Vec<&Pattern> = std::iter::once(&pa).chain(&outside).collect();
    match witness(&[&pb], &outside, 5_000) {
        Search::Found(text, answer) if answer.is_yes() => {
            assert!(matches(&pb, &text).is_yes(), "{text:?} is not in {pb:?}");
            assert!(outside.iter().all(|o| matches(o, &text).is_no()), "{text:?} is in {outside:?}");
            assert!(!cover.is_yes(), "{pa:?} covers {pb:?}, and {text:?}");
        }
        Search::Found(_, answer) => assert!(!answer.is_no() && !cover.is_yes()),
        Search::None => assert!(!known || outside.len() > 1 || cover.is_yes(), "{pa:?} covers {pb:?}"),
        Search::Budget => {}
    }
});
