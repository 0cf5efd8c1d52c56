//! What `cli/README.md` shows of serving, watching and calling is what the commands print.
#![cfg(test)]
#![cfg(unix)]

mod support;

use std::path::Path;
use std::process::Command;

use support::network::{Running, Served, serve};

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The commands of the README's console blocks, each with what it prints.
fn commands() -> Vec<(String, String)> {
    let readme = readme();
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in blocks.flat_map(str::lines) {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => output.extend([line, "\n"]),
            (None, None) => panic!("a block begins with output"),
        }
    }
    commands
}

/// Runs a command of the README as a shell would, at this server.
fn run(command: &str, served: &Served) -> String {
    let arguments =
        command.strip_prefix("cmrp ").unwrap().replacen(" node1 ", &format!(" {} ", served.address), 1);
    let script = format!("{} {arguments} 2>&1", env!("CARGO_BIN_EXE_cmrp"));
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn calls_print_what_is_shown() {
    let served = serve(&[]);
    let calls: Vec<_> =
        commands().into_iter().filter(|(command, _)| command.starts_with("cmrp call ")).collect();
    assert!(calls.len() > 5, "{calls:#?}");
    for (command, expected) in calls {
        assert_eq!(run(&command, &served), expected, "{command}");
    }
}

#[test]
fn a_server_says_what_is_shown() {
    let served = serve(&[]);
    let (_, expected) =
        commands().into_iter().find(|(command, _)| command.starts_with("cmrp serve ")).unwrap();
    let port = served.address.rsplit(':').next().unwrap();
    let said = format!("{}\nready {}\n", served.greeting.join("\n"), served.address);
    assert_eq!(said, expected.replace("49152", port));
}

#[test]
fn a_watch_prints_what_is_shown() {
    let served = serve(&[]);
    let (_, expected) =
        commands().into_iter().find(|(command, _)| command.starts_with("cmrp watch ")).unwrap();
    let watch = Running::start(&["watch", &served.address, "--color", "never"]);
    let (mut lines, watching) = watch.until(|line| line.contains("watching"));
    served.called(&["ApiPauseNode", "--node", "node2"]);
    lines.extend([watching, watch.line()]);
    // Times differ, and have one length.
    let timeless = |line: &str| line.split_once("Z  ").unwrap().1.to_owned();
    let expected: Vec<String> = expected.lines().map(timeless).collect();
    assert_eq!(lines.iter().map(|line| timeless(line)).collect::<Vec<_>>(), expected);
}
