//! Start (MS-CMRP 3.2.3.3) and reconnect (MS-CMRP 3.2.4.6): one candidate after the other, one call at a time.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use super::calls::Purpose;
use super::id::{BindingId, ObjectId, PortId};
use super::object::{code_of, level_granted};
use super::reply::Reply;
use super::request::Method;
use super::restore::Task;
use super::{Action, Client, Notice, Phase, Work};
use crate::object::{ObjectKind, same_name};
use crate::status::{RPC_S_CALL_FAILED_DNE, RPC_S_INVALID_BINDING};
use crate::time::Instant;

/// What a procedure is to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// A first connection.
    Start,
    /// Everything as it was.
    Reconnect {
        /// The code that began it.
        code: u32,
        /// What the server in use was called: its candidates come last.
        in_use: Vec<String>,
    },
}

/// A procedure under way.
#[derive(Debug)]
pub(super) struct Procedure {
    goal: Goal,
    /// Candidates of this round that were not tried yet, the next first.
    untried: VecDeque<String>,
    /// Rounds after this one.
    rounds: u32,
    /// Why the last attempt failed.
    failure: u32,
    /// The candidate that is tried, or will be.
    server: String,
    step: Step,
    /// What is to be put back after the present step.
    pub(super) tasks: VecDeque<Task>,
}

/// Where a procedure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Waits before it connects.
    Wait(Instant),
    Connect,
    /// `ApiGetClusterName`.
    Name {
        attempt: u32,
    },
    /// `ApiOpenCluster` or `ApiOpenClusterEx`.
    Cluster,
    /// `ApiCreateEnum`.
    Nodes,
    Restore(Task),
}

/// Attempts of `ApiGetClusterName` at the start, while it fails with `RPC_S_CALL_FAILED_DNE` (MS-CMRP 3.2.3.3).
const NAME_ATTEMPTS: u32 = 4;

impl Procedure {
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        match self.step {
            Step::Wait(until) => Some(until),
            _ => None,
        }
    }

    pub(super) fn is_opening(&self, object: ObjectId) -> bool {
        self.step == Step::Restore(Task::Object(object))
    }

    pub(super) fn is_creating(&self, port: PortId) -> bool {
        self.step == Step::Restore(Task::Port(port))
    }
}

impl Client {
    /// Starts a procedure.
    pub(super) fn begin(&mut self, now: Instant, goal: Goal) {
        let untried = self.round(&goal);
        let rounds = self.config.backoff.rounds.saturating_sub(1);
        let (server, tasks) = (String::new(), VecDeque::new());
        let (failure, step) = (RPC_S_INVALID_BINDING, Step::Connect);
        self.phase = Phase::Running(Procedure { goal, untried, rounds, failure, server, step, tasks });
        self.next_candidate(now);
    }

    /// The connection is no good any more: another one is looked for.
    pub(super) fn lose(&mut self, now: Instant, code: u32) {
        if !self.is_connected() {
            return;
        }
        if self.ending {
            return self.finish();
        }
        if self.progress || now.since(self.connected_at) >= self.config.backoff.longest {
            self.attempts = 0;
        }
        self.note(Notice::Reconnecting { code });
        let in_use = self.names_in_use();
        self.begin(now, Goal::Reconnect { code, in_use });
    }

    /// What the server in use is called among the candidates: by the name of the node, and by what the program
    /// called it, unless that is the name of the cluster, which may lead to another node now.
    fn names_in_use(&self) -> Vec<String> {
        let cluster = &self.cluster;
        let given = Some(&cluster.connected_to).filter(|given| !same_name(given, &cluster.name));
        core::iter::once(&cluster.server).chain(given).cloned().collect()
    }

    /// All servers that a reconnect tries: the cluster, its nodes, what the program gave (MS-CMRP 3.2.1).
    fn candidates(&self) -> Vec<String> {
        let cluster = core::iter::once(&*self.cluster.name);
        let others = self.cluster.nodes.iter().chain(&self.config.servers).map(String::as_str);
        let mut candidates: Vec<String> = Vec::new();
        for name in cluster.chain(others).filter(|name| !name.is_empty()) {
            if !candidates.iter().any(|known| same_name(known, name)) {
                candidates.push(name.into());
            }
        }
        candidates
    }

    /// The candidates of a round in order: the server in use comes last (step 2 of MS-CMRP 3.2.4.6).
    fn round(&self, goal: &Goal) -> VecDeque<String> {
        let Goal::Reconnect { in_use, .. } = goal else {
            return self.config.servers.iter().cloned().collect();
        };
        let is_in_use = |name: &String| in_use.iter().any(|used| same_name(used, name));
        let (last, first): (Vec<_>, Vec<_>) = self.candidates().into_iter().partition(is_in_use);
        first.into_iter().chain(last).collect()
    }

    /// Takes the next candidate; with none left, the next round; after the last round, gives up.
    fn next_candidate(&mut self, now: Instant) {
        self.unbind();
        let Phase::Running(procedure) = &self.phase else { return };
        let goal = procedure.goal.clone();
        let more = procedure.untried.is_empty() && procedure.rounds > 0;
        let round = if more { self.round(&goal) } else { VecDeque::new() };
        let Phase::Running(procedure) = &mut self.phase else { return };
        if more {
            procedure.rounds = procedure.rounds.saturating_sub(1);
            procedure.untried = round;
        }
        match procedure.untried.pop_front() {
            Some(server) => {
                procedure.server = server;
                self.wait_or_connect(now);
            }
            None => self.give_up(goal),
        }
    }

    fn wait_or_connect(&mut self, now: Instant) {
        let delay = self.config.backoff.delay(self.attempts);
        if delay.is_zero() {
            return self.connect();
        }
        let until = Instant::new(now.since_origin().saturating_add(delay));
        self.set_step(Step::Wait(until));
    }

    /// Time has passed.
    pub(super) fn waited(&mut self, now: Instant) {
        if let Phase::Running(Procedure { step: Step::Wait(until), .. }) = self.phase {
            if now >= until {
                self.connect();
            }
        }
    }

    fn connect(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        let binding = BindingId(self.next_id());
        let Phase::Running(procedure) = &mut self.phase else { return };
        procedure.step = Step::Connect;
        let server = procedure.server.clone();
        self.binding = Some(binding);
        self.actions.push_back(Action::Connect { binding, server });
    }

    /// The connection of the procedure is there.
    pub(super) fn connected(&mut self, _now: Instant) {
        if let Phase::Running(Procedure { step: Step::Connect, .. }) = self.phase {
            self.step(Step::Name { attempt: 1 }, Method::GetClusterName);
        }
    }

    /// Why an attempt failed; the next candidate is tried. Nothing here begins another procedure.
    pub(super) fn attempt_failed(&mut self, now: Instant, code: u32, object: Option<ObjectId>) {
        if let Phase::Running(procedure) = &mut self.phase {
            procedure.failure = code;
            let server = procedure.server.clone();
            self.note(Notice::AttemptFailed { server, code, object });
            self.next_candidate(now);
        }
    }

    /// The call of a procedure has ended.
    pub(super) fn step_done(&mut self, now: Instant, reply: Reply<'_>) {
        let Phase::Running(procedure) = &self.phase else { return };
        let starting = procedure.goal == Goal::Start;
        match (procedure.step, reply) {
            (Step::Name { .. }, Reply::Names { cluster, server }) => self.named(cluster, server),
            (Step::Name { attempt }, Reply::Failed(RPC_S_CALL_FAILED_DNE))
                if starting && attempt < NAME_ATTEMPTS =>
            {
                let attempt = attempt.saturating_add(1);
                self.step(Step::Name { attempt }, Method::GetClusterName);
            }
            (Step::Cluster, Reply::Handle { handle, granted }) => {
                self.cluster.handle = Some(handle);
                self.cluster.level = level_granted(granted, self.cluster.level);
                if starting { self.step(Step::Nodes, Method::EnumerateNodes) } else { self.restore() }
            }
            (Step::Nodes, Reply::Nodes(nodes)) => {
                self.cluster.nodes = nodes;
                self.succeed(now);
            }
            (Step::Restore(task), reply) => self.restored(now, task, &reply),
            (_, reply) => self.attempt_failed(now, code_of(&reply), None),
        }
        if matches!(&self.phase, Phase::Running(procedure) if procedure.is_done()) {
            self.succeed(now);
        }
    }

    fn named(&mut self, cluster: String, server: String) {
        let level = self.asked_level(self.cluster.level);
        self.cluster.name = cluster.into();
        self.cluster.server = server;
        let name = self.cluster.name.clone();
        self.step(Step::Cluster, Method::Open { kind: ObjectKind::Cluster, name, level });
    }

    /// Makes the call of a step.
    pub(super) fn step(&mut self, step: Step, method: Method) {
        self.set_step(step);
        self.call(Purpose::Step, method);
    }

    pub(super) fn set_step(&mut self, step: Step) {
        if let Phase::Running(procedure) = &mut self.phase {
            procedure.step = step;
        }
    }

    /// The end of a procedure: all that waits goes on, and what failed at its beginning is done again.
    fn succeed(&mut self, now: Instant) {
        let Phase::Running(procedure) = core::mem::replace(&mut self.phase, Phase::Connected) else { return };
        self.cluster.connected_to = procedure.server;
        self.connected_at = now;
        self.progress = false;
        let server = self.cluster.server.clone();
        match procedure.goal {
            Goal::Start => {
                self.attempts = 0;
                let cluster_name = String::from(&*self.cluster.name);
                self.note(Notice::Connected { server, cluster_name });
            }
            Goal::Reconnect { .. } => self.note(Notice::Reconnected { server }),
        }
        self.work.extend(self.objects.keys().copied().map(Work::Object));
        self.work.extend(self.ports.keys().copied().map(Work::Port));
    }

    /// All candidates were tried in vain (step 1 of MS-CMRP 3.2.4.6).
    fn give_up(&mut self, goal: Goal) {
        let failure = match &self.phase {
            Phase::Running(procedure) => procedure.failure,
            _ => RPC_S_INVALID_BINDING,
        };
        match goal {
            Goal::Start => self.note(Notice::ConnectFailed { code: failure }),
            Goal::Reconnect { code, .. } => {
                self.indicate_lost();
                self.note(Notice::Lost { code });
            }
        }
        self.phase = Phase::Resting(goal);
    }

    /// Leaves the binding, and all that belongs to it: calls, handles, what was being closed.
    pub(super) fn unbind(&mut self) {
        if let Some(binding) = self.binding.take() {
            self.free(binding);
        }
        self.calls.clear();
        self.unbind_objects();
        self.unbind_ports();
    }

    /// Frees a binding. What was asked for on it and not begun is not asked for any more.
    fn free(&mut self, binding: BindingId) {
        let unknown = |action: &Action| matches!(action, Action::Connect { binding: b, .. } if *b == binding);
        let connecting = self.actions.iter().any(unknown);
        self.actions.retain(|action| match action {
            Action::Connect { binding: other, .. }
            | Action::Call { binding: other, .. }
            | Action::Abandon { binding: other, .. } => *other != binding,
            Action::Free { .. } => true,
        });
        if !connecting {
            self.actions.push_back(Action::Free { binding });
        }
    }
}

impl Procedure {
    /// Whether everything is back.
    fn is_done(&self) -> bool {
        self.step == Step::Restore(Task::Done)
    }
}
