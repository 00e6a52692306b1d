//! A plan's form: from the terms to what stands in the fields, and back.

use crate::catalog::{FieldError, PlanDraft};
use crate::pricing::{CENTS, ExcessMode, HoldPolicy, MILLI_CENTS, PurchaseMode, Rates, Terms};
use crate::units::{Meter, MilliCents, Seconds};
use crate::web::typed::{Reader, Typed};

/// Longest call that a new plan allows, seconds held at first, days until a payment is due, and of grace.
const USUAL: (&str, &str, &str, &str) = ("60", "60", "1", "7");

/// The form of a plan that does not exist yet: what most agencies begin with (SPEC §1.2 has the hold).
pub(super) fn usual(rank: i32) -> Typed {
    let (max_call, hold_secs, due_days, grace_days) = USUAL;
    let rank = rank.to_string();
    [
        ("rank", rank.as_str()),
        ("public", "1"),
        ("meter", Meter::Minutes.as_str()),
        ("addons", "on"),
        ("purchase_mode", "self_service"),
        ("max_call", max_call),
        ("hold", "buffer"),
        ("hold_secs", hold_secs),
        ("excess", "refuse"),
        ("due_days", due_days),
        ("grace_days", grace_days),
    ]
    .into_iter()
    .collect()
}

/// The form of a plan as it is offered now.
pub(super) fn filled(draft: &PlanDraft) -> Typed {
    let terms = &draft.terms;
    let rates = &terms.rates;
    let (hold, hold_secs) = match terms.hold {
        HoldPolicy::WorstCase => ("worst_case", String::new()),
        HoldPolicy::Buffer(seconds) => ("buffer", seconds.to_string()),
    };
    let (excess, limit) = match terms.excess {
        ExcessMode::Refuse => ("refuse", String::new()),
        ExcessMode::Postpaid { limit } => ("postpaid", if_any(limit)),
    };
    let purchase_mode = match terms.purchase_mode {
        PurchaseMode::SelfService => "self_service",
        PurchaseMode::ViaProvider => "via_provider",
    };
    [
        ("name", terms.name.clone()),
        ("rank", draft.rank.to_string()),
        ("public", if draft.public { "1" } else { "" }.to_owned()),
        ("price", terms.price.as_rate()),
        ("meter", terms.meter.as_str().to_owned()),
        ("included", terms.meter.pieces_down(terms.included).to_string()),
        ("voice", if_any(rates.voice)),
        ("telephony", if_any(rates.telephony)),
        ("recording", if_any(rates.recording)),
        ("message", if_any(rates.message)),
        ("number", if_any(rates.number)),
        ("call", rates.call.map_or_else(String::new, MilliCents::as_rate)),
        ("addons", if terms.addons { "on" } else { "off" }.to_owned()),
        ("purchase_mode", purchase_mode.to_owned()),
        ("max_call", minutes(terms.max_call)),
        ("hold", hold.to_owned()),
        ("hold_secs", hold_secs),
        ("excess", excess.to_owned()),
        ("excess_limit", limit),
        ("free_credits", if_any(terms.free_credits)),
        ("due_days", terms.due_days.to_string()),
        ("grace_days", terms.grace_days.to_string()),
    ]
    .into_iter()
    .collect()
}

/// The plan that stands in a form.
///
/// # Errors
/// Everything that is wrong with it, by field.
pub(super) fn read(typed: &Typed) -> Result<PlanDraft, Vec<FieldError>> {
    let mut form = Reader::new(typed);
    let meter = form.choice("meter", Meter::Minutes, Meter::parse);
    let included = form.number::<i64>("included", 0);
    let terms = Terms {
        name: form.text("name"),
        price: form.dollars("price", CENTS, MilliCents(0)),
        meter,
        included: included.saturating_mul(meter.per_piece()),
        rates: rates(&mut form, meter),
        addons: form.choice("addons", true, |word| pick(word, [("on", true), ("off", false)])),
        purchase_mode: form.choice("purchase_mode", PurchaseMode::SelfService, |word| {
            pick(word, [("self_service", PurchaseMode::SelfService), ("via_provider", PurchaseMode::ViaProvider)])
        }),
        max_call: form.parsed("max_call", "Enter minutes, such as 60 or 7:30.", Seconds(86_400), duration),
        hold: hold(&mut form),
        excess: excess(&mut form),
        free_credits: form.dollars_if_any("free_credits", CENTS, MilliCents(0)),
        due_days: form.number("due_days", 0),
        grace_days: form.number("grace_days", 0),
    };
    let draft = PlanDraft { rank: form.number("rank", 0), public: typed.text("public") == "1", terms };
    match form.faults(draft.faults()) {
        faults if faults.is_empty() => Ok(draft),
        faults => Err(faults),
    }
}

/// An empty field costs nothing. The price of a call is read only where calls are counted: else the field is hidden.
fn rates(form: &mut Reader, meter: Meter) -> Rates {
    // A wrong rate is read as some price, so that usage billed afterwards is not blamed for having none.
    let mut rate = |name| form.dollars_if_any(name, MILLI_CENTS, MilliCents(1));
    Rates {
        voice: rate("voice"),
        telephony: rate("telephony"),
        recording: rate("recording"),
        message: rate("message"),
        number: rate("number"),
        call: (meter == Meter::Calls && !form.text("call").is_empty())
            .then(|| form.dollars("call", MILLI_CENTS, MilliCents(1))),
    }
}

