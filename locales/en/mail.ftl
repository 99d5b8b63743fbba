# Mails of an application.
mail-sent-subject = Application { $number } was sent
mail-sent-body =
    Your application { $number } to use { $service } has arrived. You will be told by e-mail when it has been decided.

    Follow it: { $link }
mail-approved-subject = Application { $number } was approved
mail-approved-body =
    Your application { $number } has been approved, and the rights to use { $service } are open.

    Next, make the deployment test with your system supplier and report it.

    See: { $link }
mail-rejected-subject = Application { $number } was rejected
mail-rejected-body =
    Your application { $number } to use { $service } was not approved.

    See: { $link }
mail-reason = Reason: { $reason }
mail-undertaking-copy = Copy of your undertaking:
