//! Plans and states that the user names.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolecall_terraform::{GivenPlan, Plan, looks_like_plan};

use crate::args::InputArgs;
use crate::console::Failure;
use crate::discover::{Found, relative};

/// How many bytes tell what a file is.
const HEAD: u64 = 512;

/// A file that the user names, and the root module it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanFile {
    file: PathBuf,
    dir: Option<PathBuf>,
}

/// `FILE` or `DIR=FILE`.
pub(crate) fn plan_file(text: &str) -> Result<PlanFile, String> {
    let dir = text.split_once('=').filter(|(dir, _)| Path::new(dir).is_dir());
    let (dir, file) = match dir {
        Some((dir, file)) => (Some(PathBuf::from(dir)), file),
        None => (None, text),
    };
    if file.is_empty() {
        return Err("expected FILE or DIR=FILE".into());
    }
    let file = PathBuf::from(file);
    Ok(PlanFile { file, dir })
}

/// The paths that are to be scanned, and the plans and states among them: a file that begins like one is one.
pub(crate) fn set_apart(args: &InputArgs) -> (Vec<PathBuf>, Vec<PlanFile>) {
    let mut given: Vec<PlanFile> = args.plan.iter().chain(&args.state).cloned().collect();
    let (plans, paths): (Vec<&PathBuf>, Vec<&PathBuf>) = args.paths.iter().partition(|p| is_plan(p));
    given.extend(plans.into_iter().map(|file| PlanFile {
        file: file.clone(),
        dir: None,
    }));
    (paths.into_iter().cloned().collect(), given)
}

fn is_plan(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let mut head = Vec::new();
    let read = File::open(path).and_then(|f| f.take(HEAD).read_to_end(&mut head));
    read.is_ok() && looks_like_plan(&head)
}

/// Reads the plans and states. Those that lie in the scan are no configuration of it.
pub(crate) fn read(given: &[PlanFile], found: &mut Found) -> Result<Vec<GivenPlan>, Failure> {
    given.iter().map(|one| read_one(one, found)).collect()
}

fn read_one(given: &PlanFile, found: &mut Found) -> Result<GivenPlan, Failure> {
    let failed = |e: &io::Error| Failure::read(&given.file, e);
    let plan = if given.file == Path::new("-") {
        Plan::read(io::stdin().lock())
    } else {
        Plan::read(File::open(&given.file).map_err(|e| failed(&e))?)
    };
    let plan = plan.map_err(|why| Failure::Plan {
        path: given.file.clone(),
        why: why.to_string(),
    })?;
    let place = fs::canonicalize(&given.file).ok();
    let inside = place.and_then(|p| relative(&found.root, &p));
    if let Some(name) = &inside {
        found.files.remove(name);
    }
    let dir = match &given.dir {
        Some(dir) => {
            let real = fs::canonicalize(dir).map_err(|e| Failure::read(dir, &e))?;
            Some(relative(&found.root, &real).ok_or_else(|| Failure::Outside {
                path: dir.clone(),
                root: found.root.clone(),
            })?)
        }
        None => None,
    };
    let folder = |name: &String| name.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned();
    Ok(GivenPlan {
        plan: Arc::new(plan),
        name: format!("`{}`", given.file.display()),
        dir,
        beside: inside.as_ref().map(folder),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_before_the_file_is_its_root_module() {
        let here = plan_file("src=plan.json").unwrap();
        assert_eq!((here.dir, here.file), (Some("src".into()), "plan.json".into()));
        let name = plan_file("no-such-folder=plan.json").unwrap();
        assert_eq!((name.dir, name.file), (None, "no-such-folder=plan.json".into()));
        assert!(plan_file("").is_err());
        assert!(plan_file("src=").is_err());
    }
}
