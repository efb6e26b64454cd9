//! Bounds that keep hostile input from exhausting time or memory. Reaching one is a diagnostic, never a crash.

/// Largest file that is read, in bytes. Larger files are named in coverage.
pub const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Deepest nesting of lists and maps in JSON and YAML.
pub const NESTING: usize = 128;
/// Most instances that one `count` or `for_each` is expanded to.
pub const INSTANCES: usize = 4_096;
/// Deepest nesting of module calls or nested stacks.
pub const MODULE_DEPTH: usize = 32;
/// Longest text an evaluation may build, in bytes.
pub const TEXT_BYTES: usize = 16 * 1024 * 1024;
/// Most elements that one evaluated list or map may hold.
pub const ELEMENTS: usize = 1_000_000;
