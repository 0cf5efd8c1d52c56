//! Joins the fragments of calls into whole stubs (C706 12.6.2, MS-RPCE 3.3.1.5.8, 3.3.3.5).

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use cmrp::ndr::Uuid;

use crate::auth::Protection;
use crate::header::PfcFlags;
use crate::label::FormatLabel;
use crate::pdu::{Body, Pdu};

/// What an [`Assembler`] may hold. Nothing is reserved ahead of octets that came.
///
/// The default is [`Limits::REQUESTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one stub: 4 MiB of a request, 64 MiB of a response. Stops one call that never ends.
    pub max_stub: usize,
    /// Calls in assembly at a time: 64. Stops many calls that are begun and never finished.
    pub max_calls: usize,
    /// Octets of all unfinished stubs together: 16 MiB of requests, 128 MiB of responses. Stops both together.
    pub max_held: usize,
    /// Fragments of one call: no limit, since empty ones cost an observer nothing. For a peer of the connection, stops
    /// a call of empty fragments that never ends.
    pub max_fragments: usize,
}

impl Limits {
    /// Limits of requests, which Windows refuses beyond 4 MiB (MS-RPCE 3.3.3.5.4).
    pub const REQUESTS: Self =
        Self { max_stub: 4 << 20, max_calls: 64, max_held: 16 << 20, max_fragments: usize::MAX };

    /// Limits of responses, for which MS-RPCE has none.
    pub const RESPONSES: Self =
        Self { max_stub: 64 << 20, max_calls: 64, max_held: 128 << 20, max_fragments: usize::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Self::REQUESTS
    }
}

/// One request or response PDU, seen as a part of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The call.
    pub call_id: u32,
    /// Whether it is the first or last part.
    pub flags: PfcFlags,
    /// What all parts share.
    pub common: Common,
    /// The object of a request; the first part's counts.
    pub object: Option<Uuid>,
    /// This part of the stub, without authentication padding unless sealed: see [`Fragment::from_pdu`].
    pub stub: &'a [u8],
}

/// What all fragments of a call must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// `p_cont_id`.
    pub context_id: u16,
    /// The operation, in a request.
    pub opnum: Option<u16>,
    /// How the stub represents numbers.
    pub label: FormatLabel,
    /// Provider, level and security context, if there is a trailer (MS-RPCE 2.2.2.11).
    pub protection: Option<Protection>,
}

impl<'a> Fragment<'a> {
    /// The fragment in a request or response; `None` for any other PDU.
    ///
    /// Authentication padding is left out. At level privacy padding and stub are one ciphertext, which must be
    /// decrypted before its fragments can be joined into a stub that means anything.
    pub fn from_pdu(pdu: &Pdu<'a>) -> Option<Self> {
        let (context_id, opnum, object, stub) = match &pdu.body {
            Body::Request(request) => (request.context_id, Some(request.opnum), request.object, request.stub),
            Body::Response(response) => (response.context_id, None, None, response.stub),
            _ => return None,
        };
        let protection = pdu.trailer.map(|trailer| trailer.protection);
        let common = Common { context_id, opnum, label: pdu.label, protection };
        Some(Self { call_id: pdu.call_id, flags: pdu.flags, common, object, stub })
    }

    /// Whether this is the first fragment of its call.
    pub const fn is_first(&self) -> bool {
        self.flags.contains(PfcFlags::FIRST_FRAG)
    }

    /// Whether this is the last fragment of its call.
    pub const fn is_last(&self) -> bool {
        self.flags.contains(PfcFlags::LAST_FRAG)
    }
}

/// A whole call in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled<'a> {
    /// The call.
    pub call_id: u32,
    /// What all fragments shared.
    pub common: Common,
    /// The object of a request.
    pub object: Option<Uuid>,
    /// The stub; borrowed if the call came in one fragment.
    pub stub: Cow<'a, [u8]>,
    /// How many fragments it came in, at least 1.
    pub fragments: usize,
}

/// What a fragment led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// More fragments are to come.
    More,
    /// The call is complete.
    Complete(Assembled<'a>),
    /// The fragment belongs to a call that has already failed, and is dropped.
    Ignored,
}

/// Why a call cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FragmentError {
    /// A later fragment of a call whose first fragment was not seen.
    MissingFirst,
    /// A second first fragment, while the call was not finished.
    RepeatedFirst,
    /// A field differs from that of the first fragment.
    Changed(&'static str),
    /// The stub is longer than [`Limits::max_stub`], which is given.
    StubTooLong(usize),
    /// More calls are unfinished than [`Limits::max_calls`], which is given.
    TooManyCalls(usize),
    /// Unfinished stubs take more than [`Limits::max_held`], which is given.
    TooMuchHeld(usize),
    /// The call has more fragments than [`Limits::max_fragments`], which is given.
    TooManyFragments(usize),
}

