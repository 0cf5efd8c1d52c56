//! What the tests of the command share: running it, and captures made to measure.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    dead_code,
    reason = "all numbers are small, an overflow fails the test, and no test file uses everything"
)]

pub(crate) mod network;
pub(crate) mod talk;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The command, with an environment that does not colour.
pub(crate) fn cmrp() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmrp"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "TERM"] {
        command.env_remove(name);
    }
    command
}

/// Runs `cmrp dissect` with these arguments.
pub(crate) fn dissect(arguments: &[&str]) -> Output {
    cmrp().arg("dissect").args(arguments).output().unwrap()
}

/// What `cmrp dissect --json` lists of a capture.
pub(crate) fn messages(capture: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = dissect(&[&["--json", capture.to_str().unwrap()], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    lines(&output)
}

/// The objects that a run has printed.
pub(crate) fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A capture that is part of the project.
pub(crate) fn sample(name: &str) -> PathBuf {
    root().join("samples").join(name)
}

/// Link types as registered at tcpdump.org.
pub(crate) mod link {
    pub(crate) const NULL: u32 = 0;
    pub(crate) const ETHERNET: u32 = 1;
    pub(crate) const RAW: u32 = 101;
    pub(crate) const LOOP: u32 = 108;
    pub(crate) const SLL: u32 = 113;
    pub(crate) const SLL2: u32 = 276;
}

/// A pcap file: little-endian, microseconds, one millisecond from frame to frame.
pub(crate) fn pcap<'a>(link: u32, frames: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend(2_u16.to_le_bytes());
    file.extend(4_u16.to_le_bytes());
    for word in [0, 0, 65_535, link] {
        file.extend(word.to_le_bytes());
    }
    for (number, frame) in (1_u32..).zip(frames) {
        let length = frame.len() as u32;
        for word in [1_700_000_000, number * 1000, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// A pcapng file of one section and one interface, in the byte order asked for. `resolution` is `if_tsresol`, and
/// times are the units given.
pub(crate) fn pcapng(
    big_endian: bool,
    link: u16,
    resolution: u8,
    offset: i64,
    frames: &[(u64, &[u8])],
) -> Vec<u8> {
    let word = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let half = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let block = |kind: u32, body: &[u8]| {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = word((body.len() + padding + 12) as u32);
        [&word(kind)[..], &length, body, &vec![0; padding], &length].concat()
    };
    let offset = if big_endian { offset.to_be_bytes() } else { offset.to_le_bytes() };
    let header = [&word(0x1a2b_3c4d)[..], &half(1), &half(0), &[0xff; 8]].concat();
    let options =
        [&half(9)[..], &half(1), &[resolution, 0, 0, 0], &half(14), &half(8), &offset, &[0; 4]].concat();
    let interface = [&half(link)[..], &[0; 6], &options].concat();
    let mut file = [block(0x0a0d_0d0a, &header), block(1, &interface)].concat();
    for (time, frame) in frames {
        let length = word(frame.len() as u32);
        let times = [word((time >> 32) as u32), word(*time as u32)].concat();
        file.extend(block(6, &[&[0; 4][..], &times, &length, &length, frame].concat()));
    }
    file
}

/// A file with these octets, which goes away with the test.
pub(crate) fn file(octets: &[u8]) -> tempfile::TempPath {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, octets).unwrap();
    file.into_temp_path()
}
