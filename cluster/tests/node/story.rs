//! The examples of the documentation of changes, in their order, on the default cluster.

use std::fs;
use std::path::Path;

use cmrp_cluster::change::Scheduled;
use cmrp_cluster::embedded::{Config, Embedded, Timings};

use crate::laws::{Kept, check};
use crate::rig::*;

#[test]
fn each_example_is_accepted() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/changes.md")).unwrap();
    let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let kept = Kept::new(default_state());
    let cluster = Embedded::new(default_state(), Config { timings: Timings::default(), ..Config::default() });
    let mut rig = Rig::over(cluster.with_journal(Box::new(kept.clone())));
    for line in blocks.flat_map(str::lines) {
        let Scheduled { after, change } = line.parse().unwrap();
        rig.advance(after);
        let before = kept.state();
        rig.node.change(rig.now, &change).unwrap_or_else(|error| panic!("{line}: {error}"));
        // The group is on the node already, since the other one went down a few lines above.
        let there_already = line.contains("\"group_moved\"") && line.contains("\"to\":\"node1\"");
        assert!(there_already || before != kept.state(), "{line}");
        check(&kept.state());
    }
}
