//! Terraform's built-in [functions](https://developer.hashicorp.com/terraform/language/functions), over values of
//! which parts may be unknown.
//!
//! Three rules hold for all of them. Letters that are copied keep their spans. What is certain stays certain: a list
//! may be open, a text may have symbols, an alternative is computed for each case. What cannot be known becomes a
//! symbol that is named after the call and its arguments, so that equal calls give equal symbols.

mod alternatives;
mod call;
mod collections;
mod csv;
mod dates;
mod digests;
mod documents;
mod encodings;
mod files;
mod format;
mod glob;
mod lists;
mod maps;
mod network;
mod numbers;
mod patterns;
mod provider;
mod sets;
mod strings;
mod substrings;
mod types;
mod yaml;
mod yamlencode;

use rolecall_source::{Map, Sources, Span, Text, Value};

use self::alternatives::Spread;
use self::call::Call;

/// What a call can see besides its arguments.
pub(crate) struct Env<'a> {
    /// The files of the scan.
    pub(crate) sources: &'a Sources,
    /// The folder of the module that calls.
    pub(crate) module_dir: &'a str,
    /// The folder of its root module.
    pub(crate) root_dir: &'a str,
    /// Renders a template's text with these variables.
    pub(crate) render: &'a dyn Fn(&Text, &Map) -> Result<Value, FnError>,
}

/// Why a call has no value.
#[derive(Clone, Debug)]
pub(crate) struct FnError {
    /// What is wrong, as a sentence without full stop.
    pub(crate) message: String,
    /// Which argument is at fault, from 0.
    pub(crate) argument: Option<usize>,
}

