//! The README tells the truth: its command prints what the README shows.
#![cfg(test)]

mod support;

use std::fs;

/// The arguments of the README's first `cargo run` line, behind the `--`.
fn arguments(readme: &str) -> Vec<&str> {
    let command =
        readme.lines().find(|line| line.starts_with("cargo run ")).expect("the README has a command");
    let (_, arguments) = command.split_once(" -- ").expect("the command has arguments");
    arguments.split(' ').collect()
}

#[test]
fn the_command_of_the_readme_prints_what_the_readme_shows() {
    let readme = fs::read_to_string(support::root().join("README.md")).expect("a README");
    let (_, shown) = readme.split_once("```text\n").expect("the README shows output");
    let (shown, _) = shown.split_once("```").expect("the block ends");
    let output =
        support::cmrp().args(arguments(&readme)).current_dir(support::root()).output().expect("it runs");
    let mut rest = support::stdout(&output);
    for line in shown.lines().filter(|line| *line != "...") {
        let line = format!("{line}\n");
        let at = rest.find(&line).unwrap_or_else(|| panic!("not printed, or not in this place: {line}"));
        rest = &rest[at + line.len()..];
    }
    assert!(shown.lines().count() > 8, "the README shows too little");
}
