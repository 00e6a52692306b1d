//! Accounts and entries. An account is one `bigint` in the database: its kind in the low byte, a lot's number above.

use crate::units::Meter;

/// Where units or money of a workspace can be. Every account has one unit: seconds, calls or milli-cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Left of the current period's plan allowance.
    Allowance(Meter),
    /// Left of the lot with this number.
    Lot(Meter, i64),
    /// Contra: granted by a plan, a purchase or the agency.
    Issued(Meter),
    /// Used by calls.
    Used(Meter),
    /// Ended unused with its period.
    Expired(Meter),
    /// Contra: units bought with credits in the moment of their use.
    Spot(Meter),
    /// Contra: units used past every prepaid source.
    Postpaid(Meter),
    /// Credits, milli-cents.
    Credits,
    /// Contra: where credits came from, milli-cents.
    Funding,
    /// Spent on use, milli-cents.
    Spent,
    /// Usage billed afterwards, milli-cents; negative by what is owed.
    Excess,
    /// Owed after a refund of what was used, milli-cents; negative by what is owed.
    Debt,
    /// Contra: messages asked for.
    MessagesDue,
    /// Messages paid.
    MessagesPaid,
}

/// A signed change of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What changes.
    pub account: Account,
    /// By how much, in the account's unit.
    pub amount: i64,
}

/// What the amounts of an account are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Seconds of talk time.
    Seconds,
    /// Calls.
    Calls,
    /// Money.
    MilliCents,
    /// Messages.
    Messages,
}

const LOT_SHIFT: u32 = 8;

impl Account {
    /// The number under which it is stored.
    pub fn code(self) -> i64 {
        let (kind, lot) = match self {
            Account::Allowance(Meter::Minutes) => (1, 0),
            Account::Allowance(Meter::Calls) => (2, 0),
            Account::Lot(Meter::Minutes, lot) => (3, lot),
            Account::Lot(Meter::Calls, lot) => (4, lot),
            Account::Issued(Meter::Minutes) => (5, 0),
            Account::Issued(Meter::Calls) => (6, 0),
            Account::Used(Meter::Minutes) => (7, 0),
            Account::Used(Meter::Calls) => (8, 0),
            Account::Expired(Meter::Minutes) => (9, 0),
            Account::Expired(Meter::Calls) => (10, 0),
            Account::Spot(Meter::Minutes) => (11, 0),
            Account::Spot(Meter::Calls) => (12, 0),
            Account::Postpaid(Meter::Minutes) => (13, 0),
            Account::Postpaid(Meter::Calls) => (14, 0),
            Account::Credits => (20, 0),
            Account::Funding => (21, 0),
            Account::Spent => (22, 0),
            Account::Excess => (23, 0),
            Account::Debt => (24, 0),
            Account::MessagesDue => (30, 0),
            Account::MessagesPaid => (31, 0),
        };
        (lot << LOT_SHIFT) | kind
    }

    /// The account stored under this number; `None` where no account has it.
    pub fn from_code(code: i64) -> Option<Self> {
        let lot = code >> LOT_SHIFT;
        let account = match code & 0xff {
            1 => Account::Allowance(Meter::Minutes),
            2 => Account::Allowance(Meter::Calls),
            3 => Account::Lot(Meter::Minutes, lot),
            4 => Account::Lot(Meter::Calls, lot),
            5 => Account::Issued(Meter::Minutes),
            6 => Account::Issued(Meter::Calls),
            7 => Account::Used(Meter::Minutes),
            8 => Account::Used(Meter::Calls),
            9 => Account::Expired(Meter::Minutes),
            10 => Account::Expired(Meter::Calls),
            11 => Account::Spot(Meter::Minutes),
            12 => Account::Spot(Meter::Calls),
            13 => Account::Postpaid(Meter::Minutes),
            14 => Account::Postpaid(Meter::Calls),
            20 => Account::Credits,
            21 => Account::Funding,
            22 => Account::Spent,
            23 => Account::Excess,
            24 => Account::Debt,
            30 => Account::MessagesDue,
            31 => Account::MessagesPaid,
            _ => return None,
        };
        (account.code() == code).then_some(account)
    }

    /// What its amounts are.
    pub fn unit(self) -> Unit {
        match self {
            Account::Allowance(meter)
            | Account::Lot(meter, _)
            | Account::Issued(meter)
            | Account::Used(meter)
            | Account::Expired(meter)
            | Account::Spot(meter)
            | Account::Postpaid(meter) => match meter {
                Meter::Minutes => Unit::Seconds,
                Meter::Calls => Unit::Calls,
            },
            Account::Credits | Account::Funding | Account::Spent | Account::Excess | Account::Debt => Unit::MilliCents,
            Account::MessagesDue | Account::MessagesPaid => Unit::Messages,
        }
    }
}

/// A transfer: `amount` leaves `from` and arrives at `to`. Nothing where the amount is zero.
pub fn transfer(entries: &mut Vec<Entry>, from: Account, to: Account, amount: i64) {
    debug_assert_eq!(from.unit(), to.unit(), "a transfer stays in one unit");
    if amount != 0 {
        entries.push(Entry { account: from, amount: -amount });
        entries.push(Entry { account: to, amount });
    }
}

/// True where the entries sum to zero in each unit.
pub fn balanced(entries: &[Entry]) -> bool {
    let sum = |unit| {
        let of_unit = entries.iter().filter(|entry| entry.account.unit() == unit);
        of_unit.map(|entry| i128::from(entry.amount)).sum::<i128>()
    };
    [Unit::Seconds, Unit::Calls, Unit::MilliCents, Unit::Messages].into_iter().all(|unit| sum(unit) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_as_their_account() {
        let plain = (0..256).filter_map(Account::from_code).count();
        assert_eq!(plain, 21);
        for code in (0..256).filter(|&code| Account::from_code(code).is_some()) {
            assert_eq!(Account::from_code(code).unwrap().code(), code);
        }
        let lot = Account::Lot(Meter::Minutes, 41);
        assert_eq!(Account::from_code(lot.code()), Some(lot));
        assert_eq!(Account::from_code(Account::Credits.code() | 1 << 8), None);
    }

    #[test]
    fn units_do_not_balance_each_other() {
        let entry = |account, amount| Entry { account, amount };
        assert!(balanced(&[entry(Account::Credits, -5), entry(Account::Spent, 5)]));
        assert!(!balanced(&[entry(Account::Credits, -5), entry(Account::Used(Meter::Minutes), 5)]));
    }
}
