//! What the sample looks like.

use std::time::Duration;

use super::*;
use crate::golden::golden;
use crate::sample;

fn page(options: &Options) -> String {
    let sources = sample::sources();
    let analysis = sample::analysis(&sources);
    let report = Report {
        analysis: &analysis,
        sources: &sources,
        rules: sample::RULES,
        version: "0.0.0",
        hidden: 0,
    };
    render(&report, options)
}

fn wide(width: usize) -> Options {
    Options {
        width,
        ..Options::default()
    }
}

#[test]
fn three_widths() {
    golden("text-60.txt", &page(&wide(60)));
    golden("text-110.txt", &page(&wide(110)));
    golden("text-200.txt", &page(&wide(200)));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 110, 200] {
        for line in page(&wide(width)).lines() {
            // What is to be written somewhere is shown as it is.
            let snippet = line.starts_with("              ");
            assert!(line.chars().count() <= width || snippet, "{width}: {line}");
        }
    }
}

#[test]
fn with_all_each_finding_is_told() {
    let folded = page(&wide(110));
    let each = page(&Options { all: true, ..wide(110) });
    assert!(folded.contains("and 2 more principals in the same way: `aws_iam_user.bob`, `aws_iam_user.carol`"));
    assert!(!folded.contains("user `bob` can launch"));
    assert!(each.contains("user `bob` can launch") && each.contains("user `carol` can launch"));
    assert!(!each.contains("in the same way"));
}

#[test]
fn links_lead_to_files_and_pages_and_show_the_same_text() {
    let linked = page(&Options {
        links: Some("/srv/a b/repo".into()),
        ..wide(110)
    });
    let file = "\u{1b}]8;;file:///srv/a%20b/repo/iam/policies.tf#L10\u{1b}\\iam/policies.tf:10:18\u{1b}]8;;\u{1b}\\";
    assert!(linked.contains(file));
    let rule = "\u{1b}]8;;https://example.org/rules/self-escalation\u{1b}\\self-escalation\u{1b}]8;;\u{1b}\\";
    assert!(linked.contains(rule));
    assert!(linked.contains("repo/stacks/odd%20name%231.yaml#L2"));
    assert_eq!(unlinked(&linked), page(&wide(110)));
}

/// Text without its links.
fn unlinked(text: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split("\u{1b}]8;;").enumerate() {
        out.push_str(if i == 0 {
            part
        } else {
            part.split_once("\u{1b}\\").unwrap().1
        });
    }
    out
}

#[test]
fn time_and_colour_are_only_where_they_are_asked_for() {
    let plain = page(&wide(110));
    assert!(!plain.contains('\u{1b}') && !plain.contains(" s\n"));
    let live = page(&Options {
        color: true,
        elapsed: Some(Duration::from_millis(1234)),
        ..wide(110)
    });
    assert!(live.contains("5 policies in 1.23 s\n") && live.contains("\u{1b}[1;97;41mcritical\u{1b}[0m"));
}

#[test]
fn many_notes_are_counted() {
    let sources = sample::sources();
    let mut analysis = sample::analysis(&sources);
    let unknown = analysis.coverage.policies_unknown[0].clone();
    analysis.coverage.policies_unknown = vec![unknown; 25];
    let report = Report {
        analysis: &analysis,
        sources: &sources,
        rules: sample::RULES,
        version: "0.0.0",
        hidden: 0,
    };
    let some = render(&report, &wide(110));
    assert_eq!(some.matches("policy of aws_iam_role_policy.extra").count(), 10);
    assert!(some.contains("  and 15 more policies (--all shows each)\n"));
    let options = Options { all: true, ..wide(110) };
    assert_eq!(
        render(&report, &options)
            .matches("policy of aws_iam_role_policy.extra")
            .count(),
        25
    );
}

#[test]
fn only_a_number_is_a_number() {
    assert_eq!(numbered("13. the role"), ("13. ", "the role"));
    for plain in ["here", "a. b", ". b", "3.b", ""] {
        assert_eq!(numbered(plain), ("", plain));
    }
}
