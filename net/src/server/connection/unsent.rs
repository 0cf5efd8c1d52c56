//! PDUs on their way to the socket, and which answers they complete.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use tokio::net::TcpStream;

/// PDUs that are given to the operating system in one go.
const BATCH: usize = 16;

/// PDUs that the socket has not taken yet. Holds no memory when there are none.
pub(super) struct Unsent<R> {
    pdus: VecDeque<Pdu<R>>,
    /// Octets of the first one that the socket has taken.
    taken: usize,
    octets: usize,
}

struct Pdu<R> {
    octets: Vec<u8>,
    completes: Option<Answer<R>>,
}

/// An answer, from when it was given until it is sent.
pub(super) struct Answer<R> {
    /// Of the stub.
    pub(super) octets: usize,
    pub(super) receipt: Option<R>,
}

/// What one write has done.
pub(super) struct Written<R> {
    pub(super) octets: usize,
    /// PDUs that went out whole.
    pub(super) pdus: usize,
    /// Answers that went out whole.
    pub(super) answers: Vec<Answer<R>>,
}

impl<R> Unsent<R> {
    pub(super) const fn new() -> Self {
        Self { pdus: VecDeque::new(), taken: 0, octets: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pdus.is_empty()
    }

    /// Octets that the socket has not taken.
    pub(super) const fn octets(&self) -> usize {
        self.octets
    }

    /// Adds a PDU.
    pub(super) fn push(&mut self, octets: Vec<u8>) {
        self.octets = self.octets.saturating_add(octets.len());
        self.pdus.push_back(Pdu { octets, completes: None });
    }

    /// The last PDU is the end of this answer. Gives it back if there is no PDU.
    pub(super) fn complete(&mut self, answer: Answer<R>) -> Option<Answer<R>> {
        match self.pdus.back_mut() {
            Some(last) => last.completes.replace(answer),
            None => Some(answer),
        }
    }

    /// Gives the socket what it takes without waiting.
    pub(super) fn write(&mut self, stream: &TcpStream) -> io::Result<Written<R>> {
        let written = match stream.try_write_vectored(&self.slices()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            other => other?,
        };
        Ok(self.advance(written))
    }

    /// The answers that are not sent, for good.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Answer<R>> {
        self.octets = 0;
        std::mem::take(&mut self.pdus).into_iter().filter_map(|pdu| pdu.completes)
    }

    fn slices(&self) -> Vec<IoSlice<'_>> {
        let mut skip = self.taken;
        let rest = |pdu| {
            let Pdu { octets, .. }: &Pdu<R> = pdu;
            let rest = octets.get(skip..).unwrap_or_default();
            skip = 0;
            IoSlice::new(rest)
        };
        self.pdus.iter().take(BATCH).map(rest).collect()
    }

    /// So many more octets were taken.
    fn advance(&mut self, written: usize) -> Written<R> {
        let mut done = Written { octets: written, pdus: 0, answers: Vec::new() };
        self.octets = self.octets.saturating_sub(written);
        self.taken = self.taken.saturating_add(written);
        while let Some(length) = self.pdus.front().map(|pdu| pdu.octets.len()) {
            if length > self.taken {
                break;
            }
            self.taken = self.taken.saturating_sub(length);
            done.pdus = done.pdus.saturating_add(1);
            done.answers.extend(self.pdus.pop_front().and_then(|pdu| pdu.completes));
        }
        if self.pdus.is_empty() {
            self.pdus = VecDeque::new();
        }
        done
    }
}
