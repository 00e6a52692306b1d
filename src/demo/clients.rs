//! The agency's clients: who they are, what they subscribed to, and what their last thirty days were like. The sums
//! are chosen so that each stands on its first day exactly where SPEC §6 says.

use super::catalog::dollars;
use crate::ledger::Direction;
use crate::units::{MilliCents, Seconds};

/// A client of the demo's agency.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Public id of the workspace.
    pub workspace: &'static str,
    /// Shown name.
    pub name: &'static str,
    /// The owner's name.
    pub owner: &'static str,
    /// The owner's address.
    pub email: &'static str,
    /// Text of the workspace's API key.
    pub key: &'static str,
    /// Public id of the plan.
    pub plan: &'static str,
    /// Public ids of the packs that it may see.
    pub packs: &'static [&'static str],
    /// How busy its days are.
    pub pace: Pace,
    /// Its agents; together they make all of its calls.
    pub voices: &'static [Voice],
    /// What else happened, by days before the demo's first day, at least four: calls come last.
    pub events: &'static [(i64, Event)],
}

/// How many calls there are on a day; none on a Sunday.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Fewest on a weekday.
    pub fewest: i64,
    /// How many more there may be.
    pub more: i64,
    /// On a Saturday.
    pub saturday: i64,
}

/// A voice agent and its part of the calls.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// Shown name.
    pub agent: &'static str,
    /// Who calls whom.
    pub direction: Direction,
    /// Its calls are recorded.
    pub recording: bool,
    /// First digits of the other side's numbers.
    pub area: &'static str,
    /// Of ten calls, how many are its own.
    pub share: i64,
    /// Of ten calls, how many are answered, where [`Use`] does not say it.
    pub answered: i64,
    /// Use in the ended period since the history's first day.
    pub before: Use,
    /// Use in the current period.
    pub since: Use,
}

/// What a voice uses in a period, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Connected time of all its calls; a multiple of three seconds.
    Talk(Seconds),
    /// Answered calls.
    Answered(i64),
}

/// Something else than a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The agency gave this much talk time.
    Welcome(Seconds),
    /// The client bought credits.
    TopUp(MilliCents),
    /// Messages were sent.
    Messages(i64),
}

const fn minutes(minutes: i64) -> Use {
    Use::Talk(Seconds::from_minutes(minutes))
}

/// Front desk of most clients; the others differ from it.
const FRONT_DESK: Voice = Voice {
    agent: "Front desk",
    direction: Direction::Inbound,
    recording: false,
    area: "+1312555",
    share: 7,
    answered: 9,
    before: minutes(0),
    since: minutes(0),
};

/// Every client, in the order in which the sign-in page lists them.
pub const CLIENTS: [Client; 5] = [HARBOR, NORTHWIND, PIPELINE, CENTRAL, QUIET];

/// 82 of 100 minutes used, no open lot: the welcome minutes went with the period before.
const HARBOR: Client = Client {
    workspace: "ws_harbor",
    name: "Harbor Dental",
    owner: "Dana Whitfield",
    email: "owner@harbor.test",
    key: "mb_test_harbor",
    plan: "plan_starter",
    packs: &["pack_small", "pack_medium", "pack_large"],
    pace: Pace { fewest: 4, more: 3, saturday: 1 },
    voices: &[
        Voice { before: minutes(90), since: minutes(60), ..FRONT_DESK },
        Voice {
            agent: "Appointment reminder",
            direction: Direction::Outbound,
            share: 3,
            answered: 8,
            before: minutes(30),
            since: minutes(22),
            ..FRONT_DESK
        },
    ],
    events: &[(30, Event::Welcome(Seconds::from_minutes(20)))],
};

/// $5 free and $60 bought, 650 minutes at $0.05 used: $32.50.
const NORTHWIND: Client = Client {
    workspace: "ws_northwind",
    name: "Northwind Support",
    owner: "Priya Raman",
    email: "owner@northwind.test",
    key: "mb_test_northwind",
    plan: "plan_flat",
    packs: &[],
    pace: Pace { fewest: 9, more: 4, saturday: 3 },
    voices: &[
        Voice { agent: "Support line", area: "+1425555", before: minutes(250), since: minutes(170), ..FRONT_DESK },
        Voice {
            agent: "Call back",
            direction: Direction::Outbound,
            area: "+1206555",
            share: 3,
            answered: 6,
            before: minutes(140),
            since: minutes(90),
            ..FRONT_DESK
        },
    ],
    events: &[(30, Event::TopUp(dollars(25))), (19, Event::TopUp(dollars(25))), (8, Event::TopUp(dollars(10)))],
};

/// 137 of 200 calls used, no open lot.
const PIPELINE: Client = Client {
    workspace: "ws_pipeline",
    name: "Pipeline IQ",
    owner: "Marcus Bell",
    email: "owner@pipeline.test",
    key: "mb_test_pipeline",
    plan: "plan_analyst",
    packs: &["pack_calls"],
    pace: Pace { fewest: 19, more: 4, saturday: 8 },
    voices: &[Voice {
        agent: "Sales research",
        direction: Direction::Outbound,
        area: "+1415555",
        share: 10,
        before: Use::Answered(172),
        since: Use::Answered(137),
        ..FRONT_DESK
    }],
    events: &[],
};

/// $10 free and $50 bought, 90 recorded minutes at $0.20, 50 others at $0.18 and 160 messages at $0.01 used: $31.40.
const CENTRAL: Client = Client {
    workspace: "ws_central",
    name: "Call Central",
    owner: "Lucía Ferrer",
    email: "owner@central.test",
    key: "mb_test_central",
    plan: "plan_components",
    packs: &[],
    pace: Pace { fewest: 5, more: 3, saturday: 2 },
    voices: &[
        Voice {
            agent: "Order line",
            recording: true,
            area: "+1303555",
            share: 6,
            before: minutes(54),
            since: minutes(36),
            ..FRONT_DESK
        },
        Voice {
            agent: "Delivery notice",
            direction: Direction::Outbound,
            area: "+1720555",
            share: 4,
            answered: 7,
            before: minutes(30),
            since: minutes(20),
            ..FRONT_DESK
        },
    ],
    events: &[
        (30, Event::TopUp(dollars(25))),
        (24, Event::Messages(55)),
        (15, Event::Messages(48)),
        (11, Event::TopUp(dollars(25))),
        (6, Event::Messages(57)),
    ],
};

/// 40 of 100 minutes used.
const QUIET: Client = Client {
    workspace: "ws_quiet",
    name: "Quiet Clinic",
    owner: "Tom Hanley",
    email: "owner@quiet.test",
    key: "mb_test_quiet",
    plan: "plan_clinic",
    packs: &[],
    pace: Pace { fewest: 1, more: 3, saturday: 1 },
    voices: &[Voice { area: "+1603555", share: 10, before: minutes(58), since: minutes(40), ..FRONT_DESK }],
    events: &[],
};
