//! `cmrp watch --tui` on a terminal, which `script` of util-linux lends. Where there is none, there is nothing to test.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod support;

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use support::network::serve;
use support::{cmrp, stderr};

/// What switches to the other screen of a terminal, and back.
const ENTER: &str = "\u{1b}[?1049h";
const LEAVE: &str = "\u{1b}[?1049l";

/// Runs a command on a terminal of 24 rows and 100 columns.
fn on_terminal(command: &str) -> Option<Child> {
    let command = format!("stty rows 24 cols 100; {command}; echo status $?; stty -a");
    let script = Command::new("script")
        .args(["-qfec", &command, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    script.inspect_err(|error| eprintln!("no terminal to test with: {error}")).ok()
}

/// Reads until the text has come.
fn until(output: &mut impl Read, text: &str) -> String {
    let mut seen = Vec::new();
    let mut octets = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains(text) {
        let count = output.read(&mut octets).unwrap();
        assert_ne!(count, 0, "{text:?} never came: {}", String::from_utf8_lossy(&seen));
        seen.extend(&octets[..count]);
    }
    String::from_utf8(seen).unwrap()
}

/// Ends a view in some way, and tells what the terminal has seen after that.
fn after(end: impl FnOnce(&mut Child)) -> Option<String> {
    let served = serve(&[]);
    let command = format!("{} watch {} --tui", env!("CARGO_BIN_EXE_cmrp"), served.address);
    let mut child = on_terminal(&command)?;
    let mut output = child.stdout.take().unwrap();
    let drawn = until(&mut output, "Ethernet");
    assert!(drawn.contains(ENTER) && !drawn.contains(LEAVE), "{drawn}");
    end(&mut child);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    Some(rest)
}

fn assert_is_as_before(rest: &str) {
    let (_, after) = rest.split_once(LEAVE).unwrap_or_else(|| panic!("the screen is not given back: {rest}"));
    assert!(after.contains("status 0"), "{after}");
    // `stty` tells what is switched off with a minus.
    assert!(after.contains(" icanon") && after.contains(" echo "), "{after}");
}

#[test]
fn a_key_ends_the_view_and_the_terminal_is_as_before() {
    let rest = after(|child| child.stdin.as_mut().unwrap().write_all(b"jG\tq").unwrap());
    if let Some(rest) = rest {
        assert_is_as_before(&rest);
    }
}

#[test]
fn ctrl_c_ends_the_view_too() {
    let rest = after(|child| child.stdin.as_mut().unwrap().write_all(&[3]).unwrap());
    if let Some(rest) = rest {
        assert_is_as_before(&rest);
    }
}

#[test]
fn a_request_to_terminate_leaves_the_terminal_as_before() {
    // The process is a child of the shell that `script` runs: it tells its id itself.
    let served = serve(&[]);
    let command =
        format!("sh -c 'echo pid=$$.; exec {} watch {} --tui'", env!("CARGO_BIN_EXE_cmrp"), served.address);
    let Some(mut child) = on_terminal(&command) else { return };
    let mut output = child.stdout.take().unwrap();
    let drawn = until(&mut output, "Ethernet");
    let pid = drawn.split_once("pid=").unwrap().1.split('.').next().unwrap();
    assert!(Command::new("kill").args(["-TERM", pid]).status().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    assert_is_as_before(&rest);
}

#[test]
fn without_a_terminal_there_is_no_view() {
    let output = cmrp().args(["watch", "127.0.0.1:1", "--tui"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--tui draws on a terminal"), "{}", stderr(&output));
}
