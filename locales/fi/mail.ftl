# Hakemuksen sähköpostiviestit.
mail-sent-subject = Hakemus { $number } on lähetetty
mail-sent-body =
    Hakemuksenne { $number } palvelun käyttäjäksi ({ $service }) on saapunut. Saatte sähköpostia, kun se on käsitelty.

    Seuraa hakemusta: { $link }
mail-approved-subject = Hakemus { $number } on hyväksytty
mail-approved-body =
    Hakemuksenne { $number } on hyväksytty, ja oikeudet palveluun ({ $service }) on avattu.

    Tehkää seuraavaksi käyttöönottokoe järjestelmätoimittajan kanssa ja raportoikaa siitä.

    Katso: { $link }
mail-rejected-subject = Hakemus { $number } on hylätty
mail-rejected-body =
    Hakemustanne { $number } palvelun käyttäjäksi ({ $service }) ei hyväksytty.

    Katso: { $link }
mail-reason = Perustelu: { $reason }
mail-undertaking-copy = Jäljennös sitoumuksestanne:
