//! What programs may ask, as OpenAPI 3.1: one table, from which the document is made and with which the router is compared.

use super::applications::{Answer, Begin, File, Keyed, SavedStep, StepState, Summary, Typed, Whole};
use super::campaigns::{Campaign, CampaignProgress, Import};
use super::changes::{AnotherDay, Change, ChangeEffect, ChangeSummary, NewChange, TaskSaid};
use super::contacts::{Asked, Billing, Contact, Everything, NoticeAddress};
use super::deployment_tests::{
    CaseSaid, DeploymentTestSummary, DeploymentTestWhole, NewDeploymentTest, RequestSent, RequestTo, Untested,
};
use super::enrolments::{Coming, Enrolment};
use super::held::{Certificate, Notice, Right, SealedCopy, Shown, Waiting};
use super::members::{Customer, Invite, Member, Organisation};
use super::moves::{
    GivenKey, HandoverKey, Move, MoveAnswer, MoveFields, MoveHalted, MoveResumed, MoveSummary, NewKey, NewMove,
};
use super::notifications::{NewNotification, Notification, NotificationFields, NotificationSent, NotificationSummary};
use super::obligation::{Obliged, OwnObligation};
use super::office::{Approval, Decision, Entered, Joined, Queue, Sent, Words};
use super::pages::Listed;
use super::receiving::RenewalRequest;
use super::registrar::{
    Agreement, Close, Directory, Lift, NewAgreement, NewSigner, OpenNotice, Outgoing, Proposed, Signer,
};
use super::runs::ControllerRun;
use super::systems::{Declaration, HittingSystem, Supplier, UsedSystem};
use super::webhooks::{Webhook, WebhookAddress};
use axum::Json;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// What writes the schema of a body.
type Shape = fn(&mut SchemaGenerator) -> Schema;

/// An operation.
pub struct Operation {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below `/api/v1`.
    pub path: &'static str,
    /// Its name, for programs that are made from the document.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What is sent, if anything.
    asks: Option<Shape>,
    /// The status of a good answer, and what it is.
    answers: (u16, Option<Shape>),
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

macro_rules! operations {
    ($($method:ident $path:literal $id:ident $summary:literal $(<- $asks:ty)? => $status:literal $($answers:ty)?;)+) => {
        /// Every operation.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            method: stringify!($method),
            path: $path,
            id: stringify!($id),
            summary: $summary,
            asks: operations!(@schema $($asks)?),
            answers: ($status, operations!(@schema $($answers)?)),
        }),+];
    };
    (@schema) => { None };
    (@schema $type:ty) => { Some(of::<$type>) };
}

operations! {
    GET "/organisations" listOrganisations "Whom one may act for" => 200 Listed<Organisation>;
    GET "/applications" listApplications "The organisation's applications, the newest first" => 200 Listed<Summary>;
    POST "/applications" beginApplication "Begin an application, or find the draft that was begun before" <- Begin => 201 Whole;
    GET "/applications/{number}" getApplication "An application with its steps, findings and past" => 200 Whole;
    GET "/applications/{number}/steps/{step}" getStep "A step as it is saved" => 200 StepState;
    PUT "/applications/{number}/steps/{step}" saveStep "Save a step, with errors too, so that nothing is lost" <- Typed => 200 SavedStep;
    POST "/applications/{number}/steps/{step}/check" checkStep "Ask the rules of a step as typed; nothing is kept" <- Typed => 200 SavedStep;
    POST "/applications/{number}/send" sendApplication "Send it, with an answer where more was asked; binds the organisation, and so is a person's to do" <- Answer => 200 Whole;
    POST "/applications/{number}/withdraw" withdrawApplication "Take it back" => 200 Whole;
    POST "/applications/{number}/attachments" attachFile "Attach a file: PDF, PNG or JPEG" <- File => 201 Keyed;
    GET "/applications/{number}/attachments/{key}" getAttachment "An attached file" => 200;
    DELETE "/applications/{number}/attachments/{key}" detachFile "Take an attached file of a draft away" => 204;
    GET "/contacts" getContacts "Everything that is kept of the organisation" => 200 Everything;
    POST "/contacts" addContact "Add a contact" <- Contact => 201 Keyed;
    PUT "/contacts/{key}" changeContact "Change a contact and what it is named for" <- Contact => 200 Keyed;
    DELETE "/contacts/{key}" removeContact "Remove a contact, as of the revision that the query names" => 204;
    PUT "/contacts/address" setAddress "Where notices go, and in which language" <- NoticeAddress => 204;
    PUT "/contacts/billing/{service}" setBilling "A joined service's billing data" <- Billing => 204;
    POST "/contacts/verify" verifyAddress "Ask an address by a message whether it is read" <- Asked => 202;
    POST "/contacts/confirm" confirmContacts "Say that everything is still right" => 204;
    GET "/enrolment" getEnrolment "The organisation's enrolment for deployment" => 200 Enrolment;
    PUT "/enrolment" enrol "Enrol for deployment before applying, or change what was said" <- Typed => 204;
    DELETE "/enrolment" endEnrolment "Take the enrolment back" => 204;
    GET "/members" listMembers "Whom the organisation has granted positions" => 200 Listed<Member>;
    POST "/members" inviteMember "Invite somebody; a person's to do who may bind the organisation" <- Invite => 201 Keyed;
    DELETE "/members/{key}" endMember "Take a position or an invitation back" => 204;
    GET "/obligation" getObligation "How the organisation stands to social care's obligation to join, and what its systems lack" => 200 OwnObligation;
    GET "/requests" listRequests "Renewal requests to the organisation's units: what waits, the longest first, then what ended last" => 200 Listed<RenewalRequest>;
    GET "/rights" listRights "The organisation's rights in the address directory" => 200 Listed<Right>;
    GET "/waiting" listWaiting "What waits, for whom and since when" => 200 Listed<Waiting>;
    GET "/notices" listNotices "What the organisation should know of and nobody has seen to" => 200 Listed<Notice>;
    POST "/notices/{key}/settle" settleNotice "Somebody has seen to a notice" => 204;
    GET "/certificates" listCertificates "The organisation's certificates that are watched" => 200 Listed<Certificate>;
    POST "/certificates" showCertificate "Have a certificate watched before it is used" <- Shown => 201 Certificate;
    GET "/copies" listCopies "Sealed copies of what was signed" => 200 Listed<SealedCopy>;
    GET "/copies/{key}" getCopy "A sealed copy: PDF/A" => 200;
    GET "/controller-runs" listControllerRuns "Controller update runs to and from the organisation's registers" => 200 Listed<ControllerRun>;
    GET "/controller-runs/{number}/report" getControllerRunReport "The signed completeness report of a run" => 200;
    GET "/deployment-tests" listDeploymentTests "Deployment tests of the organisation" => 200 Listed<DeploymentTestSummary>;
    POST "/deployment-tests" beginDeploymentTest "Begin a deployment test" <- NewDeploymentTest => 201 DeploymentTestWhole;
    GET "/deployment-tests/{number}" getDeploymentTest "A deployment test with how each case stands" => 200 DeploymentTestWhole;
    POST "/deployment-tests/{number}/cases/{case}" sayOfCase "Say how a case went" <- CaseSaid => 204;
    POST "/deployment-tests/{number}/request" requestForTest "Have a renewal request sent to a unit" <- RequestTo => 201 RequestSent;
    POST "/deployment-tests/{number}/send" sendDeploymentTest "Send the report to the operator" => 204;
    POST "/deployment-tests/{number}/withdraw" withdrawDeploymentTest "Give it up" => 204;
    POST "/deployment-tests/{number}/removal" askTestDataRemoval "Ask for its test data to be removed" => 204;
    GET "/deployment-tests/{number}/report/{language}" getDeploymentTestReport "A paper of the report, sealed" => 200;
    GET "/handover-keys" listHandoverKeys "Keys by which the organisation hands itself over to another intermediary" => 200 Listed<HandoverKey>;
    POST "/handover-keys" giveHandoverKey "Give a new key, told once" <- NewKey => 201 GivenKey;
    DELETE "/handover-keys/{key}" endHandoverKey "Take a key back before it is used" => 204;
    GET "/moves" listMoves "Moves of the organisation, and those in which something of its is moved" => 200 Listed<MoveSummary>;
    POST "/moves" beginMove "Begin a move, filled in or not" <- NewMove => 201 Move;
    GET "/moves/{number}" getMove "A move with who is moved, how it will be or how it goes" => 200 Move;
    PUT "/moves/{number}" saveMove "Fill it in" <- MoveFields => 200 Move;
    POST "/moves/{number}/send" sendMove "Send exactly what was shown" <- NotificationSent => 204;
    POST "/moves/{number}/answer" answerMove "Agree to being moved, or decline" <- MoveAnswer => 204;
    POST "/moves/{number}/halt" haltMove "Halt it, with a reason, and have the last wave go back" <- MoveHalted => 204;
    POST "/moves/{number}/resume" resumeMove "Let a halted one go on, at another second" <- MoveResumed => 204;
    POST "/moves/{number}/give-up" giveUpMove "Give it up, with a reason" <- Words => 204;
    GET "/moves/{number}/report" getMoveReport "The signed report of a move that is over" => 200;
    GET "/notifications" listNotifications "The organisation's change notifications" => 200 Listed<NotificationSummary>;
    POST "/notifications" beginNotification "Begin a change notification, filled in or not" <- NewNotification => 201 Notification;
    GET "/notifications/{number}" getNotification "A notification with what it will do on its day, and what stands in its way" => 200 Notification;
    PUT "/notifications/{number}" saveNotification "Fill it in" <- NotificationFields => 200 Notification;
    POST "/notifications/{number}/send" sendNotification "Send exactly what was shown" <- NotificationSent => 204;
    POST "/notifications/{number}/withdraw" withdrawNotification "Take it back, with a reason, before its day" <- Words => 204;
    GET "/changes" listChanges "Organisational changes that the organisation is party to, or has something to do in" => 200 Listed<ChangeSummary>;
    POST "/changes" planChange "Plan a change, and follow it" <- NewChange => 201 Change;
    GET "/changes/{number}" getChange "A change, as far as the organisation sees it" => 200 Change;
    GET "/changes/{number}/effect" getChangeEffect "What a change does, exactly, for whoever sees all of it" => 200 ChangeEffect;
    POST "/changes/{number}/agree" agreeToChange "Plan along: the parties see each other's tasks once all do" => 204;
    POST "/changes/{number}/check" checkChange "Compare it with directory, registers and archive now" => 204;
    POST "/changes/{number}/move" moveChange "Move it to another day" <- AnotherDay => 204;
    POST "/changes/{number}/tasks/{key}" sayOfTask "Say whether a task is done that no register shows" <- TaskSaid => 204;
    POST "/changes/{number}/withdraw" withdrawChange "Withdraw it, with a reason" <- Words => 204;
    GET "/customers" listCustomers "The organisations that let this one act" => 200 Listed<Customer>;
    GET "/campaigns" listCampaigns "Campaigns, the newest first" => 200 Listed<Campaign>;
    POST "/campaigns" importCampaign "Bring a sheet in: a draft or a problem for each row" <- Import => 201 CampaignProgress;
    GET "/campaigns/{key}" getCampaign "How far a campaign has come" => 200 CampaignProgress;
    GET "/webhooks" listWebhooks "Where events are posted" => 200 Listed<Webhook>;
    POST "/webhooks" addWebhook "Have events posted to an address, signed (Standard Webhooks)" <- WebhookAddress => 201 Webhook;
    DELETE "/webhooks/{key}" endWebhook "Have no more events posted" => 204;
    GET "/office/applications" getQueue "The operator's queue" => 200 Queue;
    GET "/office/applications/{number}" getDecision "An application with the exact effect of its approval" => 200 Decision;
    POST "/office/applications/{number}/approve" approve "Approve exactly what was shown" <- Approval => 200 Entered;
    POST "/office/applications/{number}/approve-first" approveFirst "Approve as the first of two" <- Approval => 204;
    POST "/office/applications/{number}/reject" reject "Reject, with a reason" <- Words => 204;
    POST "/office/applications/{number}/ask" askMore "Ask the applicant for more" <- Words => 204;
    POST "/office/applications/{number}/note" addNote "Note something for the operator's staff" <- Words => 204;
    POST "/office/applications/{number}/assign" assign "Take it on, or give it back" => 204;
    GET "/office/enrolments" listEnrolments "Who comes, the soonest first" => 200 Listed<Coming>;
    GET "/office/directory" getDirectory "The newest of the directory, or what is searched for" => 200 Directory;
    POST "/office/directory/shut" shut "Close something at once, for as long as one may alone" <- Close => 200 Entered;
    POST "/office/directory/lift" lift "Lift a closing" <- Lift => 200 Entered;
    GET "/office/proposals" listProposals "Changes that two persons decide on" => 200 Listed<Proposed>;
    GET "/office/agreements" listAgreements "Suppliers that sign for a joiner" => 200 Listed<Agreement>;
    POST "/office/agreements" agree "A supplier signs for a joiner" <- NewAgreement => 204;
    POST "/office/agreements/{key}/end" endAgreement "It signs no more" => 204;
    GET "/office/signers" listSigners "Old signers that the operator vouches for" => 200 Listed<Signer>;
    POST "/office/signers" registerSigner "Vouch for an old signer" <- NewSigner => 201 Keyed;
    POST "/office/signers/{key}/withdraw" withdrawSigner "Vouch for it no more" => 204;
    GET "/office/notices" listOfficeNotices "What joiners should know of and nobody has seen to" => 200 Listed<OpenNotice>;
    POST "/office/notices/{key}/settle" settleOfficeNotice "Somebody has seen to a notice" => 204;
    GET "/office/outbound" listOutbound "Messages to units: what waits, and what ended last" => 200 Listed<Outgoing>;
    GET "/office/deployment-tests/untested" listUntested "Who has a deployment test to make, those first that have waited longest" => 200 Listed<Untested>;
    GET "/office/systems" listSystems "Systems that rights and access points name, the gravest first" => 200 Listed<UsedSystem>;
    GET "/office/systems/{number}" getSystem "A system with everybody whom it hits, and what it does" => 200 HittingSystem;
    PUT "/office/systems/{number}/functions" declareFunctions "Declare which functions a system has" <- Declaration => 204;
    PUT "/office/systems/{number}/supplier" saveSupplier "Say where a system's supplier is written to" <- Supplier => 204;
    GET "/office/obligation" listObliged "Who has to join by social care's obligation, those who come last first" => 200 Listed<Obliged>;
    GET "/office/report" getReport "Who has joined, by month and kind of joiner" => 200 Listed<Joined>;
    GET "/office/messages" listMessages "The outbox" => 200 Listed<Sent>;
    POST "/office/messages/{key}/again" sendAgain "Send a message again that was given up" => 204;
    POST "/office/messages/{key}/settle" settleMessage "Put a message aside that was given up" => 204;
}

