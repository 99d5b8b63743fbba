//! Wrapper ↔ document header ↔ certificate ↔ directory: every contradiction, each with its place.

use super::{Envelope, Header, INVALIDATES};
use crate::archive::{Family, is_of_wills, keeps_wills};
use crate::identifier::{AccessPointOid, Oid};
use crate::refusal::{Finding, RefusalCode};

/// How a message came, from the door's verified facts and the archive's configuration.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The access point the certificate named.
    pub access_point: &'a AccessPointOid,
    /// The organisation that the message named at the door.
    pub represented: &'a Oid,
    /// The devices that the archive is called by; none: by any.
    pub devices: &'a [Oid],
}

/// Checks what stands before a message's document, or beside its question, against the way it came: all findings at once.
#[must_use]
pub fn check_way(envelope: &Envelope, way: &Way<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |code, place: &str| findings.push(Finding::new(code, place));
    if AccessPointOid::of_device(&envelope.sender).as_ref() != Some(way.access_point) {
        find(RefusalCode::SenderForeign, "sender/device/id");
    }
    // Devices number their messages below their own OID (`domain.md` section 11): what lies below another's is that one's to use.
    let numbered = AccessPointOid::of_device(&envelope.message_id);
    if numbered.is_some_and(|point| !point.is_beside(way.access_point)) {
        find(RefusalCode::MessageIdForeign, "id");
    }
    let devices = way.devices;
    if let Some(receiver) = &envelope.receiver
        && !devices.is_empty()
        && !devices.iter().any(|device| device.as_str() == receiver)
    {
        find(RefusalCode::ReceiverForeign, "receiver/device/id");
    }
    if envelope.represented != *way.represented {
        find(RefusalCode::RepresentedUnitForeign, "authorOrPerformer//representedOrganization/id");
    }
    findings
}

/// What the archive knows of the caller, from the door's verified facts and its own registers.
#[derive(Clone, Debug)]
pub struct Access<'a> {
    /// How the message came.
    pub way: Way<'a>,
    /// The joiner that the represented organisation belongs to.
    pub joiner: &'a Oid,
    /// The tenant on whose behalf its host, the joiner, calls.
    pub tenant: Option<&'a Oid>,
    /// Whose documents the interaction brings.
    pub family: Family,
    /// The controllers that are the joiner's own; where it calls for a tenant, the tenant's.
    pub own: &'a [Oid],
    /// Whether it may store into the register of the controller that the document names: its own, or of one that let its unit into the client's
    /// documents.
    pub may_store: bool,
}

/// Checks what a message says of its document against the document and the caller: all findings at once. What may follow what is
/// [`judge_version`](crate::archive::judge_version)'s.
#[must_use]
pub fn cross_check(envelope: &Envelope, wrapper: &Header, document: &Header, access: &Access<'_>) -> Vec<Finding> {
    let mut findings = check_way(envelope, &access.way);
    let mut find = |code, place: &str| findings.push(Finding::new(code, place));
    let pairs = [
        (wrapper.id == document.id, "id"),
        (wrapper.set_id == document.set_id, "setId"),
        (wrapper.version == document.version, "versionNumber"),
        (wrapper.register == document.register, "code"),
        (wrapper.custodian == document.custodian, "custodian"),
        (wrapper.person == document.person, "recordTarget"),
        (wrapper.effective_time == document.effective_time, "effectiveTime"),
        (wrapper.outsourcing_customer == document.outsourcing_customer, "localHeader/outsourcingServiceCustomer"),
        (wrapper.software == document.software, "localHeader/softwareSupport"),
        (wrapper.follows == document.follows, "relatedDocument"),
        (wrapper.kind == document.kind, "localHeader/documentType"),
        (wrapper.task == document.task, "localHeader/functionCode"),
        (wrapper.event == document.event, "componentOf"),
        (wrapper.unit == document.unit, "componentOf//representedOrganization"),
        (wrapper.unfinished == document.unfinished, "localHeader/recordStatus"),
        (wrapper.customer == document.customer, "localHeader/patientRegistrySpecifier"),
        (wrapper.host == document.host, "localHeader/eprServiceProvider"),
        (wrapper.keeping.class == document.keeping.class, "localHeader/retentionPeriodClass"),
    ];
    for (_, place) in pairs.iter().filter(|(agrees, _)| !agrees) {
        find(RefusalCode::WrapperDisagrees, place);
    }
    // Guide 4.2: message and document name the tenant alike; its document is its own and says in whose system it was made.
    if document.host.as_deref() != access.tenant.map(|_| access.joiner.as_str()) {
        find(RefusalCode::HostDisagrees, "localHeader/eprServiceProvider");
    }
    if !access.may_store {
        find(RefusalCode::ControllerForeign, "custodian");
    }
    // What social care's header says, a right of access among it, is said of social care's documents alone.
    if document.social.is_some() && access.family != Family::Social {
        find(RefusalCode::DocumentHeaderBroken, "localSocialHeader: in a document of another service");
    }
    if access.family == Family::Social {
        structured(document, wrapper, &mut find);
    }
    says_who_may_read(document, access, &mut find);
    if document.active_custodian.is_some() || wrapper.active_custodian.is_some() {
        find(RefusalCode::ActiveControllerSent, "localHeader/activeCustodian");
    }
    findings
}

