//! However a conversation was captured, what comes out is the same.
#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::talk::{GET_NOTIFY, Layer, NOTIFIED, Segment, Talk, capture};

/// Messages without what says when and in which frame they came.
fn essence(segments: &[Segment], layer: Layer, arguments: &[&str]) -> Vec<Value> {
    let mut messages = support::messages(&support::file(&capture(layer, segments)), arguments);
    for message in &mut messages {
        let object = message.as_object_mut().unwrap();
        for key in ["frame", "time", "latency"] {
            object.remove(key);
        }
    }
    messages
}

/// A talk of 20 calls, the requests of which come in two fragments each.
fn long_talk(base: u32) -> Talk {
    use dcerpc_proto::PfcFlags;
    let mut talk = Talk::bound(50_000, base);
    for call_id in 2..22 {
        let (first, second) = GET_NOTIFY.split_at(8);
        talk.request_fragment(call_id, 65, first, PfcFlags::FIRST_FRAG);
        talk.request_fragment(call_id, 65, second, PfcFlags::LAST_FRAG);
        talk.response(call_id, &NOTIFIED);
    }
    talk.goodbye();
    talk
}

#[test]
fn every_link_layer_gives_the_same_calls() {
    let talk = long_talk(1);
    let expected = essence(&talk.segments, Layer::Ethernet, &[]);
    assert_eq!(expected.len(), 40);
    for layer in Layer::ALL {
        let mut messages = essence(&talk.segments, layer, &[]);
        if layer.is_ipv6() {
            assert_eq!(messages[0]["src"], json!("[fd00::1]:50000"));
            for (message, expected) in messages.iter_mut().zip(&expected) {
                message["src"] = expected["src"].clone();
                message["dst"] = expected["dst"].clone();
            }
        }
        assert_eq!(messages, expected, "{layer:?}");
    }
}

#[test]
fn any_segmentation_gives_the_same_calls() {
    let talk = long_talk(u32::MAX - 1000);
    let expected = essence(&talk.segments, Layer::Raw, &[]);
    for size in [1, 7, 16, 23, 1000] {
        assert_eq!(essence(&talk.cut(size), Layer::Raw, &[]), expected, "segments of {size} octets");
    }
}

#[test]
fn reordering_and_retransmission_change_nothing() {
    let talk = long_talk(7);
    let expected = essence(&talk.segments, Layer::Raw, &[]);
    let mut segments = talk.cut(20);
    // Pairs change places, behind the handshake; every fifth segment comes again three places later.
    for at in (2..segments.len() - 1).step_by(2) {
        segments.swap(at, at + 1);
    }
    for at in (5..segments.len() - 3).step_by(5).rev() {
        let again = segments[at].clone();
        segments.insert(at + 3, again);
    }
    assert_eq!(essence(&segments, Layer::Raw, &[]), expected);
}

#[test]
fn a_response_captured_before_its_request_still_finds_it() {
    let mut talk = Talk::bound(50_000, 1);
    talk.get_notify(2);
    talk.get_notify(3);
    let expected = essence(&talk.segments, Layer::Raw, &[]);
    let request = talk.segments.remove(4);
    talk.segments.insert(5, request);
    assert_eq!(essence(&talk.segments, Layer::Raw, &[]), expected);
}

#[test]
fn a_lost_segment_costs_its_call_and_no_other() {
    let talk = long_talk(1);
    let expected = essence(&talk.segments, Layer::Raw, &[]);
    for lost in 4..talk.segments.len() - 2 {
        let mut segments = talk.segments.clone();
        let call_id = u64::try_from(2 + (lost - 4) / 3).unwrap();
        segments.remove(lost);
        let messages = essence(&segments, Layer::Raw, &[]);
        let others = |messages: &[Value]| -> Vec<Value> {
            messages.iter().filter(|message| message["call_id"] != json!(call_id)).cloned().collect()
        };
        assert_eq!(others(&messages), others(&expected), "segment {lost} lost");
        let of_call = messages.len() - others(&messages).len();
        assert!(
            of_call < 2 || messages.iter().any(|message| !message["error"].is_null()),
            "segment {lost} lost"
        );
    }
}

#[test]
fn lost_octets_are_counted() {
    let mut segments = long_talk(1).segments;
    let lost = segments.remove(7).payload.len();
    let file = support::file(&capture(Layer::Raw, &segments));
    let output = support::dissect(&["--json", file.to_str().unwrap()]);
    let line = format!("{lost:>8}  octets of RPC connections lost");
    assert!(support::stderr(&output).contains(&line), "{}", support::stderr(&output));
}

#[test]
fn a_truncated_frame_costs_its_call_and_no_other() {
    let mut talk = Talk::bound(50_000, 1);
    (2..6).for_each(|call_id| talk.get_notify(call_id));
    let mut frames: Vec<Vec<u8>> =
        talk.segments.iter().map(|segment| segment.frame(Layer::Ethernet)).collect();
    // The request of call 3, cut off in the stub as by a short snap length.
    frames[6].truncate(14 + 20 + 20 + 30);
    let octets = support::pcap(support::link::ETHERNET, frames.iter().map(Vec::as_slice));
    let messages = support::messages(&support::file(&octets), &[]);
    let calls: Vec<(u64, &str)> = messages
        .iter()
        .map(|message| (message["call_id"].as_u64().unwrap(), message["direction"].as_str().unwrap()))
        .collect();
    let both = |call_id| [(call_id, "request"), (call_id, "response")];
    let mut expected = [both(2), both(4), both(5)].concat();
    expected.insert(2, (3, "response"));
    assert_eq!(calls, expected);
}

