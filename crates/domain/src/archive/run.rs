//! Controller update runs: what is ordered, what stands in its way, and how it goes on (`domain.md` section 10).

use super::{Family, Scope, custodian};
use crate::Moment;
use crate::identifier::Oid;
use crate::service_code::codes;
use serde::{Deserialize, Serialize};

codes! {
    /// How a run stands.
    RunState {
        /// It waits for two approvals of what a dry run has shown.
        Ordered = "ordered",
        /// Two persons have approved it: it is switched when its moment comes.
        Approved = "approved",
        /// It is switched, and being carried through.
        Switched = "switched",
        /// It is switched; carrying it through waits.
        Paused = "paused",
        /// It is carried through: each document is where it should be.
        Done = "done",
        /// It was reversed, which is carried through as the switch was.
        Reversed = "reversed",
        /// It was called off before it was switched.
        Cancelled = "cancelled",
    }
}

codes! {
    /// What is told of a run.
    RunStage {
        /// Two have approved it: it is switched at its moment.
        Approved = "approved",
        /// What was approved is called off.
        Cancelled = "cancelled",
        /// Its moment has come, and something stands in its way: it waits.
        HeldUp = "held-up",
        /// It is switched.
        Switched = "switched",
        /// It is reversed.
        Reversed = "reversed",
        /// It is carried through, and its report is there.
        Done = "done",
    }
}

codes! {
    /// Which of the documents that a run moves are listed.
    Moving {
        /// All.
        All = "all",
        /// Newest versions that are not finished: corrections of them name the new controller after the switch.
        Unfinished = "unfinished",
        /// Those of service events that have not ended.
        OpenEvents = "open-events",
    }
}

codes! {
    /// Why documents move.
    RunKind {
        /// Another controller takes the activity on.
        Successor = "successor",
        /// The controller ends without one: to the custodian that the law names.
        Custodian = "custodian",
    }
}

codes! {
    /// What becomes of what comes around the switch from a system that has switched earlier or later.
    Apart {
        /// It is taken, and counted to whom it belongs.
        Accept = "accept",
        /// It is refused for now, with the moment after which it may come.
        TryAgain = "try-again",
    }
}

/// Longest time before or after the switch in which systems may be apart from the archive, in seconds: a week. Assumed.
pub const MAX_APART_SECONDS: i64 = 7 * 86_400;

/// A run whose moment has come is switched within so many seconds, or something stands in its way.
const SWITCHED_WITHIN_SECONDS: i64 = 60;

/// An order of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Whose documents.
    pub from: Oid,
    /// To whom.
    pub to: Oid,
    /// Which of them.
    #[serde(default)]
    pub scope: Scope,
    /// Why.
    pub kind: RunKind,
    /// The moment of the switch.
    pub run_at: Moment,
    /// Of several that are due, the smallest first.
    #[serde(default)]
    pub priority: i32,
    /// So many seconds before the switch systems may have switched already.
    #[serde(default)]
    pub before: i64,
    /// So many seconds after the switch systems may not have switched yet.
    #[serde(default)]
    pub after: i64,
    /// What becomes of what they send.
    pub apart: Apart,
    /// On what it rests: the agreement or decision.
    pub basis: String,
}

impl Order {
    /// Why it cannot be ordered beside another that waits, if it cannot: where they are chained, once that one is approved.
    #[must_use]
    pub fn meets(&self, other: &Self) -> Option<RunProblem> {
        let overlaps = other.scope.overlaps(&self.scope);
        if overlaps && other.from == self.from {
            return Some(RunProblem::Overlaps);
        }
        let chained = other.run_at == self.run_at && (other.to == self.from || other.from == self.to);
        (overlaps && chained).then_some(RunProblem::Chained)
    }

    /// Until when systems may be apart from the archive: after the switch, whenever that was; without end while it waits for it.
    #[must_use]
    pub fn apart_until(&self, switched_at: Option<Moment>) -> Option<Moment> {
        switched_at.map(|at| at.plus_seconds(self.after))
    }

