//! Packs test vectors: one line for the three formats of a value, which they share.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value};

/// Arguments of `pack-vectors`.
#[derive(Args)]
pub(crate) struct Pack {
    /// Where to write.
    #[arg(long)]
    output: PathBuf,
    /// Vector files, one JSON object a line.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Pack {
    pub(crate) fn run(&self) -> Result<()> {
        let mut packed = Vec::new();
        for file in &self.files {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            pack(&text, &mut packed).with_context(|| format!("reading {}", file.display()))?;
        }
        let lines: Vec<String> = packed.iter().map(Value::to_string).collect();
        fs::write(&self.output, lines.join("\n") + "\n")
            .with_context(|| format!("writing {}", self.output.display()))
    }
}

fn pack(text: &str, packed: &mut Vec<Value>) -> Result<()> {
    let mut places = BTreeMap::new();
    for line in text.lines() {
        let mut vector: Map<String, Value> = serde_json::from_str(line)?;
        let mut take = |key: &str| vector.shift_remove(key).with_context(|| format!("no {key}: {line}"));
        let (format, hex) = (take("format")?, take("hex")?);
        let format = format.as_str().context("format is not a string")?.to_owned();
        vector.retain(|key, _| !["interface", "agrees", "request_hex"].contains(&key.as_str()));
        let place = *places.entry(serde_json::to_string(&vector)?).or_insert(packed.len());
        if place == packed.len() {
            packed.push(Value::Object(vector));
        }
        if let Some(Value::Object(entry)) = packed.get_mut(place) {
            entry.insert(format, hex);
        }
    }
    Ok(())
}
