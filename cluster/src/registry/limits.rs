//! How much the registry holds, and which attack each limit stops.

/// Names of a path, at most: as many levels as Windows creates at once. Deeper trees would make every walk through
/// them a deep recursion.
pub const MAX_DEPTH: usize = 32;
/// UTF-16 units of the name of a key, at most (MS-RRP 3.1.1.1).
pub const MAX_KEY_NAME: usize = 255;
/// UTF-16 units of the name of a value, at most (MS-RRP 3.1.1.1).
pub const MAX_VALUE_NAME: usize = 16_383;
/// Octets of the data of a value, at most: what one answer may carry.
pub const MAX_VALUE: usize = 1 << 20;
/// Octets of a security descriptor, at most: the header, two identifiers with 15 subauthorities each and two access
/// control lists of 64 KiB (MS-DTYP 2.4.2.2, 2.4.5, 2.4.6). So none that is put together of parts is larger.
pub const MAX_SECURITY: usize = 20 + 2 * 68 + (2 << 16);
/// Values of one key, at most: enumerating them takes a step for each.
pub const MAX_VALUES: usize = 4096;
/// Keys of the registry, at most, the root key included: a client must not fill the memory of the server.
pub const MAX_KEYS: usize = 20_000;
/// Octets of names, data and security descriptors of the registry, at most, for the same reason.
pub const MAX_OCTETS: usize = 32 << 20;
