//! `POST /api/events/{event}/photos/actions`: many photos are published, taken back or deleted at once.

use axum::Json;
use axum::extract::State;
use domain::{BatchId, Clock, EventId, PhotoId};
use recognizer::Recognizer;
use serde::{Deserialize, Serialize};
use store::photo_list::{self, Filter};
use store::{Connection, Store};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::list_photos::{faces_of, state_of};
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, EventStaff, Principal};

/// Most photos that may be named; those of a filter are as many as there are.
const PHOTOS_MAX: usize = 1000;
/// Photos changed in one transaction, which holds up whoever else changes photos of the event.
const AT_ONCE: i64 = 1000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Visitors may see them.
    Publish,
    /// Visitors may not.
    Hide,
    /// They go for good, with their faces and files.
    Delete,
}

/// What is done with which photos.
#[derive(Deserialize, ToSchema)]
pub struct PhotoActions {
    action: Action,
    /// These ones; either this or `filter`.
    #[schema(value_type = Option<Vec<uuid::Uuid>>, max_items = 1000)]
    photo_ids: Option<Vec<PhotoId>>,
    /// All that it lets through; an empty one lets all through.
    filter: Option<ActionFilter>,
}

/// Which photos, as lists of photos take it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ActionFilter {
    /// `waiting`, `ready`, `failed` or `all`.
    state: Option<String>,
    /// `none`: ready ones without a face; `some`: those with faces.
    faces: Option<String>,
    /// Only those that are published, or only those that are not.
    published: Option<bool>,
    /// Only those that whoever asks has uploaded.
    mine: Option<bool>,
    /// Only those of the batch with this id.
    #[schema(value_type = Option<uuid::Uuid>)]
    batch: Option<BatchId>,
}

/// How many photos there were to change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    changed: u64,
}

/// The photos that are asked for.
enum Chosen {
    Ids(Vec<PhotoId>),
    All(Filter),
}

/// Publishes photos, takes them back, or deletes them for good: those that are named, or all that a filter lets through.
/// Those that are uploaded after it has begun are left as they are. Photographers may delete only photos that they
/// uploaded; if others are among them, nothing is changed.
#[utoipa::path(post, path = "/api/events/{event}/photos/actions", tag = "photos",
    params(("event" = String, Path, description = "Slug or id")), request_body = PhotoActions,
    responses((status = 200, body = Changed)))]
pub async fn act_on_photos(
    EventStaff { user, event }: EventStaff,
    State(store): State<Store>,
    State(recognizer): State<Recognizer>,
    State(clock): State<Clock>,
    Body(form): Body<PhotoActions>,
) -> Result<Json<Changed>, Problem> {
    let action = form.action;
    let chosen = chosen(form, &user, clock.now())?;
    let may_all = action != Action::Delete || user.may_manage_events();
    if !may_all {
        refuse_others(&mut *store.begin().await?, event.event_id, &chosen, &user).await?;
    }
    let changed = match chosen {
        Chosen::Ids(_) => act(&store, event.event_id, action, &chosen).await?.changed,
        Chosen::All(filter) => {
            let own = (!may_all).then(|| user.user_id());
            let filter = Filter { uploaded_by: own.or(filter.uploaded_by), ..filter };
            match narrowed(filter, action) {
                Some(filter) => act_on_all(&store, event.event_id, action, filter).await?,
                None => 0,
            }
        }
    };
    if action == Action::Delete && changed > 0 {
        // Others hear of it by the gallery's epoch.
        recognizer.forget_event(event.event_id);
    }
    Ok(Json(Changed { changed }))
}

fn chosen(form: PhotoActions, user: &Principal, started: OffsetDateTime) -> Result<Chosen, Problem> {
    match (form.photo_ids, form.filter) {
        (Some(ids), None) if ids.len() <= PHOTOS_MAX => Ok(Chosen::Ids(ids)),
        (None, Some(filter)) => Ok(Chosen::All(Filter {
            state: state_of(filter.state.as_deref())?,
            faces: faces_of(filter.faces.as_deref())?,
            published: filter.published,
            uploaded_by: (filter.mine == Some(true)).then(|| user.user_id()),
            batch_id: filter.batch,
            uploaded_until: Some(started),
        })),
        (Some(_) | None, None) | (Some(_), Some(_)) => Err(Problem::field("photo_ids")),
    }
}

/// The filter without those that are already as they are to be, so that each round finds others; `None` when it leaves
/// none.
fn narrowed(filter: Filter, action: Action) -> Option<Filter> {
    let to_change = match action {
        Action::Publish => false,
        Action::Hide => true,
        Action::Delete => return Some(filter),
    };
    let published = Some(to_change);
    (filter.published.is_none() || filter.published == published).then_some(Filter { published, ..filter })
}

/// Refuses to delete photos of others.
async fn refuse_others(
    db: &mut Connection,
    event_id: EventId,
    chosen: &Chosen,
    user: &Principal,
) -> Result<(), Problem> {
    let all_own = match chosen {
        Chosen::Ids(ids) => photo_list::are_all_of(db, event_id, ids, user.user_id()).await?,
        Chosen::All(filter) => {
            let own = Filter { uploaded_by: Some(user.user_id()), ..*filter };
            photo_list::count(db, event_id, filter).await? == photo_list::count(db, event_id, &own).await?
        }
    };
    if all_own { Ok(()) } else { Err(Code::NotYourPhoto.into()) }
}

/// Changes all photos that the filter lets through, a page at a time.
async fn act_on_all(
    store: &Store,
    event_id: EventId,
    action: Action,
    filter: Filter,
) -> Result<u64, Problem> {
    let mut changed = 0;
    loop {
        let page = act(store, event_id, action, &Chosen::All(filter)).await?;
        changed += page.changed;
        if page.chosen == 0 {
            return Ok(changed);
        }
    }
}

/// What became of one page of photos.
struct Page {
    /// How many there were.
    chosen: usize,
    /// How many of them were not yet as they are to be.
    changed: u64,
}

/// Changes some photos. They are chosen with the event's row locked, so that they are still what they were chosen for.
async fn act(store: &Store, event_id: EventId, action: Action, chosen: &Chosen) -> Result<Page, Problem> {
    let mut tx = store.begin().await?;
    let change = store::event::next_change(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let ids = match chosen {
        Chosen::Ids(ids) => ids.clone(),
        Chosen::All(filter) => photo_list::some_ids(&mut tx, event_id, filter, AT_ONCE).await?,
    };
    if ids.is_empty() {
        return Ok(Page { chosen: 0, changed: 0 });
    }
    let changed = match action {
        Action::Publish => photo_list::set_published(&mut tx, event_id, &ids, true, change).await?,
        Action::Hide => photo_list::set_published(&mut tx, event_id, &ids, false, change).await?,
        Action::Delete => photo_list::delete(&mut tx, event_id, &ids).await?,
    };
    store::listen::tell(&mut tx, event_id).await?;
    commit(tx).await?;
    Ok(Page { chosen: ids.len(), changed })
}
