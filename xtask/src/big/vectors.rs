//! A large file of test vectors, as `cmrp verify` reads them: those of the testsuite, unpacked, again and again.

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::Big;

/// The formats that a packed line has a stub of.
const FORMATS: [&str; 3] = ["ndr20-le", "ndr20-be", "ndr64"];

impl Big {
    /// Writes the vectors until the size is reached.
    pub(crate) fn vectors(&self) -> Result<()> {
        let lines = [unpacked("clusapi2")?, unpacked("clusapi3")?].concat();
        self.write(|file, size| {
            while file.octets < size {
                file.write_all(lines.as_bytes())?;
            }
            Ok(())
        })
    }
}

/// All vectors of an interface, one stub a line.
fn unpacked(interface: &str) -> Result<String> {
    let path = format!("testsuite/vectors/{interface}.jsonl");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let mut lines = String::new();
    for line in text.lines() {
        let mut entry: Map<String, Value> = serde_json::from_str(line)?;
        entry.insert("interface".to_owned(), interface.into());
        let stubs = FORMATS.map(|format| (format, entry.shift_remove(format)));
        for (format, stub) in stubs.into_iter().filter_map(|(format, stub)| Some((format, stub?))) {
            entry.insert("format".to_owned(), format.into());
            entry.insert("hex".to_owned(), stub);
            lines += &serde_json::to_string(&entry)?;
            lines.push('\n');
        }
    }
    Ok(lines)
}
