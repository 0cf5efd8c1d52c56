//! The terminal: drawn on and read by a thread of its own, and given back as it was, whatever happens.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use tokio::sync::oneshot;

use super::draw::draw;
use super::view::View;
use crate::watch::board::Board;

/// Time between two drawings, unless a key is pressed.
const FRAME: Duration = Duration::from_millis(250);

/// Draws until a key ends it, or until the future is dropped.
pub(super) async fn run(board: Board) -> io::Result<()> {
    let (done, outcome) = oneshot::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let is_stopped = Arc::clone(&stop);
    let thread = thread::Builder::new().name("cmrp-tui".to_owned()).spawn(move || {
        // Nobody waits for the outcome if the future is gone.
        let _ = done.send(draw_until(&board, &is_stopped));
    })?;
    let _guard = Guard { stop, thread: Some(thread) };
    // The thread ends without a word only if it panics, which gave the terminal back.
    outcome.await.unwrap_or_else(|_| Err(io::Error::other("drawing failed")))
}

/// Stops the thread when it is dropped, and waits until the terminal is as it was.
struct Guard {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The terminal while it is ours. A panic gives it back too: `try_init` sees to that.
struct Screen(ratatui::DefaultTerminal);

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn draw_until(board: &Board, stop: &AtomicBool) -> io::Result<()> {
    let mut screen = Screen(ratatui::try_init()?);
    let mut view = View::default();
    while !stop.load(Ordering::Relaxed) {
        let contents = board.lock().clone();
        screen.0.draw(|frame| draw(frame, &contents, &mut view))?;
        if event::poll(FRAME)? {
            if let Event::Key(key) = event::read()? {
                if key.kind != KeyEventKind::Release && !view.handle(key) {
                    break;
                }
            }
        }
    }
    Ok(())
}
