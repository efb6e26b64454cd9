//! For people, in a terminal.
//!
//! A path goes over several files, and a miette report shows one: so each stretch of a path that stays in one file is
//! a frame that miette draws, and what holds the frames together (headline, witness, fix, summary) is laid out here.

mod snippet;
mod style;

use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use rolecall_checks::finding::{Coverage, Finding, Step};
use rolecall_source::{Confidence, Diagnostic, Level, Sources};

use crate::{Report, place, words};
use snippet::Mark;
use style::{Paint, Style, wrap};

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Escape sequences for colour.
    pub color: bool,
    /// Only the findings: no notes on what was not understood, no summary.
    pub quiet: bool,
}

/// The report.
#[must_use]
pub fn render(report: &Report<'_>, options: &Options) -> String {
    let mut page = Page::new(report.sources, options);
    let shown = || report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
    let mut done: Vec<&Finding> = Vec::new();
    for finding in shown() {
        if done.iter().any(|d| same_pair(d, finding)) {
            continue;
        }
        done.push(finding);
        let others: Vec<&Finding> = shown()
            .filter(|f| same_pair(f, finding) && f.technique != finding.technique)
            .collect();
        page.finding(finding, &others);
    }
    if !options.quiet {
        for diagnostic in &report.analysis.diagnostics {
            page.diagnostic(diagnostic);
        }
        page.summary(report);
    }
    page.out
}

/// True iff two findings say of the same principal and role that one is gained by the other, by whatever technique.
fn same_pair(a: &Finding, b: &Finding) -> bool {
    let role = |f: &Finding| f.role.as_ref().map(|r| r.address.clone());
    a.rule == b.rule && a.principal.address == b.principal.address && role(a) == role(b)
}

struct Page<'a> {
    out: String,
    sources: &'a Sources,
    width: usize,
    paint: Paint,
    handler: GraphicalReportHandler,
}

/// Columns of the names before the facts below a path.
const NAMES: usize = 12;

