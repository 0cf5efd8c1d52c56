//! `--tui`: the cluster on the whole terminal.

mod draw;
mod terminal;
mod view;

use std::io;

use super::board::Board;

/// Shows a board until somebody has seen enough; for ever if it is not `wanted`.
///
/// # Errors
/// The terminal can't be used.
pub(super) async fn show(board: &Board, wanted: bool) -> io::Result<()> {
    if !wanted {
        return std::future::pending().await;
    }
    terminal::run(board.clone()).await
}
