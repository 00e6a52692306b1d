//! Saved cards and what they are charged: by programs and by auto-recharge.

mod cards;
