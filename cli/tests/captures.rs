//! Capture files of every kind, whole and damaged.
#![cfg(test)]
#![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use support::talk::{Layer, Talk, capture};

fn frames() -> Vec<Vec<u8>> {
    let mut talk = Talk::bound(50_000, 1);
    (2..12).for_each(|call_id| talk.get_notify(call_id));
    talk.segments.iter().map(|segment| segment.frame(Layer::Ethernet)).collect()
}

/// Frames at 2023-11-14 22:13:20 UTC and some nanoseconds, in the unit asked for.
fn timed(frames: &[Vec<u8>], units_per_second: u64, fraction: u64) -> Vec<(u64, &[u8])> {
    let time = 1_700_000_000 * units_per_second + fraction;
    frames.iter().map(|frame| (time, frame.as_slice())).collect()
}

fn times(octets: &[u8]) -> Vec<Value> {
    let messages = support::messages(&support::file(octets), &[]);
    assert_eq!(messages.len(), 20);
    let mut times: Vec<Value> = messages.into_iter().map(|mut message| message["time"].take()).collect();
    times.dedup();
    times
}

#[test]
fn times_of_any_resolution() {
    let frames = frames();
    let in_unit = |units: u64, fraction: u64| timed(&frames, units, fraction);
    for big_endian in [false, true] {
        let file =
            |resolution, offset, frames: &[_]| support::pcapng(big_endian, 1, resolution, offset, frames);
        let micro = file(6, 0, &in_unit(1_000_000, 123_456));
        assert_eq!(times(&micro), ["2023-11-14T22:13:20.123456000Z"]);
        let nano = file(9, 0, &in_unit(1_000_000_000, 123_456_789));
        assert_eq!(times(&nano), ["2023-11-14T22:13:20.123456789Z"]);
        let binary = file(0x80 | 0x0a, 0, &in_unit(1024, 512));
        assert_eq!(times(&binary), ["2023-11-14T22:13:20.500000000Z"]);
        let seconds = file(0, -3600, &in_unit(1, 0));
        assert_eq!(times(&seconds), ["2023-11-14T21:13:20.000000000Z"]);
        let absurd = file(0x7f, 0, &in_unit(1, 0));
        assert_eq!(times(&absurd), ["1970-01-01T00:00:00.000000000Z"]);
    }
}

#[test]
fn legacy_captures_of_both_byte_orders_and_units() {
    let frames = frames();
    let little = support::pcap(1, frames.iter().map(Vec::as_slice));
    let expected = support::messages(&support::file(&little), &[]);
    assert_eq!(expected[0]["time"], json!("2023-11-14T22:13:20.005000000Z"));

    let mut nano = little.clone();
    nano[..4].copy_from_slice(&0xa1b2_3c4d_u32.to_le_bytes());
    let first = support::messages(&support::file(&nano), &[]).swap_remove(0);
    assert_eq!(first["time"], json!("2023-11-14T22:13:20.000005000Z"));

    let mut big = little;
    let mut at = 24;
    big[..4].reverse();
    for field in [4..6, 6..8, 8..12, 12..16, 16..20, 20..24] {
        big[field].reverse();
    }
    while at < big.len() {
        let length = usize::from(big[at + 8]) | usize::from(big[at + 9]) << 8;
        for field in 0..4 {
            big[at + field * 4..at + field * 4 + 4].reverse();
        }
        at += 16 + length;
    }
    assert_eq!(support::messages(&support::file(&big), &[]), expected);
}

