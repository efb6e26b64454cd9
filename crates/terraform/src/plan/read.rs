//! Reading a plan or state as a stream: only what is used is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufReader, Read};
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{Fields, Json, Keeper, Tree};
use super::{Origin, Plan, PlanError, Planned};
use crate::instance::Mode;

/// Bytes that are looked at before the document is read.
const HEAD: usize = 4;

/// Reads what `terraform show -json` prints.
pub(super) fn read(input: impl Read) -> Result<Plan, PlanError> {
    let mut input = BufReader::with_capacity(256 * 1024, input);
    let mut head = Vec::with_capacity(HEAD);
    let begun = input.by_ref().take(HEAD as u64).read_to_end(&mut head);
    begun.map_err(|e| PlanError::Unreadable(e.to_string()))?;
    if head.starts_with(b"PK") {
        return Err(PlanError::Binary);
    }
    // A byte order mark, as PowerShell writes it.
    let begin = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let mut reader = serde_json::Deserializer::from_reader(begin.chain(input));
    let mut found = Found::default();
    let document = At {
        found: &mut found,
        place: Place::Document,
    };
    if let Err(e) = document.deserialize(&mut reader).and_then(|()| reader.end()) {
        return Err(match found.refusal {
            Some(refusal) => refusal,
            None if e.is_io() => PlanError::Unreadable(e.to_string()),
            None => PlanError::Malformed(e.to_string()),
        });
    }
    found.finish()
}

/// What was found so far.
#[derive(Default)]
struct Found {
    keeper: Keeper,
    refusal: Option<PlanError>,
    version: bool,
    planned: bool,
    partial: bool,
    variables: BTreeMap<Arc<str>, Json>,
    resources: BTreeMap<Box<str>, Planned>,
    unknown: BTreeMap<Box<str>, Json>,
    outputs: BTreeMap<(String, Arc<str>), Vec<Box<str>>>,
    written: BTreeMap<(String, Box<str>), Vec<Arc<str>>>,
}

impl Found {
    fn finish(mut self) -> Result<Plan, PlanError> {
        if !self.version {
            return Err(PlanError::Neither);
        }
        for (address, unknown) in self.unknown {
            if let Some(planned) = self.resources.get_mut(&address) {
                planned.unknown = Some(unknown);
            }
        }
        let full = self.keeper.full;
        let origin = if self.planned { Origin::Plan } else { Origin::State };
        Ok(Plan {
            decides: origin == Origin::Plan && !self.partial && !full,
            origin,
            full,
            keys: super::keys_of(self.resources.keys()),
            variables: self.variables,
            resources: self.resources,
            outputs: self.outputs,
            written: self.written,
        })
    }

    fn refuse<E: serde::de::Error>(&mut self, why: PlanError) -> E {
        self.refusal = Some(why);
        E::custom("refused")
    }

    fn format<E: serde::de::Error>(&mut self, version: &Json) -> Result<(), E> {
        let version = version.letters().unwrap_or_default();
        match version.split('.').next() {
            Some("0" | "1") => {
                self.version = true;
                Ok(())
            }
            _ => Err(self.refuse(PlanError::Version(version.to_owned()))),
        }
    }
}

/// A place in the document of which something is kept.
#[derive(Clone)]
enum Place {
    Document,
    Variables,
    Variable(Arc<str>),
    /// `values`, `planned_values`; managed resources are skipped iff `data_only`.
    Values {
        data_only: bool,
    },
    Module {
        data_only: bool,
    },
    Modules {
        data_only: bool,
    },
    Resources {
        data_only: bool,
    },
    Resource {
        data_only: bool,
    },
    Prior,
    Changes,
    Change,
    Configuration,
    /// The configuration of the module that the calls lead to: `a.b`.
    Called(String),
    Calls(String),
    Call(String),
    Blocks(String),
    Block(String),
    Outputs(String),
    Output(String, Arc<str>),
}

