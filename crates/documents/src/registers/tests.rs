//! The published shapes, and what happens to broken rows.

use super::*;
use proptest::prelude::*;

/// A file as read, all at once.
#[derive(Debug, Default)]
struct RegisterFile {
    entries: Vec<Entry>,
    ended: Vec<String>,
    refused: Vec<Option<String>>,
    findings: Vec<RowFinding>,
    cycles: Vec<u64>,
}

fn take(kind: RegisterKind, bytes: &[u8]) -> Result<RegisterFile, FileError> {
    let mut file = RegisterFile::default();
    let seen = read(kind, bytes, &survey(bytes)?, &mut |row, _| {
        match row.said {
            Said::Entry(entry) => file.entries.push(*entry),
            Said::Ended(id) => file.ended.push(id),
            Said::Refused(id) => file.refused.push(id),
        }
        file.findings.extend(row.findings);
        Ok(())
    })?;
    file.cycles = seen.cycles();
    Ok(file)
}

fn read_text(kind: RegisterKind, text: &str) -> RegisterFile {
    take(kind, text.as_bytes()).unwrap()
}

const SOTE: &str = include_str!("../../../../samples/registers/formats/sote.xml");
const PHARMACIES: &str = include_str!("../../../../samples/registers/formats/pharmacies.csv");

#[test]
fn the_published_shapes_are_read() {
    let sote = read_text(RegisterKind::Sote, SOTE);
    assert_eq!(sote.entries.len(), 2);
    let first = &sote.entries[0];
    assert_eq!((first.id.as_str(), first.name.as_str()), ("1.2.246.10.99999984.10.0", "Hoivakoti Esimerkki Oy"));
    assert_eq!(first.business_id.as_deref(), Some("9999998-4"));
    assert!(first.flag("Sos.toimintayksikkö") && !first.flag("Terv.toimintayksikkö"));
    assert_eq!(sote.entries[1].parent.as_deref(), Some("1.2.246.10.99999984.10.0"));
    assert!(sote.findings.is_empty(), "{:?}", sote.findings);

    let pharmacies = read_text(RegisterKind::Pharmacies, PHARMACIES);
    assert_eq!(pharmacies.entries.len(), 2);
    assert_eq!(pharmacies.entries[1].parent.as_deref(), Some("1.2.246.553.1.900001"));
    for (kind, text, count) in [
        (RegisterKind::Professionals, include_str!("../../../../samples/registers/formats/professionals.csv"), 1),
        (RegisterKind::Controllers, include_str!("../../../../samples/registers/formats/controllers.csv"), 1),
        (RegisterKind::Intermediaries, include_str!("../../../../samples/registers/formats/intermediaries.csv"), 1),
        (RegisterKind::Systems, include_str!("../../../../samples/registers/formats/systems.csv"), 2),
    ] {
        assert_eq!(read_text(kind, text).entries.len(), count, "{kind}");
    }
}

const PAGE: &str = include_str!("../../../../samples/registers/formats/sote-page.json");

/// An answer in pages of these entries: (id, status).
fn answer(pages: &[&[(&str, &str)]]) -> Vec<String> {
    let items: usize = pages.iter().map(|page| page.len()).sum();
    let page = |(number, entries): (usize, &&[(&str, &str)])| {
        let concept = |(id, status): &(&str, &str)| {
            serde_json::json!({
                "conceptCodeId": id, "status": status, "beginDate": "2016-01-01", "expirationDate": null,
                "attributes": [{ "attributeName": "LongName", "attributeValue": ["Esimerkki", null] }],
            })
        };
        let concepts: Vec<_> = entries.iter().map(concept).collect();
        let page = serde_json::json!({
            "conceptCodes": concepts, "page": number + 1, "totalItems": items, "totalPages": pages.len(),
        });
        page.to_string()
    };
    pages.iter().enumerate().map(page).collect()
}

