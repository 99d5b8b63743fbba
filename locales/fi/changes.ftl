# Organisaatiomuutokset: mitä tehdään, kuka tekee ja mikä on tiellä.
change-task-register-organisation = Ilmoittakaa organisaatio koodistopalveluun
change-task-register-unit = Ilmoittakaa palveluyksikkö { $about } koodistopalveluun
change-task-register-controller = Ilmoittakaa rekisterinpitäjä koodistopalveluun
change-task-agree-on-point = Sopikaa liityntäpisteen { $about } käytöstä sen hallinnoijan kanssa
change-task-order-link = Tilatkaa tietoliikenneyhteys liityntäpisteelle { $about }
change-task-order-server-certificate = Tilatkaa palvelinvarmenne liityntäpisteelle { $about }
change-task-order-signature-certificate = Tilatkaa järjestelmäallekirjoitusvarmenne
change-task-notify-point = Ilmoittakaa uusi liityntäpiste { $about }
change-task-test-before = Tehkää käyttöönottokoe ennen muutosta rekisterinpitäjän { $about } asiakirjoilla
change-task-join = Liittykää: allekirjoittakaa sitoumus ensimmäisen hakemuksen yhteydessä
change-task-apply = Hakekaa palvelua { $about }
change-task-notify-use = Ilmoittakaa, että palvelua { $about } käytetään toisin
change-task-agree-with-tenant = Sopikaa vuokralaisen { $about } kanssa uudelleen
change-task-notify-collection-point = Ilmoittakaa koontipisteen { $about } tietojen muutos
change-task-set-run-day = Lisätkää päivä rekisterinpitäjämuutosajojen kalenteriin
change-task-order-run = Tilatkaa rekisterinpitäjämuutosajo { $about } ({ $count } asiakirjaa)
change-task-mark-off = Poistattakaa yksiköltä { $about } uusimispyyntöjen vastaanoton merkintä
change-task-answer-requests = Käsitelkää yksikön { $about } avoimet uusimispyynnöt ({ $count })
change-task-change-local-system = Vaihtakaa rekisterinpitäjä paikallisessa järjestelmässä samalla hetkellä: { $about }
change-task-change-older-data = Vaihtakaa rekisterinpitäjä myös liittymistä vanhempiin tietoihin: { $about }
change-task-terminate = Irtisanokaa liittyminen
change-task-end-point = Ilmoittakaa liityntäpiste { $about } päättyneeksi
change-task-keep-closed = Pitäkää suljettuna, mikä on suljettu
change-task-mark-on = Merkityttäkää yksikkö { $about } vastaanottamaan uusimispyyntöjä
change-task-test-after = Tehkää käyttöönottokoe muutoksen jälkeen: tallennus onnistuu ja asiakirjat ovat siirtyneet
change-owner-joiner = liittyjä
change-owner-administrator = hallinnoija
change-owner-supplier = järjestelmän toimittaja
change-owner-operator = palvelun ylläpitäjä
change-state-open = voidaan tehdä
change-state-waits = odottaa edeltävää
change-state-late = myöhässä
change-obstacle-past = Muutoksen päivä { $of } on jo mennyt.
change-obstacle-nothing = Suunnitelmassa ei tapahdu mitään.
change-obstacle-no-member = { $of } ei ole silloin liittyjä.
change-obstacle-twice = { $of } olisi kahdessa paikassa yhtä aikaa.
change-obstacle-itself = { $of } siirtyisi itselleen.
change-obstacle-chain = { $of } jatkaisi toista ja päättyisi samalla itse; kertokaa, kuka lopulta jatkaa.
change-obstacle-point-in-use = Muut käyttävät liityntäpistettä { $of }, joka päättyisi. Siirtäkää heidät ensin toiseen.
change-obstacle-depended-on = Muut toimivat tämän oikeuksin tai rekisterissä: { $of }. Sopikaa ensin, kenen kanssa he jatkavat.
change-obstacle-requests-unanswered = Yksikössä { $of } on vastaamattomia uusimispyyntöjä, eikä mikään yksikkö jatka sitä.
change-obstacle-no-prescription = { $of } ei käytä silloin Resepti-palvelua, joten yksikkö ei voi vastaanottaa uusimispyyntöjä sen kautta.
change-obstacle-link-ends = Liittyjän { $of } pysyvä hakemistolinkki päättyy: uutta ei myönnetä.
change-obstacle-professional-stays = Itsenäisen ammatinharjoittajan rekisteriä { $of } ei voida siirtää.
change-obstacle-no-custodian = Liittyjän { $of } asiakirjoille ei ole nimetty säilyttäjää.
change-obstacle-no-point = Numerolla { $of } ei voi olla liityntäpisteitä.
change-obstacle-contradiction = Osoitehakemisto olisi ristiriidassa itsensä kanssa: { $of }
change-heading = Muutos { $day }: { $title }
change-obstacles = Esteet
change-tasks = Tehtävät
change-rights = Oikeuksia avautuu { $opened }, sulkeutuu { $closed }.
change-task-line = viimeistään { $due } · { $owner } · { $task } · { $state }
change-task-place-unit = Siirrättäkää yksikkö { $about } koodistopalvelussa uuden liittyjän alle
change-obstacle-unknown-unit = Yksikköä { $of } ei ole kenelläkään heistä.
change-obstacle-closed = { $of } on suljettu, ja se jatkaisi muuna kuin suljettuna tai luovuttaisi yksikön sellaiselle. Selvittäkää sulku ensin.
change-obstacle-many-controllers = Liittyjällä { $of } on useita rekisterinpitäjiä: ei tiedetä, kenelle asiakirjat siirtyvät.
change-obstacle-unknown-custodian = { $of } on nimetty asiakirjojen säilyttäjäksi, mutta sitä ei silloin ole rekistereissä.
change-state-done = tehty
change-obstacle-another-change = Toinen seurattava muutos, { $of }, koskee samoja organisaatioita tai yksiköitä. Sovittakaa ne yhteen.
changes-title = Organisaatiomuutokset
changes-lead = Kerro, mitä tapahtuu: näet, mitä se vaatii keneltä ja mihin mennessä. Suunnitelmaa verrataan joka yö rekistereihin, ja tehtävät kuittautuvat sitä mukaa kuin tiedot muuttuvat.
changes-none = Muutoksia ei ole suunnitteilla.
changes-new = Suunnittele muutos
changes-many = Jos samana päivänä tapahtuu monta asiaa, suunnittele kukin omanaan ja anna niille sama päivä.
change-kind-merger = Liittyjät yhdistyvät
change-kind-unit = Palveluyksikkö siirtyy toiselle liittyjälle
change-kind-renumbered = Y-tunnus tai apteekkari vaihtuu
change-kind-ending = Toiminta päättyy
change-lead-merger = Yhdistyvien liittymiset päättyvät, ja jatkaja liittyy tai jatkaa. Asiakirjat, liityntäpisteet ja oikeudet siirtyvät sille.
change-lead-unit = Yksikön asiakirjat siirtyvät, ja se ottaa uusimispyyntöjä vastaan uuden liittyjän kautta.
change-lead-renumbered = Uusi tunnus edellyttää uutta liittymistä: kaikki haetaan uudelleen, ja vanha liittyminen päättyy samalla hetkellä.
change-lead-ending = Ennen päättymistä siirretään asiakirjat, vastataan uusimispyyntöihin ja sovitaan niiden kanssa, jotka käyttävät liityntäpisteitänne.
field-label-change-title = Muutoksen nimi
    .hint = Esimerkiksi: Kaksi yhdistyy
field-label-change-day = Muutoksen päivä
    .hint = Muutos tapahtuu tämän päivän alkaessa.
field-label-change-merger-joiners = Yhdistyvät liittyjät
    .hint = OID-tunnus kullekin riville. Saat ne koodistopalvelusta.
field-label-change-merger-into = Jatkaja
    .hint = Uuden organisaation tai yhden yhdistyvän OID-tunnus
field-label-change-merger-units = Yksiköt, joiden numero vaihtuu
    .hint = Kullekin riville vanha ja uusi OID-tunnus välilyönnillä erotettuina. Jätä tyhjäksi, jos numerot säilyvät.
field-label-change-merger-controller = Rekisterinpitäjä, jolle asiakirjat siirtyvät
    .hint = Vain jos jatkajalla on useita rekisterinpitäjiä: sen OID-tunnus.
field-label-change-unit-oid = Siirtyvän yksikön OID-tunnus
    .hint = -
field-label-change-unit-from = Mistä liittyjältä
    .hint = Nykyisen liittyjän OID-tunnus
field-label-change-unit-to = Mille liittyjälle
    .hint = Uuden liittyjän OID-tunnus
field-label-change-unit-becomes = Yksikön uusi OID-tunnus
    .hint = Jätä tyhjäksi, jos numero säilyy.
field-label-change-unit-controller = Rekisterinpitäjä, jolle asiakirjat siirtyvät
    .hint = Vain jos jatkajalla on useita rekisterinpitäjiä: sen OID-tunnus.
