# Ansökans e-postmeddelanden.
mail-sent-subject = Ansökan { $number } har skickats
mail-sent-body =
    Er ansökan { $number } om att få använda tjänsten ({ $service }) har kommit in. Ni får e-post när den har behandlats.

    Följ ansökan: { $link }
mail-approved-subject = Ansökan { $number } har godkänts
mail-approved-body =
    Er ansökan { $number } har godkänts, och rättigheterna till tjänsten ({ $service }) gäller från den önskade första dagen.

    Gör härnäst ett ibruktagningsprov tillsammans med systemleverantören: Ibruktagningsprov på startsidan visar fallen och sänder rapporten.

    Se: { $link }
mail-rejected-subject = Ansökan { $number } har avslagits
mail-rejected-body =
    Er ansökan { $number } om att få använda tjänsten ({ $service }) godkändes inte.

    Se: { $link }
mail-reason = Motivering: { $reason }
mail-undertaking-copy = Förbindelsen som ni undertecknade finns som bilaga (PDF/A). Sigill (Ed25519): { $seal }
# Notices.
mail-notice-body =
    Det här gäller { $joiner }. Se: { $link }
notice-register = { $register }: { $name } ({ $id }) har ändrats
notice-difference = { $matter }: { $was } → { $is }
notice-ends = { $what } upphör { $day }
notice-ends-name = Vilket: { $id }
notice-order-by = Beställ ett nytt senast { $day }: leveransen tar ungefär en vecka.
notice-touches-right = Gäller: { $service } genom anslutningspunkten { $point }
notice-touches-point = Gäller: anslutningspunkten { $point }
notice-new-joining = Ett nytt FO-nummer innebär en ny anslutning: ansök som den nya organisationen och se till dokumentens personuppgiftsansvariga.
ending-server-certificate = Ett servercertifikat
ending-signature-certificate = Ett systemsignaturcertifikat
ending-system = Ett systems intyg
matter-gone = Finns inte längre i registret
matter-validity = I kraft
matter-name = Namn
matter-business-id = FO-nummer
matter-parent = Överordnad enhet
matter-renewal-mark = Tar emot begäranden om förnyelse
matter-sector = Sektor
matter-activity = Enhet inom hälso- och sjukvård eller socialvård
matter-class = Klass
matter-purpose = Ändamål
matter-deviation = Betydande avvikelse
matter-pharmacist = Apotekare
notice-rule = Att rätta: { $rule }
notice-administrator-orders = Anslutningspunktens administratör beställer det nya; fråga där när det är installerat.
notice-closing-closed = Er anslutning till Kanta är stängd från { $at }
notice-closing-read-only = Det går inte att lagra i Kanta från { $at }, sökning fungerar
notice-closing-throttled = Er trafik till Kanta begränsas från { $at }
notice-closing-lifted = Stängningen är upphävd { $at }
notice-closing-called-off = Stängningen som skulle ha börjat { $at } är inställd
notice-closing-reason = Orsak: { $reason }
notice-closing-until = Gäller till { $until }, om den inte upphävs tidigare.
notice-closing-open-ended = Gäller tills den upphävs.
notice-directory = Adressindexet ändrades för er: { $basis } (version { $version })
notice-directory-log = Er sida ”Vad som antecknats om er” visar ändringen och bevisar att den finns i loggen.
mail-invitation-subject = Inbjudan att uträtta ärenden: { $organisation }
mail-invitation-body =
    Ni har bjudits in att uträtta ärenden för organisationen { $organisation }. Rätt: { $position }.

    Godkänn inbjudan inom { $days } dagar; ni identifierar er själv med Suomi.fi-identifikation: { $link }

    Om ni inte känner till organisationen behöver ni inte göra någonting.
mail-more-asked-subject = Ansökan { $number } behöver kompletteras
mail-more-asked-body =
    Er ansökan { $number } om att få använda tjänsten ({ $service }) är inte klar. Komplettera den och skicka den på nytt.

    Komplettera: { $link }
mail-question = Fråga: { $question }
mail-in-part = En del godkändes inte: { $reason }
mail-verify-subject = Läses den här adressen? { $organisation }
mail-verify-body = { $organisation } har angett den här adressen som kontaktuppgift för Kanta-tjänsterna. Öppna länken och bekräfta att meddelanden läses här: { $link }
sms-verify = Kanta: { $organisation } angav detta nummer för störningsmeddelanden. Bekräfta: { $link }
notice-undelivered = { $channel } kom inte fram: { $address }
notice-undelivered-what = Meddelande: { $subject }
notice-undelivered-how = Rätta adressen bland kontaktuppgifterna, eller skicka ett kontrollmeddelande dit.
notice-still-right = Stämmer era kontaktuppgifter fortfarande? Senast bekräftade { $day }
notice-still-right-how = Kontrollera kontaktuppgifterna och bekräfta dem på sidan Kontaktuppgifter.
mail-prepared-subject = Ansökan { $number } väntar på er underskrift
mail-prepared-body =
    Er systemleverantör har förberett er ansökan { $number } om tjänsten ({ $service }). Kontrollera, underteckna och skicka den. Bara ni kan binda er organisation.

    Öppna: { $link }
mail-run-supplier = Ni levererar ett system som en part i körningen, eller dess värd, använder: { $systems }. Till parterna skrevs detta:
mail-run-approved-subject = Ändringskörningen { $number } görs { $when }
mail-run-approved-body = Personuppgiftsansvarig för dokumenten i arkivet byts { $when }: { $from } → { $to } (körning { $number }). Förbered samma byte i det lokala systemet. När körningen är gjord får ni ett eget meddelande.
mail-run-cancelled-subject = Ändringskörningen { $number } görs inte
mail-run-cancelled-body = Körningen { $number } ({ $from } → { $to }, { $when }) ställdes in innan den gjordes. Byt inte personuppgiftsansvarig i det lokala systemet; om det redan är gjort, återställ det.
mail-run-held-up-subject = Ändringskörningen { $number } kunde inte göras
mail-run-held-up-body = Körningen { $number } ({ $from } → { $to }) skulle göras { $when }, men något står i vägen och den väntar. Dokumenten hör alltjämt till { $from }. Ändra inte det lokala systemet innan ni fått veta att körningen är gjord; om det redan är ändrat, återställ det. Tjänstens operatör ser orsaken och berättar om fortsättningen.
mail-run-switched-subject = Ändringskörningen { $number } är gjord: { $from } → { $to }
mail-run-switched-body = Personuppgiftsansvarig för dokumenten i arkivet byttes nu: { $from } → { $to } (körning { $number }). Gör samma byte i det lokala systemet, också för uppgifter som är äldre än anslutningen. Rättelser görs härefter i den nya personuppgiftsansvariges namn.
mail-run-reversed-subject = Ändringskörningen { $number } är återkallad: { $from } → { $to }
mail-run-reversed-body = Körningen { $number } återkallades: dokumenten, också de som rättats efter körningen, hör igen till { $from }. Återställ det lokala systemet likadant.
mail-run-done-subject = Ändringskörningen { $number } är slutförd
mail-run-done-body = Körningen { $number } ({ $from } → { $to }) är genomförd: alla dokument har överförts, och en undertecknad rapport om fullständigheten finns. Rapporten fås av tjänstens operatör.
notice-change-where = Se ändringen { $number } ({ $title }) på sidan Organisationsändringar.
notice-change-planned = Ändring { $day }: { $title }. Er organisation är part
notice-change-tasks = Ändring { $day }: { $title }. Ni har en ny eller försenad uppgift
notice-change-hindered = Ändring { $day }: { $title }. Ett nytt hinder
notice-change-moved = Ändringen { $title } är flyttad till { $day }
notice-change-withdrawn = Ändringen { $title } är återkallad
notice-change-unanswered = Ändring { $day }: { $title }. Ni har tillfrågats om ni planerar med och har inte svarat
notice-change-over = Ändringen { $title }: allt är gjort
notice-requests = Begäranden om receptförnyelse väntar på enheten { $unit }: { $count }, den äldsta { $since }
notice-requests-how = Hämta dem till ert system. Obesvarade begäranden förfaller efter åtta dagar, och enheten kan inte avslutas medan de väntar. Om ert system inte kommer tillbaka, be tjänstens operatör att flytta dem till en annan enhet.
notice-unanswered = Begäranden om receptförnyelse till enheten { $unit } som ingen kommer att besvara: { $count }
notice-unanswered-lapsed = De kunde inte levereras inom åtta dagar och har förfallit.
notice-unanswered-rejected = Enhetens eget system avvisade dem.
notice-unanswered-what = Det första är meddelandet { $message }, { $since }.
notice-unanswered-how = Ta reda på orsaken med systemets leverantör och se till att patienterna får veta: ingenting skickas på nytt automatiskt.
notice-mark = Något är fel med enheten { $unit } och dess mottagning av begäranden om receptförnyelse
amiss-unmarked-how = Enheten har rätt att ta emot, men saknar märkningen i kodtjänsten: ingen kan välja den. Be att märkningen förs in eller avstå från rättigheten.
amiss-unconnected-how = Enheten har märkningen, men ingen begäran kan levereras till den. Ansök om mottagning av begäran om receptförnyelse eller be att märkningen tas bort.
amiss-ends-marked-how = Enheten upphör inom åtta dagar. Be att märkningen tas bort nu: en begäran som ännu kommer skulle inte hinna besvaras.
amiss-no-address-how = Enhetens uppgifter saknar fullständig adress: gata, postnummer och postort. Patienter kan inte välja den förrän den har en.
amiss-no-phone-how = Enhetens uppgifter saknar telefonnummer. Patienter kan inte välja den förrän den har ett.
