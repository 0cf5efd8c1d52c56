//! Dependencies: that there is an order in which everything can start.

use cmrp_port::object::same_name;

/// Something that needs others before it can start.
pub(super) struct Vertex<'a> {
    pub(super) name: &'a str,
    pub(super) needs: &'a [String],
}

/// The vertices of a cycle, by place, in order; the one that stands first comes first.
pub(super) fn cycle(vertices: &[Vertex<'_>]) -> Option<Vec<usize>> {
    let started = startable(vertices, usize::MAX);
    let start = started.iter().position(|started| !started)?;
    let mut way = vec![start];
    loop {
        let at = *way.last()?;
        // What could not be started needs something that could not.
        let next = needs(vertices, at).find(|&needed| started.get(needed) == Some(&false))?;
        if let Some(again) = way.iter().position(|&passed| passed == next) {
            return way.get(again..).map(first_first);
        }
        way.push(next);
    }
}

/// A vertex that could only be started after so many steps.
pub(super) fn deeper_than(vertices: &[Vertex<'_>], most: usize) -> Option<usize> {
    startable(vertices, most).iter().position(|started| !started)
}

fn first_first(cycle: &[usize]) -> Vec<usize> {
    let first = cycle.iter().enumerate().min_by_key(|&(_, at)| at).map_or(0, |(place, _)| place);
    let mut turned = cycle.to_vec();
    turned.rotate_left(first);
    turned
}

/// What can be started in so many rounds, in each of which starts whatever needs nothing more.
fn startable(vertices: &[Vertex<'_>], most: usize) -> Vec<bool> {
    let mut started = vec![false; vertices.len()];
    for _ in 0..most {
        let ready: Vec<usize> = (0..vertices.len())
            .filter(|&at| started.get(at) == Some(&false))
            .filter(|&at| needs(vertices, at).all(|needed| started.get(needed) == Some(&true)))
            .collect();
        if ready.is_empty() {
            break;
        }
        for at in ready {
            if let Some(place) = started.get_mut(at) {
                *place = true;
            }
        }
    }
    started
}

/// What a vertex needs, as far as it is there.
fn needs<'a>(vertices: &'a [Vertex<'_>], at: usize) -> impl Iterator<Item = usize> + 'a {
    let names = vertices.get(at).map_or(&[][..], |vertex| vertex.needs);
    names.iter().filter_map(|name| vertices.iter().position(|vertex| same_name(vertex.name, name)))
}