#[test]
fn json_pages_are_read_as_the_xml_is() {
    let page = read_text(RegisterKind::Sote, PAGE);
    let [entry] = page.entries.as_slice() else { panic!("one entry") };
    let xml = read_text(RegisterKind::Sote, SOTE).entries.remove(0);
    assert_eq!((&entry.id, &entry.name, &entry.business_id), (&xml.id, &xml.name, &xml.business_id));
    assert_eq!((entry.parent.as_deref(), entry.in_social_care()), (None, Some(true)));
    assert_eq!((entry.field("postnumber"), entry.field("abbreviation")), (Some("00100"), Some("ESIM")));

    let (one, two) = ("1.2.246.10.99999984.10.0", "1.2.246.10.99999984.10.1");
    let answer = answer(&[&[(one, "ACTIVE")], &[(two, "PROPOSAL"), ("1.2.246.10.99999984.10.2", "DELETED")]]);
    let listed = format!("[{}]", answer.join(","));
    for text in [answer.concat(), answer.join("\n"), listed, format!("{}{}", answer[1], answer[0])] {
        let file = read_text(RegisterKind::Sote, &text);
        assert_eq!(file.entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), [one]);
        assert!(file.refused.is_empty(), "what is only proposed or deleted is not refused: it is not there");
        assert_eq!(file.ended.len(), 2);
    }
    let empty = r#"{"conceptCodes":[],"page":1,"totalItems":0,"totalPages":0}"#;
    assert_eq!(read_text(RegisterKind::Sote, empty).entries, []);
}

#[test]
fn pages_that_are_not_a_whole_answer_are_refused() {
    let (one, two, three) = ("1.2.246.10.1.10.0", "1.2.246.10.2.10.0", "1.2.246.10.3.10.0");
    let whole = answer(&[&[(one, "ACTIVE")], &[(two, "ACTIVE")], &[(three, "ACTIVE")]]);
    let other = answer(&[&[(one, "ACTIVE")], &[(two, "ACTIVE")]]);
    let problem = |text: &str| take(RegisterKind::Sote, text.as_bytes()).unwrap_err().to_string();
    for (text, said) in [
        (format!("{}{}", whole[0], whole[2]), "page 2 of 3 is missing"),
        (format!("{}{}", whole[0], other[1]), "different answers"),
        (format!("{}{}", whole.concat(), whole[1]), "were promised"),
        (whole.concat().replace("\"totalItems\":3", "\"totalItems\":4"), "were promised"),
        (whole.concat().chars().take(200).collect(), "ends in the middle"),
        (whole[0].replace("ACTIVE", "SLEEPING"), "SLEEPING"),
        (whole[0].replace("beginDate", "begin"), "beginDate"),
        ("[".repeat(100_000), "line 1"),
        (format!("{{\"a\":{}", "[".repeat(100_000)), "line 1"),
        ("[]".to_owned(), "expected pages"),
    ] {
        let problem = problem(&text);
        assert!(problem.contains(said), "{said}: {problem}");
    }
    let long =
        whole[0].replace("Esimerkki", &"x".repeat(MAX_FIELD_BYTES + 1)).replace("\"totalPages\":3", "\"totalPages\":1");
    assert!(problem(&long.replace("\"totalItems\":3", "\"totalItems\":1")).contains("longer than any real one"));
}

#[test]
fn latin_1_is_read_as_it_is_meant() {
    let latin: Vec<u8> = PHARMACIES.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    let file = take(RegisterKind::Pharmacies, &latin).unwrap();
    assert_eq!(file.entries, read_text(RegisterKind::Pharmacies, PHARMACIES).entries);
}

