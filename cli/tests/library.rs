//! The library entry does what the command does.
#![cfg(test)]

mod support;

use std::fs;

use support::talk::{Layer, Talk, capture};

#[test]
fn whole_captures_are_dissected_and_others_refused_with_the_error_of_the_command() {
    let sample = fs::read(support::sample("samba_notify_v3_ntlm_seal.pcapng")).unwrap();
    cmrp_cli::dissect_octets(&sample).unwrap();
    let mut talk = Talk::bound(50_000, 1);
    talk.get_notify(2);
    let talk = capture(Layer::Ethernet, &talk.segments);
    cmrp_cli::dissect_octets(&talk).unwrap();
    for octets in [&[][..], b"no capture", &talk[..talk.len() - 3], &sample[..sample.len() - 3]] {
        let error = cmrp_cli::dissect_octets(octets).unwrap_err().to_string();
        let file = support::file(octets);
        let output = support::dissect(&[file.to_str().unwrap()]);
        assert_eq!(support::stderr(&output), format!("cmrp: {}: {error}\n", file.display()));
    }
}
