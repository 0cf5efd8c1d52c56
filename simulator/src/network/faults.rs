//! What goes wrong, and how it is repaired at the end.

use cmrp_port::access::ServerState;

use super::Simulation;
use crate::script::Fault;
use crate::tally::Tally;
use crate::violation::Violation;

impl Simulation<'_> {
    pub(super) fn go_wrong(&mut self, fault: Fault) -> Result<(), Violation> {
        self.note(|| format!("fault: {fault:?}"));
        match fault {
            Fault::LoseAssociation { client, client_after, server_after } => {
                if let Some(association) = self.current(client) {
                    self.totals.count(Tally::AssociationLost);
                    self.break_association(association, client_after, server_after);
                }
            }
            Fault::LoseConnection { client, which } => {
                if let Some(association) = self.current(client) {
                    if self.break_connection(association, which) {
                        self.totals.count(Tally::ConnectionLost);
                    }
                }
            }
            Fault::Refuse { node, milliseconds } => {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.refuses_until = self.now.saturating_add(milliseconds);
                }
            }
            Fault::FailNode { node } => {
                if self.nodes.get(node).is_some_and(|node| node.twin.is_some()) {
                    self.totals.count(Tally::NodeFailed);
                    self.stop_node(node);
                }
            }
            Fault::ReturnNode { node } => self.return_node(node)?,
            Fault::State { node, state } => self.set_state(node, state)?,
            Fault::FailCall { client, code, seen } => {
                if let Some(program) = self.programs.get_mut(client) {
                    program.fail_next = Some((code, seen));
                }
            }
            Fault::Access { client, access } => {
                self.totals.count(Tally::AccessLost);
                if let Some(program) = self.programs.get_mut(client) {
                    program.access = access;
                }
            }
            Fault::Slow { client, slow } => {
                self.totals.add(Tally::Slow, u64::from(slow));
                if let Some(program) = self.programs.get_mut(client) {
                    program.slow = slow;
                }
                self.settle(client)?;
            }
            Fault::Late { client, milliseconds } => {
                self.totals.count(Tally::Late);
                if let Some(program) = self.programs.get_mut(client) {
                    program.late_until = self.now.saturating_add(milliseconds);
                }
            }
        }
        Ok(())
    }

    /// A node that failed starts again; a server that did less does everything again. One that stopped being active
    /// missed events, so it starts again too.
    fn return_node(&mut self, node: usize) -> Result<(), Violation> {
        let state = self.nodes.get(node).and_then(|node| node.twin.as_ref()).map(crate::twin::Twin::state);
        match state {
            Some(ServerState::ReadWrite) => Ok(()),
            Some(ServerState::ReadOnly | ServerState::None) => self.set_state(node, ServerState::ReadWrite),
            Some(ServerState::ShuttingDown | ServerState::Stopped) => {
                self.stop_node(node);
                self.return_node(node)
            }
            None => {
                self.totals.count(Tally::NodeReturned);
                self.start_node(node);
                Ok(())
            }
        }
    }

    pub(super) fn heal(&mut self) -> Result<(), Violation> {
        self.note(|| "everything is repaired".to_owned());
        for node in 0..self.nodes.len() {
            if let Some(node) = self.nodes.get_mut(node) {
                node.refuses_until = 0;
            }
            self.return_node(node)?;
        }
        for client in 0..self.programs.len() {
            let access = self.script.flavour.access;
            if let Some(program) = self.programs.get_mut(client) {
                (program.slow, program.fail_next, program.late_until) = (false, None, 0);
                program.access = Some(access);
            }
            self.settle(client)?;
        }
        Ok(())
    }

    /// Clients that gave up try again.
    pub(super) fn try_again(&mut self) -> Result<(), Violation> {
        for client in 0..self.programs.len() {
            if let Some(program) = self.programs.get_mut(client) {
                program.engine.reconnect();
            }
            self.settle(client)?;
        }
        Ok(())
    }
}
