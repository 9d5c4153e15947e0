//! `POST /api/events/{event}/attendees/import`: accounts from a list.

use std::collections::HashSet;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::{Json, RequestExt as _};
use domain::Language;
use serde::{Deserialize, Serialize};
use store::event::Event;
use utoipa::{IntoParams, ToSchema};

use crate::Web;
use crate::accounts::attendee_form::{AttendeeForm, Checked, add};
use crate::error::{Code, Problem, commit};
use crate::extract::{EventManager, InLanguage, Params};

/// Longest list; longer ones are imported in parts.
const ROWS_MAX: usize = 1000;
/// Largest file: 1000 people with long names and passwords.
const BODY_BYTES_MAX: usize = 512 * 1024;

/// Whether to import, or only to look.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportOptions {
    /// `true`: check everything and create nobody.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReport {
    /// Lines with a person on them.
    rows: usize,
    /// Accounts made: all of them, or none.
    created: usize,
    dry_run: bool,
    /// What is wrong, line by line.
    errors: Vec<LineError>,
}

/// What is wrong with a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineError {
    /// The line of the file; the header is line 1.
    line: u64,
    /// The column, where one is wrong.
    field: Option<&'static str>,
    /// Stable code.
    code: &'static str,
    /// For people, in the caller's language.
    detail: String,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
}

/// Makes accounts from a CSV file (UTF-8) with the columns `name`, `email`, `username` and `password`.
///
/// A person needs an e-mail, or a user name and a password; to those without a password a link to choose one is
/// mailed. If a single line is wrong nobody is created, and the answer (422) says what is wrong with each line.
#[utoipa::path(post, path = "/api/events/{event}/attendees/import", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), ImportOptions),
    request_body(content_type = "text/csv", content = String),
    responses((status = 200, body = ImportReport),
        (status = 422, description = "Nobody was created", body = ImportReport)))]
pub async fn import_attendees(
    EventManager { user, event }: EventManager,
    State(web): State<Web>,
    InLanguage(language): InLanguage,
    Params(options): Params<ImportOptions>,
    mut request: Request,
) -> Result<(StatusCode, Json<ImportReport>), Problem> {
    DefaultBodyLimit::apply(DefaultBodyLimit::max(BODY_BYTES_MAX), &mut request);
    let body: Bytes = request.extract().await.map_err(|_: BytesRejection| Code::TooLarge)?;
    let mut list = List { language, rows: 0, good: Vec::new(), errors: Vec::new() };
    list.read(&web, &body).await?;
    list.find_clashes(&web, &event).await?;
    let mut created = 0;
    if list.errors.is_empty() && !options.dry_run {
        created = list.create(&web, &event, user.user_id()).await?;
    }
    let refused = !options.dry_run && !list.errors.is_empty();
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    list.errors.sort_by_key(|error| error.line);
    let report = ImportReport { rows: list.rows, created, dry_run: options.dry_run, errors: list.errors };
    Ok((status, Json(report)))
}

/// A list on its way.
struct List {
    language: Language,
    rows: usize,
    /// Line and person.
    good: Vec<(u64, Checked)>,
    errors: Vec<LineError>,
}

impl List {
    fn refuse(&mut self, line: u64, problem: &Problem) {
        let detail = problem.code().sentence(self.language);
        self.errors.push(LineError {
            line,
            field: problem.field_name(),
            code: problem.code().as_str(),
            detail,
        });
    }

    async fn read(&mut self, web: &Web, body: &[u8]) -> Result<(), Problem> {
        // Spreadsheets put a byte order mark in front.
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let separator = if body.split(|byte| *byte == b'\n').next().is_some_and(|head| head.contains(&b';')) {
            b';'
        } else {
            b','
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .trim(csv::Trim::Headers)
            .flexible(true)
            .from_reader(body);
        let headers = reader.headers().map_err(|_| Code::ListUnreadable)?.clone();
        if !headers.iter().any(|name| name == "name") {
            return Err(Code::ListUnreadable.into());
        }
        for record in reader.records() {
            let line = match &record {
                Ok(record) => record.position().map_or(0, csv::Position::line),
                Err(error) => error.position().map_or(0, csv::Position::line),
            };
            let row = record.and_then(|record| record.deserialize::<Row>(Some(&headers)));
            self.rows += 1;
            if self.rows > ROWS_MAX {
                return Err(Code::TooLarge.into());
            }
            let Ok(Row { name, email, username, password }) = row else {
                self.refuse(line, &Code::BodyInvalid.into());
                continue;
            };
            let form = AttendeeForm { name, email, username, password, language: None };
            match form.check(web, self.language).await {
                Ok(checked) => self.good.push((line, checked)),
                // Too many log in at once: that is no fault of the list.
                Err(problem) if problem.code() == Code::Busy => return Err(problem),
                Err(problem) => self.refuse(line, &problem),
            }
        }
        Ok(())
    }

    /// Finds e-mails and user names that stand in the list twice, or are taken at the event.
    async fn find_clashes(&mut self, web: &Web, event: &Event) -> Result<(), Problem> {
        let of = |checked: &Checked| {
            let email = checked.email.as_ref().map(|email| email.as_str().to_lowercase());
            (email, checked.username.as_ref().map(|name| name.as_str().to_lowercase()))
        };
        let emails: Vec<String> = self.good.iter().filter_map(|(_, checked)| of(checked).0).collect();
        let usernames: Vec<String> = self.good.iter().filter_map(|(_, checked)| of(checked).1).collect();
        let mut tx = web.store.begin().await?;
        let taken = store::attendee::taken(&mut tx, event.event_id, &emails, &usernames).await?;
        let mut emails: HashSet<String> = taken.0.into_iter().collect();
        let mut usernames: HashSet<String> = taken.1.into_iter().collect();
        let mut clashes = Vec::new();
        for (line, checked) in &self.good {
            let (email, username) = of(checked);
            if email.is_some_and(|email| !emails.insert(email)) {
                clashes.push((*line, Problem::taken(Code::EmailTaken, "email")));
            }
            if username.is_some_and(|username| !usernames.insert(username)) {
                clashes.push((*line, Problem::taken(Code::UsernameTaken, "username")));
            }
        }
        for (line, problem) in clashes {
            self.refuse(line, &problem);
        }
        Ok(())
    }

    /// Makes all accounts, or none: somebody may have registered since the list was checked.
    async fn create(&mut self, web: &Web, event: &Event, by: domain::UserId) -> Result<usize, Problem> {
        let mut tx = web.store.begin().await?;
        for index in 0..self.good.len() {
            let (line, checked) = &self.good[index];
            match add(&mut tx, web, event, checked, Some(by)).await {
                Ok(_) => {}
                Err(problem) if problem.code().status() == StatusCode::CONFLICT => {
                    let line = *line;
                    self.refuse(line, &problem);
                    return Ok(0);
                }
                Err(problem) => return Err(problem),
            }
        }
        commit(tx).await?;
        Ok(self.good.len())
    }
}
