//! What must be true when everything is quiet.

use cmrp_port::access::Access;
use cmrp_port::client::Statistics;
use cmrp_port::object::Object;
use cmrp_port::sequence::StateNumbers as _;
use cmrp_port::server::Limits;

use super::program::{Program, Standing, Watch};
use super::{Due, Simulation};
use crate::model::state_event;
use crate::script::Step;
use crate::tally::Tally;
use crate::violation::Violation;
use crate::world::Happening;

impl Simulation<'_> {
    /// All faults are repaired and no message is on its way.
    pub(super) fn judge(&mut self) -> Result<(), Violation> {
        self.note(|| "all is quiet".to_owned());
        for client in 0..self.programs.len() {
            let Some(program) = self.programs.get(client) else { continue };
            if self.must_recover() {
                let connected = program.standing == Standing::Connected;
                Violation::unless(connected, "clients find a server when there is one", || {
                    format!("client {client} is {:?}", program.standing)
                })?;
            }
            if program.standing == Standing::Connected {
                self.judge_ports(client, program)?;
                let compared = self.judge_states(client, program)?;
                self.totals.add(Tally::Compared, compared);
            }
        }
        Ok(())
    }

    /// Whether nothing but faults kept clients from servers.
    fn must_recover(&self) -> bool {
        let Limits { filters_per_port, waiting, handles_per_association, .. } = Limits::default();
        let limits = &self.script.flavour.limits;
        let roomy = limits.filters_per_port == filters_per_port
            && limits.waiting == waiting
            && limits.handles_per_association == handles_per_association;
        let steady = |step: &(u64, Step)| {
            !matches!(step.1, Step::Happen(Happening::Delete { .. } | Happening::Rename { .. }))
        };
        // A client that may only read cannot open group sets: there is no method that asks for less than all.
        let levels = self.script.flavour.access == Access::All;
        roomy && levels && self.script.steps.iter().all(steady)
    }

    /// Everything was delivered and read, and the client told what it has to tell.
    fn judge_ports(&self, client: usize, program: &Program) -> Result<(), Violation> {
        let Some(association) = self.current(client) else {
            return Violation::found("a connected client has an association", format!("client {client}"));
        };
        let twin = self
            .associations
            .get(association)
            .and_then(|link| self.nodes.get(link.node))
            .and_then(|node| node.twin.as_ref());
        for (index, port) in program.ports.iter().enumerate().filter(|(_, port)| port.lives()) {
            let empty = port.expected.is_empty();
            Violation::unless(empty, "programs read what servers delivered, in that order", || {
                format!("client {client} {:?}: {:?}", port.id, port.expected)
            })?;
            let told = port.due.iter().zip(port.told).all(|(due, told)| told >= *due);
            Violation::unless(told, "clients tell of reconnects, losses and closed handles", || {
                format!("client {client} {:?}: {:?}, due {:?}", port.id, port.told, port.due)
            })?;
            let token = program.tokens.iter().rfind(|token| token.0 == association && token.2 == index);
            let (Some(twin), Some((_, token, _))) = (twin, token) else { continue };
            let Some(queued) = twin.queued(*token) else { continue };
            Violation::unless(queued == 0, "clients fetch what is queued", || {
                format!("client {client} {:?}: {queued} entries", port.id)
            })?;
            twin.audit.drained(*token)?;
        }
        Ok(())
    }

    /// The program knows the latest state of each object that it watches. How many there are.
    fn judge_states(&self, client: usize, program: &Program) -> Result<u64, Violation> {
        let mut compared = 0;
        for watch in program.watches.iter().filter(|watch| watch.registered && !watch.over) {
            let Some(port) = program.ports.get(watch.port).filter(|port| port.lives()) else {
                continue;
            };
            let Some(object) = watch.object.and_then(|object| program.objects.get(object)) else { continue };
            let Some(thing) = self.cluster.find(object.kind, &object.name) else { continue };
            let asked = watch.events & state_event(object.kind) != 0;
            if !asked || thing.told == 0 || port.marker_at.is_some_and(|at| at >= thing.told_at) {
                continue;
            }
            compared = u64::saturating_add(compared, 1);
            let now = self.cluster.sequences.state_sequence(&Object::new(object.kind, thing.name.as_str()));
            let fits = |watch: &Watch| watch.seen.is_some_and(|(_, seen)| (thing.told..=now).contains(&seen));
            Violation::unless(fits(watch), "clients know the latest state of what they watch", || {
                format!(
                    "client {client}: {:?} {:?}: saw {:?}, told was {}, now {now}",
                    object.kind, object.name, watch.seen, thing.told
                )
            })?;
        }
        Ok(compared)
    }

    /// Clients shut down, or vanish.
    pub(super) fn close(&mut self) {
        if self.script.flavour.orderly {
            self.after(1, Due::ShutDown);
            return;
        }
        for association in 0..self.associations.len() {
            if let Some(link) = self.associations.get_mut(association) {
                link.wanted = false;
            }
            self.after(1, Due::ServerNotices { association });
        }
    }

    pub(super) fn shut_down(&mut self) -> Result<(), Violation> {
        for client in 0..self.programs.len() {
            if let Some(program) = self.programs.get_mut(client) {
                program.engine.shut_down();
            }
            self.note(|| format!("program {client}: shuts down"));
            self.settle(client)?;
        }
        Ok(())
    }

    /// Nobody is left: neither is anything that was held for somebody.
    pub(super) fn judge_empty(&mut self) -> Result<(), Violation> {
        if self.script.flavour.orderly {
            for (client, program) in self.programs.iter().enumerate() {
                let Statistics { objects, ports, filters, calls, queued, .. } = program.engine.statistics();
                let held = [objects, ports, filters, calls, queued];
                Violation::unless(
                    program.closed && held == [0; 5],
                    "a client that shut down holds nothing",
                    || format!("client {client}: closed {}, holds {held:?}", program.closed),
                )?;
                self.totals.count(Tally::ShutDown);
            }
            let wanted = self.associations.iter().filter(|link| link.wanted).count();
            Violation::unless(wanted == 0, "a client that shut down drops its association", || {
                format!("{wanted} left")
            })?;
        }
        for node in &self.nodes {
            if let Some(twin) = &node.twin {
                twin.empty()?;
                twin.add_to(&mut self.totals);
            }
        }
        Ok(())
    }
}
