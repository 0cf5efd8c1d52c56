//! The picture on the terminal.

use cmrp_port::object::ObjectKind;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

use super::view::{Pane, Scroll, View};
use crate::watch::board::Contents;
use crate::watch::condition::{Condition, Health, State};
use crate::watch::people;
use crate::watch::picture::{Objects, Picture};

const QUIET: Style = Style::new().fg(Color::DarkGray);

/// Draws a board.
pub(super) fn draw(frame: &mut Frame<'_>, contents: &Contents, view: &mut View) {
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Percentage(60),
        Constraint::Min(3),
        Constraint::Length(1),
    ]);
    let [head, objects, events, foot] = rows.areas(frame.area());
    let [groups, nodes] =
        Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(objects);
    frame.render_widget(headline(contents), head);
    let pane = view.pane;
    let lines = group_lines(&contents.picture, name_width(groups, GROUP_STATE));
    list(frame, groups, "Groups and resources", lines, &mut view.groups, pane == Pane::Groups);
    let lines = node_lines(&contents.picture, name_width(nodes, NODE_STATE));
    list(frame, nodes, "Nodes and networks", lines, &mut view.nodes, pane == Pane::Nodes);
    list(
        frame,
        events,
        "Events, the latest first",
        event_lines(contents),
        &mut view.events,
        pane == Pane::Events,
    );
    frame.render_widget(
        Line::styled("q quits   Tab next list   arrows, PgUp, PgDn, Home, End move it", QUIET),
        foot,
    );
}

/// Columns for a state and the name of a node behind it.
const GROUP_STATE: u16 = 26;
/// Columns for a state.
const NODE_STATE: u16 = 13;

/// Columns for names in a framed list that leaves room for so many others.
fn name_width(area: Rect, others: u16) -> usize {
    usize::from(area.width.saturating_sub(2).saturating_sub(others).clamp(8, 40))
}

/// The cluster, the node that serves, and whether there is a connection.
fn headline(contents: &Contents) -> Line<'static> {
    let picture = &contents.picture;
    let (text, color) = match (picture.is_connected, picture.cluster.is_empty()) {
        (true, _) => ("connected", Color::Green),
        (false, true) => ("connecting", Color::Yellow),
        (false, false) => ("connection lost", Color::Red),
    };
    let mut spans = vec![
        Span::styled(printable(&picture.cluster), Modifier::BOLD),
        Span::raw(if picture.cluster.is_empty() { "" } else { "  " }),
        Span::styled(text, color),
    ];
    if picture.is_connected {
        spans.push(Span::raw(format!(" to {}", printable(&picture.server))));
    }
    let events = contents.tally.events.values().fold(0_u64, |sum, count| sum.saturating_add(*count));
    let counts = format!("  {events} events, {} reconnects", contents.tally.reconnects);
    spans.push(Span::styled(counts, QUIET));
    Line::from(spans)
}

/// A list in a frame with a title, as far as it is in sight.
fn list(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: Vec<Line<'_>>,
    scroll: &mut Scroll,
    is_chosen: bool,
) {
    let style = if is_chosen { Style::new().fg(Color::Cyan) } else { QUIET };
    let block = Block::bordered().title(format!(" {title} ")).border_style(style);
    let rows = usize::from(block.inner(area).height);
    let first = scroll.fit(lines.len(), rows);
    let seen: Vec<Line<'_>> = lines.into_iter().skip(first).take(rows).collect();
    frame.render_widget(Paragraph::new(seen).block(block), area);
}

/// Each group, and in it its resources.
fn group_lines(picture: &Picture, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (name, condition) in &picture.groups {
        lines.push(object_line((0, width), name, ObjectKind::Group, condition));
        let resources = picture.resources_of(name);
        lines.extend(
            resources.map(|(name, condition)| object_line((2, width), name, ObjectKind::Resource, condition)),
        );
    }
    lines
}

fn node_lines(picture: &Picture, width: usize) -> Vec<Line<'static>> {
    let kinds: [(&str, &Objects, ObjectKind); 3] = [
        ("nodes", &picture.nodes, ObjectKind::Node),
        ("networks", &picture.networks, ObjectKind::Network),
        ("interfaces", &picture.interfaces, ObjectKind::NetInterface),
    ];
    let mut lines = Vec::new();
    for (title, objects, kind) in kinds {
        lines.push(Line::styled(title, QUIET));
        lines.extend(objects.iter().map(|(name, condition)| object_line((1, width), name, kind, condition)));
    }
    lines
}

