# Organisationsändringar: vad som görs, av vem och vad som står i vägen.
change-task-register-organisation = Anmäl organisationen till kodtjänsten
change-task-register-unit = Anmäl serviceenheten { $about } till kodtjänsten
change-task-register-controller = Anmäl den personuppgiftsansvarige till kodtjänsten
change-task-agree-on-point = Avtala om användningen av anslutningspunkten { $about } med dess administratör
change-task-order-link = Beställ en teleförbindelse för anslutningspunkten { $about }
change-task-order-server-certificate = Beställ ett servercertifikat för anslutningspunkten { $about }
change-task-order-signature-certificate = Beställ ett systemsignaturcertifikat
change-task-notify-point = Anmäl den nya anslutningspunkten { $about }
change-task-test-before = Gör ett ibruktagningsprov före ändringen med handlingar hos den personuppgiftsansvarige { $about }
change-task-join = Anslut er: underteckna förbindelsen i samband med den första ansökan
change-task-apply = Ansök om tjänsten { $about }
change-task-notify-use = Anmäl att tjänsten { $about } används på ett annat sätt
change-task-agree-with-tenant = Avtala på nytt med hyresgästen { $about }
change-task-notify-collection-point = Anmäl ändringen av samlingspunkten { $about }
change-task-set-run-day = Sätt dagen i kalendern för ändringskörningar
change-task-order-run = Beställ en ändringskörning { $about } ({ $count } handlingar)
change-task-mark-off = Låt ta bort märkningen för mottagning av begäran om receptförnyelse från enheten { $about }
change-task-answer-requests = Behandla enhetens { $about } öppna begäranden om receptförnyelse ({ $count })
change-task-change-local-system = Byt personuppgiftsansvarig i det lokala systemet i samma ögonblick: { $about }
change-task-change-older-data = Byt personuppgiftsansvarig även för uppgifter som är äldre än anslutningen: { $about }
change-task-terminate = Säg upp anslutningen
change-task-end-point = Anmäl att anslutningspunkten { $about } upphör
change-task-keep-closed = Håll stängt det som är stängt
change-task-mark-on = Låt märka enheten { $about } som mottagare av begäran om receptförnyelse
change-task-test-after = Gör ett ibruktagningsprov efter ändringen: lagringen fungerar och handlingarna har flyttats
change-owner-joiner = anslutande aktör
change-owner-administrator = administratör
change-owner-supplier = systemleverantör
change-owner-operator = tjänstens operatör
change-state-open = kan göras
change-state-waits = väntar på något annat
change-state-late = försenad
change-obstacle-past = Ändringens dag { $of } har redan passerat.
change-obstacle-nothing = Ingenting händer i planen.
change-obstacle-no-member = { $of } är inte ansluten då.
change-obstacle-twice = { $of } skulle vara på två ställen samtidigt.
change-obstacle-itself = { $of } skulle övergå till sig själv.
change-obstacle-chain = { $of } skulle fortsätta en annan och själv upphöra samtidigt; ange vem som fortsätter till slut.
change-obstacle-point-in-use = Andra använder anslutningspunkten { $of }, som skulle upphöra. Flytta dem först till en annan.
change-obstacle-depended-on = Andra arbetar med dess rättigheter eller i dess register: { $of }. Avtala först med vem de fortsätter.
change-obstacle-requests-unanswered = Enheten { $of } har obesvarade begäranden om receptförnyelse, och ingen enhet fortsätter den.
change-obstacle-no-prescription = { $of } använder inte Recepttjänsten då, så enheten kan inte ta emot begäran om receptförnyelse genom den.
change-obstacle-link-ends = Den permanenta kataloglänken för { $of } upphör: ingen ny beviljas.
change-obstacle-professional-stays = Den självständiga yrkesutövarens register { $of } kan inte överföras.
change-obstacle-no-custodian = Ingen är utsedd att förvara handlingarna för { $of }.
change-obstacle-no-point = Numret { $of } kan inte ha anslutningspunkter.
change-obstacle-contradiction = Adressindexet skulle motsäga sig självt: { $of }
change-heading = Ändring { $day }: { $title }
change-obstacles = Hinder
change-tasks = Uppgifter
change-rights = Rättigheter som öppnas: { $opened }, som stängs: { $closed }.
change-task-line = senast { $due } · { $owner } · { $task } · { $state }
change-task-place-unit = Låt flytta enheten { $about } till den nya anslutande aktören i kodtjänsten
change-obstacle-unknown-unit = Enheten { $of } hör inte till någon av dem.
change-obstacle-closed = { $of } är stängd och skulle fortsätta som en som inte är det, eller ge en enhet till en sådan. Utred stängningen först.
change-obstacle-many-controllers = { $of } har flera personuppgiftsansvariga: det sägs inte vem som tar över handlingarna.
change-obstacle-unknown-custodian = { $of } är utsedd att förvara handlingarna men finns inte i registren då.
change-state-done = gjord
change-obstacle-another-change = En annan ändring som följs, { $of }, gäller samma organisationer eller enheter. Samordna dem.
changes-title = Organisationsändringar
changes-lead = Berätta vad som händer: du ser vad det kräver, av vem och när. Planen jämförs varje natt med registren, och uppgifterna bockas av när registren ändras.
changes-none = Inga ändringar är planerade.
changes-new = Planera en ändring
changes-many = Om flera saker händer samma dag, planera var och en för sig och ge dem samma dag.
change-kind-merger = Anslutande aktörer går samman
change-kind-unit = En serviceenhet flyttas till en annan anslutande aktör
change-kind-renumbered = FO-numret eller apotekaren byts
change-kind-ending = Verksamheten upphör
change-lead-merger = Anslutningarna för dem som går samman upphör och den som fortsätter ansluter sig eller fortsätter. Handlingar, anslutningspunkter och rättigheter övergår till den.
change-lead-unit = Enhetens handlingar flyttas, och den tar emot begäran om receptförnyelse genom den nya anslutande aktören.
change-lead-renumbered = Ett nytt nummer är en ny anslutning: allt måste sökas på nytt, och den gamla anslutningen upphör i samma ögonblick.
change-lead-ending = Innan verksamheten upphör flyttas handlingarna, begärandena om receptförnyelse besvaras och man avtalar med dem som använder era anslutningspunkter.
field-label-change-title = Ändringens namn
    .hint = Till exempel: Två blir en
