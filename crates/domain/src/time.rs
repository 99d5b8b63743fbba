//! Moments and half-open intervals.
//!
//! A [`Moment`] is UTC in whole microseconds, the unit of every time that is stored, signed or compared.
//! Civil dates (registers, CDA timestamps without a zone) are Europe/Helsinki. Nothing here reads a clock.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

/// Why a text is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time: “{0}” (expected a date like 2026-11-22 or an RFC 3339 time like 2026-11-22T12:41:07Z)")]
pub struct NotATime(pub String);

impl Moment {
    /// The moment `micros` microseconds after the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The moment `seconds` seconds after the Unix epoch; saturates at the ends of the range.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This moment moved by `seconds` (negative: earlier); saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Midnight that begins a civil date in Helsinki.
    ///
    /// `None` when the date does not exist.
    #[must_use]
    pub fn start_of_day(year: i16, month: i8, day: i8) -> Option<Self> {
        let date = civil::Date::new(year, month, day).ok()?;
        let zoned = date.to_zoned(helsinki()).ok()?;
        Some(Self(zoned.timestamp().as_microsecond()))
    }

    /// The midnight in Helsinki that begins this moment's civil day.
    #[must_use]
    pub fn midnight(self) -> Self {
        let zoned = self.civil().date().to_zoned(helsinki());
        zoned.map_or(self, |zoned| Self(zoned.timestamp().as_microsecond()))
    }

    /// The midnight in Helsinki that ends this moment's civil day: 23 or 25 hours away where clocks change.
    #[must_use]
    pub fn next_midnight(self) -> Self {
        let next = self.civil().date().tomorrow().and_then(|date| date.to_zoned(helsinki()));
        next.map_or(self.plus_seconds(86_400), |zoned| Self(zoned.timestamp().as_microsecond()))
    }

    /// The last moment, up to this one, at which clocks in Helsinki showed a time of day (minutes after midnight).
    #[must_use]
    pub fn last_daily(self, minutes: i64) -> Self {
        let midnight = self.plus_days(-1).next_midnight();
        let today = midnight.plus_seconds(minutes * 60);
        if today <= self { today } else { self.plus_days(-2).next_midnight().plus_seconds(minutes * 60) }
    }

