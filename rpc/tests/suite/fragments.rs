//! Putting calls together from fragments.

use std::borrow::Cow;

use dcerpc_proto::call::{Request, Response};
use dcerpc_proto::fragments::{Assembler, Fragment, FragmentError, Limits, Progress};
use dcerpc_proto::{Body, FormatLabel, Pdu, PfcFlags};

use crate::samples::flow;

const FIRST: PfcFlags = PfcFlags::FIRST_FRAG;
const MIDDLE: PfcFlags = PfcFlags::empty();
const LAST: PfcFlags = PfcFlags::LAST_FRAG;

fn fragment(call_id: u32, flags: PfcFlags, stub: &[u8]) -> Fragment<'_> {
    let request = Request { alloc_hint: 0, context_id: 1, opnum: 2, object: None, stub };
    Fragment::from_pdu(&Pdu { flags, ..Pdu::new(call_id, Body::Request(request)) }).unwrap()
}

fn stub_of(progress: Result<Progress<'_>, FragmentError>) -> (Vec<u8>, usize) {
    match progress {
        Ok(Progress::Complete(assembled)) => (assembled.stub.into_owned(), assembled.fragments),
        other => panic!("complete, not {other:?}"),
    }
}

#[test]
fn a_whole_call_is_borrowed() {
    let progress = Assembler::default().push(fragment(1, PfcFlags::WHOLE, &[1, 2]));
    let Ok(Progress::Complete(assembled)) = progress else { panic!("complete") };
    assert!(matches!(assembled.stub, Cow::Borrowed([1, 2])));
    assert_eq!((assembled.fragments, assembled.common.opnum), (1, Some(2)));
}

#[test]
fn interleaved_calls_keep_apart() {
    let mut assembler = Assembler::default();
    for fragment in [
        fragment(1, FIRST, &[1]),
        fragment(2, FIRST, &[7]),
        fragment(1, MIDDLE, &[2, 3]),
        fragment(2, MIDDLE, &[]),
    ] {
        assert_eq!(assembler.push(fragment), Ok(Progress::More));
    }
    assert_eq!(assembler.oldest(), Some(1));
    assert_eq!(stub_of(assembler.push(fragment(2, LAST, &[8]))), (vec![7, 8], 3));
    assert_eq!(stub_of(assembler.push(fragment(1, LAST, &[4]))), (vec![1, 2, 3, 4], 3));
    assert_eq!(assembler.oldest(), None);
}

#[test]
fn authentication_padding_is_left_out() {
    let sample = &flow("samba_notify_v3_spnego_sign")[5];
    let pdu = Pdu::decode(&sample.octets).unwrap();
    let fragment = Fragment::from_pdu(&pdu).unwrap();
    assert_eq!(sample.padding, Some(8));
    // A context handle and a status; a response header takes 24 octets, the trailer 24.
    assert_eq!(fragment.stub.len(), 80 - 24 - 24 - 8);
}

#[test]
fn a_call_fails_once_and_the_rest_is_ignored() {
    let mut assembler = Assembler::default();
    assert_eq!(assembler.push(fragment(1, MIDDLE, &[1])), Err(FragmentError::MissingFirst));
    assert_eq!(assembler.push(fragment(1, MIDDLE, &[1])), Ok(Progress::Ignored));
    assert_eq!(assembler.push(fragment(1, LAST, &[1])), Ok(Progress::Ignored));
    assert!(!assembler.contains(1));
    assert_eq!(assembler.push(fragment(1, LAST, &[1])), Err(FragmentError::MissingFirst));
    assert!(!assembler.contains(1));
}

#[test]
fn a_failed_call_can_begin_again() {
    let mut assembler = Assembler::default();
    assert_eq!(assembler.push(fragment(1, FIRST, &[1])), Ok(Progress::More));
    assert_eq!(assembler.push(fragment(1, FIRST, &[2])), Err(FragmentError::RepeatedFirst));
    assert_eq!(assembler.push(fragment(1, FIRST, &[3])), Ok(Progress::More));
    assert_eq!(stub_of(assembler.push(fragment(1, LAST, &[4]))).0, [3, 4]);
}

#[test]
fn fragments_must_agree() {
    let first = fragment(1, FIRST, &[1]);
    let last = fragment(1, LAST, &[1]);
    let mut cases = [last; 4];
    cases[0].common.context_id = 9;
    cases[1].common.opnum = Some(9);
    cases[2].common.label = FormatLabel::BIG;
    let signed = &flow("samba_notify_v3_spnego_sign")[4].octets;
    cases[3].common.protection = Fragment::from_pdu(&Pdu::decode(signed).unwrap()).unwrap().common.protection;
    let fields = ["p_cont_id", "opnum", "packed_drep", "sec_trailer"];
    for (case, field) in cases.into_iter().zip(fields) {
        let mut assembler = Assembler::default();
        assembler.push(first).unwrap();
        assert_eq!(assembler.push(case), Err(FragmentError::Changed(field)));
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { max_stub: 4, max_calls: 2, max_held: 6, max_fragments: usize::MAX };
    let mut assembler = Assembler::new(limits);
    assert_eq!(assembler.push(fragment(9, PfcFlags::WHOLE, &[0; 5])), Err(FragmentError::StubTooLong(4)));
    assembler.push(fragment(1, FIRST, &[0; 3])).unwrap();
    assembler.push(fragment(2, FIRST, &[0; 3])).unwrap();
    assert_eq!(assembler.push(fragment(3, FIRST, &[])), Err(FragmentError::TooManyCalls(2)));
    assert_eq!(assembler.push(fragment(1, MIDDLE, &[0; 2])), Err(FragmentError::StubTooLong(4)));
    // What the failed call held is free again.
    assembler.push(fragment(2, MIDDLE, &[0])).unwrap();
    assembler.push(fragment(1, FIRST, &[0; 2])).unwrap();
    assert_eq!(assembler.push(fragment(1, MIDDLE, &[0])), Err(FragmentError::TooMuchHeld(6)));
    assert_eq!(stub_of(assembler.push(fragment(2, LAST, &[]))).0.len(), 4);
}

#[test]
fn responses_are_fragments_too_and_other_pdus_are_not() {
    let response = Response { alloc_hint: 0, context_id: 3, cancel_count: 0, stub: &[5] };
    let fragment = Fragment::from_pdu(&Pdu::new(1, Body::Response(response))).unwrap();
    assert_eq!((fragment.common.context_id, fragment.common.opnum), (3, None));
    assert_eq!(Fragment::from_pdu(&Pdu::new(1, Body::Shutdown)), None);
}
