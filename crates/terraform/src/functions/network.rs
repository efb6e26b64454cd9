//! [IP network functions](https://developer.hashicorp.com/terraform/language/functions/cidrsubnet).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::call::{Call, Outcome, Stop};

/// An address block: the address bits at the low end.
#[derive(Clone, Copy)]
struct Block {
    address: u128,
    prefix: u32,
    /// 32 or 128.
    bits: u32,
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = prefix
            .parse()
            .ok()
            .filter(|_| prefix.bytes().all(|b| b.is_ascii_digit()))?;
        let (address, bits) = match parse_v4(address) {
            Some(address) => (address.into(), 32),
            None => {
                let address: Ipv6Addr = address.parse().ok()?;
                match address.to_ipv4_mapped() {
                    // Go reads such an address as the one of version 4 that it maps.
                    Some(v4) => return Self::checked(u32::from(v4).into(), prefix.checked_sub(96)?, 32),
                    None => (u128::from(address), 128),
                }
            }
        };
        Self::checked(address, prefix, bits)
    }

    fn checked(address: u128, prefix: u32, bits: u32) -> Option<Self> {
        (prefix <= bits).then(|| Self { address, prefix, bits }.masked())
    }

    const fn host_bits(self) -> u32 {
        self.bits - self.prefix
    }

    /// The first address of the block.
    fn masked(self) -> Self {
        let address = self.address >> self.host_bits().min(127) >> u32::from(self.host_bits() == 128);
        let address = if self.host_bits() >= 128 {
            0
        } else {
            address << self.host_bits()
        };
        Self { address, ..self }
    }

    fn address(self) -> String {
        match u32::try_from(self.address) {
            Ok(v4) if self.bits == 32 => Ipv4Addr::from(v4).to_string(),
            _ => Ipv6Addr::from(self.address).to_string(),
        }
    }

    fn write(self) -> String {
        format!("{}/{}", self.address(), self.prefix)
    }
}

/// Four decimal numbers; leading zeros are allowed, as Terraform still does.
fn parse_v4(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != 4 {
        return None;
    }
    parts.iter().try_fold(0u32, |n, part| {
        let digits = !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        let byte: u8 = part.parse::<u32>().ok().filter(|_| digits)?.try_into().ok()?;
        Some(n << 8 | u32::from(byte))
    })
}

fn block(c: &Call<'_>, i: usize) -> Result<Block, Stop> {
    match Block::parse(&c.letters(i)?) {
        Some(block) => Ok(block),
        None => c.error_at(i, "the text is not a CIDR block"),
    }
}

/// A whole number of up to 127 bits.
fn wide(c: &Call<'_>, i: usize) -> Result<i128, Stop> {
    match c.number(i)?.to_i128() {
        Some(n) => Ok(n),
        None => c.error_at(i, "a whole number is required"),
    }
}

/// True iff `n` can be written in `bits` bits.
const fn fits(n: u128, bits: u32) -> bool {
    bits >= 128 || n >> bits == 0
}

pub(super) fn cidrhost(c: &Call<'_>) -> Outcome {
    let (block, number) = (block(c, 0)?, wide(c, 1)?);
    let size = number.unsigned_abs();
    // Counted from the end, the last address is -1.
    let needed = if number < 0 { size - 1 } else { size };
    if !fits(needed, block.host_bits()) {
        return c.error_at(1, format!("the block has no host number {number}"));
    }
    let last = if block.host_bits() >= 128 {
        u128::MAX
    } else {
        (1 << block.host_bits()) - 1
    };
    let host = if number < 0 { last - needed } else { size };
    let address = block.address | host;
    c.of_letters(&Block { address, ..block }.address())
}

pub(super) fn cidrnetmask(c: &Call<'_>) -> Outcome {
    let block = block(c, 0)?;
    if block.bits != 32 {
        return c.error_at(0, "a netmask exists only for IPv4");
    }
    let mask = u64::from(u32::MAX) << (32 - block.prefix);
    let mask = u32::try_from(mask & u64::from(u32::MAX)).unwrap_or(0);
    c.of_letters(&Ipv4Addr::from(mask).to_string())
}

pub(super) fn cidrsubnet(c: &Call<'_>) -> Outcome {
    let (block, bits, number) = (block(c, 0)?, c.whole(1)?, wide(c, 2)?);
    let Some(bits) = u32::try_from(bits).ok().filter(|b| *b <= block.host_bits()) else {
        return c.error_at(1, "the block has too little space");
    };
    let Some(number) = u128::try_from(number).ok().filter(|n| fits(*n, bits)) else {
        return c.error_at(2, format!("{bits} bits have no number {number}"));
    };
    let prefix = block.prefix + bits;
    let shift = block.bits - prefix;
    let address = block.address | if shift >= 128 { 0 } else { number << shift };
    c.of_letters(
        &Block {
            address,
            prefix,
            ..block
        }
        .write(),
    )
}

/// Consecutive blocks, each as far as its prefix needs it.
pub(super) fn cidrsubnets(c: &Call<'_>) -> Outcome {
    let block = block(c, 0)?;
    let mut items = Vec::new();
    // The first address that is free, as an offset; `None` once the last one was used.
    let mut free: Option<u128> = Some(0);
    for i in 1..c.args.len() {
        let bits = c.whole(i)?;
        let Some(bits) = u32::try_from(bits).ok().filter(|b| (1..=32).contains(b)) else {
            return c.error_at(i, "a prefix is extended by 1 to 32 bits");
        };
        if bits > block.host_bits() {
            return c.error_at(i, "the block has too little space");
        }
        let prefix = block.prefix + bits;
        let size = 1u128 << (block.bits - prefix);
        let start = free.and_then(|f| f.checked_next_multiple_of(size));
        let Some(start) = start.filter(|s| fits(*s, block.host_bits())) else {
            return c.error_at(i, "the block has too little space left");
        };
        free = start.checked_add(size);
        let address = block.address | start;
        let subnet = Block {
            address,
            prefix,
            ..block
        };
        items.push(c.of_letters(&subnet.write())?);
    }
    c.of_list(items, None)
}
