//! Reads a form in the body of a CDA document: sections that name their fields, with coded entries. Where two readers could see two things, it is
//! refused.

use crate::signature::body;
use crate::xml::HL7;
use liitos_domain::document::PersonRef;
use liitos_domain::refusal::Finding;
use liitos_domain::{Interval, Moment, Oid, RefusalCode};
use roxmltree::{Document, Node};

/// The code system of views, in which forms have their codes; each form's fields have codes in a system of their own.
const VIEWS: &str = "1.2.246.537.6.12.2002";
/// The code system of registers.
pub(crate) const REGISTERS: &str = "1.2.246.537.5.40150.2009";

/// A form, and the code system of its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormName {
    /// Its code among the views.
    pub(crate) code: &'static str,
    /// The code system of its fields.
    pub(crate) fields: &'static str,
}

/// A form, or a part of one that may stand several times.
pub(crate) struct Form<'t> {
    name: FormName,
    /// The sections of its fields, with their codes.
    sections: Vec<(&'t str, Node<'t, 't>)>,
}

impl<'t> Form<'t> {
    /// The one form of a name in a document's body, which the system's signature covers; nothing where there is none. One that stands anywhere
    /// else is nobody's word.
    ///
    /// # Errors
    /// L-516 where it stands twice, or a field outside it, or an entry says what could be read otherwise.
    pub(crate) fn of(tree: &'t Document<'_>, name: FormName) -> Result<Option<Self>, Finding> {
        let sections = || tree.descendants().filter(|node| node.has_tag_name((HL7, "section")));
        let mut forms = sections().filter(|section| coded(*section, VIEWS) == Some(name.code));
        let Some(form) = forms.next() else { return Ok(None) };
        if forms.next().is_some() {
            return Err(wrong(name, "stands twice"));
        }
        if body(tree).is_none_or(|body| form.ancestors().all(|node| node != body)) {
            return Err(wrong(name, "outside the body"));
        }
        let mut fields = Vec::new();
        for section in sections().filter(|section| names_field(*section, name)) {
            let Some(code) = coded(section, name.fields) else { return Err(wrong(name, "a field with two codes")) };
            if !section.ancestors().any(|node| node == form) {
                return Err(wrong(name, "a field outside the form"));
            }
            if !children(section, "entry").all(is_plain) {
                return Err(wrong(name, code));
            }
            fields.push((code, section));
        }
        // Nor does a field of another form stand in this one, which nobody here would see.
        let other = |section: &Node<'t, 't>| {
            *section != form && coded(*section, name.fields).is_none() && children(*section, "code").next().is_some()
        };
        if form.descendants().filter(|node| node.has_tag_name((HL7, "section"))).any(|section| other(&section)) {
            return Err(wrong(name, "a field of another form"));
        }
        Ok(Some(Self { name, sections: fields }))
    }

    /// The parts of the form below each section of a field.
    pub(crate) fn parts(&self, field: &str) -> Vec<Self> {
        let tops = self.sections.iter().filter(|(code, _)| *code == field);
        let below = |top: Node<'t, 't>| {
            let within = |(_, section): &&(&'t str, Node<'t, 't>)| section.ancestors().skip(1).any(|node| node == top);
            self.sections.iter().filter(within).copied().collect()
        };
        tops.map(|(_, top)| Self { name: self.name, sections: below(*top) }).collect()
    }

    /// The codes of its fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'t str> {
        self.sections.iter().map(|(code, _)| *code)
    }

    /// What is wrong, with its field.
    pub(crate) fn wrong(&self, field: &str) -> Finding {
        wrong(self.name, field)
    }

    /// The values of a field.
    pub(crate) fn values(&self, field: &str) -> Vec<Node<'t, 't>> {
        let sections = self.sections.iter().filter(|(code, _)| *code == field);
        let observations =
            sections.flat_map(|(_, section)| children(*section, "entry")).flat_map(|entry| entry.children());
        observations.filter(Node::is_element).flat_map(|observation| children(observation, "value")).collect()
    }

    /// The one value of a field that may be left out.
    pub(crate) fn only(&self, field: &str) -> Result<Option<Node<'t, 't>>, Finding> {
        match self.values(field)[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(self.wrong(&format!("{field} stands twice"))),
        }
    }

    /// The one value of a field.
    pub(crate) fn need(&self, field: &str) -> Result<Node<'t, 't>, Finding> {
        self.only(field)?.ok_or_else(|| self.wrong(field))
    }

    /// Whether a field names the person that the document is of.
    pub(crate) fn is_of(&self, field: &str, person: &PersonRef) -> Result<(), Finding> {
        let value = self.need(field)?;
        let text = |name| value.attribute(name).unwrap_or_default();
        if text("extension") == person.extension && text("root") == person.root {
            return Ok(());
        }
        Err(self.wrong(field))
    }

