//! What the specification's table says of handles.

use std::fs;

use cmrp_traffic::message::Protocol;

/// A row of the table, as far as handles go.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) operation: String,
    pub(crate) is_reserved: bool,
    /// Parameters that go in.
    pub(crate) needs: Vec<String>,
    /// Parameters that only come out, and the result.
    pub(crate) yields: Vec<String>,
    /// Parameters that go in and come out.
    pub(crate) closes: Vec<String>,
}

/// Reads the table of an interface; the opnum is the index.
pub(crate) fn table(protocol: Protocol) -> Vec<Row> {
    let path =
        format!("{}/../testsuite/tables/{}-methods.tsv", env!("CARGO_MANIFEST_DIR"), protocol.interface());
    let text = fs::read_to_string(path).unwrap();
    let rows: Vec<Row> = text.lines().skip(1).map(row).collect();
    let opnums = text.lines().skip(1).map(|line| line.split('\t').next().unwrap().parse::<usize>().unwrap());
    assert!(opnums.eq(0..rows.len()), "the table has gaps");
    rows
}

fn row(line: &str) -> Row {
    let columns: Vec<&str> = line.split('\t').collect();
    let mut row = Row {
        operation: columns[1].to_owned(),
        is_reserved: columns[3].trim() == "void",
        needs: Vec::new(),
        yields: Vec::new(),
        closes: Vec::new(),
    };
    for parameter in columns[3].split(", [") {
        let Some((attributes, rest)) = parameter.split_once(']') else { continue };
        let Some(kind) = handle(rest) else { continue };
        let has = |word: &str| attributes.split(|c: char| !c.is_alphanumeric()).any(|other| other == word);
        match (has("in"), has("out")) {
            (true, false) => row.needs.push(kind),
            (false, true) => row.yields.push(kind),
            _ => {
                row.needs.push(kind.clone());
                row.closes.push(kind);
            }
        }
    }
    row.yields.extend(handle(columns[2]));
    row
}

fn handle(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.find(|word| word.starts_with('H') && word.ends_with("_RPC")).map(str::to_owned)
}