field-label-change-renumbered-from = Nykyinen OID-tunnus
    .hint = -
field-label-change-renumbered-to = Uusi OID-tunnus
    .hint = Uuden Y-tunnuksen tai apteekkarin OID-tunnus
field-label-change-renumbered-units = Yksiköt, joiden numero vaihtuu
    .hint = Kullekin riville vanha ja uusi OID-tunnus välilyönnillä erotettuina. Jätä tyhjäksi, jos numerot säilyvät.
field-label-change-renumbered-controller = Rekisterinpitäjä, jolle asiakirjat siirtyvät
    .hint = Vain jos jatkajalla on useita rekisterinpitäjiä: sen OID-tunnus.
field-label-change-ending-joiner = Kenen toiminta päättyy
    .hint = Liittyjän OID-tunnus
field-label-change-ending-custodian = Kuka säilyttää asiakirjat
    .hint = Sen rekisterinpitäjän OID-tunnus, jolle asiakirjat siirtyvät. Voit jättää tyhjäksi ja täydentää myöhemmin.
change-plan = Tee suunnitelma
change-course-followed = seurataan
change-course-over = kaikki tehty
change-course-withdrawn = peruttu
change-happens = Muutos tapahtuu
change-progress = { $done } / { $all } tehtävää tehty
change-done = Tehty
change-due = viimeistään
change-hidden = Muiden tehtävät näkyvät, kun kaikki osapuolet osallistuvat suunnitteluun.
change-no-tasks = Sinulle näkyviä tehtäviä ei ole.
change-picture = Aikajana
change-calendar = Määräpäivät kalenteriin
change-parties = Osapuolet
change-party-agreed = osallistuu suunnitteluun
change-party-asked = vastausta odotetaan
change-party-new = ei vielä liittynyt
change-asked = Osallistuuko organisaationne suunnitteluun?
change-asked-how = Kun kaikki osapuolet osallistuvat, ne näkevät toistensa tehtävät: liityntäpisteet, palvelut ja asiakirjojen määrät. Muuten kukin näkee vain omansa.
change-agree = Osallistumme suunnitteluun
change-say = Merkitse tehdyksi
change-unsay = Ei sittenkään tehty
change-words = Mistä se näkyy?
change-checked = Verrattu rekistereihin
change-check = Vertaa nyt
change-share = Näytä muille
change-share-lead = Osoite, josta toimittajat ja muut ilman tunnuksia näkevät suunnitelman. Kuka tahansa osoitteen saanut näkee sen.
change-shared-until = Näkyvissä asti:
change-share-new = Tee uusi osoite
change-unshare = Älä näytä enää
change-address = Anna tämä osoite niille, joiden tulee nähdä suunnitelma. Se näytetään vain nyt.
change-move = Siirrä toiseen päivään
change-new-day = Uusi päivä
change-withdraw = Peru muutos
change-event-planned = Suunniteltu
change-event-agreed = Osallistuu suunnitteluun
change-event-moved = Siirretty toiseen päivään
change-event-withdrawn = Peruttu
change-event-over = Kaikki tehty
change-event-told-code-service = Kerrottu koodistopalvelulle
change-event-told-suppliers = Kerrottu järjestelmätoimittajille
change-event-shared = Näytetään osoitteessa
change-event-unshared = Ei näytetä enää
change-event-task-arose = Uusi tehtävä
change-event-task-settled = Tehty, tiedoista todettu
change-event-task-back = On tehtävä uudelleen
change-event-task-late = Myöhässä
change-event-task-said = Merkitty tehdyksi
change-event-task-unsaid = Ei sittenkään tehty
change-no-title = anna nimi, enintään 200 merkkiä
letter-change-subject = Muutoksen tehtäviä koodistopalvelussa: { $title }
letter-change-task = viimeistään { $due }: { $task } – { $owner }
letter-change-planned =
    Muutos { $title } on suunniteltu tapahtuvaksi { $day }. Se edellyttää koodistopalvelun rekistereissä seuraavaa. Tunnusten haltijat pyytävät ne vielä itse; tämä kirje kertoo niistä ennakolta.

    { $tasks }

    Muutos { $number }
letter-change-more =
    Muutos { $title }, joka tapahtuu { $day }, edellyttää koodistopalvelun rekistereissä aiemmin kerrotun lisäksi seuraavaa.

    { $tasks }

    Muutos { $number }
