//! `GET /api/staff`: a page of the members of staff.

use axum::Json;
use axum::extract::State;
use domain::Role;
use serde::{Deserialize, Serialize};
use store::Store;
use store::staff::Filter;
use utoipa::{IntoParams, ToSchema};

use crate::accounts::member::Member;
use crate::error::Problem;
use crate::extract::{Admin, Params};
use crate::page;

/// Which members of staff to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StaffFilter {
    /// Only those whose name, e-mail or user name has this in it.
    q: Option<String>,
    /// Only those of this role.
    role: Option<String>,
    /// `name` (when not given) or `created_at`, newest first.
    sort: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A page of members of staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffPage {
    staff: Vec<Member>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists admins, organisers and photographers.
#[utoipa::path(get, path = "/api/staff", tag = "staff", params(StaffFilter),
    responses((status = 200, body = StaffPage)))]
pub async fn list_staff(
    _: Admin,
    State(store): State<Store>,
    Params(asked): Params<StaffFilter>,
) -> Result<Json<StaffPage>, Problem> {
    let role = asked.role.as_deref().filter(|text| !text.is_empty());
    let filter = Filter {
        text: page::text(asked.q.as_deref())?,
        role: role.map(str::parse::<Role>).transpose().map_err(|_| Problem::field("role"))?,
        order: page::order(asked.sort.as_deref(), "name", asked.after.as_deref())?,
        limit: page::limit(asked.limit),
    };
    let mut tx = store.begin().await?;
    let found = store::staff::list(&mut tx, &filter).await?;
    let next =
        page::next(&found, filter.limit, &filter.order, |row| (&row.name, row.created_at, row.user_id.0));
    Ok(Json(StaffPage { staff: found.into_iter().map(Member::from).collect(), next }))
}
