# Organisational changes: what is done, by whom, and what stands in the way.
change-task-register-organisation = Have the organisation entered in the code service
change-task-register-unit = Have unit { $about } entered in the code service
change-task-register-controller = Have the controller entered in the code service
change-task-agree-on-point = Agree with the administrator of access point { $about } on its use
change-task-order-link = Order the data link of access point { $about }
change-task-order-server-certificate = Order the server certificate of access point { $about }
change-task-order-signature-certificate = Order the system signature certificate
change-task-notify-point = Notify the new access point { $about }
change-task-test-before = Make the deployment test before the change, with documents of controller { $about }
change-task-join = Join: sign the undertaking with the first application
change-task-apply = Apply for { $about }
change-task-notify-use = Notify that { $about } is used otherwise
change-task-agree-with-tenant = Agree anew with tenant { $about }
change-task-notify-collection-point = Notify the change of collection point { $about }
change-task-set-run-day = Put the day on the calendar of controller update runs
change-task-order-run = Order the controller update run { $about } ({ $count } documents)
change-task-mark-off = Have the mark of receiving renewal requests taken off unit { $about }
change-task-answer-requests = Answer the open renewal requests of unit { $about } ({ $count })
change-task-change-local-system = Change the controller in the local system at the same moment: { $about }
change-task-change-older-data = Change the controller of data older than the joining, too: { $about }
change-task-terminate = Terminate the joining
change-task-end-point = Notify that access point { $about } ends
change-task-keep-closed = Keep closed what is closed
change-task-mark-on = Have unit { $about } marked as receiving renewal requests
change-task-test-after = Make the deployment test after the change: storing works, and documents have moved
change-owner-joiner = joining party
change-owner-administrator = administrator
change-owner-supplier = system supplier
change-owner-operator = operator
change-state-open = can be done
change-state-waits = waits for something else
change-state-late = late
change-obstacle-past = The day of the change, { $of }, has passed.
change-obstacle-nothing = Nothing happens in this plan.
change-obstacle-no-member = { $of } is no joining party then.
change-obstacle-twice = { $of } would be in two places at once.
change-obstacle-itself = { $of } would pass to itself.
change-obstacle-chain = { $of } would go on for another and end itself; say who goes on in the end.
change-obstacle-point-in-use = Others use access point { $of }, which would end. Move them to another first.
change-obstacle-depended-on = Others work by its rights or in its register: { $of }. Agree first with whom they go on.
change-obstacle-requests-unanswered = Unit { $of } has renewal requests that nobody has answered, and no unit goes on for it.
change-obstacle-no-prescription = { $of } does not use prescriptions then, so the unit cannot receive renewal requests through it.
change-obstacle-link-ends = The permanent directory link of { $of } ends: none is granted anew.
change-obstacle-professional-stays = The register of an independent professional, { $of }, cannot be moved.
change-obstacle-no-custodian = Nobody is named whose the documents of { $of } are then.
change-obstacle-no-point = { $of } cannot have access points.
change-obstacle-contradiction = The address directory would contradict itself: { $of }
change-heading = Change on { $day }: { $title }
change-obstacles = What stands in the way
change-tasks = What is to be done
change-rights = Rights that open: { $opened }; that close: { $closed }.
change-task-line = by { $due } · { $owner } · { $task } · { $state }
change-task-place-unit = Have unit { $about } placed under its new joining party in the code service
change-obstacle-unknown-unit = None of them has a unit { $of }.
change-obstacle-closed = { $of } is closed, and would go on as one that is not, or give a unit to one. Settle the closing first.
change-obstacle-many-controllers = { $of } has several controllers: which of them takes the documents is not said.
change-obstacle-unknown-custodian = { $of } is named as the documents' custodian, and stands in no register then.
change-state-done = done
change-obstacle-another-change = Another change that is followed, { $of }, moves the same. Bring them together.
changes-title = Organisational changes
changes-lead = Say what happens: you see what it asks of whom by when. The plan is compared with the registers each night, and tasks tick off as the facts change.
changes-none = No changes are planned.
changes-new = Plan a change
changes-many = Where several things happen on one day, plan each by itself and give them the same day.
change-kind-merger = Joining parties merge
change-kind-unit = A unit moves to another joining party
change-kind-renumbered = The Business ID or the pharmacist changes
change-kind-ending = Activity ends
change-lead-merger = The joinings of those that merge end, and whoever goes on joins or goes on. Documents, access points and rights pass to it.
change-lead-unit = The unit's documents move, and it receives renewal requests through its new joining party.
change-lead-renumbered = A new number is a new joining: everything is applied for anew, and the old joining ends at the same moment.
change-lead-ending = Before it ends documents move, renewal requests are answered, and those who use your access points are agreed with.
field-label-change-title = What the change is called
    .hint = For example: Two become one