/// Runs `cmrp dissect --json -` with these octets on a pipe.
fn piped(octets: &[u8]) -> Output {
    let mut child = support::cmrp()
        .args(["dissect", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses the capture does not read all of it.
    let _ = child.stdin.take().unwrap().write_all(octets);
    child.wait_with_output().unwrap()
}

#[test]
fn standard_input_is_a_file_too() {
    let octets = support::pcap(1, frames().iter().map(Vec::as_slice));
    assert_eq!(support::lines(&piped(&octets)).len(), 20);
}

/// A little-endian pcapng block.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = body.len().next_multiple_of(4) - body.len();
    let length = u32::try_from(body.len() + padding + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, &vec![0; padding], &length].concat()
}

/// The calls of [`frames`] with further blocks before them, behind section header and interface.
fn with_blocks(blocks: &[Vec<u8>]) -> Vec<u8> {
    let frames = frames();
    let start = support::pcapng(false, 1, 6, 0, &[]);
    let whole = support::pcapng(false, 1, 6, 0, &timed(&frames, 1_000_000, 0));
    [&whole[..start.len()], &blocks.concat(), &whole[start.len()..]].concat()
}

#[test]
fn large_blocks_are_read_from_files_and_pipes() {
    for size in [300_000, 600_000, 3 << 20, 15 << 20] {
        let capture = with_blocks(&[block(0x0bad, &vec![0; size])]);
        assert_eq!(support::messages(&support::file(&capture), &[]).len(), 20, "{size}");
        let output = piped(&capture);
        assert_eq!(support::lines(&output).len(), 20, "{size}: {}", support::stderr(&output));
    }
    let capture = with_blocks(&[block(0x0bad, &vec![0; 17 << 20])]);
    for output in [piped(&capture), support::dissect(&[support::file(&capture).to_str().unwrap()])] {
        assert_eq!(output.status.code(), Some(1));
        assert!(support::stderr(&output).contains("larger than any tool writes"));
    }
}

/// An enhanced packet block: interface, and how much longer the frame was than what was captured.
fn packet(interface: u32, more: u32, frame: &[u8]) -> Vec<u8> {
    let captured = u32::try_from(frame.len()).unwrap();
    let words = [interface, 0, 0, captured, captured + more].map(u32::to_le_bytes).concat();
    block(6, &[&words, frame].concat())
}

#[test]
fn a_frame_on_an_interface_that_is_not_described_is_damage() {
    let frames = frames();
    let capture =
        with_blocks(&[packet(0, 0, &frames[0]), packet(7, 0, &frames[1]), packet(8, 0, &frames[2])]);
    let output = support::dissect(&["--json", support::file(&capture).to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(support::lines(&output).len(), 20);
    let errors = support::stderr(&output);
    assert_eq!(errors.matches("cmrp: ").count(), 1, "{errors}");
    assert!(errors.contains("it does not describe interface 7 of frame 2, which is skipped"), "{errors}");
    assert!(
        errors.contains("2  frames skipped: on interfaces that the capture does not describe"),
        "{errors}"
    );
}

#[test]
fn a_simple_packet_before_any_interface_is_damage() {
    let whole = support::pcapng(false, 1, 6, 0, &[]);
    // The section header has 28 octets.
    let simple = block(3, &[&60_u32.to_le_bytes()[..], &[0; 60]].concat());
    let capture = [&whole[..28], &simple, &whole[28..]].concat();
    let output = support::dissect(&[support::file(&capture).to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(support::stderr(&output).contains("does not describe interface 0 of frame 1"));
    assert!(support::stdout(&output).contains("1  frames skipped: on interfaces that"));
}

#[test]
fn frames_that_can_not_be_read_are_counted() {
    let obsolete = block(2, &[0; 20]);
    let interface = block(1, &[1, 0, 0, 0, 0, 0, 0, 0]);
    let interfaces = interface.repeat(65_536);
    let capture = with_blocks(&[obsolete.clone(), interfaces, packet(65_536, 0, &[0; 60]), obsolete]);
    let output = support::dissect(&[support::file(&capture).to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", support::stderr(&output));
    let text = support::stdout(&output);
    assert!(text.contains("10 calls in 24 frames"), "{text}");
    assert!(text.contains("2  frames skipped: in packet blocks of an obsolete kind"), "{text}");
    assert!(text.contains("1  frames skipped: on too many interfaces"), "{text}");
}

#[test]
fn frames_cut_by_a_snap_length_are_counted() {
    let frames = frames();
    let note = "frames captured in part: their ends are cut off";
    let words = |words: [u32; 4]| words.map(u32::to_le_bytes).concat();
    let mut legacy = support::pcap(1, []);
    for frame in &frames {
        let length = u32::try_from(frame.len()).unwrap();
        legacy.extend(words([0, 0, 60, length]));
        legacy.extend(&frame[..60]);
    }
    let start = support::pcapng(false, 1, 6, 0, &[]);
    let cut = |frame: &Vec<u8>| packet(0, u32::try_from(frame.len() - 60).unwrap(), &frame[..60]);
    let enhanced = [start.clone(), frames.iter().flat_map(cut).collect()].concat();
    let mut simple = start;
    // The snap length, behind the section header, the block's head, and link type.
    simple[28 + 12] = 61;
    for frame in &frames {
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        let captured = &frame[..frame.len().min(61)];
        simple.extend(block(3, &[&length, captured].concat()));
    }
    for capture in [legacy, enhanced, simple] {
        let output = support::dissect(&[support::file(&capture).to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0));
        let text = support::stdout(&output);
        let long = frames.iter().filter(|frame| frame.len() > 61).count();
        assert!(long > 10 && text.contains(&format!("{long}  {note}")), "{text}");
    }
    assert!(
        !support::stdout(&support::dissect(&[support::file(&with_blocks(&[])).to_str().unwrap()]))
            .contains(note)
    );
}

#[test]
fn a_simple_packet_ends_where_the_snap_length_ends_it() {
    let frames = frames();
    let mut capture = support::pcapng(false, 1, 6, 0, &[]);
    let snap = frames[5].len() - 1;
    capture[28 + 12] = u8::try_from(snap).unwrap();
    for frame in &frames[..6] {
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        let captured = &frame[..frame.len().min(snap)];
        capture.extend(block(3, &[&length, captured].concat()));
    }
    // The end of the response is cut off; the padding of its block is no part of it.
    let messages = support::messages(&support::file(&capture), &["--assume", "clusapi3"]);
    let directions: Vec<&Value> = messages.iter().map(|message| &message["direction"]).collect();
    assert_eq!(directions, ["request"]);
}

#[test]
fn a_bind_that_was_cut_off_is_no_bind_before_the_capture() {
    let frames = frames();
    let mut capture = support::pcapng(false, 1, 6, 0, &[]);
    for (index, frame) in frames.iter().enumerate() {
        let captured = if (2..4).contains(&index) { 80 } else { frame.len() };
        capture.extend(packet(0, u32::try_from(frame.len() - captured).unwrap(), &frame[..captured]));
    }
    let output = support::dissect(&[support::file(&capture).to_str().unwrap()]);
    let text = support::stdout(&output);
    assert!(text.contains("2  frames captured in part"), "{text}");
    let note = "10  calls of an unknown interface, whose bind is not in the capture or cut off: see --assume";
    assert!(text.contains(note), "{text}");
}

#[test]
fn what_can_not_be_read_says_why() {
    let output = support::dissect(&[std::env::temp_dir().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let error = support::stderr(&output);
    assert!(error.ends_with("the capture can't be read: Is a directory (os error 21)\n"), "{error}");
    assert_eq!(support::stdout(&output), "");
    let output = support::dissect(&["--json", support::file(b"no capture").to_str().unwrap()]);
    assert_eq!(support::stderr(&output).lines().count(), 1, "{}", support::stderr(&output));
}

#[test]
fn a_capture_cut_short_gives_what_is_left_and_one_error() {
    let frames = frames();
    let legacy = support::pcap(1, frames.iter().map(Vec::as_slice));
    let modern = support::pcapng(false, 1, 6, 0, &timed(&frames, 1_000_000, 0));
    for whole in [legacy, modern] {
        let all = support::messages(&support::file(&whole), &[]);
        for cut in [1, 40, 100, 500, 1000] {
            let file = support::file(&whole[..whole.len() - cut]);
            let output = support::dissect(&["--json", file.to_str().unwrap()]);
            assert_eq!(output.status.code(), Some(1));
            let messages = support::lines(&output);
            assert!(!messages.is_empty() && messages.len() < all.len());
            assert_eq!(messages, all[..messages.len()]);
            let errors: Vec<&str> =
                support::stderr(&output).lines().filter(|line| line.starts_with("cmrp: ")).collect();
            assert_eq!(errors.len(), 1);
            assert!(
                errors[0].contains("the capture ends in the middle of a block, after frame "),
                "{}",
                errors[0]
            );
        }
    }
}

#[test]
fn damage_in_the_middle_is_told_once() {
    let frames = frames();
    let mut legacy = support::pcap(1, frames.iter().map(Vec::as_slice));
    let at = 24 + frames[..10].iter().map(|frame| 16 + frame.len()).sum::<usize>();
    legacy[at + 8..at + 12].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    let file = support::file(&legacy);
    let output = support::dissect(&["--json", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(support::lines(&output).len(), 6);
    let error = support::stderr(&output).lines().find(|line| line.starts_with("cmrp: ")).unwrap();
    assert!(
        error.contains("after frame 10, ") && error.contains(&format!("{at} octets into the file")),
        "{error}"
    );
}

#[test]
fn every_cut_of_a_capture_ends_in_order() {
    let mut talk = Talk::bound(50_000, 1);
    talk.get_notify(2);
    let whole = capture(Layer::Ethernet, &talk.segments);
    // Each run takes a process, so every seventh length has to do.
    for length in (0..whole.len()).step_by(7) {
        let output = support::dissect(&["--json", support::file(&whole[..length]).to_str().unwrap()]);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{length}");
        assert!(!support::stderr(&output).contains("panicked"), "{length}");
    }
}

#[test]
fn what_is_no_capture_is_refused() {
    for octets in [&b""[..], b"hello, world, this is no capture", &[0; 100]] {
        let output = support::dissect(&[support::file(octets).to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            support::stderr(&output).contains("not a pcap or pcapng capture"),
            "{}",
            support::stderr(&output)
        );
    }
    let output = support::dissect(&["/nonexistent/capture.pcap"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(support::dissect(&["--endpoint", "node1", "x"]).status.code(), Some(2));
}

#[test]
fn noise_in_a_sample_never_panics() {
    let original = fs::read(support::sample("samba_notify_v3_ndr20.pcapng")).unwrap();
    let mut state = 0x2545_f491_u32;
    for _ in 0..60 {
        let mut octets = original.clone();
        for _ in 0..40 {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let index = state as usize % octets.len();
            octets[index] = state.to_le_bytes()[3];
        }
        let output = support::dissect(&["--json", support::file(&octets).to_str().unwrap()]);
        assert!(matches!(output.status.code(), Some(0 | 1)));
        assert!(!support::stderr(&output).contains("panicked"));
    }
}
