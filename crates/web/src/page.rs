//! Lists in pages: what every list takes and how it says where the next page begins.

use store::page::{AfterName, AfterTime, Order};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Problem;

const LIMIT_DEFAULT: i64 = 50;
const LIMIT_MAX: i64 = 500;

/// How many rows a page has.
pub(crate) fn limit(asked: Option<i64>) -> i64 {
    asked.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX)
}

/// The text to look for; nothing when it is empty.
pub(crate) fn text(asked: Option<&str>) -> Result<Option<&str>, Problem> {
    let text = asked.map(str::trim).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.len() > 200 || text.contains('\0') => Err(Problem::field("q")),
        text => Ok(text),
    }
}

/// The order that `sort` names, beginning where `after` says.
pub(crate) fn order(sort: Option<&str>, default: &str, after: Option<&str>) -> Result<Order, Problem> {
    match sort.unwrap_or(default) {
        "name" => Ok(Order::Name(after.map(after_name).transpose()?)),
        "created_at" => Ok(Order::Newest(after_time(after)?)),
        _ => Err(Problem::field("sort")),
    }
}

/// Where the next page of a list by age begins.
pub(crate) fn after_time(after: Option<&str>) -> Result<Option<AfterTime>, Problem> {
    let read = |text: &str| {
        let (micros, id) = text.strip_prefix("t.")?.split_once('.')?;
        let nanos = micros.parse::<i128>().ok()?.checked_mul(1000)?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
        (at.year() > 0).then_some(AfterTime { at, id: id.parse().ok()? })
    };
    after.map(|text| read(text).ok_or_else(|| Problem::field("after"))).transpose()
}

fn after_name(text: &str) -> Result<AfterName, Problem> {
    let read = || {
        let (name, id) = text.strip_prefix("n.")?.split_once('.')?;
        let name = String::from_utf8(hex::decode(name).ok()?).ok()?;
        (!name.contains('\0')).then_some(AfterName { name, id: id.parse().ok()? })
    };
    read().ok_or_else(|| Problem::field("after"))
}

/// What a page says of where the next begins: behind its last row. Nothing when the page is not full.
pub(crate) fn next<T>(
    rows: &[T],
    limit: i64,
    order: &Order,
    key: impl Fn(&T) -> (&str, OffsetDateTime, Uuid),
) -> Option<String> {
    let last = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(limit))?;
    let (name, at, id) = key(last);
    Some(match order {
        Order::Name(_) => format!("n.{}.{id}", hex::encode(name)),
        Order::Newest(_) => format!("t.{}.{id}", at.unix_timestamp_nanos() / 1000),
    })
}

time::serde::format_description!(
    pub(crate) camera_time,
    PrimitiveDateTime,
    "[year]-[month]-[day]T[hour]:[minute]:[second]"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn key<'a>(row: &'a (&str, OffsetDateTime, Uuid)) -> (&'a str, OffsetDateTime, Uuid) {
        *row
    }

    #[test]
    fn a_page_begins_where_the_one_before_ended() {
        let id = Uuid::from_u128(7);
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_800_000_000_123_456_000).unwrap();
        let rows = [("Zoé", at, id)];
        let by_name = next(&rows, 1, &Order::Name(None), key).unwrap();
        let expected = Order::Name(Some(AfterName { name: "Zoé".to_owned(), id }));
        assert_eq!(order(Some("name"), "", Some(&by_name)).unwrap(), expected);
        let by_age = next(&rows, 1, &Order::Newest(None), key).unwrap();
        assert_eq!(
            order(None, "created_at", Some(&by_age)).unwrap(),
            Order::Newest(Some(AfterTime { at, id }))
        );
        assert_eq!(next(&rows, 2, &Order::Name(None), key), None, "the last page is not full");
        for nonsense in ["", "x", "n.zz.1", "t.1", "t.99999999999999999999999999999999999.1", &by_age] {
            assert!(order(Some("name"), "", Some(nonsense)).is_err(), "{nonsense}");
        }
    }
}
