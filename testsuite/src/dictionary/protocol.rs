//! Numbers and marks of NDR, DCE/RPC, captures and buffers.

use dcerpc_proto::auth::{AuthLevel, AuthType};
use dcerpc_proto::header::{Header, PacketType, PfcFlags};
use dcerpc_proto::syntax::BindFeatures;
use dcerpc_proto::{FormatLabel, SyntaxId, status, verification};

use super::DictionaryEntry as Entry;

/// Counts that someone may compute with: around 0, around 2³¹, and at the end.
const COUNTS: [u32; 8] = [0, 1, 2, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, u32::MAX];

/// 32 bits in both byte orders; 64 bits if it takes them; none if it takes more.
pub(super) fn number(name: &str, value: i128) -> Vec<Entry> {
    let long = |octets: [u8; 8]| octets.to_vec();
    let (little, big) = if let Ok(value) = u32::try_from(value) {
        (value.to_le_bytes().to_vec(), value.to_be_bytes().to_vec())
    } else if let Ok(value) = i32::try_from(value) {
        (value.to_le_bytes().to_vec(), value.to_be_bytes().to_vec())
    } else if let Ok(value) = u64::try_from(value) {
        (long(value.to_le_bytes()), long(value.to_be_bytes()))
    } else {
        return Vec::new();
    };
    vec![Entry::new(name, little), Entry::new(&format!("{name}_big"), big)]
}

/// Counts in 32 bits and both byte orders, and in 64 bits.
pub(super) fn numbers() -> Vec<Entry> {
    let counts = COUNTS.iter().flat_map(|count| {
        let long = Entry::new("count_64", u64::from(*count).to_le_bytes());
        number("count", i128::from(*count)).into_iter().chain([long])
    });
    // What fits 64 bits and no 32, and what a sum or a product wraps at.
    let long = [1_u64 << 32, (1 << 32) | 1, 1 << 61, 1 << 62, 1 << 63, u64::MAX];
    counts.chain(long.map(|count| Entry::new("count_64", count.to_le_bytes()))).collect()
}

/// Referents, strings and handles as stubs hold them.
pub(super) fn ndr() -> Vec<Entry> {
    let referents = (0_u32..4).map(|index| 0x0002_0000 | (index << 2));
    let referents = referents.flat_map(|referent| {
        let long = Entry::new("referent_64", u64::from(referent).to_le_bytes());
        number("referent", i128::from(referent)).into_iter().chain([long])
    });
    let empty = |name, counts: [Vec<u8>; 3]| Entry::new(name, [&counts.concat()[..], &[0, 0]].concat());
    let strings = [
        empty("empty_string", [1_u32, 0, 1].map(|count| count.to_le_bytes().to_vec())),
        empty("empty_string_big", [1_u32, 0, 1].map(|count| count.to_be_bytes().to_vec())),
        empty("empty_string_64", [1_u64, 0, 1].map(|count| count.to_le_bytes().to_vec())),
    ];
    let terminator = Entry::new("terminator", [0, 0]);
    let handles = [Entry::new("null_handle", [0; 20]), Entry::new("gap", [0])];
    referents.chain(strings).chain([terminator]).chain(handles).collect()
}

/// Headers, syntaxes, flags and statuses of connection-oriented PDUs.
pub(super) fn pdus() -> Vec<Entry> {
    let mut entries = Vec::new();
    for packet_type in PacketType::ALL {
        let name = packet_type.name();
        for (label, order) in [(FormatLabel::LITTLE, ""), (FormatLabel::BIG, "_big")] {
            let flags = PfcFlags::WHOLE;
            let header = Header { packet_type, flags, label, frag_length: 24, auth_length: 0, call_id: 1 };
            let octets = header.encode();
            entries.push(Entry::new(&format!("{name}{order}"), octets));
            entries.push(Entry::new(&format!("start_{name}{order}"), [5, 0, packet_type.code(), 3]));
        }
        entries.push(Entry::new(&format!("type_{name}"), [packet_type.code()]));
    }
    entries.extend(syntaxes());
    entries.extend((0..8).map(|bit| Entry::new("flag", [1_u8 << bit])));
    entries.extend(statuses());
    entries.extend(protection());
    entries.extend([16_u16, 24, 1432, 5840, 0xFFFF].map(|length| Entry::new("length", length.to_le_bytes())));
    entries.extend([16_u16, 24, 1432, 5840].map(|length| Entry::new("length_big", length.to_be_bytes())));
    entries
}

/// The transfer syntaxes in the byte order of little-endian PDUs.
fn syntaxes() -> impl Iterator<Item = Entry> {
    let features = BindFeatures::from_bits_retain(3).to_syntax();
    [("ndr20", SyntaxId::NDR20), ("ndr64", SyntaxId::NDR64), ("features", features)]
        .into_iter()
        .map(|(name, syntax)| Entry::new(name, syntax_octets(syntax)))
}

fn syntax_octets(syntax: SyntaxId) -> Vec<u8> {
    let uuid = syntax.uuid;
    let [major, minor] = [syntax.major, syntax.minor].map(u16::to_le_bytes);
    let (first, second, third) =
        (uuid.data1.to_le_bytes(), uuid.data2.to_le_bytes(), uuid.data3.to_le_bytes());
    [&first[..], &second, &third, &uuid.data4, &major, &minor].concat()
}