    /// Whether at a moment systems read, too, what they are about to get or have just given away. By one that waits past its moment nobody reads until it is
    /// switched: people look at it first.
    #[must_use]
    pub fn lets_read_at(&self, switched_at: Option<Moment>, now: Moment) -> bool {
        let awaited = switched_at.is_some() || now < self.run_at.plus_seconds(SWITCHED_WITHIN_SECONDS);
        self.apart == Apart::Accept && awaited && self.apart_at(switched_at, now)
    }

    /// Whether a moment lies where systems may be apart from the archive.
    #[must_use]
    pub fn apart_at(&self, switched_at: Option<Moment>, now: Moment) -> bool {
        let begun = self.before > 0 && now >= self.run_at.plus_seconds(-self.before);
        match self.apart_until(switched_at) {
            Some(until) => now < until,
            None => begun,
        }
    }
}

codes! {
    /// Why a run cannot be ordered, approved or switched so.
    RunProblem {
        /// Both are the same controller.
        Same = "same",
        /// The one who gives is in no register.
        FromUnknown = "from-unknown",
        /// The one who takes is not valid at the switch.
        ToNotValid = "to-not-valid",
        /// An independent professional's register cannot move.
        Professional = "professional",
        /// The moment has passed.
        Past = "past",
        /// Nothing is run on that day.
        NotARunDay = "not-a-run-day",
        /// Another run of the same documents waits.
        Overlaps = "overlaps",
        /// A run that two have approved for the same moment brings to the one who gives, or takes on from the one who takes: what is brought would go on at
        /// once, and they have not seen that.
        Chained = "chained",
        /// Systems may be apart from the archive for a week at most, and for no negative time.
        Window = "window",
        /// The months end before they begin.
        Months = "months",
        /// It rests on nothing.
        Basis = "basis",
        /// The organisational change that it rests on is unknown, withdrawn, for a later day, not about the one who gives, or not agreed by all who are
        /// asked.
        NotAgreed = "not-agreed",
        /// The law names another custodian, or none.
        NotTheCustodian = "not-the-custodian",
        /// The one who gives does not end by the switch: the law names a custodian for what nobody goes on with.
        GoesOn = "goes-on",
        /// A later run took on what it had brought: that one is reversed first.
        TakenOn = "taken-on",
        /// The one who gave has ended, so that nothing is given back to it.
        FromEnded = "from-ended",
    }
}

impl RunProblem {
    /// Whether it may be mended once the run is ordered: a termination, for one, is notified when what it asks for is ordered. It is to be mended before the
    /// approvals.
    #[must_use]
    pub const fn may_wait(self) -> bool {
        matches!(self, Self::GoesOn | Self::NotAgreed)
    }
}

/// What an order is judged by.
#[derive(Clone, Debug, Default)]
pub struct OrderFacts<'a> {
    /// Whether the one who gives stands in a register, ended or not.
    pub from_known: bool,
    /// Whether the one who takes is valid at the switch.
    pub to_valid: bool,
    /// Whether something is run on the day.
    pub run_day: bool,
    /// Whether the one who gives has ended by the switch.
    pub from_ends: bool,
    /// Whether the organisational change that it rests on holds; nothing where it rests on something else.
    pub agreed: Option<bool>,
    /// Other runs that wait for their switch.
    pub waiting: Vec<&'a Order>,
}

