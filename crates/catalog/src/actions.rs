//! Services, actions, and what an action works on.

use crate::keys::{self, Keys};
use crate::table::{List, Pool, Row, Table, cmp_ignoring_case};
use crate::{AccessLevel, Action, ActionId, ActionResource, Sensitivity, Service};

/// Prefix (string), first action (u16); sorted by prefix and colon, as the actions are.
const SERVICES: Table = Table::new(include_bytes!("../data/services.bin"), 6);
/// Name (string), service (u16), shape (u16), class (u8).
const ACTIONS: Table = Table::new(include_bytes!("../data/actions.bin"), 9);
/// Name (string), ARN (string), keys (u16).
const RESOURCE_TYPES: Table = Table::new(include_bytes!("../data/resource_types.bin"), 10);
/// Offset in the pool of shapes (u32). Many actions share a shape.
const SHAPES: Table = Table::new(include_bytes!("../data/shapes.bin"), 4);
/// Per shape: the number of resource types, for each its index (top bit: required) and the offset of its keys;
/// the offset of the action's own keys; the list of actions it depends on.
const SHAPE_POOL: Pool = Pool::new(include_bytes!("../data/shape_pool.bin"));

/// Top bit of a resource type's index in a shape.
const REQUIRED: u16 = 0x8000;

pub(crate) fn service_count() -> usize {
    SERVICES.len()
}

pub(crate) fn service(index: usize) -> Option<Service> {
    let row = SERVICES.row(index)?;
    let end = SERVICES
        .row(index + 1)
        .map_or(ACTIONS.len(), |next| usize::from(next.half(4)));
    Some(Service {
        prefix: row.text(0),
        actions: row.half(4)..u16::try_from(end).unwrap_or(u16::MAX),
    })
}

pub(crate) fn find_service(prefix: &str) -> Option<Service> {
    let order = |text: &str, other: &str| {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        let colon = std::iter::once(b':');
        text.bytes()
            .map(lower)
            .chain(colon.clone())
            .cmp(other.bytes().map(lower).chain(colon))
    };
    let index = SERVICES.partition_point(0..SERVICES.len(), |row| order(row.text(0), prefix).is_lt());
    service(index).filter(|found| found.prefix.eq_ignore_ascii_case(prefix))
}

pub(crate) fn action_count() -> usize {
    ACTIONS.len()
}

pub(crate) fn action(id: ActionId) -> Option<Action> {
    let row = ACTIONS.row(usize::from(id.0))?;
    let class = row.byte(8);
    Some(Action {
        id,
        service: SERVICES.row(usize::from(row.half(4)))?.text(0),
        name: row.text(0),
        access: access(class & 0x0f),
        sensitivity: sensitivity(class >> 4),
    })
}

pub(crate) fn find_action(name: &str) -> Option<Action> {
    let (prefix, name) = name.split_once(':')?;
    let range = find_service(prefix)?.actions;
    let range = usize::from(range.start)..usize::from(range.end);
    let index = ACTIONS.partition_point(range.clone(), |row| cmp_ignoring_case(row.text(0), name).is_lt());
    let found = ACTIONS.row(index).filter(|_| range.contains(&index))?;
    if found.text(0).eq_ignore_ascii_case(name) {
        action(ActionId(u16::try_from(index).ok()?))
    } else {
        None
    }
}

/// Codes of `actions.bin`, lower half of the class.
fn access(code: u8) -> AccessLevel {
    match code {
        0 => AccessLevel::List,
        1 => AccessLevel::Read,
        2 => AccessLevel::Write,
        3 => AccessLevel::Tagging,
        _ => AccessLevel::PermissionsManagement,
    }
}

/// Codes of `actions.bin`, upper half of the class.
fn sensitivity(code: u8) -> Option<Sensitivity> {
    match code {
        1 => Some(Sensitivity::Data),
        2 => Some(Sensitivity::Secret),
        3 => Some(Sensitivity::Credential),
        _ => None,
    }
}

/// What stands in the pool for one action.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) resources: ResourceTypes,
    pub(crate) keys: Keys,
    pub(crate) depends: List,
}

/// The index of an action's shape.
pub(crate) fn shape_id(id: ActionId) -> Option<u16> {
    Some(ACTIONS.row(usize::from(id.0))?.half(6))
}

pub(crate) fn shape(id: ActionId) -> Option<Shape> {
    let start = SHAPES.row(usize::from(shape_id(id)?))?.word(0) as usize;
    let mut pool = SHAPE_POOL.from(start);
    let count = pool.next();
    let mut rest = SHAPE_POOL.from(start + 1 + 2 * usize::from(count));
    let keys = keys::set(rest.next());
    Some(Shape {
        resources: ResourceTypes { pool, left: count },
        keys,
        depends: List::at(rest),
    })
}

/// The resource types of an action, by name.
#[derive(Clone)]
pub(crate) struct ResourceTypes {
    pool: Pool,
    left: u16,
}

impl Iterator for ResourceTypes {
    type Item = ActionResource;

    fn next(&mut self) -> Option<ActionResource> {
        self.left = self.left.checked_sub(1)?;
        let (index, keys) = (self.pool.next(), self.pool.next());
        let row: Row = RESOURCE_TYPES.row(usize::from(index & !REQUIRED))?;
        Some(ActionResource {
            name: row.text(0),
            arn: row.text(4),
            required: index & REQUIRED != 0,
            keys,
            type_keys: row.half(8),
        })
    }
}
