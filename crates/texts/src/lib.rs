//! Every text a person reads, in Finnish, Swedish and English, and how dates are written in each.
//!
//! The texts are Fluent files under `locales/`, compiled in. A key that is missing shows as `⟦key⟧`, which no
//! test lets through. Not for log lines or developer errors: those are English and stand in the code.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use liitos_domain::directory::{Basis, Order};
use liitos_domain::plan::{Expected, Mistake, Problem};
use liitos_domain::rules::{Rule, Source};
use liitos_domain::{Interval, Moment, RefusalCode};
use std::fmt;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// A language of the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Finnish.
    #[default]
    Fi,
    /// Swedish.
    Sv,
    /// English.
    En,
}

impl Language {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Fi, Self::Sv, Self::En];

    /// The ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fi => "fi",
            Self::Sv => "sv",
            Self::En => "en",
        }
    }

    /// The language's own name.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Fi => "Suomi",
            Self::Sv => "Svenska",
            Self::En => "English",
        }
    }

    /// The language with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The best of the languages that a browser accepts (RFC 9110 12.5.4, without weights: order counts).
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let wanted = accept_language.split(',').take(16).filter_map(|part| part.trim().get(..2));
        wanted.filter_map(|code| Self::parse(&code.to_ascii_lowercase())).next().unwrap_or_default()
    }

    /// A text without arguments.
    #[must_use]
    pub fn text(self, key: &str) -> String {
        self.format(key, None, &FluentArgs::new())
    }

    /// A text with named arguments; one that is a plain number is one for Fluent, so that a text can have its plural.
    #[must_use]
    pub fn text_with(self, key: &str, arguments: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in arguments {
            let number = value.parse::<u32>().ok().filter(|number| number.to_string() == *value);
            args.set(*name, number.map_or_else(|| FluentValue::from((*value).to_owned()), FluentValue::from));
        }
        self.format(key, None, &args)
    }

    /// What a refusal says.
    #[must_use]
    pub fn refusal(self, code: RefusalCode) -> String {
        self.text(&code.key())
    }

    /// How a refusal is mended.
    #[must_use]
    pub fn refusal_how(self, code: RefusalCode) -> String {
        self.format(&code.key(), Some("how"), &FluentArgs::new())
    }

    /// An attribute of a text.
    #[must_use]
    pub fn attribute(self, key: &str, attribute: &str) -> String {
        self.format(key, Some(attribute), &FluentArgs::new())
    }

    /// A part of what a rule says: `broken`, `long`, `how`; or what it demands, where no part is named.
    #[must_use]
    pub fn rule(self, rule: &Rule, part: Option<&str>) -> String {
        self.format(&format!("rule-{}", rule.id), part, &FluentArgs::new())
    }

    /// Which key of a plan says that a rule is kept, where that is not plain from how it is mended.
    #[must_use]
    pub fn rule_in_plan(self, rule: &Rule) -> Option<String> {
        rule.plan.as_ref().map(|key| self.text_with("plan-key", &[("key", key)]))
    }

    /// What is wrong with how a plan is written, and what was expected.
    #[must_use]
    pub fn mistake(self, mistake: &Mistake) -> String {
        let key = format!("plan-{}", mistake.problem.code());
        let near = mistake.nearest().map(|near| format!(" {}", self.text_with("plan-near", &[("key", near)])));
        let told = match &mistake.problem {
            Problem::Syntax { fault, written } => {
                let fault = self.text(&format!("plan-syntax-{fault}"));
                self.text_with(&key, &[("fault", &fault), ("written", written)])
            }
            // Who only misspelt a key needs no list of all.
            Problem::UnknownKey { .. } if near.is_some() => self.text("plan-misspelt"),
            Problem::UnknownKey { known } => self.text_with(&key, &[("known", &known.join(", "))]),
            Problem::Missing => match mistake.values().join(", ") {
                known if known.is_empty() => self.text(&key),
                known => self.text_with("plan-missing-choice", &[("known", &known)]),
            },
            Problem::Value { found, expected, .. } => {
                let table = mistake.place.replace(|c: char| "[]".contains(c) || c.is_ascii_digit(), "");
                let expected = match expected {
                    Expected::List => self.text_with("plan-expected-list", &[("table", &table)]),
                    Expected::Text => self.text_with("plan-expected-text", &[("found", found)]),
                    _ => self.text(&format!("plan-expected-{expected}")),
                };
                self.text_with(&key, &[("found", found), ("expected", &expected)])
            }
            Problem::Choice { found, known } => self.text_with(&key, &[("found", found), ("known", &known.join(", "))]),
            Problem::TooMany { count, most } => {
                self.text_with(&key, &[("count", &count.to_string()), ("most", &most.to_string())])
            }
            Problem::Twice { found } => self.text_with(&key, &[("found", found)]),
        };
        told + &near.unwrap_or_default()
    }

    /// What a change of the directory rests on.
    #[must_use]
    pub fn basis(self, basis: &Basis) -> String {
        match basis {
            Basis::Application(number) => self.text_with("basis-application", &[("number", number)]),
            Basis::Move(number) => self.text_with("basis-move", &[("number", number)]),
            Basis::Notification(number) => self.text_with("basis-notification", &[("number", number)]),
            Basis::RegisterImport(kind) => {
                self.text_with("basis-register-import", &[("register", &self.text(&format!("register-{kind}")))])
            }
            Basis::Order(order) => self.text(match order {
                Order::AccessPointNotified => "basis-access-point-notified",
                Order::Closing => "basis-closing",
                Order::Shut => "basis-shut",
                Order::Lifted => "basis-lifted",
                Order::ByHand => "basis-by-hand",
                Order::Return => "basis-return",
            }),
            Basis::Other(text) => text.clone(),
        }
    }

    /// Where a rule's demand stands: the document's name in this language, and the chapter.
    #[must_use]
    pub fn source(self, source: &Source) -> String {
        let document = self.text(&format!("clause-{}", source.document.replace([' ', '.'], "-")));
        match source.chapter.as_str() {
            "" => document,
            "history" => format!("{document}, {}", self.text("clause-history")),
            chapter => format!("{document} {chapter}"),
        }
    }

    /// A date: `22.11.2026`, `22 November 2026`.
    #[must_use]
    pub fn date(self, moment: Moment) -> String {
        let civil = moment.civil();
        match self {
            Self::Fi | Self::Sv => format!("{}.{}.{}", civil.day(), civil.month(), civil.year()),
            Self::En => format!("{} {} {}", civil.day(), self.text(&format!("month-{}", civil.month())), civil.year()),
        }
    }

    /// A text in which days stand as machines write them, with the days as people do.
    #[must_use]
    pub fn days_in(self, text: &str) -> String {
        let day = |word: &str| {
            let bare = word.trim_matches(|c: char| !c.is_ascii_digit());
            let is_day = bare.len() == 10 && bare.chars().filter(|c| *c == '-').count() == 2;
            let at = is_day.then(|| Moment::parse(bare).ok()).flatten()?;
            Some(word.replace(bare, &self.date(at)))
        };
        text.split(' ').map(|word| day(word).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>().join(" ")
    }

    /// A date and time: `22.11.2026 klo 12.41`, `22.11.2026 kl. 12.41`, `22 November 2026 12:41`.
    #[must_use]
    pub fn date_time(self, moment: Moment) -> String {
        let civil = moment.civil();
        let (hour, minute) = (civil.hour(), civil.minute());
        let date = self.date(moment);
        match self {
            Self::Fi => format!("{date} klo {hour}.{minute:02}"),
            Self::Sv => format!("{date} kl. {hour}.{minute:02}"),
            Self::En => format!("{date} {hour:02}:{minute:02}"),
        }
    }

    /// The same to the second: `22.11.2026 klo 12.41.30`.
    #[must_use]
    pub fn to_the_second(self, moment: Moment) -> String {
        let (civil, minute) = (moment.civil(), self.date_time(moment));
        let between = if self == Self::En { ':' } else { '.' };
        format!("{minute}{between}{:02}", civil.second())
    }

    /// How long something took, to the day or the hour: `3 päivää`, `1 timme`.
    #[must_use]
    pub fn lasting(self, seconds: i64) -> String {
        let (hours, days) = (seconds / 3600, seconds / (24 * 3600));
        let (key, count) = match (days, hours) {
            (0, 0) => return self.text("lasting-under-an-hour"),
            (0, 1) => ("lasting-hour", 1),
            (0, hours) => ("lasting-hours", hours),
            (1, _) => ("lasting-day", 1),
            (days, _) => ("lasting-days", days),
        };
        self.text_with(key, &[("n", &count.to_string())])
    }

    /// From when until when: days where both ends are a day's, the last day included; otherwise to the minute.
    #[must_use]
    pub fn validity(self, valid: &Interval) -> String {
        let a_days_end = |moment: Moment| (moment.civil().hour(), moment.civil().minute()) == (0, 0);
        if a_days_end(valid.from) && valid.until.is_none_or(a_days_end) {
            let last = valid.until.map_or(String::new(), |until| format!(" {}", self.date(until.plus_seconds(-1))));
            return format!("{} –{last}", self.date(valid.from));
        }
        let until = valid.until.map_or(String::new(), |until| format!(" {}", self.date_time(until)));
        format!("{} –{until}", self.date_time(valid.from))
    }

    fn format(self, key: &str, attribute: Option<&str>, args: &FluentArgs<'_>) -> String {
        let bundle = self.bundle();
        let message = bundle.get_message(key);
        let pattern = message.as_ref().and_then(|message| match attribute {
            Some(name) => message.get_attribute(name).map(|a| a.value()),
            None => message.value(),
        });
        let Some(pattern) = pattern else {
            return format!("⟦{key}⟧");
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        if errors.is_empty() { text } else { format!("⟦{key}: {text}⟧") }
    }

    fn bundle(self) -> &'static Bundle {
        static FI: LazyLock<Bundle> = LazyLock::new(|| load("fi", FI_SOURCES));
        static SV: LazyLock<Bundle> = LazyLock::new(|| load("sv", SV_SOURCES));
        static EN: LazyLock<Bundle> = LazyLock::new(|| load("en", EN_SOURCES));
        match self {
            Self::Fi => &FI,
            Self::Sv => &SV,
            Self::En => &EN,
        }
    }

    /// The Fluent sources of the language, by file name.
    #[must_use]
    pub const fn sources(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Fi => FI_SOURCES,
            Self::Sv => SV_SOURCES,
            Self::En => EN_SOURCES,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

type Bundle = FluentBundle<FluentResource>;

macro_rules! sources {
    ($name:ident, $language:literal) => {
        const $name: &[(&str, &str)] = &[
            ("portal.ftl", include_str!(concat!("../../../locales/", $language, "/portal.ftl"))),
            ("application.ftl", include_str!(concat!("../../../locales/", $language, "/application.ftl"))),
            ("office.ftl", include_str!(concat!("../../../locales/", $language, "/office.ftl"))),
            ("archive.ftl", include_str!(concat!("../../../locales/", $language, "/archive.ftl"))),
            ("rules.ftl", include_str!(concat!("../../../locales/", $language, "/rules.ftl"))),
            ("refusals.ftl", include_str!(concat!("../../../locales/", $language, "/refusals.ftl"))),
            ("files.ftl", include_str!(concat!("../../../locales/", $language, "/files.ftl"))),
            ("help.ftl", include_str!(concat!("../../../locales/", $language, "/help.ftl"))),
            ("mail.ftl", include_str!(concat!("../../../locales/", $language, "/mail.ftl"))),
            ("changes.ftl", include_str!(concat!("../../../locales/", $language, "/changes.ftl"))),
            ("notifications.ftl", include_str!(concat!("../../../locales/", $language, "/notifications.ftl"))),
            ("faults.ftl", include_str!(concat!("../../../locales/", $language, "/faults.ftl"))),
            ("moves.ftl", include_str!(concat!("../../../locales/", $language, "/moves.ftl"))),
            ("deployment_tests.ftl", include_str!(concat!("../../../locales/", $language, "/deployment_tests.ftl"))),
            ("systems.ftl", include_str!(concat!("../../../locales/", $language, "/systems.ftl"))),
            ("obligation.ftl", include_str!(concat!("../../../locales/", $language, "/obligation.ftl"))),
        ];
    };
}
sources!(FI_SOURCES, "fi");
sources!(SV_SOURCES, "sv");
sources!(EN_SOURCES, "en");

/// Builds a language's bundle. A file with a fault still gives its sound messages; the tests below find the fault.
fn load(language: &str, sources: &[(&str, &str)]) -> Bundle {
    let locale: LanguageIdentifier = language.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Isolation marks (U+2068) would end up in mails, acknowledgements and terminals.
    bundle.set_use_isolating(false);
    for (_, source) in sources {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(sound, _)| sound);
        // A key given twice keeps its first text; the tests refuse it.
        let _ = bundle.add_resource(resource);
    }
    bundle
}

/// What a refusal says and how it is mended, in Finnish and English: the peers are machines of Finnish organisations, and
/// it is in their logs that people read it.
#[must_use]
pub fn refusal_for_peers(code: RefusalCode) -> String {
    let told = |language: Language| format!("{}. {}", language.refusal(code), language.refusal_how(code));
    format!("{} / {}", told(Language::Fi), told(Language::En))
}

/// A refusal as a problem document (RFC 9457), for machines that do not speak HL7.
#[must_use]
pub fn problem(code: RefusalCode, place: &str, decision_id: &str) -> String {
    serde_json::json!({
        "type": format!("urn:liitos:refusal:{code}"),
        "title": Language::En.refusal(code),
        "status": code.status(),
        "detail": Language::En.refusal_how(code),
        "code": code,
        "place": place,
        "decision": decision_id,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::rules::Rulebook;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn days_and_plurals_as_people_say_them() {
        let said = Language::Fi.days_in("Aloitus: 2027-01-11 (≤ 2026-09-01), 90000000001, 2027-13-01, 1-2-345678");
        assert_eq!(said, "Aloitus: 11.1.2027 (≤ 1.9.2026), 90000000001, 2027-13-01, 1-2-345678");
        let count = |language: Language, n: &str| language.text_with("queue-count", &[("count", n)]);
        assert_eq!((count(Language::Fi, "1"), count(Language::En, "1")), ("1 hakemus".into(), "1 application".into()));
        assert_eq!(
            (count(Language::Fi, "2"), count(Language::Sv, "20000")),
            ("2 hakemusta".into(), "20000 ansökningar".into())
        );
    }

    /// Keys (with attributes) and the arguments each uses, read from the source text.
    fn keys(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::new();
        for (file, source) in language.sources() {
            assert!(FluentResource::try_new((*source).to_owned()).is_ok(), "{language}/{file} has a syntax fault");
            let mut key = String::new();
            let mut message = String::new();
            for line in source.lines().filter(|l| !l.starts_with('#')) {
                if let Some((name, _)) = line.split_once(" =").filter(|(n, _)| !n.starts_with([' ', '}'])) {
                    key = name.to_owned();
                    message = key.clone();
                    assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{language}/{file}: {key} twice");
                } else if let Some((name, _)) = line.trim().strip_prefix('.').and_then(|l| l.split_once(" =")) {
                    key = format!("{message}.{name}");
                    found.insert(key.clone(), BTreeSet::new());
                }
                for part in line.split('$').skip(1) {
                    let argument: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
                    found.get_mut(&key).unwrap().insert(argument);
                }
            }
        }
        found
    }

    #[test]
    fn the_three_languages_have_the_same_keys_and_arguments() {
        let english = keys(Language::En);
        for language in [Language::Fi, Language::Sv] {
            let other = keys(language);
            let missing: Vec<_> = english.keys().filter(|k| !other.contains_key(*k)).collect();
            let extra: Vec<_> = other.keys().filter(|k| !english.contains_key(*k)).collect();
            assert!(missing.is_empty() && extra.is_empty(), "{language}: missing {missing:?}, extra {extra:?}");
            for (key, arguments) in &english {
                assert_eq!(&other[key], arguments, "{language}: {key}");
            }
        }
    }

    #[test]
    fn every_refusal_has_its_texts() {
        for language in Language::ALL {
            for code in RefusalCode::ALL {
                for text in [language.refusal(*code), language.refusal_how(*code), language.text(code.mender().key())] {
                    assert!(!text.contains('⟦') && !text.is_empty(), "{language} {code}: {text}");
                }
            }
        }
    }

    #[test]
    fn every_joiner_reads_the_texts_of_its_own_service() {
        use liitos_domain::Service;
        use liitos_domain::application::{JoinerKind, Text};
        for language in Language::ALL {
            let mut read = BTreeSet::new();
            for (kind, service) in
                JoinerKind::ALL.iter().flat_map(|kind| Service::APPLICABLE.iter().map(move |it| (kind, *it)))
            {
                for text in Text::ALL {
                    let told = language.text(&text.key(*kind, service));
                    assert!(!told.contains(['⟦', '{']) && told.len() > 100, "{language} {text}: {told}");
                    read.insert(told);
                }
            }
            // A description for each service, two undertakings and the general terms.
            assert_eq!(read.len(), Service::APPLICABLE.len() + 3);
        }
    }

    #[test]
    fn every_mistake_in_a_plan_is_told() {
        use liitos_domain::plan::{Expected, Plan, SyntaxFault};
        let wrong = "start = 1\njoiner = \"x\"\nmodel = \"paralel\"\norganisr = \"1.2\"\ntenant = [{oid=\"1.2\"},{oid=\"1.2\"}]\n";
        for language in Language::ALL {
            let mut told = Plan::parse(wrong).unwrap_err();
            told.extend(Plan::parse("=").unwrap_err());
            told.extend(SyntaxFault::ALL.iter().map(|fault| {
                let problem = Problem::Syntax { fault: *fault, written: "x".into() };
                Mistake { place: String::new(), line: 1, problem }
            }));
            told.extend(
                Plan::parse(&format!(
                    "start=2027-01-01\njoiner=\"1.2\"\nactivity=\"pharmacy\"\npharmacies=[{}]",
                    "\"1.2\",".repeat(101)
                ))
                .unwrap_err(),
            );
            let kinds: BTreeSet<&str> = told.iter().map(|mistake| mistake.problem.code()).collect();
            assert_eq!(kinds.len(), 7, "{kinds:?}");
            let texts: Vec<String> = told.iter().map(|mistake| language.mistake(mistake)).collect();
            assert!(texts.iter().all(|text| !text.contains('⟦') && !text.is_empty()), "{texts:?}");
            for expected in Expected::ALL {
                let problem = Problem::Value { found: "7".into(), expected: *expected };
                let told = language.mistake(&Mistake { place: "access_point[2].link".into(), line: 1, problem });
                assert!(!told.contains('⟦'), "{language} {told}");
                let shown = match expected {
                    Expected::List => "[[access_point.link]]",
                    Expected::Text => "\"7\"",
                    _ => "7",
                };
                assert!(told.contains(shown), "{language} {told}");
            }
        }
        let near = Plan::parse(wrong).unwrap_err();
        let near: Vec<String> = near.iter().map(|mistake| Language::En.mistake(mistake)).collect();
        assert!(
            near.iter().any(|text| text.contains("organiser?")) && near.iter().any(|text| text.contains("parallel?"))
        );
    }

    #[test]
    fn every_rule_has_its_texts() {
        for language in Language::ALL {
            for rule in Rulebook::standard().rules() {
                let key = format!("rule-{}", rule.id);
                let told = ["broken", "long", "how"].map(|part| language.rule(rule, Some(part)));
                let sources = rule.sources.iter().map(|source| language.source(source));
                for text in told.into_iter().chain(sources).chain([language.text(&key)]) {
                    assert!(!text.contains('⟦') && !text.is_empty(), "{language} {}: {text}", rule.id);
                }
            }
        }
        let rules = keys(Language::En).into_keys().filter(|key| key.starts_with("rule-") && !key.contains('.'));
        let known = |key: &String| Rulebook::standard().find(key.trim_start_matches("rule-")).is_some();
        assert_eq!(rules.filter(|key| !known(key)).collect::<Vec<_>>(), Vec::<String>::new(), "texts of no rule");
    }

    #[test]
    fn dates_in_the_readers_language() {
        let moment = Moment::parse("2026-11-22T10:41:07Z").unwrap();
        assert_eq!(Language::Fi.date_time(moment), "22.11.2026 klo 12.41");
        assert_eq!(Language::Sv.date_time(moment), "22.11.2026 kl. 12.41");
        assert_eq!(Language::En.date_time(moment), "22 November 2026 12:41");
    }

    #[test]
    fn a_validity_in_days_names_its_last_day() {
        let at = |text| Moment::parse(text).unwrap();
        let days = Interval::new(at("2008-01-01"), Some(at("2101-01-01")));
        assert_eq!(Language::Fi.validity(&days), "1.1.2008 – 31.12.2100");
        assert_eq!(Language::En.validity(&Interval::from(at("2008-01-01"))), "1 January 2008 –");
        let minutes = Interval::new(at("2008-01-01"), Some(at("2026-11-22T10:41:00Z")));
        assert_eq!(Language::Sv.validity(&minutes), "1.1.2008 kl. 0.00 – 22.11.2026 kl. 12.41");
    }

    #[test]
    fn the_browsers_wish_is_heard() {
        assert_eq!(Language::negotiate("de,sv-FI;q=0.8,en;q=0.5"), Language::Sv);
        assert_eq!(Language::negotiate(""), Language::Fi);
        assert_eq!(Language::negotiate("ä,en"), Language::En);
    }
}
