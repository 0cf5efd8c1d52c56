//! What idle ports and filters keep of memory stays small.

#[path = "../benches/client.rs"]
mod client;
#[path = "../benches/memory/measure.rs"]
mod measure;

/// Octets that one of each may keep: what they keep on 64 bits, and half as much.
const MOST: [i64; 10] = [320, 480, 920, 920, 920, 512, 112, 100, 1_024, 224];

#[test]
fn idle_ports_and_filters_keep_little() {
    let all = measure::all();
    assert_eq!(all.len(), MOST.len());
    for (kept, most) in all.iter().zip(MOST) {
        assert!(kept.octets > 0, "{}: nothing was measured", kept.what);
        assert!(kept.octets <= most, "{}: {} octets, {most} are allowed", kept.what, kept.octets);
    }
}
