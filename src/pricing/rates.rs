//! What a minute of calling costs, component by component (SPEC §1.2).

use serde::{Deserialize, Serialize};

use crate::units::{MilliCents, Seconds};

/// Prices of a plan: per minute for the first three, each for `message`, a month for `number`, each for `call`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Per minute of voice agent.
    pub voice: MilliCents,
    /// Per minute of telephony.
    pub telephony: MilliCents,
    /// Per minute of recording.
    pub recording: MilliCents,
    /// Per message.
    pub message: MilliCents,
    /// Per rented number and month.
    pub number: MilliCents,
    /// Per answered call, on the calls meter only.
    pub call: Option<MilliCents>,
}

/// Which components a call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Components {
    /// The call was recorded.
    pub recording: bool,
}

/// Money of a stretch of talk time by component; every part is rounded down on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Voice agent.
    pub voice: MilliCents,
    /// Telephony.
    pub telephony: MilliCents,
    /// Recording; zero where the call was not recorded.
    pub recording: MilliCents,
}

impl Charge {
    /// Sum of the components.
    pub fn total(&self) -> MilliCents {
        MilliCents(self.voice.0 + self.telephony.0 + self.recording.0)
    }
}

impl Rates {
    /// True where anything has a price, so that credits can pay for it.
    pub fn any(&self) -> bool {
        [self.sigma(), self.message, self.number, self.call.unwrap_or_default()].iter().any(|rate| rate.0 > 0)
    }

    /// `Σ`: voice + telephony + recording per minute, whether or not a call records.
    pub fn sigma(&self) -> MilliCents {
        MilliCents(self.voice.0 + self.telephony.0 + self.recording.0)
    }

    /// Price of a minute with the components that a call used.
    pub fn per_minute(&self, components: Components) -> MilliCents {
        let recording = if components.recording { self.recording.0 } else { 0 };
        MilliCents(self.voice.0 + self.telephony.0 + recording)
    }

    /// Charge of `talk` seconds: `floor(s*r/60)` per component.
    pub fn charge(&self, talk: Seconds, components: Components) -> Charge {
        let part = |rate: MilliCents| MilliCents(talk.0 * rate.0 / 60);
        Charge {
            voice: part(self.voice),
            telephony: part(self.telephony),
            recording: if components.recording { part(self.recording) } else { MilliCents(0) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_counts_and_each_component_rounds_down() {
        let rates = Rates { voice: MilliCents(5_000), telephony: MilliCents(7), ..Rates::default() };
        let charge = rates.charge(Seconds(90), Components { recording: true });
        assert_eq!(charge.voice, MilliCents(7_500));
        assert_eq!(charge.telephony, MilliCents(10));
        assert_eq!(charge.total(), MilliCents(7_510));
    }

    #[test]
    fn credits_are_of_use_where_anything_has_a_price() {
        let price = MilliCents(1);
        assert!(!Rates::default().any());
        assert!(!Rates { call: Some(MilliCents(0)), ..Rates::default() }.any());
        for rates in [
            Rates { recording: price, ..Rates::default() },
            Rates { message: price, ..Rates::default() },
            Rates { number: price, ..Rates::default() },
            Rates { call: Some(price), ..Rates::default() },
        ] {
            assert!(rates.any(), "{rates:?}");
        }
    }

    #[test]
    fn recording_is_paid_only_where_used_but_counts_in_sigma() {
        let rates =
            Rates { voice: MilliCents(10), telephony: MilliCents(8), recording: MilliCents(2), ..Rates::default() };
        assert_eq!(rates.sigma(), MilliCents(20));
        assert_eq!(rates.per_minute(Components { recording: false }), MilliCents(18));
        assert_eq!(rates.charge(Seconds(60), Components { recording: false }).recording, MilliCents(0));
    }
}
