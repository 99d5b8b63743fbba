//! For each rule the plan, and the one fact of it, whose change breaks that rule and nothing else.

use super::*;
use crate::plan::{
    Applicant, ContactRole, PlannedApplication, PlannedChange, PlannedContact, PlannedDeployment, PlannedTermination,
};

/// One changed fact for each rule that is in force at the samples' time.
pub(super) const BREAKS: &[(&str, &str, Change)] = &[
    ("joiner-in-register", OWN, |p, f| drop(entries(f).remove(&p.joiner))),
    ("joiner-valid", OWN, |p, f| {
        entries(f).get_mut(&p.joiner).unwrap().1.valid.until = Some(p.start);
    }),
    ("oid-level", IMAGING, |p, _| p.joiner = oid("1.2.246.10.99999036.10.1")),
    ("business-id", OWN, |p, f| entries(f).get_mut(&p.joiner).unwrap().1.business_id = Some("9999903-5".into())),
    ("controller-known", OWN, |_, f| f.registers.as_mut().unwrap().controllers.clear()),
    ("tenants-in-register", JOINT, |p, f| drop(entries(f).remove(&p.tenants[0].oid))),
    ("intermediary-in-register", JOINT, |_, f| drop(entries(f).remove(&oid(INTERMEDIARY_OID)))),
    ("service-for-activity", OWN, |p, _| p.services[0].code = Service::ReimbursementDirectQuery),
    ("renewal-needs-prescription", OWN, |p, _| p.services.retain(|s| s.code != Service::Prescription)),
    ("renewal-mark", OWN, |p, f| entries(f).get_mut(&p.services[2].units[0]).unwrap().1.fields.clear()),
    ("renewal-unit", OWN, |p, f| {
        let stranger = oid("1.2.246.10.99999052.10.0");
        let unit = p.services[2].units[0].clone();
        let entry = entries(f)[&unit].clone();
        entries(f).insert(stranger.clone(), entry);
        p.services[2].units[0] = stranger;
    }),
    ("renewal-system", OWN, |p, _| p.systems[0].renewal_reception = Some(false)),
    ("reimbursement-agreement", PHARMACY, |p, _| p.services[1].agreement = Some(false)),
    ("access-points-named", OWN, |p, _| {
        let strange = AccessPointOid::parse("1.2.246.10.99999036.10.0.13.9").unwrap();
        p.services[1].access_points.push(strange);
    }),
    ("access-points-named", OWN, |p, _| p.services[1].access_points.clear()),
    ("activity-in-register", OWN, |p, f| {
        entries(f).get_mut(&p.joiner).unwrap().1.fields.insert("Terv.toimintayksikkö".into(), "F".into());
    }),
    ("branch-pharmacies", PHARMACY, |_, f| {
        f.registers.as_mut().unwrap().branches.push(oid("1.2.246.553.1.900003"));
    }),
    ("joint-with-tenants", INTERMEDIARY, |p, f| {
        let (joint, of_joint) = case(JOINT);
        p.tenants = joint.tenants;
        entries(f).extend(of_joint.registers.unwrap().entries);
    }),
    ("parallel-organiser-offers", PARALLEL, |p, _| p.organiser_offers = Some(false)),
    ("different-addresses", OWN, |p, _| {
        p.access_points[0].links[1].addresses = p.access_points[0].links[0].addresses.clone();
    }),
    ("certificate-readable", OWN, |_, f| {
        f.certificates.remove("ordered/server.pem");
        f.unreadable.insert("ordered/server.pem".into(), "not a certificate".into());
    }),
    ("sent-two-weeks-ahead", INTERMEDIARY, |p, _| {
        untested(p);
        p.sent = Some(p.start.plus_seconds(-86_400));
    }),
    ("joint-private", JOINT, |p, f| {
        entries(f).get_mut(&p.tenants[0].oid).unwrap().1.fields.insert("Sektori".into(), "1 julkinen".into());
    }),
    ("joint-agreement", JOINT, |p, _| p.tenants[0].agreement = Some(false)),
    ("parallel-social-only", PARALLEL, |p, _| {
        p.activities = [crate::plan::Activity::HealthCare].into();
        p.services[0].code = Service::PatientData;
        application(p).billing = case(OWN).0.application.unwrap().billing;
    }),
    ("parallel-private-producer", PARALLEL, |p, f| {
        drop(entries(f).get_mut(&p.joiner).unwrap().1.fields.insert("Sektori".into(), "1 julkinen".into()))
    }),
    ("parallel-public-organiser", PARALLEL, |p, f| {
        let organiser = p.organiser.clone().unwrap();
        entries(f).get_mut(&organiser).unwrap().1.fields.insert("Sektori".into(), "2 yksityinen".into());
    }),
    ("parallel-producer-may-join", PARALLEL, |p, _| {
        (p.producer_joins, p.only_organisers_register) = (Some(false), Some(false));
    }),
    ("parallel-own-system", PARALLEL, |p, _| p.own_system = Some(true)),
    ("no-subcontracting-link", OWN, |p, _| p.subcontracting_link = true),
    ("system-known", OWN, |_, f| drop(f.registers.as_mut().unwrap().systems.remove("900001"))),
    ("system-valid", OWN, |p, f| system(f, "900001").valid.until = Some(p.start)),
    ("system-without-deviation", OWN, |_, f| system(f, "900001").deviation = Some(true)),
    ("system-certificate-length", OWN, |_, f| system(f, "900001").valid.until = Some(moment("2028-02-01"))),
    ("system-transfers", OWN, |_, f| system(f, "900001").class = "A2".into()),
    ("system-for-service", OWN, |_, f| {
        system(f, "900001").services = Some(vec![Service::Prescription, Service::RenewalReception])
    }),
    ("client-data-system", PARALLEL, |_, f| system(f, "900002").services = Some(vec![Service::PatientData])),
    ("register-access-right", PARALLEL, |p, _| p.systems[0].register_access_right = Some(false)),
    ("location-eu", OWN, |p, _| {
        p.access_points[0].country = Some("US".into());
        p.access_points[0].approved_abroad = Some(true);
    }),
    ("location-approval", OWN, |p, _| {
        p.access_points[0].country = Some("SE".into());
        p.access_points[0].approved_abroad = Some(false);
    }),
    ("one-address", OWN, |p, f| {
        let address = "198.20.0.99".parse().unwrap();
        p.access_points[0].links[0].addresses.push(address);
        f.holders.insert(address, vec!["Esimerkki Oy".into()]);
    }),
    ("cluster-addresses", OWN, |p, f| {
        cluster(p, f);
        p.access_points[0].virtual_address = Some(false);
    }),
    ("certificate-per-server", OWN, |p, f| {
        cluster(p, f);
        p.access_points[0].certificates.truncate(1);
    }),
    ("administrator", OWN, |p, _| p.access_points[0].administrator = Some(oid(INTERMEDIARY_OID))),
    ("opened-first", INTERMEDIARY, |p, _| p.access_points[0].open = Some(false)),
    ("new-point-taken", OWN, |p, _| {
        (p.access_points[0].new, p.access_points[0].open) = (Some(true), Some(true));
    }),
    ("certificate-organisation", OWN, |_, f| server(f).organisations = vec!["Toinen Oy".into()]),
    ("certificate-ordered", OWN, |p, _| {
        p.access_points[0].certificates.clear();
        p.access_points[0].certificate_ordered = Some(p.start.plus_days(-6));
    }),
    ("signature-ordered", OWN, |p, _| {
        p.signature.as_mut().unwrap().certificate = None;
        p.signature.as_mut().unwrap().ordered = Some(p.start.plus_days(-6));
    }),
    ("intermediary-agreement", INTERMEDIARY, |p, _| p.access_points[0].agreement = Some(false)),
    ("security-plan", INTERMEDIARY, |p, _| p.access_points[0].security_plan = Some(false)),
    ("firewall", OWN, |p, _| p.access_points[0].firewall = Some(false)),
    ("malware-protection", OWN, |p, _| p.access_points[0].malware_protection = Some(false)),
    ("reception-port", OWN, |p, _| p.access_points[0].reception_port = Some(8443)),
    ("production-addresses", OWN, |p, _| p.access_points[0].production_addresses = Some(false)),
    ("private-halls", OWN, |p, _| {
        p.access_points[0].links[0].halls.as_mut().unwrap().pop_last();
    }),
    ("public-imaging", IMAGING, |p, _| p.access_points[0].links[1].network = Network::Public),
    ("public-pharmacy", PHARMACY, |p, _| p.access_points[0].links[0].network = Network::Public),
    ("public-shared", INTERMEDIARY, |p, _| p.access_points[0].links[0].network = Network::Public),
    ("public-alone", OWN, |p, _| {
        p.access_points[0].links[0].network = Network::Public;
        p.access_points[0].users = std::num::NonZeroU32::new(2);
    }),
    ("public-alone", PARALLEL, |p, _| {
        let own = case(OWN).0.access_points.swap_remove(0);
        p.access_points[0].links = own.links;
        p.access_points[0].links[0].network = Network::Public;
    }),
    ("public-small-traffic", OWN, |p, _| {
        p.access_points[0].links[0].network = Network::Public;
        p.services[0].documents_per_day = Some(10_000);
        p.services[1].documents_per_day = Some(1);
        let fast = std::num::NonZeroU32::new(100);
        (p.access_points[0].links[0].up, p.access_points[0].links[0].down) = (fast, fast);
    }),
    ("addresses-fixed", OWN, |p, _| p.access_points[0].links[0].fixed = Some(false)),
    ("addresses-public", OWN, |p, f| address(p, f, "100.64.0.1")),
    ("addresses-real", OWN, |p, f| address(p, f, "203.0.113.5")),
    ("addresses-attributable", OWN, |p, f| {
        f.holders.insert(p.access_points[0].links[0].addresses[0], vec!["Toinen Oy".into()]);
    }),
    ("links-duplicated", OWN, |p, _| p.access_points[0].links.truncate(1)),
    ("different-routes", OWN, |p, _| p.access_points[0].links[1].route = p.access_points[0].links[0].route.clone()),
    ("symmetric", OWN, |p, _| p.access_points[0].links[0].up = std::num::NonZeroU32::new(60)),
    ("capacity", OWN, |p, _| p.services[0].documents_per_day = Some(100_000)),
    ("link-ready", OWN, |p, _| p.access_points[0].links[0].ready = Some(p.start)),
    ("certificate-names-point", OWN, |p, f| server(f).serial_numbers = vec![p.joiner.to_string()]),
    ("certificate-primary-name", OWN, |_, f| server(f).common_names = vec!["other.test".into()]),
    ("certificate-other-names", OWN, |_, f| server(f).dns_names.truncate(1)),
    ("certificate-has-name", OWN, |_, f| server(f).dns_names.push("*.lepola.test".into())),
    ("certificate-valid", OWN, |p, f| server(f).valid.until = Some(p.start)),
    ("certificate-length", OWN, |_, f| server(f).valid.until = Some(moment("2027-07-01"))),
    ("certificate-strength", OWN, |_, f| server(f).rsa_bits = Some(2048)),
    ("certificate-fit", OWN, |_, f| server(f).fit = false),
    ("certificate-trusted", OWN, |_, f| server(f).trusted = Some(Err("revoked".into()))),
    ("mutual-identification", INTERMEDIARY, |p, _| p.services[0].mutual_identification = Some(false)),
    ("signature-needed", OWN, |p, _| p.signature = None),
    ("signature-valid", OWN, |p, f| signing(f).valid.until = Some(p.start)),
    ("signature-length", OWN, |_, f| signing(f).valid.until = Some(moment("2028-07-01"))),
    ("signature-strength", OWN, |_, f| (signing(f).rsa_bits, signing(f).ec_bits) = (None, Some(224))),
    ("signature-fit", OWN, |_, f| signing(f).fit = false),
    ("signature-trusted", OWN, |_, f| signing(f).trusted = Some(Err("revoked".into()))),
    ("lawful-signer", OWN, |_, f| signing(f).serial_numbers = vec!["1.2.246.10.99999052.10.0".into()]),
    ("signer-agreement", INTERMEDIARY, |p, _| p.signature.as_mut().unwrap().agreement = Some(false)),
    ("applicant-entitled", OWN, |p, _| application(p).applicant = Some(Applicant::Other)),
    ("notice-address", OWN, |p, _| application(p).email = Some("info at lepola".into())),
    ("contact-technical", OWN, |p, _| without(p, ContactRole::Technical)),
    ("contact-fault", OWN, |p, _| named(p, ContactRole::Fault).phone = None),
    ("contact-data-protection", OWN, |p, _| without(p, ContactRole::DataProtection)),
    ("contact-administrative", OWN, |p, _| without(p, ContactRole::Administrative)),
    ("contact-billing", OWN, |p, _| named(p, ContactRole::Billing).services = vec![Service::PatientData]),
    ("contact-archivist", OWN, |p, _| without(p, ContactRole::Archivist)),
    ("archivist-card", OWN, |p, _| named(p, ContactRole::Archivist).card = Some("1234567890".into())),
    ("contact-imaging", IMAGING, |p, _| without(p, ContactRole::Imaging)),
    ("billing-given", PHARMACY, |p, _| application(p).billing = None),
    ("e-invoice-address", OWN, |p, _| {
        application(p).billing.as_mut().unwrap().e_invoice = Some("003799999035".into());
    }),
    ("service-description-accepted", OWN, |p, _| application(p).service_description = Some(false)),
    ("undertaking-signed", OWN, |p, _| application(p).undertaking = Some(false)),
    ("general-terms-accepted", OWN, |p, _| application(p).general_terms = Some(false)),
    ("social-enrolled", PARALLEL, |p, _| application(p).enrolled = Some(false)),
    ("deployment-planned", PARALLEL, |p, _| application(p).deployment_planned = Some(false)),
    ("system-fulfils-obligation", PARALLEL, |p, _| p.systems[0].fulfils_obligation = Some(false)),
    ("social-joined-by", PARALLEL, |p, _| application(p).first = Some(true)),
    ("test-first-social", PARALLEL, |p, _| deployment(p, 0).test = None),
    ("test-patient-data", OWN, |p, _| deployment(p, 0).test = None),
    ("test-prescription", OWN, |p, _| deployment(p, 1).on_request = Some(true)),
    ("readiness-check", OWN, |p, _| deployment(p, 1).readiness_check = Some(false)),
    ("test-identities", OWN, |p, _| deployment(p, 0).persons.push("010181-900D".into())),
    ("test-reported", OWN, |p, _| deployment(p, 0).reported = Some(p.start.plus_days(1))),
    ("test-reported", OWN, |p, _| {
        (deployment(p, 0).test, deployment(p, 0).reported) = (Some(p.start.plus_days(1)), None);
    }),
    ("test-after-application", OWN, |p, _| deployment(p, 0).test = p.sent),
    ("joint-hosts-system", JOINT, |p, _| p.tenants[0].hosts_system = Some(false)),
    ("tenant-named", JOINT, |p, _| p.tenants[0].named_on_messages = Some(false)),
    ("public-justified", PHARMACY, |p, _| p.access_points[0].links[1].justified = Some(false)),
    ("public-risks", PHARMACY, |p, _| p.access_points[0].links[1].risks_handled = Some(false)),
    ("link-scales", OWN, |p, _| p.access_points[0].links[0].scales = Some(false)),
    ("collection-passes-tls", COLLECTION, |p, _| p.collection_point.as_mut().unwrap().passes_tls = Some(false)),
    ("capacity", COLLECTION, |p, _| p.services[0].documents_per_day = Some(100_000)),
    ("capacity", INTERMEDIARY, |p, _| {
        let mut link = crate::plan::PlannedLink::new(Network::Private, crate::directory::LinkRole::Primary);
        (link.up, link.down) = (std::num::NonZeroU32::new(1), std::num::NonZeroU32::new(1));
        p.access_points[0].links = vec![link];
    }),
    ("capacity", PHARMACY, |p, _| p.pharmacy_size = Some(crate::plan::PharmacySize::Large)),
    ("tls-version", OWN, |p, _| p.access_points[0].tls = Some(crate::plan::Tls::V11)),
    ("certificate-hash", OWN, |_, f| server(f).signature_algorithm = SHA1.into()),
    ("signature-hash", OWN, |_, f| signing(f).signature_algorithm = SHA1.into()),
    ("name-leads", OWN, |p, f| {
        looked(p, f).names.insert("kanta.lepola.test".into(), vec!["198.20.0.99".parse().unwrap()]);
    }),
    ("address-answers", OWN, |p, f| {
        let end = (p.access_points[0].links[0].addresses[0], 443);
        looked(p, f).ends.insert(end, crate::plan::End { problem: "refused".into(), ..Default::default() });
    }),
    ("certificate-served", OWN, |p, f| {
        let end = (p.access_points[0].links[0].addresses[0], 443);
        let served = &mut looked(p, f).ends.get_mut(&end).unwrap().served;
        served.as_mut().unwrap().fingerprint = crate::Sha256Hash::of(b"another");
    }),
    ("change-new-joining", MERGER, |p, _| change(p).joins_anew = Some(false)),
    ("change-notified-ahead", MERGER, |p, _| change(p).notified = Some(p.start.plus_days(-20))),
    ("change-new-point", TERMINATION, |p, _| change(p).notified_as_new_point = Some(false)),
    ("change-coordinated", MERGER, |p, _| change(p).coordinated = Some(false)),
    ("controller-order", MERGER, |p, _| change(p).controller_notified = Some(false)),
    ("controller-professional", MERGER, |p, _| change(p).from = Some(oid("1.2.246.537.28.900001"))),
    ("controller-joined", MERGER, |p, _| change(p).new_controller_joined = Some(false)),
    ("new-controller-corrects", MERGER, |p, _| change(p).new_controller_corrects = Some(false)),
    ("local-system-together", MERGER, |p, _| change(p).local_system_together = Some(false)),
    ("unfinished-events", MERGER, |p, _| change(p).unfinished_events = Some(false)),
    ("change-test-before", MERGER, |p, _| change(p).test_before = Some(false)),
    ("change-test-after", MERGER, |p, _| {
        change(p).new_business_id = Some(false);
        change(p).test_after = Some(false);
    }),
    ("change-test-new-joiner", MERGER, |p, _| {
        change(p).documents_move = Some(false);
        change(p).test_after = Some(false);
    }),
    ("termination-grounds", TERMINATION, |p, _| termination(p).grounds = None),
    ("termination-not-backdated", TERMINATION, |p, _| termination(p).last_day = Some(p.start.plus_days(-60))),
    ("termination-controllers", TERMINATION, |p, _| termination(p).controllers_checked = Some(false)),
    ("renewal-mark-off-eight-days", MERGER, |p, _| {
        change(p).renewal_mark_off = change(p).renewal_unit_ends.map(|ends| ends.plus_days(-7));
    }),
    ("renewal-notice", MERGER, |p, _| change(p).renewal_mark_notified = Some(false)),
];

