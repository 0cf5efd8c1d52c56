//! Answers that could not be sent.

use cmrp::ndr::{ContextHandle, Handle};
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{CallId, Output, Response};

use crate::harness::{Bench, States, both, v2, v3};
use crate::loss::lost;
use crate::reply::Event;

/// Makes a get call and keeps its answer from the client.
fn intercepted(bench: &mut Bench, port: ContextHandle) -> Response {
    let (now, caller, states, call) = (bench.now, bench.caller, States::default(), CallId(u64::MAX));
    let handled = match bench.protocol {
        Protocol::V2 => {
            let h_notify = Handle::new(port);
            let request = cmrp::clusapi2::ApiGetNotifyRequest { h_notify, timeout: 0 };
            bench.server.handle_v2(now, caller, call, &request.into(), &states)
        }
        Protocol::V3 => {
            let request = cmrp::clusapi3::ApiGetNotifyRequest { h_notify: Handle::new(port) };
            bench.server.handle_v3(now, caller, call, &request.into(), &states)
        }
    };
    assert_eq!(handled, cmrp_port::server::Handled::Taken);
    let Some(Output::Response { response, .. }) = bench.server.poll_output() else { panic!("no answer") };
    response
}

fn watching(bench: &mut Bench) -> ContextHandle {
    let port = bench.port();
    assert_eq!(bench.add_cluster(port, 0x1, 7), 0);
    port
}

/// Decision 22.
#[test]
fn d22_an_answer_that_is_not_delivered_is_a_loss_before_all_that_is_queued() {
    v3(|bench| {
        let port = watching(bench);
        (0..3).for_each(|number| bench.post(0x1, "N", number));
        let (first, second) = (intercepted(bench, port), intercepted(bench, port));
        bench.server.handle_undelivered(&second);
        bench.server.handle_undelivered(&first);
        assert_eq!(bench.drain(port), [lost(7), Event::new(7, 0x1, 2, "N")]);
        assert_eq!(bench.server.statistics().lost, 2);
    });
}

/// Decision 22.
#[test]
fn d22_protocol_2_breaks_the_port() {
    v2(|bench| {
        let port = watching(bench);
        (0..3).for_each(|number| bench.post(0x1, "N", number));
        let response = intercepted(bench, port);
        bench.server.handle_undelivered(&response);
        assert_eq!(bench.unblock(port), 6);
        assert_eq!(bench.server.statistics().queued, 0);
    });
}

/// Decision 22.
#[test]
fn d22_a_call_that_waits_is_told_at_once() {
    v3(|bench| {
        let port = watching(bench);
        bench.post(0x1, "N", 0);
        let response = intercepted(bench, port);
        let waiting = bench.get(port);
        bench.server.handle_undelivered(&response);
        bench.advance(0);
        assert_eq!(bench.result(waiting), 0);
    });
}

/// Decision 22.
#[test]
fn d22_answers_without_events_or_of_closed_ports_are_no_loss() {
    both(|bench| {
        let port = watching(bench);
        bench.post(0x1, "N", 0);
        let response = intercepted(bench, port);
        assert_eq!(bench.close(port).result(), 0);
        let late = intercepted(bench, port);
        // Takes the place of the other in the server's list.
        let port = watching(bench);
        bench.server.handle_undelivered(&response);
        bench.server.handle_undelivered(&late);
        bench.post(0x1, "N", 1);
        assert_eq!(bench.drain(port), [Event::new(7, 0x1, 1, "N")]);
        assert_eq!(bench.server.statistics().lost, 0);
    });
}

/// A port whose handle the client never got is closed, and no other.
#[test]
fn a_handle_that_does_not_arrive_is_closed() {
    v3(|bench| {
        let (now, caller, states) = (bench.now, bench.caller, States::default());
        let kept = watching(bench);
        let before = bench.server.statistics();
        for _ in 0..3 {
            let request = cmrp::clusapi3::ApiCreateNotifyRequest {};
            let _ = bench.server.handle_v3(now, caller, CallId(u64::MAX), &request.into(), &states);
            let Some(Output::Response { response, .. }) = bench.server.poll_output() else { panic!() };
            assert_eq!(bench.server.statistics().ports, 2);
            // Told twice, it is closed once.
            bench.server.handle_undelivered(&response);
            bench.server.handle_undelivered(&response);
            assert_eq!(bench.server.statistics(), before);
        }
        bench.post(0x1, "N", 0);
        assert_eq!(bench.drain(kept), [Event::new(7, 0x1, 0, "N")]);
    });
}
