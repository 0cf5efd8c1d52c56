//! What of the board is in sight, and how keys change that.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The lists that can be moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    Groups,
    Nodes,
    Events,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// The list that keys move.
    pub(super) pane: Pane,
    /// Lines of each list that are above what is seen.
    pub(super) groups: Scroll,
    pub(super) nodes: Scroll,
    pub(super) events: Scroll,
}

/// Where a list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scroll {
    /// The first line that is seen.
    first: usize,
    /// Lines that were seen when it was drawn last.
    height: usize,
}

impl Scroll {
    /// The first line to draw of so many, in so many rows.
    pub(super) fn fit(&mut self, lines: usize, rows: usize) -> usize {
        self.height = rows;
        self.first = self.first.min(lines.saturating_sub(rows));
        self.first
    }

    fn handle(&mut self, code: KeyCode) {
        let page = self.height.max(1);
        self.first = match code {
            KeyCode::Up | KeyCode::Char('k') => self.first.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.first.saturating_add(1),
            KeyCode::PageUp => self.first.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.first.saturating_add(page),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => usize::MAX,
            _ => self.first,
        };
    }
}

impl View {
    /// Does what a key asks for. False if it asks for the end.
    pub(super) fn handle(&mut self, key: KeyEvent) -> bool {
        let with_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('c') if with_control => return false,
            KeyCode::Tab => {
                self.pane = match self.pane {
                    Pane::Groups => Pane::Events,
                    Pane::Events => Pane::Nodes,
                    Pane::Nodes => Pane::Groups,
                };
            }
            code => self.moved().handle(code),
        }
        true
    }

    fn moved(&mut self) -> &mut Scroll {
        match self.pane {
            Pane::Groups => &mut self.groups,
            Pane::Nodes => &mut self.nodes,
            Pane::Events => &mut self.events,
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::{Pane, View};

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn keys_move_the_chosen_list_within_its_bounds() {
        let mut view = View::default();
        for (code, first) in [
            (KeyCode::Down, 1),
            (KeyCode::PageDown, 6),
            (KeyCode::End, 15),
            (KeyCode::Up, 14),
            (KeyCode::PageUp, 9),
            (KeyCode::Home, 0),
            (KeyCode::Up, 0),
        ] {
            view.groups.fit(20, 5);
            assert!(view.handle(key(code)));
            assert_eq!(view.groups.fit(20, 5), first, "{code:?}");
        }
        assert!(view.handle(key(KeyCode::Tab)));
        assert_eq!(view.pane, Pane::Events);
        assert!(view.handle(key(KeyCode::Down)));
        assert_eq!((view.events.fit(20, 5), view.groups.fit(20, 5)), (1, 0));
        assert_eq!(view.events.fit(3, 5), 0, "all of it is in sight");
    }

    #[test]
    fn some_keys_end_it() {
        let mut view = View::default();
        assert!(!view.handle(key(KeyCode::Char('q'))));
        assert!(!view.handle(key(KeyCode::Esc)));
        assert!(!view.handle(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(view.handle(key(KeyCode::Char('c'))));
    }
}
