//! The dictionaries of fuzz targets.

use std::collections::BTreeSet;

use cmrp::{clusapi2, clusapi3};
use cmrp_testsuite::dictionary::{self, DictionaryEntry};
use cmrp_testsuite::oracle::TARGETS;

/// Targets whose oracles other packages have.
const OTHERS: [&str; 4] = ["differential", "capture", "port_server", "port_client"];

/// Reads a line as libFuzzer does: what is before the first quotation mark does not matter.
fn read(line: &str) -> Vec<u8> {
    let quoted = line.split_once('"').expect("a quotation mark").1.strip_suffix('"').expect("another one");
    let mut octets = Vec::new();
    let mut rest = quoted.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        (octets, rest) = match (first, behind) {
            (b'\\', [b'x', digits @ ..]) => {
                let digits = std::str::from_utf8(&digits[..2]).unwrap();
                octets.push(u8::from_str_radix(digits, 16).unwrap());
                (octets, &behind[3..])
            }
            (b'\\', [escaped @ (b'\\' | b'"'), behind @ ..]) => {
                octets.push(*escaped);
                (octets, behind)
            }
            (octet, behind) => {
                assert!(!b"\\\"".contains(octet), "{line} has a mark that is not escaped");
                octets.push(*octet);
                (octets, behind)
            }
        };
    }
    octets
}

#[test]
fn dictionaries_read_back_as_their_words() {
    for target in TARGETS.iter().chain(&OTHERS) {
        let (text, entries) = (dictionary::of(target), dictionary::entries(target));
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), entries.len(), "{target}");
        for (line, DictionaryEntry { name, octets }) in lines.iter().zip(&entries) {
            assert!(line.starts_with(&format!("{name}=\"")) && line.is_ascii(), "{line}");
            assert_eq!(read(line), *octets, "{line}");
        }
        assert_eq!(text, dictionary::of(target), "the words of {target} change");
    }
}

#[test]
fn words_are_few_short_and_different() {
    for target in TARGETS.iter().chain(&OTHERS) {
        let entries = dictionary::entries(target);
        assert_eq!(entries.is_empty(), *target == "empty", "{target}");
        assert!(entries.len() <= 600, "{target} has {} words", entries.len());
        assert!(entries.iter().all(|entry| (1..=64).contains(&entry.octets.len())), "{target}");
        let octets: BTreeSet<&[u8]> = entries.iter().map(|entry| entry.octets.as_slice()).collect();
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!((octets.len(), names.len()), (entries.len(), entries.len()), "{target}");
    }
}

#[track_caller]
fn have(target: &str, words: &[&[u8]]) {
    let entries = dictionary::entries(target);
    for word in words {
        assert!(entries.iter().any(|entry| entry.octets == *word), "{target}: {word:02x?}");
    }
}

/// The interface is `b97db8b2-4c63-11cf-bff6-08002be23f2f`.
#[test]
fn interfaces_have_their_syntaxes_opnums_and_numbers() {
    let uuid = [0xB2, 0xB8, 0x7D, 0xB9, 0x63, 0x4C, 0xCF, 0x11, 0xBF, 0xF6, 8, 0, 0x2B, 0xE2, 0x3F, 0x2F];
    let syntax = |major| [&uuid[..], &[major, 0, 0, 0]].concat();
    for (target, major, names) in
        [("clusapi2", 2, &clusapi2::OPERATION_NAMES[..]), ("clusapi3", 3, &clusapi3::OPERATION_NAMES[..])]
    {
        let opnums: Vec<[u8; 2]> = (0..u16::try_from(names.len()).unwrap()).map(u16::to_le_bytes).collect();
        have(target, &opnums.iter().map(<[u8; 2]>::as_slice).collect::<Vec<_>>());
        have(target, &[&uuid, &syntax(major)]);
    }
    // NetworkCount is in 0 to 1000; a change of a property of a node is 8.
    for number in [1000_u32, 1001, 8, 0x7FFF_FFFF, 0x8000_0000, u32::MAX] {
        have("clusapi3", &[&number.to_le_bytes(), &number.to_be_bytes()]);
    }
    // The enumeration of an identifier is 16 bits wide in NDR.
    have("constructs", &[&5000_u16.to_be_bytes()]);
}

#[test]
fn other_targets_have_the_words_of_their_languages() {
    have("pdu", &[&[5, 0, 11, 3]]);
    have("capture", &[&[0x0A, 0x0D, 0x0D, 0x0A]]);
    have("idl", &[b"size_is(n)"]);
    have("json", &[b"\"lpszResourceName\":"]);
    have("definition", &[b"[[groups.resources]]"]);
    have("change", &[b"\"node_down\""]);
}