#[test]
fn each_broken_row_is_refused_with_its_line_and_the_rest_taken() {
    let heading = "OID;Nimi;Y-tunnus;Yhteystieto;Voimassaolo alkaa;Voimassaolo päättyy\n";
    let good = "1.2.246.537.6.918.18.900001;A;1234567-1;x;20190101;\n";
    let table = [
        (";B;;x;20190101;", "id", RowProblem::Missing),
        ("1.2.x;B;;x;20190101;", "id", RowProblem::BadId),
        ("1.2.246.10.1.10.0;B;;x;20190101;", "id", RowProblem::WrongLevel),
        ("1.2.246.537.6.918.18.900001;B;;x;20190101;", "id", RowProblem::Duplicate),
        ("1.2.246.537.6.918.18.900002;;;x;20190101;", "name", RowProblem::Missing),
        ("1.2.246.537.6.918.18.900002;B;;x;1.1.2019;", "begin date", RowProblem::BadDate),
        ("1.2.246.537.6.918.18.900002;B;;x;;", "begin date", RowProblem::Missing),
        ("1.2.246.537.6.918.18.900002;B;;x;20190101;20180101", "end date", RowProblem::DatesOutOfOrder),
        ("1.2.246.537.6.918.18.900002;B;;x", "row", RowProblem::ColumnCount),
    ];
    for (row, field, problem) in table {
        let file = read_text(RegisterKind::Intermediaries, &format!("{heading}{good}{row}\n"));
        assert_eq!(file.entries.len(), 1, "{row}");
        let found =
            file.findings.iter().find(|f| f.problem == problem).unwrap_or_else(|| panic!("{row}: {:?}", file.findings));
        assert_eq!((found.line, found.field), (3, field), "{row}");
    }
}

#[test]
fn dirt_is_kept_with_a_finding() {
    let dirty =
        SOTE.replace("Hoivakoti Esimerkki Oy", "Hoivakoti Esimerkki\u{fffd} Oy").replace("9999998-4", "9999998-5");
    let file = read_text(RegisterKind::Sote, &dirty);
    assert_eq!(file.entries.len(), 2);
    let problems: Vec<_> = file.findings.iter().map(|f| f.problem).collect();
    assert!(problems.contains(&RowProblem::LostLetter) && problems.contains(&RowProblem::BusinessIdCheck));
    let foreign = read_text(RegisterKind::Sote, &SOTE.replace("9999998-4", "1234567-1"));
    assert!(foreign.findings.iter().any(|f| f.problem == RowProblem::ForeignNumber));
    let elsewhere = read_text(
        RegisterKind::Sote,
        &SOTE.replace(">1.2.246.10.99999984.10.0</attribute>", ">1.2.246.10.5.10.0</attribute>"),
    );
    assert!(elsewhere.findings.iter().any(|f| f.problem == RowProblem::NodeOutOfPlace));
    let (first, second) = ("1.2.246.10.99999984.10.0", "1.2.246.10.99999984.10.1");
    let above = format!("<attribute type=\"parentid\">{second}</attribute></termitementry>");
    let circle =
        SOTE.replace("\"parentid\"></attribute>", "\"other\"></attribute>").replacen("</termitementry>", &above, 1);
    let circle = read_text(RegisterKind::Sote, &circle);
    let named = |at: usize| circle.entries[at].parent.as_deref();
    assert_eq!((named(0), named(1), circle.cycles.len()), (Some(second), Some(first), 2));
}

#[test]
fn files_that_cannot_be_read_say_where() {
    let error = |text: &str| take(RegisterKind::Sote, text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        error(SOTE.split_at(SOTE.len() - 40).0).split(':').next_back(),
        Some(" the file ends in the middle; fetch it again")
    );
    assert!(error("<!DOCTYPE a><a/>").starts_with("line 1: L-302: DOCTYPE"));
    assert!(error("<a/>").contains("termsystem"));
    assert!(error("nothing").contains("heading"));
    assert!(error(&format!("a;b\n\"{}", "x".repeat(20_000))).contains("quotation mark"));
    // A piece without an end is not gathered up to the end of the file.
    let long = "x".repeat(2 * MAX_PIECE_BYTES);
    for text in
        [format!("a;b\n{long}"), format!("a;b\n\"{long}"), long.clone(), format!("<a>{long}</a>"), format!("<a {long}")]
    {
        assert!(error(&text).contains("without an end"), "{}", error(&text));
    }
    let page = PAGE.replace("Hoivakoti", &"x".repeat(MAX_PAGE_BYTES));
    assert!(error(&page).contains("without an end"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 0usize..6) {
        let _ = take(RegisterKind::ALL[kind], &bytes);
    }

    #[test]
    fn a_damaged_file_never_panics(at in 0usize..3000, byte in any::<u8>()) {
        let mut bytes = SOTE.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = take(RegisterKind::Sote, &bytes);
    }
}