impl fmt::Display for FragmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingFirst => f.write_str("the first fragment of the call is missing"),
            Self::RepeatedFirst => f.write_str("a first fragment came before the call was finished"),
            Self::Changed(field) => write!(f, "{field} differs from that of the first fragment"),
            Self::StubTooLong(limit) => write!(f, "the stub is longer than {limit} octets"),
            Self::TooManyCalls(limit) => write!(f, "more than {limit} calls are unfinished"),
            Self::TooMuchHeld(limit) => write!(f, "unfinished calls hold more than {limit} octets"),
            Self::TooManyFragments(limit) => write!(f, "the call has more than {limit} fragments"),
        }
    }
}

impl core::error::Error for FragmentError {}

/// Joins the fragments of one direction of one connection, keyed by call.
///
/// A call fails once: the error is returned with the fragment that caused it, and the fragments that follow up to the
/// last one are [`Progress::Ignored`].
#[derive(Debug, Default)]
pub struct Assembler {
    limits: Limits,
    calls: BTreeMap<u32, Partial>,
    /// Octets of all unfinished stubs.
    held: usize,
    /// Numbers calls by age.
    begun: u64,
}

#[derive(Debug)]
struct Partial {
    age: u64,
    /// `None` once the call has failed.
    call: Option<Growing>,
}

#[derive(Debug)]
struct Growing {
    common: Common,
    object: Option<Uuid>,
    stub: Vec<u8>,
    fragments: usize,
}

impl Assembler {
    /// An assembler with nothing in it.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes one fragment.
    ///
    /// # Errors
    /// If the fragment does not continue or begin a call as it should, or if a limit would be exceeded. The call has
    /// then failed and its octets are dropped.
    pub fn push<'a>(&mut self, fragment: Fragment<'a>) -> Result<Progress<'a>, FragmentError> {
        let outcome = if fragment.is_first() { self.begin(fragment) } else { self.extend(fragment) };
        if outcome.is_err() {
            self.fail(fragment);
        }
        outcome
    }

    /// Forgets a call, and says what was known about it: `None` if it is not in assembly or has failed already.
    pub fn abandon(&mut self, call_id: u32) -> Option<Common> {
        let call = self.remove(call_id)?.call?;
        Some(call.common)
    }

    /// Whether fragments of the call are being collected, or ignored since it failed.
    pub fn contains(&self, call_id: u32) -> bool {
        self.calls.contains_key(&call_id)
    }

    /// The call whose first fragment came first.
    pub fn oldest(&self) -> Option<u32> {
        self.calls.iter().min_by_key(|(_, partial)| partial.age).map(|(call_id, _)| *call_id)
    }

    /// Octets of all unfinished stubs.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// Whether a further call would be one too many.
    pub fn is_full(&self) -> bool {
        self.calls.len() >= self.limits.max_calls
    }

    fn begin<'a>(&mut self, fragment: Fragment<'a>) -> Result<Progress<'a>, FragmentError> {
        if self.calls.get(&fragment.call_id).is_some_and(|partial| partial.call.is_some()) {
            return Err(FragmentError::RepeatedFirst);
        }
        self.remove(fragment.call_id);
        self.check_length(0, fragment.stub.len())?;
        if fragment.is_last() {
            return Ok(Progress::Complete(Assembled::whole(fragment)));
        }
        self.check_room(fragment.stub.len())?;
        self.insert(fragment.call_id, Some(Growing::new(fragment)));
        Ok(Progress::More)
    }

    fn extend<'a>(&mut self, fragment: Fragment<'a>) -> Result<Progress<'a>, FragmentError> {
        let call = match self.calls.get(&fragment.call_id) {
            None => return Err(FragmentError::MissingFirst),
            Some(Partial { call: None, .. }) => return Ok(self.ignore(fragment)),
            Some(Partial { call: Some(call), .. }) => call,
        };
        call.common.check_same(&fragment.common)?;
        self.check_fragments(call.fragments)?;
        self.check_length(call.stub.len(), fragment.stub.len())?;
        self.check_held(fragment.stub.len())?;
        self.grow(fragment);
        Ok(if fragment.is_last() { self.complete(fragment.call_id) } else { Progress::More })
    }

    fn grow(&mut self, fragment: Fragment<'_>) {
        let Some(Partial { call: Some(call), .. }) = self.calls.get_mut(&fragment.call_id) else { return };
        call.stub.extend_from_slice(fragment.stub);
        call.fragments = call.fragments.saturating_add(1);
        self.held = self.held.saturating_add(fragment.stub.len());
    }

    fn complete<'a>(&mut self, call_id: u32) -> Progress<'a> {
        let call = self.remove(call_id).and_then(|partial| partial.call);
        call.map_or(Progress::Ignored, |call| Progress::Complete(call.finish(call_id)))
    }

    fn ignore<'a>(&mut self, fragment: Fragment<'_>) -> Progress<'a> {
        if fragment.is_last() {
            self.remove(fragment.call_id);
        }
        Progress::Ignored
    }

    /// Remembers that the call has failed, so that its other fragments are ignored, if there is room for that.
    fn fail(&mut self, fragment: Fragment<'_>) {
        self.remove(fragment.call_id);
        if !fragment.is_last() && !self.is_full() {
            self.insert(fragment.call_id, None);
        }
    }

    fn insert(&mut self, call_id: u32, call: Option<Growing>) {
        self.begun = self.begun.saturating_add(1);
        self.held = self.held.saturating_add(call.as_ref().map_or(0, |call| call.stub.len()));
        self.calls.insert(call_id, Partial { age: self.begun, call });
    }

    fn remove(&mut self, call_id: u32) -> Option<Partial> {
        let partial = self.calls.remove(&call_id)?;
        self.held = self.held.saturating_sub(partial.call.as_ref().map_or(0, |call| call.stub.len()));
        Some(partial)
    }

    fn check_room(&self, more: usize) -> Result<(), FragmentError> {
        if self.is_full() {
            return Err(FragmentError::TooManyCalls(self.limits.max_calls));
        }
        self.check_held(more)
    }

    fn check_fragments(&self, fragments: usize) -> Result<(), FragmentError> {
        if fragments >= self.limits.max_fragments {
            return Err(FragmentError::TooManyFragments(self.limits.max_fragments));
        }
        Ok(())
    }

    fn check_length(&self, length: usize, more: usize) -> Result<(), FragmentError> {
        if length.saturating_add(more) > self.limits.max_stub {
            return Err(FragmentError::StubTooLong(self.limits.max_stub));
        }
        Ok(())
    }

    fn check_held(&self, more: usize) -> Result<(), FragmentError> {
        if self.held.saturating_add(more) > self.limits.max_held {
            return Err(FragmentError::TooMuchHeld(self.limits.max_held));
        }
        Ok(())
    }
}

impl Common {
    fn check_same(&self, other: &Self) -> Result<(), FragmentError> {
        if self.context_id != other.context_id {
            return Err(FragmentError::Changed("p_cont_id"));
        }
        if self.opnum != other.opnum {
            return Err(FragmentError::Changed("opnum"));
        }
        if self.label != other.label {
            return Err(FragmentError::Changed("packed_drep"));
        }
        if self.protection != other.protection {
            return Err(FragmentError::Changed("sec_trailer"));
        }
        Ok(())
    }
}

impl Growing {
    fn new(fragment: Fragment<'_>) -> Self {
        Self { common: fragment.common, object: fragment.object, stub: fragment.stub.to_vec(), fragments: 1 }
    }

    fn finish<'a>(self, call_id: u32) -> Assembled<'a> {
        let Self { common, object, stub, fragments } = self;
        Assembled { call_id, common, object, stub: Cow::Owned(stub), fragments }
    }
}

impl<'a> Assembled<'a> {
    const fn whole(fragment: Fragment<'a>) -> Self {
        let Fragment { call_id, common, object, stub, .. } = fragment;
        Self { call_id, common, object, stub: Cow::Borrowed(stub), fragments: 1 }
    }
}

/// A part of a stub to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Whether it is the first or last part.
    pub flags: PfcFlags,
    /// Octets of this and the later parts.
    pub alloc_hint: u32,
    /// The octets.
    pub stub: &'a [u8],
}

/// Parts a stub for fragments with `room` octets each; all parts but the last are multiples of 16, which suits both
/// transfer syntaxes and the alignment of a security trailer (MS-RPCE 2.2.2.11). A part has 16 octets at least, even
/// if there is room for less.
pub fn parts(stub: &[u8], room: usize) -> impl Iterator<Item = Part<'_>> {
    let mut rest = Some(stub);
    let mut first = PfcFlags::FIRST_FRAG;
    core::iter::from_fn(move || {
        let left = rest?;
        let length = if left.len() > room { (room & !15).max(16) } else { left.len() };
        let (part, later) = left.split_at_checked(length)?;
        rest = (!later.is_empty()).then_some(later);
        let last = if later.is_empty() { PfcFlags::LAST_FRAG } else { PfcFlags::empty() };
        let flags = core::mem::replace(&mut first, PfcFlags::empty()) | last;
        Some(Part { flags, alloc_hint: u32::try_from(left.len()).unwrap_or(u32::MAX), stub: part })
    })
}