/// `SQL  Online  node1`
fn object_line(
    (indent, width): (usize, usize),
    name: &str,
    kind: ObjectKind,
    condition: &Condition,
) -> Line<'static> {
    let state = State { kind, number: condition.state };
    let owner = condition.owner.as_deref().filter(|_| kind == ObjectKind::Group);
    let width = width.saturating_sub(indent);
    let name = format!("{:indent$}{:width$} ", "", cut(&printable(name), width));
    let mut spans = vec![Span::raw(name), Span::styled(state.to_string(), color(state.health()))];
    spans.extend(owner.map(|owner| Span::styled(format!("  {}", printable(owner)), QUIET)));
    Line::from(spans)
}

fn event_lines(contents: &Contents) -> Vec<Line<'static>> {
    contents.news.iter().map(|news| Line::raw(people::line(news, false))).collect()
}

fn color(health: Health) -> Style {
    match health {
        Health::Good => Style::new().fg(Color::Green),
        Health::Middling => Style::new().fg(Color::Yellow),
        Health::Bad => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        Health::Neutral => Style::new(),
    }
}

/// A name in so many columns.
fn cut(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    name.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// A name without characters that a terminal obeys.
fn printable(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use cmrp_port::object::ObjectKind;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::{Color, View, draw};
    use crate::time::Time;
    use crate::watch::board::Board;
    use crate::watch::condition::Condition;
    use crate::watch::news::{News, What};

    fn board() -> Board {
        let board = Board::default();
        let connected = What::Connected { server: "node1".to_owned(), cluster: "CLUSTER".to_owned() };
        board.note(&News { time: Time::new(1_700_000_000, 0), what: connected });
        let picture = &mut board.lock().picture;
        picture.note(ObjectKind::Node, "node1", Condition::of(0));
        picture.note(ObjectKind::Node, "node2", Condition::of(1));
        picture.note(ObjectKind::Network, "Cluster Network 1 of many", Condition::of(3));
        picture.note(ObjectKind::NetInterface, "node1 - Ethernet", Condition::of(3));
        let owned = |state, group: Option<&str>| Condition {
            state,
            owner: Some("node1".to_owned()),
            group: group.map(str::to_owned),
        };
        picture.note(ObjectKind::Group, "Cluster Group", owned(0, None));
        picture.note(ObjectKind::Group, "SQL\u{1b}[2J", owned(2, None));
        picture.note(ObjectKind::Resource, "Cluster Name", owned(2, Some("Cluster Group")));
        board.clone()
    }

    fn screen(board: &Board, view: &mut View) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(78, 20)).unwrap();
        let contents = board.lock().clone();
        terminal.draw(|frame| draw(frame, &contents, view)).unwrap();
        terminal
    }

    #[test]
    fn the_cluster_is_drawn() {
        let terminal = screen(&board(), &mut View::default());
        let buffer = terminal.backend().buffer();
        let rows = buffer.content().chunks(78);
        let rows: Vec<String> = rows
            .map(|row| {
                row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
            })
            .collect();
        assert_eq!(rows.join("\n"), include_str!("screen.txt").trim_end(), "\n{}", rows.join("\n"));
    }

    #[test]
    fn states_are_coloured_by_what_they_mean() {
        let terminal = screen(&board(), &mut View::default());
        let buffer = terminal.backend().buffer();
        let color_of = |text: &str| {
            let row = (0..20).find_map(|y| {
                let row: String = (0..78).map(|x| buffer[(x, y)].symbol()).collect();
                let at = row.find(text)?;
                Some((u16::try_from(row[..at].chars().count()).unwrap(), y))
            });
            buffer[row.unwrap()].fg
        };
        assert_eq!(color_of("Online"), Color::Green);
        assert_eq!(color_of("Failed"), Color::Red);
        assert_eq!(color_of("Down"), Color::Red);
        assert_eq!(color_of("connected"), Color::Green);
    }

    #[test]
    fn the_smallest_terminal_is_no_reason_to_panic() {
        for (width, height) in [(1, 1), (3, 3), (10, 5), (500, 2)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
            let contents = board().lock().clone();
            terminal.draw(|frame| draw(frame, &contents, &mut View::default())).unwrap();
        }
    }
}