#[test]
fn a_capture_that_starts_late_is_read_with_an_assumption() {
    let talk = long_talk(1);
    let expected = essence(&talk.segments, Layer::Raw, &[]);
    // Inside the response of call 5.
    let late = &talk.cut(40)[21..];
    assert_eq!(essence(late, Layer::Raw, &[]), Vec::<Value>::new());
    let messages = essence(late, Layer::Raw, &["--assume", "clusapi3"]);
    assert_eq!(messages.len(), 32);
    assert!(expected.ends_with(&messages));

    let file = support::file(&capture(Layer::Raw, late));
    let output = support::dissect(&[file.to_str().unwrap()]);
    assert!(
        support::stdout(&output).contains("16  calls of an unknown interface"),
        "{}",
        support::stdout(&output)
    );
}

#[test]
fn one_direction_alone_is_told_as_such() {
    let talk = long_talk(1);
    let requests: Vec<Segment> =
        talk.segments.iter().filter(|segment| segment.from_client).cloned().collect();
    let file = support::file(&capture(Layer::Raw, &requests));
    let output = support::dissect(&[file.to_str().unwrap()]);
    assert_eq!(support::stdout(&output).matches(" = no response\n").count(), 20);

    let responses: Vec<Segment> =
        talk.segments.iter().filter(|segment| !segment.from_client).cloned().collect();
    let file = support::file(&capture(Layer::Raw, &responses));
    let output = support::dissect(&["--assume", "clusapi3", file.to_str().unwrap()]);
    assert_eq!(support::stdout(&output).matches("(request not captured) = ").count(), 20);
}

#[test]
fn requests_without_a_response_come_in_the_order_of_the_capture() {
    let mut talk = Talk::bound(50_000, 1);
    let call_ids: Vec<u32> = (2..1500).rev().collect();
    for call_id in &call_ids {
        talk.request(*call_id, 65, &GET_NOTIFY);
    }
    let file = support::file(&capture(Layer::Raw, &talk.segments));
    let output = support::dissect(&[file.to_str().unwrap()]);
    let times: Vec<&str> = support::stdout(&output)
        .lines()
        .filter(|line| line.ends_with(" = no response"))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(times.len(), call_ids.len());
    assert!(times.is_sorted());
    assert!(support::stdout(&output).contains("1498  requests without a response"));
}

#[test]
fn a_length_of_zero_means_all_that_was_captured() {
    // A network card that cuts segments itself leaves the total length of IPv4 to be filled in later.
    let talk = long_talk(1);
    let expected = essence(&talk.segments, Layer::Raw, &[]);
    let mut frames: Vec<Vec<u8>> = talk.segments.iter().map(|segment| segment.frame(Layer::Raw)).collect();
    for frame in &mut frames {
        frame[2..4].fill(0);
    }
    let file = support::file(&support::pcap(support::link::RAW, frames.iter().map(Vec::as_slice)));
    assert_eq!(support::messages(&file, &[]).len(), expected.len());
}

#[test]
fn a_fault_is_told_by_its_name() {
    let mut talk = Talk::bound(50_000, 1);
    talk.request(2, 300, &[]);
    talk.fault(2, 0x1c01_0002);
    let file = support::file(&capture(Layer::Raw, &talk.segments));
    let messages = support::messages(&file, &[]);
    assert_eq!(messages[1]["direction"], json!("fault"));
    assert_eq!(messages[1]["opnum"], json!(300));
    assert_eq!(messages[1]["fault"], json!({"status": 0x1c01_0002, "name": "nca_op_rng_error"}));
    let output = support::dissect(&[file.to_str().unwrap()]);
    let line = support::stdout(&output).lines().next().unwrap();
    assert!(
        line.contains("3.0 opnum 300(") && line.contains(" = fault nca_op_rng_error (0x1c010002)"),
        "{line}"
    );
}

#[test]
fn ip_fragments_and_unknown_links_are_counted() {
    let mut talk = Talk::bound(50_000, 1);
    talk.get_notify(2);
    let mut frames: Vec<Vec<u8>> = talk.segments.iter().map(|segment| segment.frame(Layer::Raw)).collect();
    // "More fragments" in the IPv4 header of the response.
    frames[5][6] |= 0x20;
    let octets = support::pcap(support::link::RAW, frames.iter().map(Vec::as_slice));
    let output = support::dissect(&[support::file(&octets).to_str().unwrap()]);
    assert!(support::stdout(&output).contains("1  IP fragments skipped"), "{}", support::stdout(&output));
    assert!(support::stdout(&output).contains("1  requests without a response"));

    let octets = support::pcap(147, frames.iter().map(Vec::as_slice));
    let output = support::dissect(&[support::file(&octets).to_str().unwrap()]);
    assert!(support::stdout(&output).contains("6  frames of an unsupported link type"));
}
