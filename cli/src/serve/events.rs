//! `--events`: what happens to the cluster from outside, from a file or standard input.

use std::error::Error;
use std::io;
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
            Ok(Some(Line::Wrong(why))) => tracing::error!("{}: line {number}: {why}", source.name),
            Ok(Some(Line::Text(line))) => {
                if !happen(&source.name, number, &line, handle).await {
                    return;
                }
            }
            Ok(None) => return tracing::info!("{}: no more events", source.name),
            Err(error) => return tracing::error!("{}: line {number}: {error}", source.name),
        }
    }
}

/// What there is up to the next line break.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Text(String),
    /// It says nothing that can be done: why.
    Wrong(String),
}

/// The next line, without its end; `None` at the end. No line makes the memory grow beyond what a change may have.
async fn line(lines: &mut (dyn AsyncBufRead + Send + Unpin)) -> io::Result<Option<Line>> {
    let most = u64::try_from(MOST_OCTETS).unwrap_or(u64::MAX).saturating_add(1);
    let mut octets = Vec::new();
    (&mut *lines).take(most).read_until(b'\n', &mut octets).await?;
    if octets.is_empty() {
        return Ok(None);
    }
    if octets.len() > MOST_OCTETS {
        if octets.last() != Some(&b'\n') {
            skip(lines).await?;
        }
        return Ok(Some(Line::Wrong(format!("a change has at most {MOST_OCTETS} octets"))));
    }
    Ok(Some(match String::from_utf8(octets) {
        Ok(text) => Line::Text(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => {
            let column = error.utf8_error().valid_up_to().saturating_add(1);
            Line::Wrong(format!("octet {column} is not UTF-8"))
        }
    }))
}

/// Passes over the rest of a line, and holds none of it.
async fn skip(lines: &mut (dyn AsyncBufRead + Send + Unpin)) -> io::Result<()> {
    loop {
        let octets = lines.fill_buf().await?;
        let end = octets.iter().position(|octet| *octet == b'\n');
        let read = end.map_or(octets.len(), |end| end.saturating_add(1));
        let is_done = octets.is_empty() || end.is_some();
        lines.consume(read);
        if is_done {
            return Ok(());
        }
    }
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
    use cmrp_cluster::change::{MOST_OCTETS, read_line};
    use tokio::io::BufReader;

    use super::{Line, line};

    async fn lines(mut octets: &[u8]) -> Vec<Line> {
        // Less than a line at a time, as from a pipe.
        let mut reader = BufReader::with_capacity(1000, &mut octets);
        let mut lines = Vec::new();
        while let Some(line) = line(&mut reader).await.unwrap() {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn a_line_that_is_wrong_takes_no_other_with_it() {
        let text = |text: &str| Line::Text(text.to_owned());
        assert_eq!(lines(b"a\r\n\nb").await, [text("a"), text(""), text("b")]);
        let wrong = |why: &str| Line::Wrong(why.to_owned());
        assert_eq!(lines(b"n\xF6de\nb\n").await, [wrong("octet 2 is not UTF-8"), text("b")]);
        let too_long = || wrong("a change has at most 1048576 octets");
        for octets in [MOST_OCTETS, MOST_OCTETS + 1, MOST_OCTETS * 3] {
            let long = ["x".repeat(octets), "b\n".to_owned()].join("\n");
            assert_eq!(lines(long.as_bytes()).await, [too_long(), text("b")], "{octets}");
        }
        let longest = "x".repeat(MOST_OCTETS - 1);
        let long = format!("{longest}\nb");
        assert_eq!(lines(long.as_bytes()).await, [text(&longest), text("b")]);
        assert_eq!(lines("x".repeat(MOST_OCTETS * 2).as_bytes()).await, [too_long()]);
    }

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