field-label-change-day = Ändringens dag
    .hint = Ändringen sker när den här dagen börjar.
field-label-change-merger-joiners = De som går samman
    .hint = En OID per rad. Du får dem från kodtjänsten.
field-label-change-merger-into = Den som fortsätter
    .hint = OID för en ny organisation eller för en av dem som går samman
field-label-change-merger-units = Enheter vars nummer byts
    .hint = Gammal och ny OID på varje rad med mellanslag emellan. Lämna tomt om numren är desamma.
field-label-change-merger-controller = Den personuppgiftsansvarige som tar över handlingarna
    .hint = Bara om den som fortsätter har flera personuppgiftsansvariga: dess OID.
field-label-change-unit-oid = OID för enheten som flyttas
    .hint = -
field-label-change-unit-from = Från vilken anslutande aktör
    .hint = OID för den nuvarande
field-label-change-unit-to = Till vilken anslutande aktör
    .hint = OID för den nya
field-label-change-unit-becomes = Enhetens nya OID
    .hint = Lämna tomt om numret är detsamma.
field-label-change-unit-controller = Den personuppgiftsansvarige som tar över handlingarna
    .hint = Bara om den som fortsätter har flera personuppgiftsansvariga: dess OID.
field-label-change-renumbered-from = Nuvarande OID
    .hint = -
field-label-change-renumbered-to = Ny OID
    .hint = OID för det nya FO-numret eller den nya apotekaren
field-label-change-renumbered-units = Enheter vars nummer byts
    .hint = Gammal och ny OID på varje rad med mellanslag emellan. Lämna tomt om numren är desamma.
field-label-change-renumbered-controller = Den personuppgiftsansvarige som tar över handlingarna
    .hint = Bara om den som fortsätter har flera personuppgiftsansvariga: dess OID.
field-label-change-ending-joiner = Vems verksamhet upphör
    .hint = Den anslutande aktörens OID
field-label-change-ending-custodian = Vem förvarar handlingarna
    .hint = OID för den personuppgiftsansvarige som handlingarna övergår till. Du kan lämna tomt och komplettera senare.
change-plan = Gör upp planen
change-course-followed = följs
change-course-over = allt gjort
change-course-withdrawn = återkallad
change-happens = Ändringen sker
change-progress = { $done } av { $all } uppgifter gjorda
change-done = Gjort
change-due = senast
change-hidden = De andras uppgifter visas när alla parter deltar i planeringen.
change-no-tasks = Det finns inga uppgifter som du ser.
change-picture = Tidslinje
change-calendar = Tidsfristerna till kalendern
change-parties = Parter
change-party-agreed = deltar i planeringen
change-party-asked = svar inväntas
change-party-new = inte ännu ansluten
change-asked = Deltar er organisation i planeringen?
change-asked-how = När alla parter är med ser de varandras uppgifter: anslutningspunkter, tjänster och antalet handlingar. Annars ser var och en bara sina egna.
change-agree = Vi deltar i planeringen
change-say = Markera som gjord
change-unsay = Ändå inte gjord
change-words = Vad visar det?
change-checked = Jämförd med registren
change-check = Jämför nu
change-share = Visa för andra
change-share-lead = En adress där leverantörer och andra utan konto ser planen. Vem som helst som har adressen ser den.
change-shared-until = Visas till:
change-share-new = Gör en ny adress
change-unshare = Visa inte längre
change-address = Ge den här adressen till dem som ska se planen. Den visas bara nu.
change-move = Flytta till en annan dag
change-new-day = Ny dag
change-withdraw = Återkalla ändringen
change-event-planned = Planerad
change-event-agreed = Deltar i planeringen
change-event-moved = Flyttad till en annan dag
change-event-withdrawn = Återkallad
change-event-over = Allt gjort
change-event-told-code-service = Kodtjänsten underrättad
change-event-told-suppliers = Systemleverantörerna underrättade
change-event-shared = Visas på en adress
change-event-unshared = Visas inte längre
change-event-task-arose = Ny uppgift
change-event-task-settled = Gjord, enligt registren
change-event-task-back = Ska göras på nytt
change-event-task-late = Försenad
change-event-task-said = Markerad som gjord
change-event-task-unsaid = Ändå inte gjord
change-no-title = ange ett namn på högst 200 tecken
letter-change-subject = En ändrings uppgifter hos kodtjänsten: { $title }
letter-change-task = senast { $due }: { $task } – { $owner }
letter-change-planned =
    Ändringen { $title } planeras ske { $day }. Den förutsätter följande i kodtjänstens register. Var och en ber ännu själv om sina koder; det här brevet berättar om dem på förhand.

    { $tasks }

    Ändring { $number }
