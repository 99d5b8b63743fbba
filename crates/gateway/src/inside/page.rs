//! What whoever administers an access point looks at: its certificates, with the warnings that the certificate kit computes, and its
//! counts.

use super::config::InsideConfig;
use crate::Now;
use crate::calls::Calls;
use crate::status::Told;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::plan::CertificateFound;
use liitos_domain::rules::{CertificateUse, Outcome, Rulebook, Severity, Verdict};
use liitos_pki::Purpose;
use liitos_pki::tls::OwnCertificate;
use liitos_texts::Language;
use std::fmt::Write as _;
use std::sync::Arc;

/// Counts, health and page.
pub(super) struct Page {
    access_point: AccessPointOid,
    systems: Vec<String>,
    /// The certificate towards systems, and the one towards Kanta.
    certificates: [Arc<OwnCertificate>; 2],
    calls: Arc<Calls>,
    now: Now,
}

impl Page {
    pub(super) fn new(config: &InsideConfig, own: [Arc<OwnCertificate>; 2], calls: Arc<Calls>, now: Now) -> Self {
        Self {
            access_point: config.access_point.clone(),
            systems: config.systems.iter().map(|system| system.name.clone()).collect(),
            certificates: own,
            calls,
            now,
        }
    }

    /// The certificates as they are now.
    fn found(&self) -> [Option<CertificateFound>; 2] {
        self.certificates.each_ref().map(|own| own.leaf().map(|leaf| leaf.found(Purpose::Server, None)))
    }

    /// What the rules find of a certificate: the one towards Kanta must name the access point.
    fn findings(&self, certificate: &CertificateFound, towards_kanta: bool) -> Vec<Outcome<'static>> {
        let named = towards_kanta.then_some(&self.access_point);
        let asked = Rulebook::standard().certificate(certificate, CertificateUse::AccessPoint(named), (self.now)());
        let broken = |outcome: &Outcome<'_>| outcome.verdict() == Some(Verdict::Broken);
        asked.unwrap_or_default().into_iter().filter(broken).collect()
    }
}

impl Told for Page {
    fn metrics(&self) -> String {
        let mut text = self.calls.text();
        let [_, towards_kanta] = self.found();
        if let Some(until) = towards_kanta.as_ref().and_then(|found| found.valid.until) {
            let left = until.as_seconds() - (self.now)().as_seconds();
            let _ = writeln!(
                text,
                "# TYPE liitos_access_point_certificate_seconds_left gauge\nliitos_access_point_certificate_seconds_left {left}"
            );
        }
        text
    }

    fn health(&self) -> Result<(), String> {
        let [_, towards_kanta] = self.found();
        let certificate = towards_kanta.as_ref().ok_or("the certificate towards Kanta cannot be read")?;
        let findings = self.findings(certificate, true);
        match findings.iter().find(|outcome| outcome.rule.severity == Severity::Error) {
            Some(outcome) => Err(Language::En.rule(outcome.rule, Some("broken"))),
            None => Ok(()),
        }
    }

    fn page(&self, language: Language) -> Option<String> {
        let t = |key: &str| escaped(&language.text(key));
        let title = format!("{} {}", t("inside-title"), self.access_point);
        let mut html = format!(
            "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style><main><nav>",
            language.code()
        );
        for other in Language::ALL {
            let code = other.code();
            let _ = write!(html, "<a lang=\"{code}\" hreflang=\"{code}\" href=\"/?language={code}\">{code}</a> ");
        }
        let _ = write!(html, "</nav><h1>{title}</h1>");
        for (key, certificate, towards_kanta) in
            ["inside-own", "inside-outside"].into_iter().zip(self.found()).zip([false, true]).map(flat)
        {
            let _ = write!(html, "<h2>{}</h2>", t(key));
            let Some(certificate) = certificate else { continue };
            let until = certificate.valid.until.map_or_else(String::new, |until| until.to_string());
            let _ =
                write!(html, "<p>{} {until}<br><code>{}</code></p>", t("inside-valid-until"), certificate.fingerprint);
            let findings = self.findings(&certificate, towards_kanta);
            if findings.is_empty() {
                let _ = write!(html, "<p class=\"good\">✓ {}</p>", t("inside-fine"));
            }
            for outcome in findings {
                let rule = outcome.rule;
                let told = |part| escaped(&language.rule(rule, Some(part)));
                let severity = t(&format!("severity-{}", rule.severity));
                let _ = write!(
                    html,
                    "<div class=\"{}\"><strong>{severity}: {}</strong><p>{} {}</p></div>",
                    rule.severity,
                    told("broken"),
                    told("long"),
                    told("how")
                );
            }
        }
        let _ = write!(html, "<h2>{}</h2><ul>", t("inside-systems"));
        for system in &self.systems {
            let _ = write!(html, "<li>{}</li>", escaped(system));
        }
        let _ = write!(html, "</ul><p><a href=\"/metrics\">{}</a></p></main></html>", t("inside-counts"));
        Some(html)
    }
}

const STYLE: &str = "body{font:1.1rem/1.5 sans-serif;color:#292929;margin:0}main{max-width:45rem;margin:auto;padding:1rem}\
    code{overflow-wrap:anywhere}a{color:#2a6ebb}.good{color:#09783a}.error,.warning,.advice{border-left:.4rem solid #c13832;padding:.2rem 1rem;margin:1rem 0}\
    .warning,.advice{border-color:#b25c00}";

fn flat<A, B, C>(((a, b), c): ((A, B), C)) -> (A, B, C) {
    (a, b, c)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
