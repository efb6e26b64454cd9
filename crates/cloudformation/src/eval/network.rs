//! [`Fn::Cidr`](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html)
//! of IPv4 blocks.

use std::net::Ipv4Addr;

use rolecall_source::{Span, Value};

use super::choice::{WORLDS, lift};
use crate::stack::Stack;

impl Stack<'_> {
    pub(super) fn cidr(&self, argument: &Value, span: Span) -> Value {
        let Some([block, count, rest @ ..]) = self.arguments(argument, 2) else {
            return self.malformed("Fn::Cidr", span);
        };
        let mut args = vec![self.eval(block), self.eval(count)];
        args.extend(rest.first().map(|bits| self.eval(bits)));
        lift(&args, WORLDS, &mut |args| {
            let letters: Option<Vec<String>> = args
                .iter()
                .map(|a| a.to_text().and_then(|t| t.as_str().map(str::to_owned)))
                .collect();
            let blocks = letters.as_deref().and_then(|l| match l {
                [block, count] => blocks(block, count, "8"),
                [block, count, bits] => blocks(block, count, bits),
                _ => None,
            });
            match blocks {
                Some(blocks) => Value::list(blocks.iter().map(|b| Value::string(b, span)).collect(), span),
                None => self.unknown("Fn::Cidr", "depends on an address block that is not known", span),
            }
        })
    }
}

/// `count` blocks of `2^bits` addresses from the start of `block`; the count is at most 256.
fn blocks(block: &str, count: &str, bits: &str) -> Option<Vec<String>> {
    let (address, _) = block.split_once('/')?;
    let start = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let (count, bits) = (count.parse::<u32>().ok()?, bits.parse::<u32>().ok()?);
    if count > 256 || bits > 31 {
        return None;
    }
    (0..count)
        .map(|i| {
            let address = start.checked_add(i.checked_mul(1_u32.checked_shl(bits)?)?)?;
            Some(format!("{}/{}", Ipv4Addr::from(address), 32 - bits))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn blocks_follow_each_other() {
        let blocks = super::blocks("192.168.0.0/24", "3", "5").unwrap();
        assert_eq!(blocks, ["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27"]);
        assert!(super::blocks("255.255.255.0/24", "9", "30").is_none());
    }
}