field-label-change-day = The day of the change
    .hint = The change happens as this day begins.
field-label-change-merger-joiners = Those that merge
    .hint = An OID on each line. The code service has them.
field-label-change-merger-into = Who goes on
    .hint = OID of a new organisation, or of one of those that merge
field-label-change-merger-units = Units that get another number
    .hint = The old OID and the new one on each line, with a space between. Leave empty where the numbers stay.
field-label-change-merger-controller = The controller that takes the documents
    .hint = Only where whoever goes on has several controllers: its OID.
field-label-change-unit-oid = OID of the unit that moves
    .hint = -
field-label-change-unit-from = From which joining party
    .hint = OID of the one it has now
field-label-change-unit-to = To which joining party
    .hint = OID of the new one
field-label-change-unit-becomes = The unit's new OID
    .hint = Leave empty where the number stays.
field-label-change-unit-controller = The controller that takes the documents
    .hint = Only where whoever goes on has several controllers: its OID.
field-label-change-renumbered-from = The OID until then
    .hint = -
field-label-change-renumbered-to = The OID from then on
    .hint = That of the new Business ID or pharmacist
field-label-change-renumbered-units = Units that get another number
    .hint = The old OID and the new one on each line, with a space between. Leave empty where the numbers stay.
field-label-change-renumbered-controller = The controller that takes the documents
    .hint = Only where whoever goes on has several controllers: its OID.
field-label-change-ending-joiner = Whose activity ends
    .hint = The joining party's OID
field-label-change-ending-custodian = Who keeps the documents
    .hint = OID of the controller whose the documents are then. It may be left empty for now.
change-plan = Make the plan
change-course-followed = followed
change-course-over = all done
change-course-withdrawn = withdrawn
change-happens = Happens on
change-progress = { $done } of { $all } tasks done
change-done = Done
change-due = by
change-hidden = Tasks of others are shown once all parties plan along.
change-no-tasks = There are no tasks that you see.
change-picture = Timeline
change-calendar = Days for your calendar
change-parties = Parties
change-party-agreed = plans along
change-party-asked = answer awaited
change-party-new = has not joined yet
change-asked = Does your organisation plan along?
change-asked-how = Once all parties take part they see each other's tasks: access points, services and numbers of documents. Until then each sees only its own.
change-agree = We plan along
change-say = Mark as done
change-unsay = Not done after all
change-words = What shows it?
change-checked = Compared with the registers
change-check = Compare now
change-share = Show it to others
change-share-lead = An address at which suppliers and others without an account see the plan. Anybody who has it sees it.
change-shared-until = Shown until:
change-share-new = Make a new address
change-unshare = Show it no more
change-address = Give this address to those who should see the plan. It is shown only now.
change-move = Move to another day
change-new-day = New day
change-withdraw = Withdraw the change
change-event-planned = Planned
change-event-agreed = Plans along
change-event-moved = Moved to another day
change-event-withdrawn = Withdrawn
change-event-over = All done
change-event-told-code-service = The code service is told
change-event-told-suppliers = The suppliers of systems are told
change-event-shared = Shown at an address
change-event-unshared = Shown no more
change-event-task-arose = New task
change-event-task-settled = Done, by the facts
change-event-task-back = To be done again
change-event-task-late = Late
change-event-task-said = Said to be done
change-event-task-unsaid = Not done after all
change-no-title = give it a name of at most 200 characters
letter-change-subject = A change's tasks at the code service: { $title }
letter-change-task = by { $due }: { $task } – { $owner }
letter-change-planned =
    The change { $title } is planned to happen on { $day }. It needs the following in the code service's registers. Whoever holds a number still asks for it; this letter tells of it ahead.

    { $tasks }

    Change { $number }