/// What stands in an order's way: everything at once.
#[must_use]
pub fn judge_order(order: &Order, facts: &OrderFacts<'_>, now: Moment) -> Vec<RunProblem> {
    let months = order.scope.from.zip(order.scope.until).is_some_and(|(from, until)| until <= from);
    let overlaps = |other: &&Order| order.meets(other) == Some(RunProblem::Overlaps);
    let window = [order.before, order.after].iter().any(|seconds| !(0..=MAX_APART_SECONDS).contains(seconds));
    let to_custodian = order.kind == RunKind::Custodian;
    let checks = [
        (order.from == order.to, RunProblem::Same),
        (!facts.from_known, RunProblem::FromUnknown),
        (!facts.to_valid, RunProblem::ToNotValid),
        (is_professional(&order.from) || is_professional(&order.to), RunProblem::Professional),
        (order.run_at <= now, RunProblem::Past),
        (!facts.run_day, RunProblem::NotARunDay),
        (facts.waiting.iter().any(overlaps), RunProblem::Overlaps),
        (window, RunProblem::Window),
        (months, RunProblem::Months),
        (order.basis.trim().is_empty(), RunProblem::Basis),
        (facts.agreed == Some(false), RunProblem::NotAgreed),
        (to_custodian && !is_custodian(order), RunProblem::NotTheCustodian),
        (to_custodian && !facts.from_ends, RunProblem::GoesOn),
    ];
    checks.into_iter().filter_map(|(wrong, problem)| wrong.then_some(problem)).collect()
}

/// Whether the law names whoever takes, for all that an order moves.
fn is_custodian(order: &Order) -> bool {
    let named = |family: Family| custodian(family, order.run_at) == Some(&order.to);
    match order.scope.registers.as_slice() {
        [] => Family::ALL.iter().copied().all(named),
        registers => registers.iter().all(|register| named(register.family)),
    }
}