struct At<'f> {
    found: &'f mut Found,
    place: Place,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place {
            Place::Modules { .. } | Place::Resources { .. } | Place::Changes | Place::Blocks(_) => "a list",
            _ => "an object",
        })
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        match self.place {
            Place::Document => Err(E::custom("expected an object")),
            _ => Ok(()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let place = match self.place {
            Place::Modules { data_only } => Place::Module { data_only },
            Place::Resources { data_only } => Place::Resource { data_only },
            Place::Changes => Place::Change,
            Place::Blocks(path) => Place::Block(path),
            _ => return Err(A::Error::custom("expected an object")),
        };
        let mut element = || {
            seq.next_element_seed(At {
                found: &mut *self.found,
                place: place.clone(),
            })
        };
        while element()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let At { found, place } = self;
        match place {
            Place::Resource { data_only } => return resource(found, data_only, map),
            Place::Change => return change(found, map),
            Place::Block(path) => return block(found, path, map),
            _ => {}
        }
        while let Some(key) = map.next_key::<String>()? {
            match next(&place, &key) {
                Next::Into(place) => {
                    found.planned |= key == "planned_values";
                    map.next_value_seed(At { found, place })?;
                }
                Next::Skip => {
                    map.next_value::<IgnoredAny>()?;
                }
                Next::Keep => {
                    let value = map.next_value_seed(Tree(&mut found.keeper))?;
                    keep(found, &place, &key, value)?;
                }
                Next::Refuse(why) => return Err(found.refuse(why)),
            }
        }
        Ok(())
    }
}

/// What is done with a key.
enum Next {
    Into(Place),
    Keep,
    Skip,
    Refuse(PlanError),
}

fn next(place: &Place, key: &str) -> Next {
    let call = |path: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    Next::Into(match (place, key) {
        (Place::Document, "format_version" | "complete" | "errored") | (Place::Variable(_), "value") => {
            return Next::Keep;
        }
        (Place::Document, "@level" | "@message") => return Next::Refuse(PlanError::Log),
        (Place::Document, "lineage" | "serial") => return Next::Refuse(PlanError::RawState),
        (Place::Document, "variables") => Place::Variables,
        (Place::Document, "planned_values" | "values") => Place::Values { data_only: false },
        (Place::Document, "prior_state") => Place::Prior,
        (Place::Document, "resource_changes") => Place::Changes,
        (Place::Document, "configuration") => Place::Configuration,
        (Place::Variables, name) => Place::Variable(name.into()),
        (Place::Prior, "values") => Place::Values { data_only: true },
        (Place::Values { data_only }, "root_module") => Place::Module { data_only: *data_only },
        (Place::Module { data_only }, "resources") => Place::Resources { data_only: *data_only },
        (Place::Module { data_only }, "child_modules") => Place::Modules { data_only: *data_only },
        (Place::Configuration, "root_module") => Place::Called(String::new()),
        (Place::Called(path), "module_calls") => Place::Calls(path.clone()),
        (Place::Called(path), "outputs") if !path.is_empty() => Place::Outputs(path.clone()),
        (Place::Called(path), "resources") if !path.is_empty() => Place::Blocks(path.clone()),
        (Place::Calls(path), _) => Place::Call(call(path)),
        (Place::Call(path), "module") => Place::Called(path.clone()),
        (Place::Outputs(path), name) => Place::Output(path.clone(), name.into()),
        (Place::Output(..), "expression") => return Next::Keep,
        _ => return Next::Skip,
    })
}

fn keep<E: serde::de::Error>(found: &mut Found, place: &Place, key: &str, value: Json) -> Result<(), E> {
    match place {
        Place::Document if key == "format_version" => found.format(&value)?,
        Place::Document => found.partial |= value == Json::Bool(key == "errored"),
        Place::Variable(name) => {
            found.variables.insert(Arc::clone(name), value);
        }
        Place::Output(path, name) => {
            let references = value.as_map().and_then(|e| e.get("references"));
            if let Some(Json::List(references)) = references {
                let references = references.iter().filter_map(|r| r.as_str().map(Box::from)).collect();
                found.outputs.insert((path.clone(), Arc::clone(name)), references);
            }
        }
        _ => {}
    }
    Ok(())
}

/// A resource of a state or of the planned values.
fn resource<'de, A: MapAccess<'de>>(found: &mut Found, data_only: bool, mut map: A) -> Result<(), A::Error> {
    let (mut address, mut mode, mut kind, mut fields) = (None, Mode::Managed, None, None);
    while let Some(key) = map.next_key::<String>()? {
        match key.as_str() {
            "address" => address = Some(map.next_value::<Box<str>>()?),
            "mode" => mode = mode_of(&map.next_value::<String>()?),
            "type" => kind = Some(found.keeper.name(&map.next_value::<String>()?)),
            "values" if !(data_only && mode == Mode::Managed) => {
                fields = Some(map.next_value_seed(Tree(&mut found.keeper))?);
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    let (Some(address), Some(kind)) = (address, kind) else {
        return Ok(());
    };
    let fields = match fields {
        Some(Json::Map(fields)) => Arc::new(fields),
        _ if data_only && mode == Mode::Managed => return Ok(()),
        // Nothing of it is known yet.
        _ => Arc::default(),
    };
    let planned = Planned {
        mode,
        kind,
        fields,
        unknown: None,
    };
    // What is read at deployment is planned without values; what was read before has them.
    if data_only || !found.resources.contains_key(&address) {
        found.resources.insert(address, planned);
    }
    Ok(())
}

/// The configuration of a resource: which arguments it states.
fn block<'de, A: MapAccess<'de>>(found: &mut Found, path: String, mut map: A) -> Result<(), A::Error> {
    let (mut address, mut written) = (None, Vec::new());
    while let Some(key) = map.next_key::<String>()? {
        match key.as_str() {
            "address" => address = Some(map.next_value::<Box<str>>()?),
            "expressions" => {
                let expressions = map.next_value::<BTreeMap<String, IgnoredAny>>()?;
                written = expressions.keys().map(|n| found.keeper.name(n)).collect();
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    if let Some(address) = address {
        found.written.insert((path, address), written);
    }
    Ok(())
}

fn mode_of(mode: &str) -> Mode {
    if mode == "data" { Mode::Data } else { Mode::Managed }
}

/// Which attributes of a resource are known after it was applied only.
fn change<'de, A: MapAccess<'de>>(found: &mut Found, mut map: A) -> Result<(), A::Error> {
    let (mut address, mut deposed) = (None, false);
    while let Some(key) = map.next_key::<String>()? {
        match key.as_str() {
            "address" => address = Some(map.next_value::<Box<str>>()?),
            "deposed" => {
                deposed = true;
                map.next_value::<IgnoredAny>()?;
            }
            "change" => {
                let unknown = map.next_value_seed(Unknown(&mut found.keeper))?;
                if let (Some(unknown), Some(address), false) = (unknown, address.take(), deposed) {
                    found.unknown.insert(address, unknown);
                }
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(())
}

/// Reads `after_unknown` of a change.
struct Unknown<'k>(&'k mut Keeper);

impl<'de> DeserializeSeed<'de> for Unknown<'_> {
    type Value = Option<Json>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Json>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Unknown<'_> {
    type Value = Option<Json>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a change")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Json>, A::Error> {
        let mut unknown = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "after_unknown" {
                unknown = pruned(map.next_value_seed(Tree(self.0))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(unknown)
    }
}

/// Without what is known.
fn pruned(unknown: Json) -> Option<Json> {
    match unknown {
        Json::Bool(true) => Some(Json::Bool(true)),
        // The place in a list counts.
        Json::List(items) => {
            let items: Vec<Json> = items.into_iter().map(|v| pruned(v).unwrap_or(Json::Null)).collect();
            let any = items.iter().any(|v| *v != Json::Null);
            any.then(|| Json::List(items.into()))
        }
        Json::Map(fields) => {
            let left = fields
                .iter()
                .filter_map(|(n, v)| Some((Arc::clone(n), pruned(v.clone())?)));
            let left: Fields = left.collect();
            let any = left.iter().next().is_some();
            any.then_some(Json::Map(left))
        }
        _ => None,
    }
}
