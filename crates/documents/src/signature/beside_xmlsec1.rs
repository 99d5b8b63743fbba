//! Signatures beside `xmlsec1`: what it makes holds here, and what holds here it takes, in each form that is accepted.

use super::{EXCLUSIVE_C14N, verify};
use crate::sign::{SigningKey, sign};
use liitos_domain::Moment;
use liitos_pki::authority::{Authority, Issued, KeyKind, Profile};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const REAL: &str = include_str!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");
const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";
const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

/// A folder of its own, which goes when it is let go.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("liitos-xmlsec1-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn xmlsec1(arguments: &[&str], files: &[&Path]) -> std::process::Output {
    let mut program = Command::new("xmlsec1");
    program.args(arguments).args(["--id-attr:ID", "urn:hl7-org:v3:structuredBody"]);
    program
        .args(["--id-attr:ID", "urn:hl7finland:signatureTimestamp"])
        .args(files)
        .output()
        .expect("xmlsec1 is installed")
}

/// A certificate with its key: one of each kind, since making one takes long.
fn issued(kind: KeyKind) -> (Issued, Moment) {
    static RSA: OnceLock<Issued> = OnceLock::new();
    let now = Moment::parse("2026-11-22T12:00:00Z").unwrap();
    let make = || {
        let profile = Profile { key: kind, ..Profile::signature("1.2.246.537.10.15675350.10.0", "Testi") };
        Authority::create("test", now).unwrap().issue(&profile, now).unwrap()
    };
    (if kind == KeyKind::Rsa3072 { RSA.get_or_init(make).clone() } else { make() }, now)
}

/// A document signed by us, with another body.
fn signed(document: &str) -> (String, Issued) {
    let (issued, now) = issued(KeyKind::Rsa3072);
    let key = SigningKey { certificate_der: issued.certificate_der.clone(), key_pem: issued.key_pem.clone() };
    (sign(document, &key, now).unwrap(), issued)
}

/// Bodies in which much needs another form to be signed.
fn bodies() -> Vec<String> {
    let into = |more: &str| REAL.replacen("<structuredBody ", &format!("<structuredBody {more} "), 1);
    let element = |more: &str| REAL.replacen("</structuredBody>", &format!("{more}</structuredBody>"), 1);
    vec![
        REAL.to_owned(),
        into("xmlns:z='urn:z' z:b='2' z:a='1' classCode='&lt;&gt;\t&#9;\n&#10;&quot;'"),
        element(
            "<a xmlns='urn:y' xmlns:q='urn:q' q:d=\"'\"><!-- gone --><b xmlns=''/><?pi  x ?><![CDATA[<&>]]>]]&gt;&#13;\r\n</a>",
        ),
        REAL.replacen("<ClinicalDocument ", "<ClinicalDocument xml:lang='fi' xml:space='preserve' ", 1),
    ]
}

#[test]
fn what_we_sign_it_takes() {
    let folder = Folder::new();
    for document in bodies() {
        let (text, issued) = signed(&document);
        assert!(verify(&text).unwrap().intact);
        let (file, key) =
            (folder.write("document.xml", &text), folder.write("certificate.pem", &issued.certificate_pem));
        let verifying = ["--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem", key.to_str().unwrap()];
        let told = xmlsec1(&verifying, &[&file]);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let changed = folder.write(
            "document.xml",
            &text.replacen("TESTI</family></name></subject>", "TESTJ</family></name></subject>", 1),
        );
        assert!(!xmlsec1(&verifying, &[&changed]).status.success(), "the test itself notices");
    }
}

/// A signature's form, as the template is changed for it.
struct Form {
    kind: KeyKind,
    method: String,
    digest: &'static str,
    transforms: Option<String>,
    canonical: &'static str,
}