/// A function: its name, how many arguments it takes, and how alternatives inside its arguments are handled.
struct Function {
    name: &'static str,
    arguments: std::ops::RangeInclusive<usize>,
    spread: Spread,
    body: fn(&Call<'_>) -> call::Outcome,
}

const MANY: usize = usize::MAX;

const fn function(
    name: &'static str,
    arguments: std::ops::RangeInclusive<usize>,
    body: fn(&Call<'_>) -> call::Outcome,
) -> Function {
    Function {
        name,
        arguments,
        spread: Spread::Whole,
        body,
    }
}

impl Function {
    /// The same function; alternatives among the elements of its lists are told apart, too.
    const fn over_elements(self) -> Self {
        Self {
            spread: Spread::Elements,
            ..self
        }
    }
}

/// Every function, in order of name.
static FUNCTIONS: &[Function] = &[
    function("abs", 1..=1, numbers::abs),
    function("abspath", 1..=1, files::abspath),
    function("alltrue", 1..=1, lists::alltrue),
    function("anytrue", 1..=1, lists::anytrue),
    function("base64decode", 1..=1, encodings::base64decode),
    function("base64encode", 1..=1, encodings::base64encode),
    function("base64gzip", 1..=1, encodings::base64gzip),
    function("base64sha256", 1..=1, digests::base64sha256),
    function("base64sha512", 1..=1, digests::base64sha512),
    function("basename", 1..=1, files::basename),
    function("bcrypt", 1..=2, digests::bcrypt),
    function("ceil", 1..=1, numbers::ceil),
    function("chomp", 1..=1, strings::chomp),
    function("chunklist", 2..=2, lists::chunklist),
    function("cidrhost", 2..=2, network::cidrhost),
    function("cidrnetmask", 1..=1, network::cidrnetmask),
    function("cidrsubnet", 3..=3, network::cidrsubnet),
    function("cidrsubnets", 1..=MANY, network::cidrsubnets),
    function("coalesce", 0..=MANY, collections::coalesce),
    function("coalescelist", 0..=MANY, collections::coalescelist),
    function("compact", 1..=1, lists::compact).over_elements(),
    function("concat", 0..=MANY, lists::concat),
    function("contains", 2..=2, lists::contains).over_elements(),
    function("csvdecode", 1..=1, csv::csvdecode),
    function("dirname", 1..=1, files::dirname),
    function("distinct", 1..=1, lists::distinct).over_elements(),
    function("element", 2..=2, lists::element),
    function("endswith", 2..=2, substrings::endswith),
    function("ephemeralasnull", 1..=1, types::same),
    function("file", 1..=1, files::file),
    function("filebase64", 1..=1, files::filebase64),
    function("filebase64sha256", 1..=1, files::filebase64sha256),
    function("filebase64sha512", 1..=1, files::filebase64sha512),
    function("fileexists", 1..=1, files::fileexists),
    function("filemd5", 1..=1, files::filemd5),
    function("fileset", 2..=2, files::fileset),
    function("filesha1", 1..=1, files::filesha1),
    function("filesha256", 1..=1, files::filesha256),
    function("filesha512", 1..=1, files::filesha512),
    function("flatten", 1..=1, lists::flatten).over_elements(),
    function("floor", 1..=1, numbers::floor),
    function("format", 1..=MANY, format::format),
    function("formatdate", 2..=2, dates::formatdate),
    function("formatlist", 1..=MANY, format::formatlist).over_elements(),
    function("indent", 2..=2, strings::indent),
    function("index", 2..=2, lists::index).over_elements(),
    function("issensitive", 1..=1, types::issensitive),
    function("join", 1..=MANY, strings::join).over_elements(),
    function("jsondecode", 1..=1, documents::jsondecode),
    function("jsonencode", 1..=1, documents::jsonencode),
    function("keys", 1..=1, maps::keys),
    function("length", 1..=1, collections::length),
    function("log", 2..=2, numbers::log),
    function("lookup", 2..=3, maps::lookup),
    function("lower", 1..=1, strings::lower),
    function("matchkeys", 3..=3, lists::matchkeys).over_elements(),
    function("max", 0..=MANY, numbers::max),
    function("md5", 1..=1, digests::md5),
    function("merge", 0..=MANY, maps::merge),
    function("min", 0..=MANY, numbers::min),
    function("nonsensitive", 1..=1, types::same),
    function("one", 1..=1, collections::one),
    function("parseint", 2..=2, numbers::parseint),
    function("pathexpand", 1..=1, files::pathexpand),
    function("plantimestamp", 0..=0, dates::timestamp),
    function("pow", 2..=2, numbers::pow),
    function("provider::aws::arn_build", 5..=5, provider::arn_build),
    function("provider::aws::arn_parse", 1..=1, provider::arn_parse),
    function("provider::aws::trim_iam_role_path", 1..=1, provider::trim_iam_role_path),
    function("range", 0..=3, lists::range),
    function("regex", 2..=2, patterns::regex),
    function("regexall", 2..=2, patterns::regexall),
    function("replace", 3..=3, patterns::replace),
    function("reverse", 1..=1, lists::reverse),
    function("rsadecrypt", 2..=2, digests::rsadecrypt),
    function("sensitive", 1..=1, types::same),
    function("setintersection", 1..=MANY, sets::setintersection).over_elements(),
    function("setproduct", 0..=MANY, sets::setproduct).over_elements(),
    function("setsubtract", 2..=2, sets::setsubtract).over_elements(),
    function("setunion", 1..=MANY, sets::setunion).over_elements(),
    function("sha1", 1..=1, digests::sha1),
    function("sha256", 1..=1, digests::sha256),
    function("sha512", 1..=1, digests::sha512),
    function("signum", 1..=1, numbers::signum),
    function("slice", 3..=3, lists::slice),
    function("sort", 1..=1, lists::sort).over_elements(),
    function("split", 2..=2, strings::split),
    function("startswith", 2..=2, substrings::startswith),
    function("strcontains", 2..=2, substrings::strcontains),
    function("strrev", 1..=1, strings::strrev),
    function("substr", 3..=3, substrings::substr),
    function("sum", 1..=1, numbers::sum),
    function("templatefile", 2..=2, files::templatefile),
    function("templatestring", 2..=2, files::templatestring),
    function("textdecodebase64", 2..=2, encodings::textdecodebase64),
    function("textencodebase64", 2..=2, encodings::textencodebase64),
    function("timeadd", 2..=2, dates::timeadd),
    function("timecmp", 2..=2, dates::timecmp),
    function("timestamp", 0..=0, dates::timestamp),
    function("title", 1..=1, strings::title),
    function("tobool", 1..=1, types::tobool),
    function("tolist", 1..=1, types::tolist),
    function("tomap", 1..=1, types::tomap),
    function("tonumber", 1..=1, types::tonumber),
    function("toset", 1..=1, types::toset).over_elements(),
    function("tostring", 1..=1, types::tostring),
    function("transpose", 1..=1, maps::transpose),
    function("trim", 2..=2, substrings::trim),
    function("trimprefix", 2..=2, substrings::trimprefix),
    function("trimspace", 1..=1, substrings::trimspace),
    function("trimsuffix", 2..=2, substrings::trimsuffix),
    function("upper", 1..=1, strings::upper),
    function("urlencode", 1..=1, encodings::urlencode),
    function("uuid", 0..=0, digests::uuid),
    function("uuidv5", 2..=2, digests::uuidv5),
    function("values", 1..=1, maps::values),
    function("yamldecode", 1..=1, yaml::yamldecode),
    function("yamlencode", 1..=1, yamlencode::yamlencode),
    function("zipmap", 2..=2, maps::zipmap),
];

fn find(name: &str) -> Option<&'static Function> {
    let name = name.strip_prefix("core::").unwrap_or(name);
    let at = FUNCTIONS.binary_search_by(|f| f.name.cmp(name)).ok()?;
    FUNCTIONS.get(at)
}

/// True iff there is a function of this name, with or without the prefix `core::`.
pub(crate) fn exists(name: &str) -> bool {
    find(name).is_some()
}

/// Calls a function. `call` is the span of the call. Unknown arguments give a value that is unknown as far as it
/// depends on them.
pub(crate) fn call(name: &str, args: &[Value], call: Span, env: &Env<'_>) -> Result<Value, FnError> {
    let Some(function) = find(name) else {
        return Err(FnError {
            message: format!("there is no function named `{name}`"),
            argument: None,
        });
    };
    if !function.arguments.contains(&args.len()) {
        return Err(FnError {
            message: arity_message(function, args.len()),
            argument: None,
        });
    }
    alternatives::call(function, args, call, env)
}

fn arity_message(function: &Function, given: usize) -> String {
    let (min, max) = (*function.arguments.start(), *function.arguments.end());
    let expected = match max {
        MANY => format!("at least {min}"),
        max if max == min => min.to_string(),
        max => format!("{min} to {max}"),
    };
    format!("`{}` takes {expected} arguments, not {given}", function.name)
}

#[cfg(test)]
mod tests;
