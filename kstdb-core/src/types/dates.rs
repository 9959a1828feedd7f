//! chrono's dates and times without a zone, as the text that SQLite's own date functions write.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::error::ValueError;
use crate::session::{FromValue, IntoValue, Value, ValueRef};

const DATE: &str = "%Y-%m-%d";
const TIME: &str = "%H:%M:%S%.f";
/// The first is written; all are read (<https://www.sqlite.org/lang_datefunc.html#time_values>).
const DATE_TIMES: [&str; 4] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
];

fn parse<T>(
    value: ValueRef<'_>,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, ValueError> {
    parse(&String::from_value(value)?).ok_or(ValueError::Malformed { expected })
}

impl FromValue for NaiveDate {
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        parse(value, "date", |text| Self::parse_from_str(text, DATE).ok())
    }
}

impl IntoValue for NaiveDate {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::Text(self.format(DATE).to_string()))
    }
}

impl FromValue for NaiveTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        parse(value, "time", |text| {
            let parsed = Self::parse_from_str(text, TIME);
            parsed.or_else(|_| Self::parse_from_str(text, "%H:%M")).ok()
        })
    }
}

impl IntoValue for NaiveTime {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::Text(self.format(TIME).to_string()))
    }
}

impl FromValue for NaiveDateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        parse(value, "date and time", |text| {
            // SQLite reads `Z` as what it writes itself: UTC.
            let text = text.strip_suffix('Z').unwrap_or(text);
            let mut formats = DATE_TIMES.into_iter();
            formats.find_map(|format| Self::parse_from_str(text, format).ok())
        })
    }
}

impl IntoValue for NaiveDateTime {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::Text(self.format(DATE_TIMES[0]).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() -> Result<(), ValueError> {
        for text in [
            "2026-02-28 23:59:59",
            "1999-01-01T00:00:00.125",
            "2026-02-28 23:59Z",
        ] {
            let read = NaiveDateTime::from_value(ValueRef::Text(text.as_bytes()))?;
            assert_eq!(
                NaiveDateTime::from_value(read.into_value()?.as_ref())?,
                read
            );
            let (date, time) = (read.date(), read.time());
            assert_eq!(NaiveDate::from_value(date.into_value()?.as_ref())?, date);
            assert_eq!(NaiveTime::from_value(time.into_value()?.as_ref())?, time);
        }
        Ok(())
    }

    #[test]
    fn other_text_and_other_values_are_refused() {
        let malformed = NaiveDate::from_value(ValueRef::Text(b"28.2.2026"));
        assert_eq!(malformed, Err(ValueError::Malformed { expected: "date" }));
        assert!(NaiveDateTime::from_value(ValueRef::Integer(0)).is_err());
        assert!(NaiveTime::from_value(ValueRef::Null).is_err());
    }
}