fn hold(form: &mut Reader) -> HoldPolicy {
    let buffered = form.choice("hold", false, |word| pick(word, [("buffer", true), ("worst_case", false)]));
    if !buffered {
        return HoldPolicy::WorstCase;
    }
    HoldPolicy::Buffer(form.number("hold_secs", 1))
}

fn excess(form: &mut Reader) -> ExcessMode {
    let postpaid = form.choice("excess", false, |word| pick(word, [("postpaid", true), ("refuse", false)]));
    if !postpaid {
        return ExcessMode::Refuse;
    }
    ExcessMode::Postpaid { limit: form.dollars_if_any("excess_limit", CENTS, MilliCents(0)) }
}

fn pick<T: Copy>(word: &str, words: [(&str, T); 2]) -> Option<T> {
    words.into_iter().find(|(known, _)| *known == word).map(|(_, meant)| meant)
}

/// Nothing is an empty field.
fn if_any(amount: MilliCents) -> String {
    if amount.0 == 0 { String::new() } else { amount.as_rate() }
}

/// `60`, `7:30`
fn minutes(length: Seconds) -> String {
    match (length.0 / 60, length.0 % 60) {
        (minutes, 0) => minutes.to_string(),
        (minutes, seconds) => format!("{minutes}:{seconds:02}"),
    }
}

/// Minutes, perhaps with seconds of two digits.
fn duration(typed: &str) -> Option<Seconds> {
    let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
    match typed.split_once(':') {
        None => Some(Seconds::from_minutes(number(typed)?)),
        Some((minutes, seconds)) if seconds.len() == 2 => {
            let seconds = number(seconds).filter(|seconds| *seconds < 60)?;
            Some(Seconds(Seconds::from_minutes(number(minutes)?).0 + seconds))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::fixtures::starter_terms;

    /// The fields of a plan with some of them typed over.
    fn typed(changes: &[(&'static str, &str)]) -> Typed {
        let mut all = filled(&PlanDraft { rank: 3, public: true, terms: starter_terms() });
        all.extend(changes.iter().copied());
        all
    }

    fn wrong(changes: &[(&'static str, &str)]) -> Vec<&'static str> {
        read(&typed(changes)).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_plan_reads_as_it_is_shown() {
        let rates = Rates { voice: MilliCents(7), number: MilliCents(12_345_678), ..Rates::default() };
        let calls = Rates { call: Some(MilliCents(0)), ..rates };
        let plans = [
            starter_terms(),
            Terms {
                addons: false,
                purchase_mode: PurchaseMode::ViaProvider,
                max_call: Seconds(450),
                ..starter_terms()
            },
            Terms { rates, excess: ExcessMode::Postpaid { limit: MilliCents(0) }, ..starter_terms() },
            Terms { rates: calls, meter: Meter::Calls, included: 200, hold: HoldPolicy::WorstCase, ..starter_terms() },
        ];
        for terms in plans {
            let draft = PlanDraft { rank: -2, public: false, terms };
            assert_eq!(read(&filled(&draft)), Ok(draft));
        }
    }

    #[test]
    fn what_is_typed_is_read_to_the_last_milli_cent() {
        let changes = [
            ("price", "1,234.5"),
            ("voice", "0.00007"),
            ("included", "250"),
            ("excess", "postpaid"),
            ("excess_limit", "12.34"),
            ("max_call", "7:30"),
            ("hold", "worst_case"),
            ("hold_secs", "no matter"),
            ("call", "no matter"),
        ];
        let Terms { price, rates, included, excess, max_call, hold, .. } = read(&typed(&changes)).unwrap().terms;
        assert_eq!((price, rates.voice, included), (MilliCents(123_450_000), MilliCents(7), 15_000));
        assert_eq!(excess, ExcessMode::Postpaid { limit: MilliCents(1_234_000) });
        assert_eq!((max_call, hold, rates.call), (Seconds(450), HoldPolicy::WorstCase, None));
        let calls = read(&typed(&[("meter", "calls"), ("call", "$0.12"), ("included", "200")])).unwrap().terms;
        assert_eq!((calls.included, calls.rates.call), (200, Some(MilliCents(12_000))));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let all = [
            ("price", "ten"),
            ("voice", "0.000001"),
            ("max_call", "1:5"),
            ("rank", ""),
            ("name", " "),
            ("due_days", "400"),
        ];
        assert_eq!(wrong(&all), ["price", "voice", "max_call", "rank", "name", "due_days"]);
        assert_eq!(wrong(&[("hold_secs", "0")]), ["hold"]);
        assert_eq!(wrong(&[("hold_secs", "soon")]), ["hold_secs"]);
        assert_eq!(wrong(&[("excess", "postpaid")]), ["excess"], "it has no rate");
        assert_eq!(wrong(&[("excess", "postpaid"), ("voice", "x")]), ["voice"]);
        assert_eq!(wrong(&[("meter", "days")]), ["meter"]);
        assert_eq!(wrong(&[("included", "99999999999999999")]), ["included"]);
    }
}
