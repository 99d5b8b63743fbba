# Ansökans e-postmeddelanden.
mail-sent-subject = Ansökan { $number } har skickats
mail-sent-body =
    Er ansökan { $number } om att få använda tjänsten ({ $service }) har kommit in. Ni får e-post när den har behandlats.

    Följ ansökan: { $link }
mail-approved-subject = Ansökan { $number } har godkänts
mail-approved-body =
    Er ansökan { $number } har godkänts och rättigheterna till tjänsten ({ $service }) har öppnats.

    Gör härnäst ett ibruktagandeprov tillsammans med systemleverantören och rapportera om det.

    Se: { $link }
mail-rejected-subject = Ansökan { $number } har avslagits
mail-rejected-body =
    Er ansökan { $number } om att få använda tjänsten ({ $service }) godkändes inte.

    Se: { $link }
mail-reason = Motivering: { $reason }
mail-undertaking-copy = Kopia av er förbindelse:
