//! The presentation contexts of a connection, and the answer to a proposal of more.

use alloc::vec;
use alloc::vec::Vec;

use crate::label::{FormatLabel, stub_format};
use crate::server::config::Config;
use crate::syntax::{BindFeatures, ContextResult, PresentationContext, SyntaxId};
use crate::verification::Expected;

/// Accepted contexts, in the order of their numbers. Ten octets each, since every idle connection has one or two.
#[derive(Debug, Default)]
pub(super) struct Contexts(Vec<Context>);

/// An accepted context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Context {
    id: u16,
    /// Its place in [`Config::interfaces`].
    interface: u16,
    /// The minor version that the client proposed, which its verification trailers repeat.
    minor: u16,
    /// Its place in [`Config::transfer_syntaxes`].
    transfer: u16,
}

/// What an accepted context stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// As the server names it.
    pub(super) interface: SyntaxId,
    /// As the client names it.
    pub(super) proposed: SyntaxId,
    pub(super) transfer: SyntaxId,
}

impl Meaning {
    /// What the verification trailer of a request must say.
    pub(super) const fn expected(
        &self,
        label: FormatLabel,
        call_id: u32,
        context_id: u16,
        opnum: u16,
    ) -> Expected {
        let Self { proposed, transfer, .. } = *self;
        Expected { abstract_syntax: proposed, transfer_syntax: transfer, label, call_id, context_id, opnum }
    }
}

impl Contexts {
    /// What a request names by `id`.
    pub(super) fn meaning(&self, id: u16, config: &Config) -> Option<Meaning> {
        let place = self.0.binary_search_by_key(&id, |context| context.id).ok()?;
        let context = self.0.get(place)?;
        let interface = *config.interfaces.get(usize::from(context.interface))?;
        let transfer = *config.transfer_syntaxes.get(usize::from(context.transfer))?;
        let proposed = SyntaxId { minor: context.minor, ..interface };
        Some(Meaning { interface, proposed, transfer })
    }

    /// Answers a proposal, element by element, and keeps what is accepted. Of the features on offer these are accepted.
    pub(super) fn negotiate(
        &mut self,
        config: &Config,
        proposal: &[PresentationContext],
        features: BindFeatures,
    ) -> Vec<ContextResult> {
        let chosen = choose(config, proposal);
        let answer = |(place, element): (usize, &PresentationContext)| match element.features() {
            Some(offered) => answer_features(features & offered),
            None => self.answer(config, element, place, &chosen),
        };
        let results = proposal.iter().enumerate().map(answer).collect();
        self.0.shrink_to_fit();
        results
    }

    fn answer(
        &mut self,
        config: &Config,
        element: &PresentationContext,
        place: usize,
        chosen: &[Option<Choice>],
    ) -> ContextResult {
        let Some(interface) = find_interface(config, element.abstract_syntax) else {
            return rejection(ContextResult::ABSTRACT_SYNTAX);
        };
        let choice = chosen.get(interface).copied().flatten().filter(|choice| choice.element == place);
        let Some(choice) = choice else { return rejection(ContextResult::TRANSFER_SYNTAXES) };
        match (u16::try_from(interface), u16::try_from(choice.rank)) {
            (Ok(interface), Ok(transfer)) => {
                let minor = element.abstract_syntax.minor;
                let context = Context { id: element.id, interface, minor, transfer };
                self.keep(context, choice.syntax, config.limits.max_contexts)
            }
            _ => rejection(ContextResult::LOCAL_LIMIT),
        }
    }

    fn keep(&mut self, context: Context, syntax: SyntaxId, limit: usize) -> ContextResult {
        match self.0.binary_search_by_key(&context.id, |known| known.id) {
            // A number keeps its meaning: open calls refer to it.
            Ok(place) if self.0.get(place) != Some(&context) => rejection(0),
            Ok(_) => acceptance(syntax),
            Err(_) if self.0.len() >= limit => rejection(ContextResult::LOCAL_LIMIT),
            Err(place) => {
                self.0.insert(place, context);
                acceptance(syntax)
            }
        }
    }
}

/// The element that is accepted for an interface.
#[derive(Clone, Copy)]
struct Choice {
    /// Place of the syntax in [`Config::transfer_syntaxes`].
    rank: usize,
    syntax: SyntaxId,
    /// Place in the proposal.
    element: usize,
}

/// For each interface of the server the element with the most preferred transfer syntax (MS-RPCE 3.3.1.5.6).
fn choose(config: &Config, proposal: &[PresentationContext]) -> Vec<Option<Choice>> {
    let mut chosen: Vec<Option<Choice>> = vec![None; config.interfaces.len()];
    for (place, element) in proposal.iter().enumerate() {
        let Some(candidate) = best_syntax(config, element, place) else { continue };
        let interface = find_interface(config, element.abstract_syntax);
        let Some(best) = interface.and_then(|interface| chosen.get_mut(interface)) else { continue };
        if best.is_none_or(|best| candidate.rank < best.rank) {
            *best = Some(candidate);
        }
    }
    chosen
}

fn best_syntax(config: &Config, element: &PresentationContext, place: usize) -> Option<Choice> {
    let ranked = config.transfer_syntaxes.iter().enumerate();
    let mut known = ranked.filter(|(_, syntax)| stub_format(**syntax, FormatLabel::LITTLE).is_ok());
    let (rank, syntax) = known.find(|(_, syntax)| element.transfer_syntaxes.contains(syntax))?;
    Some(Choice { rank, syntax: *syntax, element: place })
}

/// An interface of the same major version, and of a minor version that has what the client's has (C706 6.1.2).
fn find_interface(config: &Config, wanted: SyntaxId) -> Option<usize> {
    config.interfaces.iter().position(|offered| {
        (offered.uuid, offered.major) == (wanted.uuid, wanted.major) && offered.minor >= wanted.minor
    })
}

fn answer_features(accepted: BindFeatures) -> ContextResult {
    match u16::try_from(accepted.bits()) {
        Ok(reason) if reason != 0 => {
            ContextResult { result: ContextResult::NEGOTIATE_ACK, reason, transfer_syntax: SyntaxId::NIL }
        }
        _ => rejection(ContextResult::TRANSFER_SYNTAXES),
    }
}

const fn acceptance(transfer_syntax: SyntaxId) -> ContextResult {
    ContextResult { result: ContextResult::ACCEPTANCE, reason: 0, transfer_syntax }
}

const fn rejection(reason: u16) -> ContextResult {
    let result = ContextResult::PROVIDER_REJECTION;
    ContextResult { result, reason, transfer_syntax: SyntaxId::NIL }
}