/// The same for rules of other times, each with a time at which it is in force.
pub(super) const BREAKS_THEN: &[(&str, &str, &str, Change)] = &[
    ("location-finland", "2025-08-31", OWN, |p, _| p.access_points[0].country = Some("SE".into())),
    ("service-for-activity-before", "2025-08-31", PHARMACY, |_, _| ()),
    ("parallel-producer-joins", "2025-02-27", PARALLEL, |p, _| p.producer_joins = Some(false)),
    ("public-approved", "2019-06-09", OWN, |p, _| {
        p.access_points[0].links[1].network = Network::Public;
        p.access_points[0].public_approved = Some(false);
    }),
];

/// Rules that cannot be broken alone: what breaks them breaks what they rest on too.
pub(super) const BREAKS_WITH: &[(&str, &str, Change, &[&str])] = &[
    (
        "parallel-organisers-point",
        PARALLEL,
        |p, _| {
            let other = AccessPointOid::parse("1.2.246.10.99999052.10.0.13.1").unwrap();
            p.services[0].access_points = vec![other.clone()];
            p.access_points[0].administrator = Some(other.administrator());
            p.access_points[0].oid = other;
        },
        &[],
    ),
    (
        "pharmacy-own-point",
        PHARMACY,
        |p, _| {
            let first = p.services[0].access_points[0].clone();
            p.services[0].access_points = vec![first];
        },
        &[],
    ),
    // An own new point without its addresses is not duplicated either.
    ("own-point-complete", OWN, |p, _| p.access_points[0].links.clear(), &["links-duplicated"]),
    // What is sent after the first day is not sent two weeks before it either.
    (
        "sent-before-start",
        INTERMEDIARY,
        |p, _| {
            untested(p);
            p.sent = Some(p.start.plus_days(1));
        },
        &["sent-two-weeks-ahead"],
    ),
    // A mark that is taken off on the last day is not off eight days before it either.
    (
        "renewal-mark-off-days",
        MERGER,
        |p, _| change(p).renewal_mark_off = change(p).renewal_unit_ends,
        &["renewal-mark-off-eight-days"],
    ),
];