fn statuses() -> impl Iterator<Item = Entry> {
    let statuses = [
        status::RPC_X_BAD_STUB_DATA,
        status::ERROR_ACCESS_DENIED,
        status::NCA_OP_RNG_ERROR,
        status::NCA_UNK_IF,
        status::NCA_PROTO_ERROR,
        status::NCA_SERVER_TOO_BUSY,
        status::NCA_S_FAULT_CANCEL,
    ];
    statuses.into_iter().flat_map(|status| number("status", i128::from(status)))
}

/// Security trailers and verification trailers (MS-RPCE 2.2.2.11, 2.2.2.13).
fn protection() -> Vec<Entry> {
    let mut entries = vec![Entry::new("verification", verification::SIGNATURE)];
    for kind in [AuthType::SPNEGO, AuthType::NTLM, AuthType::KERBEROS] {
        for level in [AuthLevel::CONNECT, AuthLevel::PKT_INTEGRITY, AuthLevel::PKT_PRIVACY] {
            entries.push(Entry::new("security", [kind.0, level.0, 0, 0]));
        }
    }
    // Commands 1 to 3, alone and as the last one.
    for command in [1_u16, 2, 3, 0x4001, 0x4002, 0x4003] {
        entries.push(Entry::new("command", command.to_le_bytes()));
    }
    entries
}

/// Blocks of pcapng, headers of pcap, link types, the beginnings of packets.
pub(super) fn captures() -> Vec<Entry> {
    let mut entries = Vec::new();
    let blocks =
        [("section", 0x0A0D_0D0A), ("interface", 1), ("simple", 3), ("names", 4), ("packet", 6), ("old", 2)];
    for (name, block) in blocks {
        entries.extend(number(&format!("block_{name}"), block));
    }
    entries.extend(number("order", 0x1A2B_3C4D));
    for magic in [0xA1B2_C3D4, 0xA1B2_3C4D] {
        entries.extend(number("pcap", magic));
    }
    // Ethernet, raw IP, loopback, Linux cooked captures.
    for link in [0_u16, 1, 101, 108, 113, 228, 229, 276] {
        entries.push(Entry::new("link", link.to_le_bytes()));
    }
    let plain: [(&str, &[u8]); 7] = [
        ("ipv4", &[0x08, 0x00, 0x45, 0x00]),
        ("ipv6", &[0x86, 0xDD, 0x60]),
        ("vlan", &[0x81, 0x00]),
        ("tcp", &[64, 6]),
        ("syn", &[0x50, 0x02]),
        ("fin", &[0x50, 0x11]),
        ("option_resolution", &[9, 0, 1, 0]),
    ];
    entries.extend(plain.map(|(name, octets)| Entry::new(name, octets)));
    entries
}

/// The floors of a protocol tower (C706 Appendix L).
pub(super) fn towers() -> Vec<Entry> {
    let floor = |protocol: u8| [&[1, 0, protocol], &[2, 0][..]].concat();
    let mut entries = vec![
        Entry::new("floors", [5, 0]),
        Entry::new("uuid_floor", [19, 0, 0x0D]),
        Entry::new("rpc_floor", floor(0x0B)),
        Entry::new("tcp_floor", floor(0x07)),
        Entry::new("pipe_floor", floor(0x0F)),
        Entry::new("ip_floor", [1, 0, 0x09, 4, 0]),
    ];
    entries.extend(syntaxes());
    entries
}

/// The syntaxes of property lists (MS-CMRP 2.2.2.3) and their beginnings.
pub(super) fn properties() -> Vec<Entry> {
    let formats = (0_u32..=0x0C).map(|format| 0x0001_0000 | format);
    let syntaxes = formats.chain([0x0004_0003]).map(|syntax| Entry::new("syntax", syntax.to_le_bytes()));
    let texts = ["Name", "Description", "SharedVolumes"];
    syntaxes.chain(texts.map(|text| Entry::new(text, wide(text)))).collect()
}

/// Commands and value types of lists of registry commands (MS-CMRP 2.2.3.13).
pub(super) fn registry() -> Vec<Entry> {
    let commands = (0_u32..10).map(|command| Entry::new("command", command.to_le_bytes()));
    let types = (0_u16..12).map(|kind| Entry::new("type", kind.to_le_bytes()));
    let names = ["Software", "\\", "\0"].map(|text| Entry::new(text, wide(text)));
    commands.chain(types).chain(names).chain(numbers()).collect()
}

/// Parts of security descriptors (MS-DTYP 2.4).
pub(super) fn security() -> Vec<Entry> {
    let plain: [(&str, &[u8]); 10] = [
        ("self_relative", &[1, 0, 0x04, 0x80]),
        ("self_relative_sacl", &[1, 0, 0x14, 0x80]),
        ("sid_system", &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]),
        ("sid_administrators", &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]),
        ("sid_everyone", &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
        ("longest_sid", &[1, 15]),
        ("acl", &[2, 0, 28, 0, 1, 0, 0, 0]),
        ("acl_ds", &[4, 0, 28, 0, 1, 0, 0, 0]),
        ("allow", &[0, 0, 20, 0]),
        ("audit", &[2, 0, 20, 0]),
    ];
    let offsets = [0_u32, 20, 32, 36, 48, 0xFFFF].map(|offset| Entry::new("offset", offset.to_le_bytes()));
    plain.map(|(name, octets)| Entry::new(name, octets)).into_iter().chain(offsets).collect()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
