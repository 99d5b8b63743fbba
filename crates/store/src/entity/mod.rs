//! One module a table, column by column as in `migrations/`. Meaning is given by the query modules.

#![expect(unreachable_pub, reason = "the entity derive makes everything pub; the modules are not")]

pub(crate) mod acceptance;
pub(crate) mod address_check;
pub(crate) mod application;
pub(crate) mod application_approval;
pub(crate) mod application_attachment;
pub(crate) mod application_change;
pub(crate) mod application_event;
pub(crate) mod application_note;
pub(crate) mod application_step;
pub(crate) mod audit_event;
pub(crate) mod campaign;
pub(crate) mod campaign_row;
pub(crate) mod certificate;
pub(crate) mod contact;
pub(crate) mod contact_change;
pub(crate) mod contact_role;
pub(crate) mod delegation;
pub(crate) mod directory_access_point;
pub(crate) mod directory_change;
pub(crate) mod directory_closing;
pub(crate) mod directory_collection_point;
pub(crate) mod directory_joiner;
pub(crate) mod directory_leaf;
pub(crate) mod directory_proposal;
pub(crate) mod directory_right;
pub(crate) mod directory_tenant;
pub(crate) mod document;
pub(crate) mod enrolment;
pub(crate) mod gateway_call;
pub(crate) mod given_answer;
pub(crate) mod job;
pub(crate) mod joiner_account;
pub(crate) mod joiner_billing;
pub(crate) mod legacy_signer;
pub(crate) mod member;
pub(crate) mod message;
pub(crate) mod notice;
pub(crate) mod outbound_message;
pub(crate) mod program;
pub(crate) mod register_entry;
pub(crate) mod register_import;
pub(crate) mod sealed_copy;
pub(crate) mod session;
pub(crate) mod webhook;
