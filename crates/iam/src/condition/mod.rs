//! Condition blocks.
//!
//! Follows [condition operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
//! and [single- and multivalued context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).

pub(crate) mod address;
pub(crate) mod date;
mod holds;
mod operator;

use rolecall_source::{Span, Text};

use crate::Assumptions;
use crate::template::Template;

pub(crate) use holds::{KeyValue, Lookup, arn_pattern};
pub use operator::{Comparison, Operator, Qualifier};

/// One key of one operator, with its values.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The key, in lower case.
    pub key: Text,
    /// The key as written.
    pub written: Text,
    /// The values: of which one must match, or none for a negated operator.
    pub values: Vec<Template>,
    /// Why there may be more values than these.
    pub open: Assumptions,
    /// The key and its values.
    pub span: Span,
}