letter-change-moved =
    Muutos { $title } on siirretty ja tapahtuu { $day }. Se edellyttää koodistopalvelun rekistereissä edelleen seuraavaa.

    { $tasks }

    Muutos { $number }
letter-change-withdrawn =
    Muutos { $title }, jonka piti tapahtua { $day }, on peruttu. Seuraavaa ei enää tarvita. Pyydämme ottamaan yhteyttä haltijaan siitä, mikä on jo tehty.

    { $tasks }

    Muutos { $number }
letter-change-done = { $task } – { $owner }: on jo tehty
letter-change-register-organisation = organisaatio rekisteröidään
letter-change-register-unit = palveluyksikkö { $about } rekisteröidään
letter-change-place-unit = palveluyksikkö { $about } siirtyy uuden organisaation alle
letter-change-register-controller = sen rekisterinpitäjä rekisteröidään
letter-change-mark-off = yksiköltä { $about } poistetaan uusimispyyntöjen vastaanoton merkintä
letter-change-mark-on = yksikölle { $about } lisätään uusimispyyntöjen vastaanoton merkintä
change-effect-title = Mitä muutos tarkalleen tekee
change-effect-directory = Osoitehakemistossa
change-effect-nothing = Osoitehakemistossa ei enää muutu mitään.
change-effect-more = ja { $count } muuta
change-effect-documents = Asiakirjat nyt rekistereittäin
change-effect-register = Rekisteri
change-effect-count = Asiakirjoja
change-effect-messages = Kenen tehtäviä ne ovat ja mitä koodistopalvelulle kerrotaan
change-effect-code-service = Koodistopalvelu, jäljennös Kantaan
letter-supplier-task = { $due }: { $task }
letter-supplier-done = { $task } (merkitty tehdyksi)
letter-supplier-off = Ei enää: { $task }
letter-supplier-planned =
    Muutos { $title } on suunniteltu tapahtuvaksi { $day }. Järjestelmässä { $system } on tehtävä seuraavaa.

    Muutos tapahtuu päivän alkaessa (klo 0.00 Suomen aikaa). Rekisterinpitäjä vaihdetaan paikallisessa järjestelmässä silloin, ei aiemmin eikä myöhemmin.

    { $tasks }

    Osapuolet: { $parties }. Pyytäkää niiltä muutoksen sivun osoite: sivulla näkyvät kaikki tehtävät ja päivät. Muutoksen numero on { $number }.
letter-supplier-planned-subject = Järjestelmä { $system } (Astori-numero): organisaatiomuutoksen tehtäviä – { $title }
letter-supplier-more =
    Muutos { $title }, joka tapahtuu { $day }, edellyttää järjestelmässä { $system } vielä seuraavaa: tehtävät ovat uusia tai ne on tehtävä uudelleen.

    Muutos tapahtuu päivän alkaessa (klo 0.00 Suomen aikaa). Rekisterinpitäjä vaihdetaan paikallisessa järjestelmässä silloin, ei aiemmin eikä myöhemmin.

    { $tasks }

    Osapuolet: { $parties }. Pyytäkää niiltä muutoksen sivun osoite: sivulla näkyvät kaikki tehtävät ja päivät. Muutoksen numero on { $number }.
letter-supplier-more-subject = Järjestelmä { $system } (Astori-numero): lisää organisaatiomuutoksen tehtäviä – { $title }
letter-supplier-moved =
    Muutos { $title } on siirretty ja tapahtuu { $day }. Järjestelmässä { $system } on edelleen tehtävä seuraavaa.

    Muutos tapahtuu päivän alkaessa (klo 0.00 Suomen aikaa). Rekisterinpitäjä vaihdetaan paikallisessa järjestelmässä silloin, ei aiemmin eikä myöhemmin.

    { $tasks }

    Osapuolet: { $parties }. Pyytäkää niiltä muutoksen sivun osoite: sivulla näkyvät kaikki tehtävät ja päivät. Muutoksen numero on { $number }.
letter-supplier-moved-subject = Järjestelmä { $system } (Astori-numero): organisaatiomuutoksen päivä on siirretty – { $title }
letter-supplier-withdrawn =
    Muutos { $title }, jonka piti tapahtua { $day }, on peruttu. Seuraavaa ei enää tarvita järjestelmässä { $system }.

    { $tasks }

    Jos jotakin on jo tehty järjestelmässä, sopikaa sen palauttamisesta heti osapuolten kanssa: { $parties }. Muutoksen numero on { $number }.
letter-supplier-withdrawn-subject = Järjestelmä { $system } (Astori-numero): organisaatiomuutos on peruttu – { $title }
