//! What waits for a connection's task: answers from the service's thread, and orders to end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cmrp_port::server::CallId;
use tokio::sync::Notify;

use super::levels::Levels;

/// With so many octets unsent, nothing more is read and no call is handed on: who doesn't take answers need not ask.
pub(super) const CONGESTED: usize = 65_536;

/// The mailbox of one connection. It needs no place of its own for each mail: a connection has as many calls that can
/// be answered as the RPC runtime lets it have, and answers are limited by their octets.
pub(super) struct Outbox<R> {
    state: Mutex<State<R>>,
    wake: Notify,
    limit: usize,
    levels: Arc<Levels>,
}

struct State<R> {
    mails: Vec<Mail<R>>,
    order: Order,
    is_closed: bool,
    /// Octets of answers that the client has not been sent: here, and those that the task has taken.
    unsent: usize,
    /// Calls that were handed on and that the service is not done with.
    ahead: usize,
    /// The task has a call that it may not hand on yet.
    holds_back: bool,
}

/// Something for a connection.
#[derive(Debug)]
pub(super) enum Mail<R> {
    /// Answer a call.
    Response { call: CallId, stub: Vec<u8>, receipt: Option<R> },
    /// Fail a call.
    Fault { call: CallId, status: u32 },
    /// Forget a call.
    Abandoned { call: CallId },
    /// Whether the connection's association holds a handle.
    Holds(bool),
    /// Close the connection once everything before has been sent.
    End,
}

/// What a connection is to do as soon as it can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// Serve.
    #[default]
    Serve,
    /// Read no more; send what is due, and close.
    Finish,
    /// The client has left too much unread: close.
    Overflow,
    /// Close.
    Abort,
}

/// What was delivered since the task looked last.
pub(super) struct Delivery<R> {
    pub(super) mails: Vec<Mail<R>>,
    pub(super) order: Order,
}

impl<R> Outbox<R> {
    /// An empty mailbox for at most so many octets of unsent answers.
    pub(super) fn new(limit: usize, order: Order, levels: Arc<Levels>) -> Self {
        let (mails, is_closed, holds_back) = (Vec::new(), false, false);
        let state = State { mails, order, is_closed, unsent: 0, ahead: 0, holds_back };
        Self { state: Mutex::new(state), wake: Notify::new(), limit, levels }
    }

    /// Puts a mail in. An answer is counted among what the server holds until it is [settled](Self::settle).
    ///
    /// # Errors
    /// Gives the mail back if the connection has gone, or is to go because this answer was too much.
    pub(super) fn deliver(&self, mail: Mail<R>) -> Result<(), Mail<R>> {
        let mut state = self.state();
        if state.is_closed || state.order >= Order::Overflow {
            return Err(mail);
        }
        let unsent = state.unsent.saturating_add(mail.octets());
        let outcome = if unsent > self.limit || !self.levels.hold(mail.octets(), unsent) {
            state.order = Order::Overflow;
            Err(mail)
        } else {
            state.unsent = unsent;
            state.mails.push(mail);
            Ok(())
        };
        drop(state);
        self.wake.notify_one();
        outcome
    }

    /// Gives an order, unless a stronger one was given.
    pub(super) fn order(&self, order: Order) {
        let mut state = self.state();
        state.order = state.order.max(order);
        drop(state);
        self.wake.notify_one();
    }

    /// Waits until something was delivered since [`take`](Self::take).
    pub(super) async fn filled(&self) {
        self.wake.notified().await;
    }

    /// Empties the mailbox.
    pub(super) fn take(&self) -> Delivery<R> {
        let mut state = self.state();
        Delivery { mails: std::mem::take(&mut state.mails), order: state.order }
    }

    /// Takes note that so many octets of answers were sent, or will never be.
    pub(super) fn settle(&self, octets: usize) {
        let mut state = self.state();
        state.unsent = state.unsent.saturating_sub(octets);
        drop(state);
        self.levels.release(octets);
    }

    /// Whether a further call may be handed on: the service is done with the one before, and its answer is no reason to
    /// wait. If not, the task is woken when the service is done.
    pub(super) fn may_forward(&self) -> bool {
        let mut state = self.state();
        let may = state.ahead == 0 && state.unsent < CONGESTED;
        state.holds_back = !may;
        may
    }

    /// A call is handed on.
    pub(super) fn forwarded(&self) {
        let mut state = self.state();
        state.ahead = state.ahead.saturating_add(1);
    }

    /// The service is done with a call, whether or not it has answered it.
    pub(super) fn handled(&self) {
        let mut state = self.state();
        state.ahead = state.ahead.saturating_sub(1);
        let wakes = std::mem::take(&mut state.holds_back);
        drop(state);
        if wakes {
            self.wake.notify_one();
        }
    }

    /// Empties the mailbox for good: what comes later is given back.
    pub(super) fn close(&self) -> Vec<Mail<R>> {
        let mut state = self.state();
        state.is_closed = true;
        std::mem::take(&mut state.mails)
    }

    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Mail<R> {
    /// Octets of the answer in it.
    pub(super) fn octets(&self) -> usize {
        match self {
            Self::Response { stub, .. } => stub.len(),
            _ => 0,
        }
    }
}
