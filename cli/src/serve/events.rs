//! `--events`: what happens to the cluster from outside, from a file or standard input.

use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;

use cmrp_cluster::change::{MOST_OCTETS, read_line};
use cmrp_cluster::node::Node;
use cmrp_net::server::Handle;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};

/// Where changes come from.
pub(super) struct Source {
    name: String,
    lines: Box<dyn AsyncBufRead + Send + Unpin>,
}

/// Opens a file of changes, or standard input.
pub(super) fn open(path: &Path) -> Result<Source, Box<dyn Error>> {
    if path == Path::new("-") {
        let lines = Box::new(BufReader::new(tokio::io::stdin()));
        return Ok(Source { name: "standard input".to_owned(), lines });
    }
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| format!("--events {name}: {error}"))?;
    let lines = Box::new(BufReader::new(tokio::fs::File::from_std(file)));
    Ok(Source { name, lines })
}

/// Lets everything happen that there is to read. A line that is wrong is told and passed over.
pub(super) async fn follow(mut source: Source, handle: &Handle<Node>) {
    let mut number: u64 = 0;
    loop {
        number = number.saturating_add(1);
        match line(&mut source.lines).await {
            Ok(Some(line)) => {
                if !happen(&source.name, number, &line, handle).await {
                    return;
                }
            }
            Ok(None) => return tracing::info!("{}: no more events", source.name),
            Err(error) => return tracing::error!("{}: line {number}: {error}", source.name),
        }
    }
}

/// A line without its end; `None` at the end. No line makes the memory grow beyond what a change may have.
async fn line(lines: &mut (dyn AsyncBufRead + Send + Unpin)) -> std::io::Result<Option<String>> {
    let most = u64::try_from(MOST_OCTETS).unwrap_or(u64::MAX).saturating_add(1);
    let mut octets = Vec::new();
    lines.take(most).read_until(b'\n', &mut octets).await?;
    if octets.is_empty() {
        return Ok(None);
    }
    if octets.len() > MOST_OCTETS {
        let message = format!("a change has at most {MOST_OCTETS} octets");
        return Err(std::io::Error::new(ErrorKind::InvalidData, message));
    }
    Ok(Some(String::from_utf8_lossy(&octets).trim_end_matches(['\r', '\n']).to_owned()))
}

/// Does what a line says, after the time that it says. False if the server has stopped.
async fn happen(name: &str, number: u64, line: &str, handle: &Handle<Node>) -> bool {
    let scheduled = match read_line(line) {
        Ok(Some(scheduled)) => scheduled,
        Ok(None) => return true,
        Err(problem) => {
            let (column, message) = (problem.column, &problem.message);
            let help = problem.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            tracing::error!("{name}: line {number}, column {column}: {message}{help}");
            return true;
        }
    };
    tokio::time::sleep(scheduled.after).await;
    match handle.change(scheduled.change.clone()).await {
        Ok(Ok(())) => tracing::info!("{name}: line {number}: {}", scheduled.change),
        Ok(Err(error)) => tracing::error!("{name}: line {number}: {error}"),
        Err(_) => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use cmrp_cluster::change::read_line;

    #[test]
    fn the_changes_in_the_readme_can_be_read() {
        let readme = include_str!("../../README.md");
        let changes: Vec<&str> = readme.lines().filter(|line| line.starts_with("{\"change\"")).collect();
        assert_eq!(changes.len(), 3);
        for line in changes {
            assert!(read_line(line).unwrap().is_some(), "{line}");
        }
    }
}
