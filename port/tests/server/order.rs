//! First in, first out (MS-CMRP 3.1.1.8).

use cmrp_port::object::ObjectKind;

use crate::harness::{both, event_v2, v3};

/// Rows: 4/1
#[test]
fn s4_indications_leave_in_the_order_in_which_they_were_queued() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1111, 1), 0);
        let mut posted = Vec::new();
        let mut got = Vec::new();
        for round in 0..50 {
            for number in 0..round % 7 {
                let sequence = round * 100 + number;
                bench.post(1 << (4 * (sequence % 4)), "X", sequence);
                if sequence % 4 != 1 {
                    posted.push(sequence);
                }
            }
            for _ in 0..round % 5 {
                let call = bench.get_within(port, 0);
                if bench.waits(call) {
                    bench.cancel(call);
                } else if let crate::reply::End::Reply(reply) = bench.end(call) {
                    got.extend((reply.result == 0).then_some(reply.event.sequence));
                }
            }
        }
        got.extend(bench.drain(port).iter().map(|event| event.sequence));
        assert!(got.len() > 100);
        assert_eq!(got, posted);
    });
}

/// Rows: 4/1, 4/6
#[test]
fn s4_filters_that_match_one_event_queue_in_the_order_of_their_registration() {
    both(|bench| {
        let port = bench.port();
        let key = bench.object(ObjectKind::Key, "A\\B");
        let above = bench.object(ObjectKind::Key, "A");
        let group = bench.object(ObjectKind::Group, "G");
        bench.add(port, group, 0x1000, 0);
        assert_eq!(bench.add_cluster(port, 0x10F0, 1), 0);
        assert_eq!(bench.add_key(port, key, 0x40, 0, 2), 0);
        bench.add(port, group, 0xF000, 3);
        assert_eq!(bench.add_key(port, above, 0x40, 1, 4), 0);
        assert_eq!(bench.add_cluster(port, 0xC0, 5), 0);
        assert_eq!(bench.add_key(port, key, 0x40, 1, 6), 0);
        bench.add(port, group, 0x9000, 7);
        bench.post(0x1000, "G", 1);
        bench.post(0x40, "A\\B", 0);
        let keys: Vec<u32> = bench.drain(port).iter().map(|event| event.key).collect();
        assert_eq!(keys, [0, 1, 3, 7, 1, 2, 4, 5, 6]);
    });
}

/// Rows: 4/1, 4/6
#[test]
fn s4_filters_of_version_2_ports_queue_in_the_order_of_their_registration() {
    v3(|bench| {
        let (port, group) = (bench.port_v2(), bench.object(ObjectKind::Group, "G"));
        for key in [5, 4, 9, 0] {
            assert_eq!(bench.add_v2(port, group, (2, 0x8), key, true), 0);
            bench.watch_v2(port, (2, 0x9), key + 10);
        }
        bench.post_v2(&event_v2(2, 0x8, "G"));
        let keys: Vec<u32> = bench.drain_v2(port).iter().map(|event| event.key).collect();
        assert_eq!(keys, [5, 15, 4, 14, 9, 19, 0, 10]);
    });
}
