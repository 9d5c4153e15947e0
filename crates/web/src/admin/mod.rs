//! The whole installation: who runs it, who did what, its figures and switches.

pub mod audit;
pub mod create_attendee;
pub mod create_staff;
pub mod delete_staff;
pub mod export_audit;
pub mod give_up_job;
pub mod integrations;
pub mod invite_staff;
pub mod list_invitations;
pub mod list_jobs;
pub mod list_outbox;
pub mod list_staff;
pub mod reset_mfa;
pub mod retry_dead_jobs;
pub mod retry_job;
pub mod send_password_link;
pub mod settings;
pub mod show_staff;
pub mod statistics;
pub mod system;
pub mod update_staff;
pub mod withdraw_invitation;
