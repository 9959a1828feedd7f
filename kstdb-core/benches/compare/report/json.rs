//! The figures as JSON. Ratios above one mean that kstdb is the faster one, whatever the unit.

use serde_json::{Map, Value, json};

use super::Report;
use crate::curves::Curve;
use crate::goal::Judged;
use crate::row::{Peer, Row};

impl Report {
    /// `{"about", "on", "rows": [{"id", "unit", "kstdb", "sqlx", "rusqlite", "limit", "ratio_sqlx",
    /// "ratio_rusqlite", "errors", "goals", "notes"}], "verdict", "curves"}`; `kstlib` is a further key
    /// of a row where it was measured.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        let curves: Vec<Value> = self.curves.iter().map(Curve::json).collect();
        let report = json!({
            "about": self.about.sentence(),
            "on": self.about.json(),
            "rows": rows,
            "errors": self.errors(),
            "verdict": self.verdict(),
            "curves": curves,
        });
        Ok(serde_json::to_string_pretty(&report)? + "\n")
    }
}

/// `{"what", "wanted", "measured", "met"}`.
fn goal(goal: &Judged) -> Value {
    json!({
        "what": goal.what,
        "wanted": goal.wanted.to_string(),
        "measured": goal.measured,
        "met": goal.met(),
    })
}

fn row(row: &Row) -> Value {
    let mut json = Map::new();
    json.insert("id".to_owned(), row.id.into());
    json.insert("unit".to_owned(), row.unit.name().into());
    json.insert("kstdb".to_owned(), row.figure(Peer::Kstdb).into());
    json.insert("sqlx".to_owned(), row.figure(Peer::Sqlx).into());
    json.insert("rusqlite".to_owned(), row.figure(Peer::Rusqlite).into());
    let limit = row.limit().and_then(|peer| row.figure(peer));
    json.insert("limit".to_owned(), limit.into());
    json.insert("ratio_sqlx".to_owned(), row.ratio(Peer::Sqlx).into());
    json.insert(
        "ratio_rusqlite".to_owned(),
        row.ratio(Peer::Rusqlite).into(),
    );
    json.insert("errors".to_owned(), row.errors.into());
    let goals: Vec<Value> = row.judged().iter().map(goal).collect();
    json.insert("goals".to_owned(), goals.into());
    json.insert("notes".to_owned(), row.notes.clone().into());
    if let Some(kstlib) = row.figure(Peer::Kstlib) {
        json.insert("kstlib".to_owned(), kstlib.into());
    }
    Value::Object(json)
}
