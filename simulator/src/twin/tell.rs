//! What a server did, in words and numbers.

use super::{Asked, Twin};
use crate::model::Output;
use crate::tally::{Tally, Totals};

impl Twin {
    /// A request in few words: handles by their order, objects by their names.
    pub fn describe(&self, asked: &Asked<'_>) -> String {
        let mut text = match asked {
            Asked::V2(request) => format!("{request:?}"),
            Asked::V3(request) => format!("{request:?}"),
        };
        for (index, token) in self.tokens.iter().enumerate() {
            let shown = format!("{token:?}");
            if text.contains(&shown) {
                let object =
                    self.model().object_of(*token).map_or(String::new(), |object| format!(" {object:?}"));
                text = text.replace(&shown, &format!("#{index}{object}"));
            }
        }
        text
    }

    /// Adds what this server did.
    pub fn add_to(&self, totals: &mut Totals) {
        totals.merge(&self.totals);
        let statistics = self.engine.statistics();
        totals.add(Tally::Losses, statistics.lost);
        totals.add(Tally::Deliveries, self.audit.delivered);
        totals.add(Tally::Markers, self.audit.markers);
        totals.add(Tally::Broken, self.audit.broken);
    }

    /// Counts how a call ended.
    pub(super) fn tally(&mut self, output: &Output, get: bool) {
        let tally = match output {
            Output::Fault { .. } if get => Tally::GetFault,
            Output::Abandoned { .. } if get => Tally::GetAbandoned,
            Output::Response { answer, .. } if get => match answer.result() {
                0 => Tally::Get0,
                1 => Tally::Get1,
                5 => Tally::Get5,
                6 => Tally::Get6,
                8 => Tally::Get8,
                0x46 => Tally::Get46,
                0x102 => Tally::Get102,
                0x103 => Tally::Get103,
                0x45B | 0x4E7 => Tally::Get45B,
                0x13D0 | 0x13D1 => Tally::Get13D0,
                _ => return,
            },
            _ => return,
        };
        self.totals.count(tally);
    }
}
