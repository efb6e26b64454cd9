//! Packs the AWS-managed policies: blocks of documents whose actions are replaced by their index, deflated.

use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec;

use crate::catalog::model::Model;
use crate::catalog::pack::Files;
use crate::catalog::strings::Strings;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A block is closed when it would grow over this. Small enough that one look-up inflates little.
const BLOCK: usize = 64 * 1024;

/// Where a document stands: block, start, length.
struct Place(u16, u32, u32);

pub(crate) fn pack(model: &Model, strings: &Strings, actions: &BTreeMap<String, u16>, files: &mut Files) -> Result<()> {
    // Neighbours by name resemble each other, whatever their path.
    let mut order: Vec<(usize, &str)> = model
        .policies
        .iter()
        .map(|policy| policy.arn.rsplit('/').next().unwrap_or_default())
        .enumerate()
        .collect();
    order.sort_by_key(|&(_, name)| name);
    let spelling = spelling(model, actions);
    let mut blocks: Vec<Vec<u8>> = vec![Vec::new()];
    let mut places = BTreeMap::new();
    for (index, _) in order {
        let Some(policy) = model.policies.get(index) else {
            continue;
        };
        let packed = document(&policy.document, &spelling)?;
        if blocks
            .last()
            .is_some_and(|block| block.len() + packed.len() > BLOCK && !block.is_empty())
        {
            blocks.push(Vec::new());
        }
        let number = u16::try_from(blocks.len() - 1)?;
        if let Some(block) = blocks.last_mut() {
            places.insert(
                index,
                Place(number, u32::try_from(block.len())?, u32::try_from(packed.len())?),
            );
            block.extend(packed);
        }
    }
    write_blocks(&blocks, files)?;
    let mut rows = Vec::new();
    for (policy, Place(block, start, length)) in model.policies.iter().zip(places.values()) {
        rows.extend(strings.reference(&policy.arn)?);
        rows.extend(strings.reference(&policy.version)?);
        rows.extend(block.to_le_bytes());
        rows.extend(start.to_le_bytes());
        rows.extend(length.to_le_bytes());
    }
    files.insert("policies.bin", rows);
    Ok(())
}

/// Action ids by `service:Name` as AWS spells it.
fn spelling(model: &Model, actions: &BTreeMap<String, u16>) -> BTreeMap<String, u16> {
    let mut spelled = BTreeMap::new();
    for (prefix, service) in &model.services {
        for (lower, action) in &service.actions {
            if let Some(&id) = actions.get(&format!("{prefix}:{lower}")) {
                spelled.insert(format!("{prefix}:{}", action.name), id);
            }
        }
    }
    spelled
}

fn write_blocks(blocks: &[Vec<u8>], files: &mut Files) -> Result<()> {
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    for block in blocks {
        let deflated = compress_to_vec(block, 10);
        for number in [documents.len(), deflated.len(), block.len()] {
            rows.extend(u32::try_from(number)?.to_le_bytes());
        }
        documents.extend(deflated);
    }
    files.insert("policy_blocks.bin", rows);
    files.insert("policy_documents.bin", documents);
    Ok(())
}

/// The document as compact ASCII JSON, each string that is an action replaced by 0x01 and its index.
fn document(value: &serde_json::Value, actions: &BTreeMap<String, u16>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    write(value, actions, &mut out)?;
    Ok(out)
}

fn write(value: &serde_json::Value, actions: &BTreeMap<String, u16>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        serde_json::Value::String(text) => string(text, actions.get(text), out)?,
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                out.push(if index == 0 { b'[' } else { b',' });
                write(item, actions, out)?;
            }
            out.extend(if items.is_empty() { "[]" } else { "]" }.bytes());
        }
        serde_json::Value::Object(members) => {
            for (index, (key, member)) in members.iter().enumerate() {
                out.push(if index == 0 { b'{' } else { b',' });
                string(key, None, out)?;
                out.push(b':');
                write(member, actions, out)?;
            }
            out.extend(if members.is_empty() { "{}" } else { "}" }.bytes());
        }
        plain => out.extend(plain.to_string().bytes()),
    }
    Ok(())
}

fn string(text: &str, action: Option<&u16>, out: &mut Vec<u8>) -> Result<()> {
    if let Some(id) = action {
        out.push(1);
        out.extend(id.to_be_bytes());
        return Ok(());
    }
    for c in serde_json::to_string(text)?.chars() {
        if c.is_ascii() {
            out.extend(c.to_string().bytes());
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.extend(format!("\\u{unit:04x}").bytes());
            }
        }
    }
    Ok(())
}