impl<'a> Page<'a> {
    fn new(sources: &'a Sources, options: &Options) -> Self {
        let mut characters = ThemeCharacters::unicode();
        characters.error = String::new();
        let styles = if options.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        };
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_width(options.width)
            .with_links(false);
        Self {
            out: String::new(),
            sources,
            width: options.width.clamp(40, 140),
            paint: Paint { on: options.color },
            handler,
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A paragraph whose first line begins with `lead` and whose others are indented by `indent`.
    fn paragraph(&mut self, lead: &str, indent: usize, text: &str, style: Option<Style>) {
        let lines = wrap(&place::plain(text), self.width.saturating_sub(indent));
        for (i, line) in lines.iter().enumerate() {
            let line = style.map_or_else(|| line.clone(), |s| self.paint.with(s, line));
            let head = if i == 0 { lead.to_owned() } else { " ".repeat(indent) };
            self.line(&format!("{head}{line}"));
        }
    }

    fn finding(&mut self, finding: &Finding, others: &[&Finding]) {
        let severity = words::severity(finding.severity);
        let confidence = match finding.confidence {
            Confidence::Certain => String::new(),
            Confidence::Possible => self.paint.with(Style::Dim, " (possible)"),
        };
        let rule = self.paint.with(Style::Dim, finding.rule);
        let label = self.paint.with(Style::Severity(finding.severity), severity);
        self.line(&format!("{label}{confidence} {rule}"));
        self.paragraph("", 0, &finding.headline, Some(Style::Bold));
        self.steps(&finding.steps);
        self.facts(finding, others);
        self.line("");
    }

    /// The path: a frame per stretch of steps that goes down one file, so that the numbers go down the screen.
    fn steps(&mut self, steps: &[Step]) {
        let numbered: Vec<(usize, &Step)> = steps.iter().enumerate().map(|(i, s)| (i + 1, s)).collect();
        let next =
            |a: &(usize, &Step), b: &(usize, &Step)| a.1.span.file == b.1.span.file && a.1.span.start <= b.1.span.start;
        for stretch in numbered.chunk_by(next) {
            if stretch.iter().any(|(_, step)| step.span.is_nowhere()) {
                for (number, step) in stretch {
                    self.paragraph(&format!("  {number}. "), 5, &step.message, None);
                }
                continue;
            }
            let mark = |(number, step): &(usize, &Step)| Mark {
                span: step.span,
                text: format!("{number}. {}", step.message),
            };
            let marks: Vec<Mark> = stretch.iter().map(mark).collect();
            self.frame(&marks);
        }
    }

    /// Marks of one file; where the terminal is too narrow for the text beside them, each below its text.
    fn frame(&mut self, marks: &[Mark]) {
        let Some(first) = marks.first() else { return };
        if let Some(drawn) = snippet::draw(&self.handler, self.sources, first.span.file, marks, self.width) {
            drawn.lines().for_each(|l| self.line(l));
            return;
        }
        for mark in marks {
            self.paragraph("  ", 2, &mark.text, None);
            let bare = Mark {
                span: mark.span,
                text: String::new(),
            };
            let drawn = snippet::draw(&self.handler, self.sources, bare.span.file, &[bare], self.width);
            drawn.unwrap_or_default().lines().for_each(|l| self.line(l));
        }
    }

    fn facts(&mut self, finding: &Finding, others: &[&Finding]) {
        self.line("");
        if let Some(witness) = &finding.witness {
            let context = witness
                .context
                .iter()
                .map(|(k, v)| format!("{k} = {v}"))
                .collect::<Vec<_>>()
                .join(", ");
            let with = if context.is_empty() {
                String::new()
            } else {
                format!(" with {context}")
            };
            self.fact(
                "witness",
                &format!("{} on {}{with}", witness.action, witness.resource),
                None,
            );
        }
        let gain = words::gain(&finding.gain);
        if !gain.is_empty() {
            self.fact("gain", &gain, None);
        }
        for assumption in &finding.assumptions {
            self.fact("assuming", assumption, Some(Style::Warning));
        }
        for note in &finding.notes {
            self.fact("note", note, None);
        }
        for other in others {
            self.fact("also by", &other.technique, None);
        }
        if let Some(fix) = &finding.fix {
            let at = place::show(self.sources, fix.span).map_or_else(String::new, |at| format!(" (at {at})"));
            self.fact("fix", &format!("{}{at}", fix.summary), Some(Style::Good));
            for line in fix.snippet.iter().flat_map(|s| s.lines()) {
                let line = self.paint.with(Style::Good, &place::plain(line));
                self.line(&format!("{:NAMES$}  {line}", ""));
            }
        }
    }

    fn fact(&mut self, name: &str, text: &str, style: Option<Style>) {
        let lead = format!("  {}", self.paint.with(Style::Dim, &format!("{name:<10}")));
        self.paragraph(&lead, NAMES, text, style);
    }

    fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        let (word, style) = match diagnostic.level {
            Level::Error => ("error", Style::Severity(rolecall_source::Severity::High)),
            Level::Warning | Level::Finding(..) => ("warning", Style::Warning),
            Level::Note => ("note", Style::Dim),
        };
        let label = self.paint.with(style, word);
        let code = self.paint.with(Style::Dim, &diagnostic.code);
        self.line(&format!("{label} {code}"));
        self.paragraph("", 0, &diagnostic.headline, None);
        let places: Vec<_> = diagnostic.labels.iter().filter(|l| !l.span.is_nowhere()).collect();
        for stretch in places.chunk_by(|a, b| a.span.file == b.span.file) {
            let mark = |l: &&rolecall_source::Label| Mark {
                span: l.span,
                text: l.text.clone(),
            };
            let marks: Vec<Mark> = stretch.iter().map(mark).collect();
            self.frame(&marks);
        }
        for note in &diagnostic.notes {
            self.fact("note", note, None);
        }
        if let Some(help) = &diagnostic.help {
            self.fact("help", help, None);
        }
        self.line("");
    }

