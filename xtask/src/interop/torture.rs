//! Samba's `rpc.clusapi` suite (Debian package `samba-testsuite`): 72 tests of everything but notifications.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Result, ensure};

use super::server::Server;
use super::{Scene, output, success};

/// The suite.
const SUITE: &str = "rpc.clusapi";
/// Options of the binding string: little-endian NDR, NDR64, big-endian NDR.
pub(super) const FORMATS: [&str; 3] = ["", ",ndr64", ",bigendian"];
/// What a faithful server gets without the dangerous tests, of which there are six.
const ORDINARY: Tally = Tally { successes: 66, skips: 6 };
/// The same with them: one skips whatever the server does.
const DANGEROUS: Tally = Tally { successes: 71, skips: 1 };

/// How tests ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    successes: usize,
    skips: usize,
}

/// The suite in each format, each time on a server of its own.
pub(super) fn formats(scene: &Scene) -> Result<()> {
    for format in FORMATS {
        let server = Server::start(scene, &[])?;
        let text = suite(&server, format)?;
        let tally = tally(&text);
        println!("interop: smbtorture{format}: {} successes, {} skips", tally.successes, tally.skips);
        ensure!(tally == ORDINARY && bad(&text).is_empty(), "not as expected: {:#?}\n{text}", bad(&text));
    }
    Ok(())
}

/// Runs the suite once, whatever comes of it.
pub(super) fn suite(server: &Server, format: &str) -> Result<String> {
    let (_, text) = output(Command::new("smbtorture").args([&binding(server, format), SUITE, "-U%"]))?;
    Ok(text)
}

/// Each test, dangerous ones included, on a fresh server: they pause, evict and switch off.
pub(super) fn dangerous(scene: &Scene) -> Result<()> {
    let mut ends = BTreeMap::<String, Vec<String>>::new();
    let mut tally = Tally::default();
    for test in tests()? {
        let server = Server::start(scene, &[])?;
        let (_, text) = output(Command::new("smbtorture").args([&binding(&server, ""), &test, "-U%", "-X"]))?;
        let one = self::tally(&text);
        tally.successes = tally.successes.saturating_add(one.successes);
        tally.skips = tally.skips.saturating_add(one.skips);
        let bad = bad(&text);
        if !bad.is_empty() || one == Tally::default() {
            ends.insert(test, if bad.is_empty() { vec![text] } else { bad });
        }
    }
    println!("interop: smbtorture -X, a server each: {} successes, {} skips", tally.successes, tally.skips);
    ensure!(tally == DANGEROUS && ends.is_empty(), "not as expected: {ends:#?}");
    Ok(())
}

fn binding(server: &Server, format: &str) -> String {
    format!("ncacn_ip_tcp:127.0.0.1[{}{format}]", server.port)
}

fn tests() -> Result<Vec<String>> {
    let list = success(Command::new("smbtorture").arg("--list"))?;
    let prefix = format!("{SUITE}.");
    let tests: Vec<_> = list.lines().filter(|line| line.starts_with(&prefix)).map(str::to_owned).collect();
    ensure!(tests.len() == 72, "the suite has {} tests", tests.len());
    Ok(tests)
}

fn tally(text: &str) -> Tally {
    let count = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
    Tally { successes: count("success: "), skips: count("skip: ") }
}

/// Tests that ended otherwise.
fn bad(text: &str) -> Vec<String> {
    let is_bad =
        |line: &&str| ["failure: ", "error: ", "uxsuccess: "].iter().any(|kind| line.starts_with(kind));
    text.lines().filter(is_bad).map(str::to_owned).collect()
}