letter-change-more =
    The change { $title }, which happens on { $day }, needs in the code service's registers, besides what was told before, the following.

    { $tasks }

    Change { $number }
letter-change-moved =
    The change { $title } was moved and happens on { $day }. It still needs the following in the code service's registers.

    { $tasks }

    Change { $number }
letter-change-withdrawn =
    The change { $title }, which was to happen on { $day }, is withdrawn. The following is needed no more. Of what is done already, please turn to whoever it belongs to.

    { $tasks }

    Change { $number }
letter-change-done = { $task } – { $owner }: is done already
letter-change-register-organisation = the organisation is registered
letter-change-register-unit = unit { $about } is registered
letter-change-place-unit = unit { $about } is placed under another organisation
letter-change-register-controller = its controller is registered
letter-change-mark-off = unit { $about } loses the mark of receiving renewal requests
letter-change-mark-on = unit { $about } gets the mark of receiving renewal requests
change-effect-title = What the change does, exactly
change-effect-directory = In the address directory
change-effect-nothing = Nothing changes in the address directory any more.
change-effect-more = and { $count } more
change-effect-documents = Documents now, by register
change-effect-register = Register
change-effect-count = Documents
change-effect-messages = Whose tasks they are, and what the code service is told
change-effect-code-service = Code service, with a copy to Kanta
letter-supplier-task = { $due }: { $task }
letter-supplier-done = { $task } (marked as done)
letter-supplier-off = No longer: { $task }
letter-supplier-planned =
    The change { $title } is planned for { $day }. In the system { $system } this is to be done.

    The change happens as the day begins (0:00 Finnish time). The controller is changed in the local system then, neither earlier nor later.

    { $tasks }

    Parties: { $parties }. Ask them for the address of the change's page, which shows all tasks and days. The number of the change is { $number }.
letter-supplier-planned-subject = System { $system } (Astori number): tasks of an organisational change – { $title }
letter-supplier-more =
    The change { $title }, which happens on { $day }, asks this, too, of the system { $system }: the tasks are new, or are to be done again.

    The change happens as the day begins (0:00 Finnish time). The controller is changed in the local system then, neither earlier nor later.

    { $tasks }

    Parties: { $parties }. Ask them for the address of the change's page, which shows all tasks and days. The number of the change is { $number }.
letter-supplier-more-subject = System { $system } (Astori number): more tasks of an organisational change – { $title }
letter-supplier-moved =
    The change { $title } has been moved and happens on { $day }. In the system { $system } this is still to be done.

    The change happens as the day begins (0:00 Finnish time). The controller is changed in the local system then, neither earlier nor later.

    { $tasks }

    Parties: { $parties }. Ask them for the address of the change's page, which shows all tasks and days. The number of the change is { $number }.
letter-supplier-moved-subject = System { $system } (Astori number): the organisational change has another day – { $title }
letter-supplier-withdrawn =
    The change { $title }, which was to happen on { $day }, is withdrawn. This is not needed any more in the system { $system }.

    { $tasks }

    If any of it has been done in the system already, agree at once with the parties on putting it back: { $parties }. The number of the change is { $number }.
letter-supplier-withdrawn-subject = System { $system } (Astori number): the organisational change is withdrawn – { $title }
