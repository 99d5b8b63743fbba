//! What a matter of social care takes: no new document that was made after it was closed.

use crate::document::Header;
use crate::refusal::{Finding, RefusalCode};
use crate::time::Moment;

/// Why a document may not be stored into its matter. `closed`: when the matter was closed, by each document of its own in the register that the document
/// goes to; a matter of which the archive knows nothing takes whatever comes (assumed). Documents about the matter itself it takes always, and what `corrects`
/// one of its own.
#[must_use]
pub fn judge_matter(header: &Header, corrects: bool, made_at: Moment, closed: &[Option<Moment>]) -> Option<Finding> {
    let new = !corrects && header.social.as_ref().is_some_and(|social| social.about.is_none());
    let over = !closed.is_empty() && closed.iter().all(|at| at.is_some_and(|at| at <= made_at));
    (new && over).then(|| Finding::new(RefusalCode::MatterClosed, "localSocialHeader/json/asiatunnus"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::header;
    use crate::document::{Matter, Social};
    use crate::time::Interval;

    #[test]
    fn a_closed_matter_takes_corrections_only() {
        let at = Moment::from_seconds;
        let social = Header { social: Some(Social::default()), ..header() };
        let refused =
            |header: &Header, closed: &[Option<Moment>]| judge_matter(header, false, at(10), closed).is_some();
        assert!(refused(&social, &[Some(at(10))]) && !refused(&social, &[Some(at(11))]));
        assert!(!refused(&social, &[]), "of which nothing is known");
        assert!(!refused(&social, &[Some(at(5)), None]), "opened again by another document");
        assert_eq!(judge_matter(&social, true, at(10), &[Some(at(5))]), None);
        let about = Matter { open: Interval::from(at(1)), clients: Vec::new() };
        let about = Social { about: Some(about), ..Social::default() };
        assert!(!refused(&Header { social: Some(about), ..header() }, &[Some(at(5))]));
        assert!(!refused(&header(), &[Some(at(5))]), "a patient's has none");
    }
}