    /// This moment so many civil days later in Helsinki (negative: earlier), at the same time of day where that exists.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let moved = jiff::Span::new().try_days(days).ok().and_then(|span| self.civil().checked_add(span).ok());
        let zoned = moved.and_then(|civil| civil.to_zoned(helsinki()).ok());
        zoned.map_or(self.plus_seconds(days.saturating_mul(86_400)), |zoned| Self(zoned.timestamp().as_microsecond()))
    }

    /// Reads a date (its first moment in Helsinki) or an RFC 3339 time.
    ///
    /// # Errors
    /// [`NotATime`] with the text, when it is neither.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        let wrong = || NotATime(text.chars().take(64).collect());
        if text.len() == 10 {
            let date: civil::Date = text.parse().map_err(|_| wrong())?;
            return Self::start_of_day(date.year(), date.month(), date.day()).ok_or_else(wrong);
        }
        let stamp: Timestamp = text.parse().map_err(|_| wrong())?;
        Ok(Self(stamp.as_microsecond()))
    }

    /// Reads a civil time of HL7 (`yyyymmdd`, `yyyymmddhhmmss`) or of the code service
    /// (`yyyy-mm-ddThh:mm:ss`), which carry no zone: Europe/Helsinki.
    #[must_use]
    pub fn parse_civil(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
        let part = |from: usize, to: usize| digits.get(from..to).and_then(|p| p.parse::<i16>().ok());
        let small = |from: usize, to: usize| part(from, to).and_then(|v| i8::try_from(v).ok());
        if digits.len() < 8 {
            return None;
        }
        let date = civil::Date::new(part(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
        let time =
            civil::Time::new(small(8, 10).unwrap_or(0), small(10, 12).unwrap_or(0), small(12, 14).unwrap_or(0), 0)
                .ok()?;
        let zoned = date.to_datetime(time).to_zoned(helsinki()).ok()?;
        Some(Self(zoned.timestamp().as_microsecond()))
    }

    /// The civil date and time in Helsinki, for showing to people.
    #[must_use]
    pub fn civil(self) -> civil::DateTime {
        let stamp = Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        stamp.to_zoned(helsinki()).datetime()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

/// A half-open stretch of time `[from, until)`; `until` absent means it has no end yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// First moment inside.
    pub from: Moment,
    /// First moment outside, if an end is known.
    pub until: Option<Moment>,
}

impl Interval {
    /// From a moment on, without an end.
    #[must_use]
    pub const fn from(from: Moment) -> Self {
        Self { from, until: None }
    }

    /// `[from, until)`.
    #[must_use]
    pub const fn new(from: Moment, until: Option<Moment>) -> Self {
        Self { from, until }
    }

    /// Whether `at` lies inside.
    #[must_use]
    pub fn contains(&self, at: Moment) -> bool {
        self.from <= at && !self.ended(at)
    }

    /// Whether the end has been reached at `at`.
    #[must_use]
    pub fn ended(&self, at: Moment) -> bool {
        self.until.is_some_and(|until| until <= at)
    }

    /// Whether it holds at some moment later than another; what ended where it began never does.
    #[must_use]
    pub fn holds_after(&self, at: Moment) -> bool {
        self.until.is_none_or(|until| until > at && until > self.from)
    }

    /// Whether the two share a moment.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let before_end = |from: Moment, until: Option<Moment>| until.is_none_or(|u| from < u);
        before_end(self.from, other.until) && before_end(other.from, self.until)
    }
}

fn helsinki() -> TimeZone {
    TimeZone::get("Europe/Helsinki").unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_comes_once_a_day() {
        let at = |text: &str| Moment::parse(text).unwrap();
        assert_eq!(at("2026-11-22T10:00:00Z").last_daily(150), at("2026-11-22T00:30:00Z"));
        assert_eq!(at("2026-11-22T00:29:59Z").last_daily(150), at("2026-11-21T00:30:00Z"));
        assert_eq!(at("2026-11-22T00:30:00Z").last_daily(150), at("2026-11-22T00:30:00Z"));
        assert_eq!(at("2026-06-22T10:00:00Z").last_daily(0), at("2026-06-21T21:00:00Z"), "summer time");
    }

    #[test]
    fn a_day_may_have_23_or_25_hours() {
        let hours = |day: &str| {
            let from = Moment::parse(day).unwrap();
            (from.next_midnight().as_seconds() - from.as_seconds()) / 3600
        };
        assert_eq!([hours("2026-03-28"), hours("2026-03-29"), hours("2026-10-25")], [24, 23, 25]);
        let start = Moment::parse("2027-03-29").unwrap();
        assert_eq!(start.plus_days(-14), Moment::parse("2027-03-15").unwrap());
        assert_eq!(start.plus_days(0), start);
        let _ = Moment::from_micros(i64::MAX).plus_days(i64::MAX);
    }

    #[test]
    fn dates_begin_at_midnight_in_helsinki() {
        assert_eq!(Moment::parse("2026-11-22").unwrap().to_string(), "2026-11-21T22:00:00Z");
        assert_eq!(Moment::parse("2026-07-01").unwrap().to_string(), "2026-06-30T21:00:00Z");
        assert!(Moment::parse("2026-02-30").is_err());
        assert!(Moment::parse("tomorrow").is_err());
    }

    #[test]
    fn civil_times_of_hl7_and_of_the_code_service() {
        let hl7 = Moment::parse_civil("20170922151552").unwrap();
        assert_eq!(hl7.to_string(), "2017-09-22T12:15:52Z");
        assert_eq!(Moment::parse_civil("2016-01-01T00:00:01").unwrap().to_string(), "2015-12-31T22:00:01Z");
        assert_eq!(Moment::parse_civil("2017"), None);
        assert_eq!(Moment::parse_civil("20171399"), None);
    }

    #[test]
    fn intervals_are_half_open() {
        let (a, b, c) = (Moment::from_seconds(1), Moment::from_seconds(2), Moment::from_seconds(3));
        let ab = Interval::new(a, Some(b));
        assert!(ab.contains(a) && !ab.contains(b));
        assert!(!ab.overlaps(&Interval::new(b, Some(c))));
        assert!(ab.overlaps(&Interval::from(a)));
        assert!(Interval::from(c).contains(c));
    }
}
