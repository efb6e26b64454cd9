/// What the user says about the configurations.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values of the root modules' variables, as `-var name=value` gives them.
    pub vars: Vec<(String, String)>,
    /// Paths of variable files in the scan, for every root module, as `-var-file` gives them. Later ones win.
    pub var_files: Vec<String>,
    /// The value of `terraform.workspace`; a symbol when not stated.
    pub workspace: Option<String>,
}
