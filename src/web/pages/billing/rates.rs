//! A plan's rates in words.

use crate::pricing::Rates;
use crate::units::{Meter, MilliCents};

/// The rate of a connected minute with everything, or of an answered call: `$0.05` and its unit.
pub(in crate::web::pages) fn headline(rates: &Rates, meter: Meter) -> Option<(String, &'static str)> {
    let (rate, unit) = match meter {
        Meter::Minutes => (rates.sigma(), "per min"),
        Meter::Calls => (rates.call.unwrap_or_default(), "per call"),
    };
    (rate.0 > 0).then(|| (rate.as_rate(), unit))
}

/// What the headline does not say: `Voice $0.10, telephony $0.08, recording $0.02 per min; messages $0.01; numbers $2.00
/// a month`. `None` where it says all.
pub(in crate::web::pages) fn details(rates: &Rates, meter: Meter) -> Option<String> {
    let minute = [("voice", rates.voice), ("telephony", rates.telephony), ("recording", rates.recording)];
    let minute: Vec<_> = minute.into_iter().filter(|(_, rate)| rate.0 > 0 && meter == Meter::Minutes).collect();
    let mut parts = Vec::new();
    if minute.len() > 1 {
        let each: Vec<_> = minute.iter().map(|(name, rate)| format!("{name} {}", rate.as_rate())).collect();
        parts.push(format!("{} per min", each.join(", ")));
    }
    let priced = |rate: MilliCents| Some(rate.as_rate()).filter(|_| rate.0 > 0);
    parts.extend(priced(rates.message).map(|rate| format!("messages {rate}")));
    parts.extend(priced(rates.number).map(|rate| format!("numbers {rate} a month")));
    let words = parts.join("; ");
    let first = words.chars().next()?;
    Some(first.to_uppercase().chain(words.chars().skip(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_component_is_the_headline_alone() {
        let flat = Rates { voice: MilliCents(5_000), ..Rates::default() };
        assert_eq!(headline(&flat, Meter::Minutes), Some(("$0.05".into(), "per min")));
        assert_eq!(details(&flat, Meter::Minutes), None);
        assert_eq!(headline(&Rates::default(), Meter::Minutes), None);
    }

    #[test]
    fn several_components_are_listed() {
        let central = Rates {
            voice: MilliCents(10_000),
            telephony: MilliCents(8_000),
            recording: MilliCents(2_000),
            message: MilliCents(1_000),
            number: MilliCents(200_000),
            call: None,
        };
        assert_eq!(headline(&central, Meter::Minutes), Some(("$0.20".into(), "per min")));
        let listed = "Voice $0.10, telephony $0.08, recording $0.02 per min; messages $0.01; numbers $2.00 a month";
        assert_eq!(details(&central, Meter::Minutes).as_deref(), Some(listed));
    }

    #[test]
    fn calls_have_a_rate_of_their_own() {
        let rates = Rates { voice: MilliCents(5_000), message: MilliCents(1_000), ..Rates::default() };
        assert_eq!(headline(&rates, Meter::Calls), None);
        assert_eq!(details(&rates, Meter::Calls).as_deref(), Some("Messages $0.01"));
        let with_calls = Rates { call: Some(MilliCents(12_500)), ..rates };
        assert_eq!(headline(&with_calls, Meter::Calls), Some(("$0.125".into(), "per call")));
    }
}
