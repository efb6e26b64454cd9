//! Every technique of the catalogue has a configuration in each language under `testdata/techniques`, in which somebody
//! has it and somebody who lacks one thing has it not.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot read its fixtures has failed"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rolecall_checks::{Analysis, Options, Technique, analyze, techniques};
use rolecall_source::Sources;

const LANGUAGES: [(&str, &str); 2] = [("terraform", "tf"), ("cloudformation", "yaml")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/techniques")
}

/// The configuration of a technique with this extension.
fn path(technique: &Technique, extension: &str) -> Option<PathBuf> {
    let name = format!("{}.{extension}", technique.id);
    let families = fs::read_dir(root()).unwrap().map(|e| e.unwrap().path());
    families.map(|f| f.join(&name)).find(|p| p.is_file())
}

fn read(path: &Path) -> Sources {
    let name = path.file_name().unwrap().to_str().unwrap();
    Sources::in_memory(&[(name, &fs::read_to_string(path).unwrap())])
}

fn analysis(sources: &Sources, options: &Options) -> Analysis {
    let terraform = rolecall_terraform::analyze(sources, &rolecall_terraform::Options::default());
    let cloudformation = rolecall_cloudformation::analyze(sources, &rolecall_cloudformation::Options::default());
    analyze(vec![terraform, cloudformation], options)
}

/// `line: technique principal -> role`, as the lines say.
fn expected(sources: &Sources) -> BTreeSet<String> {
    let file = sources.ids().next().unwrap();
    let lines = sources.text(file).unwrap().lines().enumerate();
    let told = lines.filter_map(|(n, line)| Some((n + 1, line.split_once("# finding: ")?.1)));
    told.map(|(n, told)| format!("{n}: {told}")).collect()
}

/// The same, as the findings are.
fn told(sources: &Sources, analysis: &Analysis) -> BTreeSet<String> {
    let one = |f: &rolecall_checks::Finding| {
        let line = sources.position(f.primary).line;
        let role = f.role.as_ref().map(|r| format!(" -> {}", r.name)).unwrap_or_default();
        format!("{line}: {} {}{role}", f.technique, f.principal.name)
    };
    analysis.findings.iter().map(one).collect()
}

#[test]
fn every_technique_is_told_where_it_is_and_not_where_one_thing_is_missing() {
    let mut wrong = String::new();
    let mut checked = 0;
    for technique in techniques() {
        for (language, extension) in LANGUAGES {
            let id = &technique.id;
            let untold = technique.untold.contains_key(language);
            let Some(path) = path(technique, extension) else {
                if !untold {
                    writeln!(wrong, "{id}: no {language}").unwrap();
                }
                continue;
            };
            if untold {
                writeln!(wrong, "{id}: {language} tells it after all").unwrap();
            }
            let sources = read(&path);
            let analysis = analysis(&sources, &Options::default());
            // Of a shorter way to the same role only that is told.
            let main = technique.variant_of.as_ref().unwrap_or(id);
            let of_it = |t: &String| t.split(' ').nth(1) == Some(main);
            let told: BTreeSet<String> = told(&sources, &analysis).into_iter().filter(of_it).collect();
            let expected = expected(&sources);
            if told != expected || expected.is_empty() || !expected.iter().all(of_it) {
                writeln!(wrong, "{id} {language}: expected {expected:?}, told {told:?}").unwrap();
            }
            for diagnostic in &analysis.diagnostics {
                writeln!(wrong, "{id} {language}: {}", diagnostic.headline).unwrap();
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(checked > 200, "only {checked} configurations were found");
}

/// Where nothing else is asked for, each technique is told by its own name: records that are longer ways of another, too.
#[test]
fn every_technique_is_told_by_itself() {
    let mut wrong = String::new();
    for technique in techniques() {
        let others = techniques().iter().map(|t| t.id.to_string());
        let options = Options {
            disabled_techniques: others.filter(|t| *t != *technique.id).collect(),
            ..Options::default()
        };
        // What takes code that somebody runs already, or acts as somebody else, needs another technique for that.
        let helped =
            technique.through.as_ref().is_some_and(|t| t.foothold) || technique.change.is_some_and(|c| c.then_become);
        for (language, extension) in LANGUAGES {
            let Some(path) = path(technique, extension).filter(|_| !helped) else {
                continue;
            };
            let sources = read(&path);
            let told = told(&sources, &analysis(&sources, &options));
            let by: BTreeSet<&str> = told.iter().filter_map(|t| t.split(' ').nth(1)).collect();
            let who: BTreeSet<&str> = told.iter().filter_map(|t| t.split(' ').nth(2)).collect();
            if by != BTreeSet::from([&*technique.id]) || who != BTreeSet::from(["ada"]) {
                writeln!(wrong, "{} {language}: told {told:?}", technique.id).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_configuration_is_of_a_technique() {
    let ids: BTreeSet<&str> = techniques().iter().map(|t| &*t.id).collect();
    for family in fs::read_dir(root()).unwrap().map(|e| e.unwrap().path()) {
        for file in fs::read_dir(&family).into_iter().flatten().map(|e| e.unwrap().path()) {
            let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(ids.contains(stem.as_str()), "{}", file.display());
        }
    }
}

/// The languages call compute, and what AWS makes up, by names of their own.
fn without_names(dump: &str) -> String {
    let mut lines: Vec<String> = dump.lines().map(without_name).collect();
    lines.sort();
    lines.join("\n")
}

fn without_name(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let compute = words[0].contains(':');
    let name = |(at, word): (usize, &&str)| match (at, word.contains('\u{27e8}')) {
        (1, _) if compute => "NAME".to_owned(),
        (_, true) => word.split('\u{27e8}').next().unwrap_or_default().to_owned(),
        _ => (*word).to_owned(),
    };
    words.iter().enumerate().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn twins_give_the_same_graph() {
    for technique in techniques() {
        let graph = |extension: &str| {
            let sources = read(&path(technique, extension)?);
            let outputs = [
                rolecall_terraform::analyze(&sources, &rolecall_terraform::Options::default()),
                rolecall_cloudformation::analyze(&sources, &rolecall_cloudformation::Options::default()),
            ];
            let configurations = outputs.into_iter().flat_map(|o| o.configurations).collect();
            let graph = rolecall_graph::link(configurations, &rolecall_graph::Options::default(), &mut Vec::new());
            Some(without_names(&rolecall_graph::dump(&graph)))
        };
        if let (Some(terraform), Some(cloudformation)) = (graph("tf"), graph("yaml")) {
            assert_eq!(terraform, cloudformation, "{}", technique.id);
        }
    }
}
