//! Every requirement of notification ports has a test, and the documentation says which.

use std::path::PathBuf;
use std::{env, fs, process};

use cmrp_testsuite::requirements::Requirements;

#[test]
fn every_row_has_a_test_and_every_test_its_rows() {
    let requirements = Requirements::of_workspace().expect("readable files");
    assert_eq!(requirements.problems(), [""; 0]);
}

#[test]
fn the_table_in_the_documentation_is_current() {
    let written = include_str!("../../../docs/ports.md");
    let current = Requirements::of_workspace().expect("readable files").table();
    let differing = current.lines().zip(written.lines()).find(|(current, written)| current != written);
    assert!(
        current == written,
        "docs/ports.md is stale (first {differing:?}): run `cargo xtask requirements`"
    );
}

/// A folder with these files, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, rows: &str, tests: &str) -> Self {
        let folder = env::temp_dir().join(format!("cmrp-requirements-{}-{name}", process::id()));
        fs::create_dir_all(folder.join("below")).expect("a folder");
        fs::write(folder.join("requirements-x.tsv"), format!("id\tsource\trequirement\n{rows}"))
            .expect("a table");
        fs::write(folder.join("below/tests.rs"), tests).expect("tests");
        Self(folder)
    }

    fn problems(&self) -> Vec<String> {
        Requirements::read(&self.0).expect("readable files").problems()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody looks at what stays behind.
        let _ = fs::remove_dir_all(&self.0);
    }
}

const ROWS: &str = "6.10/1\tMS-CMRP 1\tone\n6.2/2\tMS-CMRP 2\ttwo | three\n";

#[test]
fn what_does_not_fit_is_told() {
    let tests = "
        #[test] fn s6_2_without_rows() {}
        mod inner {
            /// It holds.
            ///
            /// Rows: 6.2/2, 6.2/3
            #[test] fn s6_1_another_section() {}
        }
        /// Rows: 6.10/1
        fn s6_10_is_no_test() {}
        #[test] fn sections_need_a_number() {}
    ";
    let folder = Folder::new("problems", &format!("{ROWS}{ROWS}"), tests);
    assert_eq!(
        folder.problems(),
        [
            "row 6.10/1 is there twice",
            "row 6.2/2 is there twice",
            "below/tests.rs: s6_2_without_rows: the name says a section, the documentation no `Rows: ...`",
            "below/tests.rs: s6_1_another_section: there is no row \"6.2/3\"",
            "below/tests.rs: s6_1_another_section: the name begins with the section of no row, which would be s6_2_",
            "row 6.10/1 has no test named after its section",
            "row 6.2/2 has no test named after its section",
        ]
    );
}

#[test]
fn sections_come_in_the_order_of_their_numbers() {
    let tests = "
        /// Rows: 6.2/2, 6.10/1
        #[test] fn s6_2_s6_10_both() {}
    ";
    let folder = Folder::new("order", ROWS, tests);
    assert_eq!(folder.problems(), [""; 0]);
    let table = Requirements::read(&folder.0).expect("readable files").table();
    let rows = table.lines().filter(|line| line.starts_with("| 6"));
    let link = "[s6_2_s6_10_both](../port/tests/below/tests.rs)";
    assert!(rows.eq([
        format!("| 6.2/2 | two \\| three | MS-CMRP 2 | {link} |"),
        format!("| 6.10/1 | one | MS-CMRP 1 | {link} |"),
    ]));
}

#[test]
fn a_malformed_row_is_refused() {
    for row in ["6.2/1\tonly two", "6.2\ta\tb", "6.2/1\t\tb", "6.2/1\ta\tb\tc"] {
        let folder = Folder::new("malformed", row, "");
        assert!(Requirements::read(&folder.0).is_err(), "{row:?}");
    }
}
