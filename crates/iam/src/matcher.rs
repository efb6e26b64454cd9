//! Matching of one text against one pattern, in three answers.

use rolecall_source::{Assumption, Class, Piece, Symbol, Text};

use crate::Answer;
use crate::template::{Run, Runs};

/// Does `text` match `pattern`, in which `*` and `?` are wildcards? Ignores the case of ASCII letters iff `fold`.
pub(crate) fn wild(pattern: &Text, text: &Text, fold: bool) -> Answer {
    if let (Some(p), Some(t)) = (pattern.as_str(), text.as_str()) {
        return known(glob(p, t, fold));
    }
    if pattern.as_str() == Some("*") {
        return Answer::Yes;
    }
    answer(&wild_tokens(pattern), &plain_tokens(text), fold, || {
        (pattern.to_string(), text.to_string())
    })
}

/// Does `text` match a pattern whose variables were replaced?
pub(crate) fn runs(pattern: &Runs, text: &Text) -> Answer {
    if let [Run::Wild(p)] = pattern.as_slice() {
        return wild(p, text, false);
    }
    let mut tokens = Vec::new();
    let mut shown = String::new();
    for run in pattern {
        let (Run::Wild(t) | Run::Plain(t)) = run;
        tokens.extend(if matches!(run, Run::Wild(_)) {
            wild_tokens(t)
        } else {
            plain_tokens(t)
        });
        shown.push_str(&t.to_string());
    }
    answer(&tokens, &plain_tokens(text), false, || (shown, text.to_string()))
}

/// Is `a` the same text as `b`?
pub(crate) fn equals(a: &Text, b: &Text, fold: bool) -> Answer {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return known(if fold { a.eq_ignore_ascii_case(b) } else { a == b });
    }
    answer(&plain_tokens(a), &plain_tokens(b), fold, || {
        (a.to_string(), b.to_string())
    })
}

fn known(yes: bool) -> Answer {
    if yes { Answer::Yes } else { Answer::No }
}

/// Does `text` match `pattern`, both fully known?
pub(crate) fn glob(pattern: &str, text: &str, fold: bool) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    let mut back = None;
    loop {
        let mut rest = p.clone();
        match rest.next() {
            Some('*') => {
                back = Some((rest.clone(), t.clone()));
                p = rest;
                continue;
            }
            Some(c) => {
                if let Some(l) = t.next()
                    && (c == '?' || c == l || fold && c.eq_ignore_ascii_case(&l))
                {
                    p = rest;
                    continue;
                }
            }
            None if t.as_str().is_empty() => return true,
            None => {}
        }
        let Some((after, from)) = &mut back else { return false };
        if from.next().is_none() {
            return false;
        }
        p = after.clone();
        t = from.clone();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Letter(char),
    Symbol(&'a Symbol),
    Many,
    One,
}

fn wild_tokens(text: &Text) -> Vec<Token<'_>> {
    tokens(text, true)
}

fn plain_tokens(text: &Text) -> Vec<Token<'_>> {
    tokens(text, false)
}

fn tokens(text: &Text, wild: bool) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    for piece in text.pieces() {
        match piece {
            Piece::Symbol(s) => out.push(Token::Symbol(s)),
            Piece::Letters(l) => out.extend(l.chars().map(|c| match c {
                '*' if wild => Token::Many,
                '?' if wild => Token::One,
                c => Token::Letter(c),
            })),
        }
    }
    out
}

fn answer(pattern: &[Token<'_>], text: &[Token<'_>], fold: bool, shown: impl FnOnce() -> (String, String)) -> Answer {
    if rigid(pattern, text, fold) {
        return Answer::Yes;
    }
    let symbolic = |t: &Token<'_>| matches!(t, Token::Symbol(_));
    if !(pattern.iter().any(symbolic) || text.iter().any(symbolic)) || !meet(&steps(pattern), &steps(text), fold) {
        return Answer::No;
    }
    let (pattern, text) = shown();
    Answer::Depends([Assumption::new(format!("`{text}` matches `{pattern}`"))].into())
}

/// True iff it matches when each symbol is a letter of its own.
fn rigid(pattern: &[Token<'_>], text: &[Token<'_>], fold: bool) -> bool {
    let (mut p, mut t) = (pattern, text);
    let mut back: Option<(&[Token<'_>], &[Token<'_>])> = None;
    loop {
        match (p.split_first(), t.split_first()) {
            (Some((Token::Many, rest)), _) => {
                back = Some((rest, t));
                p = rest;
                continue;
            }
            (Some((a, ps)), Some((b, ts))) if same(*a, *b, fold) => {
                (p, t) = (ps, ts);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        match &mut back {
            Some((after, from)) => match from.split_first() {
                Some((_, rest)) => {
                    *from = rest;
                    (p, t) = (*after, rest);
                }
                None => return false,
            },
            None => return false,
        }
    }
}

fn same(a: Token<'_>, b: Token<'_>, fold: bool) -> bool {
    match (a, b) {
        (Token::One, Token::Letter(_)) => true,
        (Token::Letter(a), Token::Letter(b)) => a == b || fold && a.eq_ignore_ascii_case(&b),
        (Token::Symbol(a), Token::Symbol(b)) => a == b,
        _ => false,
    }
}

/// One letter of a set, or any number of them.
#[derive(Clone, Copy)]
struct Step {
    set: Set,
    many: bool,
}

#[derive(Clone, Copy)]
enum Set {
    Letter(char),
    Class(Class),
}

/// The letters a token can stand for, its identity forgotten.
fn steps(tokens: &[Token<'_>]) -> Vec<Step> {
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        match token {
            Token::Letter(c) => out.push(Step {
                set: Set::Letter(*c),
                many: false,
            }),
            Token::One => out.push(Step {
                set: Set::Class(Class::Any),
                many: false,
            }),
            Token::Many => out.push(Step {
                set: Set::Class(Class::Any),
                many: true,
            }),
            Token::Symbol(s) => {
                let (least, most) = s.class.length();
                let set = Set::Class(s.class);
                out.extend((0..least).map(|_| Step { set, many: false }));
                if most != Some(least) {
                    out.push(Step { set, many: true });
                }
            }
        }
    }
    out
}

fn letters_meet(a: Set, b: Set, fold: bool) -> bool {
    match (a, b) {
        (Set::Letter(a), Set::Letter(b)) => a == b || fold && a.eq_ignore_ascii_case(&b),
        (Set::Letter(l), Set::Class(c)) | (Set::Class(c), Set::Letter(l)) => {
            c.may_contain(l) || fold && (c.may_contain(l.to_ascii_lowercase()) || c.may_contain(l.to_ascii_uppercase()))
        }
        (Set::Class(a), Set::Class(b)) => ('!'..='~').any(|c| a.may_contain(c) && b.may_contain(c)),
    }
}

/// True iff some text is described by both.
fn meet(a: &[Step], b: &[Step], fold: bool) -> bool {
    let width = b.len() + 1;
    let mut seen = vec![false; (a.len() + 1) * width];
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        match seen.get_mut(i * width + j) {
            Some(s) if !*s => *s = true,
            _ => continue,
        }
        if i == a.len() && j == b.len() {
            return true;
        }
        let (x, y) = (a.get(i), b.get(j));
        if x.is_some_and(|s| s.many) {
            open.push((i + 1, j));
        }
        if y.is_some_and(|s| s.many) {
            open.push((i, j + 1));
        }
        if let (Some(x), Some(y)) = (x, y)
            && letters_meet(x.set, y.set, fold)
        {
            open.push((i + usize::from(!x.many), j + usize::from(!y.many)));
        }
    }
    false
}