    fn summary(&mut self, report: &Report<'_>) {
        let findings = &report.analysis.findings;
        let open = || findings.iter().filter(|f| f.suppressed.is_none());
        let n = open().count();
        let coverage = &report.analysis.coverage;
        if n == 0 && report.failed() {
            let line = self
                .paint
                .with(Style::Warning, "No findings, but the analysis did not finish");
            self.line(&line);
        } else if n == 0 {
            let style = if coverage.roots.is_empty() {
                Style::Warning
            } else {
                Style::Good
            };
            let line = self.paint.with(style, "No findings");
            self.line(&line);
        } else {
            let line = self.paint.with(Style::Bold, &words::count(n, "finding"));
            self.line(&format!("{line}: {}", words::tally(open())));
        }
        if findings.len() > n {
            self.line(&format!("{} accepted", words::count(findings.len() - n, "finding")));
        }
        if report.hidden > 0 {
            self.line(&format!(
                "{} not shown for their severity or confidence",
                words::count(report.hidden, "finding")
            ));
        }
        self.coverage(coverage);
    }

    fn coverage(&mut self, coverage: &Coverage) {
        let parts = [
            words::count(coverage.files, "file"),
            words::count(coverage.roots.len(), "configuration"),
            words::count(coverage.principals, "principal"),
            words::count(coverage.roles, "role"),
            words::count(coverage.policies, "policy"),
        ];
        self.line(&format!("Analysed: {}", parts.join(", ")));
        if coverage.modules_unresolved.is_empty() && coverage.policies_unknown.is_empty() {
            return;
        }
        self.line("Not analysed:");
        for module in &coverage.modules_unresolved {
            let help = module
                .help
                .as_ref()
                .map_or_else(String::new, |h| format!("; try `{h}`"));
            let at = self.at(module.span);
            self.paragraph(
                "  ",
                4,
                &format!("{} from {}{at}{help}", module.address, module.source),
                None,
            );
        }
        for policy in &coverage.policies_unknown {
            let at = self.at(policy.span);
            self.paragraph(
                "  ",
                4,
                &format!("policy of {}{at}: {}", policy.address, policy.why),
                None,
            );
        }
    }

