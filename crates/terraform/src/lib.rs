//! Terraform configurations to facts.

mod convert;
mod functions;
mod instance;
mod resources;
mod syntax;
