//! One page for a browser: everything is in it, and nothing is loaded.
//!
//! The page is written with a handful of holes filled in. What comes from the repository is in one of them only, as
//! JSON that the script makes text nodes of; the policy of the page lets no other script and no other style in.

mod data;
mod excerpt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::{Report, place, words};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The report.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let verdict = verdict(report);
    let holes = [
        ("{{policy}}", policy),
        ("{{title}}", text(&format!("rolecall: {verdict}"))),
        ("{{style}}", STYLE.to_owned()),
        ("{{verdict}}", text(&verdict)),
        ("{{data}}", embedded(&data::of(report))),
        ("{{script}}", SCRIPT.to_owned()),
    ];
    fill(PAGE, &holes)
}

/// A template with its holes filled, each once and in their order; what is filled in is not looked at again.
fn fill(template: &str, holes: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    for (hole, with) in holes {
        if let Some((before, after)) = rest.split_once(hole) {
            out.push_str(before);
            out.push_str(with);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// How a content security policy names a script or style: <https://www.w3.org/TR/CSP3/#grammardef-hash-source>.
fn hash(of: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(of)))
}

fn verdict(report: &Report<'_>) -> String {
    let open = || report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
    let mut told = match open().count() {
        0 if report.failed() => "no findings, but the analysis did not finish".to_owned(),
        0 => "no findings".to_owned(),
        n => format!("{}: {}", words::count(n, "finding"), words::tally(open())),
    };
    let accepted = report.analysis.findings.len() - open().count();
    if accepted > 0 {
        told.push_str(&format!("; {accepted} accepted"));
    }
    if report.hidden > 0 {
        told.push_str(&format!(
            "; {} not shown for their severity or confidence",
            report.hidden
        ));
    }
    told
}

/// Text as HTML.
fn text(of: &str) -> String {
    let mut out = String::new();
    for c in place::plain(of).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON inside a script element: nothing in it ends the element
/// (<https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements>).
fn embedded(data: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(data).unwrap_or_default();
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn page(analysis: &rolecall_checks::finding::Analysis, sources: &rolecall_source::Sources) -> String {
        render(&Report {
            analysis,
            sources,
            rules: sample::RULES,
            version: "0.0.0",
            hidden: 2,
        })
    }

    fn data(page: &str) -> serde_json::Value {
        let (_, rest) = page
            .split_once("<script type=\"application/json\" id=\"data\">")
            .unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn the_page_holds_every_finding_and_loads_nothing() {
        let sources = sample::sources();
        let analysis = sample::analysis(&sources);
        let page = page(&analysis, &sources);
        let data = data(&page);
        assert_eq!(data["findings"].as_array().unwrap().len(), analysis.findings.len());
        assert!(!page.contains("{{"));
        for loads in [" src=", "@import", "url(http", "<link", "fetch(", "innerHTML", "eval("] {
            assert!(!page.contains(loads), "{loads}");
        }
        assert!(page.contains("9 findings: 5 critical, 2 high, 1 medium, 1 low; 1 accepted; 2 not shown"));
        // For the tests in a browser: `.ci/browser.sh`.
        if let Some(folder) = std::env::var_os("ROLECALL_SAMPLE_PAGES") {
            let folder = std::path::Path::new(&folder);
            std::fs::write(folder.join("sample.html"), page).unwrap();
            std::fs::write(folder.join("many.html"), self::page(&many(analysis), &sources)).unwrap();
        }
    }

    /// A thousand findings, of 50 principals and 37 roles.
    fn many(mut analysis: rolecall_checks::finding::Analysis) -> rolecall_checks::finding::Analysis {
        let base = analysis.findings.clone();
        let named = |party: &mut rolecall_checks::finding::Party, kind: &str, i: usize| {
            party.name = format!("{kind}-{i}");
            party.address = format!("module.m{i}.aws_iam_{kind}.it").into();
        };
        let one = |i: usize, base: &rolecall_checks::finding::Finding| {
            let mut finding = base.clone();
            named(&mut finding.principal, "user", i % 50);
            if let Some(hop) = finding.hops.first_mut() {
                hop.from = finding.principal.clone();
            }
            if let (Some(role), Some(hop)) = (&mut finding.role, finding.hops.last_mut()) {
                named(role, "role", i % 37);
                hop.to = role.clone();
            }
            finding.suppressed = None;
            finding.headline = format!("{} is finding {i}", words::party(&finding.principal));
            finding.fingerprint = format!("{i:032x}");
            finding
        };
        let all = base.iter().cycle().take(1000).enumerate();
        analysis.findings = all.map(|(i, f)| one(i, f)).collect();
        analysis.findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
        analysis
    }

    #[test]
    fn a_step_shows_its_lines_with_what_is_meant_marked() {
        let sources = sample::sources();
        let analysis = sample::analysis(&sources);
        let data = data(&page(&analysis, &sources));
        let step = &data["findings"][0]["steps"][4];
        let excerpt = &data["excerpts"][step["location"].as_u64().unwrap() as usize];
        assert_eq!(excerpt["path"], "iam/policies.tf");
        assert_eq!(excerpt["first"], 7);
        assert_eq!(
            excerpt["lines"][3],
            serde_json::json!(["    actions   = [", "\"iam:PassRole\"", "]"])
        );
        assert_eq!(data["findings"][1]["hops"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn hostile_names_are_text() {
        let sources = sample::sources();
        let mut analysis = sample::analysis(&sources);
        let hostile = "</script><img src=x onerror=alert(1)>{{script}}<!--\u{1b}\u{202e}";
        analysis.findings[0].headline = hostile.to_owned();
        analysis.findings[0].principal.name = hostile.to_owned();
        let page = page(&analysis, &sources);
        assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains('\u{202e}'));
        assert_eq!(page.matches("</script>").count(), 2);
        let told = data(&page)["findings"][0]["message"].as_str().unwrap().to_owned();
        assert!(told.starts_with("</script><img src=x onerror=alert(1)>{{script}}<!--?"));
    }
}