    fn at(&self, span: rolecall_source::Span) -> String {
        place::show(self.sources, span).map_or_else(String::new, |at| format!(" ({at})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn page(width: usize) -> String {
        let sources = sample::sources();
        let analysis = sample::analysis(&sources);
        let report = Report {
            analysis: &analysis,
            sources: &sources,
            rules: sample::RULES,
            version: "0.0.0",
            hidden: 0,
        };
        let options = Options {
            width,
            color: false,
            quiet: false,
        };
        render(&report, &options)
    }

    #[test]
    fn wide() {
        insta::assert_snapshot!(page(110), @r#"
        critical launch-over-privileged-role
        user `alice` can launch an EC2 instance with role `admin` and gain every action on every resource
           ╭─[iam/people.tf:5:1]
         5 │ resource "aws_iam_user" "alice" {
           · ───────────────┬───────────────
           ·                ╰── 1. user `alice`
         6 │   name = "alice"
           ╰────
            ╭─[iam/people.tf:11:13]
         10 │   user   = aws_iam_user.alice.name
         11 │   groups = [aws_iam_group.operators.name]
            ·             ──────────────┬─────────────
            ·                           ╰── 2. is a member of group `operators`
         12 │ }
            ╰────
            ╭─[iam/policies.tf:17:12]
         16 │   group  = aws_iam_group.operators.name
         17 │   policy = data.aws_iam_policy_document.operate.json
            ·            ────────────────────┬────────────────────
            ·                                ╰── 3. the group has inline policy `operate`
         18 │ }
            ╰────
           ╭─[iam/policies.tf:4:18]
         3 │     sid       = "Launch"
         4 │     actions   = ["ec2:*"]
           ·                  ───┬───
           ·                     ╰── 4. may call `ec2:RunInstances` on every resource it needs
         5 │     resources = ["*"]
           ╰────
            ╭─[iam/policies.tf:10:18]
          9 │     sid       = "Pass"
         10 │     actions   = ["iam:PassRole"]
            ·                  ───────┬──────
            ·                         ╰── 5. may pass role `admin` to `ec2.amazonaws.com`
         11 │     resources = ["arn:aws:iam::*:role/*"]
            ╰────
            ╭─[roles.tf:9:31]
          8 │       Action    = "sts:AssumeRole"
          9 │       Principal = { Service = "ec2.amazonaws.com" }
            ·                               ─────────┬─────────
            ·                                        ╰── 6. role `admin` trusts `ec2.amazonaws.com`
         10 │     }]
            ╰────
            ╭─[roles.tf:20:2]
         19 │ resource "aws_iam_instance_profile" "admin" {
         20 │   name = "admin"  # a tab, and a line that is much longer than a terminal is wide: lorem ipsum dolor s…
            ·   ────────┬────────
            ·           ╰── 7. instance profile `admin` contains the role
         21 │   role = aws_iam_role.admin.name
            ╰────
            ╭─[roles.tf:16:16]
         15 │   role       = aws_iam_role.admin.name
         16 │   policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
            ·                ──────────────────────┬──────────────────────
            ·                                      ╰─┤ 8. the role has AWS-managed policy `AdministratorAccess`, which
            ·                                        │ allows `*` on `*`
         17 │ }
            ╰────

          witness   iam:CreateAccessKey on arn:aws:iam::⟨account⟩:user/alice with aws:requestedregion = us-east-1
          gain      every action on every resource
          fix       let the group pass only the roles it needs, and only to EC2 (at iam/policies.tf:11:5)
                      resources = [aws_iam_role.app.arn]

                      condition {
                        test     = "StringEquals"
                        variable = "iam:PassedToService"
                        values   = ["ec2.amazonaws.com"]
                      }

        medium (possible) launch-over-privileged-role
        user `Deployer` can launch an EC2 instance with role `AppRole` and gain 3 actions of s3
           ╭─[stacks/app.json:3:5]
         2 │   "Resources": {
         3 │     "Deployer": { "Type": "AWS::IAM::User", "Properties": { "Policies": [ { "PolicyName": "deploy", "Po…
           ·     ─────┬────
           ·          ╰── 1. user `Deployer`
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Properties": { "AssumeRolePolicyDocument": { "Statement": […
           ╰────
           ╭─[stacks/app.json:3:169]
         2 │   "Resources": {
         3 │ …ct": "Allow", "Action": [ "ec2:RunInstances", "iam:PassRole" ], "Resource": "*" } ] } } ] } },
           ·                            ─────────┬────────  ───────┬──────
           ·                                     │                 ╰── 3. may pass every role
           ·                                     ╰── 2. may call `ec2:RunInstances`
         4 │ …sumeRole", "Principal": { "Service": "ec2.amazonaws.com" } } ] } } }
           ·                            ───────────────┬──────────────
           ·                                           ╰── 4. role `AppRole` trusts `ec2.amazonaws.com`
         5 │   }
           ╰────
          5. AWS-managed policy `AmazonS3FullAccess` allows `s3:*` on `*`

          witness   s3:PutObject on arn:aws:s3:::b/k
          gain      3 actions of s3 (write)
          assuming  123456789012 is the account this deploys to
          assuming  `Environment` is `prod`
          note      the principal can make itself administrator, which is reported on its own

        low (possible) open-pass-role
        user `Deployer` can launch instances and pass roles that are not in this configuration
           ╭─[stacks/app.json:3:5]
         2 │   "Resources": {
         3 │     "Deployer": { "Type": "AWS::IAM::User", "Properties": { "Policies": [ { "PolicyName": "deploy", "Po…
           ·     ─────┬────
           ·          ╰── 1. user `Deployer`
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Properties": { "AssumeRolePolicyDocument": { "Statement": […
           ╰────
           ╭─[stacks/app.json:3:169]
         2 │   "Resources": {
         3 │ …ct": "Allow", "Action": [ "ec2:RunInstances", "iam:PassRole" ], "Resource": "*" } ] } } ] } },
           ·                            ─────────┬────────  ───────┬──────
           ·                                     │                 ╰── 3. may pass every role
           ·                                     ╰── 2. may call `ec2:RunInstances`
         4 │ …sumeRole", "Principal": { "Service": "ec2.amazonaws.com" } } ] } } }
           ·                            ───────────────┬──────────────
           ·                                           ╰── 4. role `AppRole` trusts `ec2.amazonaws.com`
         5 │   }
           ╰────
          5. AWS-managed policy `AmazonS3FullAccess` allows `s3:*` on `*`

          assuming  123456789012 is the account this deploys to
          assuming  `Environment` is `prod`
          note      the principal can make itself administrator, which is reported on its own

        error yaml-syntax
        a tab cannot indent
           ╭─[stacks/odd name#1.yaml:2:1]
         1 │ Resources:
         2 │   A: 1
           · ─┬─
           ·  ╰── here
           ╰────
          help      use spaces

        warning unknown-function
        `frobnicate` is not a function of Terraform
           ╭─[roles.tf:4:24]
         4 │   assume_role_policy = jsonencode({
           ·                        ──────────
         5 │     Version = "2012-10-17"
           ╰────

        3 findings: 1 critical, 1 medium, 1 low
        1 finding accepted
        Analysed: 5 files, 2 configurations, 4 principals, 2 roles, 5 policies
        Not analysed:
          module.vpc from terraform-aws-modules/vpc/aws (iam/people.tf:1:26); try `terraform init`
          policy of aws_iam_role_policy.extra (roles.tf:15:16): `var.extra_policy` has no default
        "#);
    }

    #[test]
    fn narrow() {
        insta::assert_snapshot!(page(60), @r#"
        critical launch-over-privileged-role
        user `alice` can launch an EC2 instance with role `admin`
        and gain every action on every resource
           ╭─[iam/people.tf:5:1]
         5 │ resource "aws_iam_user" "alice" {
           · ───────────────┬───────────────
           ·                ╰── 1. user `alice`
         6 │   name = "alice"
           ╰────
            ╭─[iam/people.tf:11:13]
         10 │   user   = aws_iam_user.alice.name
         11 │   groups = [aws_iam_group.operators.name]
            ·             ──────────────┬─────────────
            ·                           ╰─┤ 2. is a member of group
            ·                             │ `operators`
         12 │ }
            ╰────
          3. the group has inline policy `operate`
            ╭─[iam/policies.tf:17:12]
         16 │   group  = aws_iam_group.operators.name
         17 │   policy = data.aws_iam_policy_document.operate.json
            ·            ─────────────────────────────────────────
         18 │ }
            ╰────
          4. may call `ec2:RunInstances` on every resource it needs
           ╭─[iam/policies.tf:4:18]
         3 │     sid       = "Launch"
         4 │     actions   = ["ec2:*"]
           ·                  ───────
         5 │     resources = ["*"]
           ╰────
          5. may pass role `admin` to `ec2.amazonaws.com`
            ╭─[iam/policies.tf:10:18]
          9 │     sid       = "Pass"
         10 │     actions   = ["iam:PassRole"]
            ·                  ──────────────
         11 │     resources = ["arn:aws:iam::*:role/*"]
            ╰────
          6. role `admin` trusts `ec2.amazonaws.com`
            ╭─[roles.tf:9:31]
          8 │       Action    = "sts:AssumeRole"
          9 │       Principal = { Service = "ec2.amazonaws.com" }
            ·                               ───────────────────
         10 │     }]
            ╰────
          7. instance profile `admin` contains the role
            ╭─[roles.tf:20:2]
         19 │ resource "aws_iam_instance_profile" "admin" {
         20 │   name = "admin"  # a tab, and a line that is much l…
            ·   ─────────────────
         21 │   role = aws_iam_role.admin.name
            ╰────
          8. the role has AWS-managed policy `AdministratorAccess`,
          which allows `*` on `*`
            ╭─[roles.tf:16:16]
         15 │   role       = aws_iam_role.admin.name
         16 │   policy_arn = "arn:aws:iam::aws:policy/Administrato…
            ·                ──────────────────────────────────────
         17 │ }
            ╰────

          witness   iam:CreateAccessKey on
                    arn:aws:iam::⟨account⟩:user/alice with
                    aws:requestedregion = us-east-1
          gain      every action on every resource
          fix       let the group pass only the roles it needs, and
                    only to EC2 (at iam/policies.tf:11:5)
                      resources = [aws_iam_role.app.arn]

                      condition {
                        test     = "StringEquals"
                        variable = "iam:PassedToService"
                        values   = ["ec2.amazonaws.com"]
                      }

        medium (possible) launch-over-privileged-role
        user `Deployer` can launch an EC2 instance with role
        `AppRole` and gain 3 actions of s3
          1. user `Deployer`
           ╭─[stacks/app.json:3:5]
         2 │   "Resources": {
         3 │     "Deployer": { "Type": "AWS::IAM::User", "Properti…
           ·     ──────────
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Propertie…
           ╰────
          2. may call `ec2:RunInstances`
           ╭─[stacks/app.json:3:169]
         2 │   "Resources": {
         3 │ … "Action": [ "ec2:RunInstances", "iam:PassRole" ], "R…
           ·               ──────────────────
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Propertie…
           ╰────
          3. may pass every role
           ╭─[stacks/app.json:3:189]
         2 │   "Resources": {
         3 │ …nInstances", "iam:PassRole" ], "Resource": "*" } ] } …
           ·               ──────────────
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Propertie…
           ╰────
          4. role `AppRole` trusts `ec2.amazonaws.com`
           ╭─[stacks/app.json:4:169]
         3 │     "Deployer": { "Type": "AWS::IAM::User", "Properti…
         4 │ …rincipal": { "Service": "ec2.amazonaws.com" } } ] } }…
           ·               ──────────────────────────────
         5 │   }
           ╰────
          5. AWS-managed policy `AmazonS3FullAccess` allows `s3:*`
             on `*`

          witness   s3:PutObject on arn:aws:s3:::b/k
          gain      3 actions of s3 (write)
          assuming  123456789012 is the account this deploys to
          assuming  `Environment` is `prod`
          note      the principal can make itself administrator,
                    which is reported on its own

        low (possible) open-pass-role
        user `Deployer` can launch instances and pass roles that are
        not in this configuration
          1. user `Deployer`
           ╭─[stacks/app.json:3:5]
         2 │   "Resources": {
         3 │     "Deployer": { "Type": "AWS::IAM::User", "Properti…
           ·     ──────────
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Propertie…
           ╰────
          2. may call `ec2:RunInstances`
           ╭─[stacks/app.json:3:169]
         2 │   "Resources": {
         3 │ … "Action": [ "ec2:RunInstances", "iam:PassRole" ], "R…
           ·               ──────────────────
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Propertie…
           ╰────
          3. may pass every role
           ╭─[stacks/app.json:3:189]
         2 │   "Resources": {
         3 │ …nInstances", "iam:PassRole" ], "Resource": "*" } ] } …
           ·               ──────────────
         4 │     "AppRole": { "Type": "AWS::IAM::Role", "Propertie…
           ╰────
          4. role `AppRole` trusts `ec2.amazonaws.com`
           ╭─[stacks/app.json:4:169]
         3 │     "Deployer": { "Type": "AWS::IAM::User", "Properti…
         4 │ …rincipal": { "Service": "ec2.amazonaws.com" } } ] } }…
           ·               ──────────────────────────────
         5 │   }
           ╰────
          5. AWS-managed policy `AmazonS3FullAccess` allows `s3:*`
             on `*`

          assuming  123456789012 is the account this deploys to
          assuming  `Environment` is `prod`
          note      the principal can make itself administrator,
                    which is reported on its own

        error yaml-syntax
        a tab cannot indent
           ╭─[stacks/odd name#1.yaml:2:1]
         1 │ Resources:
         2 │   A: 1
           · ─┬─
           ·  ╰── here
           ╰────
          help      use spaces

        warning unknown-function
        `frobnicate` is not a function of Terraform
           ╭─[roles.tf:4:24]
         4 │   assume_role_policy = jsonencode({
           ·                        ──────────
         5 │     Version = "2012-10-17"
           ╰────

        3 findings: 1 critical, 1 medium, 1 low
        1 finding accepted
        Analysed: 5 files, 2 configurations, 4 principals, 2 roles, 5 policies
        Not analysed:
          module.vpc from terraform-aws-modules/vpc/aws
            (iam/people.tf:1:26); try `terraform init`
          policy of aws_iam_role_policy.extra (roles.tf:15:16):
            `var.extra_policy` has no default
        "#);
    }
}
