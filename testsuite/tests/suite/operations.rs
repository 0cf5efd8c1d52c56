//! The table of operations in the documentation is that of the code.

use cmrp_testsuite::operations;

#[test]
fn the_table_in_the_documentation_is_current() {
    let written = include_str!("../../../docs/operations.md");
    let current = operations::table();
    let differing = current.lines().zip(written.lines()).find(|(current, written)| current != written);
    assert!(
        current == written,
        "docs/operations.md is stale (first {differing:?}): run `cargo xtask operations`"
    );
}
