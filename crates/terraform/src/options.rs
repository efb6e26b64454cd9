use std::sync::Arc;

use crate::plan::Plan;

/// What the user says about the configurations.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values of the root modules' variables, as `-var name=value` gives them.
    pub vars: Vec<(String, String)>,
    /// Values of the root modules' variables as `TF_VAR_name` gives them: they count less than any file.
    pub environment: Vec<(String, String)>,
    /// Paths of variable files in the scan, for every root module, as `-var-file` gives them. Later ones win.
    pub var_files: Vec<String>,
    /// The value of `terraform.workspace`; a symbol when not stated.
    pub workspace: Option<String>,
    /// Plans and states. For one root module the first one counts.
    pub plans: Vec<GivenPlan>,
}

/// A plan or state, and what it is of.
#[derive(Clone, Debug)]
pub struct GivenPlan {
    /// What it says.
    pub plan: Arc<Plan>,
    /// How the user names it.
    pub name: String,
    /// The folder of its root module in the scan, if the user says so.
    pub dir: Option<String>,
    /// The folder that it lies in, if that is in the scan.
    pub beside: Option<String>,
}
