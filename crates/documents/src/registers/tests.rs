//! The published shapes, and what happens to broken rows.

use super::*;
use proptest::prelude::*;

fn read_text(kind: RegisterKind, text: &str) -> RegisterFile {
    read(kind, text.as_bytes(), &mut |_| ()).unwrap()
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

#[test]
fn latin_1_is_read_as_it_is_meant() {
    let latin: Vec<u8> = PHARMACIES.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    let file = read(RegisterKind::Pharmacies, &latin, &mut |_| ()).unwrap();
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
    let orphan = read_text(
        RegisterKind::Sote,
        &SOTE.replace(">1.2.246.10.99999984.10.0</attribute>", ">1.2.246.10.5.10.0</attribute>"),
    );
    assert!(orphan.findings.iter().any(|f| f.problem == RowProblem::OrphanParent));
}

#[test]
fn files_that_cannot_be_read_say_where() {
    let error = |text: &str| read(RegisterKind::Sote, text.as_bytes(), &mut |_| ()).unwrap_err().to_string();
    assert_eq!(
        error(SOTE.split_at(SOTE.len() - 40).0).split(':').next_back(),
        Some(" the file ends in the middle; fetch it again")
    );
    assert!(error("<!DOCTYPE a><a/>").starts_with("line 1: L-302: DOCTYPE"));
    assert!(error("<a/>").contains("termsystem"));
    assert!(error("nothing").contains("heading"));
    assert!(error(&format!("a;b\n\"{}", "x".repeat(20_000))).contains("quotation mark"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 0usize..6) {
        let _ = read(RegisterKind::ALL[kind], &bytes, &mut |_| ());
    }

    #[test]
    fn a_damaged_file_never_panics(at in 0usize..3000, byte in any::<u8>()) {
        let mut bytes = SOTE.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(RegisterKind::Sote, &bytes, &mut |_| ());
    }
}
