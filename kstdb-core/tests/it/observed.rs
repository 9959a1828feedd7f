//! What a program can see of its database from outside: spans, a warning, metrics, and no value.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kstdb_core::sqlx;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::support::{Files, TestResult, in_a_child, is_child};

const VALUE: &str = "canary-value-0451";

/// Every span with the one around it and its fields, and every event.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, line: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!(" {field}={value:?}");
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let around = if attributes.is_contextual() {
            context.lookup_current()
        } else {
            attributes.parent().and_then(|id| context.span(id))
        };
        let around = around.map_or("-", |span| span.name());
        self.note(format!(
            "{around} > {}{}",
            attributes.metadata().name(),
            fields.0
        ));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let around = context.lookup_current().map_or("-", |span| span.name());
        self.note(format!(
            "{around} > {}{}",
            event.metadata().level(),
            fields.0
        ));
    }
}

/// Everything that is to be seen, on one database.
async fn work(files: &Files) -> TestResult {
    let builder = files.builder().slow_statement(Duration::ZERO);
    let db = builder.max_connections(2).connect().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", ())
        .await?;
    db.execute("INSERT INTO t VALUES (1, 'canary-value-0451')", ())
        .await?;
    let rows: Vec<(String,)> = db
        .fetch_all("SELECT v FROM t WHERE v = ?", (VALUE,))
        .await?;
    assert_eq!(rows.len(), 1);
    drop(db.connection().await?);
    db.transaction(async |tx| tx.execute("DELETE FROM t WHERE id = 4711", ()).await)
        .await?;
    db.write(|tx| tx.execute("UPDATE t SET id = 2", ()).map(drop))
        .await?;
    sqlx::query("SELECT count(*) FROM t WHERE v <> 'canary-value-0451'")
        .fetch_one(&db)
        .await?;
    db.close().await?;
    Ok(())
}

fn has(lines: &[String], line: &str) -> TestResult {
    if lines.iter().any(|seen| seen.contains(line)) {
        return Ok(());
    }
    Err(format!("not seen: {line}\n{}", lines.join("\n")).into())
}

#[test]
fn spans_and_warnings_show_statements_without_their_values() -> TestResult {
    const TEST: &str = "observed::spans_and_warnings_show_statements_without_their_values";
    if !is_child(TEST) {
        return in_a_child(TEST);
    }
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    tracing::subscriber::set_global_default(subscriber)?;
    let files = Files::new()?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(work(&files))?;
    let lines = seen.lines();
    for line in [
        "- > open path=",
        "open > connect",
        "> acquire",
        "> statement sql=SELECT v FROM t WHERE v = ?",
        "> statement sql=INSERT INTO t VALUES (?, ?)",
        "- > transaction depth=0",
        "transaction > statement sql=DELETE FROM t WHERE id = ?",
        "- > transaction writes=true",
        "transaction > statement sql=UPDATE t SET id = ?",
        "> statement sql=SELECT count(*) FROM t WHERE v <> ?",
        "> checkpoint sql=",
        "statement > WARN message=slow statement sql=INSERT INTO t VALUES (?, ?) elapsed=",
    ] {
        has(&lines, line)?;
    }
    let all = lines.join("\n");
    assert!(!all.contains(VALUE) && !all.contains("4711"), "{all}");
    Ok(())
}

#[cfg(feature = "metrics")]
#[test]
fn metrics_count_what_happens() -> TestResult {
    use std::collections::HashMap;

    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    const TEST: &str = "observed::metrics_count_what_happens";
    if !is_child(TEST) {
        return in_a_child(TEST);
    }
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install()?;
    let files = Files::new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(work(&files))?;
    #[cfg(feature = "sqlcipher")]
    runtime.block_on(meet_damage(&files))?;
    let metrics: HashMap<String, DebugValue> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| (key.key().name().to_owned(), value))
        .collect();
    for histogram in [
        "kstdb_acquire_wait_seconds",
        "kstdb_writer_wait_seconds",
        "kstdb_statement_seconds",
    ] {
        let value = metrics.get(histogram);
        let recorded = matches!(value, Some(DebugValue::Histogram(values)) if !values.is_empty());
        assert!(recorded, "{histogram}: {value:?}");
    }
    let mut counters = vec![
        "kstdb_connections_opened_total",
        "kstdb_slow_statements_total",
    ];
    if cfg!(feature = "sqlcipher") {
        counters.extend(["kstdb_connections_replaced_total", "kstdb_guard_hits_total"]);
    }
    for counter in counters {
        let value = metrics.get(counter);
        let counted = matches!(value, Some(DebugValue::Counter(count)) if *count > 0);
        assert!(counted, "{counter}: {value:?}");
    }
    let wal = metrics.get("kstdb_wal_size_bytes");
    assert!(
        matches!(wal, Some(DebugValue::Gauge(bytes)) if bytes.0 > 0.0),
        "{wal:?}"
    );
    Ok(())
}

/// A value whose last page is damaged.
#[cfg(all(feature = "metrics", feature = "sqlcipher"))]
async fn meet_damage(files: &Files) -> TestResult {
    use crate::support::{damage_last_page, refusal};

    let db = files.open().await?;
    db.execute("INSERT INTO t VALUES (9, hex(zeroblob(20000)))", ())
        .await?;
    db.close().await?;
    damage_last_page(&files.db())?;
    let db = files.open().await?;
    let error = refusal(db.fetch_all::<(String,)>("SELECT v FROM t", ()).await)?;
    assert!(error.is_corrupt(), "{error:?}");
    db.close().await?;
    Ok(())
}