impl Form {
    fn template(&self, text: &str) -> String {
        let empty = |text: String, name: &str| {
            let (open, close) = (format!("<{name}>"), format!("</{name}>"));
            let mut parts = text.split(open.as_str());
            let first = parts.next().unwrap().to_owned();
            parts.fold(first, |all, part| all + &format!("<{name}/>") + part.split_once(close.as_str()).unwrap().1)
        };
        let transforms = format!("<Transforms><Transform Algorithm=\"{EXCLUSIVE_C14N}\"/></Transforms>");
        let wanted = self.transforms.as_ref().map_or_else(String::new, |one| format!("<Transforms>{one}</Transforms>"));
        let text = text.replace(&transforms, &wanted);
        let method = format!("<CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"/>");
        let text = text.replace(&method, &format!("<CanonicalizationMethod Algorithm=\"{}\"/>", self.canonical));
        let text = text.replace(&format!("{MORE}rsa-sha256"), &self.method);
        let text = text.replace("http://www.w3.org/2001/04/xmlenc#sha256", self.digest);
        empty(empty(text, "DigestValue"), "SignatureValue")
    }
}

fn forms() -> Vec<Form> {
    let exclusive = format!("<Transform Algorithm=\"{EXCLUSIVE_C14N}\"/>");
    let with = |prefixes: &str| {
        let list = format!("<InclusiveNamespaces xmlns=\"{EXCLUSIVE_C14N}\" PrefixList=\"{prefixes}\"/>");
        format!("<Transform Algorithm=\"{EXCLUSIVE_C14N}\">{list}</Transform>")
    };
    let inclusive = format!("<Transform Algorithm=\"{INCLUSIVE}\"/>");
    let form = |kind, method: &str, digest, transforms: Option<&str>, canonical| {
        let method = if method.starts_with("http") { method.to_owned() } else { format!("{MORE}{method}") };
        Form { kind, method, digest, transforms: transforms.map(str::to_owned), canonical }
    };
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    let rsa = KeyKind::Rsa3072;
    vec![
        form(rsa, "rsa-sha256", sha256, None, INCLUSIVE),
        form(rsa, "rsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#sha384", Some(&inclusive), EXCLUSIVE_C14N),
        form(
            rsa,
            "rsa-sha512",
            "http://www.w3.org/2001/04/xmlenc#sha512",
            Some(&with("xsi hl7fi #default z")),
            INCLUSIVE,
        ),
        form(
            rsa,
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "http://www.w3.org/2000/09/xmldsig#sha1",
            Some(&exclusive),
            EXCLUSIVE_C14N,
        ),
        form(KeyKind::P256, "ecdsa-sha256", sha256, Some(&exclusive), EXCLUSIVE_C14N),
        form(KeyKind::P256, "ecdsa-sha384", sha256, Some(&exclusive), EXCLUSIVE_C14N),
    ]
}

#[test]
fn what_it_signs_holds_here() {
    let folder = Folder::new();
    for form in forms() {
        let (issued, now) = issued(form.kind);
        let key = folder.write("key.pem", &issued.key_pem);
        for document in bodies() {
            // What is signed names the certificate of the key that signs.
            let (text, other) = signed(&document);
            let [ours, others] = [&issued.certificate_der, &other.certificate_der].map(|der| base64(der));
            let template = folder.write("template.xml", &form.template(&text).replace(&others, &ours));
            let [made, again] = [(); 2].map(|()| {
                let made = xmlsec1(&["--sign", "--privkey-pem", key.to_str().unwrap()], &[&template]);
                assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
                String::from_utf8(made.stdout).unwrap()
            });
            // With ECDSA each signing gives another value: it is one signature still.
            assert_eq!(made != again, form.kind == KeyKind::P256);
            let verified = verify(&made).unwrap();
            assert_eq!(verify(&again).unwrap().value, verified.value);
            assert!(verified.intact, "{} {}", form.method, form.canonical);
            assert_eq!((verified.signed_at, verified.strong_algorithms), (now, !form.method.ends_with("sha1")));
            let changed = made.replacen("TESTI</family></name></subject>", "TESTJ</family></name></subject>", 1);
            assert!(changed != made && !verify(&changed).unwrap().intact);
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// The published samples: both programs say the same.
#[test]
fn of_the_samples_both_say_the_same() {
    let folder = Folder::new();
    let key = include_bytes!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.signer.der");
    let key_file = folder.0.join("signer.der");
    std::fs::write(&key_file, key).unwrap();
    let denial = include_str!("../../../../samples/hus-rcmr/KIE_Kielto_20170127.xml");
    for (text, holds) in [(REAL, true), (denial, false)] {
        let file = folder.write("document.xml", text);
        let told = xmlsec1(
            &["--verify", "--enabled-key-data", "rsa", "--pubkey-cert-der", key_file.to_str().unwrap()],
            &[&file],
        );
        assert_eq!(told.status.success(), holds, "{}", String::from_utf8_lossy(&told.stderr));
        assert_eq!(verify(text).is_ok_and(|verified| verified.intact), holds);
    }
}