/// Whether a controller is an independent professional, whose register is theirs alone (1.2.246.537.28).
#[must_use]
pub fn is_professional(controller: &Oid) -> bool {
    Oid::parse("1.2.246.537.28").is_ok_and(|all| controller != &all && controller.is_at_or_below(&all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            from: Oid::parse("1.2.246.10.1.19.0").unwrap(),
            to: Oid::parse("1.2.246.10.2.19.0").unwrap(),
            scope: Scope::default(),
            kind: RunKind::Successor,
            run_at: Moment::parse("2027-01-01").unwrap(),
            priority: 0,
            before: 3600,
            after: 7200,
            apart: Apart::Accept,
            basis: "merger agreement".into(),
        }
    }

    fn told(change: impl FnOnce(&mut Order)) -> Vec<RunProblem> {
        let mut order = order();
        change(&mut order);
        let facts = OrderFacts { from_known: true, to_valid: true, run_day: true, ..OrderFacts::default() };
        judge_order(&order, &facts, Moment::parse("2026-12-01").unwrap())
    }

    #[test]
    fn each_problem_alone() {
        use RunProblem as P;
        assert_eq!(told(|_| ()), []);
        assert_eq!(told(|order| order.to = order.from.clone()), [P::Same]);
        assert_eq!(told(|order| order.from = Oid::parse("1.2.246.537.28.123").unwrap()), [P::Professional]);
        assert_eq!(told(|order| order.run_at = Moment::parse("2026-11-01").unwrap()), [P::Past]);
        assert_eq!(told(|order| order.after = MAX_APART_SECONDS + 1), [P::Window]);
        assert_eq!(told(|order| order.before = -1), [P::Window]);
        assert_eq!(told(|order| order.basis = " ".into()), [P::Basis]);
        let of = |facts| judge_order(&order(), &facts, Moment::parse("2026-12-01").unwrap());
        assert_eq!(of(OrderFacts::default()), [P::FromUnknown, P::ToNotValid, P::NotARunDay]);
        let other = Order { to: Oid::parse("1.2.246.10.3.19.0").unwrap(), ..order() };
        let known = OrderFacts { from_known: true, to_valid: true, run_day: true, ..OrderFacts::default() };
        assert_eq!(of(OrderFacts { waiting: vec![&other], ..known }), [P::Overlaps]);
        // What comes at the same moment would go on at once; what comes before or behind it does not.
        let third = Oid::parse("1.2.246.10.3.19.0").unwrap();
        let brings = Order { from: third.clone(), to: order().from, ..order() };
        let takes_on = Order { from: order().to, to: third, ..order() };
        for other in [brings, takes_on] {
            assert_eq!(order().meets(&other), Some(P::Chained));
            assert_eq!(order().meets(&Order { run_at: other.run_at.plus_seconds(60), ..other }), None);
        }
    }

    #[test]
    fn to_the_custodian_goes_what_nobody_goes_on_with() {
        use RunProblem as P;
        let named = Oid::parse("1.2.246.10.2462460.19.1").unwrap();
        let of = |to: &Oid, kind, from_ends| {
            let order = Order { to: to.clone(), kind, ..order() };
            let facts = OrderFacts { from_known: true, to_valid: true, run_day: true, from_ends, ..Default::default() };
            judge_order(&order, &facts, Moment::parse("2026-12-01").unwrap())
        };
        assert_eq!(of(&named, RunKind::Custodian, true), []);
        assert_eq!(of(&named, RunKind::Custodian, false), [P::GoesOn]);
        assert_eq!(of(&order().to, RunKind::Custodian, true), [P::NotTheCustodian]);
        assert_eq!(of(&named, RunKind::Successor, false), [], "it may take an activity on as anybody may");
    }

    #[test]
    fn what_it_rests_on_is_agreed_by_all() {
        let told = |agreed| {
            let known = OrderFacts { from_known: true, to_valid: true, run_day: true, ..OrderFacts::default() };
            judge_order(&order(), &OrderFacts { agreed, ..known }, Moment::parse("2026-12-01").unwrap())
        };
        assert_eq!((told(None), told(Some(true))), (vec![], vec![]));
        assert_eq!(told(Some(false)), [RunProblem::NotAgreed]);
    }

    #[test]
    fn systems_are_apart_around_the_switch() {
        let moment = |text: &str| Moment::parse(text).unwrap();
        let waiting = |text: &str| order().apart_at(None, moment(text));
        assert!(!waiting("2026-12-31T20:59:59Z") && waiting("2026-12-31T21:00:00Z"));
        assert!(waiting("2027-01-03T00:00:00Z"), "it was held up, and its systems have switched");
        // Switched an hour late, they have their two hours from then.
        let switched = |text: &str| order().apart_at(Some(moment("2026-12-31T23:00:00Z")), moment(text));
        assert!(switched("2027-01-01T00:59:59Z") && !switched("2027-01-01T01:00:00Z"));
    }

    #[test]
    fn an_order_is_read_as_it_was_written() {
        let scope = r#"{"registers":["patient:4"],"units":["1.2.246.10.1.10.7"],"customer":null,"from":"2020-01","until":null}"#;
        let order = Order { scope: serde_json::from_str(scope).unwrap(), ..order() };
        let text = serde_json::to_string(&order).unwrap();
        assert!(text.contains("\"patient:4\"") && text.contains("\"2020-01\""), "{text}");
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
        assert!(serde_json::from_str::<Scope>(r#"{"unit":"1"}"#).is_err());
        assert!(serde_json::from_str::<Scope>(r#"{"registers":["other:4"]}"#).is_err());
    }

    #[test]
    fn who_is_apart_reads_by_an_order_that_accepts_it_while_its_switch_is_awaited() {
        let (run_at, order) = (order().run_at, order());
        let reads = |switched: Option<i64>, after: i64| {
            order.lets_read_at(switched.map(|at| run_at.plus_seconds(at)), run_at.plus_seconds(after))
        };
        assert_eq!([-3601, -3600, 59, 60].map(|after| reads(None, after)), [false, true, true, false]);
        assert_eq!([500, 7699, 7700].map(|after| reads(Some(500), after)), [true, true, false]);
        let later = Order { apart: Apart::TryAgain, ..order.clone() };
        assert!(!later.lets_read_at(None, run_at.plus_seconds(-60)) && later.apart_at(None, run_at.plus_seconds(-60)));
    }
}