/// A look at the network that finds everything as planned.
fn looked<'f>(plan: &Plan, facts: &'f mut Facts) -> &'f mut crate::plan::Looked {
    let mut looked = crate::plan::Looked::default();
    let point = &plan.access_points[0];
    let served = crate::plan::Served {
        fingerprint: facts.certificates["ordered/server.pem"].fingerprint,
        serial_numbers: vec![point.oid.to_string()],
    };
    for link in &point.links {
        looked.names.insert(link.dns_name.as_ref().unwrap().to_string(), link.addresses.clone());
        for address in &link.addresses {
            let end = crate::plan::End { answered: true, problem: String::new(), served: Some(served.clone()) };
            looked.ends.insert((*address, 443), end);
        }
    }
    facts.looked.insert(looked)
}

/// sha1WithRSAEncryption.
const SHA1: &str = "1.2.840.113549.1.1.5";

fn application(plan: &mut Plan) -> &mut PlannedApplication {
    plan.application.as_mut().unwrap()
}

fn deployment(plan: &mut Plan, service: usize) -> &mut PlannedDeployment {
    plan.services[service].deployment.as_mut().unwrap()
}

fn change(plan: &mut Plan) -> &mut PlannedChange {
    plan.change.as_mut().unwrap()
}

fn termination(plan: &mut Plan) -> &mut PlannedTermination {
    change(plan).termination.as_mut().unwrap()
}

fn named(plan: &mut Plan, role: ContactRole) -> &mut PlannedContact {
    application(plan).contacts.iter_mut().find(|contact| contact.role == role).unwrap()
}

fn without(plan: &mut Plan, role: ContactRole) {
    application(plan).contacts.retain(|contact| contact.role != role);
}

/// A use that needs no test, so that no day of one is in the way.
fn untested(plan: &mut Plan) {
    plan.services[0].deployment = Some(PlannedDeployment { first_use: Some(false), ..PlannedDeployment::default() });
}

fn cluster(plan: &mut Plan, facts: &mut Facts) {
    let point = &mut plan.access_points[0];
    (point.servers, point.virtual_address) = (std::num::NonZeroU32::new(2), Some(true));
    point.certificates.push("second.pem".into());
    let same = facts.certificates["ordered/server.pem"].clone();
    facts.certificates.insert("second.pem".into(), same);
}

fn address(plan: &mut Plan, facts: &mut Facts, text: &str) {
    let address = text.parse().unwrap();
    plan.access_points[0].links[0].addresses = vec![address];
    facts.holders.insert(address, vec!["Esimerkki".into()]);
}