/// `GET /api/v1/openapi.json`.
pub(crate) async fn document() -> Json<Value> {
    Json(openapi())
}

/// The document.
#[must_use]
pub fn openapi() -> Value {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(format!("{}{}", super::BASE, operation.path)).or_insert_with(|| json!({}));
        let told = told(operation, &mut generator);
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.to_lowercase(), told);
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Liitos",
            "version": "1",
            "description": "Joining Kanta services, for programs. Each refusal has a stable code (L-nnn).",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "program": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "program": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn told(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = operation
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let header = |name: &str, why: &str| json!({ "name": name, "in": "header", "required": false, "schema": { "type": "string" }, "description": why });
    parameters.push(header("Liitos-Organisation", "The customer's OID, where the program acts for one"));
    if operation.method == "GET" {
        for name in ["limit", "after"] {
            parameters.push(json!({ "name": name, "in": "query", "schema": { "type": "integer", "minimum": 0 } }));
        }
    } else {
        parameters.push(header("Idempotency-Key", "Sent again with the same key, it is carried out once"));
    }
    let (status, answer) = operation.answers;
    let mut good = json!({ "description": operation.summary });
    if let (Some(schema), Some(good)) = (answer, good.as_object_mut()) {
        good.insert("content".to_owned(), json!({ "application/json": { "schema": schema(generator) } }));
    }
    let refused = json!({ "description": "Refused, with its code and how it is mended (RFC 9457)",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let mut told = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": { status.to_string(): good, "default": refused },
    });
    if let (Some(asks), Some(told)) = (operation.asks, told.as_object_mut()) {
        let content = json!({ "application/json": { "schema": asks(generator) } });
        // Most sendings answer nothing, and have no body.
        let required = operation.id != "sendApplication";
        told.insert("requestBody".to_owned(), json!({ "required": required, "content": content }));
    }
    told
}

/// A refusal (RFC 9457).
fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "Where: a field or a thing" },
            "code": { "type": "string", "pattern": "^L-[0-9]{3}$" },
            "remedy": { "type": "string", "description": "How it is mended" },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_tells_every_route_and_no_other() {
        let source = include_str!("mod.rs");
        let mut declared = BTreeSet::new();
        for line in source.lines().filter(|line| line.trim_start().starts_with(".route(\"")) {
            let path = line.split('"').nth(1).unwrap();
            for method in ["get", "post", "put", "delete"] {
                let said = [format!(" {method}("), format!(".{method}(")];
                if said.iter().any(|said| line.contains(said.as_str())) {
                    declared.insert((method.to_uppercase(), path.to_owned()));
                }
            }
        }
        let told: BTreeSet<(String, String)> =
            OPERATIONS.iter().map(|one| (one.method.to_owned(), one.path.to_owned())).collect();
        assert_eq!(declared, told);
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|one| one.id).collect();
        assert_eq!(names.len(), OPERATIONS.len());
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = openapi();
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let mut seen = 0;
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(schemas.contains_key(name), "{name}");
            seen += 1;
        }
        assert!(seen > 50 && !text.contains("#/$defs"));
    }
}
