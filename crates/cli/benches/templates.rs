//! What a scan of 2,500 templates costs beside parsing them with the same readers, on one thread: the frontend alone, and
//! the whole program. The templates are made here: one in ten holds a case of `testdata/rules`, the others what most
//! templates hold; one in four is JSON.
//!
//! `cargo bench -p rolecall --bench templates [-- FOLDER…]`; with folders, the templates in them instead.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rolecall_source::{FileId, Sources, json};

const TEMPLATES: usize = 2_500;
const ROUNDS: usize = 5;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named: Vec<PathBuf> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .map(|a| root.join(a))
        .collect();
    if named.is_empty() {
        let folder = std::env::temp_dir().join(format!("rolecall-templates-{}", std::process::id()));
        let files = corpus(&root);
        write_files(&folder, &files);
        measure("made here", &files, &folder);
        let _ = std::fs::remove_dir_all(&folder);
    }
    for folder in named {
        measure(&folder.display().to_string(), &read_files(&folder), &folder);
    }
}

fn measure(name: &str, files: &[(String, String)], folder: &Path) {
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let floor = least(|| files.iter().for_each(|(_, text)| parse(text)));
    let frontend = least(|| {
        let sources = Sources::in_memory(&borrowed);
        let options = rolecall_cloudformation::Options::default();
        let _ = std::hint::black_box(rolecall_cloudformation::analyze(&sources, &options));
    });
    let scan = least(|| scan(folder));
    let bytes: usize = files.iter().map(|(_, t)| t.len()).sum();
    println!("{name}: {} files, {:.2} MB", files.len(), bytes as f64 / 1e6);
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let ratio = |time: Duration| time.as_secs_f64() / floor.as_secs_f64();
    println!("  parsing   {:.1} ms", millis(floor));
    println!(
        "  frontend  {:.1} ms: {:.2} of parsing",
        millis(frontend),
        ratio(frontend)
    );
    println!("  scan      {:.1} ms: {:.2} of parsing", millis(scan), ratio(scan));
}

/// The round that took least.
fn least(mut round: impl FnMut()) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        round();
        start.elapsed()
    };
    (0..ROUNDS).map(timed).min().unwrap_or_default()
}

/// What the frontend's readers take for the text, and nothing else.
fn parse(text: &str) {
    if json::looks_like_json(text) && std::hint::black_box(json::read_file(text, FileId(0))).is_ok() {
        return;
    }
    let mut parser = granit_parser::Parser::new_from_str(text);
    while let Some(Ok(event)) = parser.next_event() {
        let _ = std::hint::black_box(event);
    }
}

/// Runs the program as a user does, on one thread, process start included.
fn scan(folder: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_rolecall"))
        .args(["scan", "--quiet", "--fail-on", "never", "--format", "json"])
        .arg(folder)
        .env("RAYON_NUM_THREADS", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok_and(|s| matches!(s.code(), Some(0 | 3))), "the scan failed");
}

fn read_files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in ignore::Walk::new(folder).flatten() {
        let path = entry.path();
        if let (Ok(text), Some(name)) = (std::fs::read_to_string(path), path.to_str())
            && text.contains("Resources")
            && text.contains("AWS::")
        {
            files.push((name.to_owned(), text));
        }
    }
    files
}

fn write_files(folder: &Path, files: &[(String, String)]) {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            assert!(std::fs::create_dir_all(parent).is_ok(), "no room for the templates");
        }
        assert!(std::fs::write(path, text).is_ok(), "no room for the templates");
    }
}

fn corpus(root: &Path) -> Vec<(String, String)> {
    let mut cases: Vec<PathBuf> = ignore::Walk::new(root.join("testdata/rules"))
        .flatten()
        .map(ignore::DirEntry::into_path)
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    cases.sort();
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let cases: Vec<String> = cases.iter().map(read).collect();
    let one = |i: usize| match (i % 10, i % 4, cases.get(i / 10 % cases.len().max(1))) {
        (0, _, Some(case)) => (format!("{}/case{i}.yaml", i % 50), case.clone()),
        (_, 0, _) => (format!("{}/plain{i}.json", i % 50), plain_json(i)),
        _ => (format!("{}/plain{i}.yaml", i % 50), plain_yaml(i)),
    };
    (0..TEMPLATES).map(one).collect()
}

/// A service as templates have it: network, a function with its role, alarms.
fn plain_yaml(i: usize) -> String {
    let mut out = format!(
        "AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: Service {i}\n\nParameters:\n  Stage:\n    Type: String\n    Default: dev\n    AllowedValues: [dev, prod]\n  VpcId:\n    Type: AWS::EC2::VPC::Id\n\nConditions:\n  IsProd: !Equals [!Ref Stage, prod]\n\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:\n          - Effect: Allow\n            Principal:\n              Service: lambda.amazonaws.com\n            Action: sts:AssumeRole\n      Policies:\n        - PolicyName: table\n          PolicyDocument:\n            Version: \"2012-10-17\"\n            Statement:\n              - Effect: Allow\n                Action:\n                  - dynamodb:GetItem\n                  - dynamodb:PutItem\n                Resource: !Sub \"arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/service-{i}-*\"\n\n  Function:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: python3.13\n      Handler: index.handler\n      Role: !GetAtt Role.Arn\n      Code:\n        ZipFile: |\n          def handler(event, context):\n              # nothing to see\n              return {{\"statusCode\": 200}}\n"
    );
    for n in 0..10 {
        let _ = write!(
            out,
            "\n  Alarm{n}:\n    Type: AWS::CloudWatch::Alarm\n    Condition: IsProd\n    Properties:\n      AlarmName: !Sub \"${{AWS::StackName}}-{n}\"\n      Namespace: AWS/Lambda\n      MetricName: Errors\n      Dimensions:\n        - Name: FunctionName\n          Value: !Ref Function\n      Statistic: Sum\n      Period: 60\n      EvaluationPeriods: {n}\n      Threshold: 1\n      ComparisonOperator: GreaterThanThreshold\n"
        );
    }
    out
}

fn plain_json(i: usize) -> String {
    let mut resources = serde_json::json!({
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "Policies": [{"PolicyName": "bucket", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
                 "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, format!("/{i}/*")]]}}]}}]}},
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
    });
    if let Some(map) = resources.as_object_mut() {
        for n in 0..10 {
            let group = serde_json::json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {
                "GroupDescription": format!("group {n}"), "VpcId": {"Ref": "VpcId"},
                "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]}});
            map.insert(format!("Group{n}"), group);
        }
    }
    let template = serde_json::json!({"AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"VpcId": {"Type": "AWS::EC2::VPC::Id"}}, "Resources": resources});
    format!("{template:#}")
}