    /// A field that says yes or no.
    pub(crate) fn boolean(&self, field: &str) -> Result<Option<bool>, Finding> {
        let read = |value: Node<'_, '_>| match value.attribute("value") {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Err(self.wrong(field)),
        };
        self.only(field)?.map(read).transpose()
    }

    /// A field that is one OID.
    pub(crate) fn oid(&self, field: &str) -> Result<Option<Oid>, Finding> {
        self.only(field)?.map(|value| self.read_oid(value, field)).transpose()
    }

    /// A field that is some OIDs.
    pub(crate) fn oids(&self, field: &str) -> Result<Vec<Oid>, Finding> {
        self.values(field).into_iter().map(|value| self.read_oid(value, field)).collect()
    }

    fn read_oid(&self, value: Node<'_, '_>, field: &str) -> Result<Oid, Finding> {
        let root = value.attribute("root").and_then(|root| Oid::parse(root).ok());
        root.filter(|_| value.attribute("extension").is_none()).ok_or_else(|| self.wrong(field))
    }

    /// The codes of registers that a field names.
    pub(crate) fn registers(&self, field: &str) -> Result<Vec<String>, Finding> {
        let read = |value: Node<'_, '_>| {
            let code = value.attribute("code").filter(|code| !code.is_empty());
            code.filter(|_| value.attribute("codeSystem") == Some(REGISTERS))
                .map(str::to_owned)
                .ok_or_else(|| self.wrong(field))
        };
        self.values(field).into_iter().map(read).collect()
    }

    /// The code of the one register that a field names.
    pub(crate) fn register(&self, field: &str) -> Result<String, Finding> {
        self.need(field)?;
        self.registers(field)?.pop().ok_or_else(|| self.wrong(field))
    }

    /// A time with both ends said by days, the last of which counts; or by moments.
    pub(crate) fn interval(&self, field: &str) -> Result<Option<Interval>, Finding> {
        let Some(value) = self.only(field)? else { return Ok(None) };
        let end = |name| children(value, name).collect::<Vec<_>>();
        // A day, or a time of the day, in Helsinki; both ends are within.
        let moment = |text: &str| {
            let whole = [8, 12, 14].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            Moment::parse_civil(text).filter(|_| whole).ok_or_else(|| self.wrong(field))
        };
        let ([low], [high]) = (&end("low")[..], &end("high")[..]) else { return Err(self.wrong(field)) };
        let plain = |end: &Node<'_, '_>| end.attributes().all(|attribute| attribute.name() == "value");
        let (Some(low), Some(high)) =
            (low.attribute("value").filter(|_| plain(low)), high.attribute("value").filter(|_| plain(high)))
        else {
            return Err(self.wrong(field));
        };
        let (from, last) = (moment(low)?, moment(high)?);
        let until = if high.len() == "20261101".len() { last.next_midnight() } else { last };
        if until <= from {
            return Err(self.wrong(field));
        }
        Ok(Some(Interval::new(from, Some(until))))
    }
}

/// What is wrong with a form, with its field.
pub(crate) fn wrong(name: FormName, field: &str) -> Finding {
    Finding::new(RefusalCode::BodyNotAccepted, format!("form {}: {field}", name.code))
}

/// Whether fields of a form stand anywhere.
pub(crate) fn has_fields(tree: &Document<'_>, name: FormName) -> bool {
    tree.descendants().any(|node| node.has_tag_name((HL7, "section")) && names_field(node, name))
}

/// Whether a section names a field of a form, also beside another code: no two readers see two forms.
fn names_field(section: Node<'_, '_>, name: FormName) -> bool {
    children(section, "code").any(|code| code.attribute("codeSystem") == Some(name.fields))
}

/// The code of a section in a system; nothing where it has several codes.
fn coded<'t>(section: Node<'t, 't>, system: &str) -> Option<&'t str> {
    let mut codes = children(section, "code");
    match (codes.next(), codes.next()) {
        (Some(code), None) if code.attribute("codeSystem") == Some(system) => code.attribute("code"),
        _ => None,
    }
}

/// Whether an entry says plainly what it says: nothing is negated, nothing left out for a reason.
fn is_plain(entry: Node<'_, '_>) -> bool {
    entry.children().filter(Node::is_element).all(|observation| {
        observation.has_tag_name((HL7, "observation"))
            && observation.attribute("negationInd").is_none()
            && children(observation, "entryRelationship").next().is_none()
            && children(observation, "value").all(|value| value.attribute("nullFlavor").is_none())
    })
}

/// Elements of HL7 below another.
fn children<'t>(node: Node<'t, 't>, name: &'static str) -> impl Iterator<Item = Node<'t, 't>> {
    node.children().filter(move |child| child.has_tag_name((HL7, name)))
}
