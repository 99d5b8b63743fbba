//! The pages, one file each.

pub(crate) mod application;
pub(crate) mod archive;
pub(crate) mod attachments;
pub(crate) mod calendar;
pub(crate) mod call;
pub(crate) mod campaigns;
pub(crate) mod certificates;
pub(crate) mod change_effect;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod codes;
pub(crate) mod connection;
pub(crate) mod connection_fields;
pub(crate) mod contacts;
pub(crate) mod copies;
pub(crate) mod decision;
pub(crate) mod deployment_test;
pub(crate) mod deployment_tests;
pub(crate) mod effect;
pub(crate) mod enrolment;
pub(crate) mod forms;
pub(crate) mod help;
pub(crate) mod home;
pub(crate) mod invitation;
pub(crate) mod log;
pub(crate) mod members;
mod move_view;
pub(crate) mod moves;
pub(crate) mod notices;
pub(crate) mod notification_fields;
pub(crate) mod notifications;
pub(crate) mod obligation;
pub(crate) mod office;
pub(crate) mod organisations;
pub(crate) mod parts;
pub(crate) mod past;
pub(crate) mod programs;
pub(crate) mod receipts;
pub(crate) mod requests;
pub(crate) mod run_documents;
pub(crate) mod runs;
pub(crate) mod sign_in;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod step;
pub(crate) mod step_fields;
pub(crate) mod summary;
pub(crate) mod timeline;
pub(crate) mod verify;

use crate::errors::Failure;
use liitos_domain::RefusalCode;
use liitos_service::ServiceError;

/// What is not there.
pub(crate) async fn not_found() -> Failure {
    ServiceError::refused(RefusalCode::NotFound, "").into()
}