letter-change-more =
    Ändringen { $title }, som sker { $day }, förutsätter i kodtjänstens register utöver det som berättats tidigare följande.

    { $tasks }

    Ändring { $number }
letter-change-moved =
    Ändringen { $title } har flyttats och sker { $day }. Den förutsätter fortfarande följande i kodtjänstens register.

    { $tasks }

    Ändring { $number }
letter-change-withdrawn =
    Ändringen { $title }, som skulle ske { $day }, har återkallats. Följande behövs inte längre. Vi ber er kontakta den som det gäller om det som redan är gjort.

    { $tasks }

    Ändring { $number }
letter-change-done = { $task } – { $owner }: är redan gjort
letter-change-register-organisation = organisationen registreras
letter-change-register-unit = serviceenheten { $about } registreras
letter-change-place-unit = serviceenheten { $about } flyttas under en ny organisation
letter-change-register-controller = dess personuppgiftsansvarige registreras
letter-change-mark-off = märkningen för mottagande av förnyelsebegäranden tas bort från enheten { $about }
letter-change-mark-on = enheten { $about } märks som mottagare av förnyelsebegäranden
change-effect-title = Exakt vad ändringen gör
change-effect-directory = I adressindexet
change-effect-nothing = Ingenting ändras längre i adressindexet.
change-effect-more = och { $count } till
change-effect-documents = Handlingar nu, per register
change-effect-register = Register
change-effect-count = Handlingar
change-effect-messages = Vems uppgifter det är och vad kodtjänsten får veta
change-effect-code-service = Kodtjänsten, med kopia till Kanta
letter-supplier-task = { $due }: { $task }
letter-supplier-done = { $task } (antecknad som gjord)
letter-supplier-off = Inte längre: { $task }
letter-supplier-planned =
    Ändringen { $title } är planerad till { $day }. I systemet { $system } ska följande göras.

    Ändringen sker när dagen börjar (kl. 0.00 finsk tid). Den personuppgiftsansvarige byts i det lokala systemet då, varken tidigare eller senare.

    { $tasks }

    Parter: { $parties }. Be dem om adressen till ändringens sida: där syns alla uppgifter och dagar. Ändringens nummer är { $number }.
letter-supplier-planned-subject = Systemet { $system } (Astori-nummer): uppgifter vid en organisationsändring – { $title }
letter-supplier-more =
    Ändringen { $title }, som sker { $day }, kräver ytterligare följande i systemet { $system }: uppgifterna är nya eller ska göras på nytt.

    Ändringen sker när dagen börjar (kl. 0.00 finsk tid). Den personuppgiftsansvarige byts i det lokala systemet då, varken tidigare eller senare.

    { $tasks }

    Parter: { $parties }. Be dem om adressen till ändringens sida: där syns alla uppgifter och dagar. Ändringens nummer är { $number }.
letter-supplier-more-subject = Systemet { $system } (Astori-nummer): fler uppgifter vid en organisationsändring – { $title }
letter-supplier-moved =
    Ändringen { $title } har flyttats och sker { $day }. I systemet { $system } ska följande fortfarande göras.

    Ändringen sker när dagen börjar (kl. 0.00 finsk tid). Den personuppgiftsansvarige byts i det lokala systemet då, varken tidigare eller senare.

    { $tasks }

    Parter: { $parties }. Be dem om adressen till ändringens sida: där syns alla uppgifter och dagar. Ändringens nummer är { $number }.
letter-supplier-moved-subject = Systemet { $system } (Astori-nummer): organisationsändringen har flyttats – { $title }
letter-supplier-withdrawn =
    Ändringen { $title }, som skulle ske { $day }, har återkallats. Följande behövs inte längre i systemet { $system }.

    { $tasks }

    Om något redan har gjorts i systemet, kom genast överens med parterna om att återställa det: { $parties }. Ändringens nummer är { $number }.
letter-supplier-withdrawn-subject = Systemet { $system } (Astori-nummer): organisationsändringen har återkallats – { $title }
