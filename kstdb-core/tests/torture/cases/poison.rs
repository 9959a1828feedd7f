//! Test 7: a damaged page costs the connection that met it, and nobody else anything.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use kstdb_core::AsyncDatabase;

use crate::runner::{Scale, Tally, Test};
use crate::support::{Template, builder, on_runtime, until, write_image};
use crate::vfs::Volume;

pub(crate) const TEST: Test = Test {
    number: 7,
    name: "a poisoned connection",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(60),
    floors: &[("met", 15), ("statements elsewhere", 15_000)],
};

const PAGE_BYTES: usize = 4_096;
/// How many statements elsewhere must succeed after each time the page was met.
const ELSEWHERE: usize = 1_000;

/// What reads every row of a table.
const SCANS: [&str; 5] = [
    "SELECT sum(length(hex(body))) FROM entry",
    "SELECT sum(bytes) FROM twin NOT INDEXED",
    "SELECT sum(bytes) FROM twin INDEXED BY twin_by_size",
    "SELECT sum(n) FROM slot",
    "SELECT sum(length(hex(body))) FROM junk",
];

/// A seed is the page that is damaged, from 2, and the bit.
fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    let pages = u64::try_from(Template::large()?.database()?.len() / PAGE_BYTES)?;
    let step = scale.choose(4, 1);
    Ok((2..=pages)
        .step_by(step)
        .map(|page| page | (page * 7_919) << 32)
        .collect())
}

fn run(seed: u64) -> anyhow::Result<Tally> {
    on_runtime(async {
        let template = Template::large()?;
        let mut image = template.image().clone();
        for content in image.values_mut() {
            let page = usize::try_from(seed & 0xffff_ffff)? - 1;
            let place = page * PAGE_BYTES + usize::try_from(seed >> 32)? % PAGE_BYTES;
            *content.get_mut(place).context("no such page")? ^= 1;
        }
        let dir = tempfile::tempdir()?;
        let path = write_image(&image, dir.path())?;
        let _volume = Volume::mount(dir.path());
        match builder(&path).connect().await {
            Ok(db) => poisoned(&db).await,
            // The page holds a part of the schema.
            Err(error) => {
                ensure!(error.is_corrupt(), "{error:?}");
                Ok(Tally::one("does not open"))
            }
        }
    })
}

async fn poisoned(db: &AsyncDatabase) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let (mut sound, mut damaged) = (Vec::new(), Vec::new());
    for scan in SCANS {
        match db.fetch_value::<Option<u64>>(scan, ()).await {
            Ok(sum) => sound.push((scan, sum)),
            Err(error) => {
                ensure!(error.is_corrupt(), "{scan}: {error:?}");
                damaged.push(scan);
            }
        }
    }
    if sound.is_empty() {
        // Whoever loads the schema meets it: the statistics of the planner, for example.
        db.close().await?;
        return Ok(Tally::one("met by everybody"));
    }
    for scan in &damaged {
        let error = db.fetch_value::<Option<u64>>(*scan, ()).await.err();
        let error = error.context("damaged only once")?;
        ensure!(error.is_corrupt(), "{scan}: {error:?}");
        tally.add("met", 1);
        for (scan, sum) in sound.iter().cycle().take(ELSEWHERE) {
            let again = db.fetch_value::<Option<u64>>(*scan, ()).await;
            let again = again.with_context(|| format!("{scan}, elsewhere"))?;
            ensure!(again == *sum, "wrong rows: {scan}");
        }
        tally.add("statements elsewhere", u64::try_from(ELSEWHERE)?);
    }
    until("all connections are back", || {
        db.stats().active_connections == 0
    })
    .await
    .map_err(anyhow::Error::msg)?;
    let replaced = db.stats().total_errors;
    let met = u64::try_from(2 * damaged.len())?;
    ensure!(
        replaced == met,
        "{replaced} connections replaced, the page was met {met} times"
    );
    db.close().await?;
    Ok(tally)
}
