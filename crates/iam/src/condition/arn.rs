//! `ArnLike` and `ArnEquals`: each of the six fields of an ARN is matched on its own.

use rolecall_source::Text;

use crate::template::{Run, Runs};
use crate::{Answer, matcher};

const FIELDS: usize = 6;

/// Does `value` match `pattern` field by field? A pattern that is `*` matches every text.
pub(crate) fn matches(pattern: &Runs, value: &Text) -> Answer {
    if let [Run::Wild(t)] = pattern.as_slice()
        && t.as_str() == Some("*")
    {
        return Answer::Yes;
    }
    let (Some(pattern), Some(value)) = (fields(pattern), fields(&vec![Run::Plain(value.clone())])) else {
        return matcher::runs(pattern, value);
    };
    if pattern.len() != FIELDS || value.len() != FIELDS {
        return Answer::No;
    }
    let pairs = pattern.iter().zip(&value);
    pairs.fold(Answer::Yes, |so_far, (p, v)| {
        let text = v.iter().fold(Text::plain(""), |t, run| {
            let (Run::Wild(r) | Run::Plain(r)) = run;
            t.concat(r)
        });
        so_far.and(matcher::runs(p, &text))
    })
}

/// The first five fields and the rest, or `None` when a symbol may hide a colon before the last field.
fn fields(runs: &Runs) -> Option<Vec<Runs>> {
    let mut out: Vec<Runs> = vec![Vec::new()];
    for run in runs {
        let (Run::Wild(text) | Run::Plain(text)) = run;
        let same = |t: Text| {
            if matches!(run, Run::Wild(_)) {
                Run::Wild(t)
            } else {
                Run::Plain(t)
            }
        };
        let (flat, holes) = text.flat();
        let mut from = 0;
        for (at, _) in flat.match_indices(':') {
            if out.len() == FIELDS {
                break;
            }
            push(&mut out, same(text.slice(from..at)));
            out.push(Vec::new());
            from = at + 1;
        }
        let hidden = |(at, s): &(usize, rolecall_source::Symbol)| *at < from && s.class.may_contain(':');
        if holes.iter().any(hidden) || out.len() < FIELDS && holes.iter().any(|(_, s)| s.class.may_contain(':')) {
            return None;
        }
        push(&mut out, same(text.slice(from..flat.len())));
    }
    Some(out)
}

fn push(out: &mut [Runs], run: Run) {
    let (Run::Wild(t) | Run::Plain(t)) = &run;
    if !t.is_empty()
        && let Some(last) = out.last_mut()
    {
        last.push(run);
    }
}
