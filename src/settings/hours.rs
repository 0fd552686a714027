//! `/business-hours`: the week, as a whole.
use axum::{Json, extract::State};
use chrono::NaiveTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::audit_change;
use crate::{
    app::AppState,
    identity::{Admin, Staff},
    kernel::{page::Page, text::text_enum},
    tenancy::{business::HoursRow, store::hours},
    web::{ApiError, Body, Checks, Problem},
};

/// As many spans as a week may have.
const MOST: usize = 50;

text_enum! {
    /// A day of the week.
    Day { Mon, Tue, Wed, Thu, Fri, Sat, Sun }
}

/// A time of the day, read as `9:00`, `09:00` or `09:00:00` and shown as `09:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime(pub NaiveTime);

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = ["%H:%M", "%H:%M:%S"]
            .iter()
            .find_map(|format| NaiveTime::parse_from_str(text.trim(), format).ok());
        read.map(Self)
            .ok_or_else(|| serde::de::Error::custom("is no time of the day, such as 09:00"))
    }
}

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%H:%M"))
    }
}

/// One span of a weekday, in the business's zone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoursView {
    pub day: Day,
    #[schema(value_type = String, example = "09:00")]
    pub opens: LocalTime,
    /// Later than `opens`: a night is two spans.
    #[schema(value_type = String, example = "17:00")]
    pub closes: LocalTime,
}

/// The week: a list of spans, bare or as the answer holds it.
#[derive(Debug)]
pub struct Week(Vec<HoursView>);

impl<'de> Deserialize<'de> for Week {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = Week;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of spans")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Week, A::Error> {
                let rows = serde::de::value::SeqAccessDeserializer::new(seq);
                Ok(Week(Vec::deserialize(rows)?))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Week, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Wrapped {
                    data: Vec<HoursView>,
                    #[serde(default, rename = "next_cursor")]
                    _next_cursor: Option<String>,
                }
                let wrapped = serde::de::value::MapAccessDeserializer::new(map);
                Ok(Week(Wrapped::deserialize(wrapped)?.data))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_business_hours, replace_business_hours))
}

/// When the business is open, from Monday on.
#[utoipa::path(get, path = "/business-hours", tag = "settings", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Page<HoursView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list_business_hours(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<Page<HoursView>>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let rows = hours::list_hours(&mut tx).await?;
    tx.end_reading();
    Ok(Json(Page::whole(
        rows.iter().filter_map(HoursView::of).collect(),
    )))
}

/// Puts a week in the place of the one that was.
#[utoipa::path(put, path = "/business-hours", tag = "settings", security(("bearer" = ["ADMIN"])),
    request_body = Vec<HoursView>,
    responses((status = 200, body = Page<HoursView>), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn replace_business_hours(
    State(app): State<AppState>,
    admin: Admin,
    Body(Week(week)): Body<Week>,
) -> Result<Json<Page<HoursView>>, ApiError> {
    check_week(&week)?;
    let week: Vec<HoursRow> = week.iter().map(HoursView::row).collect();
    let mut tx = admin.begin(&app).await?;
    hours::replace_hours(&mut tx, &week).await?;
    let rows = hours::list_hours(&mut tx).await?;
    let mut days: Vec<String> = rows.iter().map(|row| row.day.clone()).collect();
    days.dedup();
    audit_change(&mut tx, &app, &admin, "business_hours.replaced", None, days).await?;
    tx.commit().await?;
    Ok(Json(Page::whole(
        rows.iter().filter_map(HoursView::of).collect(),
    )))
}

/// Every span ends after it begins, and none begins before another of its day has ended.
fn check_week(week: &[HoursView]) -> Result<(), ApiError> {
    let mut checks = Checks::default();
    if week.len() > MOST {
        checks.refuse("body", format!("has more than {MOST} spans"));
        return checks.finish();
    }
    for (place, span) in week.iter().enumerate() {
        if span.opens >= span.closes {
            let message = "is not after opens: a night is two spans, one for each day";
            checks.refuse(&format!("[{place}].closes"), message);
        }
        let overlaps = |other: &HoursView| {
            other.day == span.day && other.opens < span.closes && span.opens < other.closes
        };
        if week[..place].iter().any(overlaps) {
            checks.refuse(
                &format!("[{place}].opens"),
                "overlaps another span of the day",
            );
        }
    }
    checks.finish()
}

impl HoursView {
    fn of(row: &HoursRow) -> Option<Self> {
        let day: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
            serde::de::IntoDeserializer::into_deserializer(row.day.as_str());
        Some(Self {
            day: Day::deserialize(day).ok()?,
            opens: LocalTime(row.opens),
            closes: LocalTime(row.closes),
        })
    }

    fn row(&self) -> HoursRow {
        let day = match self.day {
            Day::Mon => "MON",
            Day::Tue => "TUE",
            Day::Wed => "WED",
            Day::Thu => "THU",
            Day::Fri => "FRI",
            Day::Sat => "SAT",
            Day::Sun => "SUN",
        };
        HoursRow {
            day: day.to_owned(),
            opens: self.opens.0,
            closes: self.closes.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> Result<(), ApiError> {
        let Week(week) = serde_json::from_str(text).unwrap();
        check_week(&week)
    }

    #[test]
    fn spans_of_a_day_may_touch_and_not_overlap() {
        let lunch = r#"[{"day": "mon", "opens": "9:00", "closes": "12:00"},
                        {"day": "MON", "opens": "12:00", "closes": "17:00:00"}]"#;
        assert!(week(lunch).is_ok());
        assert!(week(r#"{"data": [], "next_cursor": null}"#).is_ok());
        let overlap = r#"[{"day": "MON", "opens": "09:00", "closes": "12:01"},
                          {"day": "MON", "opens": "12:00", "closes": "17:00"}]"#;
        assert!(week(overlap).is_err());
        let other_days = r#"[{"day": "MON", "opens": "09:00", "closes": "17:00"},
                             {"day": "TUE", "opens": "09:00", "closes": "17:00"}]"#;
        assert!(week(other_days).is_ok());
        assert!(week(r#"[{"day": "FRI", "opens": "18:00", "closes": "02:00"}]"#).is_err());
    }

    #[test]
    fn a_time_is_shown_in_hours_and_minutes() {
        let time: LocalTime = serde_json::from_str("\"9:05\"").unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"09:05\"");
        assert!(serde_json::from_str::<LocalTime>("\"25:00\"").is_err());
    }
}
