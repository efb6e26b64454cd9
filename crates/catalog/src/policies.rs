//! AWS-managed policies.
//!
//! Documents lie in blocks of DEFLATE data. Within a block, a string that is exactly an action of the catalogue is
//! three bytes: 0x01, which no JSON text contains, and the action's index, most significant byte first. A block is
//! inflated when a policy of it is first asked for, and kept.

use std::sync::OnceLock;

use crate::table::Table;
use crate::{ActionId, ManagedPolicy, actions};

/// ARN (string), version (string), block (u16), start (u32) and length (u32) in the block; sorted by ARN.
const POLICIES: Table = Table::new(include_bytes!("../data/policies.bin"), 18);
/// Start (u32) and length (u32) in the documents, inflated length (u32).
const BLOCKS: Table = Table::new(include_bytes!("../data/policy_blocks.bin"), 12);
const DOCUMENTS: &[u8] = include_bytes!("../data/policy_documents.bin");
const BLOCK_COUNT: usize = BLOCKS.len();

/// Marks an action in a block.
const ACTION: u8 = 1;

static INFLATED: [OnceLock<Vec<u8>>; BLOCK_COUNT] = [const { OnceLock::new() }; BLOCK_COUNT];

pub(crate) fn count() -> usize {
    POLICIES.len()
}

pub(crate) fn arn(index: usize) -> Option<&'static str> {
    Some(POLICIES.row(index)?.text(0))
}

pub(crate) fn arns() -> &'static [&'static str] {
    static ARNS: OnceLock<Vec<&'static str>> = OnceLock::new();
    ARNS.get_or_init(|| (0..count()).filter_map(arn).collect())
}

pub(crate) fn find(wanted: &str) -> Option<ManagedPolicy> {
    let (_, path) = wanted.strip_prefix("arn:")?.split_once(':')?;
    let tail = |arn: &'static str| arn.strip_prefix("arn:aws:").unwrap_or(arn);
    let index = POLICIES.partition_point(0..POLICIES.len(), |row| tail(row.text(0)) < path);
    arn(index).filter(|&found| tail(found) == path)?;
    policy(index)
}

pub(crate) fn policy(index: usize) -> Option<ManagedPolicy> {
    let row = POLICIES.row(index)?;
    let block = block(usize::from(row.half(8)))?;
    let start = row.word(10) as usize;
    let packed = block.get(start..start.checked_add(row.word(14) as usize)?)?;
    Some(ManagedPolicy {
        arn: row.text(0),
        version: row.text(4),
        document: unpack(packed)?,
    })
}

fn block(index: usize) -> Option<&'static [u8]> {
    let slot = INFLATED.get(index)?;
    if let Some(ready) = slot.get() {
        return Some(ready);
    }
    let row = BLOCKS.row(index)?;
    let start = row.word(0) as usize;
    let deflated = DOCUMENTS.get(start..start.checked_add(row.word(4) as usize)?)?;
    let inflated = miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, row.word(8) as usize).ok()?;
    Some(slot.get_or_init(|| inflated))
}

/// The document: every marked action written out.
fn unpack(packed: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(packed.len() * 2);
    let mut rest = packed;
    while let Some(mark) = rest.iter().position(|&byte| byte == ACTION) {
        let (before, marked) = rest.split_at_checked(mark)?;
        let (&[_, high, low], after) = marked.split_first_chunk::<3>()?;
        let action = actions::action(ActionId(u16::from_be_bytes([high, low])))?;
        text.push_str(std::str::from_utf8(before).ok()?);
        for part in ["\"", action.service, ":", action.name, "\""] {
            text.push_str(part);
        }
        rest = after;
    }
    text.push_str(std::str::from_utf8(rest).ok()?);
    Some(text)
}