/// What is wrong with what social care's structured part says. Signed for one document it would say the same for another, so it names its own; and a
/// document belongs to the matter that it names, by whichever header it is looked for.
fn structured(document: &Header, wrapper: &Header, find: &mut impl FnMut(RefusalCode, &str)) {
    let mut broken = |place: &str| find(RefusalCode::DocumentHeaderBroken, place);
    if document.event.is_some() && document.event.as_ref() != document.matter() {
        broken("componentOf: another than localSocialHeader/json/asiatunnus");
    }
    // What declares a will void needs not be one.
    let void = wrapper.reason.as_deref() == Some(INVALIDATES);
    if is_of_wills(document) && document.will.is_none() && !void {
        broken("localSocialHeader/json: no will");
    }
    let Some(social) = &document.social else { return };
    social.named_amiss(document).for_each(&mut broken);
    if social.about.is_some() && social.matter.is_none() {
        broken("localSocialHeader/json/asiatunnus");
    }
    if social.will.is_some() && !is_of_wills(document) {
        broken("localSocialHeader/json: a will outside its register");
    }
}

/// What is wrong with a document that says who may read what.
fn says_who_may_read(document: &Header, access: &Access<'_>, find: &mut impl FnMut(RefusalCode, &str)) {
    // Whoever was let into another's register lets nobody else in.
    if document.lets_in() && !access.own.contains(&document.custodian) {
        let outsourced = document.outsourcing.is_some();
        let place = if outsourced { "form 362: custodian" } else { "localSocialHeader/json/rekisterinkayttooikeudet" };
        find(RefusalCode::ControllerForeign, place);
    }
    // Nor says anything of its matters.
    if document.social.as_ref().is_some_and(|social| social.about.is_some())
        && !access.own.contains(&document.custodian)
    {
        find(RefusalCode::ControllerForeign, "localSocialHeader/json/asia");
    }
    // Nor does anybody let into a register that is not the document's.
    if let Some(terms) = &document.outsourcing {
        for (register, place) in [(&terms.search, "16"), (&terms.storing, "21")] {
            if register.as_ref().is_some_and(|register| register.controller != document.custodian) {
                find(RefusalCode::BodyNotAccepted, &format!("form 362: {place}"));
            }
        }
    }
    // What a patient wants is kept for all providers, not in a register of one.
    if document.will.is_some() && document.unfinished {
        find(RefusalCode::DocumentHeaderBroken, "localHeader/recordStatus: a will is finished");
    }
    if is_of_wills(document) && !keeps_wills(document) {
        find(RefusalCode::ControllerForeign, "custodian: of the wills");
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::{Code, Follows, PersonRef, Social};
    use super::*;
    use crate::archive::Keeping;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    pub(crate) fn header() -> Header {
        Header {
            id: oid("1.2.246.10.1.11.1"),
            set_id: oid("1.2.246.10.1.11.1"),
            version: 1,
            register: Code { code: "2".into(), system: "1.2.246.537.5.40150.2009".into() },
            custodian: oid("1.2.246.10.1.19.0"),
            person: PersonRef { extension: "010181-900C".into(), root: "1.2.246.21".into() },
            effective_time: "20170922151552".into(),
            outsourcing_customer: None,
            software: None,
            active_custodian: None,
            follows: None,
            kind: Some("1".into()),
            task: None,
            event: Some(oid("1.2.246.10.1.16.1")),
            unit: Some(oid("1.2.246.10.1.10.7")),
            customer: None,
            host: None,
            keeping: Keeping::default(),
            reason: None,
            unfinished: false,
            event_open: false,
            social: None,
            outsourcing: None,
            will: None,
        }
    }

    const DEVICE: &str = "1.2.246.556.18007.2";

    fn codes(change: impl FnOnce(&mut Envelope, &mut Header, &mut Header)) -> Vec<(RefusalCode, String)> {
        let mut envelope = Envelope {
            message_id: oid("1.2.246.10.1.10.0.13.1.5.1506082558936.9"),
            interaction: "RCMR_IN100002FI01".into(),
            sender: oid("1.2.246.10.1.10.0.13.1.5"),
            receiver: Some(DEVICE.to_owned()),
            service_request: Code { code: "PP1".into(), system: "1.2.246.537.5.40157.2008".into() },
            purpose: None,
            represented: oid("1.2.246.10.1.10.0"),
        };
        let (mut wrapper, mut document) = (header(), header());
        change(&mut envelope, &mut wrapper, &mut document);
        let (point, joiner) = (AccessPointOid::parse("1.2.246.10.1.10.0.13.1").unwrap(), oid("1.2.246.10.1.10.0"));
        let (controllers, devices) = ([oid("1.2.246.10.1.19.0")], [oid(DEVICE)]);
        let access = Access {
            way: Way { access_point: &point, represented: &joiner, devices: &devices },
            joiner: &joiner,
            tenant: None,
            family: Family::Patient,
            own: &controllers,
            may_store: controllers.contains(&document.custodian),
        };
        cross_check(&envelope, &wrapper, &document, &access).into_iter().map(|f| (f.code, f.place)).collect()
    }

    fn one(code: RefusalCode, place: &str) -> Vec<(RefusalCode, String)> {
        vec![(code, place.to_owned())]
    }

    #[test]
    fn whoever_sends_it_sends_it_here_and_as_itself() {
        use RefusalCode as R;
        assert_eq!(
            codes(|e, _, _| e.sender = oid("1.2.246.10.1.10.0.13.2.5")),
            one(R::SenderForeign, "sender/device/id")
        );
        assert_eq!(
            codes(|e, _, _| e.represented = oid("1.2.246.10.2.10.0")),
            one(R::RepresentedUnitForeign, "authorOrPerformer//representedOrganization/id")
        );
        for id in
            ["1.2.246.10.2.10.0.13.1.5.1506082558936.9", "1.2.246.10.2.10.0.13.7", "1.2.246.537.6.918.18.900001.13.1.1"]
        {
            assert_eq!(codes(|e, _, _| e.message_id = oid(id)), one(R::MessageIdForeign, "id"), "{id}");
        }
        // By another device or unit of its own, or below nobody's access point.
        for id in ["1.2.246.10.1.10.0.13.2.9.1.9", "1.2.246.10.1.10.4.13.1.1.9", "1.2.246.10.1.13.1.9", "2.25.7"] {
            assert_eq!(codes(|e, _, _| e.message_id = oid(id)), [], "{id}");
        }
        for receiver in ["1.2.246.556.18007.3", "1.2.246.556.18007.2.1", "x"] {
            let to = |e: &mut Envelope| e.receiver = Some(receiver.to_owned());
            assert_eq!(codes(|e, _, _| to(e)), one(R::ReceiverForeign, "receiver/device/id"), "{receiver}");
        }
        assert_eq!(codes(|e, _, _| e.receiver = None), []);
    }

    #[test]
    fn each_contradiction_is_found_alone() {
        use RefusalCode as R;
        assert_eq!(codes(|_, _, _| ()), []);
        assert_eq!(
            codes(|_, w, d| {
                w.custodian = oid("1.2.246.10.2.19.0");
                d.custodian = w.custodian.clone();
            }),
            one(R::ControllerForeign, "custodian")
        );
        assert_eq!(codes(|_, w, _| w.custodian = oid("1.2.246.10.2.19.0")), one(R::WrapperDisagrees, "custodian"));
        assert_eq!(
            codes(|_, w, _| w.person.extension = "091072-971S".into()),
            one(R::WrapperDisagrees, "recordTarget")
        );
        assert_eq!(codes(|_, _, d| d.effective_time.push('1')), one(R::WrapperDisagrees, "effectiveTime"));
        assert_eq!(
            codes(|_, _, d| d.software = Some("x".into())),
            one(R::WrapperDisagrees, "localHeader/softwareSupport")
        );
        assert_eq!(
            codes(|_, _, d| d.active_custodian = Some("x".into())),
            one(R::ActiveControllerSent, "localHeader/activeCustodian")
        );
        assert_eq!(codes(|_, _, d| d.kind = None), one(R::WrapperDisagrees, "localHeader/documentType"));
        let follows = Follows { replaces: true, id: oid("1.2.3"), set_id: None, version: None };
        assert_eq!(codes(|_, w, _| w.follows = Some(follows)), one(R::WrapperDisagrees, "relatedDocument"));
        assert_eq!(codes(|_, _, d| d.event = None), one(R::WrapperDisagrees, "componentOf"));
        // A host's stamp without a tenant that the message names.
        let stamped = codes(|_, w, d| {
            w.host = Some("1.2.246.10.1.10.0".into());
            d.host.clone_from(&w.host);
        });
        assert_eq!(stamped, one(R::HostDisagrees, "localHeader/eprServiceProvider"));
        let social = "localSocialHeader: in a document of another service";
        assert_eq!(codes(|_, _, d| d.social = Some(Social::default())), one(R::DocumentHeaderBroken, social));
        let unit = "componentOf//representedOrganization";
        assert_eq!(codes(|_, _, d| d.unit = None), one(R::WrapperDisagrees, unit));
        assert_eq!(
            codes(|_, w, d| {
                w.register.code = "3".into();
                d.id = oid("1.2.3");
            })
            .len(),
            2
        );
    }

    #[test]
    fn a_document_belongs_to_the_matter_that_it_names() {
        let found = |social: Option<Social>| {
            let (document, mut found) = (Header { social, ..header() }, Vec::new());
            structured(&document, &header(), &mut |code, place| found.push((code, place.to_owned())));
            found
        };
        let of = |matter: Option<&str>| Some(Social { matter: matter.map(oid), ..Social::default() });
        assert_eq!(found(of(Some("1.2.246.10.1.16.1"))), []);
        let event = "componentOf: another than localSocialHeader/json/asiatunnus".to_owned();
        for other in [of(Some("1.2.3")), of(None), None] {
            assert_eq!(found(other), [(RefusalCode::DocumentHeaderBroken, event.clone())]);
        }
    }
}
