# Mails of an application.
mail-sent-subject = Application { $number } was sent
mail-sent-body =
    Your application { $number } to use { $service } has arrived. You will be told by e-mail when it has been decided.

    Follow it: { $link }
mail-approved-subject = Application { $number } was approved
mail-approved-body =
    Your application { $number } has been approved, and the rights to use { $service } are in force from the wished first day.

    Next, make the deployment test with your system supplier: Deployment tests on the home page shows the cases and sends the report.

    See: { $link }
mail-rejected-subject = Application { $number } was rejected
mail-rejected-body =
    Your application { $number } to use { $service } was not approved.

    See: { $link }
mail-reason = Reason: { $reason }
mail-undertaking-copy = The undertaking that you signed is attached (PDF/A). Its seal (Ed25519): { $seal }
# Notices.
mail-notice-body =
    This concerns { $joiner }. See: { $link }
notice-register = { $register }: { $name } ({ $id }) has changed
notice-difference = { $matter }: { $was } → { $is }
notice-ends = { $what } ends on { $day }
notice-ends-name = Which one: { $id }
notice-order-by = Order the new one by { $day }: delivery takes about a week.
notice-touches-right = Touches: { $service } through { $point }
notice-touches-point = Touches: access point { $point }
notice-new-joining = A new Business ID means a new joining: apply as the new organisation, and see to the documents' controller.
ending-server-certificate = A server certificate
ending-signature-certificate = A system signature certificate
ending-system = A system's certificate
matter-gone = Not in the register any more
matter-validity = Valid
matter-name = Name
matter-business-id = Business ID
matter-parent = Stands below
matter-renewal-mark = Receives renewal requests
matter-sector = Sector
matter-activity = Unit of health care or social care
matter-class = Class
matter-purpose = Purpose
matter-deviation = Significant deviation
matter-pharmacist = Pharmacist
notice-rule = To be mended: { $rule }
notice-administrator-orders = The access point's administrator orders the new one; ask them when it is installed.
notice-closing-closed = Your connection to Kanta is closed from { $at }
notice-closing-read-only = Nothing can be stored in Kanta from { $at }, searching works
notice-closing-throttled = Your traffic to Kanta is slowed down from { $at }
notice-closing-lifted = The closing is lifted { $at }
notice-closing-called-off = The closing that was to begin { $at } is called off
notice-closing-reason = Reason: { $reason }
notice-closing-until = It lasts until { $until } unless it is lifted before.
notice-closing-open-ended = It lasts until it is lifted.
notice-directory = The address directory changed for you: { $basis } (version { $version })
notice-directory-log = Your page “What is recorded of you” shows the change and proves that it stands in the log.
mail-invitation-subject = Invitation to act for { $organisation }
mail-invitation-body =
    You were invited to act for { $organisation }. Right: { $position }.

    Accept the invitation within { $days } days; you identify yourself with Suomi.fi identification: { $link }

    If you do not know the organisation, you need not do anything.
mail-more-asked-subject = Application { $number } needs more
mail-more-asked-body =
    Your application { $number } to use the service ({ $service }) is not complete. Complete it and send it again.

    Complete it: { $link }
mail-question = Question: { $question }
mail-in-part = A part was not approved: { $reason }
mail-verify-subject = Is this address read? { $organisation }
mail-verify-body = { $organisation } has given this address as a contact for Kanta services. Open the link and confirm that messages are read here: { $link }
sms-verify = Kanta: { $organisation } gave this number for fault notifications. Confirm: { $link }
notice-undelivered = { $channel } did not arrive: { $address }
notice-undelivered-what = Message: { $subject }
notice-undelivered-how = Mend the address among the contacts, or send a message there to check it.
notice-still-right = Are your contacts still right? Last confirmed { $day }
notice-still-right-how = Look through them and confirm them on the page Contacts.
mail-prepared-subject = Application { $number } waits for your signature
mail-prepared-body =
    Your system supplier has prepared your application { $number } to use { $service }. Look at it, sign it and send it. Only you can bind your organisation.

    Open it: { $link }
mail-run-supplier = You supply a system that a party to this run, or its host, uses: { $systems }. The same was written to the parties:
mail-run-approved-subject = Controller update run { $number } is switched on { $when }
mail-run-approved-body = The controller of the documents in the archive changes on { $when }: { $from } → { $to } (run { $number }). Prepare the same change in your local system. You will be told when the run is switched.
mail-run-cancelled-subject = Controller update run { $number } is called off
mail-run-cancelled-body = Run { $number } ({ $from } → { $to }, { $when }) was called off before it was switched. Do not change the controller in your local system; if you have changed it already, put it back.
mail-run-held-up-subject = Controller update run { $number } could not be switched
mail-run-held-up-body = Run { $number } ({ $from } → { $to }) was to be switched on { $when }, but something stands in its way, and it waits. The documents are still { $from }'s. Do not change your local system until you are told that the run is switched; if you have changed it already, put it back. The operator sees the reason and tells you how it goes on.
mail-run-switched-subject = Controller update run { $number } is switched: { $from } → { $to }
mail-run-switched-body = The controller of the documents in the archive changed now: { $from } → { $to } (run { $number }). Make the same change in your local system, also for data older than the joining. From here on corrections are made in the new controller's name.
mail-run-reversed-subject = Controller update run { $number } is reversed: { $from } → { $to }
mail-run-reversed-body = Run { $number } was reversed: the documents, and what corrected them since, are { $from }'s again. Put your local system back likewise.
mail-run-done-subject = Controller update run { $number } is complete
mail-run-done-body = Run { $number } ({ $from } → { $to }) has been carried through: every document has arrived, and there is a signed report of it. The operator has the report.
notice-change-where = See change { $number } ({ $title }) on the page Organisational changes.
notice-change-planned = Change on { $day }: { $title }. Your organisation is party to it
notice-change-tasks = Change on { $day }: { $title }. You have a task that is new or late
notice-change-hindered = Change on { $day }: { $title }. Something new stands in the way
notice-change-moved = The change { $title } is moved to { $day }
notice-change-withdrawn = The change { $title } is withdrawn
notice-change-unanswered = Change on { $day }: { $title }. You were asked whether you plan along and have not answered
notice-change-over = The change { $title }: all of it is done
notice-requests = Renewal requests wait for unit { $unit }: { $count }, the longest since { $since }
notice-requests-how = Have your system fetch or take them. Unanswered requests lapse after eight days, and the unit cannot be ended while they wait. If your system will not come back, ask the operator to pass them on to another unit.
notice-unanswered = Renewal requests to unit { $unit } that nobody will answer: { $count }
notice-unanswered-lapsed = They could not be delivered within eight days and have lapsed.
notice-unanswered-rejected = The unit's own system rejected them.
notice-unanswered-what = The first is message { $message }, on { $since }.
notice-unanswered-how = Find out from your system's supplier why, and see to it that the patients are told: nothing is sent again by itself.
notice-mark = Something is amiss with unit { $unit } and its renewal requests
amiss-unmarked-how = The unit has a right to receive, but its entry in the code service bears no mark: nobody can choose it. Have the mark entered, or give up the right.
amiss-unconnected-how = Its entry bears the mark, but no requests can be brought to it. Apply for the reception of renewal requests, or have the mark taken off.
amiss-ends-marked-how = The unit ends within eight days. Have the mark taken off now: a request that still comes would not be answered in time.
amiss-no-address-how = Its entry has no complete address: street, postal code and town. Patients cannot choose it before it has.
amiss-no-phone-how = Its entry has no telephone number. Patients cannot choose it before it has.
