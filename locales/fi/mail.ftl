# Hakemuksen sähköpostiviestit.
mail-sent-subject = Hakemus { $number } on lähetetty
mail-sent-body =
    Hakemuksenne { $number } palvelun käyttäjäksi ({ $service }) on saapunut. Saatte sähköpostia, kun se on käsitelty.

    Seuraa hakemusta: { $link }
mail-approved-subject = Hakemus { $number } on hyväksytty
mail-approved-body =
    Hakemuksenne { $number } on hyväksytty, ja oikeudet palveluun ({ $service }) ovat voimassa toivotusta ensimmäisestä päivästä.

    Tehkää seuraavaksi käyttöönottokoe järjestelmätoimittajan kanssa: etusivun kohta Käyttöönottokokeet näyttää tapaukset ja lähettää raportin.

    Katso: { $link }
mail-rejected-subject = Hakemus { $number } on hylätty
mail-rejected-body =
    Hakemustanne { $number } palvelun käyttäjäksi ({ $service }) ei hyväksytty.

    Katso: { $link }
mail-reason = Perustelu: { $reason }
mail-undertaking-copy = Allekirjoittamanne sitoumus on liitteenä (PDF/A). Sinetti (Ed25519): { $seal }
# Notices.
mail-notice-body =
    Asia koskee toimijaa { $joiner }. Katso: { $link }
notice-register = { $register }: { $name } ({ $id }) on muuttunut
notice-difference = { $matter }: { $was } → { $is }
notice-ends = { $what } päättyy { $day }
notice-ends-name = Mikä: { $id }
notice-order-by = Tilaa uusi viimeistään { $day }: toimitus kestää noin viikon.
notice-touches-right = Koskee: { $service } liityntäpisteen { $point } kautta
notice-touches-point = Koskee: liityntäpiste { $point }
notice-new-joining = Uusi Y-tunnus tarkoittaa uutta liittymistä: hae uutena organisaationa ja huolehdi asiakirjojen rekisterinpitäjästä.
ending-server-certificate = Palvelinvarmenne
ending-signature-certificate = Järjestelmäallekirjoitusvarmenne
ending-system = Järjestelmän todistus
matter-gone = Ei enää rekisterissä
matter-validity = Voimassa
matter-name = Nimi
matter-business-id = Y-tunnus
matter-parent = Ylempi yksikkö
matter-renewal-mark = Vastaanottaa uusimispyyntöjä
matter-sector = Sektori
matter-activity = Terveydenhuollon tai sosiaalihuollon yksikkö
matter-class = Luokka
matter-purpose = Käyttötarkoitus
matter-deviation = Merkittävä poikkeama
matter-pharmacist = Apteekkari
notice-rule = Korjattavaa: { $rule }
notice-administrator-orders = Liityntäpisteen hallinnoija tilaa uuden; kysykää sieltä, milloin se on asennettu.
notice-closing-closed = Yhteytenne Kantaan on suljettu { $at } alkaen
notice-closing-read-only = Kantaan ei voi tallentaa { $at } alkaen, haku toimii
notice-closing-throttled = Liikennettänne Kantaan hidastetaan { $at } alkaen
notice-closing-lifted = Sulku on purettu { $at }
notice-closing-called-off = Sulku, jonka piti alkaa { $at }, on peruttu
notice-closing-reason = Syy: { $reason }
notice-closing-until = Kestää { $until } asti, ellei sitä pureta aiemmin.
notice-closing-open-ended = Kestää, kunnes se puretaan.
notice-directory = Osoitehakemisto muuttui teidän osaltanne: { $basis } (versio { $version })
notice-directory-log = Sivunne ”Mitä teistä on kirjattu” näyttää muutoksen ja todistaa, että se on lokissa.
mail-invitation-subject = Kutsu asioimaan: { $organisation }
mail-invitation-body =
    Teidät on kutsuttu asioimaan organisaation { $organisation } puolesta. Oikeus: { $position }.

    Hyväksykää kutsu { $days } päivän kuluessa; tunnistaudutte itse Suomi.fi-tunnistuksella: { $link }

    Jos ette tunne organisaatiota, teidän ei tarvitse tehdä mitään.
mail-more-asked-subject = Hakemukseen { $number } tarvitaan lisätietoja
mail-more-asked-body =
    Hakemuksenne { $number } palvelun käyttäjäksi ({ $service }) on kesken. Täydentäkää sitä ja lähettäkää se uudelleen.

    Täydennä: { $link }
mail-question = Kysymys: { $question }
mail-in-part = Osa jätettiin hyväksymättä: { $reason }
mail-verify-subject = Luetaanko tätä osoitetta? { $organisation }
mail-verify-body = { $organisation } on ilmoittanut tämän osoitteen Kanta-palvelujen yhteystiedoksi. Avaa linkki ja vahvista, että viestit luetaan täällä: { $link }
sms-verify = Kanta: { $organisation } ilmoitti tämän numeron häiriötiedotteille. Vahvista: { $link }
notice-undelivered = { $channel } ei mennyt perille: { $address }
notice-undelivered-what = Viesti: { $subject }
notice-undelivered-how = Korjaa osoite yhteystiedoissa tai lähetä sinne tarkistusviesti.
notice-still-right = Ovatko yhteystietonne edelleen oikein? Vahvistettu viimeksi { $day }
notice-still-right-how = Tarkista yhteystiedot ja vahvista ne sivulla Yhteystiedot.
mail-prepared-subject = Hakemus { $number } odottaa allekirjoitustanne
mail-prepared-body =
    Järjestelmätoimittajanne on valmistellut hakemuksenne { $number } palvelun käyttäjäksi ({ $service }). Tarkistakaa se, allekirjoittakaa ja lähettäkää. Vain te voitte sitoa organisaationne.

    Avaa: { $link }
mail-run-supplier = Toimitatte järjestelmän, jota ajon osapuoli tai sen isäntä käyttää: { $systems }. Osapuolille kirjoitettiin näin:
mail-run-approved-subject = Rekisterinpitäjän muutosajo { $number } tehdään { $when }
mail-run-approved-body = Arkiston asiakirjojen rekisterinpitäjä vaihtuu { $when }: { $from } → { $to } (ajo { $number }). Valmistelkaa sama muutos paikalliseen järjestelmään. Kun ajo on tehty, siitä kerrotaan erikseen.
mail-run-cancelled-subject = Rekisterinpitäjän muutosajoa { $number } ei tehdä
mail-run-cancelled-body = Ajo { $number } ({ $from } → { $to }, { $when }) peruutettiin ennen kuin se tehtiin. Älkää muuttako rekisterinpitäjää paikallisessa järjestelmässä; jos se on jo muutettu, palauttakaa se.
mail-run-held-up-subject = Rekisterinpitäjän muutosajoa { $number } ei voitu tehdä
mail-run-held-up-body = Ajo { $number } ({ $from } → { $to }) oli tarkoitus tehdä { $when }, mutta jokin estää sen, ja se odottaa. Asiakirjat ovat yhä rekisterinpitäjän { $from }. Älkää muuttako paikallista järjestelmää ennen kuin teille kerrotaan, että ajo on tehty; jos se on jo muutettu, palauttakaa se. Palvelun ylläpitäjä näkee syyn ja kertoo jatkosta.
mail-run-switched-subject = Rekisterinpitäjän muutosajo { $number } on tehty: { $from } → { $to }
mail-run-switched-body = Arkiston asiakirjojen rekisterinpitäjä vaihtui nyt: { $from } → { $to } (ajo { $number }). Vaihtakaa sama paikalliseen järjestelmään, myös liittymistä vanhemmille tiedoille. Tästä eteenpäin korjaukset tehdään uuden rekisterinpitäjän nimissä.
mail-run-reversed-subject = Rekisterinpitäjän muutosajo { $number } on peruttu: { $from } → { $to }
mail-run-reversed-body = Ajo { $number } peruttiin: asiakirjat, myös ajon jälkeen korjatut, ovat taas rekisterinpitäjän { $from }. Palauttakaa paikallinen järjestelmä samoin.
mail-run-done-subject = Rekisterinpitäjän muutosajo { $number } on viety loppuun
mail-run-done-body = Ajo { $number } ({ $from } → { $to }) on viety loppuun: jokainen asiakirja on siirtynyt, ja siitä on allekirjoitettu täydellisyysraportti. Raportin saa ylläpitäjältä.
notice-change-where = Katso muutos { $number } ({ $title }) sivulta Organisaatiomuutokset.
notice-change-planned = Muutos { $day }: { $title }. Organisaationne on osapuoli
notice-change-tasks = Muutos { $day }: { $title }. Teillä on uusi tai myöhästynyt tehtävä
notice-change-hindered = Muutos { $day }: { $title }. Uusi este
notice-change-moved = Muutos { $title } on siirretty päivään { $day }
notice-change-withdrawn = Muutos { $title } on peruttu
notice-change-unanswered = Muutos { $day }: { $title }. Teiltä on kysytty, osallistutteko suunnitteluun, ettekä ole vastanneet
notice-change-over = Muutos { $title }: kaikki on tehty
notice-requests = Yksikköä { $unit } odottaa uusimispyyntöjä: { $count }, vanhin { $since }
notice-requests-how = Hakekaa pyynnöt järjestelmäänne. Vastaamattomat pyynnöt raukeavat kahdeksan päivän kuluttua, eikä yksikköä voi päättää niiden odottaessa. Jos järjestelmänne ei enää palaa käyttöön, pyytäkää palvelun ylläpitäjää siirtämään pyynnöt toiselle yksikölle.
notice-unanswered = Yksikölle { $unit } lähetettyjä uusimispyyntöjä, joihin kukaan ei vastaa: { $count }
notice-unanswered-lapsed = Niitä ei saatu toimitettua kahdeksassa päivässä, ja ne ovat rauenneet.
notice-unanswered-rejected = Yksikön oma järjestelmä hylkäsi ne.
notice-unanswered-what = Ensimmäinen on sanoma { $message }, { $since }.
notice-unanswered-how = Selvittäkää syy järjestelmänne toimittajan kanssa ja huolehtikaa, että potilaat saavat tiedon: mitään ei lähetetä automaattisesti uudelleen.
notice-mark = Yksikön { $unit } uusimispyyntöjen vastaanotossa on korjattavaa
amiss-unmarked-how = Yksiköllä on oikeus vastaanottaa, mutta sillä ei ole merkintää koodistopalvelussa: kukaan ei voi valita sitä. Pyytäkää merkintä tai luopukaa oikeudesta.
amiss-unconnected-how = Yksiköllä on merkintä, mutta pyyntöjä ei voi toimittaa sille. Hakekaa uusimispyyntöjen vastaanottoa tai pyytäkää merkinnän poistamista.
amiss-ends-marked-how = Yksikkö päättyy kahdeksan päivän kuluessa. Pyytäkää merkinnän poistamista heti: vielä saapuvaan pyyntöön ei ehdittäisi vastata.
amiss-no-address-how = Yksikön tiedoissa ei ole täydellistä osoitetta: katua, postinumeroa ja postitoimipaikkaa. Potilas voi valita yksikön vasta, kun ne on merkitty.
amiss-no-phone-how = Yksikön tiedoissa ei ole puhelinnumeroa. Potilas voi valita yksikön vasta, kun se on merkitty.
